/* Workers: processes that do a batch piece by piece; what comes of the pieces goes out in their order.
 *
 *   coordinator ── fork ──▶ worker: work(piece) ─ wait for the piece's turn ─ write its texts
 *        │  next(): a piece        ▲
 *        └────────── pipe ─────────┘
 *
 * A piece is bytes that the caller understands; so are its texts, one for each stream. Workers write for themselves, one after the other;
 * whoever is too early waits, so a slow reader slows everything down and memory does not grow.
 *
 * A worker that dies costs the target that it was at (workers_at): another one does the piece again and is told which targets ended it, and
 * what of the piece is out already is not written twice. A piece whose worker dies at no target ends the batch. Time is watched by the kernel:
 * a stage (host/watch.h) that goes on for too long ends its process.
 *
 * SIGINT and SIGTERM stop the batch: no piece is begun any more, and workers are told to stop at the next target (workers_stopped).
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

enum { WORKERS_MOST = 256, WORKERS_STREAMS = 4, WORKERS_COUNTERS = 16, WORKERS_CAUSE = 200 };

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
  int streams[WORKERS_STREAMS]; /* descriptors; -1 for one that is not there */
  int known;                    /* a file of hashes (data/seen.h) of names that are taken from the beginning; 0: there are none */
  void *ud;
  bool (*next)(void *ud, buf *piece);                                /* in the coordinator; false when there is none left */
  void (*idle)(void *ud, const uint64_t counters[WORKERS_COUNTERS]); /* in the coordinator, ten times a second */
  void (*enter)(void *ud, watch *w);                                 /* in a worker, first of all */
  /* In a worker, when what `work` made of its last piece counts, and before it is written; NULL: nothing is to be done then. False ends the batch, and
   * the piece is not written. */
  bool (*commit)(void *ud, diag *why);
  /* In a worker. False: it is broken, and has said so. Called again, with `taken`, when targets made what others had made before. */
  bool (*work)(void *ud, const workers_piece *piece, workers_result *out);
} workers_batch;

typedef struct workers_end {
  bool interrupted;                    /* by SIGINT or SIGTERM */
  bool closed;                         /* who reads a stream has gone away: no error */
  uint64_t counters[WORKERS_COUNTERS]; /* sums of what the pieces counted */
} workers_end;

/* Does the batch. False, with `why`, when it could not be done to its end. */
bool workers_run(const workers_batch *batch, workers_end *end, diag *why);

/* In a worker: the target that is done now; UINT64_MAX for none. */
void workers_at(uint64_t target);

/* In a worker: whether it shall stop. */
bool workers_stopped(void);

#endif
