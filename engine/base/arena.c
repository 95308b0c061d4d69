#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct arena_chunk {
  arena_chunk *next;
  size_t size;
  max_align_t bytes[];
};

enum { FIRST_CHUNK = 4096, LARGEST_STEP = 1 << 20 };

void *arena_alloc(arena *a, size_t size) {
  size_t align = sizeof(max_align_t);
  if (size > SIZE_MAX - align - sizeof(arena_chunk)) return NULL;
  size = (size + align - 1) / align * align;
  if (!a->chunks || a->left < size) {
    size_t want = a->chunks ? a->chunks->size * 2 : FIRST_CHUNK;
    if (want > LARGEST_STEP) want = LARGEST_STEP;
    if (want < size) want = size;
    if (a->most && want > a->most - (a->total < a->most ? a->total : a->most)) return NULL;
    arena_chunk *chunk = malloc(sizeof *chunk + want);
    if (!chunk) return NULL;
    *chunk = (arena_chunk){.next = a->chunks, .size = want};
    a->chunks = chunk;
    a->left = want;
    a->total += want;
  }
  char *at = (char *)a->chunks->bytes + (a->chunks->size - a->left);
  a->left -= size;
  return at;
}

char *arena_copy(arena *a, const char *bytes, size_t len) {
  char *copy = arena_alloc(a, len + 1);
  if (!copy) return NULL;
  if (len) memcpy(copy, bytes, len);
  copy[len] = '\0';
  return copy;
}

void arena_free(arena *a) {
  for (arena_chunk *chunk = a->chunks, *next; chunk; chunk = next) {
    next = chunk->next;
    free(chunk);
  }
  *a = (arena){0};
}
