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

enum { GLANCE = 250 }; /* milliseconds between looks at the clock while nothing is on it */

void process_complain(const watch *w, const char *id, const char *message) {
  char line[512];
  bool json = w && atomic_load(&w->ndjson);
  const char *format = json ? "{\"rule\":\"%s\",\"severity\":\"error\",\"message\":\"%s\"}\n" : "moonstep: error[%s]: %s\n";
  int len = snprintf(line, sizeof line, format, id, message);
  if (len > 0) files_write_all(STDERR_FILENO, line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1);
}

/* A shell may start the tool with one of the three streams closed; a file opened later must not end up there. What stands in
 * its place can be neither read nor written. */
static void fill_standard_streams(void) {
  int fd;
  do fd = open("/dev/null", O_PATH | O_CLOEXEC);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) close(fd);
}

/* The stage's name as it may stand in a message: nothing that a terminal or JSON would take for more than text. */
static void copy_stage(char *out, size_t room, const char *stage) {
  size_t n = 0;
  for (; stage[n] && n + 1 < room; n++) out[n] = (unsigned char)stage[n] < 0x20 || strchr("\"\\\x7f", stage[n]) ? '?' : stage[n];
  out[n] = '\0';
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

static int conclude(const watch *w, int status, bool late, int out) {
  char message[400], stage[sizeof w->stage];
  copy_stage(stage, sizeof stage, w->stage);
  if (late) {
    snprintf(message, sizeof message, "%s took more than %.1f s of wall clock and was ended", stage, atomic_load(&w->limit) / 1000.0);
    process_complain(w, "time-limit", message);
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

/* Ends the loader without running what the parent registered for its own end. */
static _Noreturn void leave(int status) {
#ifdef MOONSTEP_COVERAGE
  extern void __gcov_dump(void);
  __gcov_dump();
#endif
  _exit(status);
}

int process_run(loader_main *loader, int argc, char **argv) {
  fill_standard_streams();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_DFL); /* who starts us may ignore it, and then a child that ended leaves nothing to wait for */
  signal(SIGXFSZ, SIG_IGN);
  watch *w = mmap(NULL, sizeof *w, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int out = memfd_create("moonstep-output", MFD_CLOEXEC);
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
    leave(loader(argc, argv, w, out));
  }
  int status = 0;
  bool late = false;
  wait_for_child(child, w, &status, &late);
  return conclude(w, status, late, out);
}
