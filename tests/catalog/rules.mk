TESTS += test-catalog
.PHONY: test-catalog test-catalog-servers
test-catalog: $(B)/moonstep $(B)/moonstep-lua
	$(B)/moonstep-lua tests/catalog/run.lua

# Real servers, most of which `make deps` does not install.
SERVER_PACKAGES := postgresql mariadb-server mariadb-backup redis-server etcd-server etcd-client restic busybox curl nodejs npm
ELASTICDUMP := $(B)/tests/elasticdump/node_modules/.bin/elasticdump
test-catalog-servers: $(B)/moonstep $(B)/moonstep-lua $(ELASTICDUMP)  ## the catalogue on servers of this machine, as root
	@for each in restic redis-server mariadbd mariadb-backup etcdctl busybox curl node /usr/lib/postgresql/15/bin/postgres; do command -v $$each >/dev/null || \
	  { echo "test-catalog-servers needs these packages; as root: apt-get install $(SERVER_PACKAGES)" >&2; exit 1; }; done
	$(B)/moonstep-lua tests/catalog/servers.lua

$(ELASTICDUMP): # of npm; the catalogue's image has this version
	@mkdir -p $(B)/tests/elasticdump && npm install --silent --no-audit --no-fund --prefix $(B)/tests/elasticdump elasticdump@6.110.0
	@test -x $@ && touch $@
