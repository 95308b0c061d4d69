#include "data/text_out.h"

#include <stdint.h>

#include "base/utf8.h"
#include "data/scalar.h"

static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

/* Which ASCII characters may stand in a word, a bit each: - . / 0-9, A-Z and _, a-z. */
static inline bool is_word_char(unsigned char c) {
  static const uint64_t low = 0x03FFE00000000000, high = 0x07FFFFFE87FFFFFE;
  return c < 0x80 && (c < 64 ? low >> c : high >> (c - 64)) & 1;
}

bool yaml_is_word(const char *text, size_t len) {
  if (!len || !(is_letter(text[0]) || text[0] == '/')) return false;
  for (size_t i = 1; i < len; i++)
    if (!is_word_char((unsigned char)text[i])) return false;
  return !scalar_is_ambiguous(text, len);
}

/* True when each of eight bytes stands raw in double quotes: printable ASCII without `"` and `\\`. Most of what is written goes
 * by here; x - ONES has the high bit in each byte of x that is 0. */
static inline bool are_raw(const char *eight) {
  const uint64_t ONES = 0x0101010101010101, HIGH = ONES << 7;
  uint64_t v;
  memcpy(&v, eight, 8);
  uint64_t quote = v ^ ONES * '"', slash = v ^ ONES * '\\', del = v ^ ONES * 0x7F;
  return !(((v - ONES * 0x20) | (quote - ONES) | (slash - ONES) | (del - ONES) | v) & HIGH);
}

/* How many bytes at the start stand raw. */
static size_t raw_run(const char *text, size_t len) {
  size_t i = 0;
  while (i + 8 <= len && are_raw(text + i)) i += 8;
  if (len >= 8 && i + 8 > len && are_raw(text + len - 8)) return len;
  for (; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c < 0x20 || c >= 0x7F || c == '"' || c == '\\') break;
  }
  return i;
}

static void add_escape(buf *out, uint32_t c) {
  switch (c) {
    case '"': buf_add(out, "\\\"", 2); break;
    case '\\': buf_add(out, "\\\\", 2); break;
    case '\n': buf_add(out, "\\n", 2); break;
    case '\r': buf_add(out, "\\r", 2); break;
    case '\t': buf_add(out, "\\t", 2); break;
    default: buf_format(out, "\\u%04x", (unsigned)c);
  }
}

/* Characters that must not stand raw in a double-quoted YAML scalar: controls, YAML's own line ends beside \n, byte order
 * marks and what YAML 1.1 calls not printable (section 5.1). */
static bool needs_escape(uint32_t c) {
  if (c < 0x80) return c < 0x20 || c == 0x7F || c == '"' || c == '\\';
  return c < 0xA0 || c == 0x2028 || c == 0x2029 || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF;
}

void json_add_string(buf *out, const char *text, size_t len) {
  if (!buf_room(out, len + 2)) return;
  out->data[out->len++] = '"';
  size_t from = 0;
  uint32_t c;
  for (size_t i = 0, width; (i += raw_run(text + i, len - i)) < len; i += width) {
    width = utf8_read(text + i, len - i, &c);
    bool stray = width == 1 && (unsigned char)text[i] >= 0x80;
    if (!stray && !needs_escape(c)) continue;
    buf_add(out, text + from, i - from);
    if (stray) utf8_add(out, UTF8_REPLACEMENT);
    else add_escape(out, c);
    from = i + width;
  }
  buf_add(out, text + from, len - from);
  buf_byte(out, '"');
}

/* True when the text can stand as a literal block: several lines, not all of them empty, and nothing to escape. */
static bool fits_block(const char *text, size_t len) {
  if (!memchr(text, '\n', len)) return false;
  bool ink = false;
  uint32_t c;
  for (size_t i = 0, width; i < len; i += width) {
    width = utf8_read(text + i, len - i, &c);
    if (width == 1 && (unsigned char)text[i] >= 0x80) return false;
    if (c == '\n' || c == '\t' || c == '"' || c == '\\') ink = ink || c == '"' || c == '\\';
    else if (needs_escape(c)) return false;
    else if (c != ' ') ink = true;
  }
  return ink;
}

/* A literal block. Its lines stand two columns right of the collection; the indentation is written out where the first
 * line does not show it, and the end says whether the last line end is kept. */
static void add_block(buf *out, const char *text, size_t len, size_t indent) {
  buf_byte(out, '|');
  if (text[0] == ' ' || text[0] == '\n' || text[0] == '\t') buf_byte(out, '2');
  if (text[len - 1] != '\n') buf_byte(out, '-');
  else if (len > 1 && text[len - 2] == '\n') buf_byte(out, '+');
  for (size_t i = 0; i < len;) {
    const char *end = memchr(text + i, '\n', len - i);
    size_t line = end ? (size_t)(end - text) - i : len - i;
    buf_byte(out, '\n');
    if (line) buf_fill(out, ' ', indent + 2);
    buf_add(out, text + i, line);
    i += line + 1;
  }
}

void yaml_add_string(buf *out, const char *text, size_t len, size_t indent) {
  if (yaml_is_word(text, len)) buf_add(out, text, len);
  else if (fits_block(text, len)) add_block(out, text, len, indent);
  else json_add_string(out, text, len);
}

void yaml_add_key(buf *out, const char *text, size_t len, size_t indent) {
  enum { SIMPLE = 160 }; /* every byte may become six characters, and 1024 are too many */
  if (len > SIMPLE) buf_add(out, "? ", 2);
  if (yaml_is_word(text, len)) buf_add(out, text, len);
  else json_add_string(out, text, len);
  if (len > SIMPLE) {
    buf_byte(out, '\n');
    buf_fill(out, ' ', indent);
  }
  buf_byte(out, ':');
}
