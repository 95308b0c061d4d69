TESTS += test-templates
.PHONY: test-templates
test-templates: $(B)/moonstep $(B)/moonstep-lua
	$(B)/moonstep-lua tests/templates/run.lua
	$(B)/moonstep-lua tests/templates/security.lua
