#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/files.h"
#include "host/prompt.h"

enum { GLANCE = 250 }; /* milliseconds between looks at the clock while nothing is on it */

/* A complaint; `file` and `hint` may be empty. All are words that a terminal and JSON take for nothing but text. */
typedef struct complaint {
  const char *id, *file, *message, *hint;
} complaint;

static int as_json(char *line, size_t room, const complaint *c) {
  bool file = *c->file, hint = *c->hint;
  return snprintf(line, room, "{\"rule\":\"%s\",\"severity\":\"error\",\"message\":\"%s\"%s%s%s%s%s%s}\n", c->id, c->message,
                  file ? ",\"file\":\"" : "", c->file, file ? "\"" : "", hint ? ",\"hint\":\"" : "", c->hint, hint ? "\"" : "");
}

static int as_text(char *line, size_t room, const complaint *c) {
  return snprintf(line, room, "%s: error[%s]: %s\n%s%s%s", *c->file ? c->file : "moonstep", c->id, c->message, *c->hint ? "      " : "",
                  c->hint, *c->hint ? "\n" : "");
}

static void complain(const watch *w, const complaint *c) {
  char line[1200];
  int len = w && atomic_load(&w->ndjson) ? as_json(line, sizeof line, c) : as_text(line, sizeof line, c);
  if (len > 0) files_write_all(STDERR_FILENO, line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1);
}

void process_complain(const watch *w, const char *id, const char *message) { complain(w, &(complaint){id, "", message, ""}); }

/* A shell may start the tool with one of the three streams closed; a file opened later must not end up there. What stands in
 * its place can be neither read nor written. */
static void fill_standard_streams(void) {
  int fd;
  do fd = open("/dev/null", O_PATH | O_CLOEXEC);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) close(fd);
}

/* Words of the loader's as they may stand in a message: nothing that a terminal or JSON would take for more than text, and no
 * half of a character at the end. */
static void copy_words(char *out, size_t room, const char *words) {
  size_t n = 0;
  for (; words[n] && n + 1 < room; n++) {
    unsigned char c = (unsigned char)words[n], before = n ? (unsigned char)words[n - 1] : 0;
    out[n] = c < 0x20 || c == 0x7f || c == '"' || c == '\\' || (before == 0xC2 && c < 0xA0) ? '?' : words[n];
    if (out[n] == '?' && before == 0xC2) out[n - 1] = '?';
  }
  out[n] = '\0';
  if (n + 1 < room) return;
  while (n && ((unsigned char)out[n - 1] & 0xC0) == 0x80) out[--n] = '\0';
  if (n && (unsigned char)out[n - 1] >= 0xC0) out[n - 1] = '\0';
}

static void wait_for_child(pid_t child, watch *w, int *status, bool *late) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  while (waitpid(child, status, WNOHANG) != child) {
    int64_t left = watch_left(w);
    if (left < 0 && !*late) {
      *late = true;
      kill(child, SIGKILL);
    }
    int64_t pause = left < 0 || left > GLANCE ? GLANCE : left + 1;
    struct timespec t = {pause / 1000, pause % 1000 * 1000000};
    sigtimedwait(&set, NULL, &t);
  }
}

/* Copies the loader's output to standard output. A reader that went away is no error: it has seen enough. */
static bool deliver(int out) {
  off_t size = lseek(out, 0, SEEK_END);
  if (size <= 0) return true;
  const char *bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, out, 0);
  if (bytes == MAP_FAILED) return false;
  bool ok = files_write_all(STDOUT_FILENO, bytes, (size_t)size);
  int error = errno;
  munmap((void *)bytes, (size_t)size);
  errno = error;
  return ok || error == EPIPE;
}

enum { ORPHANS_WAIT = 500 }; /* milliseconds */

/* What the loader started and did not wait for, such as a broker (host/broker.h), is ours when it is gone. It ends by itself, at once, or is
 * meant to stay. */
static void reap_orphans(void) {
  uint64_t deadline = watch_now() + (uint64_t)ORPHANS_WAIT * 1000000;
  struct timespec pause = {0, 1000000};
  pid_t reaped;
  while ((reaped = waitpid(-1, NULL, WNOHANG)) >= 0 && watch_now() < deadline)
    if (!reaped) nanosleep(&pause, NULL);
}

static void complain_of_time(const watch *w, const char *stage) {
  char message[400], hint[80] = "", file[sizeof w->file];
  uint32_t allowed = atomic_load(&w->allowed), limit = allowed ? allowed : atomic_load(&w->limit);
  copy_words(file, sizeof file, w->file);
  snprintf(message, sizeof message, "%s took more than %.1f s of wall clock and was ended", stage, limit / 1000.0);
  if (*file) snprintf(hint, sizeof hint, "limits: {wall: %us} in moonstep.yaml would allow twice as much", (2 * limit + 999) / 1000);
  complain(w, &(complaint){"time-limit", file, message, hint});
}

static int conclude(const watch *w, int status, bool late, int out) {
  char message[400], stage[sizeof w->stage];
  copy_words(stage, sizeof stage, w->stage);
  if (late) {
    complain_of_time(w, stage);
    return EXIT_TROUBLE;
  }
  if (!WIFEXITED(status)) {
    bool busy = atomic_load(&w->started) != 0;
    snprintf(message, sizeof message, "the loader was ended by signal %d (%s)%s%s", WTERMSIG(status), strsignal(WTERMSIG(status)),
             busy ? " while it worked on " : "", busy ? stage : "");
    process_complain(w, "crashed", message);
    return EXIT_TROUBLE;
  }
  if (!deliver(out)) {
    snprintf(message, sizeof message, "cannot write to standard output: %s", strerror(errno));
    process_complain(w, "output", message);
    return EXIT_TROUBLE;
  }
  return WEXITSTATUS(status);
}

void process_leave(int status) {
#ifdef MOONSTEP_COVERAGE
  extern void __gcov_dump(void);
  __gcov_dump();
#endif
#ifdef __SANITIZE_ADDRESS__
  extern void __lsan_do_leak_check(void);
  __lsan_do_leak_check();
#endif
  _exit(status);
}

/* Signals have no userdata. */
static watch *watched;
static pid_t watched_child;
static volatile uint64_t passed_on; /* when; 0: not yet */

enum { SAME_INTERRUPT = 1000 }; /* milliseconds in which several signals are one: timeout(1) sends two */

/* A terminal's interrupt reaches both processes. While the loader is at a prompt it is no reason to end; nor, the first time, during a batch. */
static void interrupt(int sig) {
  if (sig == SIGINT && atomic_load(&watched->prompt)) return;
  if (atomic_load(&watched->batch) && !passed_on) {
    passed_on = watch_now();
    kill(watched_child, SIGTERM);
    return;
  }
  if (passed_on && watch_now() - passed_on < (uint64_t)SAME_INTERRUPT * 1000000) return;
  signal(sig, SIG_DFL);
  raise(sig);
}

/* Who started us may want a signal ignored; then it is. */
static void listen_for(int sig) {
  struct sigaction now, ours = {.sa_handler = interrupt};
  sigemptyset(&ours.sa_mask);
  if (sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_DFL) sigaction(sig, &ours, NULL);
}

static void listen_for_interrupts(watch *w, pid_t child) {
  watched = w;
  watched_child = child;
  listen_for(SIGINT);
  listen_for(SIGTERM);
}

int process_run(loader_main *loader, int argc, char **argv) {
  fill_standard_streams();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_DFL); /* who starts us may ignore it, and then a child that ended leaves nothing to wait for */
  signal(SIGXFSZ, SIG_IGN);
  watch *w = mmap(NULL, sizeof *w, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int out = memfd_create("moonstep-output", MFD_CLOEXEC);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, &before);
  pid_t parent = getpid(), child = w == MAP_FAILED || out < 0 ? -1 : fork();
  if (child < 0) {
    char message[200];
    snprintf(message, sizeof message, "cannot start the loader: %s", strerror(errno));
    process_complain(NULL, "system", message);
    return EXIT_TROUBLE;
  }
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_TROUBLE); /* the parent was gone before it could take us along */
    sigprocmask(SIG_SETMASK, &before, NULL);
    process_leave(loader(argc, argv, w, out));
  }
  int status = 0;
  bool late = false;
  listen_for_interrupts(w, child);
  wait_for_child(child, w, &status, &late);
  prompt_restore(w);
  int result = conclude(w, status, late, out);
  reap_orphans();
  return result;
}
