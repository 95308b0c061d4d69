# `moonstep update-status`: what it makes of what steps leave, against a server that answers as scripts say and a Pushgateway.
TESTS += test-status
.PHONY: test-status
test-status: $(B)/moonstep $(B)/moonstep-lua $(B)/tests/kube-scripted
	@rm -rf $(B)/tests/status && mkdir -p $(B)/tests/status
	@$(B)/moonstep-lua tests/status/session_test.lua
	@$(B)/moonstep-lua tests/status/command_test.lua $(B)/tests/status $(B)/tests/kube-scripted
