-- The restricted level of the Pod Security Standards: baseline, and what hardens a Pod further.
-- README.md lists the rules.

local declare = include "checks.lua"

declare "restricted"
