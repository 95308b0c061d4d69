#include "host/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/files.h"
#include "host/process.h"

enum {
  MOST_LOSSES = 1000, /* targets of one piece that may end a worker */
  MOST_NAMES = 4096,  /* of a piece, of which is known that they are its own */
  GLANCE = 100,       /* milliseconds between calls of idle */
  KEPT_MEMORY = 16 << 20,
  BROKEN = 70, /* the status of a worker that has said what is wrong */
};

#define NO_TARGET UINT64_MAX

typedef struct seat {
  watch watch;
  _Atomic uint64_t target;
} seat;

/* A stream as all workers see it. What is out of the piece whose turn it is, a worker that takes it over does not write again. */
typedef struct stream {
  off_t start; /* where a regular file's first byte goes; -1 for what is written as it comes */
  _Atomic uint64_t written, at_turn;
} stream;

typedef struct shared {
  _Atomic uint32_t turn; /* the piece that may write; a futex */
  _Atomic bool stop, closed, given_up;
  _Atomic int error, error_stream;
  _Atomic uint64_t counters[WORKERS_COUNTERS];
  stream streams[WORKERS_STREAMS];
  /* The names of the piece whose turn it is that are in the set already: a worker that takes it over does not meet its own. */
  _Atomic uint32_t claiming, claimed;
  uint64_t own[MOST_NAMES];
  _Atomic bool unfinished; /* a piece could not be committed, for this reason */
  diag problem;
  seat seats[];
} shared;

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

/* What comes through a worker's pipe before a piece. */
typedef struct task {
  uint32_t number, loss_count;
  size_t len;
} task;

static seen *names;  /* of all objects that were made */
static shared *here; /* the batch of this process, for signals and for the functions of a worker */
static seat *own;

/* --- turns ----------------------------------------------------------------------------------------------------------- */

static void futex(_Atomic uint32_t *word, int op, uint32_t value) {
  struct timespec glance = {0, GLANCE * 1000000};
  syscall(SYS_futex, word, op, value, op == FUTEX_WAIT ? &glance : NULL, NULL, 0);
}

/* False when the turn never comes, because the batch was given up. */
static bool wait_for_turn(shared *s, uint32_t number) {
  for (uint32_t turn; (turn = atomic_load(&s->turn)) != number;) {
    if (atomic_load(&s->given_up)) return false;
    futex(&s->turn, FUTEX_WAIT, turn);
  }
  return true;
}

static void pass_turn(shared *s, uint32_t number) {
  for (size_t i = 0; i < WORKERS_STREAMS; i++) atomic_store(&s->streams[i].at_turn, atomic_load(&s->streams[i].written));
  atomic_store(&s->turn, number + 1);
  futex(&s->turn, FUTEX_WAKE, INT32_MAX);
}

/* --- in a worker ------------------------------------------------------------------------------------------------------ */

void workers_at(uint64_t target) {
  if (own) atomic_store(&own->target, target);
}

bool workers_stopped(void) { return here && atomic_load(&here->stop); }

static bool read_all(int fd, void *bytes, size_t len) {
  for (size_t got = 0; got < len;) {
    ssize_t n = read(fd, (char *)bytes + got, len - got);
    if (n <= 0 && !(n < 0 && errno == EINTR)) return false;
    if (n > 0) got += (size_t)n;
  }
  return true;
}

/* Writes what is not out yet of a text. A regular file is written at its place, so that bytes of one who died come no second time. */
static bool write_stream(stream *s, int fd, const workers_text *text) {
  uint64_t done = atomic_load(&s->written) - atomic_load(&s->at_turn);
  while (done < text->len) {
    const char *bytes = text->bytes + done;
    size_t len = text->len - (size_t)done;
    ssize_t n = s->start < 0 ? write(fd, bytes, len) : pwrite(fd, bytes, len, s->start + (off_t)atomic_load(&s->written));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    done += (uint64_t)n;
    atomic_fetch_add(&s->written, (uint64_t)n);
  }
  return true;
}

static void write_texts(const workers_batch *b, shared *s, const workers_text texts[WORKERS_STREAMS]) {
  for (int i = 0; i < WORKERS_STREAMS && !atomic_load(&s->error) && !atomic_load(&s->closed); i++) {
    if (b->streams[i] < 0 || !texts[i].len || write_stream(&s->streams[i], b->streams[i], &texts[i])) continue;
    if (errno == EPIPE) atomic_store(&s->closed, true);
    else {
      atomic_store(&s->error_stream, i);
      atomic_store(&s->error, errno);
    }
    atomic_store(&s->stop, true);
  }
}

/* --- names */

static bool is_own(shared *s, uint32_t number, uint64_t hash) {
  if (atomic_load(&s->claiming) != number + 1) return false;
  for (uint32_t i = 0, count = atomic_load(&s->claimed); i < count; i++)
    if (s->own[i] == hash) return true;
  return false;
}

/* The first of two names of a piece counts. */
static bool is_before(const seen_name *all, size_t at) {
  for (size_t i = 0; i < at; i++)
    if (all[i].hash == all[at].hash) return true;
  return false;
}

/* The targets whose names are taken, as a list of the caller's to free; NULL when there are none. */
static uint64_t *taken_targets(shared *s, uint32_t number, const workers_result *out, size_t *count) {
  uint64_t *all = NULL;
  *count = 0;
  seen_expect(names, out->names, out->name_count);
  for (size_t i = 0; i < out->name_count; i++) {
    uint64_t hash = out->names[i].hash;
    if (!(seen_has(names, hash) && !is_own(s, number, hash)) && !is_before(out->names, i)) continue;
    if (!all && !(all = malloc(out->name_count * sizeof *all))) return NULL;
    all[(*count)++] = out->names[i].target;
  }
  return all;
}

static void claim_names(shared *s, uint32_t number, const workers_result *out) {
  atomic_store(&s->claimed, 0);
  atomic_store(&s->claiming, number + 1);
  for (size_t i = 0; i < out->name_count; i++) {
    if (i < MOST_NAMES) {
      s->own[i] = out->names[i].hash;
      atomic_store(&s->claimed, (uint32_t)i + 1);
    }
    seen_add(names, out->names[i].hash);
  }
}

static bool do_piece(const workers_batch *b, shared *s, const task *t, const char *bytes, const workers_loss *losses) {
  workers_piece piece = {.bytes = bytes, .len = t->len, .losses = losses, .loss_count = t->loss_count};
  workers_result out = {.name_count = 0};
  bool ok = b->work(b->ud, &piece, &out);
  workers_at(NO_TARGET);
  if (!ok || !wait_for_turn(s, t->number)) return false;
  uint64_t *taken = taken_targets(s, t->number, &out, &piece.taken_count);
  if ((piece.taken = taken)) {
    out = (workers_result){.name_count = 0};
    ok = b->work(b->ud, &piece, &out);
    free(taken);
    if (!ok) return false;
  }
  if (b->commit && !b->commit(b->ud, &s->problem)) {
    atomic_store(&s->unfinished, true);
    atomic_store(&s->stop, true);
    atomic_store(&s->given_up, true);
    return true;
  }
  write_texts(b, s, out.texts);
  claim_names(s, t->number, &out);
  for (size_t i = 0; i < WORKERS_COUNTERS; i++) atomic_fetch_add(&s->counters[i], out.counters[i]);
  pass_turn(s, t->number);
  return true;
}

/* A worker's life: pieces until there are none. */
static _Noreturn void live(const workers_batch *b, shared *s, int tasks, int done) {
  task t;
  /* texts come and go: what malloc gives back to the system would have to be cleared by it for the next */
  mallopt(M_MMAP_THRESHOLD, KEPT_MEMORY);
  mallopt(M_TRIM_THRESHOLD, KEPT_MEMORY);
  b->enter(b->ud, &own->watch);
  watch_ends_process(&own->watch);
  while (read_all(tasks, &t, sizeof t)) {
    char *bytes = malloc(t.len + 1);
    workers_loss *losses = malloc(sizeof *losses * (t.loss_count + 1));
    bool ok = bytes && losses && read_all(tasks, bytes, t.len) && read_all(tasks, losses, sizeof *losses * t.loss_count) &&
              do_piece(b, s, &t, bytes, losses);
    free(bytes);
    free(losses);
    if (!ok) process_leave(BROKEN);
    if (write(done, "", 1) != 1) break;
  }
  process_leave(EXIT_CLEAN);
}

/* --- in the coordinator ---------------------------------------------------------------------------------------------- */

static void fail(run *r, const char *id, const char *words) {
  if (!r->failed) diag_set(r->why, id, (mark){0}, "%s", words);
  r->failed = true;
  atomic_store(&r->shared->stop, true);
  atomic_store(&r->shared->given_up, true);
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
    own = &r->shared->seats[i];
    live(r->batch, r->shared, tasks[0], done[1]);
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
    fail(r, "memory", "not enough memory");
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

/* Another worker takes the place of one that died, and its piece. */
static void bury(run *r, unsigned i) {
  enum { MOST_FAULTS = 3 };
  worker *w = &r->workers[i];
  const seat *s = &r->shared->seats[i];
  char words[WORKERS_CAUSE];
  int status = 0;
  close_worker(w);
  waitpid(w->pid, &status, 0);
  w->pid = 0;
  if (!w->busy) return;
  words_of_death(words, sizeof words, status, &s->watch);
  watch_stop((watch *)&s->watch);
  uint64_t target = atomic_load(&s->target);
  bool broken = WIFEXITED(status) && WEXITSTATUS(status) == BROKEN;
  bool known = broken ? false : target != NO_TARGET ? note_loss(w, target, words) : ++w->faults < MOST_FAULTS;
  if (!known) fail(r, "crashed", words);
  else if (!start_worker(r, i)) fail(r, "system", strerror(errno));
  else hand_over(w);
}

static bool any_busy(const run *r) {
  for (unsigned i = 0; i < r->batch->count; i++)
    if (r->workers[i].pid > 0 && r->workers[i].busy) return true;
  return false;
}

static void attend(run *r, struct pollfd *fds) {
  for (unsigned i = 0; i < r->batch->count; i++) {
    worker *w = &r->workers[i];
    char byte;
    if (w->pid <= 0 || !fds[i].revents) continue;
    if (!(fds[i].revents & POLLIN) || read(w->done, &byte, 1) != 1) bury(r, i);
    else {
      w->busy = false;
      give(r, w);
    }
  }
}

static void tell(const run *r) {
  uint64_t counters[WORKERS_COUNTERS];
  for (size_t i = 0; i < WORKERS_COUNTERS; i++) counters[i] = atomic_load(&r->shared->counters[i]);
  r->batch->idle(r->batch->ud, counters);
}

static void coordinate(run *r) {
  struct pollfd fds[WORKERS_MOST];
  uint64_t told = watch_now();
  for (unsigned i = 0; i < r->batch->count && !r->failed; i++) {
    if (!start_worker(r, i)) fail(r, "system", strerror(errno));
    else give(r, &r->workers[i]);
  }
  while (any_busy(r) && !r->failed) {
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
static bool take_known(const workers_batch *b) {
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

/* A regular file is written at places, unless it is one that only grows, or messages go there too, whose places nobody knows. */
static off_t start_of(int fd) {
  struct stat s, messages;
  int flags = fcntl(fd, F_GETFL);
  if (fstat(STDERR_FILENO, &messages) == 0 && fstat(fd, &s) == 0 && s.st_dev == messages.st_dev && s.st_ino == messages.st_ino) return -1;
  if (fd < 0 || fstat(fd, &s) || !S_ISREG(s.st_mode) || flags < 0 || (flags & O_APPEND)) return -1;
  return lseek(fd, 0, SEEK_CUR);
}

static void end_workers(run *r) {
  for (unsigned i = 0; i < r->batch->count; i++) {
    worker *w = &r->workers[i];
    if (w->pid > 0) {
      close_worker(w); /* its next piece does not come, so it ends */
      waitpid(w->pid, NULL, 0);
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
  names = seen_open();
  if (s == MAP_FAILED || !all || !names || !take_known(b)) {
    if (s != MAP_FAILED) munmap(s, size);
    if (names) seen_close(names);
    free(all);
    return diag_memory(why);
  }
  run r = {.batch = b, .shared = s, .workers = all, .why = why};
  for (size_t i = 0; i < WORKERS_STREAMS; i++) s->streams[i].start = start_of(b->streams[i]);
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
    diag_set(why, "output", (mark){0}, "cannot write %s: %s", atomic_load(&s->error_stream) ? "what was found" : "the output",
             strerror(error));
    r.failed = true;
  }
  if (atomic_load(&s->unfinished) && !r.failed) {
    *why = s->problem;
    r.failed = true;
  }
  for (size_t i = 0; i < WORKERS_COUNTERS; i++) end->counters[i] = atomic_load(&s->counters[i]);
  end->interrupted = interrupts != 0;
  end->closed = atomic_load(&s->closed);
  munmap(s, size);
  seen_close(names);
  free(all);
  return !r.failed;
}
