/* The data of the page: rows of targets and findings, and the plans that their texts are filled from. */

const SEVERITIES = ["error", "warning", "info", "waived"];
const MARKS = ["✖", "▲", "●", "○"]; // for eyes and printers without colour
const STATUSES = ["passed", "withheld", "failed"];
const NONE = SEVERITIES.length; // the severity of what has no findings

const data = (() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const head = read("head"),
    plans = read("plans"),
    targets = read("targets"),
    findings = read("findings");

  // A row's text: pieces of its plan, of which numbers stand for the name (-1), the namespace (-2) and what the row holds from `from` on.
  function fill(plan, name, namespace, row, from) {
    let out = "";
    for (const piece of plans[plan]) {
      if (typeof piece === "string") out += piece;
      else if (piece === -1) out += name;
      else if (piece === -2) out += namespace;
      else out += row[from + piece];
    }
    return out;
  }

  // Where a target's findings begin, how many they are, and the worst of them; what is waived is the least.
  const first = new Int32Array(targets.length),
    count = new Int32Array(targets.length);
  const worst = new Uint8Array(targets.length).fill(NONE);
  const severityOf = (f) => (findings[f][2] ? 3 : findings[f][1]);
  for (let f = 0; f < findings.length; f++) {
    const t = findings[f][0];
    if (t < 0) continue;
    if (!count[t]) first[t] = f;
    count[t]++;
    worst[t] = Math.min(worst[t], severityOf(f));
  }

  const nameOf = (t) => (t < 0 ? "" : targets[t][0]),
    namespaceOf = (t) => (t < 0 ? "" : targets[t][1]);
  const ruleOf = (f) => head.rules[findings[f][3]][0];

  // A target's object, where its fields come from and its YAML, or null when they are not in the page.
  function readTarget(t) {
    const row = targets[t];
    if (row[3] < 0) return null;
    const lines = fill(row[3], row[0], row[1], row, 4).split("\n"),
      from = 3 + Number(lines[2]);
    const provenance = lines.slice(3, from).map((line) => line.split("\t"));
    return {
      kind: lines[0],
      object: lines[1],
      text: lines.slice(from).join("\n"),
      provenance: provenance.map(([path, place, words]) => ({ path, place, words })),
    };
  }

  function readFinding(f) {
    const row = findings[f];
    const lines = row[4] < 0 ? Array(12).fill("") : fill(row[4], nameOf(row[0]), namespaceOf(row[0]), row, 5).split("\n");
    const [message, hint, place, path, within, kind, namespace, name, relatedMessage, relatedPlace, reason, expires] = lines;
    return {
      target: row[0],
      severity: severityOf(f),
      wasSeverity: row[1],
      rule: ruleOf(f),
      message: message || "(left out of this page)",
      hint,
      place,
      path,
      within,
      kind,
      namespace,
      name,
      relatedMessage,
      relatedPlace,
      reason,
      expires,
    };
  }

  // What a search looks at, in lower case; made when somebody searches.
  let messages = null;
  function messageOf(f) {
    const row = findings[f];
    if (row[4] < 0) return "";
    messages = messages || [];
    if (messages[f] === undefined) {
      const text = fill(row[4], nameOf(row[0]), namespaceOf(row[0]), row, 5);
      messages[f] = text.slice(0, text.indexOf("\n"));
    }
    return messages[f];
  }

  let targetWords = null,
    findingWords = null;
  function wordsOfTargets() {
    targetWords = targetWords || targets.map((row) => (row[1] + "/" + row[0]).toLowerCase());
    return targetWords;
  }
  function wordsOfFindings() {
    findingWords = findingWords || findings.map((row, f) => (ruleOf(f) + "\n" + messageOf(f)).toLowerCase());
    return findingWords;
  }

  // What a target is called in the page's address: the second of its name has a number.
  let keys = null,
    numbers = null;
  function makeKeys() {
    keys = [];
    numbers = new Map();
    const seen = new Map();
    targets.forEach((row, t) => {
      const plain = row[1] + "/" + row[0],
        times = (seen.get(plain) || 0) + 1;
      seen.set(plain, times);
      keys[t] = times > 1 ? plain + "~" + times : plain;
      numbers.set(keys[t], t);
    });
  }
  function keyOf(t) {
    if (!keys) makeKeys();
    return keys[t];
  }
  function targetOf(key) {
    if (!keys) makeKeys();
    return numbers.has(key) ? numbers.get(key) : -1;
  }

  return {
    head,
    plans,
    targets,
    findings,
    first,
    count,
    worst,
    fill,
    severityOf,
    nameOf,
    namespaceOf,
    ruleOf,
    messageOf,
    readTarget,
    readFinding,
    wordsOfTargets,
    wordsOfFindings,
    keyOf,
    targetOf,
  };
})();

const number = (n) => n.toLocaleString("en-US");

// counted(1, "finding") is "1 finding".
const counted = (n, word) => number(n) + " " + word + (n === 1 ? "" : "s");

// An element with attributes, and texts or elements in it. Whatever comes from the data goes in as text.
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const byId = (id) => document.getElementById(id);

const severityBadge = (severity) =>
  severity === NONE
    ? make("span", { class: "badge none" }, "none")
    : make("span", { class: "badge " + SEVERITIES[severity] }, MARKS[severity] + " " + SEVERITIES[severity]);

const statusBadge = (status) => make("span", { class: "status " + STATUSES[status] }, STATUSES[status]);
