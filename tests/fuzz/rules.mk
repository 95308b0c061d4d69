FUZZ := yaml json subst source rows
FUZZ_SECONDS ?= 3
FUZZ_SEED ?= 1
FUZZ_OBJECTS := $(B)/tests/fuzz/tree.o $(filter $(B)/engine/base/% $(B)/engine/data/% $(B)/engine/subst/%,$(OBJECTS))
FUZZ_PROGRAMS := $(FUZZ:%=$(B)/tests/fuzz/%)

$(FUZZ_PROGRAMS): %: %.o $(B)/tests/fuzz/driver.o $(FUZZ_OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(FUZZ_PROGRAMS:=_libfuzzer): %_libfuzzer: %.o $(FUZZ_OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The sanitizers' build is beside the one that is under test, whatever that is.
TESTS += test-fuzz
.PHONY: test-fuzz fuzz-programs fuzz-libfuzzer
fuzz-programs: $(FUZZ_PROGRAMS)
fuzz-libfuzzer: $(FUZZ_PROGRAMS:=_libfuzzer)
test-fuzz:
	@$(MAKE) --no-print-directory B=$(B)/fuzz MODE=asan fuzz-programs
	@for f in $(FUZZ); do \
	  $(B)/fuzz/tests/fuzz/$$f $(FUZZ_SECONDS) tests/fuzz/corpus/$$f tests/fuzz/$$f.dict $(FUZZ_SEED) || exit 1; done

# New inputs that libFuzzer likes are kept in the build folder; those worth a name belong into the corpus.
TIME ?= 60
# NULL plus 0, which an empty row gives, is no overflow that matters; gcc does not look for it.
FUZZ_FLAGS := -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
fuzz:                 ## libFuzzer over every harness, TIME seconds each (needs clang)
	@echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' | \
	  clang -fsanitize=fuzzer,address,undefined -x c - -o /dev/null 2>/dev/null || \
	  { echo "fuzz needs clang and its runtime; as root: apt-get install clang libclang-rt-14-dev" >&2; exit 1; }
	@$(MAKE) --no-print-directory B=$(B)/libfuzzer MODE=libfuzzer CC=clang FLAGS_libfuzzer='$(FUZZ_FLAGS)' fuzz-libfuzzer
	@for f in $(FUZZ); do mkdir -p $(B)/libfuzzer/corpus/$$f; echo "fuzz: $$f"; \
	  $(B)/libfuzzer/tests/fuzz/$${f}_libfuzzer -max_total_time=$(TIME) -max_len=4096 -timeout=10 -verbosity=0 -dict=tests/fuzz/$$f.dict \
	  -artifact_prefix=$(B)/libfuzzer/$$f- $(B)/libfuzzer/corpus/$$f tests/fuzz/corpus/$$f || exit 1; done
