-- What tests of commands against a server that answers as scripts say (scripted.c) have in common.
--
--   local scripted = Scripted(folder, server)         `dofile "tests/kube/scripted.lua"` gives Scripted; it is started
--   scripted.lines(...) -> a script of these lines
--   scripted.status(code, message), .items(kind, version [, item]), .event(object)         lines of an answer
--   scripted.JOBS, .PODS                              their paths in the namespace n
--   scripted.KINDS, .RIGHTS                           scripts: that there are Jobs, and that they may be followed, asked again and again
--   scripted.config(name) -> path of a kubeconfig for name.script;  scripted.asked(name) -> what the server was asked then
--   scripted.against(script, command line, text) -> out, err, status, asked      runs a command against a server that answers so; in the
--                                                        line, @ stands for the text
--   scripted.has(text, words …)                       raises where one of them is not in the text
--   scripted.finish(suite's name, tests) -> whether all passed; the server has ended then
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local JOBS, PODS = "/apis/batch/v1/namespaces/n/jobs", "/api/v1/namespaces/n/pods"
local NONE = " moonstep%2Frun%3Dnone "

local function lines(...) return table.concat({ ... }, "\n") .. "\n" end

local function items(kind, version, item)
  return ('| {"kind":"%sList","apiVersion":"v1","metadata":{"resourceVersion":"%s"},"items":[%s]}'):format(kind, version, item or "")
end

return function(folder, program)
  local server = shell.start(("%s %s"):format(program, folder), folder .. "/port")
  local port = shell.read(folder .. "/port"):match "%d+"
  local scripted = { JOBS = JOBS, PODS = PODS, lines = lines, items = items }

  function scripted.status(code, message)
    return ('| {"kind":"Status","status":"Failure","message":"%s","code":%d}'):format(message, code)
  end

  function scripted.event(object) return ('| {"type":"MODIFIED","object":%s}'):format(object) end

  scripted.KINDS = lines(">> GET /apis/batch/v1", 200, '| {"resources":[{"name":"jobs","kind":"Job","namespaced":true}]}')
  scripted.RIGHTS = lines(">> GET " .. JOBS .. NONE .. "!watch", 200, items("Job", 1), ">> GET " .. JOBS .. NONE .. "watch=true", 200,
    "~ 3000", ">> GET " .. PODS .. NONE .. "!watch", 200, items("Pod", 1), ">> GET " .. PODS .. NONE .. "watch=true", 200, "~ 3000")

  function scripted.config(name)
    local path = ("%s/%s.config"):format(folder, name)
    shell.write(path, ([[
clusters: [{name: k, cluster: {server: "http://127.0.0.1:%s/%s"}}]
users: [{name: u, user: {token: good-token}}]
contexts: [{name: c, context: {cluster: k, user: u, namespace: "n"}}]
current-context: c
]]):format(port, name))
    return path
  end

  function scripted.asked(name)
    local path = ("%s/%s.log"):format(folder, name)
    return shell.exists(path) and shell.read(path) or ""
  end

  local count = 0

  function scripted.against(text, line, at)
    count = count + 1
    local name = ("against-%d"):format(count)
    shell.write(("%s/%s.script"):format(folder, name), text)
    local out, err, status = shell.run(("env -u KUBECONFIG timeout -s KILL 30 %s %s --kubeconfig %s"):format(shell.moonstep,
      line:gsub("@", function() return at end), scripted.config(name)))
    return out, err, status, scripted.asked(name)
  end

  function scripted.has(text, ...)
    for _, words in ipairs { ... } do suite.equal(text:find(words, 1, true) ~= nil, true, ("no %q in %s"):format(words, text)) end
  end

  function scripted.finish(name, tests)
    local ok = suite.run(name, tests)
    server:close()
    return ok
  end

  return scripted
end
