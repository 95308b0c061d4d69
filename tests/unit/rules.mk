UNIT_TESTS := address alike base data rows rows_limits rows_json text_out subst glob limits process recall wall secrets broker plan sha256 workers folder numbers
UNIT_PROGRAMS := $(UNIT_TESTS:%=$(B)/tests/unit/%_test)
UNIT_LUA := $(wildcard tests/unit/*_test.lua)

# A test that lets allocations fail puts its own in their place.
LINK_rows_test := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free,--wrap=strdup

$(UNIT_PROGRAMS): %: %.o $(OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) $(LINK_$(@F)) -o $@ $^ $(LDLIBS) -lcmocka
# cmocka tells of every test that passes; only programs with failures are shown.
TESTS += test-unit
.PHONY: test-unit
test-unit: $(UNIT_PROGRAMS) $(B)/moonstep-lua
	@for t in $(UNIT_PROGRAMS); do $$t >$$t.log 2>&1 || { cat $$t.log; echo "unit: $$t failed"; exit 1; }; \
	  sed -n "s|^\[  PASSED  \] \(.*\) test(s).*|unit: $${t##*/}: \1 passed|p" $$t.log; done
	@for t in $(UNIT_LUA); do $(B)/moonstep-lua $$t || exit 1; done
