/* What a row opens: a target with its findings, its YAML with the findings at their lines and where fields come from; or a finding of no
 * target. */

const detail = (() => {
  const dialog = byId("detail");
  const MOST_LINES = 5000;
  // What turns text round, or is not seen, is shown as what it is.
  const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
  const visible = (text) => text.replace(HIDDEN, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

  let showPlaces = false;

  function facts(rows) {
    return make(
      "dl",
      { class: "facts" },
      ...rows.filter(([, value]) => value).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
    );
  }

  function objectName(finding) {
    const name = (finding.namespace ? finding.namespace + "/" : "") + finding.name;
    return [finding.kind, name].filter(Boolean).join(" ");
  }

  // What a finding says beside its message. The object of the target that is open is known.
  function more(finding, known) {
    const waived = finding.reason && finding.reason + (finding.expires ? ", until " + finding.expires : ""),
      name = objectName(finding);
    return facts([
      ["hint", finding.hint],
      ["at", finding.place],
      ["field", finding.path],
      ["object", finding.name === known ? "" : name],
      ["in", finding.within === name ? "" : finding.within],
      ["see", [finding.relatedPlace, finding.relatedMessage].filter(Boolean).join(": ")],
      ["waived", waived],
    ]);
  }

  function card(finding, line, known) {
    const head = make(
      "p",
      { class: "head" },
      severityBadge(finding.severity),
      " ",
      make("code", {}, finding.rule),
      " ",
      line >= 0 ? make("button", { type: "button", class: "go", click: () => go(line) }, "line " + (line + 1)) : null,
    );
    return make(
      "li",
      { class: SEVERITIES[finding.severity] },
      head,
      make("p", { class: "message" }, visible(finding.message)),
      more(finding, known),
    );
  }

  // A line of YAML: its number, its text, where it comes from, and below it what was found there.
  function codeLine(text, i, places, findings) {
    const from = places.map(({ place, words }) => [place, words].filter(Boolean).join(" · ")).join("; ");
    const code = make(
      "div",
      { class: findings.length ? "line found" : "line", id: "line-" + (i + 1) },
      make("span", { class: "number", "aria-hidden": "true" }, String(i + 1)),
      make("code", {}, visible(text) || " "),
      from ? make("span", { class: "from" }, "← " + from) : null,
    );
    const notes = findings.map((finding) =>
      make(
        "div",
        { class: "note-line " + SEVERITIES[finding.severity] },
        severityBadge(finding.severity),
        " ",
        make("code", {}, finding.rule),
        " " + visible(finding.message),
      ),
    );
    return [code, ...notes];
  }

  const group = (pairs) => {
    const at = new Map();
    for (const [line, each] of pairs) {
      if (line >= 0) at.set(line, [...(at.get(line) || []), each]);
    }
    return at;
  };

  function codeBlock(target, parsed, findings) {
    const found = group(findings.map((finding) => [finding.line, finding]));
    const places = group(target.provenance.map((each) => [yaml.lineOf(parsed, target.kind, target.object, each.path), each]));
    const shown = parsed.lines.slice(0, MOST_LINES);
    const block = make(
      "div",
      { class: "code", tabindex: 0, role: "region", "aria-label": "YAML" },
      ...shown.flatMap((line, i) => codeLine(line, i, places.get(i) || [], found.get(i) || [])),
    );
    if (parsed.lines.length > shown.length)
      block.append(make("p", { class: "note" }, counted(parsed.lines.length - shown.length, "more line")));
    block.classList.toggle("places", showPlaces);
    return block;
  }

  function go(line) {
    const element = byId("line-" + (line + 1));
    dialog.querySelectorAll(".line.at").forEach((other) => other.classList.remove("at"));
    element.classList.add("at");
    element.scrollIntoView({ block: "center" });
  }

  function toolbar(target, block) {
    const places = make("input", {
      type: "checkbox",
      change: () => {
        showPlaces = places.checked;
        block.classList.toggle("places", showPlaces);
      },
    });
    places.checked = showPlaces;
    const copy = make(
      "button",
      {
        type: "button",
        click: async () => {
          try {
            await navigator.clipboard.writeText(target.text);
            copy.textContent = "Copied";
          } catch {
            getSelection().selectAllChildren(block);
          }
        },
      },
      "Copy YAML",
    );
    return make("p", { class: "tools" }, target.provenance.length ? make("label", {}, places, " where fields come from") : null, copy);
  }

  function frame(title, badge, move, ...content) {
    const step = (by, label, sign) => make("button", { type: "button", "aria-label": label, title: label, click: () => move(by) }, sign);
    dialog.replaceChildren(
      make(
        "div",
        { class: "bar-top" },
        make("h2", { id: "detail-title" }, title, " ", badge),
        step(-1, "previous", "↑"),
        step(1, "next", "↓"),
        make("button", { type: "button", class: "close", "aria-label": "close", title: "close (Esc)", click: () => dialog.close() }, "✕"),
      ),
      make("div", { class: "content" }, ...content),
    );
    if (!dialog.open) dialog.showModal();
    dialog.querySelector(".close").focus();
  }

  const EMPTY = { kind: "", object: "", text: "", provenance: [] };

  // Shows a target, and the line of one of its findings where one is named; move(by) leads to its neighbours in the table.
  function showTarget(t, finding, move) {
    const target = data.readTarget(t) || EMPTY,
      parsed = yaml.parse(target.text),
      first = parsed.documents[0];
    if (!target.kind && target.text) Object.assign(target, { kind: first.kind, object: first.name });
    const findings = [];
    for (let f = data.first[t]; f < data.first[t] + data.count[t]; f++) {
      const each = data.readFinding(f);
      findings.push({ ...each, number: f, line: target.text ? yaml.lineOf(parsed, each.kind, each.name, each.path) : -1 });
    }
    const left =
      data.targets[t][3] < 0
        ? "The YAML of this target is not in the page, which would be too large with it."
        : "There is no YAML of this target.";
    const block = target.text ? codeBlock(target, parsed, findings) : null;
    frame(
      data.nameOf(t),
      statusBadge(data.targets[t][2]),
      move,
      facts([
        ["namespace", data.namespaceOf(t)],
        ["object", [target.kind, target.object].filter(Boolean).join(" ")],
      ]),
      findings.length
        ? make("ul", { class: "cards" }, ...findings.map((each) => card(each, each.line, target.object)))
        : make("p", { class: "note" }, "Nothing was found."),
      ...(block ? [toolbar(target, block), block] : [make("p", { class: "note" }, left)]),
    );
    const named = findings.find((each) => each.number === finding);
    if (named && named.line >= 0) go(named.line);
  }

  function showFinding(f, move) {
    const finding = data.readFinding(f);
    frame(finding.rule, severityBadge(finding.severity), move, make("ul", { class: "cards" }, card(finding, -1, "")));
  }

  return { dialog, showTarget, showFinding };
})();
