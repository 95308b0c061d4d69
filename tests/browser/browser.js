// A headless Chromium, driven over its debugging pipe: file descriptors 3 and 4 of the child, one JSON message behind another with a NUL between.
// Nothing but node is needed.
"use strict";
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const WAIT = 60000; // for one answer, in milliseconds

class Browser {
  constructor(program) {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), "moonstep-browser-"));
    const options = [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-extensions",
      "--remote-debugging-pipe",
      "--user-data-dir=" + this.folder,
      "about:blank",
    ];
    this.child = spawn(program, options, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.waiting = new Map();
    this.listeners = [];
    this.last = 0;
    let rest = Buffer.alloc(0);
    this.child.stdio[4].on("data", (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
        this.take(JSON.parse(rest.subarray(0, end).toString()));
        rest = rest.subarray(end + 1);
      }
    });
    this.child.on("exit", () => {
      for (const { reject } of this.waiting.values()) reject(new Error("the browser has ended"));
    });
    this.child.stdio[3].on("error", () => {});
  }

  take(message) {
    const asked = this.waiting.get(message.id);
    if (!asked) return this.listeners.forEach((listener) => listener(message));
    this.waiting.delete(message.id);
    clearTimeout(asked.timer);
    if (message.error) asked.reject(new Error(message.error.message));
    else asked.resolve(message.result);
  }

  send(method, params, sessionId) {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(method + " was not answered")), WAIT);
      this.waiting.set(id, { resolve, reject, timer });
      this.child.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
    });
  }

  // A new tab, of the given size.
  async tab(width, height) {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const tab = new Tab(this, sessionId, targetId);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await tab.send(domain + ".enable");
    await tab.size(width, height);
    return tab;
  }

  async close() {
    const gone = new Promise((resolve) => this.child.on("exit", resolve));
    this.send("Browser.close").catch(() => {});
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 5000);
    await gone;
    clearTimeout(timer);
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const KEYS = {
  ArrowDown: 40,
  ArrowUp: 38,
  ArrowRight: 39,
  ArrowLeft: 37,
  PageDown: 34,
  PageUp: 33,
  Home: 36,
  End: 35,
  Enter: 13,
  Escape: 27,
  Tab: 9,
  "/": 191,
};

class Tab {
  constructor(browser, session, target) {
    Object.assign(this, { browser, session, target, complaints: [], requests: [] });
    browser.listeners.push((message) => {
      if (message.sessionId !== session) return;
      const { method, params } = message;
      if (method === "Runtime.exceptionThrown")
        this.complaints.push(params.exceptionDetails.exception?.description || params.exceptionDetails.text);
      if (method === "Log.entryAdded" && params.entry.level === "error") this.complaints.push(params.entry.text);
      if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
    });
  }

  send(method, params) {
    return this.browser.send(method, params || {}, this.session);
  }

  async size(width, height) {
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
  }

  async media(features, medium) {
    await this.send("Emulation.setEmulatedMedia", {
      media: medium || "",
      features: Object.entries(features || {}).map(([name, value]) => ({ name, value })),
    });
  }

  // Opens a page and waits until `ready`, an expression, is true in it.
  async open(url, ready) {
    await this.send("Page.navigate", { url: "about:blank" });
    await this.send("Page.navigate", { url });
    await this.until(ready);
  }

  // The value of an expression in the page, or of a function that is called there with the arguments; promises are waited for.
  async run(code, ...args) {
    const expression = typeof code === "function" ? `(${code})(...${JSON.stringify(args)})` : code;
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description || exceptionDetails.text);
    return result.value;
  }

  async until(expression, about) {
    const end = Date.now() + WAIT;
    for (;;) {
      const value = await this.run(expression).catch(() => false);
      if (value) return value;
      if (Date.now() > end) throw new Error("never came true: " + (about || expression));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  // A frame is drawn after that.
  async settle() {
    await this.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  }

  async press(key, modifiers) {
    const base = { key, code: key, windowsVirtualKeyCode: KEYS[key] || key.toUpperCase().charCodeAt(0), modifiers: modifiers || 0 };
    const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
    await this.send("Input.dispatchKeyEvent", { type: text ? "keyDown" : "rawKeyDown", text, ...base });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...base });
    await this.settle();
  }

  async type(text) {
    for (const letter of text) await this.press(letter);
  }

  async click(selector) {
    const at = await this
      .run(`(() => { const e = document.querySelector(${JSON.stringify(selector)}); e.scrollIntoView({ block: "nearest" });
      const r = e.getBoundingClientRect(); return { x: r.left + r.width / 2, y: r.top + r.height / 2 }; })()`);
    for (const type of ["mousePressed", "mouseReleased"])
      await this.send("Input.dispatchMouseEvent", { type, ...at, button: "left", clickCount: 1 });
    await this.settle();
  }

  async picture(file) {
    await this.settle();
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    fs.writeFileSync(file, Buffer.from(data, "base64"));
  }
}

module.exports = { Browser };
