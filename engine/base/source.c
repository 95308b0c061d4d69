#include "base/source.h"

#include "base/utf8.h"

size_t source_line_end(const char *s, size_t len) {
  switch ((unsigned char)s[0]) {
    case '\n': return 1;
    case '\r': return len > 1 && s[1] == '\n' ? 2 : 1;
    case 0xC2: return len > 1 && (unsigned char)s[1] == 0x85 ? 2 : 0;
    case 0xE2: return len > 2 && (unsigned char)s[1] == 0x80 && ((unsigned char)s[2] & 0xFE) == 0xA8 ? 3 : 0;
    default: return 0;
  }
}

mark source_mark(const char *text, size_t len, size_t offset) { return source_mark_from(text, len, 0, (mark){1, 1}, offset); }

mark source_mark_from(const char *text, size_t len, size_t from, mark at, size_t offset) {
  uint32_t rune;
  for (size_t i = from, width; i < offset && i < len; i += width) {
    width = source_line_end(text + i, len - i);
    if (width) {
      at.line++;
      at.column = 1;
    } else {
      width = utf8_read(text + i, len - i, &rune);
      at.column++;
    }
  }
  return at;
}

const char *source_line(const char *text, size_t len, uint32_t line, size_t *line_len) {
  return source_line_from(text, len, 1, 0, line, line_len);
}

const char *source_line_from(const char *text, size_t len, uint32_t known, size_t start, uint32_t line, size_t *line_len) {
  size_t i = start;
  uint32_t number = known;
  while (i < len) {
    size_t end = source_line_end(text + i, len - i);
    if (end && number == line) break;
    i += end ? end : 1;
    if (end) {
      start = i;
      number++;
    }
  }
  if (number != line) return NULL;
  *line_len = i - start;
  return text + start;
}

size_t source_offset(const char *text, size_t len, mark at) { return source_offset_from(text, len, 1, 0, at); }

size_t source_offset_from(const char *text, size_t len, uint32_t known, size_t start, mark at) {
  size_t line_len, i = 0;
  const char *line = source_line_from(text, len, known, start, at.line, &line_len);
  if (!line) return len;
  uint32_t rune;
  for (uint32_t column = 1; column < at.column && i < line_len; column++) i += utf8_read(line + i, line_len - i, &rune);
  return (size_t)(line - text) + i;
}

static bool take_utf16(buf *text, const unsigned char *p, size_t len, bool little, diag *why) {
  for (size_t i = 0; i + 1 < len; i += 2) {
    uint32_t c = little ? p[i] | (uint32_t)p[i + 1] << 8 : (uint32_t)p[i] << 8 | p[i + 1];
    if (c >= 0xD800 && c < 0xDC00 && i + 3 < len) {
      uint32_t low = little ? p[i + 2] | (uint32_t)p[i + 3] << 8 : (uint32_t)p[i + 2] << 8 | p[i + 3];
      if (low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      }
    }
    if (c >= 0xD800 && c < 0xE000)
      return diag_set(why, "bad-text", source_mark(text->data, text->len, text->len), "half of a UTF-16 surrogate pair");
    utf8_add(text, c);
  }
  if (len % 2) return diag_set(why, "bad-text", source_mark(text->data, text->len, text->len), "UTF-16 text ends within a character");
  return true;
}

bool source_take(buf *text, const char *bytes, size_t len, diag *why) {
  const unsigned char *p = (const unsigned char *)bytes;
  bool ok = true;
  if (len >= 2 && p[0] == 0xFF && p[1] == 0xFE) ok = take_utf16(text, p + 2, len - 2, true, why);
  else if (len >= 2 && p[0] == 0xFE && p[1] == 0xFF) ok = take_utf16(text, p + 2, len - 2, false, why);
  else {
    if (len >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3)) bytes += 3, len -= 3;
    uint32_t rune;
    for (size_t i = 0, width; (i += utf8_ascii(bytes + i, len - i)) < len; i += width) {
      width = utf8_read(bytes + i, len - i, &rune);
      if (width == 1)
        return diag_set(why, "bad-text", source_mark(bytes, len, i), "byte 0x%02x is not valid UTF-8", (unsigned char)bytes[i]);
    }
    buf_add(text, bytes, len);
  }
  if (ok && text->failed) return diag_memory(why);
  return ok;
}
