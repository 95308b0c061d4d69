#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void buf_free(buf *b) {
  if (b->wipe && b->data) explicit_bzero(b->data, b->cap);
  free(b->data);
  *b = (buf){0};
}

/* As realloc, but the old bytes do not stay behind. */
static char *regrow(buf *b, size_t cap) {
  char *data = malloc(cap);
  if (!data || !b->data) return data;
  memcpy(data, b->data, b->len);
  explicit_bzero(b->data, b->cap);
  free(b->data);
  return data;
}

bool buf_grow(buf *b, size_t more) {
  if (b->failed) return false;
  size_t cap = b->cap ? b->cap : 256;
  while (cap - b->len < more) {
    if (cap > SIZE_MAX / 2) goto fail;
    cap *= 2;
  }
  char *data = b->wipe ? regrow(b, cap) : realloc(b->data, cap);
  if (!data) goto fail;
  b->data = data;
  b->cap = cap;
  return true;
fail:
  b->failed = true;
  return false;
}

void buf_fill(buf *b, char c, size_t count) {
  if (!buf_room(b, count)) return;
  if (count) memset(b->data + b->len, c, count);
  b->len += count;
}

void buf_integer(buf *b, long long value) {
  char digits[24], *at = digits + sizeof digits;
  unsigned long long left = value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value;
  do *--at = (char)('0' + left % 10);
  while (left /= 10);
  if (value < 0) *--at = '-';
  buf_add(b, at, (size_t)(digits + sizeof digits - at));
}

void buf_format(buf *b, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int len = vsnprintf(NULL, 0, format, args);
  if (len < 0) b->failed = true;
  if (len > 0 && buf_room(b, (size_t)len + 1)) b->len += (size_t)vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
  va_end(again);
  va_end(args);
}

const char *buf_text(buf *b) {
  if (!buf_room(b, 1)) return NULL;
  b->data[b->len] = '\0';
  return b->data;
}
