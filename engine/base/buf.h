/* A growable run of bytes: what every writer in the engine writes into.
 *
 * Ownership: a buf owns its bytes; buf_free gives them back and leaves an empty buf. `(buf){0}` is an empty buf.
 * Failure: an allocation that fails sets `failed`, which stays set until buf_free; every later add is then a no-op. So a
 * writer adds without looking and its caller asks once, at the end. The bytes are always followed by a NUL when
 * buf_text is used to read them.
 * Secrets: what a buf with `wipe` held is overwritten before its memory goes back, also when it grows.
 */
#ifndef MOONSTEP_BUF_H
#define MOONSTEP_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct buf {
  char *data;
  size_t len, cap;
  bool failed, wipe;
} buf;

void buf_free(buf *b);

/* Forgets the bytes and keeps the room. */
static inline void buf_clear(buf *b) { b->len = 0; }

/* Makes room for `more` bytes behind the present ones. False, and `failed` set, when there is no memory. */
bool buf_grow(buf *b, size_t more);

static inline bool buf_room(buf *b, size_t more) { return (!b->failed && b->cap - b->len >= more) || buf_grow(b, more); }

static inline void buf_add(buf *b, const char *bytes, size_t len) {
  if (len && buf_room(b, len)) {
    memcpy(b->data + b->len, bytes, len);
    b->len += len;
  }
}

static inline void buf_byte(buf *b, char c) {
  if (buf_room(b, 1)) b->data[b->len++] = c;
}

static inline void buf_string(buf *b, const char *s) { buf_add(b, s, strlen(s)); }

/* `count` times the byte `c`. */
void buf_fill(buf *b, char c, size_t count);

void buf_integer(buf *b, long long value);

/* As printf; for numbers and short texts. */
void buf_format(buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The bytes with a NUL behind them, or NULL when the buf has failed. The NUL is not counted in len. */
const char *buf_text(buf *b);

#endif
