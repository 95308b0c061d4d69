#include "host/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/files.h"
#include "host/workers_shared.h"

enum {
  MOST_LOSSES = 1000, /* targets of one piece that may end a worker */
  MOST_FAULTS = 3,    /* deaths at no target, one after the other, in a piece */
  GLANCE = 100,       /* milliseconds between calls of idle */
};

/* A worker as the coordinator sees it. */
typedef struct worker {
  pid_t pid;
  int tasks, done; /* our ends of its pipes */
  bool busy;
  uint32_t number; /* of its piece */
  buf piece;
  workers_loss *losses;
  uint32_t loss_count;
  unsigned faults; /* deaths at no target */
} worker;

typedef struct run {
  const workers_batch *batch;
  shared *shared;
  worker *workers;
  uint32_t given; /* pieces */
  bool finished;  /* there are no more pieces */
  diag *why;
  bool failed;
} run;

static shared *here; /* the batch that goes on, for signals */

/* --- in the coordinator ---------------------------------------------------------------------------------------------- */

static void fail(run *r, const char *id, const char *words) {
  if (!r->failed) diag_set(r->why, id, (mark){0}, "%s", words);
  r->failed = true;
  atomic_store(&r->shared->stop, true);
}

/* This piece is lost, and with it those behind it; what is before it is written yet. */
static void give_up(run *r, uint32_t number, const char *id, const char *words) {
  fail(r, id, words);
  if (number < atomic_load(&r->shared->given_up)) atomic_store(&r->shared->given_up, number);
  shared_wake(r->shared);
}

static void close_worker(worker *w) {
  close(w->tasks);
  close(w->done);
  w->tasks = w->done = -1;
}

/* Workers must not hold each other's pipes open: who dies is noticed by that. */
static void close_others(const run *r) {
  for (unsigned i = 0; i < r->batch->count; i++)
    if (r->workers[i].pid > 0) close_worker(&r->workers[i]);
}

static bool start_worker(run *r, unsigned i) {
  worker *w = &r->workers[i];
  int tasks[2], done[2];
  if (pipe(tasks)) return false;
  if (pipe(done)) {
    close(tasks[0]);
    close(tasks[1]);
    return false;
  }
  atomic_store(&r->shared->seats[i].target, NO_TARGET);
  pid_t coordinator = getpid();
  w->pid = fork();
  if (w->pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != coordinator) _exit(1);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    w->pid = -1;
    close_others(r);
    close(tasks[1]);
    close(done[0]);
    worker_live(r->batch, r->shared, &r->shared->seats[i], tasks[0], done[1]);
  }
  int error = errno;
  close(tasks[0]);
  close(done[1]);
  w->tasks = tasks[1];
  w->done = done[0];
  if (w->pid > 0) return true;
  close_worker(w);
  errno = error;
  return false;
}

static bool hand_over(worker *w) {
  task t = {w->number, w->loss_count, w->piece.len};
  return files_write_all(w->tasks, (const char *)&t, sizeof t) && files_write_all(w->tasks, w->piece.data, w->piece.len) &&
         files_write_all(w->tasks, (const char *)w->losses, sizeof *w->losses * w->loss_count);
}

/* Gives the next piece to a worker that is free, if there is one. */
static void give(run *r, worker *w) {
  if (r->finished || atomic_load(&r->shared->stop)) return;
  buf_clear(&w->piece);
  if (!r->batch->next(r->batch->ud, &w->piece)) {
    r->finished = true;
    return;
  }
  if (w->piece.failed) {
    give_up(r, r->given, "out-of-memory", "not enough memory");
    return;
  }
  w->number = r->given++;
  w->loss_count = 0;
  w->faults = 0;
  w->busy = true;
  hand_over(w); /* should it be dead, that is noticed by its other pipe */
}

static void words_of_death(char *out, size_t room, int status, const watch *w) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && watch_left(w) <= 0)
    snprintf(out, room, "it took more than %.1f s of wall clock and was ended", atomic_load(&w->allowed) / 1000.0);
  else if (WIFSIGNALED(status))
    snprintf(out, room, "its worker was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
  else snprintf(out, room, "its worker ended with status %d", WEXITSTATUS(status));
}

static bool note_loss(worker *w, uint64_t target, const char *words) {
  if (w->loss_count >= MOST_LOSSES) return false;
  workers_loss *more = realloc(w->losses, sizeof *more * (w->loss_count + 1));
  if (!more) return false;
  w->losses = more;
  memset(&more[w->loss_count], 0, sizeof *more);
  more[w->loss_count].target = target;
  snprintf(more[w->loss_count++].cause, WORKERS_CAUSE, "%s", words);
  return true;
}

static int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

/* Whether some of the piece is out. Then the rest of the same texts must follow. */
static bool is_begun(shared *s, uint32_t number) {
  if (atomic_load(&s->turn) != number) return false;
  for (size_t i = 0; i < WORKERS_STREAMS; i++)
    if (atomic_load(&s->streams[i].written) != atomic_load(&shared_account(s, number)->written[i])) return true;
  return false;
}

/* Notes what a death costs: the target, or, where it was at none, or there is no text of it to be changed any more, another try. Returns false, with `words`
 * about it, when there is none. */
static bool is_worth_a_try(run *r, worker *w, seat *s, int status, char words[WORKERS_CAUSE]) {
  uint64_t target = is_begun(r->shared, w->number) ? NO_TARGET : atomic_load(&s->target);
  if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_BROKEN) {
    snprintf(words, WORKERS_CAUSE, "a worker could not go on, as said above");
    return false;
  }
  words_of_death(words, WORKERS_CAUSE, status, &s->watch);
  watch_stop(&s->watch);
  if (target != NO_TARGET && note_loss(w, target, words)) return true;
  if (target == NO_TARGET && ++w->faults < MOST_FAULTS) return true;
  size_t len = strlen(words);
  snprintf(words + len, WORKERS_CAUSE - len, ", %s", target == NO_TARGET ? "again and again, at no target" : "as too many before it");
  return false;
}

/* Another worker takes the place of one that died, and its piece. */
static void bury(run *r, unsigned i) {
  worker *w = &r->workers[i];
  char words[WORKERS_CAUSE] = "";
  close_worker(w);
  int status = wait_for(w->pid);
  w->pid = 0;
  if (r->failed || !is_worth_a_try(r, w, &r->shared->seats[i], status, words)) give_up(r, w->number, "crashed", words);
  else if (!start_worker(r, i)) {
    snprintf(words, sizeof words, "cannot start a worker: %s", strerror(errno));
    give_up(r, w->number, "system", words);
  } else hand_over(w);
}

static bool any_busy(const run *r) {
  for (unsigned i = 0; i < r->batch->count; i++)
    if (r->workers[i].pid > 0 && r->workers[i].busy) return true;
  return false;
}

/* Writes a worker's text as it comes. False when the worker dies before its end. What cannot be written is passed over. */
static bool relay(run *r, const worker *w, uint32_t i, uint64_t len) {
  shared *s = r->shared;
  char bytes[1 << 16];
  if (r->batch->speak) r->batch->speak(r->batch->ud);
  while (len) {
    ssize_t n = read(w->done, bytes, len < sizeof bytes ? (size_t)len : sizeof bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    if (shared_is_writable(s, (int)i) && !files_write_all(r->batch->streams[i], bytes, (size_t)n)) shared_note_trouble(s, (int)i, errno);
    atomic_fetch_add(&s->streams[i].written, (uint64_t)n);
    len -= (uint64_t)n;
  }
  return true;
}

/* Takes a frame. False when the worker has died. */
static bool listen_to(run *r, worker *w) {
  frame f;
  uint64_t counters[WORKERS_COUNTERS];
  if (!shared_read(w->done, &f, sizeof f)) return false;
  if (f.kind < WORKERS_STREAMS) return relay(r, w, f.kind, f.len);
  if (f.kind == PASS_TURN) {
    if (!shared_read(w->done, counters, sizeof counters)) return false;
    shared_pass_turn(r->shared, w->number, counters);
    return true;
  }
  w->busy = false;
  give(r, w);
  return true;
}

static void attend(run *r, struct pollfd *fds) {
  for (unsigned i = 0; i < r->batch->count; i++) {
    worker *w = &r->workers[i];
    if (w->pid <= 0 || !fds[i].revents) continue;
    if (!(fds[i].revents & POLLIN) || !listen_to(r, w)) bury(r, i);
  }
}

static void take_counters(shared *s, uint64_t counters[WORKERS_COUNTERS]) {
  const account *a = shared_account(s, atomic_load(&s->turn));
  for (size_t i = 0; i < WORKERS_COUNTERS; i++) counters[i] = atomic_load(&a->counters[i]);
}

static void tell(const run *r) {
  uint64_t counters[WORKERS_COUNTERS];
  take_counters(r->shared, counters);
  r->batch->idle(r->batch->ud, counters);
}

static void coordinate(run *r) {
  struct pollfd fds[WORKERS_MOST];
  uint64_t told = watch_now();
  for (unsigned i = 0; i < r->batch->count && !r->failed; i++) {
    if (start_worker(r, i)) give(r, &r->workers[i]);
    else if (i == 0) fail(r, "system", "no process could be started for a worker");
    else break; /* fewer do it, too */
  }
  while (any_busy(r)) {
    for (unsigned i = 0; i < r->batch->count; i++)
      fds[i] = (struct pollfd){.fd = r->workers[i].pid > 0 && r->workers[i].busy ? r->workers[i].done : -1, .events = POLLIN};
    poll(fds, r->batch->count, GLANCE);
    attend(r, fds);
    if (watch_now() - told < (uint64_t)GLANCE * 1000000) continue;
    told = watch_now();
    tell(r);
  }
}

/* What was made before this batch is taken, too. */
static bool take_known(const workers_batch *b, seen *names) {
  uint64_t some[512];
  off_t at = 0;
  for (ssize_t n; b->known && (n = pread(b->known, some, sizeof some, at)) != 0; at += n) {
    if (n < 0) return false;
    for (size_t i = 0; i < (size_t)n / sizeof *some; i++)
      if (!seen_add(names, some[i])) return false;
  }
  return true;
}

/* --- the whole ------------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupts;

static void on_interrupt(int sig) {
  (void)sig;
  interrupts = 1;
  if (here) atomic_store(&here->stop, true);
}

/* A regular file is written at places, unless it is one that only grows, or one that others write too: messages go to standard error from the coordinator,
 * and who joins two streams has them in one file. */
static off_t start_of(const int fds[WORKERS_STREAMS], int fd) {
  struct stat s, other;
  int flags = fcntl(fd, F_GETFL);
  if (fd < 0 || fd == STDERR_FILENO || fstat(fd, &s) || !S_ISREG(s.st_mode) || flags < 0 || (flags & O_APPEND)) return -1;
  if (!fstat(STDERR_FILENO, &other) && other.st_dev == s.st_dev && other.st_ino == s.st_ino) return -1;
  for (size_t i = 0; i < WORKERS_STREAMS; i++) {
    if (fds[i] < 0 || fds[i] == fd || fstat(fds[i], &other)) continue;
    if (other.st_dev == s.st_dev && other.st_ino == s.st_ino) return -1;
  }
  return lseek(fd, 0, SEEK_CUR);
}

static void end_workers(run *r) {
  for (unsigned i = 0; i < r->batch->count; i++) {
    worker *w = &r->workers[i];
    if (w->pid > 0) {
      close_worker(w); /* its next piece does not come, so it ends */
      wait_for(w->pid);
    }
    buf_free(&w->piece);
    free(w->losses);
  }
}

/* What was written stands behind the place of the descriptor for whoever writes next. */
static void move_on(const run *r) {
  for (size_t i = 0; i < WORKERS_STREAMS; i++) {
    const stream *s = &r->shared->streams[i];
    if (r->batch->streams[i] >= 0 && s->start >= 0) lseek(r->batch->streams[i], s->start + (off_t)atomic_load(&s->written), SEEK_SET);
  }
}

bool workers_run(const workers_batch *b, workers_end *end, diag *why) {
  size_t size = sizeof(shared) + b->count * sizeof(seat);
  shared *s = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  worker *all = calloc(b->count, sizeof *all);
  *end = (workers_end){.interrupted = false};
  seen *names = seen_open();
  if (s == MAP_FAILED || !all || !names || !take_known(b, names)) {
    if (s != MAP_FAILED) munmap(s, size);
    if (names) seen_close(names);
    free(all);
    return diag_memory(why);
  }
  s->names = names;
  run r = {.batch = b, .shared = s, .workers = all, .why = why};
  for (size_t i = 0; i < WORKERS_STREAMS; i++) s->streams[i].start = start_of(b->streams, b->streams[i]);
  s->given_up = s->ends_behind = ALL_PIECES;
  struct sigaction ours = {.sa_handler = on_interrupt}, before[2];
  sigemptyset(&ours.sa_mask);
  here = s;
  interrupts = 0;
  sigaction(SIGINT, &ours, &before[0]);
  sigaction(SIGTERM, &ours, &before[1]);
  coordinate(&r);
  if (!r.failed) tell(&r);
  end_workers(&r);
  move_on(&r);
  sigaction(SIGINT, &before[0], NULL);
  sigaction(SIGTERM, &before[1], NULL);
  here = NULL;
  int error = atomic_load(&s->error);
  if (error && !r.failed) {
    const char *into = b->into ? b->into : atomic_load(&s->error_stream) ? "what was found" : "the output";
    diag_set(why, b->into ? "unwritable" : "output", (mark){0}, "cannot write %s: %s", into, strerror(error));
    r.failed = true;
  }
  if (atomic_load(&s->unfinished) && !r.failed) {
    *why = s->problem;
    r.failed = true;
  }
  take_counters(s, end->counters);
  end->limited = atomic_load(&s->limited);
  end->interrupted = interrupts != 0;
  end->closed = atomic_load(&s->closed);
  munmap(s, size);
  seen_close(names);
  free(all);
  return !r.failed;
}
