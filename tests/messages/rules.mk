TESTS += test-messages
.PHONY: test-messages
test-messages: $(B)/moonstep $(B)/moonstep-lua
	$(B)/moonstep-lua tests/messages/run.lua
