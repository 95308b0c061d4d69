-- want: 2 text-mark-and-shebang.lua:2
-- instead: "\u{feff}#!/usr/bin/env lua\nerror 'line two'"

