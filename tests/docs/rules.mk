TESTS += test-docs
.PHONY: test-docs
test-docs: $(B)/moonstep $(B)/moonstep-lua
	$(B)/moonstep-lua tests/docs/run.lua
