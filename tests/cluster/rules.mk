# Against the cluster of KUBECONFIG, with kubectl to set things up: `make test-cluster`, which `make test` does without.
.PHONY: test-cluster
test-cluster: $(B)/moonstep $(B)/moonstep-lua
	@if [ -z "$$KUBECONFIG" ]; then echo "test-cluster: skipped, KUBECONFIG names no cluster"; \
	else MOONSTEP=$(CURDIR)/$(B)/moonstep $(B)/moonstep-lua tests/cluster/scripts.lua && \
	MOONSTEP=$(CURDIR)/$(B)/moonstep $(B)/moonstep-lua tests/cluster/client.lua && \
	MOONSTEP=$(CURDIR)/$(B)/moonstep $(B)/moonstep-lua tests/cluster/status.lua && \
	MOONSTEP=$(CURDIR)/$(B)/moonstep $(B)/moonstep-lua tests/cluster/run.lua && \
	MOONSTEP=$(CURDIR)/$(B)/moonstep $(B)/moonstep-lua tests/cluster/hooks.lua; fi
