-- What the rules say of shell texts.

local function pod(shell, text)
  text = text:gsub("[^\n]+", "      %0")
  return ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    image: a\n    command: %s\n    args:\n" ..
    "    - |-\n%s\n"):format(shell, text)
end

-- In these texts, `found` is the rules that find something, with words of their messages.
local function check(shell, text, found)
  local expect = {}
  for i, each in ipairs(found) do
    local rule, words = each:match "^(%S+):? ?(.*)$"
    rule = rule:gsub(":$", "")
    expect[i] = ("shell/%s @ spec.containers[0].args[0]%s"):format(rule, words ~= "" and ": " .. words or "")
  end
  test(shell .. " " .. text:gsub("\n", "; ")) { input = pod(shell, text), expect = expect }
end
local function sh(text, ...) check("[sh, -c]", text, { ... }) end
local function bash(text, ...) check("[bash, -c]", text, { ... }) end
local function strict(text, ...) check("[bash, -eo, pipefail, -c]", text, { ... }) end

-- syntax
sh('echo "a', "syntax: double quote is never closed")
sh("if a; then b", "syntax: if has no fi")
sh("set -e\na\nfor i in b; do\n c", "syntax: for has no done")
sh("a; }", "syntax: } is not expected here")
sh("a ${b", "syntax: ${ is never closed")
sh("a | | b", "syntax: | is not expected here")
sh("case a in b) c", "syntax: case has no esac")
bash("f() echo", "syntax: bash does not read this")
sh "f() echo"
check("[zsh, -c]", "for i (a b) echo $i", {})
sh "a"

-- bashism
sh("x=(a b)", "bashism: arrays")
sh("diff <(a) b", "bashism: process substitution")
sh("[[ -f a ]]", "bashism: [[")
sh("echo \"${x//a/b}\"", "bashism: ${x/")
sh("cat <<< a", "bashism: <<<")
bash "[[ -f a ]] && diff <(a) b <<< \"${x//a/b}\""

-- unquoted
sh("rm $x", "unquoted: $x is not quoted")
sh("rm $x ${y%.*} `z`", "unquoted: $x", "unquoted: ${y", "unquoted: `z`")
sh("rm $x $x", "unquoted: $x is not quoted")
sh("set -e\nrm \"$y\"\nrm $x", "unquoted: line 3: $x")
sh 'rm "$x" && y=$x'
sh "a > $x"
bash("a > $x", "unquoted: $x")

-- no-errexit
sh("pg_dump -f /a db\nls /a", "no-errexit: line 1: the text goes on when pg_dump fails")
sh("a; b", "no-errexit: when a fails")
sh("x=$(a)\nb", "no-errexit")
sh("{ a; b; }", "no-errexit")
sh("if a; then b; fi; c", "no-errexit")
sh("a && b; c", "no-errexit")
sh("$x a; b", "no-errexit: when a command fails")
sh("set -e\nset +e\na\nb", "no-errexit: line 3")
sh "set -e\na\nb"
sh "set -eu\na\nb"
sh "set -o errexit; a; b"
sh "a && b && c"
sh "a || exit 1; b"
sh "echo a; cd_=1; b"
sh "[ -f a ] && echo; b"
sh "a; if [ $? -ne 0 ]; then exit 1; fi"
sh "a & b; "
sh "! a; b"
sh "f() { a; }; f"
check("[sh, -ec]", "a; b", {})
check("[sh, -e, -c]", "a; b", {})
check("[sh, -c, -e]", "a; b", {})
check("[sh, -o, errexit, -c]", "a; b", {})
check("[sh, -e, +e, -c]", "a; b", { "no-errexit" })

-- no-pipefail
sh("pg_dump db | gzip > /a.gz", "no-pipefail: failure of pg_dump is lost: the pipeline's status is that of gzip")
bash("pg_dump db | gzip > /a.gz", "no-pipefail")
bash "set -o pipefail; pg_dump db | gzip > /a.gz"
bash "set -euo pipefail\npg_dump db | gzip > /a.gz"
bash("set -o pipefail; set +o pipefail; pg_dump db | gzip", "no-pipefail")
strict "pg_dump db | gzip > /a.gz"
bash "echo a | gzip > /a.gz"
bash "ls | wc -l"
bash "if pg_dump db | gzip; then a; fi"
bash "pg_dump db | grep -q x"
bash "! pg_dump db | gzip"
bash("x=$(psql -c a | tr -d b)", "no-pipefail: psql")

-- curl-pipe-shell
strict("curl -fsSL https://get.example | sh", "curl-pipe-shell: what curl fetches is run by sh")
strict("wget -qO- https://get.example | sudo -E bash -s -- -y", "curl-pipe-shell: wget")
strict("curl https://get.example | tee a | bash -x", "curl-pipe-shell")
strict("curl https://get.example | python3 -", "curl-pipe-shell: python3")
strict('bash -c "$(curl https://get.example)"', "curl-pipe-shell: a download")
strict("bash <(curl https://get.example)", "curl-pipe-shell")
strict('eval "$(curl https://get.example)"', "curl-pipe-shell")
strict(". <(wget -O- https://get.example)", "curl-pipe-shell")
strict "curl https://get.example | gunzip > a"
strict "curl https://get.example | bash check.sh"
strict "curl https://get.example | python3 -c 'import json'"
strict "echo a | sh"
strict 'x="$(curl https://get.example)"'

-- secret-in-text
strict("PGPASSWORD=hunter2 psql", "secret-in-text: the value of PGPASSWORD")
strict("export API_TOKEN=hunter2", "secret-in-text: API_TOKEN")
strict("a --password=hunter2", "secret-in-text: --password")
strict("a --token hunter2", "secret-in-text: --token")
strict("mysqldump -u root -phunter2 db", "secret-in-text: behind -p")
strict("sshpass -p hunter2 ssh a", "secret-in-text: behind -p")
strict("curl -u user:hunter2 https://a", "secret-in-text: behind -u")
strict("curl -H 'Authorization: Bearer hunter2' https://a", "secret-in-text: Authorization")
strict("psql postgres://u:hunter2@db/a", "secret-in-text: a URL with a password")
strict 'PGPASSWORD="$P" psql --password="$P" && mysqldump -p"$P" && curl -u "u:$P" -H "Authorization: Bearer $P" "https://u:$P@a"'
strict "PGPASSWORD=$(cat /run/secret) psql --password-file=/run/secret"
strict "mkdir -p a && PASSWORD_FILE=/a b"
