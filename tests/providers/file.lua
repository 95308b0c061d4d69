-- The provider `file`, on folders as Kubernetes mounts them and on folders that are traps.
local site = dofile "tests/providers/site.lua"
local suite = dofile "tests/lib/suite.lua"

-- A mounted Secret: the files are links into a folder that a link names, so that all of them change at once.
site.sh [[mkdir -p secret/..2024_01 && cd secret && ln -s ..2024_01 ..data && printf 's3cret' > ..data/PASSWORD &&
  printf 'a\nb\n' > ..data/tls.crt && ln -s ..data/PASSWORD PASSWORD && ln -s ..data/tls.crt tls.crt]]
site.sh [[mkdir plain outside && cd plain && printf 'one\n' > ONE && printf 'crlf\r\n' > CRLF && printf 'two\n\n' > TWO &&
  printf '' > EMPTY && printf '\n' > BLANK && printf 'x' > .HIDDEN && printf 'a\0b' > NUL && printf '\377' > LATIN && mkdir FOLDER &&
  mkfifo PIPE && head -c 1048576 /dev/zero | tr '\0' a > MOST && head -c 1048577 /dev/zero | tr '\0' a > TOO_MUCH &&
  printf x > other-name]]
site.sh [[cd plain && printf 'stolen' > ../outside/key && ln -s ../outside/key RELATIVE && ln -s /etc/hostname ABSOLUTE &&
  ln -s ../outside LINKED && ln -s ONE SAME && ln -s NOWHERE DANGLING && ln -s LOOP LOOP && ln -s /proc/self/environ ENVIRON &&
  ln -s /dev/zero DEVICE]]
site.sh "ln -s secret by-link"

-- folder and other settings, variable, its value or `fails` with words of the message
local ROWS = {
  { "folder: secret", "PASSWORD", "s3cret" },
  { "folder: secret, columns: {CERTIFICATE: tls.crt}", "CERTIFICATE", "a\nb" },
  { "folder: secret, columns: {CERTIFICATE: tls.crt}, exact: true", "CERTIFICATE", "a\nb\n" },
  { "folder: secret, columns: {CERTIFICATE: tls.crt}", "PASSWORD", "(none)" },
  { "folder: secret, names: [PASS*]", "PASSWORD", "s3cret" },
  { "folder: secret, names: [DB_*]", "PASSWORD", "(none)" },
  { "folder: by-link", "PASSWORD", "s3cret" },
  { "folder: plain", "ONE", "one" },
  { "folder: plain, exact: true", "ONE", "one\n" },
  { "folder: plain", "CRLF", "crlf" },
  { "folder: plain", "TWO", "two\n" },
  { "folder: plain", "SAME", "one" },
  { "folder: plain", "MISSING", "(none)" },
  { "folder: plain", "DANGLING", "(none)" },
  { "folder: nowhere", "ONE", "(none)" },
  { "folder: plain, columns: {X: .HIDDEN}", "X", "x" },
  { "folder: plain, columns: {X: other-name}", "X", "x" },
  -- what is no variable's value
  { "folder: plain", "NUL", fails = "plain/NUL is no text" },
  { "folder: plain", "LATIN", fails = "plain/LATIN is no text" },
  { "folder: plain", "TOO_MUCH", fails = "at most 1 MiB" },
  { "folder: plain", "FOLDER", fails = "no regular file" },
  { "folder: plain", "PIPE", fails = "no regular file" },
  { "folder: plain", "LOOP", fails = "Too many levels of symbolic links" },
  -- ways out of the folder
  { "folder: plain", "RELATIVE", fails = "it leads out of the folder that was granted" },
  { "folder: plain", "ABSOLUTE", fails = "it leads out of the folder that was granted" },
  { "folder: plain", "ENVIRON", fails = "it leads out of the folder that was granted" },
  { "folder: plain", "DEVICE", fails = "it leads out of the folder that was granted" },
  { "folder: plain, columns: {X: LINKED/key}", "X", fails = "it leads out of the folder that was granted" },
  { "folder: plain, columns: {X: ../outside/key}", "X", fails = "is not granted" },
  { "folder: plain, columns: {X: /etc/hostname}", "X", "(none)" },
  { "names: [X]", "X", fails = "the provider file needs the folder" },
}

local tests = {}
for i, row in ipairs(ROWS) do
  tests[i] = { ("%s: %s"):format(row[1], row[2]), function()
    local got, why = site.value(("file: {%s}"):format(row[1]), row[2])
    if not row.fails then return suite.equal(got, row[3], why) end
    suite.equal(got, nil)
    suite.equal(why:find(row.fails, 1, true) ~= nil, true, why)
  end }
end

table.insert(tests, { "1 MiB is taken", function() suite.equal(#site.value("file: {folder: plain}", "MOST"), 1 << 20) end })
table.insert(tests, { "an empty file, or one with a line end alone, is an empty value", function()
  local all = site.values("file: {folder: plain}", '"<${EMPTY}>"', '"<${BLANK}>"')
  suite.equal(all, { "<>", "<>" })
end })

local ok = suite.run("providers: file", tests)
site.remove()
return ok
