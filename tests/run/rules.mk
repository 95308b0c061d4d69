# `moonstep run --local` on a podman that writes down what it is asked for; `make test-podman` is on podman itself, as root and not.
TESTS += test-run
.PHONY: test-run test-podman
test-run: $(B)/moonstep $(B)/moonstep-lua
	$(B)/moonstep-lua tests/run/run.lua
	$(B)/moonstep-lua tests/run/ends.lua
	$(B)/moonstep-lua tests/run/after_test.lua
	$(B)/moonstep-lua tests/run/ended_test.lua

test-podman: $(B)/moonstep $(B)/moonstep-lua
	$(B)/moonstep-lua tests/run/podman.lua
