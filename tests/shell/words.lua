-- What the parser of the pack `shell` makes of words, commands and lists, and which expansions are split.
local suite = dofile "tests/lib/suite.lua"
local include = dofile "tests/shell/include.lua"
local parse, unquoted, written = include "grammar.lua", include "unquoted.lua", include "written.lua"

local show_list

-- A word: its value, or its source in angle brackets.
local function show_word(word) return word.value and ("%q"):format(word.value):gsub("\\\n", "\\n") or "<" .. word.source .. ">" end

local function show_command(command)
  local parts = { command.kind }
  for _, assign in ipairs(command.assigns or {}) do
    parts[#parts + 1] = assign.name .. "=" .. (assign.word and show_word(assign.word) or "()")
  end
  if command.name then parts[#parts + 1] = command.name end
  if command.word then parts[#parts + 1] = show_word(command.word) end
  for _, word in ipairs(command.words or {}) do parts[#parts + 1] = show_word(word) end
  for _, list in ipairs(command.lists or {}) do parts[#parts + 1] = "[" .. show_list(list) .. "]" end
  if command.body then parts[#parts + 1] = show_command(command.body) end
  for _, redirect in ipairs(command.redirects) do
    parts[#parts + 1] = redirect.op .. (redirect.word and show_word(redirect.word) or "here")
  end
  return "(" .. table.concat(parts, " ") .. ")"
end

function show_list(list)
  local statements = {}
  for _, statement in ipairs(list) do
    local text = ""
    for i, pipeline in ipairs(statement.pipelines) do
      local commands = {}
      for _, command in ipairs(pipeline.commands) do commands[#commands + 1] = show_command(command) end
      text = text .. (pipeline.negated and "! " or "") .. table.concat(commands, " | ") ..
        (statement.ops[i] and " " .. statement.ops[i] .. " " or "")
    end
    statements[#statements + 1] = text .. (statement.background and " &" or "")
  end
  return table.concat(statements, "; ")
end

-- text -> what is read
local STRUCTURE = {
  { "a", '(simple "a")' },
  { "a 'b c' \"d\" e\\ f", '(simple "a" "b c" "d" "e f")' },
  { "a\\\nb c", '(simple "ab" "c")' },
  { 'a "b\\$c\\d"', '(simple "a" "b$c\\\\d")' },
  { "a 'b'\\''c'", '(simple "a" "b\'c")' },
  { "x=1 y=$z a", '(simple x="1" y=<$z> "a")' },
  { "x=", '(simple x="")' },
  { "a x=1", '(simple "a" "x=1")' },
  { "export x=$y z", '(simple x=<$y> "export" "z")' },
  { "x=(a b)", "(simple x=())" },
  { "a # b", '(simple "a")' },
  { "a#b", '(simple "a#b")' },
  { "a; b\nc", '(simple "a"); (simple "b"); (simple "c")' },
  { "a & b", '(simple "a") &; (simple "b")' },
  { "a && b || c", '(simple "a") && (simple "b") || (simple "c")' },
  { "! a | b", '! (simple "a") | (simple "b")' },
  { "a >b 2>&1 <c", '(simple "a" >"b" >&"1" <"c")' },
  { "a 2", '(simple "a" "2")' },
  { "a <<E b\n$c\nE\nd", '(simple "a" "b" <<here); (simple "d")' },
  { "a <<<b", '(simple "a" <<<"b")' },
  { "{ a; }", '(group [(simple "a")])' },
  { "(a) >b", '(subshell [(simple "a")] >"b")' },
  { "if a; then b; elif c; then d; else e; fi",
    '(if [(simple "a")] [(simple "b")] [(simple "c")] [(simple "d")] [(simple "e")])' },
  { "while a; do b; done", '(while [(simple "a")] [(simple "b")])' },
  { "for i in a $b; do c; done", '(for i "a" <$b> [(simple "c")])' },
  { "case $a in b|c) d;; *) esac", '(case <$a> [(simple "d")] [])' },
  { "f() { a; }", '(function f (group [(simple "a")]))' },
  { "function f { a; }", '(function f (group [(simple "a")]))' },
  { "[[ a && b ]]", "(condition)" },
  { "(( a + b ))", "(arithmetic)" },
  { "a $(b 'c)' \"d)\")", "(simple \"a\" <$(b 'c)' \"d)\")>)" },
  { "a $((1 + (2)))", '(simple "a" <$((1 + (2)))>)' },
  { "a ${b:-${c}}", '(simple "a" <${b:-${c}}>)' },
  { "a `b \\`c\\``", '(simple "a" <`b \\`c\\``>)' },
  { "echo if then", '(simple "echo" "if" "then")' },
  { "'if' a", '(simple "if" "a")' },
}

-- text -> the expansions that are split, outer ones first
local SPLIT = {
  { "a $x ${y} $(b) `c`", "$x ${y} $(b) `c`" },
  { 'a "$x" "${y}" "$(b)" "`c`"', "" },
  { "a '$x' \\$x", "" },
  { 'a "b"$x"c"', "$x" },
  { 'a b$x/"$y"', "$x" },
  { "x=$y z=$(a)", "" },
  { "export x=$y", "" },
  { "x=$y a $x", "$x" },
  { "x=1 && a $x", "" },
  { "x=a.b; x=$y; a $x", "$x" },
  { "x='a b'; c $x", "$x" },
  { "x=$((1 + 2)); y=$?; a $x $y", "" },
  { "x=a; read x; b $x", "$x" },
  { "a $# $? $$ $! $- ${#x} $((x))", "" },
  { "a $@ $* $1", "$@ $* $1" },
  { 'a "$@"', "" },
  { "$x a", "" },
  { "$(x) a", "$(x)" },
  { "for i in $x $(y); do a; done", "" },
  { "for i in $@; do a; done", "$@" },
  { "for i in a b; do c $i; done", "" },
  { "for i in *.sql; do c $i; done", "$i" },
  { 'for i in $(a $b "$c"); do d; done', "$b" },
  { "case $x in $y) a $z;; esac", "$z" },
  { "[[ $x == $y ]]", "" },
  { "[ $x = y ]", "$x" },
  { "a <<E\n$x $(b $y)\nE", "$y" },
  { "a <<'E'\n$x $(b $y)\nE", "" },
  { "a > $x", "" },
  { "a > $x", "$x", bash = true },
  { "a=($x)", "$x", bash = true },
  { 'a "$(b $x)"', "$x" },
  { "a $(b \"$x\")", '$(b "$x")' },
  { 'a ${x:+"$y"} ${x:+-b}', "" },
  { "a ${x:+$y}", "$y" },
  { 'a ${x:-"$y"}', '${x:-"$y"}' },
  { "a ${x%/*}", "${x%/*}" },
  { "a `b $x`", "`b $x` $x" },
  { "a $(DATABASE_HOST)", "" },
  { "if a $x; then b $y; else c $z; fi", "$x $y $z" },
  { "f() { a $x; }; (b $y) | { c $z; }", "$x $y $z" },
  { "diff <(a $x)", "$x", bash = true },
  { "a # $x", "" },
}

-- A Function's text -> the shell's, with @ for the placeholder, and what is put in
local WRITTEN = {
  { "a ${b} c", "a @ c", "${b}" },
  { "a $${b} $$c", "a ${b} $c", "" },
  { "a $b $(c)", "a $b $(c)", "" },
  { "${a:=${b}}-${c}", "@-@", "${a:=${b}} ${c}" },
  { "$$${a}", "$@", "${a}" },
  { "${a", "${a", "" },
}

-- Where a variable stands -> its context
local CONTEXTS = {
  { "a @", "plain" }, { 'a "b@"', "double" }, { "a '@'", "single" }, { "a <<E\n@\nE", "double" }, { "a <<'E'\n@\nE", "single" },
  { "a ${b:-@}", "plain" }, { "x=@", "plain" }, { "a `b @`", "command" }, { 'a "$(b @)"', "plain" }, { "a $((@))", "arithmetic" },
}

local tests = {}

local function add(name, f) tests[#tests + 1] = { name, f } end

for _, case in ipairs(STRUCTURE) do
  add(case[1], function() suite.equal(show_list(assert(parse(case[1])).list), case[2]) end)
end
for _, case in ipairs(SPLIT) do
  add("split: " .. case[1], function()
    local sources = {}
    for i, expansion in ipairs(unquoted(assert(parse(case[1])).list, case.bash)) do sources[i] = expansion.source end
    suite.equal(table.concat(sources, " "), case[2])
  end)
end
for _, case in ipairs(WRITTEN) do
  add("written: " .. case[1], function()
    local text, refs = written.read(case[1])
    suite.equal(text:gsub("\1", "@"), case[2])
    local sources = {}
    for i, ref in ipairs(refs) do
      sources[i] = ref.source
      suite.equal(text:sub(ref.at, ref.at), "\1")
      suite.equal(case[1]:sub(ref.first, ref.last), ref.source)
    end
    suite.equal(table.concat(sources, " "), case[3])
  end)
end
add("variables are replaced, and nothing else", function()
  local text = 'a ${b:=${c}} $$ "$${d}" ${e}'
  local _, refs = written.read(text)
  suite.equal(written.replaced(text, refs, { '"$${B}"', "E" }), 'a "$${B}" $$ "$${d}" E')
end)
for _, case in ipairs(CONTEXTS) do
  add("context: " .. case[1], function()
    local text = case[1]:gsub("@", "\1")
    suite.equal(assert(parse(text)).marks[text:find("\1", 1, true)], case[2])
  end)
end
add("what is nested too deep is not judged", function()
  local parsed, why = parse(("$("):rep(100))
  suite.equal(parsed, nil)
  suite.equal(why, nil)
end)

add("parentheses that may be arithmetic are tried once", function()
  suite.equal(#assert(parse(("(("):rep(28) .. "a" .. ("); c)"):rep(28))).list, 1)
  suite.equal(#assert(parse(("$(("):rep(12) .. "a" .. ("); c)"):rep(12))).list, 1)
end)

return suite.run("shell words", tests)
