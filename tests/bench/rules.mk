# Ratios of medians, measured side by side; nothing here passes or fails by the clock.
BENCH := $(B)/tests/bench
bench: $(B)/moonstep $(B)/moonstep-lua $(BENCH)/processes $(BENCH)/documents $(BENCH)/sandbox $(BENCH)/checks $(BENCH)/requests $(BENCH)/rows $(HTTP)/crowd $(BENCH)/batch  ## speed and memory against others, as ratios
	@printf '%-44s %16s %16s %8s %8s\n' 'what; against what' ours theirs ratio target
	@$(BENCH)/processes $(B)/moonstep
	@$(B)/moonstep render -f examples/postgres > $(BENCH)/job.yaml
	@$(BENCH)/documents $(BENCH)/job.yaml examples/postgres/*.yaml
	@$(BENCH)/sandbox $(wildcard tests/bench/scripts/*.lua)
	@$(B)/moonstep-lua tests/bench/inputs.lua $(B)/moonstep $(BENCH)/inputs
	@$(BENCH)/checks $(B)/moonstep $(BENCH)/inputs
	@$(BENCH)/rows
	@$(BENCH)/requests $(B)/moonstep $(HTTP)/crowd $(BENCH)/inputs
	@$(B)/moonstep-lua tests/bench/batch.lua $(B)/moonstep $(BENCH)/batches
	@$(BENCH)/batch $(B)/moonstep $(BENCH)/batches
	@$(B)/moonstep-lua tests/bench/podman.lua $(B)/moonstep
	@MOONSTEP=$(abspath $(B)/moonstep) $(B)/moonstep-lua tests/bench/cluster.lua

$(BENCH)/batch: $(B)/tests/bench/batch.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
$(BENCH)/processes: $(B)/tests/bench/processes.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
$(BENCH)/requests: $(B)/tests/bench/requests.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
$(BENCH)/documents: $(B)/tests/bench/documents.o $(OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BENCH)/rows: $(B)/tests/bench/rows.o $(OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BENCH)/checks: $(B)/tests/bench/checks.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lyaml
$(BENCH)/sandbox: $(B)/tests/bench/sandbox.o $(OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
