TESTS += test-repeat
.PHONY: test-repeat
test-repeat: $(B)/moonstep $(B)/moonstep-lua
	$(B)/moonstep-lua tests/repeat/run.lua
