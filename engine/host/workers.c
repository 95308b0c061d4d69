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
  MOST_FAULTS = 3,    /* deaths at no target, one after the other, in a piece */
  GLANCE = 100,       /* milliseconds between calls of idle */
  KEPT_MEMORY = 16 << 20,
  BROKEN = 70, /* the status of a worker that has said what is wrong */
};

#define NO_TARGET UINT64_MAX

typedef struct seat {
  watch watch;
  _Atomic uint64_t target;
} seat;

/* A stream as all workers see it. */
typedef struct stream {
  off_t start;       /* where a regular file's first byte goes; -1 for what is written as it comes */
  _Atomic bool gone; /* nobody reads it any more */
  _Atomic uint64_t written;
} stream;

/* How far all was when a piece's turn came. */
typedef struct account {
  _Atomic uint64_t written[WORKERS_STREAMS], counters[WORKERS_COUNTERS];
} account;

/* The account of the piece whose turn it is stays as it is until the turn has passed: who takes the piece over from one that died begins with the same.
 * Passing the turn is one store, so a piece counts once or not at all. */
typedef struct shared {
  _Atomic uint32_t turn;        /* the piece that may write; a futex */
  _Atomic uint32_t given_up;    /* pieces from this one on never get their turn */
  _Atomic uint32_t ends_behind; /* pieces from this one on write nothing */
  _Atomic bool stop, closed, limited;
  _Atomic int error, error_stream;
  account accounts[2]; /* by the lowest bit of the piece's number */
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

#define ALL_PIECES UINT32_MAX

/* What comes through a worker's pipe before a piece. */
typedef struct task {
  uint32_t number, loss_count;
  size_t len;
} task;

/* What comes back from a worker: PIECE_DONE; PASS_TURN with counters; or the number of a stream with text for it. */
typedef struct frame {
  uint32_t kind;
  uint64_t len;
} frame;

enum { PIECE_DONE = WORKERS_STREAMS, PASS_TURN };

static seen *names;  /* of all objects that were made */
static shared *here; /* the batch of this process, for signals and for the functions of a worker */
static seat *own;
static int own_done;      /* in a worker: where frames go */
static bool told_to_stop; /* in a worker: it has heard of it, so its piece may not be whole */

/* --- turns ----------------------------------------------------------------------------------------------------------- */

static void futex(_Atomic uint32_t *word, int op, uint32_t value) {
  struct timespec glance = {0, GLANCE * 1000000};
  syscall(SYS_futex, word, op, value, op == FUTEX_WAIT ? &glance : NULL, NULL, 0);
}

typedef enum whose { MY_TURN, PASSED, NEVER } whose;

/* PASSED: who did this piece before has died right behind it. NEVER: the batch was given up before it. */
static whose wait_for_turn(shared *s, uint32_t number) {
  for (;;) {
    uint32_t turn = atomic_load(&s->turn);
    if (turn == number) return MY_TURN;
    if (turn > number) return PASSED;
    if (atomic_load(&s->given_up) <= number) return NEVER;
    futex(&s->turn, FUTEX_WAIT, turn);
  }
}

static account *account_of(shared *s, uint32_t number) { return &s->accounts[number & 1]; }

static void pass_turn(shared *s, uint32_t number, const uint64_t counters[WORKERS_COUNTERS]) {
  account *before = account_of(s, number), *after = account_of(s, number + 1);
  for (size_t i = 0; i < WORKERS_STREAMS; i++) atomic_store(&after->written[i], atomic_load(&s->streams[i].written));
  for (size_t i = 0; i < WORKERS_COUNTERS; i++) atomic_store(&after->counters[i], atomic_load(&before->counters[i]) + counters[i]);
  atomic_store(&s->turn, number + 1);
  futex(&s->turn, FUTEX_WAKE, INT32_MAX);
}

/* --- in a worker ------------------------------------------------------------------------------------------------------ */

void workers_at(uint64_t target) {
  if (own) atomic_store(&own->target, target);
}

bool workers_stopped(void) {
  if (own && here && atomic_load(&here->stop)) told_to_stop = true;
  return told_to_stop;
}

static bool read_all(int fd, void *bytes, size_t len) {
  for (size_t got = 0; got < len;) {
    ssize_t n = read(fd, (char *)bytes + got, len - got);
    if (n <= 0 && !(n < 0 && errno == EINTR)) return false;
    if (n > 0) got += (size_t)n;
  }
  return true;
}

/* Writes what is not out yet of a text; `before` is how much of the stream belongs to earlier pieces. It is written at its place, so that bytes of one
 * who died come no second time. */
static bool write_stream(stream *s, int fd, const workers_text *text, uint64_t before) {
  uint64_t done = atomic_load(&s->written) - before;
  while (done < text->len) {
    ssize_t n = pwrite(fd, text->bytes + done, text->len - (size_t)done, s->start + (off_t)(before + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    done += (uint64_t)n;
    atomic_store(&s->written, before + done);
  }
  return true;
}

/* Nobody reads the objects any more: then the batch has come to its end. Messages that nobody reads are left out. */
static void note_trouble(shared *s, int i, int error) {
  if (error == EPIPE && i != 0) {
    atomic_store(&s->streams[i].gone, true);
    return;
  }
  if (error == EPIPE) atomic_store(&s->closed, true);
  else {
    atomic_store(&s->error_stream, i);
    atomic_store(&s->error, error);
  }
  atomic_store(&s->stop, true);
}

static bool is_writable(const shared *s, int i) {
  return !atomic_load(&s->error) && !atomic_load(&s->closed) && !atomic_load(&s->streams[i].gone);
}

static bool send_frame(uint32_t kind, const void *bytes, size_t len) {
  frame f = {kind, len};
  return files_write_all(own_done, (const char *)&f, sizeof f) && files_write_all(own_done, bytes, len);
}

/* Writes a piece's texts where they have a place; others the coordinator writes, who cannot be ended between a write and its note of it. Sets
 * `relayed` when there is such a one. */
static bool write_texts(const workers_batch *b, shared *s, uint32_t number, const workers_text texts[WORKERS_STREAMS], bool *relayed) {
  const account *a = account_of(s, number);
  *relayed = false;
  for (int i = 0; i < WORKERS_STREAMS; i++) {
    stream *to = &s->streams[i];
    uint64_t before = atomic_load(&a->written[i]), done = atomic_load(&to->written) - before;
    if (b->streams[i] < 0 || done >= texts[i].len || !is_writable(s, i)) continue;
    if (to->start < 0) {
      *relayed = true;
      if (!send_frame((uint32_t)i, texts[i].bytes + done, texts[i].len - (size_t)done)) return false;
    } else if (!write_stream(to, b->streams[i], &texts[i], before)) note_trouble(s, i, errno);
  }
  return true;
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

static bool work_on(const workers_batch *b, const workers_piece *piece, workers_result *out) {
  *out = (workers_result){.name_count = 0};
  bool ok = b->work(b->ud, piece, out);
  workers_at(NO_TARGET);
  return ok;
}

/* Ends the batch with this piece: those behind it write nothing, whoever does them. */
static void end_behind(shared *s, uint32_t number) {
  atomic_store(&s->ends_behind, number + 1);
  atomic_store(&s->stop, true);
}

/* What may still be counted until the batch's limit. */
static uint64_t what_is_left(const workers_batch *b, shared *s, uint32_t number) {
  return b->limit ? b->limit - atomic_load(&account_of(s, number)->counters[b->limited]) : UINT64_MAX;
}

/* Does the piece again where its targets make what others have made, and again as far as the limit where it reaches that. */
static bool set_right(const workers_batch *b, shared *s, uint32_t number, workers_piece *piece, workers_result *out) {
  uint64_t *taken = taken_targets(s, number, out, &piece->taken_count), left = what_is_left(b, s, number);
  bool ok = true;
  if ((piece->taken = taken)) ok = work_on(b, piece, out);
  if (ok && b->limit && out->counters[b->limited] >= left) {
    piece->left = left;
    ok = work_on(b, piece, out);
    atomic_store(&s->limited, true);
    end_behind(s, number);
  }
  free(taken);
  return ok;
}

/* The piece's turn has come. */
static bool give_out(const workers_batch *b, shared *s, uint32_t number, workers_piece *piece, workers_result *out) {
  static const uint64_t nothing[WORKERS_COUNTERS];
  bool relayed;
  if (atomic_load(&s->ends_behind) <= number) {
    pass_turn(s, number, nothing);
    return true;
  }
  if (!set_right(b, s, number, piece, out)) return false;
  if (told_to_stop) end_behind(s, number);
  if (b->commit && !b->commit(b->ud, &s->problem)) {
    atomic_store(&s->unfinished, true);
    atomic_store(&s->given_up, number);
    atomic_store(&s->stop, true);
    return true;
  }
  if (!write_texts(b, s, number, out->texts, &relayed)) return false;
  claim_names(s, number, out);
  if (relayed) return send_frame(PASS_TURN, out->counters, sizeof out->counters);
  pass_turn(s, number, out->counters);
  return true;
}

static bool do_piece(const workers_batch *b, shared *s, const task *t, const char *bytes, const workers_loss *losses) {
  workers_piece piece = {.bytes = bytes, .len = t->len, .losses = losses, .loss_count = t->loss_count, .left = UINT64_MAX};
  workers_result out;
  if (!work_on(b, &piece, &out)) return false;
  return wait_for_turn(s, t->number) != MY_TURN || give_out(b, s, t->number, &piece, &out);
}

/* A worker's life: pieces until there are none. */
static _Noreturn void live(const workers_batch *b, shared *s, int tasks) {
  task t;
  /* texts come and go: what malloc gives back to the system would have to be cleared by it for the next */
  mallopt(M_MMAP_THRESHOLD, KEPT_MEMORY);
  mallopt(M_TRIM_THRESHOLD, KEPT_MEMORY);
  b->enter(b->ud, &own->watch);
  watch_ends_process(&own->watch);
  while (read_all(tasks, &t, sizeof t)) {
    char *bytes = malloc(t.len + 1);
    workers_loss *losses = malloc(sizeof *losses * (t.loss_count + 1));
    if (!bytes || !losses) process_complain(&own->watch, "out-of-memory", "not enough memory for a piece of the batch");
    bool ok = bytes && losses && read_all(tasks, bytes, t.len) && read_all(tasks, losses, sizeof *losses * t.loss_count) &&
              do_piece(b, s, &t, bytes, losses);
    free(bytes);
    free(losses);
    if (!ok) process_leave(BROKEN);
    if (!send_frame(PIECE_DONE, "", 0)) break;
  }
  process_leave(EXIT_CLEAN);
}

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
  futex(&r->shared->turn, FUTEX_WAKE, INT32_MAX);
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
    own_done = done[1];
    live(r->batch, r->shared, tasks[0]);
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
    if (atomic_load(&s->streams[i].written) != atomic_load(&account_of(s, number)->written[i])) return true;
  return false;
}

/* Notes what a death costs: the target, or, where it was at none, or there is no text of it to be changed any more, another try. Returns false, with `words`
 * about it, when there is none. */
static bool is_worth_a_try(run *r, worker *w, seat *s, int status, char words[WORKERS_CAUSE]) {
  uint64_t target = is_begun(r->shared, w->number) ? NO_TARGET : atomic_load(&s->target);
  if (WIFEXITED(status) && WEXITSTATUS(status) == BROKEN) {
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
    if (is_writable(s, (int)i) && !files_write_all(r->batch->streams[i], bytes, (size_t)n)) note_trouble(s, (int)i, errno);
    atomic_fetch_add(&s->streams[i].written, (uint64_t)n);
    len -= (uint64_t)n;
  }
  return true;
}

/* Takes a frame. False when the worker has died. */
static bool listen_to(run *r, worker *w) {
  frame f;
  uint64_t counters[WORKERS_COUNTERS];
  if (!read_all(w->done, &f, sizeof f)) return false;
  if (f.kind < WORKERS_STREAMS) return relay(r, w, f.kind, f.len);
  if (f.kind == PASS_TURN) {
    if (!read_all(w->done, counters, sizeof counters)) return false;
    pass_turn(r->shared, w->number, counters);
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
  const account *a = account_of(s, atomic_load(&s->turn));
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
  names = seen_open();
  if (s == MAP_FAILED || !all || !names || !take_known(b)) {
    if (s != MAP_FAILED) munmap(s, size);
    if (names) seen_close(names);
    free(all);
    return diag_memory(why);
  }
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
    diag_set(why, "output", (mark){0}, "cannot write %s: %s", atomic_load(&s->error_stream) ? "what was found" : "the output",
             strerror(error));
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
