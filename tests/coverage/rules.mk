# Coverage of engine/ by gcov and of lua/ by a line hook, over all tests that run the tool or its modules.
COVERED := test-unit test-conformance test-messages test-docs test-judge test-templates test-sandbox test-recall test-policies test-fixes

coverage:             ## line coverage of engine/ and lua/ by the tests (needs gcovr)
	@command -v gcovr >/dev/null || { echo "coverage needs gcovr; as root: apt-get install gcovr" >&2; exit 1; }
	@rm -rf build/coverage/hits && mkdir -p build/coverage/hits && find build/coverage -name '*.gcda' -delete
	LUA_COVERAGE=$$PWD/build/coverage/hits MOONSTEP=build/coverage/moonstep \
	  $(MAKE) --no-print-directory B=build/coverage MODE=coverage $(filter $(COVERED),$(TESTS))
	gcovr --root . --object-directory build/coverage --filter engine/ --print-summary | tail -60
	build/coverage/moonstep-lua tests/tools/lua_coverage.lua build/coverage/hits
.PHONY: coverage
