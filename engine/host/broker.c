#include "host/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/files.h"
#include "host/watch.h"

/* Milliseconds between looks at a command that prints nothing, where its end wakes nobody, and where it does. */
enum { GLANCE = 5, SLOW_GLANCE = 1000 };

/* What stands in front of an answer in the pipe. */
typedef struct header {
  int outcome, code;
  size_t out, err;
} header;

struct broker {
  pid_t process;
  int ask, answer; /* pipes */
  bool asked;
  buf received;
};

/* A request, in front of its strings. */
typedef struct request {
  size_t len;
  int arguments, variables, limit;
  bool last;
} request;

enum { MOST_REQUEST = 2 << 20, MOST_LAST = 8 };

/* --- the command ------------------------------------------------------------------------------------------------------ */

typedef struct run {
  pid_t process;
  int out, err, started; /* pipes; nothing comes out of `started` but errno where the command could not be */
  broker_answer answer;
} run;

static void close_open(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* The environment with the variables set: an array that lives until the process ends. */
static const char **environment_with(const char *const *variables) {
  extern char **environ;
  size_t count = 0, more = 0, kept = 0;
  while (environ[count]) count++;
  while (variables[more]) more++;
  const char **all = malloc((count + more + 1) * sizeof *all);
  if (!all) return NULL;
  for (size_t i = 0; i < count; i++) {
    size_t name = strcspn(environ[i], "=");
    bool replaced = false;
    for (size_t j = 0; j < more; j++) replaced = replaced || (!strncmp(environ[i], variables[j], name) && variables[j][name] == '=');
    if (!replaced) all[kept++] = environ[i];
  }
  memcpy(all + kept, variables, (more + 1) * sizeof *all);
  return all;
}

/* In the command's process. What the tool ignores, the command need not. */
static _Noreturn void become(const broker_command *command, int out, int err, int started) {
  sigset_t none;
  sigemptyset(&none);
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  const char **environment = environment_with(command->variables);
  if (environment && dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0)
    execvpe(command->arguments[0], (char *const *)command->arguments, (char *const *)environment);
  int error = environment ? errno : ENOMEM;
  files_write_all(started, (const char *)&error, sizeof error);
  _exit(127);
}

static bool begin(run *r, const broker_command *command) {
  int pipes[3][2];
  int made = 0;
  while (made < 3 && pipe2(pipes[made], O_CLOEXEC) == 0) made++;
  r->process = made == 3 ? fork() : -1;
  if (r->process == 0) become(command, pipes[0][1], pipes[1][1], pipes[2][1]);
  int error = errno;
  for (int i = 0; i < made; i++) {
    close(pipes[i][1]);
    if (r->process < 0) close(pipes[i][0]);
    else fcntl(pipes[i][0], F_SETFL, O_NONBLOCK);
  }
  if (r->process < 0) {
    r->answer.outcome = BROKER_NOT_STARTED;
    r->answer.code = error;
    return false;
  }
  setpgid(r->process, r->process);
  r->out = pipes[0][0], r->err = pipes[1][0], r->started = pipes[2][0];
  return true;
}

/* Takes what is there to be read; closes the pipe at its end. Beyond `most` bytes it is dropped, or with `wait` left for later. */
static void drain(int *fd, buf *into, size_t most, bool wait) {
  char bytes[4096];
  while (*fd >= 0 && !(wait && into->len + sizeof bytes > most)) {
    ssize_t got = read(*fd, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) close_open(fd);
    else buf_add(into, bytes, into->len + (size_t)got <= most ? (size_t)got : most - into->len);
  }
}

/* A byte more than it may print is one too many. What is given on as it comes is taken in pieces, which are larger than what a pipe holds: the
 * last one takes all that a command that has ended left there. */
static void take_output(run *r, bool pieces) {
  drain(&r->out, &r->answer.out, BROKER_MOST_OUTPUT + 1, pieces);
  drain(&r->err, &r->answer.err, pieces ? BROKER_MOST_OUTPUT : BROKER_MOST_ERRORS, pieces);
}

static bool has_ended(const run *r) {
  siginfo_t info = {0};
  return waitid(P_PID, (id_t)r->process, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == r->process;
}

/* Ends the command and what it started. It is waited for last: until then its number, and its group's, are nobody else's. */
static void end_command(run *r) {
  int status = 0, error;
  kill(-r->process, SIGKILL);
  kill(r->process, SIGKILL);
  while (waitpid(r->process, &status, 0) < 0 && errno == EINTR) continue;
  if (r->answer.outcome == BROKER_ENDED) r->answer.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (read(r->started, &error, sizeof error) == (ssize_t)sizeof error) {
    r->answer.outcome = BROKER_NOT_STARTED;
    r->answer.code = error;
  }
}

static bool send_answer(int fd, broker_answer *a);

/* Gives on what was printed so far. False when nobody is there to take it. */
static bool pass_on(run *r, int answer) {
  broker_answer some = {BROKER_RUNNING, 0, r->answer.out, r->answer.err};
  bool sent = (!some.out.len && !some.err.len) || send_answer(answer, &some);
  r->answer.out.len = r->answer.err.len = 0;
  return sent;
}

/* Waits until the command has ended, or must: a process whose end can be waited for need not be looked at again and again. False when nobody is
 * there any more to be told. `answer` is -1 when the output is told at the end. */
static bool attend(run *r, int ask, int answer, int limit) {
  uint64_t deadline = watch_now() + (uint64_t)limit * 1000000;
  int end = pidfd_open(r->process, 0);
  bool told = true;
  while (told && !has_ended(r)) {
    struct pollfd polled[] = {
        {.fd = r->out, .events = POLLIN}, {.fd = r->err, .events = POLLIN}, {.fd = ask}, {.fd = end, .events = POLLIN}};
    poll(polled, 4, end < 0 ? GLANCE : SLOW_GLANCE);
    take_output(r, answer >= 0);
    if (polled[2].revents & (POLLHUP | POLLERR)) told = false;
    else if (answer >= 0) told = pass_on(r, answer);
    else if (r->answer.out.len > BROKER_MOST_OUTPUT) r->answer.outcome = BROKER_TOO_MUCH;
    if (limit && watch_now() > deadline) r->answer.outcome = BROKER_LATE;
    if (r->answer.outcome != BROKER_ENDED) break;
  }
  close_open(&end);
  take_output(r, answer >= 0);
  if (answer >= 0) return told && pass_on(r, answer);
  if (r->answer.out.len > BROKER_MOST_OUTPUT) r->answer.outcome = BROKER_TOO_MUCH;
  return told;
}

/* --- the broker's process --------------------------------------------------------------------------------------------- */

static bool send_answer(int fd, broker_answer *a) {
  if (a->out.failed || a->err.failed || a->outcome == BROKER_TOO_MUCH) a->out.len = 0;
  header h = {a->outcome, a->code, a->out.len, a->err.len};
  return files_write_all(fd, (const char *)&h, sizeof h) && files_write_all(fd, a->out.data, a->out.len) &&
         files_write_all(fd, a->err.data, a->err.len);
}

static bool run_command(const broker_command *command, int ask, int answer) {
  run r = {.out = -1, .err = -1, .started = -1, .answer = {.out = {.wipe = true}, .err = {.wipe = true}}};
  bool wanted = true;
  if (begin(&r, command)) {
    wanted = attend(&r, ask, command->programs ? answer : -1, command->limit);
    end_command(&r);
  }
  close_open(&r.out);
  close_open(&r.err);
  close_open(&r.started);
  bool sent = wanted && send_answer(answer, &r.answer);
  buf_free(&r.answer.out);
  buf_free(&r.answer.err);
  return sent;
}

/* Keeps nothing open but the two pipes: no output, no terminal. */
static void let_go(int ask, int answer) {
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  setsid();
  for (int fd = 0; fd <= STDERR_FILENO; fd++) dup2(nothing, fd);
  unsigned low = (unsigned)(ask < answer ? ask : answer), high = (unsigned)(ask < answer ? answer : ask);
  if (low > 3) close_range(3, low - 1, 0);
  if (high > low + 1) close_range(low + 1, high - 1, 0);
  close_range(high + 1, ~0U, 0);
}

static bool read_all(int fd, void *into, size_t len) {
  for (size_t done = 0; done < len;) {
    ssize_t got = read(fd, (char *)into + done, len - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += (size_t)got;
  }
  return true;
}

static bool is_among(const char *name, const char *const *names) {
  while (*names && strcmp(name, *names) != 0) names++;
  return *names != NULL;
}

/* A request that was read: `strings` holds the command's lists, and `bytes` what they point to. */
typedef struct asked {
  broker_command command;
  bool last;
  char *bytes;
  const char **strings;
} asked;

static void free_asked(asked *a) {
  free(a->bytes);
  free((void *)a->strings);
}

/* Finds the strings, which have a NUL behind each. False when there are not as many as there should be. */
static bool find_strings(asked *a, const request *head) {
  const char *at = a->bytes, *end = a->bytes + head->len;
  size_t count = (size_t)head->arguments + (size_t)head->variables + 2, gap = (size_t)head->arguments;
  a->strings = calloc(count, sizeof *a->strings);
  if (!a->strings) return false;
  for (size_t i = 0; i + 1 < count; i++) {
    if (i == gap) continue; /* the NULL between the two lists */
    if (at >= end) return false;
    a->strings[i] = at;
    at += strlen(at) + 1;
  }
  a->command = (broker_command){.arguments = a->strings, .variables = a->strings + gap + 1, .limit = head->limit};
  return true;
}

/* False at the end, and for what no asker of ours writes. */
static bool read_request(const char *const *programs, int ask, asked *a) {
  request head;
  *a = (asked){0};
  if (!read_all(ask, &head, sizeof head) || head.len > MOST_REQUEST || head.arguments < 0 || head.variables < 0) return false;
  if ((size_t)head.arguments > head.len || (size_t)head.variables > head.len) return false;
  a->last = head.last;
  a->bytes = calloc(1, head.len + 1);
  bool ok = a->bytes && read_all(ask, a->bytes, head.len) && find_strings(a, &head);
  ok = ok && (a->strings[0] ? is_among(a->strings[0], programs) : a->last);
  if (ok) a->command.programs = programs;
  else free_asked(a);
  return ok;
}

/* Runs what was asked for, until nobody asks any more; then what was kept for that. */
static _Noreturn void serve_requests(const char *const *programs, int ask, int answer) {
  asked next, kept[MOST_LAST];
  size_t count = 0;
  bool wanted = true;
  while (wanted && read_request(programs, ask, &next)) {
    bool keep = next.last && next.command.arguments[0] && count < MOST_LAST;
    if (!next.last) wanted = run_command(&next.command, ask, answer);
    while (next.last && !next.command.arguments[0] && count) free_asked(&kept[--count]);
    if (keep) kept[count++] = next;
    else free_asked(&next);
  }
  int nobody = open("/dev/null", O_WRONLY | O_CLOEXEC);
  for (size_t i = 0; i < count; i++) run_command(&kept[i].command, nobody, nobody);
  _exit(0);
}

static _Noreturn void serve(const broker_command *command, int ask, int answer) {
  char byte;
  let_go(ask, answer);
  if (command->programs) serve_requests(command->programs, ask, answer);
  for (;;) {
    ssize_t got = read(ask, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got != 1 || !run_command(command, ask, answer)) _exit(0);
  }
}

/* --- who asks --------------------------------------------------------------------------------------------------------- */

static broker *no_broker(broker *b, diag *why) {
  diag_set(why, "system", (mark){0}, "cannot start a process: %s", strerror(errno));
  free(b);
  return NULL;
}

broker *broker_start(const broker_command *command, diag *why) {
  int ask[2], answer[2];
  broker *b = calloc(1, sizeof *b);
  if (!b) {
    diag_memory(why);
    return NULL;
  }
  if (pipe2(ask, O_CLOEXEC)) return no_broker(b, why);
  b->process = pipe2(answer, O_CLOEXEC) ? -1 : fork();
  if (b->process == 0) {
    close(ask[1]);
    close(answer[0]);
    serve(command, ask[0], answer[1]);
  }
  if (b->process < 0) return no_broker(b, why);
  close(ask[0]);
  close(answer[1]);
  b->ask = ask[1];
  b->answer = answer[0];
  b->received.wipe = true;
  fcntl(b->answer, F_SETFL, O_NONBLOCK);
  return b;
}

void broker_ask(broker *b) {
  if (!b->asked) files_write_all(b->ask, "", 1); /* one that is gone shows when the answer is read */
  b->asked = true;
}

static void add_strings(buf *bytes, const char *const *strings, int *count) {
  for (*count = 0; strings[*count]; ++*count) buf_add(bytes, strings[*count], strlen(strings[*count]) + 1);
}

void broker_request(broker *b, const broker_command *what, bool last) {
  buf bytes = {.wipe = true};
  request head = {.limit = what->limit, .last = last};
  add_strings(&bytes, what->arguments, &head.arguments);
  add_strings(&bytes, what->variables, &head.variables);
  head.len = bytes.failed ? SIZE_MAX : bytes.len; /* which no broker takes */
  files_write_all(b->ask, (const char *)&head, sizeof head);
  files_write_all(b->ask, bytes.data, bytes.len);
  buf_free(&bytes);
}

/* The first answer, once all of it was received; what was received behind it stays. */
static bool complete(broker *b, broker_answer *answer) {
  header h;
  if (b->received.len < sizeof h) return false;
  memcpy(&h, b->received.data, sizeof h);
  if (b->received.len < sizeof h + h.out + h.err) return false;
  *answer = (broker_answer){.outcome = (broker_outcome)h.outcome, .code = h.code, .out = {.wipe = true}, .err = {.wipe = true}};
  buf_add(&answer->out, b->received.data + sizeof h, h.out);
  buf_add(&answer->err, b->received.data + sizeof h + h.out, h.err);
  size_t taken = sizeof h + h.out + h.err;
  b->received.len -= taken;
  memmove(b->received.data, b->received.data + taken, b->received.len);
  return true;
}

bool broker_poll(broker *b, int milliseconds, broker_answer *answer) {
  struct pollfd polled = {.fd = b->answer, .events = POLLIN};
  bool done = complete(b, answer);
  if (!done) {
    poll(&polled, 1, milliseconds);
    int fd = b->answer;
    drain(&fd, &b->received, SIZE_MAX, false);
    done = complete(b, answer);
    if (!done && fd < 0) {
      b->answer = -1;
      *answer = (broker_answer){.outcome = BROKER_GONE};
      done = true;
    }
  }
  if (!done) return false;
  if (!b->received.len) {
    buf_free(&b->received);
    b->received.wipe = true;
  }
  if (answer->outcome != BROKER_RUNNING) b->asked = false;
  return true;
}

void broker_end(broker *b) {
  close(b->ask);
  close_open(&b->answer);
  while (waitpid(b->process, NULL, 0) < 0 && errno == EINTR) continue;
  buf_free(&b->received);
  free(b);
}
