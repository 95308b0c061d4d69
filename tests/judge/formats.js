// What others read of our reports and schemas: SARIF by its official schema, TAP and JUnit by parsers, JSON Schemas by a validator that is
// given documents. Usage: NODE_PATH=… node tests/judge/formats.js MOONSTEP
const { execFileSync, spawnSync } = require("child_process");
const fs = require("fs");
const path = require("path");
const Ajv = require("ajv");
const Ajv04 = require("ajv-draft-04");
const addFormats = require("ajv-formats");
const { Parser } = require("tap-parser");
const YAML = require("yaml");

const moonstep = process.argv[2];
let passed = 0, failed = 0;

function check(name, ok, why) {
  if (ok) passed++;
  else { failed++; console.log(`not ok ${name}: ${typeof why === "string" ? why : JSON.stringify(why)}`); }
}

// --- reports: those of the golden cases, so that every one of them is read

// The texts of a golden case by format: { json: "…", … }.
function reportsOf(name) {
  const found = {};
  for (const part of fs.readFileSync(`tests/messages/cases/${name}/want.out`, "utf8").split(/^== /m).slice(1)) {
    const end = part.indexOf("\n");
    found[part.slice(0, end)] = part.slice(end + 1).replace(/^status \d+\n/m, "");
  }
  return found;
}

const sarifSchema = require("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
const isSarif = addFormats(new Ajv04({ strict: false, allErrors: true, unicodeRegExp: false })).compile(sarifSchema);

// What the schema cannot say: indices that lead to their rules, places that end behind where they start, fingerprints that differ.
function lookAtSarif(name, log) {
  const { tool, results, invocations } = log.runs[0];
  const prints = new Set();
  for (const r of results) {
    check(`${name}: ruleIndex`, tool.driver.rules[r.ruleIndex].id === r.ruleId, r);
    for (const at of [...r.locations, ...(r.relatedLocations || [])]) {
      const { region, artifactLocation } = at.physicalLocation;
      check(`${name}: uri`, /^([\w.~\/-]|%[0-9A-F]{2})+$/.test(artifactLocation.uri), artifactLocation);
      if (region) check(`${name}: region`, region.endLine > region.startLine || region.endColumn >= region.startColumn, region);
    }
    prints.add(r.partialFingerprints["moonstepFinding/v1"]);
  }
  check(`${name}: fingerprints differ`, prints.size === results.length, [...prints]);
  for (const n of invocations[0].toolExecutionNotifications)
    check(`${name}: notification`, tool.driver.notifications[n.descriptor.index].id === n.descriptor.id, n);
  return results.length + invocations[0].toolExecutionNotifications.length;
}

function junitCounts(name, text) {
  const lint = spawnSync("xmllint", ["--noout", "--nonet", "-"], { input: text });
  check(`${name}: xmllint`, lint.status === 0, String(lint.stderr || lint.error));
  const count = xpath => Number(spawnSync("xmllint", ["--xpath", `string(${xpath})`, "-"], { input: text, encoding: "utf8" }).stdout);
  for (const [attribute, element] of [["tests", "testcase"], ["failures", "failure"], ["errors", "error"]])
    check(`${name}: ${attribute}`, count(`/testsuites/@${attribute}`) === count(`count(//${element})`) &&
      count(`sum(//testsuite/@${attribute})`) === count(`count(//${element})`), text);
  check(`${name}: skipped`, count("sum(//testsuite/@skipped)") === count("count(//skipped)"), text);
  return count("count(//failure)") + count("count(//error)");
}

function lookAtReports(name) {
  const texts = reportsOf(name);
  const json = JSON.parse(texts.json);
  for (const line of (texts.ndjson || "").split("\n").filter(Boolean)) JSON.parse(line);
  const log = JSON.parse(texts.sarif);
  check(`${name}: the SARIF schema`, isSarif(log), isSarif.errors);
  check(`${name}: all findings are in SARIF`, lookAtSarif(name, log) === json.findings.length, texts.sarif);
  const points = Parser.parse(texts.tap).filter(event => event[0] === "assert").map(event => event[1]);
  const complete = Parser.parse(texts.tap).find(event => event[0] === "complete")[1];
  check(`${name}: TAP`, complete.failures.every(f => !f.tapError) && complete.count === points.length && complete.fail === json.errors, complete);
  check(`${name}: TAP's diagnostics`, points.filter(p => p.diag && p.diag.message).length === json.findings.length, points);
  check(`${name}: JUnit fails as JSON does`, junitCounts(name, texts.junit) > 0 === json.errors > 0, texts.junit);
  const commands = texts.github.split("\n").filter(Boolean);
  check(`${name}: workflow commands`, commands.length === json.findings.length - json.waived &&
    commands.every(line => /^::(error|warning|notice) [^:]*::/.test(line)), texts.github);
}

for (const name of ["report-formats", "report-troubles", "report-none"]) lookAtReports(name);

// --- schemas

const validators = {};
for (const line of execFileSync(moonstep, ["schema", "--list"], { encoding: "utf8" }).trim().split("\n")) {
  const name = line.split(" ")[0];
  validators[name] = new Ajv({ strict: false }).compile(JSON.parse(execFileSync(moonstep, ["schema", name], { encoding: "utf8" })));
}

// Documents as kubectl has them: YAML 1.1 with the core schema of 1.1.
function documents(file) {
  const all = YAML.parseAllDocuments(fs.readFileSync(file, "utf8"), { version: "1.1", uniqueKeys: false });
  return all.some(d => d.errors.length) ? [] : all.map(d => d.toJS());
}

function filesBelow(folder) {
  return fs.readdirSync(folder, { recursive: true }).filter(name => /\.ya?ml$/.test(name)).map(name => path.join(folder, name)).sort();
}

function schemaFor(file) { return path.basename(file) === "moonstep.yaml" ? validators.config : validators.documents; }

for (const file of [...filesBelow("examples"), ...filesBelow("lua/init"), ...filesBelow("tests/conformance")])
  for (const [i, value] of documents(file).entries()) {
    const validate = schemaFor(file);
    if (value === null || (value && value.items)) continue;
    // a file that moonstep has something to say about may be refused
    if (!validate(value) && file.startsWith("tests/")) {
      const said = spawnSync(moonstep, ["check", "-f", file, "--format", "ndjson"], { encoding: "utf8" }).stdout;
      if (/"rule":"(unknown-field|wrong-type|missing-name|unknown-version|null-item|unknown-invoker)"/.test(said)) continue;
    }
    check(`${file}: document ${i}`, validate(value), validate.errors);
  }

// Each field of a document under another name is refused, and so is each with a value of another type.
function* spoiled(value, at = []) {
  if (Array.isArray(value)) for (const [i, v] of value.entries()) yield* spoiled(v, [...at, i]);
  else if (value && typeof value === "object")
    for (const key of Object.keys(value)) {
      yield [...at, key];
      yield* spoiled(value[key], [...at, key]);
    }
}

function change(value, at, by) {
  const copy = structuredClone(value);
  const parent = at.slice(0, -1).reduce((v, key) => v[key], copy);
  by(parent, at[at.length - 1]);
  return copy;
}

// Fields below these take any name.
const MAPS = /(^(metadata\.(labels|annotations)|options|providers\.inventory\.columns|spec\.(parameters|secret|clientConfig|appRef))|\.resources\.(limits|requests))\../;

let wrong = 0;
for (const file of [...filesBelow("examples"), "lua/init/moonstep.yaml"])
  for (const value of documents(file)) {
    const validate = schemaFor(file);
    if (!value || (validate === validators.documents && !validators[value.kind])) continue;
    for (const at of spoiled(value)) {
      const where = at.join(".");
      if (MAPS.test(where) || where === "kind" || where === "apiVersion") continue;
      const misspelt = change(value, at, (v, key) => { v[key + "x"] = v[key]; delete v[key]; });
      const mistyped = change(value, at, (v, key) => { v[key] = typeof v[key] === "object" ? "text" : [{}]; });
      check(`${file}: ${where} misspelt`, !validate(misspelt), "was taken");
      check(`${file}: ${where} of another type`, !validate(mistyped), "was taken");
      wrong += 2;
    }
  }
check("documents were spoiled", wrong > 100, String(wrong));

console.log(`formats: ${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
