# moonstep. `make help` says what there is to do.
CC      ?= cc
VERSION := 0.1.0
B       ?= build
MODE    ?= release
PREFIX  ?= /usr/local

# What Debian 12 has; `make deps` installs it where it is missing and the user is root.
PACKAGES := pkg-config liblua5.4-dev libyaml-dev libjansson-dev libpcre2-dev libcurl4-openssl-dev libssl-dev libcmocka-dev lua5.4 git locales \
  nghttp2-server etcd-server prometheus-pushgateway openssl python3-aiosmtpd
SERVERS  := nghttpd etcd prometheus-pushgateway openssl aiosmtpd
MODULES  := lua5.4 yaml-0.1 jansson libpcre2-8 libcurl libssl cmocka

WARNINGS := -Wall -Wextra -Wshadow -Wpedantic -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings
FLAGS_release := -O2 -g -DNDEBUG
FLAGS_debug   := -O0 -g3
FLAGS_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_coverage := -O0 -g --coverage -DMOONSTEP_COVERAGE
CFLAGS  += -std=c11 -D_GNU_SOURCE -DMOONSTEP_VERSION='"$(VERSION)"' $(WARNINGS) $(FLAGS_$(MODE)) -Iengine -I$(B)
CFLAGS  += $(shell pkg-config --cflags $(MODULES) 2>/dev/null)
# The small libraries go into the binary: it starts in a third of the time, and one file is all there is to install.
LDLIBS  := -l:liblua5.4.a -l:libyaml.a -l:libjansson.a -l:libpcre2-8.a -lm -ldl

ENGINE  := $(filter-out engine/main.c,$(wildcard engine/*/*.c))
OBJECTS := $(ENGINE:%.c=$(B)/%.o)
# Embedded files: Lua as precompile makes it; types, the page of reports, and what `moonstep init` writes, as they are.
LUA     := $(shell find lua policies -name '*.lua' -not -path 'lua/init/*' -not -name '*_test.lua' | LC_ALL=C sort)
TEXTS   := $(shell find lua policies -name '*.types' -o -path 'lua/init/*' -type f -o -path 'lua/reports/html/*' -not -name '*.lua' -type f | LC_ALL=C sort)
CHUNKS  := $(LUA:%.lua=$(B)/%.luac)

.DEFAULT_GOAL := build
.PHONY: build debug asan run test bench lint fuzz coverage judge install deps help clean
.DELETE_ON_ERROR:

build: $(B)/moonstep  ## the release binary, build/moonstep
debug:                ## build/debug/moonstep, without optimisation
	@$(MAKE) --no-print-directory B=build/debug MODE=debug build/debug/moonstep
asan:                 ## build/asan/moonstep, with address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory B=build/asan MODE=asan build/asan/moonstep

$(B)/moonstep: $(B)/engine/main.o $(OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/%.o: %.c | packages
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/precompile: $(B)/engine/precompile.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Scripts are embedded with their lines, which messages name; so is all that is not a release.
SCRIPTS := lua/variables/stash.lua lua/variables/appbinding.lua $(patsubst %,lua/templates/%.lua,job stash sequence schedule) lua/providers/%.lua policies/%.lua

# Run from the repository's folder, so that chunks are named as files are in the repository.
$(B)/%.luac: %.lua $(B)/precompile
	@mkdir -p $(@D)
	$(B)/precompile $< $@ $(if $(filter release,$(MODE)),$(if $(filter $(SCRIPTS),$<),,bare))

$(B)/embedded.inc: $(CHUNKS) $(TEXTS) Makefile
	@{ n=0; for f in $(LUA); do echo "FILE($$n, \"$$f\", \"$(B)/$${f%.lua}.luac\")"; n=$$((n + 1)); done; \
	n=1000; for f in $(TEXTS); do echo "FILE($$n, \"$$f\", \"$$f\")"; n=$$((n + 1)); done; } | LC_ALL=C sort -t'"' -k2,2 > $@
$(B)/engine/lua/embedded.o: $(B)/embedded.inc

-include $(shell find $(B) -path $(B)/e2e -prune -o -type f -name '*.d' -print 2>/dev/null)

.PHONY: packages
packages:
	@( pkg-config --exists $(MODULES) 2>/dev/null && for each in $(SERVERS); do command -v $$each >/dev/null || exit 1; done ) || $(MAKE) --no-print-directory deps

deps:                 ## install the packages that the build and the tests need (as root), or name them
	@if [ "$$(id -u)" = 0 ]; then \
	  echo "installing $(PACKAGES)"; apt-get -qq update && \
	  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $(PACKAGES) >/dev/null; \
	else echo "moonstep needs these packages; as root: apt-get install $(PACKAGES)" >&2; exit 1; fi

help:                 ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(filter-out %.d,$(MAKEFILE_LIST)) | LC_ALL=C sort | expand -t 18

clean:                ## remove everything that was built
	rm -rf build

$(B)/moonstep-lua: $(B)/tests/unit/lua_main.o $(OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Each folder of tests brings its rules and adds itself to TESTS; a test is a target without a file.
TESTS :=
export MOONSTEP ?= $(B)/moonstep
include $(wildcard tests/*/rules.mk)
test: $(TESTS)        ## every test; needs nothing but the packages that it installs
	@echo "all tests passed: $(TESTS)"

run: build            ## render the example
	@$(B)/moonstep render -f examples/postgres

SHARE = $(DESTDIR)$(PREFIX)/share
install: build        ## the binary, its manual page and completions, into $(DESTDIR)$(PREFIX)
	install -D -m 755 $(B)/moonstep $(DESTDIR)$(PREFIX)/bin/moonstep
	install -d $(SHARE)/man/man1 $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	$(B)/moonstep help man > $(SHARE)/man/man1/moonstep.1
	$(B)/moonstep completion bash > $(SHARE)/bash-completion/completions/moonstep
	$(B)/moonstep completion zsh > $(SHARE)/zsh/site-functions/_moonstep
	$(B)/moonstep completion fish > $(SHARE)/fish/vendor_completions.d/moonstep.fish
