/* What the processes of a batch share (host/workers.h): whose turn it is, how far all is, what is out of each stream.
 *
 *   coordinator ── task, piece ──▶ worker ── frames ──▶ coordinator
 *
 * Inner to workers.c and worker.c.
 */
#ifndef MOONSTEP_WORKERS_SHARED_H
#define MOONSTEP_WORKERS_SHARED_H

#include <stdatomic.h>
#include <sys/types.h>

#include "host/workers.h"

enum {
  MOST_NAMES = 4096,  /* of a piece, of which is known that they are its own */
  WORKER_BROKEN = 70, /* the status of a worker that has said what is wrong */
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
  seen *names; /* of all objects that were made */
  /* The names of the piece whose turn it is that are in the set already: a worker that takes it over does not meet its own. */
  _Atomic uint32_t claiming, claimed;
  uint64_t own[MOST_NAMES];
  _Atomic bool unfinished; /* a piece could not be committed, for this reason */
  diag problem;
  seat seats[];
} shared;

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

typedef enum whose { MY_TURN, PASSED, NEVER } whose;

/* Waits until it is the piece's turn. PASSED: who did this piece before has died right behind it. NEVER: the batch was given up before it. */
whose shared_wait_for_turn(shared *s, uint32_t number);

void shared_pass_turn(shared *s, uint32_t number, const uint64_t counters[WORKERS_COUNTERS]);

/* Wakes who waits for a turn that never comes. */
void shared_wake(shared *s);

account *shared_account(shared *s, uint32_t number);

/* What could not be written to a stream, and why. */
void shared_note_trouble(shared *s, int stream, int error);

bool shared_is_writable(const shared *s, int stream);

/* Reads as many bytes as are wanted. False at the end, or with errno set. */
bool shared_read(int fd, void *bytes, size_t len);

/* A worker's life, from its fork on: pieces from `tasks` until there are none, frames to `done`. */
_Noreturn void worker_live(const workers_batch *b, shared *s, seat *own, int tasks, int done);

#endif
