#include "host/workers_shared.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { GLANCE = 100 /* milliseconds between looks at a turn */ };

static void futex(_Atomic uint32_t *word, int op, uint32_t value) {
  struct timespec glance = {0, GLANCE * 1000000};
  syscall(SYS_futex, word, op, value, op == FUTEX_WAIT ? &glance : NULL, NULL, 0);
}

whose shared_wait_for_turn(shared *s, uint32_t number) {
  for (;;) {
    uint32_t turn = atomic_load(&s->turn);
    if (turn == number) return MY_TURN;
    if (turn > number) return PASSED;
    if (atomic_load(&s->given_up) <= number) return NEVER;
    futex(&s->turn, FUTEX_WAIT, turn);
  }
}

account *shared_account(shared *s, uint32_t number) { return &s->accounts[number & 1]; }

void shared_pass_turn(shared *s, uint32_t number, const uint64_t counters[WORKERS_COUNTERS]) {
  account *before = shared_account(s, number), *after = shared_account(s, number + 1);
  for (size_t i = 0; i < WORKERS_STREAMS; i++) atomic_store(&after->written[i], atomic_load(&s->streams[i].written));
  for (size_t i = 0; i < WORKERS_COUNTERS; i++) atomic_store(&after->counters[i], atomic_load(&before->counters[i]) + counters[i]);
  atomic_store(&s->turn, number + 1);
  shared_wake(s);
}

/* Nobody reads the objects any more: then the batch has come to its end. Messages that nobody reads are left out. */
void shared_note_trouble(shared *s, int i, int error) {
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

bool shared_is_writable(const shared *s, int i) {
  return !atomic_load(&s->error) && !atomic_load(&s->closed) && !atomic_load(&s->streams[i].gone);
}

bool shared_read(int fd, void *bytes, size_t len) {
  for (size_t got = 0; got < len;) {
    ssize_t n = read(fd, (char *)bytes + got, len - got);
    if (n <= 0 && !(n < 0 && errno == EINTR)) return false;
    if (n > 0) got += (size_t)n;
  }
  return true;
}

void shared_wake(shared *s) { futex(&s->turn, FUTEX_WAKE, INT32_MAX); }
