# Batches: what stands in folders and manifests, and what is left when a batch is ended at any moment.
BATCH := $(B)/tests/batch
TESTS += test-batch
.PHONY: test-batch test-batch-brief
test-batch: BATCH_TESTS := plan explain out resume shards diff targets workers progress job reports trouble
# For builds that are slow: less of what is done again and again, and nothing at a terminal.
test-batch-brief: BATCH_TESTS := plan explain out resume shards diff targets workers job trouble
test-batch-brief: export BRIEF := 1
test-batch test-batch-brief: $(B)/moonstep $(B)/moonstep-lua
	@mkdir -p $(BATCH)
	@for t in $(BATCH_TESTS); do MOONSTEP=$(B)/moonstep $(B)/moonstep-lua tests/batch/$$t.lua $(BATCH)/$$t || exit 1; done
