/* faults [--all] [--stride N] [--leaks] MOONSTEP FAILMALLOC: renders with every allocation failing in turn.
 *
 * Each scenario is run once as it is and once more to count its allocations; then, for every n, with the n-th allocation
 * failing, and with all from the n-th on. Whatever fails, the tool must
 *   - do just what it does otherwise (Lua collects garbage and asks again), or
 *   - print nothing to standard output, one line about memory to standard error behind whole messages that are the usual ones,
 *     and exit with 2.
 * A signal, a hang, half an output, any other word is a bug. With --leaks, for a build that closes its Lua state, the
 * loader must also have no more blocks left at its end than it has without faults.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failmalloc.h"

extern char **environ;

enum { WORKERS = 2, PATIENCE = 20 /* seconds for a run */, SHOWN = 10, TEXT = 64 << 10, REPORT_FD = 9 };

typedef struct scenario {
  const char *name;
  unsigned stride; /* without --all, every so many allocations only */
  const char *arguments[12];
  bool findings; /* are what it prints */
} scenario;

#define CASES "tests/faults/cases/"

static const scenario scenarios[] = {
    {"the example", 1, {"render", "-f", "examples/postgres"}},
    {"an unset variable", 13, {"render", "-f", "examples/postgres", "--task", "postgres-backup-11.2"}},
    {"rare features",
     13,
     {"render", "-f", CASES "rare.yaml", "-f", CASES "rare.json", "--task", "rare", "--script", CASES "rare.lua", "-o", "json"}},
    {"wrong YAML", 13, {"render", "-f", CASES "twice.yaml", "--format", "ndjson"}},
    {"wrong scripts", 13, {"render", "-f", "examples/postgres", "--script", CASES "syntax.lua"}},
    {"an odd template", 13, {"render", "-f", "examples/postgres", "--script", CASES "odd.lua", "--template", "odd"}},
    {"remembered verdicts", 13, {"check", "-f", CASES "alike.yaml", "--script", CASES "alike.lua"}, true},
    {"a page", 29, {"check", "-f", "examples/postgres", "--report", "html=/dev/null"}},
    {"help", 3, {"help", "render"}},
};

typedef struct outcome {
  int status; /* as waitpid has it */
  bool late;
  char out[TEXT], err[TEXT];
  size_t out_len, err_len;
  fault_report report;
} outcome;

/* Shared by the workers. */
typedef struct score {
  _Atomic unsigned long runs, survived, bad;
} score;

static const char *moonstep, *preload;
static bool all, leaks;
static score *total;

static void die(const char *what) {
  perror(what);
  exit(2);
}

/* What a run writes to; each worker has its own. */
static int out, err, report;

static int new_file(void) {
  int fd = memfd_create("faults", MFD_CLOEXEC);
  if (fd < 0) die("memfd_create");
  return fd;
}

static void open_files(void) {
  out = new_file();
  err = new_file();
  report = new_file();
}

static size_t take(int fd, char *text) {
  ssize_t len = pread(fd, text, TEXT - 1, 0);
  if (len < 0 || ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0) die("output");
  text[len] = '\0';
  return (size_t)len;
}

static pid_t running;

static void too_late(int sig) {
  (void)sig;
  kill(running, SIGKILL); /* its loader goes with it */
}

/* One run. `at` 0: nothing fails; `preloaded` false: as the user runs it. */
static void run(const scenario *s, bool preloaded, const char *where, unsigned long at, bool on, outcome *o) {
  const char *argv[16] = {moonstep};
  for (int i = 0; s->arguments[i]; i++) argv[i + 1] = s->arguments[i];
  char in_text[32], at_text[32], load_text[4096], on_text[] = "FAULT_ON=1", report_text[] = "FAULT_REPORT=9";
  snprintf(in_text, sizeof in_text, "FAULT_IN=%s", where);
  snprintf(at_text, sizeof at_text, "FAULT_AT=%lu", at);
  snprintf(load_text, sizeof load_text, "LD_PRELOAD=%s", preload);
  char *with[] = {in_text, at_text, load_text, report_text, on ? on_text : NULL, NULL};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_adddup2(&actions, err, 2);
  posix_spawn_file_actions_adddup2(&actions, report, REPORT_FD);
  if (posix_spawn(&running, moonstep, &actions, NULL, (char **)argv, preloaded ? with : environ)) die(moonstep);
  posix_spawn_file_actions_destroy(&actions);
  alarm(PATIENCE);
  while (waitpid(running, &o->status, 0) < 0)
    if (errno != EINTR) die("waitpid");
  o->late = !alarm(0);
  o->out_len = take(out, o->out);
  o->err_len = take(err, o->err);
  o->report = (fault_report){0};
  if (pread(report, &o->report, sizeof o->report, 0) < 0 || ftruncate(report, 0) < 0) die("report");
}

static bool same(const outcome *a, const outcome *b) {
  return a->status == b->status && a->out_len == b->out_len && !memcmp(a->out, b->out, a->out_len) && a->err_len == b->err_len &&
         !memcmp(a->err, b->err, a->err_len);
}

/* True when the text is one line that says that memory is short, as text or as JSON. */
static bool tells_of_memory(const char *line) {
  const char *end = strchr(line, '\n');
  bool right = !strncmp(line, "moonstep: error[out-of-memory]: ", 32) || !strncmp(line, "{\"rule\":\"out-of-memory\",", 24);
  return right && end && !end[1];
}

/* Behind as many of the usual messages as were printed before. */
static bool fails_well(const scenario *s, const outcome *o, const outcome *usual) {
  if (!WIFEXITED(o->status) || WEXITSTATUS(o->status) != 2) return false;
  /* objects are printed all or none; findings, one by one, as far as it came */
  bool partly = s->findings && o->out_len <= usual->out_len && !memcmp(o->out, usual->out, o->out_len);
  if (o->out_len && !partly) return false;
  size_t before = 0;
  while (before < o->err_len && before < usual->err_len && o->err[before] == usual->err[before]) before++;
  while (before && o->err[before - 1] != '\n') before--;
  return tells_of_memory(o->err + before);
}

static void complain(const scenario *s, const char *where, unsigned long at, bool on, const outcome *o, const char *what) {
  if (++total->bad > SHOWN) return;
  fprintf(stderr, "not ok %s, %s %lu%s: %s (status 0x%x, %zu bytes of output)\n%s", s->name, where, at, on ? " and on" : "", what,
          (unsigned)o->status, o->out_len, o->err);
  fprintf(stderr, "  again: FAULT_IN=%s FAULT_AT=%lu %sLD_PRELOAD=%s %s", where, at, on ? "FAULT_ON=1 " : "", preload, moonstep);
  for (int i = 0; s->arguments[i]; i++) fprintf(stderr, " %s", s->arguments[i]);
  fputc('\n', stderr);
  fflush(stderr);
}

static void judge(const scenario *s, const char *where, unsigned long at, bool on, const outcome *o, const outcome *usual) {
  total->runs++;
  long long left = (long long)(o->report.live - usual->report.live);
  bool survived = same(o, usual);
  total->survived += survived;
  char what[80] = "";
  if (o->late) strcpy(what, "hangs");
  else if (!survived && !fails_well(s, o, usual)) strcpy(what, WIFEXITED(o->status) ? "wrong words or output" : "crashes");
  else if (leaks && left > 0) snprintf(what, sizeof what, "leaks %lld blocks", left);
  if (*what) complain(s, where, at, on, o, what);
}

static void work(unsigned worker, const scenario *s, const char *where, unsigned stride, const outcome *usual) {
  static outcome o;
  for (unsigned long at = 1 + worker * stride; at <= usual->report.allocations; at += WORKERS * stride) {
    for (int on = 0; on < 2; on++) {
      run(s, true, where, at, on, &o);
      judge(s, where, at, on, &o, usual);
    }
  }
}

/* The scenario with a fault in one of the two processes. */
static void sweep(const scenario *s, const char *where, unsigned stride) {
  static outcome plain, usual;
  run(s, false, where, 0, false, &plain);
  run(s, true, where, 0, false, &usual);
  if (!same(&plain, &usual) || !WIFEXITED(plain.status)) {
    complain(s, where, 0, false, &usual, "differs when its allocations are counted");
    return;
  }
  for (unsigned i = 0; i < WORKERS; i++) {
    pid_t pid = fork();
    if (pid < 0) die("fork");
    if (pid) continue;
    open_files();
    work(i, s, where, stride, &usual);
    exit(0);
  }
  for (int status; wait(&status) > 0;)
    if (status) total->bad++;
}

int main(int argc, char **argv) {
  unsigned stride = 1;
  for (argc--, argv++; argc > 2; argc--, argv++) {
    if (!strcmp(*argv, "--all")) all = true;
    else if (!strcmp(*argv, "--leaks")) leaks = true;
    else if (!strcmp(*argv, "--stride") && argc > 3) {
      stride = (unsigned)atoi(argv[1]);
      argc--, argv++;
    }
  }
  if (argc != 2 || !stride) {
    fputs("usage: faults [--all] [--stride N] [--leaks] MOONSTEP FAILMALLOC\n", stderr);
    return 2;
  }
  moonstep = argv[0];
  preload = argv[1];
  total = mmap(NULL, sizeof *total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (total == MAP_FAILED) die("mmap");
  signal(SIGALRM, too_late);
  setvbuf(stderr, NULL, _IOFBF, TEXT); /* a complaint in one piece */
  open_files();
  for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
    unsigned long before = total->runs;
    sweep(&scenarios[i], "loader", stride * (all ? 1 : scenarios[i].stride));
    sweep(&scenarios[i], "parent", 1);
    if (total->runs == before && !total->bad) fprintf(stderr, "not ok %s: nothing was allocated\n", scenarios[i].name), total->bad++;
  }
  printf("faults%s: %lu runs with failing allocations, %lu of them as if nothing had failed, %lu bad\n", leaks ? " and leaks" : "",
         total->runs, total->survived, total->bad);
  return total->bad != 0;
}
