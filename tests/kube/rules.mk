# The module kube and the provider kubernetes: forms of kubeconfigs against a server of our own that answers as an API server does; and our own
# client against one that answers as scripts say.
KUBE := $(B)/tests/kube
TESTS += test-kube
.PHONY: test-kube
test-kube: $(B)/moonstep $(B)/moonstep-lua $(HTTP)/server $(B)/tests/kube-scripted
	@mkdir -p $(KUBE) && rm -rf $(KUBE)/* && cp -r tests/kube/api $(KUBE)/kube
	@MOONSTEP=$(B)/moonstep $(B)/moonstep-lua tests/kube/run.lua $(KUBE) $(HTTP)/server
	@mkdir -p $(KUBE)/streams && $(B)/moonstep-lua tests/kube/streams_test.lua $(KUBE)/streams $(B)/tests/kube-scripted
	@mkdir -p $(KUBE)/runs && MOONSTEP=$(B)/moonstep $(B)/moonstep-lua tests/kube/run_test.lua $(KUBE)/runs $(B)/tests/kube-scripted
	@mkdir -p $(KUBE)/detach && MOONSTEP=$(B)/moonstep $(B)/moonstep-lua tests/kube/detach_test.lua $(KUBE)/detach $(B)/tests/kube-scripted
	@mkdir -p $(KUBE)/targets && MOONSTEP=$(abspath $(B)/moonstep) $(B)/moonstep-lua tests/kube/targets_test.lua $(abspath $(KUBE)/targets) $(B)/tests/kube-scripted
	@mkdir -p $(KUBE)/fleet && MOONSTEP=$(abspath $(B)/moonstep) $(B)/moonstep-lua tests/kube/fleet_test.lua $(abspath $(KUBE)/fleet)
	@$(B)/moonstep-lua tests/kube/credentials_test.lua
	@https_proxy=http://proxy.corp:3128 no_proxy='10.0.0.0/8, fd00::/8,.corp,api.example:6443' $(B)/moonstep-lua tests/kube/proxies_test.lua

$(B)/tests/kube-scripted: $(B)/tests/kube/scripted.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lpthread
