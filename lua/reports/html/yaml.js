/* Which field stands in which line of the YAML that moonstep writes: block style, an item's dash under its list's key, values on one line or in
 * a literal block. It is no reader of other YAML. */

const yaml = (() => {
  const KEY = /^("(?:[^"\\]|\\.)*"|[^\s"'-][^:]*|-[^\s:][^:]*):(?= |$)/;
  const ITEM = /^-( |$)/;
  const BLOCK = /^ ?[|>]/;
  const LAST_STEP = /(\["[^"]*"\]|\[\d+\]|\.?[^.[\]"]+)$/;

  const below = (base, key) => (/[.[\]"]/.test(key) || key === "" ? base + '["' + key + '"]' : base + (base ? "." : "") + key);

  // A scalar as it stands in a path or a name, without quotes.
  function plain(text) {
    if (text[0] !== '"') return text;
    try {
      return JSON.parse(text);
    } catch {
      return text.slice(1, -1);
    }
  }

  // Paths of the lines of one document, "" where a line is no field. A container is a map or a list that is open at its column; `last` is the
  // path of its last child.
  function pathsOf(lines) {
    const paths = [],
      open = [];
    let block = -1,
      path = "";
    function close(column, item) {
      for (let top = open.at(-1); top; top = open.at(-1)) {
        if (top.column < column || (top.column === column && (item || top.kind === "map"))) return;
        open.pop();
      }
    }
    function enter(kind, column) {
      const top = open.at(-1);
      if (top && top.kind === kind && top.column === column) return top;
      open.push({ kind, column, base: top ? top.last : "", count: 0, last: "" });
      return open.at(-1);
    }
    function read(line, indent) {
      let rest = line.slice(indent),
        column = indent;
      while (ITEM.test(rest)) {
        close(column, true);
        const list = enter("list", column);
        path = list.last = list.base + "[" + list.count++ + "]";
        rest = rest.slice(2);
        if (BLOCK.test(rest)) block = column;
        column += 2;
      }
      const key = KEY.exec(rest);
      if (!key) return;
      close(column, false);
      const map = enter("map", column);
      path = map.last = below(map.base, plain(key[1]));
      if (BLOCK.test(rest.slice(key[0].length))) block = column;
    }
    for (const line of lines) {
      const indent = line.search(/\S/);
      if (block < 0 || (indent >= 0 && indent <= block)) {
        block = -1;
        path = "";
        if (indent >= 0) read(line, indent);
      }
      paths.push(path);
    }
    return paths;
  }

  // The lines of a text and its documents: where each begins, the paths of its lines, and which object it is.
  function parse(text) {
    const lines = text.split("\n"),
      documents = [];
    if (lines.at(-1) === "") lines.pop();
    let from = 0;
    for (let i = 0; i <= lines.length; i++) {
      if (i < lines.length && lines[i] !== "---") continue;
      const own = lines.slice(from, i),
        paths = pathsOf(own);
      const value = (path) => {
        const line = own[paths.indexOf(path)] || "";
        return plain(line.slice(line.indexOf(":") + 1).trim());
      };
      documents.push({ from, paths, kind: value("kind"), name: value("metadata.name") });
      from = i + 1;
    }
    return { lines, documents };
  }

  // The number of the line, from 0, of an object's field, or of what is nearest above it; -1 when the object is not in the text. Without a kind,
  // it is the first object.
  function lineOf(parsed, kind, name, path) {
    const document = kind ? parsed.documents.find((d) => d.kind === kind && d.name === name) : parsed.documents[0];
    if (!document) return -1;
    for (let at = path || ""; at; at = at.replace(LAST_STEP, "")) {
      const i = document.paths.indexOf(at);
      if (i >= 0) return document.from + i;
      if (!LAST_STEP.test(at)) break;
    }
    return document.from;
  }

  return { parse, lineOf };
})();
