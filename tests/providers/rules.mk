# The built-in providers, each on files that the tests make, or against a server on loopback: etcd's own, else ours with prepared answers.
TESTS += test-providers
.PHONY: test-providers judge-providers
test-providers: $(B)/moonstep $(B)/moonstep-lua $(B)/tests/http/server
	@for t in file dotenv git http_json vault consul etcd; do $(B)/moonstep-lua tests/providers/$$t.lua $(B)/tests/http/server || exit 1; done

judge: judge-providers
judge-providers: $(B)/moonstep-lua  # what programs that read .env files make of ours
	@{ command -v npm && /usr/bin/python3 -c 'import dotenv'; } >/dev/null || \
	  { echo "judge-providers needs nodejs npm python3-dotenv; as root: apt-get install nodejs npm python3-dotenv" >&2; exit 1; }
	@mkdir -p $(B)/judge && cp tests/judge/package.json $(B)/judge
	@cd $(B)/judge && { test -d node_modules/dotenv || npm install --silent --no-audit --no-fund; }
	NODE_PATH=$(CURDIR)/$(B)/judge/node_modules $(B)/moonstep-lua tests/providers/judge_dotenv.lua $(B)/judge
