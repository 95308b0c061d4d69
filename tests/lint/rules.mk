C_FILES := $(wildcard engine/*/*.[ch] engine/*.c tests/*/*.[ch])

lint: $(B)/moonstep-lua  ## formatting, static analysis, layers (needs clang-format, clang-tidy, cppcheck, lua-check and shellcheck)
	@for tool in clang-format clang-tidy cppcheck luacheck shellcheck; do command -v $$tool >/dev/null || \
	  { echo "lint needs clang-format clang-tidy cppcheck lua-check shellcheck; as root: apt-get install clang-format clang-tidy cppcheck lua-check shellcheck" >&2; exit 1; }; done
	clang-format --dry-run -Werror $(C_FILES)
	clang-tidy --quiet $(filter engine/%.c,$(C_FILES)) -- $(filter-out -Wno%,$(CFLAGS)) 2>/dev/null
	cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr --suppress=ctuuninitvar \
	  --suppress=autoVariables --std=c11 -Iengine engine
	luacheck -q lua policies tests
	$(B)/moonstep-lua tests/lint/layers.lua
	$(B)/moonstep-lua tests/catalog/shellcheck.lua
