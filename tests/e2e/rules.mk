# The catalogue's Tasks from end to end on podman, on images of Debian's packages. Neither is part of `make test`.
.PHONY: e2e e2e-short e2e-cluster
e2e: $(B)/moonstep $(B)/moonstep-lua        ## backups and restores of real systems from end to end, and what goes wrong, on podman, as root
	tests/e2e/machine $(B)/moonstep-lua tests/e2e/run.lua $(SYSTEMS)

e2e-short: $(B)/moonstep $(B)/moonstep-lua  ## the same for PostgreSQL and Redis; skipped where podman starts no container
	tests/e2e/machine $(B)/moonstep-lua tests/e2e/run.lua --short

e2e-cluster: $(B)/moonstep $(B)/moonstep-lua  ## the same on the cluster of KUBECONFIG, and kubedump; tests/e2e/cluster.lua says what it takes
	@if [ -z "$$KUBECONFIG" ]; then echo "e2e-cluster: skipped, KUBECONFIG names no cluster"; \
	else tests/e2e/machine $(B)/moonstep-lua tests/e2e/run.lua --cluster $(SYSTEMS); fi
