-- The baseline level of the Pod Security Standards: what is known to lead from a container to its node is refused.
-- README.md lists the rules.

local declare = include "checks.lua"

declare "baseline"
