TESTS += test-judge test-emit
.PHONY: test-judge test-emit
test-judge: $(B)/moonstep-lua
	$(B)/moonstep-lua tests/judge/run.lua
test-emit: $(B)/moonstep-lua
	$(B)/moonstep-lua tests/judge/emit.lua

judge: $(B)/moonstep $(B)/moonstep-lua  ## ask kubectl for its answer to each case again, for what it reads of what we write, and an API server
	$(B)/moonstep-lua tests/judge/record.lua
	$(B)/moonstep-lua tests/judge/emit.lua kubectl
	$(B)/moonstep-lua tests/judge/templates.lua
