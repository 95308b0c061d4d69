// Functions that run.js has called in the page: they see the page's own `data` and `yaml`, and nothing of node.
/* global data, yaml */
"use strict";

// Types into a filter, or picks from a list, as a user does.
function enter(id, value) {
  const field = document.getElementById(id);
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// The rows that are in the document, in their order: number, what they are announced as, the text of each cell.
function rows() {
  const shown = [...document.querySelectorAll(".body .row:not([hidden])")].filter((row) => row.dataset.at !== "");
  shown.sort((a, b) => a.dataset.at - b.dataset.at);
  return shown.map((row) => ({
    at: Number(row.dataset.at),
    index: Number(row.getAttribute("aria-rowindex")),
    cells: [...row.children].map((cell) => cell.textContent),
    text: row.textContent,
  }));
}

// How long frames take while the table scrolls, from the shortest to the longest.
async function frames() {
  const body = document.querySelector(".body"),
    times = [];
  body.scrollTop = 0;
  let last = performance.now();
  for (let i = 0; i < 60; i++) {
    body.scrollTop += 400;
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - last);
    last = performance.now();
  }
  return times.sort((a, b) => a - b);
}

// The row that the grid names as its current one: its number, and whether it is told to be selected.
function current() {
  const row = document.getElementById(document.getElementById("grid").getAttribute("aria-activedescendant"));
  return [Number(row.getAttribute("aria-rowindex")) - 2, row.getAttribute("aria-selected")];
}

// What has the focus.
function focused() {
  const element = document.activeElement;
  return element.id || element.className || element.textContent;
}

// The line of YAML that a finding stands below.
function lineAbove(words) {
  const note = [...document.querySelectorAll(".note-line")].find((each) => each.textContent.includes(words));
  return note.previousElementSibling.textContent;
}

// Lines of YAML and where they come from.
function places() {
  const lines = [...document.querySelectorAll(".line")].filter((line) => line.querySelector(".from"));
  return lines.map((line) => line.querySelector("code").textContent + line.querySelector(".from").textContent);
}

// The fields of all targets with places: path, and whether it is the path of the line that is found for it.
function fields() {
  return data.targets.flatMap((row, t) => {
    const target = data.readTarget(t),
      parsed = yaml.parse(target.text);
    const own = parsed.documents.find((each) => each.kind === target.kind && each.name === target.object);
    return target.provenance.map(({ path }) => {
      const line = yaml.lineOf(parsed, target.kind, target.object, path);
      return [path, own !== undefined && own.paths[line - own.from] === path];
    });
  });
}

// The numbers, among targets that passed, of those whose YAML is not the given one, of which there is one for every so many.
function differing(texts, every) {
  const passed = [...data.targets.keys()].filter((t) => data.targets[t][2] === 0);
  return texts.flatMap((text, i) => (data.readTarget(passed[i * every]).text.trimEnd() === text ? [] : [passed[i * every]]));
}

// Puts into the page what would run if the policy let it.
function intrude() {
  document.body.insertAdjacentHTML("beforeend", '<img src=x onerror="window.ran=1">');
  const script = document.createElement("script");
  script.textContent = "window.ran = 1";
  document.body.append(script);
}

// Elements whose text has too little contrast with what is behind it (WCAG 2, level AA).
function faint() {
  const rgb = (text) => text.match(/[\d.]+/g).map(Number);
  const linear = (v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  function ground(element) {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor);
      if (colour[3] !== 0) return colour;
    }
    return [255, 255, 255];
  }
  const hasText = (e) => [...e.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()) && e.getClientRects().length;
  const isFaint = (e) => {
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05) < 4.5;
  };
  const words = [...document.querySelectorAll("body *")].filter(hasText);
  if (words.length < 20) return ["there is hardly any text"];
  return words.filter(isFaint).map((e) => e.tagName + "." + e.className + " " + e.textContent.slice(0, 20));
}

// Has the table laid out for paper: the number of its rows, and what stands below them.
function printed() {
  window.dispatchEvent(new Event("beforeprint"));
  return [document.querySelectorAll(".body .row").length, document.querySelector(".space").lastChild.textContent];
}

module.exports = { differing, enter, rows, frames, current, focused, lineAbove, places, fields, intrude, faint, printed };
