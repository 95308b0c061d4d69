TESTS += test-shell
.PHONY: test-shell judge-shell
test-shell: $(B)/moonstep-lua
	$(B)/moonstep-lua tests/shell/run.lua
	$(B)/moonstep-lua tests/shell/words.lua

judge: judge-shell
judge-shell: $(B)/moonstep-lua
	$(B)/moonstep-lua tests/shell/run.lua bash dash
