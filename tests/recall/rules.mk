TESTS += test-recall
.PHONY: test-recall
test-recall: $(B)/moonstep $(B)/moonstep-lua
	$(B)/moonstep-lua tests/recall/run.lua
