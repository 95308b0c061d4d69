-- base.diff: unified diffs, also as patch(1) takes them.
local diff = require "base.diff"
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local seed = 7
local function random(most)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return (seed >> 8) % most + 1
end

local function text_of(lines) return #lines > 0 and table.concat(lines, "\n") .. "\n" or "" end

-- Texts of few different lines, so that there are many ways.
local function random_text()
  local lines = {}
  for i = 1, random(12) - 1 do lines[i] = ("abc"):sub(random(3)):sub(1, 1) end
  return text_of(lines)
end

local tests = {
  { "nothing differs", function() suite.equal(diff.unified("a\nb\n", "a\nb\n", "x", "y"), "") end },
  { "one line", function()
    suite.equal(diff.unified("a\nb\nc\n", "a\nB\nc\n", "x", "y"), "--- x\n+++ y\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n")
  end },
  { "two places", function()
    suite.equal(diff.unified("1\n2\n3\n4\n5\n6\n", "0\n1\n2\n3\n4\n5\n", "x", "y", 1),
      "--- x\n+++ y\n@@ -1,1 +1,2 @@\n+0\n 1\n@@ -5,2 +6,1 @@\n 5\n-6\n")
  end },
  { "a last line without its end", function()
    suite.equal(diff.unified("a\nb\n", "a\nb", "x", "y"), "--- x\n+++ y\n@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n")
  end },
  { "the shortest way is taken", function()
    local out = diff.unified("a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", "x", "y", 0)
    local count = select(2, out:gsub("\n[-+][^-+]", ""))
    suite.equal(count, 5)
  end },
  { "texts with nothing in common", function()
    local a, b = {}, {}
    for i = 1, 3000 do a[i], b[i] = "a" .. i, "b" .. i end
    local out = diff.unified(text_of(a), text_of(b), "x", "y")
    suite.equal(select(2, out:gsub("\n[-+]", "")), 6001)
  end },
  { "patch makes one of the other", function()
    local folder = io.popen("mktemp -d"):read "l"
    for _ = 1, 60 do
      local a, b = random_text(), random_text()
      local out = diff.unified(a, b, "f", "f", random(3) - 1)
      shell.write(folder .. "/f", a)
      shell.write(folder .. "/p", out)
      if out == "" then suite.equal(a, b)
      else
        os.execute(("cd %s && patch -s -u f p 2>&1"):format(folder))
        suite.equal(shell.exists(folder .. "/f") and shell.read(folder .. "/f") or "", b, a .. "->" .. out)
      end
    end
    os.execute("rm -r " .. folder)
  end },
}
if shell.run "command -v patch" == "" then table.remove(tests) end

return suite.run("diff", tests)
