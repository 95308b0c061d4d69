# The tests of the packs and of the examples. A folder without tests is passed over.
TESTED := $(foreach folder,policies examples,$(if $(shell find $(folder) -name '*_test.lua' | head -1),$(folder)))
TESTS += test-policies
.PHONY: test-policies
test-policies: $(B)/moonstep
	$(B)/moonstep test $(TESTED)

TESTS += test-pod-security
.PHONY: test-pod-security
test-pod-security: $(B)/moonstep $(B)/moonstep-lua  # verdicts of the Pod Security Standards, over all versions
	$(B)/moonstep-lua tests/policies/pod-security/run.lua

TESTS += test-readme
.PHONY: test-readme
test-readme: $(B)/moonstep-lua  # the tables of rules in the packs' READMEs
	$(B)/moonstep-lua tests/policies/readme.lua

TESTS += test-kubernetes
.PHONY: test-kubernetes
test-kubernetes: $(B)/moonstep $(B)/moonstep-lua  # the pack kubernetes against the verdicts of a real API server
	$(B)/moonstep-lua tests/policies/kubernetes/run.lua
