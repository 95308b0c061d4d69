-- The provider `dotenv`, on the texts of dotenv_rows.lua and on what else a site may have.
local rows = dofile "tests/providers/dotenv_rows.lua"
local site = dofile "tests/providers/site.lua"
local suite = dofile "tests/lib/suite.lua"

local tests = {}
for i, row in ipairs(rows) do
  tests[i] = { ("%q"):format(row[1]), function()
    site.write(".env", row[1])
    local all, why = site.values("dotenv: {files: [.env]}", row.fails and "X" or '"<${X}>"')
    if not row.fails then return suite.equal(all and all[1], "<" .. row[2] .. ">", why) end
    suite.equal(all, nil)
    suite.equal(why:find(row.fails, 1, true) ~= nil, true, why)
  end }
end

local function add(name, f) table.insert(tests, { name, f }) end

add("a later file goes before an earlier one, and names say what is answered", function()
  site.write("a.env", "A=1\nB=1\n")
  site.write("b.env", "B=2\nC=2\n")
  suite.equal(site.values("dotenv: {files: [a.env, b.env], names: [A, B*]}", "A", "B", "C"), { "1", "2", "(none)" })
end)
add("text in a value is never a variable", function()
  site.write(".env", "X='${Y}'\nY=1\n")
  suite.equal(site.value("dotenv: {files: [.env]}", "X"), "${Y}")
end)
add("a file that is not there is an error, also below a folder", function()
  for _, file in ipairs { "none.env", "none/none.env" } do
    local _, why = site.value(("dotenv: {files: [%s]}"):format(file), "X")
    suite.equal(why:find("cannot read " .. file .. ": there is no such file", 1, true) ~= nil, true, why)
  end
end)
add("links do not lead out of the file's folder", function()
  site.sh "mkdir -p f && ln -sf /etc/hostname f/link.env && ln -sf link2.env f/good.env && printf 'X=1' > f/link2.env"
  suite.equal(site.value("dotenv: {files: [f/good.env]}", "X"), "1")
  local _, why = site.value("dotenv: {files: [f/link.env]}", "X")
  suite.equal(why:find("leads out of the folder", 1, true) ~= nil, true, why)
end)
add("ten thousand lines, and lines that make patterns slow, take no time to speak of", function()
  local lines = {}
  for i = 1, 10000 do lines[i] = ("N%d=%s"):format(i, ("x "):rep(10)) end
  local spaces = (" "):rep(20000)
  site.write(".env", ("%s\nX=%sy%sz%s\nZ='%s'\n"):format(table.concat(lines, "\n"), (" \t"):rep(20000), spaces, spaces, ("\n"):rep(20000)))
  suite.equal(site.value("dotenv: {files: [.env]}", "X"), "y" .. spaces .. "z")
end)
add("no files are an error", function()
  local _, why = site.value("dotenv: {files: []}", "X")
  suite.equal(why:find("the provider dotenv needs the files", 1, true) ~= nil, true, why)
end)

local ok = suite.run("providers: dotenv", tests)
site.remove()
return ok
