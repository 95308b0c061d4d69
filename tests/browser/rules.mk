# The page of reports in a real browser. Not among TESTS: it wants packages that nothing else needs.
BROWSER ?= chromium

.PHONY: test-browser
test-browser: $(B)/moonstep $(B)/moonstep-lua
	@for tool in node $(BROWSER); do command -v $$tool >/dev/null || \
	  { echo "test-browser needs nodejs chromium; as root: apt-get install nodejs chromium" >&2; exit 1; }; done
	@rm -rf $(B)/tests/pages && mkdir -p $(B)/tests/pages
	$(B)/moonstep-lua tests/browser/pages.lua $(B)/tests/pages $(B)/moonstep
	node tests/browser/run.js $(BROWSER) $(B)/tests/pages
