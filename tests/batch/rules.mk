# Batches: what stands in folders and manifests, and what is left when a batch is ended at any moment.
BATCH := $(B)/tests/batch
TESTS += test-batch
.PHONY: test-batch
test-batch: $(B)/moonstep $(B)/moonstep-lua
	@mkdir -p $(BATCH)
	@for t in plan explain out resume shards diff targets workers progress job reports; do MOONSTEP=$(B)/moonstep $(B)/moonstep-lua tests/batch/$$t.lua $(BATCH)/$$t || exit 1; done
