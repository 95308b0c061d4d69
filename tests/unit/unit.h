/* What every unit test in C starts with. */
#ifndef MOONSTEP_UNIT_H
#define MOONSTEP_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(row) (sizeof(row) / sizeof *(row))

/* Texts of the tables, which may hold NULs: TEXT("a\0b"). */
typedef struct chars {
  const char *bytes;
  size_t len;
} chars;
#define TEXT(literal)                                                                                                                      \
  { literal, sizeof(literal) - 1 }

/* Fails with both texts shown when they differ; `about` names the row. */
static inline void assert_text(const char *got, size_t got_len, const char *want, size_t want_len, const char *about) {
  if (got_len == want_len && (!want_len || !memcmp(got, want, want_len))) return;
  fail_msg("%s\n   got: \"%.*s\" (%zu bytes)\n  want: \"%.*s\" (%zu bytes)", about, (int)got_len, got ? got : "", got_len, (int)want_len,
           want, want_len);
}

/* The same numbers in every run, from a seed (xorshift). */
static inline uint32_t next_random(uint32_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  return *seed ^= *seed << 5;
}

#endif
