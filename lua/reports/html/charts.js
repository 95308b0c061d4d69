/* Findings by severity and by rule, as bars that can be told apart without colour: each kind has a pattern, and numbers stand beside. */

const charts = (() => {
  const MOST_RULES = 12;
  const SVG = "http://www.w3.org/2000/svg";

  function svg(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // Patterns for what is not an error, whose bars are full.
  function patterns() {
    const tile = (id, size, ...drawn) => svg("pattern", { id, width: size, height: size, patternUnits: "userSpaceOnUse" }, ...drawn);
    return svg(
      "svg",
      { width: 0, height: 0, "aria-hidden": "true", class: "patterns" },
      svg(
        "defs",
        {},
        tile(
          "fill-warning",
          6,
          svg("rect", { width: 6, height: 6, class: "ground warning" }),
          svg("path", { d: "M-1 7L7 -1M-1 1L1 -1M5 7L7 5", class: "ink" }),
        ),
        tile(
          "fill-info",
          6,
          svg("rect", { width: 6, height: 6, class: "ground info" }),
          svg("circle", { cx: 3, cy: 3, r: 1.2, class: "ink dot" }),
        ),
        tile("fill-waived", 6, svg("rect", { width: 6, height: 6, class: "ground waived" }), svg("path", { d: "M0 3H6", class: "ink" })),
      ),
    );
  }

  // A bar of counts by severity, `most` of which fill the width.
  function bar(counts, most) {
    const row = svg("svg", { class: "bar", width: "100%", height: 14, "aria-hidden": "true" });
    let from = 0;
    counts.forEach((count, severity) => {
      if (!count) return;
      const width = Math.max((100 * count) / most, 0.4);
      const fill = severity === 0 ? "currentColor" : "url(#fill-" + SEVERITIES[severity] + ")";
      row.append(svg("rect", { x: from + "%", width: width + "%", height: 14, fill, class: SEVERITIES[severity] }));
      from += width;
    });
    return row;
  }

  const sum = (counts) => counts.reduce((all, count) => all + count, 0);

  // What a bar is of, in words: "3 errors, 1 waived".
  function inWords(counts) {
    const words = [];
    counts.forEach((count, severity) => {
      if (count) words.push(severity < 2 ? counted(count, SEVERITIES[severity]) : number(count) + " " + SEVERITIES[severity]);
    });
    return words.join(", ");
  }

  function line(label, counts, most, choose) {
    const button = make(
      "button",
      { type: "button", click: choose, title: inWords(counts), "aria-label": label.textContent + ": " + inWords(counts) },
      label,
      make("span", { class: "track" }),
      make("span", { class: "count" }, number(sum(counts))),
    );
    button.querySelector(".track").append(bar(counts, most));
    return make("li", {}, button);
  }

  function figure(title, lines, more) {
    return make("figure", {}, make("figcaption", {}, title), make("ul", {}, ...lines), more ? make("p", { class: "note" }, more) : null);
  }

  // show(element, choose): draws the charts; choose({ severity | rule }) is called for the bar that is picked.
  function show(element, choose) {
    const { severities, rules } = data.head;
    if (!sum(severities)) {
      element.append(make("p", { class: "note" }, "Nothing was found."));
      return;
    }
    const most = Math.max(...severities);
    const bySeverity = severities.map((count, severity) =>
      line(
        severityBadge(severity),
        severities.map((n, i) => (i === severity ? n : 0)),
        most,
        () => choose({ severity: SEVERITIES[severity] }),
      ),
    );
    const counts = (rule) => rule.slice(1);
    const sorted = rules.slice().sort((a, b) => sum(counts(b)) - sum(counts(a)) || (a[0] < b[0] ? -1 : 1));
    const shown = sorted.slice(0, MOST_RULES),
      rest = sorted.slice(MOST_RULES);
    const widest = sum(counts(sorted[0]));
    const byRule = shown.map((rule) =>
      line(make("span", { class: "rule", title: rule[0] }, rule[0]), counts(rule), widest, () => choose({ rule: rule[0] })),
    );
    const more = rest.length
      ? counted(rest.length, "more rule") +
        " with " +
        counted(
          rest.reduce((all, rule) => all + sum(counts(rule)), 0),
          "finding",
        )
      : "";
    element.append(patterns(), figure("Findings by severity", bySeverity), figure("Findings by rule", byRule, more));
  }

  return { show };
})();
