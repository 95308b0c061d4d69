TESTS += test-fixes
.PHONY: test-fixes
test-fixes: $(B)/moonstep-lua  # check --fix: texts before and after, and a sweep over every value of some files
	@$(B)/moonstep-lua tests/fixes/run.lua
	@$(B)/moonstep-lua tests/fixes/sweep.lua
