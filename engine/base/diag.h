/* How the engine's C says that something went wrong: one way to fail.
 *
 * A function that can fail takes a `diag *` and returns false after diag_set; the diag is the caller's, holds no
 * memory, and says nothing before that. Ids are stable words that users may match on; messages are one sentence without a
 * full stop. A place is a line and a column, both from 1, counted in characters; line 0 means "no place".
 */
#ifndef MOONSTEP_DIAG_H
#define MOONSTEP_DIAG_H

#include <stdbool.h>
#include <stdint.h>

typedef struct mark {
  uint32_t line, column;
} mark;

typedef struct diag {
  const char *id;
  mark at;    /* where it is */
  mark other; /* a second place that belongs to it: the first of two equal keys */
  char message[400];
} diag;

/* Fills the diag and returns false, so that a failing function can end with `return diag_set(...)`. */
bool diag_set(diag *d, const char *id, mark at, const char *format, ...) __attribute__((format(printf, 4, 5)));

#define MEMORY_ID "out-of-memory"

/* The one message for memory that could not be had. Returns false. */
bool diag_memory(diag *d);

#endif
