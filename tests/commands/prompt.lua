-- moonstep lua at a terminal, as a user sees it: keys go in, the screen comes out. Needs tmux.
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

if not os.execute "command -v tmux >/dev/null" then
  print "unit: prompt: tmux is not installed, so no terminal was tried"
  return true
end

local tool = io.popen("realpath " .. shell.quote(shell.moonstep)):read "l"
local folder = io.popen("mktemp -d"):read "l"
local servers = 0
os.execute(("%s init %s/site >/dev/null"):format(shell.quote(tool), folder))

local function tmux(line)
  local out, err, status = shell.run(("env -u TMUX LC_ALL=C.UTF-8 tmux -S %s/tmux%d -f /dev/null %s"):format(folder, servers, line))
  return status == 0 and out or error(err, 2)
end

-- What the screen shows, without blanks at the ends of lines and empty lines at its end; a line that goes on in the next is one.
local function screen() return (tmux "capture-pane -pJ":gsub(" +\n", "\n"):gsub("%s*$", "")) end

-- Waits until the screen shows the text; 10 s are for machines that are busy.
local function await(text)
  local last
  for _ = 1, 200 do
    last = screen()
    if last:find(text, 1, true) then return last end
    os.execute "sleep 0.05"
  end
  error(("the screen never showed %q:\n%s"):format(text, last), 2)
end

-- Types keys as tmux names them, and text.
local function keys(...)
  for _, key in ipairs { ... } do tmux("send-keys " .. shell.quote(key)) end
end

local function typed(text) tmux("send-keys -l " .. shell.quote(text)) end

-- Starts a shell in the site with a small screen. What is typed there does not scroll away.
local function start(width)
  pcall(tmux, "kill-server")
  servers = servers + 1
  tmux(("new-session -d -x %d -y 24 'cd %s/site && exec env PS1=%s sh'"):format(width or 80, folder, "ready..."))
  await "ready..."
end

local OPEN = " lua -f . --task dump-and-upload --set DATABASE=orders"

local function open(width)
  start(width)
  typed("clear; " .. tool .. OPEN)
  keys "Enter"
  await "ctrl-d ends.\n>"
end

local function terminal() return tmux "list-panes -F '#{pane_tty}'":gsub("\n", "") end

local function is_cooked() return (shell.run("stty -a <" .. terminal())):find " icanon" ~= nil end

local function await_cooked()
  for _ = 1, 200 do
    if is_cooked() then return end
    os.execute "sleep 0.05"
  end
  error("the terminal was left raw", 2)
end

local function process() return (shell.run(("ps -t %s -o pid=,args= | grep '[m]oonstep lua' | awk '{print $1}'"):format(terminal()))) end

local tests = {
  { "results, and an error that ends nothing", function()
    open()
    await "ctx is Task dump-and-upload."
    typed "1 + 1"
    keys "Enter"
    await "> 1 + 1\n2\n>"
    typed "nope"
    keys "Enter"
    await "error: nothing is called nope here\n>"
    typed 'ctx:variable "DB_HOST"'
    keys "Enter"
    await "pg-1.example.com\n>"
  end },
  { "moving and removing, with characters of several bytes and of two columns", function()
    open()
    typed '"añ日x"'
    keys("Left", "Left", "BSpace", "Left", "Delete", "C-a", "Right")
    typed "é"
    keys("C-e", "Enter")
    await '> "éax"\n"éax"\n>'
    typed "1 + 22 + 3"
    keys("Left", "Left", "Left", "Left", "C-k", "C-a", "C-f", "C-u", "Home")
    typed "5"
    keys("End", "C-w")
    typed "4"
    keys "Enter"
    await "> 5 + 4\n9\n>"
  end },
  { "earlier lines", function()
    open()
    for _, line in ipairs { "11", "22" } do
      typed(line)
      keys "Enter"
    end
    await "\n22\n>"
    typed "3"
    keys("Up", "Up", "Up")
    await "22\n> 11"
    keys("Down", "Down")
    await "22\n> 3"
    typed "3"
    keys "Enter"
    await "> 33\n33\n>"
  end },
  { "tab completes names, and shows what they may be", function()
    open()
    typed "k8s.vali"
    keys "Tab"
    await "> k8s.valid_name"
    keys "C-u"
    typed "ctx:cont"
    keys "Tab"
    await "> ctx:containers"
    keys "C-u"
    typed "ctx.in"
    keys "Tab"
    await "index  interim_volumes  invoker\n> ctx.in"
    keys "C-u"
    typed "yaml.nothing"
    keys "Tab"
    typed "x"
    await "> yaml.nothingx"
    keys "C-c"
    await "^C\n>"
  end },
  { "a line longer than the screen is wide", function()
    open(40)
    typed('"' .. ("0123456789"):rep(6) .. '"')
    await '\n> 456789012'
    keys "Home"
    await '> "012345678901234567890123456789012345'
    typed "#"
    keys "Enter"
    await "\n60\n>"
  end },
  { "what is not finished goes on, ctrl-c gives it up", function()
    open()
    typed "for i = 1, 2 do"
    keys "Enter"
    await "..."
    keys "C-c"
    await "\n... ^C\n>"
    typed "function twice(n)"
    keys "Enter"
    typed "return 2 * n end"
    keys "Enter"
    typed "twice(21)"
    keys "Enter"
    await "42\n>"
  end },
  { "ctrl-c stops a line that runs", function()
    open()
    typed "while true do end"
    keys "Enter"
    await "do end"
    os.execute "sleep 0.5"
    keys "C-c"
    await "error: interrupted\n>"
    typed "7 * 6"
    keys "Enter"
    await "42\n>"
  end },
  { "a line has limits", function()
    open()
    typed "while true do end"
    keys "Enter"
    await "error: it took more than " -- on a busy machine the wall clock is first
    await "0 s of "
  end },
  { "ctrl-d ends, and leaves the terminal as it was", function()
    open()
    keys "C-d"
    await "ready..."
    await_cooked()
    typed "echo $?"
    keys "Enter"
    await "echo $?\n0\n"
  end },
  { "the terminal is restored when either process is killed", function()
    for _, signal in ipairs { "KILL", "TERM" } do
      for which = 1, 2 do
        open()
        suite.equal(is_cooked(), false)
        local pids = {}
        for pid in process():gmatch "%d+" do pids[#pids + 1] = math.tointeger(pid) end
        suite.equal(#pids, 2)
        table.sort(pids)
        os.execute(("kill -%s %d"):format(signal, pids[which]))
        await "ready..."
        await_cooked()
      end
    end
  end },
  { "elsewhere than at a prompt, ctrl-c ends the tool", function()
    start()
    typed("clear; " .. tool .. " render -f -")
    keys "Enter"
    os.execute "sleep 0.3"
    keys "C-c"
    await "^C"
    typed "echo $?"
    keys "Enter"
    await "echo $?\n130\n"
  end },
  { "a dumb terminal gets plain lines", function()
    start()
    typed("clear; TERM=dumb " .. tool .. OPEN)
    keys "Enter"
    await "ctrl-d ends.\n>"
    suite.equal(is_cooked(), true)
    typed "1 + 1"
    keys "Enter"
    await "> 1 + 1\n2\n>"
    typed "half a li"
    keys "C-c"
    typed "3"
    keys "Enter"
    await "\n3\n>"
    keys "C-d"
    await "ready..."
  end },
}

local ok = suite.run("prompt", tests)
pcall(tmux, "kill-server")
os.execute("rm -rf " .. shell.quote(folder))
return ok
