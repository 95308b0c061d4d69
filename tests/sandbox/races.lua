-- Races on a granted folder: while a script reads in it, another process lets a folder and a file there change places with links that lead
-- out. What the script reads must be what lies inside, or an error; both are seen, or there was no race.
-- Usage: moonstep-lua tests/sandbox/races.lua FOLDER
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local FOLDER = assert(..., "races.lua FOLDER")
local folder = FOLDER .. "/races"

os.execute(("rm -rf %s; mkdir -p %s/granted/folder %s/outside"):format(folder, folder, folder))
shell.write(folder .. "/granted/folder/value", "inside")
shell.write(folder .. "/granted/file", "inside")
shell.write(folder .. "/outside/value", "outside")
shell.write(folder .. "/outside/other", "outside")
os.execute(("ln -s ../outside %s/granted/to-folder; ln -s ../outside/value %s/granted/to-file"):format(folder, folder))

-- The script lies beside what must not be read, so the second wall lets all of it be read: only the first one stands.
shell.write(folder .. "/script.lua", [[
local seen = {}
local function note(what, ok, v)
  local said = ok and tostring(v) or v:find "leads out" and "refused" or "no file"
  seen[what .. " " .. said] = (seen[what .. " " .. said] or 0) + 1
end
local function listed(path) return table.concat(files.list(path) or { "nothing" }, ",") end
for _ = 1, 30000 do
  note("folder", pcall(files.read, "granted/folder/value"))
  note("file", pcall(files.read, "granted/file"))
  note("up", pcall(files.read, "granted/folder/../file"))
  note("list", pcall(listed, "granted/folder"))
end
for what in pairs(seen) do log.info("seen: " .. what) end
]])
shell.write(folder .. "/moonstep.yaml", "limits: {cpu: 20s, wall: 30s}\n")

local racers = {}
for i, names in ipairs { "folder to-folder", "file to-file" } do
  racers[i] = assert(io.popen(("cd %s/granted && exec %s %s"):format(folder, io.popen(("realpath %s/racer"):format(FOLDER)):read "l", names), "w"))
end
local printed, err, status = shell.run(("timeout -s KILL 40 %s check -f examples/postgres --script %s/script.lua --config %s/moonstep.yaml "
  .. "--grant read=%s/granted"):format(shell.moonstep, folder, folder, folder))
local out = printed .. err
for _, racer in ipairs(racers) do racer:close() end

return suite.run("sandbox: races", {
  { "there was a race", function()
    for _, what in ipairs { "folder inside", "folder refused", "file inside", "file refused", "list value", "list refused" } do
      suite.equal(out:find("seen: " .. what .. "\n", 1, true) ~= nil, true, what .. " in:\n" .. out)
    end
  end },
  { "nothing outside was seen", function()
    suite.equal(out:find "outside", nil, out)
    suite.equal(out:find("other", 1, true), nil, out)
  end },
  { "the run went on to its end", function() suite.equal(status < 2, true, out) end },
})
