#include "host/http.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/libcurl.h"
#include "host/watch.h"

enum {
  MOST_HEAD = 256 << 10,
  MOST_PER_HOST = 128,
  MOST_CONNECTIONS = 256,
  LONGEST_URL = 64 << 10,
  AHEAD = 64 << 10, /* bytes of lines that are read before they are wanted */
  KEEP_ALIVE = 30,  /* seconds of silence after which a connection of lines is looked after */
};

/* What is needed of libcurl. */
#define FUNCTIONS(X)                                                                                                                       \
  X(global_init)                                                                                                                           \
  X(easy_init)                                                                                                                             \
  X(easy_cleanup)                                                                                                                          \
  X(easy_setopt)                                                                                                                           \
  X(easy_getinfo)                                                                                                                          \
  X(easy_pause)                                                                                                                            \
  X(easy_strerror)                                                                                                                         \
  X(multi_init)                                                                                                                            \
  X(multi_cleanup)                                                                                                                         \
  X(multi_setopt)                                                                                                                          \
  X(multi_add_handle)                                                                                                                      \
  X(multi_remove_handle)                                                                                                                   \
  X(multi_perform)                                                                                                                         \
  X(multi_poll)                                                                                                                            \
  X(multi_info_read)                                                                                                                       \
  X(slist_append)                                                                                                                          \
  X(slist_free_all)                                                                                                                        \
  X(url)                                                                                                                                   \
  X(url_cleanup)                                                                                                                           \
  X(url_set)                                                                                                                               \
  X(url_get)                                                                                                                               \
  X(url_strerror)                                                                                                                          \
  X(free)

struct http_client {
  FUNCTIONS(LIBCURL_POINTER)
  CURLM *multi;
  http_exchange *finished, **last; /* those that http_next_finished has not named */
  bool moved;                      /* lines came that nobody has looked at */
  int wake;
};

struct http_exchange {
  http_client *client;
  http_exchange *next; /* in the client's list */
  CURL *easy;
  struct curl_slist *headers, *connect_to;
  address_range ranges[HTTP_MOST_RANGES];
  size_t range_count;
  bool open;
  size_t most;
  bool lines, paused;
  size_t used; /* bytes of the body that were given as lines */
  bool opened; /* a connection to an address that is allowed was begun */
  char error[CURL_ERROR_SIZE];
  http_answer answer;
};

/* --- the library */

#define ENTRY(name) LIBCURL_ENTRY(http_client, name)
static const libcurl_function functions[] = {FUNCTIONS(ENTRY)};

static bool open_multi(http_client *c) {
  c->multi = c->multi_init();
  if (!c->multi) return false;
  c->multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)MOST_PER_HOST);
  c->multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)MOST_CONNECTIONS);
  return true;
}

http_client *http_open(diag *why) {
  http_client *c = calloc(1, sizeof *c);
  if (!c) {
    diag_memory(why);
    return NULL;
  }
  if (!libcurl_load(c, functions, sizeof functions / sizeof *functions, "http", "", why)) {
    free(c);
    return NULL;
  }
  /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): libcurl_load has found it */
  if (c->global_init(CURL_GLOBAL_ALL) || !open_multi(c)) {
    diag_memory(why);
    free(c);
    return NULL;
  }
  c->last = &c->finished;
  c->wake = -1;
  return c;
}

void http_disconnect(http_client *c) {
  c->multi_cleanup(c->multi);
  open_multi(c); /* without memory for it, exchanges cannot be begun */
}

void http_close(http_client *c) {
  c->multi_cleanup(c->multi);
  free(c);
}

/* --- URLs */

static bool bad_url(diag *why, const char *words) { return diag_set(why, "http", (mark){0}, "%s", words); }

/* Letters, digits, dots, dashes, underscores; or an address in brackets. */
static bool is_plain_host(const char *host) {
  bool v6 = host[0] == '[';
  if (v6) return strspn(host + 1, "0123456789abcdef:.") == strlen(host) - 2 && host[strlen(host) - 1] == ']';
  for (const char *c = host; *c; c++)
    if (!(isalnum((unsigned char)*c) && (unsigned char)*c < 0x80) && !strchr(".-_", *c)) return false;
  return *host != '\0';
}

static bool has_part(http_client *c, CURLU *u, CURLUPart part) {
  char *text = NULL;
  bool found = c->url_get(u, part, &text, 0) == CURLUE_OK;
  c->free(text);
  return found;
}

/* libcurl turns names of other scripts into plain ones only where it has the means; then it is asked to. */
static bool read_host(http_client *c, CURLU *u, http_url *out) {
  CURLUcode code = CURLUE_OK + 1;
#ifdef CURLU_PUNYCODE
  code = c->url_get(u, CURLUPART_HOST, &out->host, CURLU_PUNYCODE);
#endif
  if (code && c->url_get(u, CURLUPART_HOST, &out->host, 0)) return false;
  for (char *at = out->host; *at; at++) *at = (char)tolower((unsigned char)*at);
  return is_plain_host(out->host);
}

static bool take_apart(http_client *c, CURLU *u, http_url *out, diag *why) {
  if (has_part(c, u, CURLUPART_USER) || has_part(c, u, CURLUPART_PASSWORD)) return bad_url(why, "it holds a user name or password");
  if (has_part(c, u, CURLUPART_ZONEID)) return bad_url(why, "its address names a zone");
  if (c->url_get(u, CURLUPART_SCHEME, &out->scheme, 0) || (strcmp(out->scheme, "https") != 0 && strcmp(out->scheme, "http") != 0))
    return bad_url(why, "its scheme is neither https nor http");
  if (!read_host(c, u, out)) return bad_url(why, "its host is no plain name");
  c->url_set(u, CURLUPART_HOST, out->host, 0);
  c->url_set(u, CURLUPART_FRAGMENT, NULL, 0);
  c->url_get(u, CURLUPART_QUERY, &out->query, 0);
  if (c->url_get(u, CURLUPART_PORT, &out->port, CURLU_DEFAULT_PORT) || c->url_get(u, CURLUPART_URL, &out->url, CURLU_NO_DEFAULT_PORT))
    return bad_url(why, "it cannot be written down again");
  return true;
}

bool http_read_url(http_client *c, const char *text, const char *base, http_url *out, diag *why) {
  *out = (http_url){0};
  if (strlen(text) > LONGEST_URL) return bad_url(why, "it is longer than 64 KiB");
  CURLU *u = c->url();
  if (!u) return diag_memory(why);
  CURLUcode code = base ? c->url_set(u, CURLUPART_URL, base, 0) : CURLUE_OK;
  if (!code) code = c->url_set(u, CURLUPART_URL, text, CURLU_URLENCODE);
  bool ok = code ? bad_url(why, c->url_strerror(code)) : take_apart(c, u, out, why);
  c->url_cleanup(u);
  if (!ok) http_free_url(c, out);
  return ok;
}

void http_free_url(http_client *c, http_url *url) {
  char *texts[] = {url->url, url->scheme, url->host, url->port, url->query};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) c->free(texts[i]);
  *url = (http_url){0};
}

/* --- what libcurl asks and tells while it works */

static bool is_allowed(const http_exchange *x, const address *a) {
  for (size_t i = 0; i < x->range_count; i++)
    if (address_in(a, &x->ranges[i])) return true;
  return x->open && address_is_public(a);
}

static curl_socket_t open_socket(void *ud, curlsocktype purpose, struct curl_sockaddr *at) {
  http_exchange *x = ud;
  address a;
  if (purpose != CURLSOCKTYPE_IPCXN || !address_of(&a, &at->addr)) return CURL_SOCKET_BAD;
  if (!is_allowed(x, &a)) {
    if (a.v4 || !x->answer.address[0]) address_text(&a, x->answer.address, sizeof x->answer.address);
    return CURL_SOCKET_BAD;
  }
  x->opened = true;
  return socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
}

/* A connection that was opened for another exchange is looked at again. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's */
static int before_request(void *ud, char *remote, char *local, int remote_port, int local_port) {
  (void)local, (void)remote_port, (void)local_port;
  http_exchange *x = ud;
  address a;
  if (address_read(&a, remote) && is_allowed(x, &a)) return CURL_PREREQFUNC_OK;
  snprintf(x->answer.address, sizeof x->answer.address, "%s", remote);
  return CURL_PREREQFUNC_ABORT;
}

static size_t refuse_bytes(http_exchange *x, const char *failure) {
  x->answer.failure = failure;
  return 0;
}

static size_t take_header(char *line, size_t size, size_t count, void *ud) {
  http_exchange *x = ud;
  size_t len = size * count;
  if (len >= 5 && !memcmp(line, "HTTP/", 5)) buf_clear(&x->answer.headers);
  else if (x->answer.headers.len + len > MOST_HEAD) return refuse_bytes(x, "size");
  else buf_add(&x->answer.headers, line, len);
  return x->answer.headers.failed ? refuse_bytes(x, "memory") : len;
}

/* Bytes of lines. While there is enough for the next one and nobody takes it, libcurl is to wait, and gives them again. */
static size_t take_lines(http_exchange *x, const char *bytes, size_t len) {
  buf *body = &x->answer.body;
  x->client->moved = true;
  if (body->len - x->used > x->most + AHEAD) {
    x->paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  if (x->used > AHEAD) { /* what was given is dropped now and then */
    memmove(body->data, body->data + x->used, body->len - x->used);
    body->len -= x->used;
    x->used = 0;
  }
  buf_add(body, bytes, len);
  return body->failed ? refuse_bytes(x, "memory") : len;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *ud) {
  http_exchange *x = ud;
  size_t len = size * count;
  if (x->lines) return take_lines(x, bytes, len);
  if (len > x->most - x->answer.body.len) return refuse_bytes(x, "size");
  buf_add(&x->answer.body, bytes, len);
  return x->answer.body.failed ? refuse_bytes(x, "memory") : len;
}

/* --- an exchange */

static bool add_headers(http_exchange *x, const http_request *r) {
  for (size_t i = 0; i <= r->headers.count; i++) {
    struct curl_slist *longer = x->client->slist_append(x->headers, i < r->headers.count ? r->headers.lines[i] : "Expect:");
    if (!longer) return false;
    x->headers = longer;
  }
  return true;
}

/* "::host:port" in libcurl's words: whatever the URL's host and port are. */
static bool add_connect_to(http_exchange *x, const http_request *r) {
  buf entry = {0};
  if (!r->connect_to) return true;
  buf_format(&entry, "::%s", r->connect_to);
  if (buf_text(&entry)) x->connect_to = x->client->slist_append(NULL, entry.data);
  buf_free(&entry);
  return x->connect_to != NULL;
}

static CURLcode set_blob(http_exchange *x, CURLoption option, http_text text) {
  struct curl_blob blob = {(void *)text.data, text.len, CURL_BLOB_COPY};
  return text.data ? x->client->easy_setopt(x->easy, option, &blob) : CURLE_OK;
}

static CURLcode set_method(http_exchange *x, const http_request *r) {
  __typeof__(curl_easy_setopt) *set = x->client->easy_setopt;
  if (!strcmp(r->method, "HEAD")) return set(x->easy, CURLOPT_NOBODY, 1L);
  if (!r->body.data && !strcmp(r->method, "GET")) return set(x->easy, CURLOPT_HTTPGET, 1L);
  CURLcode code = CURLE_OK;
  if (r->body.data) {
    code = set(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
    if (!code) code = set(x->easy, CURLOPT_COPYPOSTFIELDS, r->body.data);
  }
  return code ? code : set(x->easy, CURLOPT_CUSTOMREQUEST, r->method);
}

/* TLS: only the given authorities count where some are given. */
static CURLcode set_trust(http_exchange *x, const http_request *r) {
  CURLcode code = CURLE_OK;
  if (r->ca.data) code = x->client->easy_setopt(x->easy, CURLOPT_CAPATH, (char *)NULL);
  if (!code) code = set_blob(x, CURLOPT_CAINFO_BLOB, r->ca);
  if (!code) code = set_blob(x, CURLOPT_SSLCERT_BLOB, r->certificate);
  if (!code) code = set_blob(x, CURLOPT_SSLKEY_BLOB, r->key);
  return code;
}

static CURLcode set_options(http_exchange *x, const http_request *r) {
  bool is_tls = !strncmp(r->url, "https:", 6);
  CURLcode code = CURLE_OK;
#define SET(option, value)                                                                                                                 \
  if (!code) code = x->client->easy_setopt(x->easy, CURLOPT_##option, value)
  SET(URL, r->url);
  SET(PRIVATE, x);
  SET(ERRORBUFFER, x->error);
  SET(PROTOCOLS_STR, is_tls ? "https" : "http");
  SET(FOLLOWLOCATION, 0L);
  SET(DISALLOW_USERNAME_IN_URL, 1L);
  SET(NETRC, (long)CURL_NETRC_IGNORED);
  SET(PROXY, r->proxy ? r->proxy : "");
  SET(NOPROXY, "");
  SET(SUPPRESS_CONNECT_HEADERS, 1L);
  SET(NOSIGNAL, 1L);
  SET(HTTPHEADER, x->headers);
  SET(CONNECT_TO, x->connect_to);
  SET(USERAGENT, "moonstep/" MOONSTEP_VERSION);
  SET(ACCEPT_ENCODING, "");
  SET(PIPEWAIT, is_tls ? 1L : 0L); /* TLS tells whether requests can share a connection; without it, only the first answer would */
  SET(CONNECTTIMEOUT_MS, r->connect);
  SET(TIMEOUT_MS, r->total);
  SET(OPENSOCKETFUNCTION, open_socket);
  SET(OPENSOCKETDATA, x);
  SET(PREREQFUNCTION, before_request);
  SET(PREREQDATA, x);
  SET(HEADERFUNCTION, take_header);
  SET(HEADERDATA, x);
  SET(WRITEFUNCTION, take_body);
  SET(WRITEDATA, x);
  if (r->idle) {
    SET(LOW_SPEED_LIMIT, 1L);
    SET(LOW_SPEED_TIME, r->idle);
  }
  if (r->lines) { /* a server that is gone is noticed while it has nothing to say */
    SET(TCP_KEEPALIVE, 1L);
    SET(TCP_KEEPIDLE, (long)KEEP_ALIVE);
    SET(TCP_KEEPINTVL, (long)KEEP_ALIVE / 3);
  }
  /* a name that is being looked up does not hold up who has given up waiting */
  if (!code) x->client->easy_setopt(x->easy, CURLOPT_QUICK_EXIT, 1L);
  if (!code) code = set_method(x, r);
  return code ? code : set_trust(x, r);
}

http_exchange *http_begin(http_client *c, const http_request *r, diag *why) {
  http_exchange *x = calloc(1, sizeof *x);
  if (!x || !(x->easy = c->easy_init())) {
    free(x);
    diag_memory(why);
    return NULL;
  }
  x->client = c;
  x->most = r->most;
  x->lines = r->lines;
  x->range_count = r->ranges.count;
  x->open = r->open;
  memcpy(x->ranges, r->ranges.list, sizeof x->ranges);
  CURLcode code = add_headers(x, r) && add_connect_to(x, r) ? set_options(x, r) : CURLE_OUT_OF_MEMORY;
  if (!code && c->multi_add_handle(c->multi, x->easy)) code = CURLE_OUT_OF_MEMORY;
  if (!code) return x;
  if (code == CURLE_OUT_OF_MEMORY) diag_memory(why);
  else diag_set(why, "http", (mark){0}, "libcurl does not take the request: %s", x->error[0] ? x->error : c->easy_strerror(code));
  http_end(x);
  return NULL;
}

static const char *failure_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return "resolve";
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY: return "connect";
    case CURLE_OPERATION_TIMEDOUT: return "timeout";
    case CURLE_PARTIAL_FILE: return "truncated";
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return "reset";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT: return "tls";
    case CURLE_BAD_CONTENT_ENCODING: return "encoding";
    case CURLE_OUT_OF_MEMORY: return "memory";
    default: return "other";
  }
}

static bool is_connected(const http_exchange *x) {
  curl_off_t connected = 0;
  x->client->easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
  return connected > 0;
}

static void conclude(http_exchange *x, CURLcode code) {
  http_answer *a = &x->answer;
  long status = 0;
  x->client->easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
  a->status = (int)status;
  a->done = true;
  a->done_at = watch_now();
  *x->client->last = x;
  x->client->last = &x->next;
  if (!code) return;
  if (a->address[0] && ((code == CURLE_COULDNT_CONNECT && !x->opened) || code == CURLE_ABORTED_BY_CALLBACK)) a->failure = "address";
  if (code == CURLE_OPERATION_TIMEDOUT && !is_connected(x)) a->failure = "connecting";
  if (!a->failure) a->failure = failure_of(code);
  snprintf(a->why, sizeof a->why, "%s", x->error[0] ? x->error : x->client->easy_strerror(code));
}

/* Threads that libcurl starts must not be given the clocks' signals, which are for the thread that runs scripts (lua/limits.c). */
static void perform(http_client *c) {
  sigset_t clocks, before;
  int running;
  sigemptyset(&clocks);
  sigaddset(&clocks, SIGPROF);
  sigaddset(&clocks, SIGVTALRM);
  sigprocmask(SIG_BLOCK, &clocks, &before);
  c->multi_perform(c->multi, &running);
  sigprocmask(SIG_SETMASK, &before, NULL);
}

void http_advance(http_client *c, int milliseconds) {
  perform(c);
  CURLMsg *message;
  int left;
  bool any = false;
  while ((message = c->multi_info_read(c->multi, &left))) {
    http_exchange *x = NULL;
    if (message->msg != CURLMSG_DONE) continue;
    c->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &x);
    conclude(x, message->data.result);
    any = true;
  }
  any = any || c->moved;
  c->moved = false;
  struct curl_waitfd wake = {.fd = c->wake, .events = CURL_WAIT_POLLIN};
  if (!any) c->multi_poll(c->multi, &wake, c->wake >= 0, milliseconds, NULL);
}

void http_wake_on(http_client *c, int fd) { c->wake = fd; }

/* --- lines */

/* Bytes of the body that were not given yet: those of the next line, with its end, or fewer when it is not there. */
static http_line find_line(const http_exchange *x, http_text *line, size_t *taken) {
  const buf *body = &x->answer.body;
  size_t left = body->len - x->used;
  if (!left) return HTTP_NO_LINE;
  const char *start = body->data + x->used, *end = memchr(start, '\n', left < x->most + 1 ? left : x->most + 1);
  *line = (http_text){start, end ? (size_t)(end - start) : left < x->most ? left : x->most};
  *taken = line->len + (end != NULL);
  if (end) return HTTP_LINE;
  if (left > x->most) return HTTP_PART;
  return x->answer.done ? HTTP_UNFINISHED : HTTP_NO_LINE;
}

http_line http_next_line(http_exchange *x, http_text *line) {
  size_t taken;
  http_line found = find_line(x, line, &taken);
  if (found) x->used += taken;
  if (!found && x->paused) { /* only now, since libcurl gives what it held back at once, and what a line points to may move */
    x->paused = false;
    if (x->client->easy_pause(x->easy, CURLPAUSE_CONT)) x->answer.failure = "memory";
  }
  return found;
}

int http_status(const http_exchange *x) {
  long status = 0;
  if (x->answer.done) return x->answer.status;
  x->client->easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
  return (int)status;
}

/* Takes an exchange from the list, where it is in it. */
static void unlist(http_client *c, http_exchange *x) {
  http_exchange **at = &c->finished;
  while (*at && *at != x) at = &(*at)->next;
  if (!*at) return;
  *at = x->next;
  if (!*at) c->last = at;
  x->next = NULL;
}

http_exchange *http_next_finished(http_client *c) {
  http_exchange *x = c->finished;
  if (x) unlist(c, x);
  return x;
}

const http_answer *http_answer_of(const http_exchange *x) { return &x->answer; }

void http_end(http_exchange *x) {
  http_client *c = x->client;
  unlist(c, x);
  c->multi_remove_handle(c->multi, x->easy);
  c->easy_cleanup(x->easy);
  c->slist_free_all(x->headers);
  c->slist_free_all(x->connect_to);
  buf_free(&x->answer.headers);
  buf_free(&x->answer.body);
  free(x);
}
