/* UTF-8 as Go reads it, because the model's rules were written in Go: a byte that starts no valid sequence is one stray
 * byte and counts as U+FFFD. Surrogates and over-long forms are not valid (RFC 3629, section 3).
 */
#ifndef MOONSTEP_UTF8_H
#define MOONSTEP_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { UTF8_REPLACEMENT = 0xFFFD, UTF8_LAST = 0x10FFFF };

/* Reads the character at `s` (len > 0) and returns its width in bytes. A stray byte gives U+FFFD and width 1. */
size_t utf8_read(const char *s, size_t len, uint32_t *rune);

/* How many bytes at the start are ASCII. */
static inline size_t utf8_ascii(const char *s, size_t len) {
  size_t i = 0;
  for (uint64_t eight; i + 8 <= len; i += 8) {
    memcpy(&eight, s + i, 8);
    if (eight & 0x8080808080808080) break;
  }
  while (i < len && !((unsigned char)s[i] & 0x80)) i++;
  return i;
}

/* Writes up to four bytes and returns how many; what is no character is written as U+FFFD. */
size_t utf8_write(char out[4], uint32_t rune);

void utf8_add(buf *out, uint32_t rune);

/* True when the bytes hold no stray byte. */
bool utf8_valid(const char *s, size_t len);

/* Adds the text, each stray byte as U+FFFD. */
void utf8_add_clean(buf *out, const char *s, size_t len);

#endif
