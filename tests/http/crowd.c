/* crowd MILLISECONDS: an HTTP server on 127.0.0.1 that many may ask at a time, which ends when its standard input does. It prints its port and
 * keeps connections open. Every answer comes so many milliseconds after its request:
 *
 *   /status/CODE/…    a status with a few words
 *   /stats            at once: how often all others were asked, how many of them at a time at most, and over how many connections
 *   /…                1 KiB of text that begins with the path
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4096 /* descriptors */, ROOM = 4096, BODY = 1024 };

typedef struct client {
  char head[ROOM];
  size_t len;
  double due; /* milliseconds; 0 while no answer is owed */
  int next;   /* who is owed the answer after this one's: all are owed theirs in the order of their requests */
} client;

static client clients[MOST];
static int first, last; /* descriptors, 0 for none: that is the standard input */
static struct { long requests, at_once, most, connections; } stats;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void send_all(int fd, const char *bytes, size_t len) {
  while (len) {
    ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes += sent;
    len -= (size_t)sent;
  }
}

static void answer(int fd) {
  client *c = &clients[fd];
  char path[512] = "", body[BODY + 1], out[ROOM];
  int code = 200;
  sscanf(c->head, "%*s %511s", path);
  if (!strcmp(path, "/stats"))
    snprintf(body, sizeof body, "{\"requests\": %ld, \"most\": %ld, \"connections\": %ld}", stats.requests, stats.most, stats.connections);
  else if (sscanf(path, "/status/%d", &code) == 1) snprintf(body, sizeof body, "as you wish");
  else snprintf(body, sizeof body, "%s %0*d", path, (int)(BODY - 1 - strlen(path)), 0);
  int len = snprintf(out, sizeof out, "HTTP/1.1 %d As Asked\r\nContent-Length: %zu\r\n\r\n%s", code, strlen(body), body);
  c->len = 0;
  send_all(fd, out, (size_t)len);
}

static void owe(int fd, double latency) {
  clients[fd].due = now() + latency;
  clients[fd].next = 0;
  if (last) clients[last].next = fd;
  else first = fd;
  last = fd;
  stats.requests++;
  if (++stats.at_once > stats.most) stats.most = stats.at_once;
}

static void pay(void) {
  while (first && clients[first].due <= now()) {
    int fd = first;
    first = clients[fd].next;
    if (!first) last = 0;
    clients[fd].due = 0;
    stats.at_once--;
    answer(fd);
  }
}

/* Who goes away while an answer is owed stays until that is sent. */
static void hear(int poll, int fd, double latency) {
  client *c = &clients[fd];
  ssize_t got = recv(fd, c->head + c->len, sizeof c->head - 1 - c->len, 0);
  if (got <= 0) {
    if (c->due > 0) epoll_ctl(poll, EPOLL_CTL_DEL, fd, NULL);
    else close(fd);
    return;
  }
  c->len += (size_t)got;
  c->head[c->len] = '\0';
  if (!strstr(c->head, "\r\n\r\n")) return;
  if (strstr(c->head, " /stats ")) answer(fd);
  else owe(fd, latency);
}

static void watch_one(int poll, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

static void welcome(int poll, int door) {
  int fd = accept4(door, NULL, NULL, SOCK_CLOEXEC), on = 1;
  if (fd < 0) return;
  if (fd >= MOST) {
    close(fd);
    return;
  }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  clients[fd].len = 0;
  stats.connections++;
  watch_one(poll, fd);
}

static int open_door(void) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 1024) || getsockname(fd, (struct sockaddr *)&at, &len)) return -1;
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  return fd;
}

int main(int argc, char **argv) {
  double latency = argc == 2 ? strtod(argv[1], NULL) : 0;
  int poll = epoll_create1(EPOLL_CLOEXEC), door = open_door();
  if (poll < 0 || door < 0) return 1;
  watch_one(poll, door);
  watch_one(poll, STDIN_FILENO);
  for (;;) {
    struct epoll_event events[256];
    double wait = first ? clients[first].due - now() : 1000;
    int count = epoll_wait(poll, events, 256, wait > 0 ? (int)wait + (first ? 1 : 0) : 0);
    char byte;
    for (int i = 0; i < count; i++)
      if (events[i].data.fd == door) welcome(poll, door);
      else if (events[i].data.fd != STDIN_FILENO) hear(poll, events[i].data.fd, latency);
      else if (read(STDIN_FILENO, &byte, 1) <= 0) return 0;
    pay();
  }
}
