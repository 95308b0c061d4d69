-- The script API, documented once. From here come `moonstep help api`, the table in README.md and the annotations for the Lua language
-- server; a test holds this list against what scripts really see.
--
-- Each entry: name, signature (arguments -> results), text, and for the annotations params { name, type } and returns (types).
local reference = {}

reference.declarations = {
  { name = "provider", signature = 'provider "name" { summary, variables, resolve, override, secret, needs }',
    text = "says where variables come from; resolve(name, ctx) returns the value, or nil: not mine, ask the next one",
    fields = {
      { "summary", "string", "what it is, in a few words" },
      { "variables", "string[]", "names, or globs with *, that it may answer" },
      { "resolve", "fun(name: string, ctx: moonstep.Context): string|integer|boolean|moonstep.Secret|nil",
        "is asked once a name for each target" },
      { "override", "boolean?", "beats everything but --set" },
      { "secret", "string[]?", "which of the variables are secret, or globs with *" },
      { "needs", "{read: string[]?, env: string[]?, http: string[]?, kube: string[]?}?",
        "grants that it asks for; without them it is refused" },
    } },
  { name = "rule", signature = 'rule "name" { summary, kinds | pods | containers, select, severity, check | check_all, help, source }',
    text = "says what an object may look like; check(object, report) calls report(part, key, message [, { hint, fix, on }]) for a finding",
    fields = {
      { "summary", "string", "what holds when all is well, in a few words" },
      { "kinds", "string[]?", "globs of the kinds that it looks at, or instead:" },
      { "pods", "boolean?", "all kinds with Pods: check(pod, report, object), where pod has metadata and spec" },
      { "containers", "boolean?", "their containers: check(container, report, pod, object)" },
      { "select", "{name: string?, namespace: string?, labels: table<string, string>?, task: string?, step: string?}|"
        .. "(fun(object: table): boolean)|nil",
        "globs of names, labels, the Task, the step; or a function of the object" },
      { "severity", '"error"|"warning"|"info"|nil', "of its findings; an error withholds the objects (default: error)" },
      { "check", "fun(part: table, report: moonstep.report, ...: table)?",
        "is called for each object, Pod or container, which is read-only" },
      { "check_all", "fun(objects: table[], report: moonstep.report)?",
        "instead: is called once with all objects that it selects; not with those that a batch renders" },
      { "help", "string?", "why, and how to mend it" },
      { "source", "string?", "where that is said: a URL" },
    } },
  { name = "template", signature = 'template "name" { summary, render, accidents }',
    text = "says how steps become objects; render(ctx) returns an object or a list of them",
    fields = {
      { "summary", "string", "what it makes, in a few words" },
      { "render", "fun(ctx: moonstep.Context): table", "is called for each target" },
      { "accidents", "boolean?", "resolve as the original does it, mistakes included" },
    } },
  { name = "option", signature = 'option "name" { summary, default } -> value', returns = "string",
    text = "an option of one's own; returns what --option or options: in moonstep.yaml say, or the default",
    fields = {
      { "summary", "string", "what it is for" },
      { "default", "string", "its value when nobody gives one" },
    } },
  { name = "targets", signature = 'targets "name" { summary, each }',
    text = "says which targets a batch has (--targets name); each(emit) calls emit { name, namespace, task, variables, params } for "
      .. "every one",
    fields = {
      { "summary", "string", "what they are, in a few words" },
      { "each", "fun(emit: fun(row: {name: string, namespace: string?, task: string?, variables: table<string, any>?, "
        .. "params: table<string, any>?}))", "is called once, before anything is rendered" },
    } },
  { name = "waive", signature = "waive { rule, match, reason, expires }",
    text = "sets findings aside, with a reason and, if it should not be for ever, an end date",
    fields = {
      { "rule", "string", "the rule's name, or a glob" },
      { "match", "string", "names of objects, as a glob" },
      { "reason", "string", "why; it must not be empty" },
      { "expires", "string?", "the last day on which it counts, as YYYY-MM-DD" },
    } },
  { name = "test", signature = 'test "name" { input | file | files, expect | snapshot | error, policies | scripts, render, … }',
    text = "in a file *_test.lua: what scripts find in some input, or make of it; moonstep test runs it",
    fields = {
      { "input", "string?", "YAML or JSON, several documents if need be" },
      { "file", "string?", "a file that holds it, in the test's folder or below" },
      { "files", "string[]?", "several such files" },
      { "expect", "string[]?", 'exactly these findings, in any order: "rule @ path", or "rule @ path: words of the message"; where several '
        .. 'objects are given, "rule @ Kind/name path"' },
      { "error", "string?", "loading or rendering must fail, with a message that holds these words" },
      { "policies", "string[]?", "packs, by name or path (default: the folder's pack.lua, or scripts of its moonstep.yaml, or all)" },
      { "scripts", "string[]?", "scripts, by path" },
      { "options", "table<string, string>?", "as --option" },
      { "today", "string?", "the date for waivers" },
      { "render", "boolean?", "the input is rendered, and the findings are about the result" },
      { "snapshot", "string?", "what is rendered is what this file holds; moonstep test --update writes it" },
      { "task", "string?", "as --task" },
      { "session", "string?", "as --session" },
      { "kind", '"Job"|"CronJob"|nil', "as --kind" },
      { "namespace", "string?", "as --namespace" },
      { "template", "string?", "as --template" },
      { "set", "table<string, string>?", "as --set" },
      { "param", "table<string, string>?", "as --param" },
      { "replay", "string?", "as --replay: a folder beside the test" },
    } },
}

reference.functions = {
  { name = "include", signature = "include(path) -> result", params = { { "path", "string" } }, returns = "any ...",
    text = "what another file returns, of the script's folder or below it; it runs once" },
  { name = "ask", signature = "ask(part, key, question) -> answer", returns = "any",
    params = { { "part", "table" }, { "key", "string|integer" }, { "question", "string|fun(value: any): any" } },
    text = "question(part[key]), of which only the answer counts as looked at; the question is a function of the script's top level, or a "
      .. "pattern as of re, whose answer is the first group or true where it matches a text, and false elsewhere" },
  { name = "secret", signature = "secret(value) -> secret", params = { { "value", "string|integer|boolean|moonstep.Secret|nil" } },
    returns = "moonstep.Secret?",
    text = "a text that cannot be looked at: .., %s of string.format and table.concat join it, and what they make is secret too; "
      .. "all else raises" },
  { name = "yaml.decode", signature = "yaml.decode(text) -> value", params = { { "text", "string" } }, returns = "any",
    text = "the one document of a text, read as kubectl reads it; maps and lists are read-only, null is nil" },
  { name = "yaml.encode", signature = "yaml.encode(value) -> text", params = { { "value", "any" } }, returns = "string",
    text = "one document with a line end" },
  { name = "yaml.read", signature = "yaml.read(path) -> value", params = { { "path", "string" } }, returns = "any",
    text = "the document of a granted file; the path is relative to the script" },
  { name = "json.decode", signature = "json.decode(text) -> value", params = { { "text", "string" } }, returns = "any",
    text = "as yaml.decode" },
  { name = "json.encode", signature = "json.encode(value) -> text", params = { { "value", "any" } }, returns = "string",
    text = "on one line" },
  { name = "json.read", signature = "json.read(path) -> value", params = { { "path", "string" } }, returns = "any", text = "as yaml.read" },
  { name = "csv.decode", signature = "csv.decode(text) -> rows", params = { { "text", "string" } }, returns = "table<string, string>[]",
    text = "a list of rows, each a map by the names in the first line" },
  { name = "csv.read", signature = "csv.read(path) -> rows", params = { { "path", "string" } }, returns = "table<string, string>[]",
    text = "the rows of a granted file" },
  { name = "base64.encode", signature = "base64.encode(bytes) -> text", params = { { "bytes", "string|moonstep.Secret" } },
    returns = "string|moonstep.Secret", text = "Base64 with padding (RFC 4648); of a secret it is secret" },
  { name = "base64.decode", signature = "base64.decode(text) -> bytes", params = { { "text", "string" } }, returns = "string?",
    text = "nil where the text is no Base64" },
  { name = "files.read", signature = "files.read(path) -> text", params = { { "path", "string" } }, returns = "string?",
    text = "the bytes of a granted file, nil where there is none" },
  { name = "files.list", signature = "files.list(path) -> paths", params = { { "path", "string" } }, returns = "string[]?",
    text = "the files of a granted folder and of those in it, relative to it; nil where there is none" },
  { name = "re.find", signature = "re.find(text, pattern [, start]) -> first, last, groups",
    returns = "integer?, integer?, (string|false)[]?", params = { { "text", "string" }, { "pattern", "string" }, { "start?", "integer" } },
    text = "where a regular expression (PCRE2, UTF-8) matches; groups that took no part are false" },
  { name = "re.match", signature = "re.match(text, pattern [, start]) -> group, … | whole", returns = "string|false|nil ...",
    params = { { "text", "string" }, { "pattern", "string" }, { "start?", "integer" } },
    text = "the groups of the first match, or all of it when there are none" },
  { name = "re.gmatch", signature = "re.gmatch(text, pattern) -> iterator", params = { { "text", "string" }, { "pattern", "string" } },
    returns = "fun(): string|false|nil, string|false|nil, string|false|nil", text = "the same for each match" },
  { name = "re.gsub", signature = "re.gsub(text, pattern, by) -> text, count", returns = "string, integer",
    params = { { "text", "string" }, { "pattern", "string" }, { "by", "string|fun(whole: string, ...: string|false): string?" } },
    text = "replaces each match; \\0 to \\9 in `by` stand for the match and its groups" },
  { name = "log.info", signature = "log.info(message)", params = { { "message", "string" } }, text = "prints a message of severity info" },
  { name = "log.warn", signature = "log.warn(message)", params = { { "message", "string" } }, text = "prints a warning" },
  { name = "env.get", signature = "env.get(name) -> value", params = { { "name", "string" } }, returns = "string|moonstep.Secret|nil",
    text = "a granted variable of the environment; one that moonstep.yaml calls secret is" },
  { name = "http.get", signature = "http.get(url [, options]) -> response", returns = "moonstep.Response",
    params = { { "url", "string" }, { "options?", "moonstep.Request" } },
    text = "asks a granted server; response has status, headers (names in lower case), body and json(); what is no answer is raised" },
  { name = "http.post", signature = "http.post(url [, options]) -> response", returns = "moonstep.Response",
    params = { { "url", "string" }, { "options?", "moonstep.Request" } }, text = "the same with POST" },
  { name = "http.put", signature = "http.put(url [, options]) -> response", returns = "moonstep.Response",
    params = { { "url", "string" }, { "options?", "moonstep.Request" } }, text = "the same with PUT" },
  { name = "http.request", signature = "http.request(method, url [, options]) -> response", returns = "moonstep.Response",
    params = { { "method", "string" }, { "url", "string" }, { "options?", "moonstep.Request" } }, text = "the same with any method" },
  { name = "kube.get", signature = "kube.get { context, apiVersion, kind, namespace, name, … } -> object", returns = "table?",
    params = { { "wanted", "moonstep.Wanted" } },
    text = "an object of the cluster of a granted context, nil where there is none; data of a Secret comes decoded, as secrets" },
  { name = "kube.list", signature = "kube.list { context, apiVersion, kind, namespace, labels, fields, … } -> objects", returns = "table[]",
    params = { { "wanted", "moonstep.Wanted" } }, text = "those of a namespace, or of all" },
  { name = "k8s.job", signature = "k8s.job { metadata, spec } -> job", params = { { "job", "table" } }, returns = "table",
    text = "adds apiVersion and kind, and removes lists of its Pod that are empty" },
  { name = "k8s.list", signature = "k8s.list { … } -> list", params = { { "list", "table" } }, returns = "table",
    text = "marks a table as a list, so that it is written as [] when it is empty" },
  { name = "k8s.copy", signature = "k8s.copy(value) -> value", params = { { "value", "any" } }, returns = "any",
    text = "a copy of a view that may be changed, which keeps its places in the user's files" },
  { name = "k8s.template", signature = "k8s.template(object) -> pod", params = { { "object", "table" } }, returns = "table?",
    text = "what has metadata and spec of an object's Pods: a Pod itself, or the template in another kind" },
  { name = "k8s.has_pod", signature = "k8s.has_pod(kind) -> boolean", params = { { "kind", "string" } }, returns = "boolean",
    text = "whether objects of the kind have Pods" },
  { name = "k8s.remove", signature = "k8s.remove", value = "table", text = "as the fix of a finding: the key should go" },
  { name = "k8s.pod", signature = "k8s.pod(object) -> spec", params = { { "object", "table" } }, returns = "table?",
    text = "the spec of its Pods" },
  { name = "k8s.containers", signature = "k8s.containers(object) -> iterator", params = { { "object", "table" } },
    returns = "fun(): table?, string?, integer?",
    text = "its containers, or those of a Pod: init containers, containers, ephemeral ones; with the list's name and the number from 0" },
  { name = "k8s.keys", signature = "k8s.keys(part) -> list", params = { { "part", "table" } }, returns = "any[]",
    text = "the keys of a map in their order, without a look at their values" },
  { name = "k8s.is_list", signature = "k8s.is_list(part) -> boolean", params = { { "part", "any" } }, returns = "boolean",
    text = "whether it is a list, also when it is empty" },
  { name = "k8s.pick", signature = "k8s.pick(object, key, …) -> table", params = { { "object", "table" }, { "...", "string" } },
    returns = "table", text = "a copy of some fields that keeps their places in the user's files" },
  { name = "k8s.valid_name", signature = "k8s.valid_name(name) -> boolean", params = { { "name", "string" } }, returns = "boolean",
    text = "true for a DNS label (RFC 1123)" },
  { name = "net.host_and_path", signature = "net.host_and_path(url) -> host, path | nil, why", params = { { "url", "string" } },
    returns = "string?, string", text = "host with port and decoded path of a URL" },
}

-- What the options of a request, and a response, have.
reference.request = {
  { "headers", "table<string, string>?", "name = value" },
  { "query", "table<string, any>?", "name = value, or a list of values; added to the URL" },
  { "json", "any", "the body, as JSON" },
  { "form", "table<string, any>?", "the body, as a form" },
  { "body", "string?", "the body, as it is" },
  { "timeout", "number?", "seconds for all of it, tries and redirects included (default: 30)" },
  { "auth", "{basic: string[]?, bearer: string?, certificate: string?, key: string?}?",
    "basic = { user, password }, bearer = token, or certificate and key, as PEM or granted files" },
  { "ca", "string?", "who may have signed the server's certificate, as PEM or a granted file" },
  { "accept_status", "integer[]?", "the statuses that are answers (default: 200 to 299)" },
}
-- What kube.get and kube.list take.
reference.wanted = {
  { "context", "string?", "of the kubeconfig, or in-cluster; may be left out where one is granted" },
  { "apiVersion", "string", "such as v1 or apps/v1" },
  { "kind", "string", "such as Secret" },
  { "namespace", "string?", "for get, where the kind has one" },
  { "name", "string?", "for get" },
  { "labels", "table<string, string>|string|nil", "for list: name = value, or a selector" },
  { "fields", "table<string, string>|string|nil", "for list: the same for fields" },
  { "keys", "string[]?", "of a Secret: only these are decoded; the others hold ***" },
  { "plain", "string[]?", "of a Secret: these are no secrets" },
}
reference.response = {
  { "status", "integer", "of the last step, when there were redirects" },
  { "headers", "table<string, string>", "by their names in lower case" },
  { "body", "string", "at most 8 MiB, unpacked" },
  { "json", "fun(): any", "the body's value, as json.decode gives it" },
}

reference.context = {
  { "direction", '"backup"|"restore"', "which way it goes" },
  { "task", "table", "the Task, with its variables put in" },
  { "target", "table", "what is backed up or restored" },
  { "spec", "table", "the target's part of the invoker" },
  { "invoker", "table?", "what describes the target; nil when a Task is rendered alone" },
  { "session", "table?", "the session that owns what is made" },
  { "repository", "table?", "the Repository" },
  { "repository_namespace", "string?", "its namespace" },
  { "namespace", "string?", "the namespace of what is made" },
  { "ordinal", "integer?", "the number of the replica that a restore with claim templates is for" },
  { "accidents", "boolean", "true when the template wants mistakes of the original" },
  { "index", "integer", "the target's number in its invoker" },
  { "options", "table", "the values of --option" },
}

reference.methods = {
  { "containers", "ctx:containers() -> list", "table[]", "one container a step and hook, in order, with the invoker's settings applied" },
  { "volumes", "ctx:volumes() -> list", "table[]", "the Task's volumes, scratch space, interim data, claims" },
  { "interim_volumes", "ctx:interim_volumes() -> list", "table[]", "the volume of interim data alone, when there is one" },
  { "claims", "ctx:claims() -> list", "table[]", "the PersistentVolumeClaims that the target needs" },
  { "pod", "ctx:pod { … } -> spec", "table",
    "the given Pod spec with the invoker's Pod settings, the service account and safe security contexts", { "spec", "table" } },
  { "metadata", "ctx:metadata([number]) -> table", "table", "name, namespace, labels and owner of the Job, or of one of several",
    { "number?", "integer" } },
  { "pod_metadata", "ctx:pod_metadata() -> table", "table", "labels and annotations of its Pods" },
  { "deadline", "ctx:deadline() -> seconds", "integer?", "the invoker's timeOut in seconds; nil when there is none" },
  { "variable", "ctx:variable(name) -> value", "string|moonstep.Secret|nil",
    "a variable's value; raises when its provider fails", { "name", "string" } },
  { "find", "ctx:find(kind, name [, namespace]) -> object", "table?", "an object of the given files as it was written",
    { "kind", "string" }, { "name", "string" }, { "namespace?", "string" } },
}

reference.standard = "string, table, math and utf8 without what reaches outside or differs from run to run; pairs in the order of the "
  .. "keys, a stable sort, tostring of floats that reads back; no io, os, debug, load, require, coroutine, next, metatables, clock, random "
  .. "numbers"

-- --- what is made of it

-- As text for `moonstep help api`.
function reference.help()
  local out = { "Scripts declare:\n" }
  local function add(...) out[#out + 1] = (...):format(select(2, ...)) end
  for _, d in ipairs(reference.declarations) do
    add("\n  %s\n      %s\n", d.signature, d.text)
    for _, field in ipairs(d.fields) do add("      %-10s %s\n", field[1], field[3]) end
  end
  add("\nWhat resolve and render are given, ctx; its fields are read-only:\n\n")
  for _, field in ipairs(reference.context) do add("  ctx.%-22s %s\n", field[1], field[3]) end
  out[#out + 1] = "\n"
  for _, method in ipairs(reference.methods) do add("  %s\n      %s\n", method[2], method[4]) end
  add("\nModules:\n\n")
  for _, f in ipairs(reference.functions) do add("  %s\n      %s\n", f.signature, f.text) end
  add("\nOptions of requests:\n\n")
  for _, field in ipairs(reference.request) do add("  %-22s %s\n", field[1], field[3]) end
  add("\nWhat kube.get and kube.list take:\n\n")
  for _, field in ipairs(reference.wanted) do add("  %-22s %s\n", field[1], field[3]) end
  add("\nOf Lua's own: %s.\n", reference.standard)
  return table.concat(out)
end

-- As a table in Markdown for README.md.
function reference.markdown()
  local out = { "| In a script | What it is |\n|---|---|\n" }
  local function add(signature, text)
    out[#out + 1] = ("| `%s` | %s |\n"):format(signature:gsub("|", "\\|"), (text:gsub("|", "\\|")))
  end
  for _, d in ipairs(reference.declarations) do add(d.signature, d.text) end
  for _, field in ipairs(reference.context) do add("ctx." .. field[1], field[3]) end
  for _, method in ipairs(reference.methods) do add(method[2], method[4]) end
  for _, f in ipairs(reference.functions) do add(f.signature, f.text) end
  return table.concat(out)
end

local function annotate_function(out, text, params, returns, head)
  out[#out + 1] = ("---%s\n"):format(text)
  local names = {}
  for i, param in ipairs(params or {}) do
    out[#out + 1] = ("---@param %s %s\n"):format(param[1], param[2])
    names[i] = param[1]:gsub("%?", "")
  end
  if returns then out[#out + 1] = ("---@return %s\n"):format(returns) end
  out[#out + 1] = ("function %s(%s) end\n\n"):format(head, table.concat(names, ", "))
end

-- As annotations for the Lua language server (LuaCATS).
function reference.annotations()
  local out = { "---@meta\n-- The script API of moonstep, for the Lua language server. Made by `moonstep help api --annotations`.\n\n" }
  out[#out + 1] = "---@alias moonstep.report fun(part: table, key: string|integer|(string|integer)[]|nil, message: string, "
    .. "more: {hint: string?, fix: any, on: \"key\"?}?)\n\n"
  local function add(...) out[#out + 1] = (...):format(select(2, ...)) end
  add("---A text that scripts cannot look at.\n---@class moonstep.Secret\n---@operator concat: moonstep.Secret\n\n")
  add("---@class moonstep.Context\n")
  for _, field in ipairs(reference.context) do add("---@field %s %s %s\n", field[1], field[2], field[3]) end
  add("local Context = {}\n\n")
  for _, method in ipairs(reference.methods) do
    annotate_function(out, method[4], { table.unpack(method, 5) }, method[3], "Context:" .. method[1])
  end
  for _, class in ipairs { { "Request", reference.request }, { "Response", reference.response }, { "Wanted", reference.wanted } } do
    add("---@class moonstep.%s\n", class[1])
    for _, field in ipairs(class[2]) do add("---@field %s %s %s\n", field[1], field[2], field[3]) end
    add "\n"
  end
  for _, d in ipairs(reference.declarations) do
    add("---@class moonstep.%s\n", d.name)
    for _, field in ipairs(d.fields) do add("---@field %s %s %s\n", field[1], field[2], field[3]) end
    local declared = ("moonstep.%s"):format(d.name)
    if d.name == "waive" then add("\n---%s\n---@param declared %s\nfunction waive(declared) end\n\n", d.text, declared)
    else
      add("\n---%s\n---@param name string\n---@return fun(declared: %s)%s\nfunction %s(name) end\n\n", d.text, declared,
        d.returns and ": " .. d.returns or "", d.name)
    end
  end
  local seen = {}
  for _, f in ipairs(reference.functions) do
    local module = f.name:match "^(%w+)%."
    if module and not seen[module] then add("%s = {}\n\n", module) end
    seen[module or f.name] = true
    if f.value then add("---%s\n---@type %s\n%s = nil\n\n", f.text, f.value, f.name)
    else annotate_function(out, f.text, f.params, f.returns, f.name) end
  end
  return table.concat(out)
end

return reference
