/* What the table lists: targets or findings, of those the ones that search and filters leave, in the order of a column. */

const views = (() => {
  const text = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const targetName = (f) => (data.findings[f][0] < 0 ? "" : data.namespaceOf(data.findings[f][0]) + "/" + data.nameOf(data.findings[f][0]));

  const targets = {
    name: "targets",
    title: "Targets",
    size: data.targets.length,
    columns: [
      { key: "name", title: "Name", compare: (a, b) => text(data.targets[a][0], data.targets[b][0]) },
      { key: "namespace", title: "Namespace", compare: (a, b) => text(data.targets[a][1], data.targets[b][1]) },
      { key: "status", title: "Status", compare: (a, b) => data.targets[b][2] - data.targets[a][2] },
      { key: "count", title: "Findings", compare: (a, b) => data.count[a] - data.count[b] },
      { key: "worst", title: "Worst", compare: (a, b) => data.worst[a] - data.worst[b] },
    ],
    cells: (t) => [
      data.targets[t][0],
      data.targets[t][1],
      statusBadge(data.targets[t][2]),
      number(data.count[t]),
      severityBadge(data.worst[t]),
    ],
  };

  const findings = {
    name: "findings",
    title: "Findings",
    size: data.findings.length,
    columns: [
      { key: "worst", title: "Severity", compare: (a, b) => data.severityOf(a) - data.severityOf(b) },
      { key: "rule", title: "Rule", compare: (a, b) => text(data.ruleOf(a), data.ruleOf(b)) },
      { key: "target", title: "Target", compare: (a, b) => text(targetName(a), targetName(b)) },
      { key: "message", title: "Message", compare: (a, b) => text(data.messageOf(a), data.messageOf(b)) },
      { key: "place", title: "Place", compare: (a, b) => text(data.readFinding(a).place, data.readFinding(b).place) },
    ],
    cells: (f) => {
      const finding = data.readFinding(f);
      return [
        severityBadge(finding.severity),
        finding.rule,
        targetName(f) || [finding.kind, finding.name].filter(Boolean).join(" "),
        finding.message,
        finding.place,
      ];
    },
  };

  // Whether a namespace is chosen by what was typed: a whole name if there is such a namespace, else a part of one.
  function namespaceTest(typed) {
    if (!typed) return null;
    if (namespaces().has(typed)) return (name) => name === typed;
    return (name) => name.includes(typed);
  }

  let known = null;
  function namespaces() {
    known = known || new Set(data.targets.map((row) => row[1]));
    return known;
  }

  // A test of a finding by severity, rule and search.
  function findingTest(filter) {
    const words = filter.q ? data.wordsOfFindings() : null;
    return (f) =>
      (!filter.severity || SEVERITIES[data.severityOf(f)] === filter.severity) &&
      (!filter.rule || data.ruleOf(f) === filter.rule) &&
      (!words || words[f].includes(filter.q));
  }

  // Targets are looked for by their own words, and by those of their findings; a severity and a rule must be those of one finding.
  function listTargets(filter) {
    const inNamespace = namespaceTest(filter.ns),
      words = filter.q ? data.wordsOfTargets() : null,
      found = [];
    const plain = findingTest({ severity: filter.severity, rule: filter.rule }),
      full = findingTest(filter);
    function some(t, test) {
      for (let f = data.first[t], end = f + data.count[t]; f < end; f++) if (test(f)) return true;
      return false;
    }
    for (let t = 0; t < data.targets.length; t++) {
      const row = data.targets[t];
      if (filter.status && STATUSES[row[2]] !== filter.status) continue;
      if (inNamespace && !inNamespace(row[1])) continue;
      const named = !words || words[t].includes(filter.q);
      if (named && !filter.severity && !filter.rule ? true : some(t, named ? plain : full)) found.push(t);
    }
    return found;
  }

  function listFindings(filter) {
    const inNamespace = namespaceTest(filter.ns),
      words = filter.q ? data.wordsOfTargets() : null,
      found = [];
    const plain = findingTest({ severity: filter.severity, rule: filter.rule }),
      full = findingTest(filter);
    for (let f = 0; f < data.findings.length; f++) {
      const t = data.findings[f][0];
      if ((filter.status || inNamespace) && t < 0) continue;
      if (filter.status && STATUSES[data.targets[t][2]] !== filter.status) continue;
      if (inNamespace && !inNamespace(data.targets[t][1])) continue;
      const named = !words || (t >= 0 && words[t].includes(filter.q));
      if (named ? plain(f) : full(f)) found.push(f);
    }
    return found;
  }

  // list(view, filter) -> numbers of its rows. filter is { q in lower case, severity, rule, ns, status }, each "" for all, and { sort, down }.
  function list(view, filter) {
    const found = view === targets ? listTargets(filter) : listFindings(filter);
    const column = view.columns.find((each) => each.key === filter.sort);
    if (!column) return found;
    const way = filter.down ? -1 : 1;
    return found.sort((a, b) => way * column.compare(a, b) || a - b);
  }

  return { targets, findings, list, namespaces };
})();
