-- Completion scripts, asked as their shells ask them. A shell that is not installed is passed over.
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local tool = io.popen("realpath " .. shell.quote(shell.moonstep)):read "l"
local folder = io.popen("mktemp -d"):read "l"
for _, name in ipairs { "bash", "zsh", "fish" } do
  shell.write(folder .. "/" .. name, (shell.run(("%s completion %s"):format(shell.quote(tool), name))))
end
os.execute(("mkdir %s/work && cd %s/work && mkdir 'a folder' && touch 'a file.yaml' other.yaml"):format(folder, folder))

local function installed(name)
  local there = os.execute(("command -v %s >/dev/null"):format(name))
  if not there then print(("unit: completion: %s is not installed and passed over"):format(name)) end
  return there
end

-- What bash's function gives for words as readline cuts them, the last of which is completed: one candidate a line.
local function bash(...)
  local words = { "moonstep", ... }
  for i, word in ipairs(words) do words[i] = shell.quote(word) end
  local line = ("cd %s/work && . ../bash && COMP_WORDS=(%s) COMP_CWORD=%d && _moonstep && printf '%%s\\n' \"${COMPREPLY[@]}\"")
    :format(folder, table.concat(words, " "), #words - 1)
  local out, err, status = shell.run("bash -c " .. shell.quote(line))
  suite.equal({ err, status }, { "", 0 })
  return out
end

-- What fish offers for a command line, without descriptions.
local function fish(line)
  local code = ("cd %s/work; source ../fish; complete -C %s"):format(folder, shell.quote(line))
  local out, err = shell.run("HOME=" .. folder .. " fish --no-config -c " .. shell.quote(code))
  suite.equal(err, "")
  return (out:gsub("\t[^\n]*", ""))
end

local tests = {}
local function add(name, f) tests[#tests + 1] = { name, f } end

if installed "bash" then
  add("bash: commands", function()
    suite.equal(bash "re", "render\n")
    suite.equal(bash "":find "^init\nrender\nbatch%-job\ncheck\n", 1)
  end)
  add("bash: options are those of the command", function()
    suite.equal(bash("render", "--k"), "--keep-going\n--kind\n--kubeconfig\n")
    suite.equal(bash("check", "--ta"), "--targets\n--task\n")
    suite.equal(bash("version", ""), "--verbose\n--help\n")
  end)
  add("bash: choices, also behind =", function()
    suite.equal(bash("render", "-o", ""), "yaml\njson\nndjson\nname\n")
    suite.equal(bash("render", "--output", "=", "n"), "ndjson\nname\n")
    suite.equal(bash("render", "--output", "="), "yaml\njson\nndjson\nname\n")
    suite.equal(bash("render", "--option", "reg"), "registry=\n")
  end)
  add("bash: files where files are taken, with their blanks", function()
    suite.equal(bash("render", "-f", "a fi"), "a file.yaml\n")
    suite.equal(bash("render", "--script", "o"), "other.yaml\n")
    suite.equal(bash("init", ""), "a folder\n")
    suite.equal(bash("test", "o"), "other.yaml\n")
  end)
  add("bash: operands", function()
    suite.equal(bash("completion", ""), "bash\nzsh\nfish\n")
    suite.equal(bash("help", "ma"), "man\n")
  end)
  add("bash: nothing where nobody knows", function()
    suite.equal(bash("render", "--task", ""), "\n")
    suite.equal(bash("render", "--set", "A", "=", "o"), "\n")
    suite.equal(bash("nothing", ""), "\n")
  end)
end

if installed "zsh" then
  add("zsh: the syntax", function() suite.equal({ shell.run(("zsh -n %s/zsh"):format(folder)) }, { "", "", 0 }) end)
end

if installed "fish" then
  add("fish: commands, options, choices, files, operands", function()
    suite.equal(fish "moonstep rend", "render\n")
    suite.equal(fish "moonstep render --kee", "--keep-going\n")
    suite.equal(fish "moonstep render -o ", "json\nname\nndjson\nyaml\n")
    suite.equal(fish "moonstep render -f oth", "other.yaml\n")
    suite.equal(fish "moonstep render --task ", "")
    suite.equal(fish "moonstep init ", "a folder/\n")
    suite.equal(fish "moonstep test oth", "other.yaml\n")
    suite.equal(fish "moonstep completion ", "bash\nfish\nzsh\n")
  end)
end

add("every option of every command is in every script", function()
  local page = shell.run(shell.quote(tool) .. " help render") .. shell.run(shell.quote(tool) .. " help explain")
  for _, name in ipairs { "bash", "zsh", "fish" } do
    local text = shell.read(folder .. "/" .. name)
    for option in page:gmatch "\n  ....%-%-([%w-]+)" do suite.equal(text:find(option, 1, true) ~= nil, true, name .. ": --" .. option) end
  end
end)

local ok = suite.run("completion", tests)
os.execute("rm -rf " .. shell.quote(folder))
return ok
