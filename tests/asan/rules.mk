# The suite once more, under the address and undefined-behaviour sanitizers, leaks included.
TESTS += test-asan
.PHONY: test-asan
# Tests of batches end workers with SIGSEGV on purpose.
test-asan:
	$(MAKE) --no-print-directory B=build/asan MODE=asan MOONSTEP=build/asan/moonstep test-unit test-conformance test-messages test-docs test-judge test-recall test-fixes
	ASAN_OPTIONS=handle_segv=0 $(MAKE) --no-print-directory B=build/asan MODE=asan MOONSTEP=build/asan/moonstep test-batch-brief
