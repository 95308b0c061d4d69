-- Running the tool as a user does: a command line in, its two streams and its exit status out.
local shell = {}

shell.moonstep = os.getenv "MOONSTEP" or "build/moonstep"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end
shell.read = read

function shell.write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

function shell.quote(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- run(command line [, standard input]) -> standard output, standard error, exit status (a signal's number plus 128)
function shell.run(line, input)
  local out, err, stdin = os.tmpname(), os.tmpname(), "/dev/null"
  if input then
    stdin = os.tmpname()
    shell.write(stdin, input)
  end
  local _, how, status = os.execute(("( %s ) <%s >%s 2>%s"):format(line, stdin, out, err))
  local stdout, stderr = read(out), read(err)
  os.remove(out)
  os.remove(err)
  if input then os.remove(stdin) end
  return stdout, stderr, how == "signal" and 128 + status or status
end

-- beside(command lines, folder for what they print [, how many at a time]) -> for each { both of its streams, exit status }
function shell.beside(lines, folder, most)
  local all, ended = {}, {}
  for i, line in ipairs(lines) do
    all[i] = ("{ %s\n} </dev/null >%s/%d.out 2>&1; echo $? >%s/%d.status\0"):format(line, folder, i, folder, i)
  end
  shell.write(folder .. "/lines", table.concat(all))
  os.execute(("xargs -0 -P %d -n 1 sh -c <%s/lines"):format(most or 8, folder))
  for i = 1, #lines do
    ended[i] = { read(("%s/%d.out"):format(folder, i)), tonumber(read(("%s/%d.status"):format(folder, i))) }
  end
  return ended
end

-- start(command line of a server, path) -> a pipe that ends it when it is closed, once there is something in the file
function shell.start(line, path)
  local pipe = assert(io.popen(line, "w"))
  for _ = 1, 400 do
    if shell.exists(path) and read(path) ~= "" then return pipe end
    os.execute "sleep 0.05"
  end
  pipe:close()
  error("this does not start: " .. line)
end

-- The entries of a folder, by name.
function shell.entries(folder)
  local found = {}
  local pipe = assert(io.popen("LC_ALL=C ls -1 " .. shell.quote(folder)))
  for name in pipe:lines() do found[#found + 1] = name end
  pipe:close()
  return found
end

function shell.exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

return shell
