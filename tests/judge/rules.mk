TESTS += test-judge test-emit
.PHONY: test-judge test-emit
test-judge: $(B)/moonstep-lua
	$(B)/moonstep-lua tests/judge/run.lua
test-emit: $(B)/moonstep-lua
	$(B)/moonstep-lua tests/judge/emit.lua

judge: $(B)/moonstep-lua  ## ask kubectl for its answer to each case again, and for what it reads of what we write
	$(B)/moonstep-lua tests/judge/record.lua
	$(B)/moonstep-lua tests/judge/emit.lua kubectl
