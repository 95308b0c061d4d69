/* A server that answers as scripts say, over plain HTTP on loopback: for what an API server does seldom and at the worst moment.
 *
 *   scripted FOLDER     writes its port to FOLDER/port; ends when its standard input does
 *
 * A request for /NAME/… is answered by FOLDER/NAME.script, and noted in FOLDER/NAME.log as "METHOD path?query", with its body behind it. A script
 * is a list of answers; the first that was not given yet and fits is given:
 *
 *   > GET /api/v1/pods watch=true !limit    the method, the path, words that the query holds, or does not hold
 *   > PATCH …                               one that begins with >> can be given again and again
 *   200                                     the status
 *   retry-after: 1                          headers
 *   | text                                  a line of the body
 *   ^ text                                  text of the body without a line end
 *   ~ 100                                   milliseconds without a byte
 *   cut                                     breaks the connection off; without it, the body ends as it should
 *   down 300                                the server cannot be reached for so many milliseconds; stands behind the body
 *
 * What fits nothing is answered with 599.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 1 << 20, MOST_GIVEN = 4096 };

static const char *folder;
static int listener = -1;
static unsigned short port;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Answers that were given: a hash of the script's name, and the line on which the answer begins. */
static struct {
  char name[100];
  int line;
} given[MOST_GIVEN];
static int given_count;

static int listen_on(unsigned short wanted) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(wanted), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t len = sizeof at;
  if (bind(fd, (struct sockaddr *)&at, len) || listen(fd, 64) || getsockname(fd, (struct sockaddr *)&at, &len)) return -1;
  port = ntohs(at.sin_port);
  return fd;
}

static void wait_for(int milliseconds) { usleep((useconds_t)milliseconds * 1000); }

static bool was_given(const char *name, int line) {
  for (int i = 0; i < given_count; i++)
    if (given[i].line == line && !strcmp(given[i].name, name)) return true;
  return false;
}

/* Whether a line "> GET /path words…" fits the request. */
static bool fits(char *line, const char *method, const char *path, const char *query) {
  char *rest, *word = strtok_r(line, " >", &rest);
  if (!word || strcmp(word, method) != 0) return false;
  word = strtok_r(NULL, " ", &rest);
  if (!word || strcmp(word, path) != 0) return false;
  while ((word = strtok_r(NULL, " ", &rest))) {
    bool absent = *word == '!';
    if ((strstr(query, word + absent) != NULL) == absent) return false;
  }
  return true;
}

static char *next_line(FILE *file, char *line) {
  if (!fgets(line, ROOM, file)) return NULL;
  line[strcspn(line, "\n")] = '\0';
  return line;
}

/* Goes to the answer that fits; false when there is none. */
static bool find(FILE *file, const char *name, const char *method, const char *path, const char *query, char *line) {
  for (int number = 1; next_line(file, line); number++) {
    bool again = !strncmp(line, ">>", 2);
    if (*line != '>' || (!again && was_given(name, number)) || !fits(line, method, path, query)) continue;
    if (!again && given_count < MOST_GIVEN) {
      snprintf(given[given_count].name, sizeof given->name, "%s", name);
      given[given_count++].line = number;
    }
    return true;
  }
  return false;
}

static void chunk(int fd, const char *text, const char *end) {
  size_t len = strlen(text) + strlen(end);
  if (len) dprintf(fd, "%zx\r\n%s%s\r\n", len, text, end);
}

/* Cannot be reached any more. */
static int go_down(const char *milliseconds) {
  int old = listener;
  listener = -1;
  shutdown(old, SHUT_RDWR);
  close(old);
  return atoi(milliseconds);
}

/* Begins or goes on with the body; `begun` is whether the head was sent. */
static void begin_body(int fd, bool *begun) {
  if (!*begun) dprintf(fd, "transfer-encoding: chunked\r\n\r\n");
  *begun = true;
}

static void give(int fd, FILE *file, char *line, int *down) {
  bool begun = false, cut = false;
  dprintf(fd, "HTTP/1.1 %s Scripted\r\ncontent-type: application/json\r\nconnection: close\r\n", next_line(file, line) ? line : "599");
  while (next_line(file, line) && *line && *line != '>') {
    if (*line == '|' || *line == '^') {
      begin_body(fd, &begun);
      chunk(fd, line + 2, *line == '|' ? "\n" : "");
    } else if (*line == '~') {
      begin_body(fd, &begun);
      wait_for(atoi(line + 1));
    } else if (!strcmp(line, "cut")) cut = true;
    else if (!strncmp(line, "down ", 5)) *down = go_down(line + 5);
    else dprintf(fd, "%s\r\n", line);
  }
  begin_body(fd, &begun);
  if (!cut) dprintf(fd, "0\r\n\r\n");
}

static void note(const char *name, const char *method, const char *path, const char *query, const char *body) {
  char at[4200];
  snprintf(at, sizeof at, "%s/%s.log", folder, name);
  FILE *log = fopen(at, "a");
  if (log) {
    fprintf(log, "%s %s%s%s%s%s\n", method, path, *query ? "?" : "", query, *body ? " " : "", body);
    fclose(log);
  }
}

static void answer(int fd, char *request, const char *body) {
  char *rest, *method = strtok_r(request, " ", &rest), *url = strtok_r(NULL, " ", &rest), at[4200], name[100];
  if (!method || !url || *url != '/') return;
  char *query = strchr(url, '?');
  if (query) *query++ = '\0';
  else query = url + strlen(url);
  char *path = strchr(url + 1, '/');
  if (!path) return;
  snprintf(name, sizeof name, "%.*s", (int)(path - url - 1), url + 1);
  snprintf(at, sizeof at, "%s/%s.script", folder, name);
  char *line = malloc(ROOM);
  int down = 0;
  pthread_mutex_lock(&lock);
  note(name, method, path, query, body);
  FILE *file = fopen(at, "r");
  bool found = file && find(file, name, method, path, query, line);
  pthread_mutex_unlock(&lock);
  if (found) give(fd, file, line, &down);
  else dprintf(fd, "HTTP/1.1 599 Unscripted\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  if (file) fclose(file);
  free(line);
  shutdown(fd, SHUT_WR);
  if (!down) return;
  wait_for(down);
  listener = listen_on(port);
}

/* Reads a request to its end: the head, and as much of a body as it says. */
static void *serve(void *arg) {
  int fd = (int)(long)arg;
  char *text = calloc(1, ROOM), *head_end = NULL;
  size_t len = 0, wanted = 0;
  ssize_t n;
  while ((n = read(fd, text + len, ROOM - 1 - len)) > 0) {
    len += (size_t)n;
    head_end = strstr(text, "\r\n\r\n");
    if (!head_end) continue;
    char *length = strcasestr(text, "content-length:");
    wanted = length && length < head_end ? (size_t)atol(length + 15) : 0;
    if (len >= (size_t)(head_end + 4 - text) + wanted) break;
  }
  if (head_end) {
    *head_end = '\0';
    answer(fd, text, head_end + 4);
  }
  close(fd);
  free(text);
  return NULL;
}

static void *wait_for_end(void *unused) {
  char c;
  while (read(STDIN_FILENO, &c, 1) > 0) {}
  _exit(0);
  return unused;
}

int main(int argc, char **argv) {
  pthread_t thread;
  char path[4200];
  if (argc != 2) return 2;
  folder = argv[1];
  signal(SIGPIPE, SIG_IGN);
  listener = listen_on(0);
  snprintf(path, sizeof path, "%s/port", folder);
  FILE *file = fopen(path, "w");
  if (listener < 0 || !file) return 1;
  fprintf(file, "%d\n", port);
  fclose(file);
  pthread_create(&thread, NULL, wait_for_end, NULL);
  while (true) {
    int fd = listener < 0 ? -1 : accept(listener, NULL, NULL);
    if (fd < 0) {
      wait_for(5);
      continue;
    }
    if (pthread_create(&thread, NULL, serve, (void *)(long)fd)) return 1;
    pthread_detach(thread);
  }
}
