-- want: 2 it includes itself
include "include-itself.lua"
