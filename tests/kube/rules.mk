# The module kube and the provider kubernetes: forms of kubeconfigs against a server of our own that answers as an API server does; and, not
# among the tests, against the cluster of KUBECONFIG.
KUBE := $(B)/tests/kube
TESTS += test-kube
.PHONY: test-kube test-cluster
test-kube: $(B)/moonstep $(B)/moonstep-lua $(HTTP)/server
	@mkdir -p $(KUBE) && rm -rf $(KUBE)/* && cp -r tests/kube/api $(KUBE)/kube
	@MOONSTEP=$(B)/moonstep $(B)/moonstep-lua tests/kube/run.lua $(KUBE) $(HTTP)/server
	@$(B)/moonstep-lua tests/kube/credentials_test.lua
	@https_proxy=http://proxy.corp:3128 no_proxy='10.0.0.0/8, fd00::/8,.corp,api.example:6443' $(B)/moonstep-lua tests/kube/proxies_test.lua

test-cluster: $(B)/moonstep $(B)/moonstep-lua  # needs kubectl
	@if [ -z "$$KUBECONFIG" ]; then echo "test-cluster: skipped, KUBECONFIG names no cluster"; \
	else MOONSTEP=$(CURDIR)/$(B)/moonstep $(B)/moonstep-lua tests/kube/cluster.lua; fi
