-- The provider `git`, on repositories that git makes, held against what git says of them; and on what no git would make.
local site = dofile "tests/providers/site.lua"
local suite = dofile "tests/lib/suite.lua"

local GIT = "GIT_CONFIG_NOSYSTEM=1 HOME=/nonexistent GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b.example GIT_COMMITTER_NAME=a "
  .. "GIT_COMMITTER_EMAIL=a@b.example git -c protocol.file.allow=always -c advice.detachedHead=false "

-- Runs git commands in a folder, one a line.
local function git(folder, commands)
  local said
  for line in commands:gmatch "[^\n]+" do said = site.sh(("mkdir -p %s && cd %s && %s%s 2>/dev/null"):format(folder, folder, GIT, line)) end
  return said
end

local function asked(folder, command)
  local ok, said = pcall(git, folder, command)
  return ok and said ~= "" and said or "(none)"
end

local NAMES = { "GIT_COMMIT", "GIT_SHORT_COMMIT", "GIT_BRANCH", "GIT_TAGS", "GIT_REMOTE_URL" }

-- Holds all variables against git itself; `within` is where moonstep.yaml is put.
local function same_as_git(folder, within)
  local want = { asked(folder, "rev-parse -q --verify HEAD"), asked(folder, "rev-parse -q --verify --short HEAD"),
    asked(folder, "symbolic-ref -q --short HEAD"), asked(folder, "tag --points-at HEAD"):gsub("\n", " "),
    asked(folder, "remote get-url origin") }
  local got, why = site.values_in(within or folder, "git: {}", table.unpack(NAMES))
  suite.equal(got, { want[1], want[2], want[3], want[4], want[#want] }, why)
end

local function fails(folder, name, words, settings)
  local got, why = site.values_in(folder, ("git: {%s}"):format(settings or ""), name)
  suite.equal(got, nil)
  suite.equal(why:find(words, 1, true) ~= nil, true, why)
end

local function new(folder, more)
  git(folder, "init -q -b main" .. (more or "") .. "\ncommit -q --allow-empty -m one")
end

local tests = {}
local function add(name, f) tests[#tests + 1] = { name, f } end

add("a repository before its first commit", function()
  git("empty", "init -q -b main")
  suite.equal(site.values_in("empty", "git: {}", table.unpack(NAMES)), { "(none)", "(none)", "main", "(none)", "(none)" })
end)
add("a branch, loose and packed, also from a folder below", function()
  new "plain"
  same_as_git "plain"
  git("plain", "checkout -q -b feature/x")
  same_as_git "plain"
  git("plain", "pack-refs --all")
  site.sh "mkdir -p plain/deep/er"
  same_as_git("plain", "plain/deep/er")
  git("plain", "commit -q --allow-empty -m two") -- loose goes before packed
  same_as_git "plain"
end)
add("a commit that is checked out", function()
  git("plain", "checkout -q HEAD~1")
  same_as_git "plain"
end)
add("tags: light, annotated, of others, of tags; loose, packed, and all at once", function()
  new "tags"
  git("tags", "tag light\ntag -a v1.0 -m x\ntag -a deep/v0.9 -m y")
  git("tags", "commit -q --allow-empty -m two\ntag other\ntag -a v2.0 -m z\ntag late HEAD~1")
  git("tags", "tag -a blob -m b " .. git("tags", "hash-object -w .git/HEAD"))
  same_as_git "tags"
  git("tags", "checkout -q HEAD~1")
  same_as_git "tags"
  git("tags", "pack-refs --all\ntag -a new -m x")
  same_as_git "tags"
  git("tags", "tag -f -a other -m moved")
  same_as_git "tags"
end)
add("a tag of a tag, loose and packed", function()
  new "nested"
  git("nested", "tag -a v1 -m x\ntag -a v2 -m y v1\ntag -a v3 -m z v2")
  suite.equal(site.values_in("nested", "git: {}", "GIT_TAGS"), { "v1 v2 v3" })
  git("nested", "pack-refs --all")
  suite.equal(site.values_in("nested", "git: {}", "GIT_TAGS"), { "v1 v2 v3" })
end)
add("of several tags, the last by number", function()
  new "many"
  git("many", "tag v1.9\ntag v1.10\ntag v1.2\ntag a-100")
  suite.equal(site.values_in("many", "git: {variables: {VERSION: tag}}", "VERSION", "GIT_TAGS"), { "v1.10", "(none)" })
end)
add("objects of any compression, and long ones", function()
  new "levels"
  site.sh [[awk 'BEGIN { for (i = 0; i < 3000; i++) print i, "word" i * 7919 % 1000 }' > levels/long]]
  for level = 0, 9 do
    git("levels", ("-c core.looseCompression=L tag -a shortL -m x\n-c core.looseCompression=L tag -a longL -F long"):gsub("L", level))
  end
  same_as_git "levels"
end)
add("objects in packs are not read, and the way out works", function()
  new "packs"
  git("packs", "tag -a v1 -m x\ncommit -q --allow-empty -m two\nrepack -q -a -d\nprune-packed")
  fails("packs", "GIT_TAG", "`git pack-refs --all` writes it down")
  suite.equal(#site.values_in("packs", "git: {}", "GIT_COMMIT")[1], 40)
  git("packs", "pack-refs --all")
  same_as_git "packs"
end)
add("SHA-256", function()
  new("sha256", " --object-format=sha256")
  git("sha256", "tag -a v1 -m x\ncommit -q --allow-empty -m two\ntag light")
  same_as_git "sha256"
  git("sha256", "checkout -q HEAD~1\npack-refs --all")
  same_as_git "sha256"
  suite.equal(#site.values_in("sha256", "git: {short: 12}", "GIT_SHORT_COMMIT")[1], 12)
end)
add("a worktree", function()
  git("plain", "worktree add -q ../tree -b other\ntag -f in-tree other")
  git("tree", "commit -q --allow-empty -m three\ntag -a here -m x")
  same_as_git "tree"
end)
add("a submodule, and a clone", function()
  new "outer"
  git("outer", "submodule -q add ../tags sub\ncommit -q -m sub")
  same_as_git("outer/sub")
  same_as_git "outer"
  site.sh(GIT .. "clone -q tags clone")
  same_as_git "clone"
end)
add("what is not there", function()
  site.sh "mkdir -p nowhere"
  fails("nowhere", "GIT_COMMIT", "there is no git repository in the folder of moonstep.yaml or above it")
  suite.equal(site.values_in("nowhere", "git: {folder: ../sha256}", "GIT_REMOTE_URL"), { "(none)" })
end)
add("wrong settings", function()
  fails("plain", "X", "the provider git knows no author", "variables: {X: author}")
end)

-- The URL in the configuration, and what is shown of it.
local URLS = {
  { "https://git.example/a/b.git", "https://git.example/a/b.git" },
  { "https://user:t0ken@git.example/a.git", "https://git.example/a.git" },
  { "https://t0ken@git.example:8443/a.git?private_token=t0ken#t0ken", "https://git.example:8443/a.git" },
  { "https://user:t0k@en@git.example/a@b", "https://git.example/a@b" },
  { "ssh://git:t0ken@git.example/a.git", "ssh://git@git.example/a.git" },
  { "ssh://git@git.example/a.git", "ssh://git@git.example/a.git" },
  { "git@git.example:a/b.git", "git@git.example:a/b.git" },
  { "/srv/a b;c#d \"e\".git", "/srv/a b;c#d \"e\".git" },
  { "../a", "../a" },
}
for _, row in ipairs(URLS) do
  add("remote " .. row[1], function()
    site.sh "mkdir -p urls"
    if not pcall(git, "urls", "rev-parse") or asked("urls", "rev-parse --show-prefix") == "urls/" then new "urls" end
    git("urls", "config --unset-all remote.origin.url || true\nconfig remote.upstream.url x\nconfig remote.origin.url '" .. row[1] .. "'")
    suite.equal(site.values_in("urls", "git: {}", "GIT_REMOTE_URL"), { row[2] })
    suite.equal(site.values_in("urls", "git: {remote: upstream}", "GIT_REMOTE_URL"), { "x" })
  end)
end

-- A repository of somebody else's, made to be read.
local function hostile(name, setup, variable, words)
  add("hostile: " .. name, function()
    site.sh "rm -rf trap && mkdir trap"
    new "trap"
    site.sh("cd trap && " .. setup)
    fails("trap", variable, words)
  end)
end

hostile("HEAD names a file elsewhere", "echo 'ref: refs/../../../secret' > .git/HEAD", "GIT_COMMIT", "what HEAD names is no ref")
hostile("HEAD names the configuration", "echo 'ref: config' > .git/HEAD", "GIT_COMMIT", "what HEAD names is no ref")
hostile("HEAD is a link out", "ln -sf /etc/passwd .git/HEAD", "GIT_COMMIT", "leads out of the folder")
hostile("a ref is a link out", "ln -sf /etc/passwd .git/refs/heads/main", "GIT_COMMIT", "leads out of the folder")
hostile("refs name each other", "echo 'ref: refs/heads/main' > .git/refs/heads/main", "GIT_COMMIT", "without an end")
hostile("a ref holds something else", "echo root:x:0:0 > .git/refs/heads/main", "GIT_COMMIT", "holds no id of a commit")
hostile("HEAD holds something else", "echo root:x:0:0 > .git/HEAD", "GIT_COMMIT", "holds neither a ref nor the id")
hostile("a reftable", "echo 'ref: refs/heads/.invalid' > .git/HEAD", "GIT_COMMIT", "are a reftable")
hostile("a pipe", "rm .git/HEAD && mkfifo .git/HEAD", "GIT_COMMIT", "no regular file")
hostile("the configuration is a link out", "ln -sf /etc/passwd .git/config", "GIT_REMOTE_URL", "leads out of the folder")
hostile("an object that is none", [[mkdir -p .git/objects/11 &&
  printf 'x\234garbage' > .git/objects/11/11111111111111111111111111111111111111 &&
  echo 1111111111111111111111111111111111111111 > .git/refs/tags/t]], "GIT_TAG", "is no object")
hostile("tags that name each other", [[rm -rf .git/objects/11 && mkdir -p .git/objects/11 && { printf '\170\001\001\067\000\310\377';
  printf 'tag 48\000object 1111111111111111111111111111111111111111\n'; } > .git/objects/11/11111111111111111111111111111111111111 &&
  echo 1111111111111111111111111111111111111111 > .git/refs/tags/t]], "GIT_TAG", "tags name each other without an end")
hostile("a .git that names another folder", "rm -rf .git && echo 'gitdir: /etc' > .git", "GIT_COMMIT", "there is no git repository")

add("other scripts are granted nothing of it", function()
  site.sh "rm -rf trap && mkdir trap"
  site.write("trap/peep.lua", "error(tostring(pcall(files.read, '.git/config')), 0)")
  new "trap"
  site.write("trap/moonstep.yaml", "providers: {git: {}}\nscripts: [peep.lua]\n")
  local said = site.sh(("cd trap && %s render -f . 2>&1 || true"):format(site.tool))
  suite.equal(said:find("error[script]: false", 1, true) ~= nil, true, said)
end)

local ok = suite.run("providers: git", tests)
site.remove()
return ok
