#include "base/utf8.h"

size_t utf8_read(const char *s, size_t len, uint32_t *rune) {
  const unsigned char *p = (const unsigned char *)s;
  uint32_t c = p[0];
  if (c < 0x80) {
    *rune = c;
    return 1;
  }
  size_t width = c >= 0xF0 && c <= 0xF4 ? 4 : c >= 0xE0 ? 3 : 2;
  if (c < 0xC2 || c > 0xF4 || width > len) goto stray;
  c &= 0xFFu >> (width + 1);
  for (size_t i = 1; i < width; i++) {
    if ((p[i] & 0xC0) != 0x80) goto stray;
    c = c << 6 | (p[i] & 0x3F);
  }
  if ((width == 3 && c < 0x800) || (width == 4 && c < 0x10000) || c > UTF8_LAST || (c >= 0xD800 && c < 0xE000)) goto stray;
  *rune = c;
  return width;
stray:
  *rune = UTF8_REPLACEMENT;
  return 1;
}

size_t utf8_write(char out[4], uint32_t c) {
  if (c > UTF8_LAST || (c >= 0xD800 && c < 0xE000)) c = UTF8_REPLACEMENT;
  if (c < 0x80) {
    out[0] = (char)c;
    return 1;
  }
  size_t width = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = width; i-- > 1; c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
  out[0] = (char)((0xF00u >> width & 0xFF) | c);
  return width;
}

void utf8_add(buf *out, uint32_t rune) {
  char bytes[4];
  buf_add(out, bytes, utf8_write(bytes, rune));
}

bool utf8_valid(const char *s, size_t len) {
  uint32_t rune;
  for (size_t i = 0, width; (i += utf8_ascii(s + i, len - i)) < len; i += width) {
    width = utf8_read(s + i, len - i, &rune);
    if (width == 1) return false;
  }
  return true;
}

void utf8_add_clean(buf *out, const char *s, size_t len) {
  uint32_t rune;
  for (size_t i = 0, width; i < len; i += width) {
    width = utf8_read(s + i, len - i, &rune);
    if (width == 1 && rune == UTF8_REPLACEMENT) utf8_add(out, rune);
    else buf_add(out, s + i, width);
  }
}
