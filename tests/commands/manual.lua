-- The manual page: what roff says about it, and that it has what the help has.
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local path = os.tmpname()
local page = shell.run(shell.quote(shell.moonstep) .. " help man")
shell.write(path, page)

local function installed(name) return os.execute(("command -v %s >/dev/null"):format(name)) end

local tests = {
  { "its sections", function()
    local sections = {}
    for name in page:gmatch "\n%.SH ([^\n]*)" do sections[#sections + 1] = name end
    suite.equal(sections, { "NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "FILES" })
  end },
  { "only requests that are known, and nothing beyond ASCII", function()
    suite.equal(page:find "[^\n\32-\126]", nil)
    for request in ("\n" .. page):gmatch "\n([.'][^%s]*)" do
      suite.equal((".TH .SH .SS .PP .TP .nf .fi .\\\" "):find(request .. " ", 1, true) ~= nil, true, request)
    end
  end },
  { "every option of render", function()
    local help = shell.run(shell.quote(shell.moonstep) .. " help render")
    for option in help:gmatch "\n  ....(%-%-[%w-]+)" do
      suite.equal(page:find("\\fB" .. option:gsub("%-", "\\-"), 1, true) ~= nil, true, option)
    end
  end },
}

if installed "groff" then
  tests[#tests + 1] = { "groff has nothing to say", function()
    local out, err, status = shell.run("groff -man -Tutf8 -ww -P-cbou " .. path)
    suite.equal({ err, status }, { "", 0 })
    suite.equal(out:find("\n       --keep-going\n", 1, true) ~= nil, true)
  end }
else print "unit: manual: groff is not installed and passed over" end

if installed "man" then
  tests[#tests + 1] = { "man shows it", function()
    local out, err, status = shell.run("MANPAGER=cat LC_ALL=C.UTF-8 man --warnings -l " .. path)
    suite.equal({ err, status }, { "", 0 })
    suite.equal(out:find("turn Functions and Tasks into Kubernetes Jobs", 1, true) ~= nil, true)
  end }
else print "unit: manual: man is not installed and passed over" end

local ok = suite.run("manual", tests)
os.remove(path)
return ok
