/* Workers: processes that do a batch piece by piece; what comes of the pieces goes out in their order.
 *
 *   coordinator ── fork ──▶ worker: work(piece) ─ wait for the piece's turn ─ write its texts
 *        │  next(): a piece        ▲                                             │
 *        └────────── pipe ─────────┘◀──── pipe: what goes into pipes ────────────┘
 *
 * A piece is bytes that the caller understands; so are its texts, one for each stream. Into regular files workers write for themselves, at the place
 * of the text, one after the other; the coordinator writes what goes elsewhere. Whoever is too early waits, so a slow reader slows everything down and memory
 * does not grow.
 *
 * A worker that dies costs the target that it was at (workers_at): another one does the piece again and is told which targets ended it, and
 * what of the piece is out already is neither written nor counted twice. A piece whose workers die at no target, three times, ends the batch. Time is watched by the kernel: a stage
 * (host/watch.h) that goes on for too long ends its process.
 *
 * A batch may have a limit: it ends at the target with which a counter reaches it, the same one for every number of workers. The piece with that target is
 * done again when its turn has come, and told how much is left.
 *
 * SIGINT and SIGTERM stop the batch: no piece is begun any more, and workers are told to stop at the next target (workers_stopped). Whatever
 * ends a batch before its time, what is written is its beginning: behind a piece that is not whole, nothing comes.
 */
#ifndef MOONSTEP_WORKERS_H
#define MOONSTEP_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/diag.h"
#include "data/seen.h"
#include "host/watch.h"

enum { WORKERS_MOST = 256, WORKERS_STREAMS = 6, WORKERS_COUNTERS = 16, WORKERS_CAUSE = 200 };

/* A target that ended a worker, and how. */
typedef struct workers_loss {
  uint64_t target;
  char cause[WORKERS_CAUSE];
} workers_loss;

typedef struct workers_text {
  const char *bytes;
  size_t len;
} workers_text;

/* A piece as a worker gets it. */
typedef struct workers_piece {
  const char *bytes;
  size_t len;
  const workers_loss *losses;
  size_t loss_count;
  const uint64_t *taken; /* targets whose objects others have made */
  size_t taken_count;
  uint64_t left; /* where the batch has a limit that this piece reaches: how much may be counted; else UINT64_MAX */
} workers_piece;

/* What came of a piece; valid until the worker gets the next one. */
typedef struct workers_result {
  workers_text texts[WORKERS_STREAMS];
  uint64_t counters[WORKERS_COUNTERS];
  const seen_name *names; /* of the objects that were made: no two targets may make the same */
  size_t name_count;
} workers_result;

typedef struct workers_batch {
  unsigned count;               /* of processes */
  int streams[WORKERS_STREAMS]; /* descriptors; -1 for one that is not there. The first one is what the batch is for */
  const char *into;             /* the file that the streams make, in messages; NULL: they are the usual ones */
  unsigned limited;             /* a counter */
  uint64_t limit;               /* the batch ends where that reaches this; 0: it does not */
  int known;                    /* a file of hashes (data/seen.h) of names that are taken from the beginning; 0: there are none */
  void *ud;
  bool (*next)(void *ud, buf *piece);                                /* in the coordinator; false when there is none left */
  void (*idle)(void *ud, const uint64_t counters[WORKERS_COUNTERS]); /* in the coordinator, ten times a second */
  void (*speak)(void *ud);                                           /* in the coordinator, before it writes; may be NULL */
  void (*enter)(void *ud, watch *w);                                 /* in a worker, first of all */
  /* In a worker, when what `work` made of its last piece counts, and before it is written; NULL: nothing is to be done then. False ends the batch, and
   * the piece is not written. */
  bool (*commit)(void *ud, diag *why);
  /* In a worker. False: it is broken, and has said so. Called again, with `taken`, when targets made what others had made before, and with
   * `left`. */
  bool (*work)(void *ud, const workers_piece *piece, workers_result *out);
} workers_batch;

typedef struct workers_end {
  bool interrupted;                    /* by SIGINT or SIGTERM */
  bool limited;                        /* the limit was reached */
  bool closed;                         /* who reads the first stream has gone away: no error */
  uint64_t counters[WORKERS_COUNTERS]; /* sums of what the pieces counted */
} workers_end;

/* Does the batch. False, with `why`, when it could not be done to its end. */
bool workers_run(const workers_batch *batch, workers_end *end, diag *why);

/* In a worker: the target that is done now; UINT64_MAX for none. */
void workers_at(uint64_t target);

/* In a worker: whether it shall stop. */
bool workers_stopped(void);

#endif
