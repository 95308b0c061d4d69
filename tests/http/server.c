/* server FOLDER: an HTTP server on 127.0.0.1 for the tests, which ends when its standard input does. It writes the ports into FOLDER/ports, once it
 * listens: plain, TLS, TLS with client certificates. One request a connection, one thread a connection.
 *
 *   /json  /html  /echo              an answer: some JSON, some HTML, the request as JSON
 *   /file/NAME?gzip                  a file of the folder, said to be packed
 *   /status/CODE?h=NAME:VALUE…       a status with headers
 *   /count/NAME?h=NAME:VALUE…        how often NAME was asked for; 304 when If-None-Match is the header ETag
 *   /flaky/N/NAME?HOW                the first N times: status HOW, or reset; then as /count
 *   /busy/NAME                       the first time 429 with Retry-After: 1
 *   /to/CODE/URL                     a redirect; @plain@, @tls@ in the URL stand for the ports
 *   /prepared/PATH                   what stands, status line and headers included, in FOLDER/prepared/METHOD_PATH, where / is _; the request is
 *                                    added to FOLDER/requests
 *   /kube/…  /api…                   as an API server of Kubernetes: kube.c
 *   /truncated /chunks /reset /empty /slow /loris /drip /heads /endless /nonsense /loop     what servers should not do
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "server.h"

enum { PLAIN, TLS, MUTUAL, KINDS, MOST_NAMES = 1000 };

static const char *folder;
static int ports[KINDS];
static SSL_CTX *contexts[KINDS];

typedef struct request {
  wire wire;
  char method[16], path[4096], query[4096];
  char head[32768];
  char body[65536];
  size_t body_len;
} request;

bool wire_write(wire *w, const void *bytes, size_t len) {
  const char *at = bytes;
  while (len) {
    ssize_t put = w->tls ? SSL_write(w->tls, at, (int)len) : write(w->fd, at, len);
    if (put <= 0) return false;
    at += put;
    len -= (size_t)put;
  }
  return true;
}

int wire_read(wire *w, void *bytes, size_t len) { return w->tls ? SSL_read(w->tls, bytes, (int)len) : (int)read(w->fd, bytes, len); }

static bool say(wire *w, const char *format, ...) {
  char text[70000];
  va_list args;
  va_start(args, format);
  int len = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return wire_write(w, text, (size_t)len);
}

static void answer(request *r, const char *status, const char *headers, const char *body) {
  say(&r->wire, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n%s", status, strlen(body), headers,
      strcmp(r->method, "HEAD") ? body : "");
}

int server_count(const char *name) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static struct {
    char name[100];
    int times;
  } names[MOST_NAMES];
  pthread_mutex_lock(&lock);
  int i = 0;
  while (i < MOST_NAMES - 1 && names[i].name[0] && strcmp(names[i].name, name) != 0) i++;
  snprintf(names[i].name, sizeof names[i].name, "%s", name);
  int times = ++names[i].times;
  pthread_mutex_unlock(&lock);
  return times;
}

/* The headers that the query asks for: h=NAME:VALUE, several joined with &. */
static void headers_of(const request *r, char *out, size_t room) {
  *out = '\0';
  for (const char *at = r->query; (at = strstr(at, "h=")); at += 2) {
    size_t len = strcspn(at + 2, "&"), used = strlen(out);
    snprintf(out + used, room - used, "%.*s\r\n", (int)len, at + 2);
  }
  for (char *c = out; *c; c++)
    if (*c == '+') *c = ' ';
}

static void count_answer(request *r, const char *name) {
  char headers[4096], body[40];
  headers_of(r, headers, sizeof headers);
  int times = server_count(name);
  snprintf(body, sizeof body, "%d", times);
  const char *tag = strcasestr(headers, "etag:"), *asked = strcasestr(r->head, "if-none-match: ");
  if (tag && asked && !strncmp(tag + 5, asked + 15, strcspn(tag + 5, "\r"))) answer(r, "304 Not Modified", headers, "");
  else answer(r, "200 OK", headers, body);
}

static void add_json(char *out, size_t room, const char *text) {
  size_t at = strlen(out);
  for (; *text && at + 8 < room; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\') out[at++] = '\\';
    if (c < 0x20) at += (size_t)snprintf(out + at, 8, "\\u%04x", c);
    else out[at++] = (char)c;
  }
  out[at] = '\0';
}

static void echo(request *r) {
  static __thread char body[120000];
  snprintf(body, sizeof body, "{\"method\":\"%s\",\"path\":\"", r->method);
  add_json(body, sizeof body, r->path);
  strcat(body, "\",\"query\":\"");
  add_json(body, sizeof body, r->query);
  strcat(body, "\",\"head\":\"");
  add_json(body, sizeof body, r->head);
  strcat(body, "\",\"body\":\"");
  add_json(body, sizeof body, r->body);
  strcat(body, "\"}");
  answer(r, "200 OK", "Content-Type: application/json\r\n", body);
}

static void reset(request *r) {
  struct linger now = {1, 0};
  setsockopt(r->wire.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void flaky(request *r, const char *rest) {
  char *name;
  long times = strtol(rest, &name, 10);
  if (server_count(name) > times) count_answer(r, name + 1);
  else if (!strcmp(r->query, "reset")) reset(r);
  else answer(r, r->query, "", "not now");
}

static void redirect(request *r, const char *rest) {
  char location[4200] = "Location: ", status[20];
  snprintf(status, sizeof status, "%.3s Moved", rest);
  for (const char *at = rest + 4; *at; at++) {
    size_t used = strlen(location);
    int port = !strncmp(at, "@plain@", 7) ? PLAIN : !strncmp(at, "@tls@", 5) ? TLS : KINDS;
    if (port == KINDS) snprintf(location + used, sizeof location - used, "%c", *at);
    else snprintf(location + used, sizeof location - used, "%d", ports[port]);
    if (port != KINDS) at += port == PLAIN ? 6 : 4;
  }
  if (*r->query) snprintf(location + strlen(location), sizeof location - strlen(location), "?%s", r->query);
  strncat(location, "\r\n", sizeof location - strlen(location) - 1);
  answer(r, status, location, "");
}

static void send_file(request *r, const char *name) {
  char path[4500], chunk[65536];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  off_t size = lseek(fd, 0, SEEK_END);
  lseek(fd, 0, SEEK_SET);
  say(&r->wire, "HTTP/1.1 200 OK\r\n%sContent-Length: %lld\r\nConnection: close\r\n\r\n",
      strcmp(r->query, "gzip") ? "" : "Content-Encoding: gzip\r\n", (long long)size);
  ssize_t got;
  while ((got = read(fd, chunk, sizeof chunk)) > 0 && wire_write(&r->wire, chunk, (size_t)got)) continue;
  close(fd);
}

/* What was asked, for a test that looks at it. */
static void note(const request *r) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  char path[4500];
  snprintf(path, sizeof path, "%s/requests", folder);
  pthread_mutex_lock(&lock);
  FILE *file = fopen(path, "a");
  if (file) {
    fprintf(file, "%s%s\n", r->head, r->body);
    fclose(file);
  }
  pthread_mutex_unlock(&lock);
}

static void prepared(request *r, const char *rest) {
  char name[4200], path[9000], chunk[65536];
  snprintf(name, sizeof name, "%s_%s", r->method, rest);
  for (char *c = name; *c; c++)
    if (*c == '/') *c = '_';
  snprintf(path, sizeof path, "%s/prepared/%s", folder, name);
  note(r);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) answer(r, "404 Not Found", "", "");
  ssize_t got;
  while (fd >= 0 && (got = read(fd, chunk, sizeof chunk)) > 0 && wire_write(&r->wire, chunk, (size_t)got)) continue;
  if (fd >= 0) close(fd);
}

/* One line over and over, `pause` microseconds apart, until the other side has gone. */
static void repeat(request *r, const char *first, const char *line, useconds_t pause) {
  say(&r->wire, "%s", first);
  for (int i = 0; i < 1000000 && say(&r->wire, "%s", line); i++) usleep(pause);
}

static void misbehave(request *r, const char *how) {
  wire *w = &r->wire;
  char much[10001] = "";
  memset(much, 'x', sizeof much - 1);
  if (!strcmp(how, "truncated")) say(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\":");
  else if (!strcmp(how, "chunks")) say(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"ha\r\n40\r\nl");
  else if (!strcmp(how, "reset")) reset(r);
  else if (!strcmp(how, "slow")) sleep(30);
  else if (!strcmp(how, "loris")) repeat(r, "HTTP/1.1 200 OK\r\n", "X: y\r\n", 50000);
  else if (!strcmp(how, "drip")) repeat(r, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", "x", 50000);
  else if (!strcmp(how, "heads")) repeat(r, "HTTP/1.1 200 OK\r\n", "X-Filler: abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz\r\n", 0);
  else if (!strcmp(how, "endless")) repeat(r, "HTTP/1.1 200 OK\r\n\r\n", much, 0);
  else if (!strcmp(how, "loop")) answer(r, "302 Found", "Location: /loop\r\n", "");
  else if (!strcmp(how, "nonsense")) say(w, "no HTTP at all\r\n\r\n");
  else if (strcmp(how, "empty") != 0) answer(r, "404 Not Found", "", "there is nothing here");
}

static void kube(request *r, const char *path) {
  kube_request *k = calloc(1, sizeof *k);
  if (!k) return;
  *k = (kube_request){.folder = folder,
                      .path = path,
                      .query = r->query,
                      .head = r->head,
                      .certificate = r->wire.tls && SSL_get0_peer_certificate(r->wire.tls) != NULL};
  const char *status = kube_answer(k);
  answer(r, status, "Content-Type: application/json\r\nCache-Control: no-cache, private\r\n", k->body);
  free(k);
}

static const char *behind(const char *path, const char *start) {
  size_t len = strlen(start);
  return strncmp(path, start, len) ? NULL : path + len;
}

static void serve(request *r) {
  const char *rest;
  char status[300], headers[4096];
  if (!strcmp(r->path, "/json")) answer(r, "200 OK", "Content-Type: application/json\r\n", "{\"a\": {\"b\": [1, 2, \"three\"]}}");
  else if (!strcmp(r->path, "/html")) answer(r, "200 OK", "Content-Type: text/html\r\n", "<html>a: b</html>");
  else if (!strcmp(r->path, "/half")) answer(r, "200 OK", "Content-Type: application/json\r\n", "{\"a\": ");
  else if (!strcmp(r->path, "/echo")) echo(r);
  else if ((rest = behind(r->path, "/kube/"))) kube(r, rest);
  else if (behind(r->path, "/api")) kube(r, r->path + 1);
  else if ((rest = behind(r->path, "/file/"))) send_file(r, rest);
  else if ((rest = behind(r->path, "/prepared/"))) prepared(r, rest);
  else if ((rest = behind(r->path, "/count/"))) count_answer(r, rest);
  else if ((rest = behind(r->path, "/flaky/"))) flaky(r, rest);
  else if ((rest = behind(r->path, "/to/"))) redirect(r, rest);
  else if ((rest = behind(r->path, "/busy/"))) {
    if (server_count(rest) == 1) answer(r, "429 Too Many Requests", "Retry-After: 1\r\n", "later");
    else answer(r, "200 OK", "", "now");
  } else if ((rest = behind(r->path, "/status/"))) {
    snprintf(status, sizeof status, "%.200s As Asked", rest);
    headers_of(r, headers, sizeof headers);
    answer(r, status, headers, "{\"errors\": [\"as you wish\"]}");
  } else misbehave(r, r->path + 1);
}

/* Reads a request with its body. */
static bool take(request *r) {
  size_t len = 0;
  char *end = NULL;
  while (!end && len < sizeof r->head - 1) {
    int got = wire_read(&r->wire, r->head + len, sizeof r->head - 1 - len);
    if (got <= 0 || r->head[0] < 'A') return false; /* that is no HTTP */
    len += (size_t)got;
    r->head[len] = '\0';
    end = strstr(r->head, "\r\n\r\n");
  }
  if (!end || sscanf(r->head, "%15s %4095s", r->method, r->path) != 2) return false;
  r->body_len = len - (size_t)(end + 4 - r->head);
  memcpy(r->body, end + 4, r->body_len);
  end[2] = '\0';
  const char *length = strcasestr(r->head, "content-length: ");
  size_t wanted = length ? strtoul(length + 16, NULL, 10) : 0;
  while (r->body_len < wanted && r->body_len < sizeof r->body - 1) {
    int got = wire_read(&r->wire, r->body + r->body_len, sizeof r->body - 1 - r->body_len);
    if (got <= 0) return false;
    r->body_len += (size_t)got;
  }
  r->body[r->body_len] = '\0';
  char *path = strncmp(r->path, "http://", 7) ? NULL : strchr(r->path + 7, '/'); /* as a proxy is asked */
  if (path) memmove(r->path, path, strlen(path) + 1);
  char *query = strchr(r->path, '?');
  if (query) {
    snprintf(r->query, sizeof r->query, "%s", query + 1);
    *query = '\0';
  }
  return true;
}

static void *attend(void *at) {
  request *r = at;
  if (!r->wire.tls || SSL_accept(r->wire.tls) == 1) {
    if (take(r)) serve(r);
    if (r->wire.tls) SSL_shutdown(r->wire.tls);
  }
  SSL_free(r->wire.tls);
  close(r->wire.fd);
  free(r);
  return NULL;
}

static int listen_on(int *port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 256) || getsockname(fd, (struct sockaddr *)&at, &len)) return -1;
  *port = ntohs(at.sin_port);
  return fd;
}

typedef struct door {
  int fd, kind;
} door;

static void *attend_door(void *at) {
  const door *d = at;
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  for (;;) {
    int fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC);
    request *r = fd < 0 ? NULL : calloc(1, sizeof *r);
    if (!r) continue;
    r->wire.fd = fd;
    if (contexts[d->kind]) {
      r->wire.tls = SSL_new(contexts[d->kind]);
      SSL_set_fd(r->wire.tls, fd);
    }
    pthread_t thread;
    if (pthread_create(&thread, &detached, attend, r)) close(fd);
  }
  return NULL;
}

static bool write_ports(void) {
  char path[4200], whole[4200];
  snprintf(path, sizeof path, "%s/ports.new", folder);
  snprintf(whole, sizeof whole, "%s/ports", folder);
  FILE *file = fopen(path, "w");
  if (!file) return false;
  fprintf(file, "plain=%d\ntls=%d\nmutual=%d\n", ports[PLAIN], ports[TLS], ports[MUTUAL]);
  return fclose(file) == 0 && rename(path, whole) == 0;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  static door doors[KINDS];
  signal(SIGPIPE, SIG_IGN);
  folder = argv[1];
  contexts[TLS] = tls_context(folder, false);
  contexts[MUTUAL] = tls_context(folder, true);
  if (!contexts[TLS] || !contexts[MUTUAL]) return 1;
  for (int i = 0; i < KINDS; i++) {
    pthread_t thread;
    doors[i] = (door){listen_on(&ports[i]), i};
    if (doors[i].fd < 0 || pthread_create(&thread, NULL, attend_door, &doors[i])) return 1;
  }
  if (!write_ports()) return 1;
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0 || errno == EINTR) continue;
  return 0;
}
