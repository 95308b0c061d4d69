# Commands that need more than a command line and its output: a folder, a shell, a terminal.
TESTS += test-commands
.PHONY: test-commands
test-commands: $(B)/moonstep $(B)/moonstep-lua
	@for t in init completion manual prompt; do MOONSTEP=$(B)/moonstep $(B)/moonstep-lua tests/commands/$$t.lua || exit 1; done
	@rm -rf $(B)/tests/install
	@$(MAKE) --no-print-directory -s B=$(B) MODE=$(MODE) DESTDIR=$(B)/tests/install PREFIX=/usr install
	@cd $(B)/tests/install/usr && for f in bin/moonstep share/man/man1/moonstep.1 share/bash-completion/completions/moonstep \
	  share/zsh/site-functions/_moonstep share/fish/vendor_completions.d/moonstep.fish; do \
	  test -s $$f || { echo "commands: make install brings no $$f"; exit 1; }; done
