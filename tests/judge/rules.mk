TESTS += test-judge test-emit
.PHONY: test-judge test-emit
test-judge: $(B)/moonstep-lua
	$(B)/moonstep-lua tests/judge/run.lua
test-emit: $(B)/moonstep-lua
	$(B)/moonstep-lua tests/judge/emit.lua

judge: judge-kubectl judge-formats  ## ask kubectl, an API server, and other readers what they make of what we write

.PHONY: judge-kubectl judge-formats
# kubectl's answer to each case again, what it reads of what we write, and an API server.
judge-kubectl: $(B)/moonstep $(B)/moonstep-lua
	$(B)/moonstep-lua tests/judge/record.lua
	$(B)/moonstep-lua tests/judge/emit.lua kubectl
	$(B)/moonstep-lua tests/judge/templates.lua

# Reports and schemas, read by others: packages of npm, and xmllint for XML.
judge-formats: $(B)/moonstep
	@for tool in node npm xmllint; do command -v $$tool >/dev/null || \
	  { echo "judge-formats needs nodejs npm libxml2-utils; as root: apt-get install nodejs npm libxml2-utils" >&2; exit 1; }; done
	@mkdir -p $(B)/judge && cp tests/judge/package.json $(B)/judge
	@cd $(B)/judge && { test -d node_modules/ajv || npm install --silent --no-audit --no-fund; }
	NODE_PATH=$(B)/judge/node_modules node tests/judge/formats.js $(B)/moonstep
