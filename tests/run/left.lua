-- What dead runs have left: folders whose lock nobody holds. Others' runs may be alive on this machine, and are no concern of tests.
--
--   left(what stands before a command line, temporary folder) -> their paths, "" if there are none
local shell = dofile "tests/lib/shell.lua"

local LOOK = [[for each in %s/moonstep-$(id -u)/*/ /dev/shm/moonstep-$(id -u)/*/; do
  [ ! -e "$each/lock" ] || ! flock -n "$each/lock" true || find "$each"
done 2>/dev/null]]

return function(as, temporary) return (shell.run(as(LOOK:format(temporary)))) end
