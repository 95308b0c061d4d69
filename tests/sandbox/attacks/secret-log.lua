-- want: 0 info[log]: secret & info[log]: it is *** in plain & info[log]: *** ***
-- Joined, it is a secret; written out by the script itself, it is found.
local s = secret("xyzzy" .. "-plugh-42")
template "x" { summary = "s", render = function()
  log.info("it is " .. s)
  log.info("it is xyzzy" .. "-plugh-42 in plain")
  log.info "eHl6enktcGx1Z2gtNDI= eHl6enktcGx1Z2gtNDI="
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
