/* engine/host/workers: what is written when workers die in every way, at limits and interrupts, into files and pipes. The work of these batches is to
 * write the numbers of rows: "<number>\n", ROWS to a piece. */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/workers.h"

enum { ROWS = 10, NEVER = -1 };

/* How a batch is to go; shared with its workers. */
typedef struct plan {
  int pieces, given;
  int die_at, signal;  /* the row, and by what */
  int die_between;     /* the piece whose workers die at no row */
  _Atomic int lives;   /* how many of them do not */
  int fail_at, bad;    /* the row at which a worker is broken; every so many rows are bad */
  int stop_at;         /* the row at which the batch is told to stop */
  int width;           /* of a row's text */
  int pause;           /* microseconds for a piece */
  _Atomic int pids[8]; /* of workers, by their last digit */
  watch watch;
} plan;

static plan *new_plan(int pieces) {
  plan *p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true(p != MAP_FAILED);
  *p = (plan){.pieces = pieces, .die_at = NEVER, .die_between = NEVER, .fail_at = NEVER, .stop_at = NEVER, .width = 1};
  return p;
}

static bool next(void *ud, buf *piece) {
  plan *p = ud;
  if (p->given == p->pieces) return false;
  buf_add(piece, (const char *)&p->given, sizeof p->given);
  p->given++;
  return true;
}

static void idle(void *ud, const uint64_t counters[WORKERS_COUNTERS]) {
  (void)ud;
  (void)counters;
}

static void enter(void *ud, watch *w) {
  plan *p = ud;
  (void)w;
  signal(SIGSEGV, SIG_DFL); /* cmocka's would tell of a failed test */
  signal(SIGABRT, SIG_DFL);
  atomic_store(&p->pids[getpid() % 8], getpid());
}

static bool is_lost(const workers_piece *piece, int row) {
  for (size_t i = 0; i < piece->loss_count; i++)
    if (piece->losses[i].target == (uint64_t)row) return true;
  return false;
}

static void add_row(const plan *p, const workers_piece *piece, int row, buf texts[2]) {
  char line[32];
  int len = snprintf(line, sizeof line, "%d%s\n", row, is_lost(piece, row) ? " lost" : "");
  for (int i = 1; i < p->width; i++) buf_byte(&texts[0], ' ');
  buf_add(&texts[0], line, (size_t)len);
  if (p->bad && row % p->bad == 0) buf_add(&texts[1], line, (size_t)len);
}

static bool work(void *ud, const workers_piece *piece, workers_result *out) {
  static buf texts[2]; /* valid until the next piece */
  uint64_t *counters = out->counters;
  plan *p = ud;
  for (int i = 0; i < 2; i++) buf_clear(&texts[i]);
  int number;
  memcpy(&number, piece->bytes, sizeof number);
  usleep((useconds_t)(number % 3 * p->pause));
  if (number == p->die_between && atomic_fetch_sub(&p->lives, 1) > 0) raise(SIGKILL);
  for (int row = number * ROWS; row < (number + 1) * ROWS && counters[1] < piece->left && !workers_stopped(); row++) {
    workers_at((uint64_t)row);
    if (row == p->die_at && !is_lost(piece, row)) raise(p->signal);
    if (row == p->fail_at) return false;
    if (row == p->stop_at) {
      kill(getppid(), SIGTERM);
      while (!workers_stopped()) usleep(1000);
    }
    add_row(p, piece, row, texts);
    counters[0]++;
    counters[1] += p->bad && row % p->bad == 0;
  }
  for (int i = 0; i < 2; i++) out->texts[i] = (workers_text){texts[i].data, texts[i].len};
  return true;
}

static workers_batch batch_of(plan *p, unsigned count, int out, int err) {
  return (workers_batch){.count = count, .streams = {out, err, -1, -1}, .ud = p, .next = next, .idle = idle, .enter = enter, .work = work};
}

static int temporary(void) {
  int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
  if (fd < 0) fd = memfd_create("workers", 0);
  assert_true(fd >= 0);
  return fd;
}

/* The numbers of the file: the last one, when they are 0, 1, 2, …; -2 when they are not. A row that is lost is noted. */
static int last_of(int fd, int *lost) {
  FILE *f = fdopen(dup(fd), "r");
  char line[70000];
  int number = 0, last = -1;
  *lost = NEVER;
  rewind(f);
  while (last != -2 && fgets(line, sizeof line, f)) {
    if (!strchr(line, '\n') || sscanf(line, " %d", &number) != 1 || number != last + 1) last = -2;
    else last = number;
    if (strstr(line, "lost")) *lost = number;
  }
  fclose(f);
  return last;
}

static void everything_comes_in_order(void **state) {
  (void)state;
  for (unsigned count = 1; count <= 8; count++) {
    plan *p = new_plan(50);
    int out = temporary(), lost;
    p->pause = 300;
    assert_int_equal(write(out, "0\n", 2), 2); /* what stands in the file already stays */
    lseek(out, 0, SEEK_SET);
    workers_batch b = batch_of(p, count, out, -1);
    workers_end end;
    diag why;
    assert_true(workers_run(&b, &end, &why));
    assert_int_equal(last_of(out, &lost), 499);
    assert_int_equal(end.counters[0], 500);
    assert_false(end.interrupted || end.closed || end.limited);
    close(out);
    munmap(p, sizeof *p);
  }
}

static void a_death_costs_one_row(void **state) {
  (void)state;
  static const int signals[] = {SIGKILL, SIGSEGV, SIGABRT};
  for (size_t i = 0; i < 3; i++) {
    for (unsigned count = 1; count <= 2; count++) {
      plan *p = new_plan(9);
      int out = temporary(), lost;
      p->die_at = 37, p->signal = signals[i];
      workers_batch b = batch_of(p, count, out, -1);
      workers_end end;
      diag why;
      assert_true(workers_run(&b, &end, &why));
      assert_int_equal(last_of(out, &lost), 89);
      assert_int_equal(lost, 37);
      assert_int_equal(end.counters[0], 90);
      close(out);
      munmap(p, sizeof *p);
    }
  }
}

static void deaths_at_no_row_are_tried_again(void **state) {
  (void)state;
  for (unsigned count = 1; count <= 3; count++) {
    for (int lives = 2; lives <= 3; lives++) {
      plan *p = new_plan(9);
      int out = temporary(), lost;
      p->die_between = 4, p->lives = lives;
      workers_batch b = batch_of(p, count, out, -1);
      workers_end end;
      diag why;
      bool ok = workers_run(&b, &end, &why);
      assert_int_equal(ok, lives == 2);
      int last = last_of(out, &lost);
      assert_true(ok ? last == 89 : last >= -1 && last <= 39);
      if (!ok) assert_string_equal(why.message, "its worker was ended by signal 9 (Killed), again and again, at no target");
      close(out);
      munmap(p, sizeof *p);
    }
  }
}

static void a_broken_worker_ends_the_batch(void **state) {
  (void)state;
  for (unsigned count = 1; count <= 3; count++) {
    plan *p = new_plan(9);
    int out = temporary(), lost;
    p->fail_at = 55;
    workers_batch b = batch_of(p, count, out, -1);
    workers_end end;
    diag why;
    assert_false(workers_run(&b, &end, &why));
    int last = last_of(out, &lost);
    assert_true(last >= -1 && last < 50);
    close(out);
    munmap(p, sizeof *p);
  }
}

static void a_limit_is_reached_at_one_row(void **state) {
  (void)state;
  for (unsigned count = 1; count <= 8; count++) {
    for (uint64_t limit = 1; limit <= 40; limit += 13) {
      plan *p = new_plan(30);
      int out = temporary(), err = temporary(), lost;
      p->bad = 7;
      workers_batch b = batch_of(p, count, out, err);
      b.limited = 1, b.limit = limit;
      workers_end end;
      diag why;
      assert_true(workers_run(&b, &end, &why));
      assert_true(end.limited);
      assert_int_equal(end.counters[1], limit);
      assert_int_equal(last_of(out, &lost), 7 * (limit - 1));
      assert_int_equal(end.counters[0], 7 * (limit - 1) + 1);
      close(out);
      close(err);
      munmap(p, sizeof *p);
    }
  }
}

static void a_stop_leaves_a_beginning(void **state) {
  (void)state;
  for (unsigned count = 1; count <= 4; count++) {
    plan *p = new_plan(200);
    int out = temporary(), lost;
    p->stop_at = 333;
    workers_batch b = batch_of(p, count, out, -1);
    workers_end end;
    diag why;
    assert_true(workers_run(&b, &end, &why));
    assert_true(end.interrupted);
    int last = last_of(out, &lost);
    assert_true(last >= 0 && last <= 333);
    assert_int_equal(end.counters[0], last + 1);
    close(out);
    munmap(p, sizeof *p);
  }
}

static void two_streams_may_be_one_file(void **state) {
  (void)state;
  plan *p = new_plan(40);
  int out = temporary(), err = dup(out);
  p->bad = 1; /* so each row comes twice */
  workers_batch b = batch_of(p, 3, out, err);
  workers_end end;
  diag why;
  assert_true(workers_run(&b, &end, &why));
  int expected = 0;
  for (int i = 0; i < 400; i++) expected += 2 * snprintf(NULL, 0, "%d\n", i);
  assert_int_equal(lseek(out, 0, SEEK_END), expected);
  close(out);
  close(err);
  munmap(p, sizeof *p);
}

/* Runs the batch in a process of its own, which writes into a pipe, and returns the other end. */
static int start_into_pipe(plan *p, unsigned count, pid_t *pid) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  *pid = fork();
  if (*pid == 0) {
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    workers_batch b = batch_of(p, count, ends[1], -1);
    workers_end end;
    diag why;
    bool ok = workers_run(&b, &end, &why);
    _exit(ok ? end.closed ? 3 : 0 : 1);
  }
  close(ends[1]);
  return ends[0];
}

/* What is not whole at the end of it does not count. */
static bool is_beginning(int fd) {
  char byte;
  off_t end = lseek(fd, 0, SEEK_END);
  while (end > 0 && pread(fd, &byte, 1, end - 1) == 1 && byte != '\n') end--;
  int lost;
  return !ftruncate(fd, end) && last_of(fd, &lost) >= 0;
}

/* Most deaths come to a worker that waits for a reader, or for its turn. */
static void deaths_at_a_slow_reader_change_nothing(void **state) {
  (void)state;
  for (unsigned count = 1; count <= 3; count++) {
    plan *p = new_plan(60);
    p->width = 3000;
    pid_t pid;
    int in = start_into_pipe(p, count, &pid), out = temporary(), lost, status;
    char bytes[20000];
    unsigned seed = 1;
    ssize_t n;
    for (int i = 0; (n = read(in, bytes, sizeof bytes)) > 0; i++) {
      assert_int_equal(write(out, bytes, (size_t)n), n);
      usleep(2000);
      int victim = i % 4 == 0 ? atomic_load(&p->pids[rand_r(&seed) % 8]) : 0;
      if (victim) kill(victim, SIGKILL); /* reused pids are far away */
    }
    waitpid(pid, &status, 0);
    int last = last_of(out, &lost);
    assert_true(WEXITSTATUS(status) == 0 ? last == 599 : is_beginning(out));
    close(in);
    close(out);
    munmap(p, sizeof *p);
  }
}

static void a_reader_that_goes_away_ends_it(void **state) {
  (void)state;
  for (unsigned count = 1; count <= 3; count++) {
    plan *p = new_plan(1000000);
    p->width = 1000;
    pid_t pid;
    int in = start_into_pipe(p, count, &pid), status;
    char bytes[5000];
    assert_true(read(in, bytes, sizeof bytes) > 0);
    close(in);
    waitpid(pid, &status, 0);
    assert_int_equal(WEXITSTATUS(status), 3);
    munmap(p, sizeof *p);
  }
}

static void what_cannot_be_written_is_an_error(void **state) {
  (void)state;
  plan *p = new_plan(1000);
  int full = open("/dev/full", O_WRONLY);
  workers_batch b = batch_of(p, 2, full, -1);
  workers_end end;
  diag why;
  assert_false(workers_run(&b, &end, &why));
  assert_string_equal(why.message, "cannot write the output: No space left on device");
  close(full);
  munmap(p, sizeof *p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(everything_comes_in_order),        cmocka_unit_test(a_death_costs_one_row),
      cmocka_unit_test(deaths_at_no_row_are_tried_again), cmocka_unit_test(a_broken_worker_ends_the_batch),
      cmocka_unit_test(a_limit_is_reached_at_one_row),    cmocka_unit_test(a_stop_leaves_a_beginning),
      cmocka_unit_test(two_streams_may_be_one_file),      cmocka_unit_test(deaths_at_a_slow_reader_change_nothing),
      cmocka_unit_test(a_reader_that_goes_away_ends_it),  cmocka_unit_test(what_cannot_be_written_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
