# Every allocation of a render fails once, and every stream and file that it needs is missing once.
FAULTS := $(B)/tests/faults
TESTS += test-faults
.PHONY: test-faults test-streams faults
test-faults: test-streams
test-streams: $(B)/moonstep $(B)/moonstep-lua
	MOONSTEP=$(B)/moonstep $(B)/moonstep-lua tests/faults/streams.lua

# The sanitizer has an allocator of its own. Only builds without NDEBUG close their Lua state, so leaks show there.
ifneq ($(MODE),asan)
test-faults: $(B)/moonstep $(FAULTS)/faults $(FAULTS)/failmalloc.so debug
	$(FAULTS)/faults $(B)/moonstep $(FAULTS)/failmalloc.so
	$(FAULTS)/faults --leaks --stride 10 build/debug/moonstep $(FAULTS)/failmalloc.so
	MOONSTEP=$(B)/moonstep $(B)/moonstep-lua tests/faults/batch.lua $(FAULTS)/failmalloc.so
endif

faults: $(B)/moonstep $(FAULTS)/faults $(FAULTS)/failmalloc.so debug  ## every allocation of every scenario fails, leaks included (minutes)
	$(FAULTS)/faults --all $(B)/moonstep $(FAULTS)/failmalloc.so
	$(FAULTS)/faults --all --leaks build/debug/moonstep $(FAULTS)/failmalloc.so

$(FAULTS)/faults: tests/faults/faults.c tests/faults/failmalloc.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $<

$(FAULTS)/failmalloc.so: tests/faults/failmalloc.c tests/faults/failmalloc.h
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) -O2 -fPIC -shared -o $@ $<
