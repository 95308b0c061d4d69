/* A table of very many rows, of which only those in sight are in the document.
 *
 * The grid itself has the focus, and names its current row with aria-activedescendant: rows come and go while it stays. Rows are as high as the
 * style sheet says (--row), all of them. */

class Grid {
  // columns: { key, title, compare } in order; cells(i, element): puts the cells of row i into its element; open(i); sorted(key, down).
  constructor(root, label, settings) {
    Object.assign(this, settings);
    this.rows = [];
    this.pool = [];
    this.current = 0;
    this.root = root;
    this.space = make("div", { class: "space", role: "presentation" });
    this.body = make("div", { class: "body", role: "rowgroup" }, this.space);
    this.headRow = make("div", { role: "row", "aria-rowindex": 1, class: "row" });
    root.replaceChildren(make("div", { role: "rowgroup", class: "head" }, this.headRow), this.body);
    for (const [name, value] of Object.entries({ role: "grid", tabindex: 0, "aria-label": label, "aria-readonly": "true" }))
      root.setAttribute(name, value);
    this.body.addEventListener("scroll", () => this.later(), { passive: true });
    new ResizeObserver(() => this.layout()).observe(this.body);
    root.addEventListener("keydown", (event) => this.key(event));
    this.space.addEventListener("click", (event) => {
      const row = event.target.closest("[role=row]");
      if (row) this.pick(Number(row.dataset.at), true);
    });
    window.addEventListener("beforeprint", () => this.print(true));
    window.addEventListener("afterprint", () => this.print(false));
  }

  // Shows other rows: numbers that `cells` knows; `columns` may differ, too.
  show(rows, columns, sort) {
    const same = this.columns === columns;
    this.rows = rows;
    this.columns = columns;
    this.current = Math.min(this.current, Math.max(rows.length - 1, 0));
    if (!same) this.pool.forEach((row) => row.remove());
    if (!same) this.pool = [];
    this.showHead(sort);
    this.root.className = "grid " + this.name();
    this.root.setAttribute("aria-rowcount", rows.length + 1);
    this.root.setAttribute("aria-colcount", columns.length);
    this.pool.forEach((row) => {
      row.dataset.at = "";
    });
    this.layout();
  }

  showHead(sort) {
    const focused = this.headRow.contains(document.activeElement) && document.activeElement.dataset.key;
    this.headRow.replaceChildren(
      ...this.columns.map((column, i) => {
        const by = sort.key === column.key,
          way = by ? (sort.down ? "descending" : "ascending") : "none";
        return make(
          "div",
          { role: "columnheader", "aria-sort": way, "aria-colindex": i + 1, class: "cell " + column.key },
          make(
            "button",
            { type: "button", "data-key": column.key, click: () => this.sorted(column.key, by && !sort.down) },
            column.title,
            make("span", { class: "arrow", "aria-hidden": "true" }, by ? (sort.down ? " ▼" : " ▲") : ""),
          ),
        );
      }),
    );
    if (focused) this.headRow.querySelector("[data-key=" + focused + "]")?.focus();
  }

  layout() {
    this.height = parseFloat(getComputedStyle(this.root).getPropertyValue("--row")) || 32;
    this.space.style.height = this.rows.length * this.height + "px";
    this.draw();
  }

  later() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  // Puts the rows in sight, and some round them, into the document. A row's element is the one that its number leads to.
  draw() {
    if (this.printing || !this.height) return;
    const seen = Math.ceil(this.body.clientHeight / this.height) + 1,
      size = seen + 12;
    while (this.pool.length < size) {
      const row = make("div", { role: "row", class: "row", "data-at": "" });
      this.pool.push(row);
      this.space.append(row);
    }
    const from = Math.max(0, Math.min(Math.floor(this.body.scrollTop / this.height) - 6, this.rows.length - this.pool.length));
    for (let at = from; at < from + this.pool.length; at++) this.place(this.pool[at % this.pool.length], at);
    this.mark();
  }

  place(row, at) {
    const gone = at >= this.rows.length;
    row.hidden = gone;
    if (gone) {
      row.dataset.at = "";
      return;
    }
    if (row.dataset.at === String(at)) return;
    row.dataset.at = at;
    row.id = "row-" + at;
    row.setAttribute("aria-rowindex", at + 2);
    row.style.transform = "translateY(" + at * this.height + "px)";
    row.classList.toggle("odd", at % 2 === 1);
    this.fillRow(row, this.rows[at]);
  }

  fillRow(row, i) {
    const cells = this.cells(i);
    row.replaceChildren(
      ...this.columns.map((column, n) =>
        make(
          "div",
          { role: "gridcell", class: "cell " + column.key, "aria-colindex": n + 1, title: typeof cells[n] === "string" ? cells[n] : null },
          cells[n],
        ),
      ),
    );
  }

  mark() {
    for (const row of this.pool) {
      const is = row.dataset.at === String(this.current) && this.rows.length > 0;
      row.classList.toggle("current", is);
      row.setAttribute("aria-selected", is);
      if (is) this.root.setAttribute("aria-activedescendant", row.id);
    }
    if (!this.rows.length) this.root.removeAttribute("aria-activedescendant");
  }

  // Makes a row the current one and brings it into sight; opens it when asked to.
  pick(at, open) {
    if (!this.rows.length) return;
    this.current = Math.max(0, Math.min(at, this.rows.length - 1));
    const top = this.current * this.height,
      bottom = top + this.height;
    if (top < this.body.scrollTop) this.body.scrollTop = top;
    else if (bottom > this.body.scrollTop + this.body.clientHeight) this.body.scrollTop = bottom - this.body.clientHeight;
    this.draw();
    if (open) this.open(this.rows[this.current]);
  }

  key(event) {
    if (event.target !== this.root || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.body.clientHeight / this.height) - 1);
    const to = {
      ArrowDown: this.current + 1,
      ArrowUp: this.current - 1,
      PageDown: this.current + page,
      PageUp: this.current - page,
      Home: 0,
      End: this.rows.length - 1,
    }[event.key];
    if (to !== undefined) this.pick(to, false);
    else if (event.key === "Enter" || event.key === " ") this.pick(this.current, true);
    else return;
    event.preventDefault();
  }

  // Paper has no scroll bar: the first rows are printed one below the other.
  print(on) {
    this.printing = on;
    this.root.classList.toggle("printing", on);
    if (on) {
      const rows = this.rows.slice(0, Grid.PRINTED).map((i, at) => {
        const row = make("div", { role: "row", class: at % 2 ? "row odd" : "row" });
        this.fillRow(row, i);
        return row;
      });
      const rest = this.rows.length - rows.length;
      this.space.replaceChildren(
        ...rows,
        rest > 0 ? make("p", { class: "note" }, "and " + number(rest) + " more, which are not printed") : "",
      );
    } else {
      this.pool = [];
      this.space.replaceChildren();
      this.draw();
    }
  }
}
Grid.PRINTED = 500;
