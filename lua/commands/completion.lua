-- moonstep completion SHELL
--
-- What can be completed stands in the commands' own descriptions: an option with choices or keys has those, one whose value is FILE has
-- files; a command's `operands` are "file", "folder" or a list of words.
local help = require "commands.help"
local host = require "engine.host"

local completion = {
  summary = "print a completion script for a shell",
  usage = "moonstep completion bash|zsh|fish",
  text = [[
Prints what makes a shell complete commands, options and their values:

  bash   source <(moonstep completion bash)          in ~/.bashrc
  zsh    moonstep completion zsh > _moonstep         in a folder of $fpath
  fish   moonstep completion fish | source           in ~/.config/fish/config.fish
]],
  operands = { "bash", "zsh", "fish" },
  options = { { long = "help", short = "h", kind = "flag", help = "this text" } },
}

-- What completes an option's value: "file", a list of words, or nil where nobody knows. Words may end in =, and more follows.
local function completes(option)
  if option.kind == "choice" then return option.choices end
  if option.value == "FILE" then return "file" end
  if not option.keys then return nil end
  local words = {}
  for i, key in ipairs(option.keys) do words[i] = key .. "=" end
  return words
end

-- A writer of lines: add(format, ...) adds one, text() gives all.
local function writer()
  local out = {}
  local function add(...) out[#out + 1] = (...):format(select(2, ...)) .. "\n" end
  return add, function() return table.concat(out) end
end

local function in_single_quotes(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- --- bash

local BASH_HEAD = [=[
# bash completion for moonstep. Made by `moonstep completion bash`.
_moonstep_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_moonstep_keys() { _moonstep_words "$1"; compopt -o nospace 2>/dev/null; }
_moonstep_files() { mapfile -t COMPREPLY < <(compgen "$1" -- "$cur"); compopt -o filenames 2>/dev/null; }

_moonstep() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  if [[ $COMP_CWORD -gt 1 && ( $cur == = || $prev == = ) ]]; then # --option=value stands in three words, and so does NAME=VALUE
    if [[ $cur == = ]]; then cur=; else prev=${COMP_WORDS[COMP_CWORD - 2]}; fi
    [[ $prev == --* ]] || return 0
  fi
  case $COMP_CWORD:${COMP_WORDS[1]}:$prev in]=]

local function bash_action(what)
  if what == "file" then return "_moonstep_files -f" end
  if what == "folder" then return "_moonstep_files -d" end
  if not what then return "" end
  local words = table.concat(what, " ")
  return ('%s "%s"'):format(words:find "=$" and "_moonstep_keys" or "_moonstep_words", words)
end

local function bash_command(add, name, command)
  local names = {}
  for _, option in ipairs(command.options) do
    names[#names + 1] = "--" .. option.long
    if option.kind ~= "flag" then
      local pattern = ("*:%s:--%s"):format(name, option.long)
      if option.short then pattern = pattern .. (" | *:%s:-%s"):format(name, option.short) end
      add("    %s) %s ;;", pattern, bash_action(completes(option)))
    end
  end
  local all = ('_moonstep_words "%s"'):format(table.concat(names, " "))
  if command.operands then all = ("if [[ $cur == -* ]]; then %s; else %s; fi"):format(all, bash_action(command.operands)) end
  add("    *:%s:*) %s ;;", name, all)
end

local scripts = {}

function scripts.bash(commands)
  local add, text = writer()
  local names = {}
  for i, each in ipairs(commands) do names[i] = each.name end
  add("%s", BASH_HEAD)
  add('    1:*) _moonstep_words "%s" ;;', table.concat(names, " "))
  for _, each in ipairs(commands) do bash_command(add, each.name, each.command) end
  add "  esac\n  return 0\n}\ncomplete -F _moonstep moonstep"
  return text()
end

-- --- zsh

local function zsh_text(text) return (text:gsub("[%[%]\\:]", "\\%0")) end

local function zsh_action(what)
  if what == "file" then return "_files" end
  if what == "folder" then return "_files -/" end
  if not what then return " " end
  local words = table.concat(what, " ")
  return words:find "=$" and ("compadd -S \"\" -- %s"):format(words) or ("(%s)"):format(words)
end

local function zsh_option(option)
  local rest = ("[%s]"):format(zsh_text(option.help))
  local flag = option.kind == "flag"
  if not flag then rest = ("%s:%s:%s"):format(rest, option.value or option.long, zsh_action(completes(option))) end
  local long, short = "--" .. option.long .. (flag and "" or "="), option.short and "-" .. option.short .. (flag and "" or "+")
  local repeatable = option.kind == "list" or option.kind == "map"
  if not short then return in_single_quotes((repeatable and "*" or "") .. long .. rest) end
  local both = repeatable and "*" or ("(-%s --%s)"):format(option.short, option.long)
  return ("%s{%s,%s}%s"):format(in_single_quotes(both), short, long, in_single_quotes(rest))
end

function scripts.zsh(commands)
  local add, text = writer()
  add "#compdef moonstep\n# zsh completion for moonstep. Made by `moonstep completion zsh`.\n_moonstep() {"
  add "  local context state state_descr line\n  typeset -A opt_args\n  local -a commands=("
  for _, each in ipairs(commands) do add("    %s", in_single_quotes(each.name .. ":" .. zsh_text(each.command.summary))) end
  add "  )\n  _arguments -C '1: :->command' '*:: :->rest'"
  add "  case $state in\n  command) _describe command commands ;;\n  rest)\n    case $words[1] in"
  for _, each in ipairs(commands) do
    local specs = {}
    for i, option in ipairs(each.command.options) do specs[i] = zsh_option(option) end
    if each.command.operands then specs[#specs + 1] = in_single_quotes("1: :" .. zsh_action(each.command.operands)) end
    if specs[1] then add("    %s)\n      _arguments -s \\\n        %s ;;", each.name, table.concat(specs, " \\\n        ")) end
  end
  add "    esac ;;\n  esac\n}"
  add 'if [[ $funcstack[1] == _moonstep ]]; then _moonstep "$@"; else compdef _moonstep moonstep; fi'
  return text()
end

-- --- fish

local function fish_text(text) return "'" .. text:gsub("[\\']", "\\%0") .. "'" end

local function fish_action(what)
  if what == "folder" then return " -a '(__fish_complete_directories)'" end
  if what == "file" then return " -F" end
  return what and (" -a '%s'"):format(table.concat(what, " ")) or ""
end

function scripts.fish(commands)
  local add, text = writer()
  add "# fish completion for moonstep. Made by `moonstep completion fish`."
  add "function __moonstep_command\n  set -l words (commandline -opc)\n  test \"$words[2]\" = \"$argv[1]\"\nend"
  add "complete -c moonstep -f"
  for _, each in ipairs(commands) do
    add("complete -c moonstep -n '__moonstep_command \"\"' -a %s -d %s", each.name, fish_text(each.command.summary))
    local head = ("complete -c moonstep -n '__moonstep_command %s'"):format(each.name)
    if each.command.operands then add("%s%s", head, fish_action(each.command.operands)) end
    for _, option in ipairs(each.command.options) do
      local short = option.short and " -s " .. option.short or ""
      local what = completes(option)
      local value = option.kind == "flag" and "" or what == "file" and " -r -F" or " -x" .. fish_action(what)
      add("%s%s -l %s%s -d %s", head, short, option.long, value, fish_text(option.help))
    end
  end
  return text()
end

function completion.run(_, operands, wrong)
  local shell = operands[1]
  if not shell or operands[2] or not scripts[shell] then return wrong "completion takes one of bash, zsh, fish" end
  host.output(scripts[shell](help.all()))
  return 0
end

return completion
