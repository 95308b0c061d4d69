-- Asks other programs what X is in the texts of dotenv_rows.lua, and says where that is not what the table has. Usage: moonstep-lua
-- tests/providers/judge_dotenv.lua FOLDER, with NODE_PATH and PYTHONPATH as the packages need them. FOLDER is written to.
local rows = dofile "tests/providers/dotenv_rows.lua"
local shell = dofile "tests/lib/shell.lua"

local file = assert(..., "judge_dotenv.lua FOLDER") .. "/judged.env"

-- Each prints the value behind an "=", or "-" where there is none.
local PROGRAMS = {
  js = [[node -e 'const v = require("dotenv").parse(require("fs").readFileSync(process.argv[1]));
    process.stdout.write("X" in v ? "=" + v.X : "-")' %s]],
  py = [[/usr/bin/python3 -c 'import sys, dotenv; v = dotenv.dotenv_values(sys.argv[1], interpolate=False).get("X");
sys.stdout.buffer.write(b"-" if v is None else ("=" + v).encode())' %s]],
}

local asked, wrong = 0, 0
for _, row in ipairs(rows) do
  for name, line in pairs(PROGRAMS) do
    local want = row[name]
    if want == nil then want = row[2] end
    if want ~= nil then
      asked = asked + 1
      shell.write(file, row[1])
      local out, err = shell.run(line:format(shell.quote(file)))
      if out ~= (want and "=" .. want or "-") then
        wrong = wrong + 1
        print(("not ok %s: %q gives %s, not %s %s"):format(name, row[1], out, want, err:match "[^\n]*\n?$"))
      end
    end
  end
end
print(("judge: dotenv: %d answers, %d differ"):format(asked, wrong))
return wrong == 0 and asked > 0
