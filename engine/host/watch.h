/* What the loader tells the process that watches over it: one page of shared memory.
 *
 * The loader writes before and after everything that is bounded in time (a script's load, a target); the parent only reads.
 * A stage starts with the time and ends with 0, so a loader that waits for its input is not on the clock.
 */
#ifndef MOONSTEP_WATCH_H
#define MOONSTEP_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

typedef struct watch {
  _Atomic uint64_t started; /* nanoseconds on the monotonic clock; 0: nothing is on the clock */
  _Atomic uint32_t limit;   /* milliseconds of wall clock that the stage may take */
  _Atomic bool ndjson;      /* messages are wanted as JSON lines */
  _Atomic uint32_t allowed; /* the limit as it was given, for messages: `limit` may be what is left of it, and a little more; 0: the same */
  _Atomic bool prompt;      /* the loader talks with a user: an interrupt is for it alone */
  _Atomic bool batch;       /* the loader does a batch: told to stop, it comes to an end by itself */
  _Atomic bool raw;         /* the terminal is as the prompt needs it; `terminal` is how it was */
  struct termios terminal;
  char stage[240]; /* what it is, in words; written before `started` */
  char file[240];  /* the script that is at work, or "" */
} watch;

/* What the page said of a target, while it tells of another. */
typedef struct watch_aside {
  uint32_t allowed;
  char stage[240], file[240];
} watch_aside;

/* Passing the wall clock's limit is noticed in the loader first; the parent waits so much longer. */
enum { WATCH_GRACE = 500 /* milliseconds */ };

uint64_t watch_now(void);

void watch_start(watch *w, const char *stage, uint32_t limit);
void watch_stop(watch *w);

/* Names the script of the stages that follow, and the limit that messages tell. */
void watch_script(watch *w, const char *file, uint32_t allowed);

/* Takes the stage from the clock, to put it back later. */
void watch_put_aside(watch *w, watch_aside *aside);
void watch_take_up(watch *w, const watch_aside *aside, uint32_t limit);

/* From here on the kernel ends this process with SIGKILL when a stage of the page takes longer than its limit: for who has no parent that
 * watches. */
void watch_ends_process(watch *w);

/* Milliseconds until the stage's limit, negative when it is passed, INT64_MAX when nothing is on the clock. */
int64_t watch_left(const watch *w);

#endif
