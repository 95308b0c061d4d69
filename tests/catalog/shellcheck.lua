-- shellcheck over the catalogue's shell texts, each once, however many versions share it.
-- Left out: SC2016, as awk, jq and node have a $ of their own, and SC2317, as traps and the frame call functions that it does not follow.
local all = require "catalog.all"
local shell = dofile "tests/lib/shell.lua"

local folder = io.popen("mktemp -d"):read "l"
local seen, count = {}, 0
for _, group in ipairs { "common", table.unpack(all.systems) } do
  for _, entry in ipairs(all.entries(group)) do
    local spec = entry.object.spec
    local text = spec.command and spec.command[1] == "sh" and spec.args[1]:gsub("%$%${", "${")
    if text and not seen[text] then
      seen[text], count = true, count + 1
      shell.write(("%s/%s.sh"):format(folder, entry.object.metadata.name), text)
    end
  end
end
local out, err, status = shell.run(("cd %s && shellcheck -s sh -e SC2016,SC2317 *.sh"):format(folder))
os.execute("rm -rf " .. folder)
io.stdout:write(out, err)
print(("shellcheck: %d texts"):format(count))
return status == 0 and count > 10
