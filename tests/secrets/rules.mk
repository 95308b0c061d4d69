SECRETS := $(B)/tests/secrets
TESTS += test-secrets
.PHONY: test-secrets
test-secrets: $(B)/moonstep $(B)/moonstep-lua
	@mkdir -p $(SECRETS)
	$(B)/moonstep-lua tests/secrets/run.lua $(SECRETS)
