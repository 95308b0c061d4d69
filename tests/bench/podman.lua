-- podman.lua MOONSTEP: what `run --local` of three steps costs over the three `podman run` that it does, side by side. Only where there
-- is podman.
local engine = require "engine.http"
local shell = dofile "tests/lib/shell.lua"

local moonstep = assert(..., "podman.lua MOONSTEP")
local IMAGE, ROUNDS = "docker.io/library/moonstep-bench:1", 15

if not os.execute "command -v podman >/dev/null" then return true end

local folder = io.popen("mktemp -d"):read "l"
os.execute(([[cd %s && mkdir -p root/bin && cp $(command -v sh) root/bin
for library in $(ldd root/bin/sh | grep -o '/[^ ]*'); do mkdir -p root${library%%/*} && cp $library root$library; done
tar -C root -c . | podman import - %s >/dev/null 2>&1]]):format(folder, IMAGE))
local FUNCTION = "apiVersion: stash.appscode.com/v1beta1\nkind: Function\nmetadata: {name: a}\nspec: {image: %s, command: [sh, -c, ':']}\n"
local TASK = "---\napiVersion: stash.appscode.com/v1beta1\nkind: Task\nmetadata: {name: t}\n"
  .. "spec: {steps: [{name: a}, {name: a}, {name: a}]}\n"
shell.write(folder .. "/task.yaml", FUNCTION:format(IMAGE) .. TASK)

local ONE = ("podman run --rm --network host --log-driver none %s sh -c : && "):format(IMAGE)
local THEIRS = ONE .. ONE .. ONE .. "true"
local OURS = ("%s run --local -q -f %s/task.yaml --task t --network host"):format(shell.quote(moonstep), folder)

local function time(line)
  local began = engine.now()
  local _, err, status = shell.run(line)
  if status ~= 0 then error(err) end
  return engine.now() - began
end

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

local ours, theirs = {}, {}
for i = 1, ROUNDS do ours[i], theirs[i] = time(OURS), time(THEIRS) end
local a, b = median(ours), median(theirs)
print(("%-44s %13.0f ms %13.0f ms %8.2f %8s"):format("run --local, 3 steps; 3 podman run", a, b, a / b, "< 1.10"))
os.execute(("podman rmi %s >/dev/null; rm -rf %s"):format(IMAGE, folder))
return true
