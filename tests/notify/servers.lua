-- The servers of these tests: an SMTP server (server.py) with a certificate of its own, in a folder, and a webhook over TLS (web.py).
--
--   local server = servers.mail(folder [, address of this machine, else 127.0.0.1])
--                                          server.starttls, server.tls, server.plain = ports, server.letters() -> the letters that came
--                                          since, as text, server.close()
--   local web = servers.web(folder)        with the certificate of the other: web.port, web.posted() -> what was posted since, as text,
--                                          web.close()
local shell = dofile "tests/lib/shell.lua"

local servers = {}

function servers.mail(folder, address)
  address = address or "127.0.0.1"
  assert(os.execute(("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "
    .. "subjectAltName=DNS:localhost,IP:%s -keyout %s/key.pem -out %s/cert.pem 2>/dev/null"):format(address, folder, folder)))
  local line = ("/usr/bin/python3 tests/notify/server.py %s %s 2>%s/server.log"):format(folder, address, folder)
  local pipe = shell.start(line, folder .. "/ports")
  local server = dofile(folder .. "/ports")
  function server.letters()
    local letters = {}
    for i, name in ipairs(shell.entries(folder .. "/mail")) do letters[i] = shell.read(("%s/mail/%s"):format(folder, name)) end
    os.execute(("rm -f %s/mail/*"):format(folder))
    return letters
  end
  function server.close() pipe:close() end
  return server
end

function servers.web(folder)
  local pipe = shell.start(("/usr/bin/python3 tests/notify/web.py %s 2>%s/web.log"):format(folder, folder), folder .. "/web")
  local path = folder .. "/posted"
  local web = { port = dofile(folder .. "/web") }
  function web.posted()
    local text = shell.exists(path) and shell.read(path) or ""
    os.remove(path)
    return text
  end
  function web.close() pipe:close() end
  return web
end

return servers
