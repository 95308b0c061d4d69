# `moonstep notify-email` and `notify-http`: letters that a real SMTP server takes, and requests that a server of our own does.
TESTS += test-notify
.PHONY: test-notify
test-notify: $(B)/moonstep $(B)/moonstep-lua $(B)/tests/kube-scripted
	@rm -rf $(B)/tests/notify && mkdir -p $(B)/tests/notify/example
	@$(B)/moonstep-lua tests/notify/letter_test.lua
	@$(B)/moonstep-lua tests/notify/command_test.lua $(B)/tests/notify $(B)/tests/kube-scripted
	@$(B)/moonstep-lua tests/notify/example_test.lua $(B)/tests/notify/example
