-- want: 2 it includes itself
-- run: test
include "test-includes-itself.lua"
