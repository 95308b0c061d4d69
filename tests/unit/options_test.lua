local suite = dofile "tests/lib/suite.lua"
local options = require "base.options"

local DESCRIBED = {
  { long = "file", short = "f", value = "PATH", kind = "list", help = "where to read" },
  { long = "recursive", short = "R", kind = "flag", help = "folders within folders too" },
  { long = "quiet", short = "q", kind = "flag", help = "say less" },
  { long = "output", short = "o", kind = "choice", choices = { "yaml", "json" }, default = "yaml", help = "the format" },
  { long = "set", value = "NAME=VALUE", kind = "map", help = "a value" },
  { long = "target", short = "t", value = "NAME", kind = "text", help = "one only" },
}

local function parsed(more)
  local all = { file = {}, set = {}, output = "yaml" }
  for k, v in pairs(more) do all[k] = v end
  return all
end

-- { arguments, what is parsed beside the defaults, operands }
local GOOD = {
  { {}, {} },
  { { "-f", "a" }, { file = { "a" } } },
  { { "-fa" }, { file = { "a" } } },
  { { "-f=a" }, { file = { "a" } } },
  { { "--file", "a" }, { file = { "a" } } },
  { { "--file=a" }, { file = { "a" } } },
  { { "--file=a=b" }, { file = { "a=b" } } },
  { { "--file=" }, { file = { "" } } },
  { { "-f", "a", "-f", "b", "--file=c" }, { file = { "a", "b", "c" } } },
  { { "-f", "-" }, { file = { "-" } } },
  { { "-f-" }, { file = { "-" } } },
  { { "-f", "-R" }, { file = { "-R" } } }, -- what stands where a value is due is one
  { { "-R" }, { recursive = true } },
  { { "-Rq" }, { recursive = true, quiet = true } },
  { { "-Rqf", "a" }, { recursive = true, quiet = true, file = { "a" } } },
  { { "-Rfa" }, { recursive = true, file = { "a" } } },
  { { "--recursive", "--quiet" }, { recursive = true, quiet = true } },
  { { "-o", "json" }, { output = "json" } },
  { { "-ojson", "--output=yaml" }, {} }, -- the last counts
  { { "--set", "a=1", "--set=b=x=y", "--set", "a=2" }, { set = { a = "2", b = "x=y" } } },
  { { "--set", "a=" }, { set = { a = "" } } },
  { { "--set", "a=1\n2" }, { set = { a = "1\n2" } } },
  { { "-t", "x", "-t", "y" }, { target = "y" } },
  { { "a", "-R", "b", "-" }, { recursive = true }, { "a", "b", "-" } },
  { { "a", "--", "-R", "--file", "--" }, {}, { "a", "-R", "--file", "--" } },
  { { "--" }, {} },
}

-- { arguments, message }
local BAD = {
  { { "-x" }, "unknown option -x" },
  { { "-Rx" }, "unknown option -x" },
  { { "--recursiv" }, "unknown option --recursiv; did you mean --recursive?" },
  { { "--flie=x" }, "unknown option --flie; did you mean --file?" },
  { { "--nothing-like-it" }, "unknown option --nothing-like-it" },
  { { "-f" }, "-f needs a value: PATH" },
  { { "--file" }, "--file needs a value: PATH" },
  { { "--recursive=yes" }, "--recursive takes no value" },
  { { "-o", "xml" }, "--output takes one of yaml, json, not \"xml\"" },
  { { "--output=" }, "--output takes one of yaml, json, not \"\"" },
  { { "--set", "a" }, "--set takes NAME=VALUE, not \"a\"" },
  { { "--set", "=a" }, "--set takes NAME=VALUE, not \"=a\"" },
}

local tests = {}
for _, row in ipairs(GOOD) do
  local line = table.concat(row[1], " ")
  tests[#tests + 1] = { line, function()
    local got, operands = options.parse(DESCRIBED, table.move(row[1], 1, #row[1], 1, {}))
    suite.equal(got, parsed(row[2]))
    suite.equal(operands, row[3] or {})
  end }
end
for _, row in ipairs(BAD) do
  local line = table.concat(row[1], " ")
  tests[#tests + 1] = { line, function()
    local got, why = options.parse(DESCRIBED, table.move(row[1], 1, #row[1], 1, {}))
    suite.equal(got, nil)
    suite.equal(why, row[2])
  end }
end

tests[#tests + 1] = { "every option needs its value, whichever kind it is", function()
  for _, option in ipairs(DESCRIBED) do
    if option.kind ~= "flag" then
      local ok, got, why = pcall(options.parse, DESCRIBED, { "--" .. option.long })
      suite.equal(ok, true, option.long .. ": " .. tostring(got))
      suite.equal(got, nil)
      suite.equal(why:match "^%-%-%a+ needs a value", "--" .. option.long .. " needs a value")
    end
  end
end }

tests[#tests + 1] = { "help", function()
  local lines = {}
  for line in options.help(DESCRIBED):gmatch "[^\n]+" do lines[#lines + 1] = line end
  suite.equal(#lines, #DESCRIBED)
  suite.equal(lines[1], "  -f, --file PATH                 where to read")
  suite.equal(lines[4], "  -o, --output yaml|json          the format")
  suite.equal(lines[5], "      --set NAME=VALUE            a value")
end }

return suite.run("options", tests)
