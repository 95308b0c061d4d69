-- Starts the server of server.c: start(folder of the binary, folder of its files) -> a pipe that keeps it until it is closed; its ports by
-- name, and the text of its authority.
local shell = dofile "tests/lib/shell.lua"

return function(binaries, folder)
  os.remove(folder .. "/ports")
  local server = assert(io.popen(("%s/server %s"):format(binaries, folder), "w"))
  for _ = 1, 100 do
    if shell.exists(folder .. "/ports") then break end
    os.execute "sleep 0.05"
  end
  local ports = {}
  for name, port in shell.read(folder .. "/ports"):gmatch "(%w+)=(%d+)" do ports[name] = port end
  ports.ca = shell.read(folder .. "/ca.pem")
  return server, ports
end
