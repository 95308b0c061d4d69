TESTS += test-pod-security
.PHONY: test-pod-security
test-pod-security: $(B)/moonstep $(B)/moonstep-lua  # verdicts of the Pod Security Standards, over all versions
	$(B)/moonstep-lua tests/policies/pod-security/run.lua
