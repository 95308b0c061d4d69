// The page of reports in a real browser: what it shows, how it is used with keys, and that it does nothing but that.
"use strict";
const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const { Browser } = require("./browser.js");
const inside = require("./inside.js");

const [program, folder] = process.argv.slice(2);
const READY = "document.documentElement.dataset.ready === 'yes'";
const address = (name) => "file://" + path.resolve(folder, name);
const text = (selector) => `document.querySelector(${JSON.stringify(selector)})?.textContent`;

const tests = {
  async "every text is filled byte by byte"(tab) {
    await tab.open(address("some.html"), READY);
    const want = JSON.parse(fs.readFileSync(path.join(folder, "some.json"), "utf8"));
    const got = await tab.run(
      "data.targets.map((row, t) => { const read = data.readTarget(t); return { name: row[0], text: read.text, provenance: read.provenance }; })",
    );
    assert.strictEqual(got.length, want.length);
    want.forEach((each, i) => {
      assert.strictEqual(got[i].name, each.name);
      assert.strictEqual(got[i].text, each.text);
      assert.deepStrictEqual(got[i].provenance, each.provenance || []);
    });
  },

  async "a hundred thousand rows: few are in the document, wherever one is"(tab) {
    const started = Date.now();
    await tab.open(address("many.html"), READY);
    const size = fs.statSync(path.join(folder, "many.html")).size;
    console.log(`   ${(size / 1e6).toFixed(1)} MB, open after ${Date.now() - started} ms`);
    assert.ok(size < 30e6);
    assert.strictEqual(await tab.run("document.getElementById('grid').getAttribute('aria-rowcount')"), "100001");
    for (const at of [0, 50000, 99999, 1234]) {
      await tab.run(`document.querySelector('.body').scrollTop = ${at} * 34`);
      await tab.until(`document.querySelector(".body .row[data-at='${at}']") !== null`);
      const rows = await tab.run(inside.rows),
        names = await tab.run("data.targets.map((row) => row[0])");
      assert.ok(rows.length > 10 && rows.length < 60, rows.length);
      for (const row of rows) assert.ok(row.cells[0] === names[row.at] && row.at + 2 === row.index);
    }
    const frames = await tab.run(inside.frames);
    console.log(`   a frame while scrolling: ${frames[30].toFixed(1)} ms, ${frames[59].toFixed(1)} ms at most`);
    assert.ok(frames[30] < 50, "a frame takes " + frames[30]);
  },

  async "a batch of a hundred thousand rows: YAML is filled on a click, and is what was printed"(tab) {
    const started = Date.now();
    await tab.open(address("batch.html"), READY);
    const size = fs.statSync(path.join(folder, "batch.html")).size;
    console.log(`   ${(size / 1e6).toFixed(1)} MB, open after ${Date.now() - started} ms`);
    assert.ok(size < 30e6);
    const printed = fs.readFileSync(path.join(folder, "batch.yaml"), "utf8").slice(4).split("\n---\n");
    assert.strictEqual(printed.length, 99900);
    const wrong = await tab.run(inside.differing, printed.filter((_, i) => i % 333 === 0).map((text) => text.trimEnd()), 333);
    assert.deepStrictEqual(wrong, []);
    await tab.run(inside.enter, "search", "db-77777");
    await tab.press("Tab");
    await tab.run("document.getElementById('grid').focus()");
    await tab.press("Enter");
    const lines = await tab.run("[...document.querySelectorAll('#detail .line code')].map((line) => line.textContent)");
    assert.strictEqual(lines.join("\n"), printed.find((text) => text.includes("name: postgres-backup-11-2-db-77777\n")).trimEnd());
    await tab.run("document.querySelector('#detail .tools input').click()");
    const places = await tab.run(inside.places);
    assert.ok(places.some((line) => /secretName: key-77777← .*REPOSITORY_SECRET_NAME from the target's variables/.test(line)), places.join("\n"));
    assert.ok((await tab.run(text("#detail .facts"))).includes("Job postgres-backup-11-2-db-77777"));
    for (const scheme of ["light", "dark"]) {
      await tab.media({ "prefers-color-scheme": scheme });
      await tab.picture(path.join(folder, "batch-open-" + scheme + ".png"));
      assert.deepStrictEqual(await tab.run(inside.faint), [], scheme);
    }
    await tab.press("Escape");
    const from = Date.now();
    await tab.run(inside.enter, "search", "");
    await tab.run(inside.enter, "status", "failed");
    assert.strictEqual(await tab.run("document.getElementById('grid').getAttribute('aria-rowcount')"), "101");
    console.log(`   filters ${Date.now() - from} ms`);
    assert.ok(Date.now() - from < 1000);
    for (const scheme of ["light", "dark"]) {
      await tab.media({ "prefers-color-scheme": scheme });
      await tab.picture(path.join(folder, "batch-" + scheme + ".png"));
    }
    await tab.media({});
    const frames = (await tab.run(inside.enter, "status", ""), await tab.run(inside.frames));
    assert.ok(frames[30] < 50, "a frame takes " + frames[30]);
  },

  async "search and filters, over all that there is"(tab) {
    await tab.open(address("many.html"), READY);
    const count = async () => Number(await tab.run("document.getElementById('grid').getAttribute('aria-rowcount')")) - 1;
    const timed = async (...called) => {
      const from = Date.now();
      await tab.run(...called);
      return Date.now() - from;
    };
    const first = await timed(inside.enter, "search", "ORDERS-wiki");
    assert.strictEqual(await count(), await tab.run("data.targets.filter((row) => row[0].includes('orders-wiki')).length"));
    const later = await timed(inside.enter, "search", "nobody owns orders-wiki");
    assert.strictEqual(
      await count(),
      await tab.run(
        "new Set(data.findings.filter((row, f) => data.messageOf(f).includes('nobody owns orders-wiki')).map((row) => row[0])).size",
      ),
    );
    console.log(`   the first search ${first} ms, the next ${later} ms`);
    assert.ok(later < 500);
    await tab.run(inside.enter, "search", "");
    await tab.run(inside.enter, "severity", "error");
    const errors = await count();
    assert.strictEqual(errors, await tab.run("data.worst.filter((worst) => worst === 0).length"));
    await tab.run(inside.enter, "namespace", "team-7");
    assert.ok((await count()) < errors && (await tab.run(inside.rows)).every((row) => row.cells[1] === "team-7"));
    await tab.run(inside.enter, "status", "failed");
    assert.strictEqual(
      await count(),
      await tab.run("data.targets.filter((row, t) => row[1] === 'team-7' && row[2] === 2 && data.worst[t] === 0).length"),
    );
    assert.ok((await tab.run("location.hash")).includes("ns=team-7"));
    await tab.click("#filters button[type=reset]");
    await tab.until("document.getElementById('grid').getAttribute('aria-rowcount') === '100001'");
    await tab.run(inside.enter, "rule", "site/owner");
    assert.strictEqual(await count(), await tab.run("data.head.rules.find((rule) => rule[0] === 'site/owner')[1]"));
    await tab.click("#tab-findings");
    assert.strictEqual(await count(), await tab.run("data.head.rules.find((rule) => rule[0] === 'site/owner')[1]"));
  },

  async "columns sort, up and down"(tab) {
    await tab.open(address("some.html"), READY);
    const names = async () => (await tab.run(inside.rows)).slice(0, 10).map((row) => row.cells[0]);
    const sorted = await tab.run("data.targets.map((row) => row[0]).sort()");
    await tab.click(".head [data-key=name]");
    assert.deepStrictEqual(await names(), sorted.slice(0, 10));
    assert.strictEqual(await tab.run("document.querySelector('[role=columnheader]').getAttribute('aria-sort')"), "ascending");
    await tab.click(".head [data-key=name]");
    assert.deepStrictEqual(await names(), sorted.reverse().slice(0, 10));
    assert.strictEqual(await tab.run("location.hash"), "#sort=-name");
    await tab.click(".head [data-key=worst]");
    assert.ok((await tab.run(inside.rows)).slice(0, 5).every((row) => row.cells[4].includes("error")));
  },

  async "keys alone are enough"(tab) {
    await tab.open(address("some.html"), READY);
    const focus = () => tab.run(inside.focused);
    const seen = [];
    for (let i = 0; i < 30 && (await focus()) !== "grid"; i++) {
      await tab.press("Tab");
      seen.push(await focus());
      assert.notStrictEqual(
        await tab.run("getComputedStyle(document.activeElement).outlineStyle"),
        "none",
        "no focus to be seen at " + seen.at(-1),
      );
    }
    const order = ["theme", "tab-targets", "search", "severity", "rule", "namespace", "status"].map((id) => seen.indexOf(id));
    assert.ok(
      order.every((at, i) => at > (order[i - 1] ?? -1)),
      seen.join(" "),
    );
    const current = () => tab.run(inside.current);
    await tab.press("ArrowDown");
    await tab.press("ArrowDown");
    assert.deepStrictEqual(await current(), [2, "true"]);
    await tab.press("End");
    assert.deepStrictEqual(await current(), [499, "true"]);
    await tab.press("PageUp");
    assert.ok((await current())[0] < 495);
    await tab.press("Home");
    await tab.press("ArrowDown");
    await tab.press("Enter");
    assert.strictEqual(await tab.run("document.getElementById('detail').open"), true);
    assert.ok((await tab.run(text("#detail-title"))).startsWith(await tab.run("data.targets[1][0]")));
    await tab.press("Escape");
    assert.strictEqual(await tab.run("document.getElementById('detail').open"), false);
    assert.strictEqual(await focus(), "grid");
    await tab.press("/");
    assert.strictEqual(await focus(), "search");
    await tab.type("crm");
    assert.strictEqual(await tab.run("document.getElementById('search').value"), "crm");
    await tab.run("document.getElementById('tab-targets').focus()");
    await tab.press("ArrowRight");
    assert.strictEqual(await focus(), "tab-findings");
    assert.strictEqual(await tab.run("document.getElementById('tab-findings').getAttribute('aria-selected')"), "true");
  },

  async "a link leads to an open target, and back closes it"(tab) {
    await tab.open(address("some.html"), READY);
    const key = await tab.run("data.keyOf(7)");
    await tab.open(address("some.html") + "#q=team&target=" + encodeURIComponent(key), READY);
    assert.ok((await tab.run(text("#detail-title"))).startsWith(await tab.run("data.targets[7][0]")));
    assert.strictEqual(await tab.run("document.getElementById('search').value"), "team");
    await tab.click("#detail .close");
    assert.strictEqual(await tab.run("location.hash"), "#q=team");
    await tab.click(".body .row[data-at='3']");
    assert.ok((await tab.run("location.hash")).includes("target="));
    await tab.run("history.back()");
    await tab.until("!document.getElementById('detail').open");
    await tab.run("location.hash = '#view=findings&severity=error'");
    await tab.until("document.getElementById('grid').getAttribute('aria-label') === 'Findings'");
    await tab.click(".body .row[data-at='0']");
    assert.ok(await tab.run("document.querySelector('.line.at') !== null || document.querySelector('#detail .cards') !== null"));
  },

  async "findings stand at their lines, and fields have their places"(tab) {
    await tab.open(address("some.html"), READY);
    const t = await tab.run("data.worst.findIndex((worst, t) => worst === 0 && data.targets[t][2] === 1)");
    await tab.run(`location.hash = "#target=" + encodeURIComponent(data.keyOf(${t}))`);
    await tab.until("document.getElementById('detail').open");
    const line = await tab.run(inside.lineAbove, "nobody owns");
    assert.ok(/"example.org\/owner.name": /.test(line), line);
    const places = await tab.run(inside.places);
    assert.strictEqual(places.length, 2);
    assert.ok(/^  namespace: team-\d+← fleet.csv:\d+:2 · NAMESPACE from the row$/.test(places[0]), places[0]);
    assert.ok(/image: .*← functions.yaml:7:10 · Function postgres-backup$/.test(places[1]), places[1]);
  },

  async "every field of real Jobs is found in its line"(tab) {
    let fields = 0;
    for (const name of fs.readdirSync(folder).filter((each) => /^(run-\d+|check)\.html$/.test(each))) {
      await tab.open(address(name), READY);
      const wrong = await tab.run(inside.fields);
      fields += wrong.length;
      assert.deepStrictEqual(
        wrong.filter(([, found]) => !found),
        [],
        name,
      );
    }
    console.log(`   ${fields} fields`);
    assert.ok(fields > 300);
  },

  async "nothing of what is in names and texts is taken for more than text"(tab) {
    await tab.open(address("traps.html"), READY);
    await tab.click(".body .row");
    assert.ok(await tab.run("document.getElementById('detail').open"));
    await tab.click("#detail .close");
    await tab.click("#tab-findings");
    await tab.click(".body .row");
    assert.strictEqual(await tab.run("window.caught === undefined && document.querySelectorAll('b, img').length"), 0);
    assert.ok((await tab.run(text("#detail"))).includes("<img src=x onerror"));
    assert.ok((await tab.run(text("#detail .code"))).includes("\\u202eb: 1"));
    assert.ok((await tab.run(text("h1"))).includes("{{head}}"));
  },

  async "the policy lets nothing run that is put in later"(tab) {
    await tab.open(address("some.html"), READY);
    const before = tab.complaints.length;
    await tab.run(inside.intrude);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.strictEqual(await tab.run("window.ran"), undefined);
    assert.ok(tab.complaints.length > before);
    tab.complaints.length = before;
    assert.strictEqual(tab.requests.pop(), "file://" + path.resolve(folder, "x")); // which the policy stopped
  },

  async "a page without anything"(tab) {
    await tab.open(address("empty.html"), READY);
    assert.strictEqual(await tab.run(text("#charts")), "Nothing was found.");
    for (const key of ["ArrowDown", "Enter", "End"]) await tab.press(key);
  },

  async "nothing is wider than a telephone"(tab) {
    for (const name of ["some", "traps", "check"]) {
      await tab.size(400, 800);
      await tab.open(address(name + ".html"), READY);
      const wide = "document.documentElement.scrollWidth";
      assert.ok((await tab.run(wide)) <= 400, name + " " + (await tab.run(wide)));
      await tab.click(".body .row");
      assert.ok((await tab.run("document.getElementById('detail').getBoundingClientRect().right")) <= 400);
      const close = await tab.run("document.querySelector('#detail .close').getBoundingClientRect().right");
      assert.ok(close <= 400, "close button ends at " + close);
      await tab.picture(path.join(folder, name + "-narrow.png"));
    }
    await tab.size(1300, 1000);
  },

  async "light and dark, as the system has it and as chosen"(tab) {
    const back = () => tab.run("getComputedStyle(document.documentElement).backgroundColor");
    await tab.media({ "prefers-color-scheme": "light" });
    await tab.open(address("some.html"), READY);
    const light = await back();
    await tab.picture(path.join(folder, "light.png"));
    await tab.media({ "prefers-color-scheme": "dark" });
    const dark = await back();
    await tab.picture(path.join(folder, "dark.png"));
    assert.notStrictEqual(light, dark);
    await tab.click("#theme");
    assert.strictEqual(await back(), light);
    await tab.click("#theme");
    await tab.media({ "prefers-color-scheme": "light" });
    assert.strictEqual(await back(), dark);
    await tab.open(address("some.html"), READY);
    assert.strictEqual(await back(), dark, "what was chosen is kept");
    await tab.click("#theme");
    await tab.media({});
  },

  async "words can be read in both"(tab) {
    for (const scheme of ["light", "dark"]) {
      await tab.media({ "prefers-color-scheme": scheme });
      await tab.open(address("some.html") + "#target=" + encodeURIComponent(await tab.run("data.keyOf(data.worst.indexOf(0))")), READY);
      assert.deepStrictEqual(await tab.run(inside.faint), [], scheme);
      await tab.run("document.getElementById('detail').close()");
      assert.deepStrictEqual(await tab.run(inside.faint), [], scheme);
    }
    await tab.media({});
  },

  async "paper gets rows one below the other, and what is open"(tab) {
    await tab.open(address("many.html"), READY);
    const printed = await tab.run(inside.printed);
    assert.deepStrictEqual(printed, [500, "and 99,500 more, which are not printed"]);
    await tab.run("window.dispatchEvent(new Event('afterprint'))");
    assert.ok((await tab.run("document.querySelectorAll('.body .row').length")) < 60);
    await tab.media({ "prefers-color-scheme": "dark" }, "print");
    assert.strictEqual(await tab.run("getComputedStyle(document.documentElement).backgroundColor"), "rgb(255, 255, 255)");
    await tab.media({});
    const { data } = await tab.send("Page.printToPDF", { printBackground: false });
    const pdf = Buffer.from(data, "base64");
    const sheets = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
    fs.writeFileSync(path.join(folder, "many.pdf"), pdf);
    console.log(`   ${sheets} sheets`);
    assert.ok(sheets > 5 && sheets < 40, sheets + " sheets");
  },
};

(async () => {
  const browser = new Browser(program);
  let passed = 0,
    failed = 0;
  try {
    const tab = await browser.tab(1300, 1000);
    for (const [name, test] of Object.entries(tests)) {
      try {
        await test(tab);
        assert.deepStrictEqual(tab.complaints, []);
        assert.deepStrictEqual(
          tab.requests.filter((url) => !/^(file:\/\/.*\.html(#.*)?|about:blank)$/.test(url)),
          [],
          "requests",
        );
        passed++;
      } catch (error) {
        failed++;
        console.log(`not ok browser: ${name}: ${error.stack}`);
        tab.complaints.length = 0;
        tab.requests.length = 0;
      }
    }
  } finally {
    await browser.close();
  }
  console.log(`browser: ${passed} passed, ${failed} failed`);
  process.exit(failed || !passed ? 1 : 0);
})();
