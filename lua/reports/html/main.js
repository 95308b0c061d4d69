/* The page as a whole: what is chosen stands in its address behind the #, so that a link leads to the same rows or to an open target. */

(() => {
  const { head } = data;
  const FIELDS = { q: "search", severity: "severity", rule: "rule", ns: "namespace", status: "status" };
  const state = {
    view: data.targets.length ? views.targets : views.findings,
    q: "",
    severity: "",
    rule: "",
    ns: "",
    status: "",
    sort: "",
    down: false,
  };
  let rows = [];

  const grid = new Grid(byId("grid"), "", {
    cells: (i) => state.view.cells(i),
    name: () => state.view.name,
    open: (i) => open(i),
    sorted: (key, down) => {
      state.sort = key;
      state.down = down;
      update();
    },
  });

  // --- the address

  function address(opened) {
    const out = new URLSearchParams();
    if (state.view !== (data.targets.length ? views.targets : views.findings)) out.set("view", state.view.name);
    for (const name of Object.keys(FIELDS)) if (state[name]) out.set(name, state[name]);
    if (state.sort) out.set("sort", (state.down ? "-" : "") + state.sort);
    for (const [name, value] of Object.entries(opened || {})) out.set(name, value);
    return "#" + out;
  }

  function read() {
    const given = new URLSearchParams(location.hash.slice(1));
    if (given.has("view")) state.view = given.get("view") === "findings" ? views.findings : views.targets;
    for (const name of Object.keys(FIELDS)) state[name] = given.get(name) || "";
    const sort = given.get("sort") || "";
    state.down = sort[0] === "-";
    state.sort = sort.replace(/^-/, "");
    for (const [name, id] of Object.entries(FIELDS)) byId(id).value = state[name];
    list();
    const t = given.has("target") ? data.targetOf(given.get("target")) : -1,
      f = given.has("finding") ? Number(given.get("finding")) : -1;
    if (t >= 0) showTarget(t, f);
    else if (data.findings[f]) showRow(f);
    else if (detail.dialog.open) detail.dialog.close();
  }

  // --- what a row opens

  const openedBy = (i) =>
    state.view === views.targets
      ? { target: data.keyOf(i) }
      : data.findings[i][0] < 0
        ? { finding: i }
        : { target: data.keyOf(data.findings[i][0]), finding: i };

  function showTarget(t, f) {
    const at = rows.indexOf(state.view === views.targets ? t : f);
    if (at >= 0) grid.pick(at, false);
    detail.showTarget(t, f, (by) => step(at, by));
  }

  function showRow(f) {
    const at = state.view === views.findings ? rows.indexOf(f) : -1;
    if (at >= 0) grid.pick(at, false);
    if (data.findings[f][0] >= 0) detail.showTarget(data.findings[f][0], f, (by) => step(at, by));
    else detail.showFinding(f, (by) => step(at, by));
  }

  function show(i) {
    if (state.view === views.targets) showTarget(i, -1);
    else showRow(i);
  }

  function step(at, by) {
    const i = rows[at + by];
    if (at < 0 || i === undefined) return;
    history.replaceState(null, "", address(openedBy(i)));
    show(i);
  }

  function open(i) {
    history.pushState(null, "", address(openedBy(i)));
    show(i);
  }

  detail.dialog.addEventListener("close", () => {
    if (location.hash !== address()) history.replaceState(null, "", address());
    grid.root.focus();
  });
  detail.dialog.addEventListener("click", (event) => {
    if (event.target === detail.dialog) detail.dialog.close();
  });

  // --- the table

  function list() {
    rows = views.list(state.view, { ...state, q: state.q.toLowerCase() });
    for (const view of [views.targets, views.findings]) {
      const tab = byId("tab-" + view.name),
        is = view === state.view;
      tab.setAttribute("aria-selected", is);
      tab.tabIndex = is ? 0 : -1;
    }
    byId("table").setAttribute("aria-labelledby", "tab-" + state.view.name);
    grid.root.setAttribute("aria-label", state.view.title);
    grid.show(rows, state.view.columns, { key: state.sort, down: state.down });
    byId("shown").textContent =
      rows.length === state.view.size
        ? counted(rows.length, state.view.name.slice(0, -1))
        : number(rows.length) + " of " + counted(state.view.size, state.view.name.slice(0, -1));
    byId("filters").classList.toggle(
      "active",
      Object.keys(FIELDS).some((name) => state[name]),
    );
  }

  function update() {
    list();
    history.replaceState(null, "", address());
  }

  function choose(filter) {
    for (const [name, value] of Object.entries(filter)) {
      state[name] = state[name] === value ? "" : value;
      byId(FIELDS[name]).value = state[name];
    }
    update();
  }

  function setView(view) {
    if (state.view === view) return;
    state.view = view;
    state.sort = "";
    grid.current = 0;
    update();
    grid.body.scrollTop = 0;
  }

  // --- controls

  const option = (value, text) => make("option", { value }, text);

  function fillControls() {
    byId("severity").append(option("", "all"), ...SEVERITIES.map((name) => option(name, name)));
    byId("status").append(option("", "all"), ...STATUSES.map((name) => option(name, name)));
    const rules = head.rules.map((rule) => rule[0]).sort();
    byId("rule").append(option("", "all"), ...rules.map((name) => option(name, name)));
    byId("namespaces").append(
      ...[...views.namespaces()]
        .sort()
        .slice(0, 1000)
        .map((name) => option(name)),
    );
    for (const [name, id] of Object.entries(FIELDS)) {
      byId(id).addEventListener("input", () => {
        state[name] = byId(id).value;
        update();
        grid.pick(0, false);
      });
    }
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("filters").addEventListener("reset", () => {
      for (const name of Object.keys(FIELDS)) state[name] = "";
      setTimeout(update);
    });
    for (const view of [views.targets, views.findings]) {
      const tab = byId("tab-" + view.name);
      tab.append(view.title, " ", make("span", { class: "count" }, number(view.size)));
      tab.addEventListener("click", () => setView(view));
      tab.addEventListener("keydown", (event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        setView(view === views.targets ? views.findings : views.targets);
        byId("tab-" + state.view.name).focus();
      });
    }
  }

  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !detail.dialog.open) {
      byId("search").focus();
      event.preventDefault();
    } else if (event.key === "Escape" && event.target === byId("search")) grid.root.focus();
  });

  // --- what stands round the table

  const THEMES = ["auto", "light", "dark"];
  let theme = "auto";
  function setTheme(name) {
    theme = THEMES.includes(name) ? name : "auto";
    document.documentElement.dataset.theme = theme;
    byId("theme").textContent = "Colours: " + theme;
  }
  function keepTheme() {
    setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]);
    try {
      localStorage.setItem("moonstep.theme", theme);
    } catch {
      /* a browser that keeps nothing */
    }
  }
  function keptTheme() {
    try {
      return localStorage.getItem("moonstep.theme");
    } catch {
      return null;
    }
  }

  function fillFrame() {
    setTheme(new URLSearchParams(location.hash.slice(1)).get("theme") || keptTheme());
    byId("theme").addEventListener("click", keepTheme);
    byId("facts").append(...head.facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
    const [errors, warnings, infos, waived] = head.severities,
      [passed, withheld, failed] = head.statuses;
    const total = (value, label, kind) => make("li", { class: kind || null }, make("strong", {}, number(value)), " " + label);
    byId("totals").append(
      total(head.targets, head.targets === 1 ? "target" : "targets"),
      total(passed, "passed"),
      total(withheld, "withheld", withheld && "bad"),
      total(failed, "failed", failed && "bad"),
      total(head.objects, head.objects === 1 ? "object" : "objects"),
      total(errors, errors === 1 ? "error" : "errors", errors && "bad"),
      total(warnings, warnings === 1 ? "warning" : "warnings"),
      total(infos, "info"),
      total(waived, "waived"),
    );
    const notes = [];
    if (head.unlistedTargets) notes.push(counted(head.unlistedTargets, "target") + " more");
    if (head.unlistedFindings) notes.push(counted(head.unlistedFindings, "finding") + " more");
    const missing = notes.length ? notes.join(" and ") + " are counted above, and not listed here: the page would be too large. " : "";
    const without = head.leftOut
      ? counted(head.leftOut, "text") + " of targets or findings had no room in the page and cannot be opened."
      : "";
    byId("notes").textContent = missing + without;
    byId("footer").textContent = "moonstep " + head.version;
  }

  fillFrame();
  fillControls();
  charts.show(byId("charts"), choose);
  window.addEventListener("hashchange", read);
  window.addEventListener("popstate", read);
  read();
  document.documentElement.dataset.ready = "yes";
})();
