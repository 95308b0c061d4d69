# The module http against a server of our own on loopback, which is started and stopped by the test.
HTTP := $(B)/tests/http
TESTS += test-http
.PHONY: test-http
test-http: $(B)/moonstep $(B)/moonstep-lua $(HTTP)/server $(HTTP)/crowd $(HTTP)/names.so
	@MOONSTEP=$(B)/moonstep $(B)/moonstep-lua tests/http/run.lua $(HTTP)
	@MOONSTEP=$(B)/moonstep $(B)/moonstep-lua tests/http/flights.lua $(HTTP)
	@MOONSTEP=$(B)/moonstep $(B)/moonstep-lua tests/http/remote.lua $(HTTP)

$(HTTP)/server: $(B)/tests/http/server.o $(B)/tests/http/kube.o $(B)/tests/http/tls.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lssl -lcrypto -lpthread

$(HTTP)/crowd: $(B)/tests/http/crowd.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(HTTP)/names.so: tests/http/names.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fPIC -shared -o $@ $< -ldl
