# Against the cluster of KUBECONFIG, with kubectl to set things up: `make test-cluster`, which `make test` does without.
.PHONY: test-cluster
test-cluster: $(B)/moonstep $(B)/moonstep-lua
	@[ -n "$$KUBECONFIG" ] || { echo "test-cluster: skipped, KUBECONFIG names no cluster"; exit 0; }; failed=; \
	for test in scripts client status catalog run refused targets hooks follower indexed; do \
	  MOONSTEP=$(CURDIR)/$(B)/moonstep $(B)/moonstep-lua tests/cluster/$$test.lua || failed=1; \
	done; [ -z "$$failed" ]
