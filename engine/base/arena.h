/* Memory that is freed in one go: the nodes of a document, the pieces of a compiled text.
 *
 * Ownership: everything that arena_alloc returns belongs to the arena and lives until arena_free. `(arena){0}` is an
 * empty arena. Failure: NULL, and the arena stays usable. Blocks are aligned for any type.
 */
#ifndef MOONSTEP_ARENA_H
#define MOONSTEP_ARENA_H

#include <stddef.h>

typedef struct arena_chunk arena_chunk;

typedef struct arena {
  arena_chunk *chunks;
  size_t left;  /* bytes free at the end of the first chunk */
  size_t total; /* bytes taken from the system, for limits and reports */
  size_t most;  /* of `total`; 0: no limit. What is beyond it fails as a lack of memory does */
} arena;

void *arena_alloc(arena *a, size_t size);

/* A copy of `len` bytes with a NUL behind them. */
char *arena_copy(arena *a, const char *bytes, size_t len);

void arena_free(arena *a);

#endif
