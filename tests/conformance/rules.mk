TESTS += test-conformance
.PHONY: test-conformance
test-conformance: $(B)/moonstep $(B)/moonstep-lua
	$(B)/moonstep-lua tests/conformance/run.lua
