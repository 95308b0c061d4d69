SANDBOX := $(B)/tests/sandbox
TESTS += test-sandbox
.PHONY: test-sandbox test-patterns
test-sandbox: test-patterns $(SANDBOX)/racer
	@mkdir -p $(SANDBOX)
	MOONSTEP=$(B)/moonstep $(B)/moonstep-lua tests/sandbox/run.lua $(SANDBOX)
	$(B)/moonstep-lua tests/sandbox/holes.lua $(SANDBOX)
	$(B)/moonstep-lua tests/sandbox/races.lua $(SANDBOX)

$(SANDBOX)/racer: $(B)/tests/sandbox/racer.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

# The same calls through Lua's own string library and through ours.
test-patterns: $(B)/moonstep $(B)/moonstep-lua
	@mkdir -p $(SANDBOX)
	@lua5.4 tests/sandbox/patterns.lua > $(SANDBOX)/theirs
	@$(B)/moonstep-lua tests/sandbox/patterns.lua > $(SANDBOX)/ours
	@diff $(SANDBOX)/theirs $(SANDBOX)/ours && echo "patterns: $$(wc -l < $(SANDBOX)/ours) passed"
