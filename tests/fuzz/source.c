/* The bytes of a file: as they stand, and as UTF-16 in both orders. Then every place of the text. */
#include "base/source.h"

#include <string.h>

#include "base/utf8.h"
#include "harness.h"

static void add_unit(buf *out, uint32_t unit, bool little) {
  buf_byte(out, (char)(little ? unit & 0xFF : unit >> 8));
  buf_byte(out, (char)(little ? unit >> 8 : unit & 0xFF));
}

/* The text as UTF-16 again. */
static void add_utf16(buf *out, const buf *text, bool little) {
  uint32_t c;
  for (size_t i = 0; i < text->len;) {
    i += utf8_read(text->data + i, text->len - i, &c);
    if (c >= 0x10000) {
      add_unit(out, 0xD800 + ((c - 0x10000) >> 10), little);
      c = 0xDC00 + ((c - 0x10000) & 0x3FF);
    }
    add_unit(out, c, little);
  }
}

static void check_places(const buf *text) {
  uint32_t rune;
  const char *t = text->data;
  mark last = {1, 0};
  for (size_t i = 0; i < text->len; i += utf8_read(t + i, text->len - i, &rune)) {
    if (i && t[i] == '\n' && t[i - 1] == '\r') continue; /* one line end */
    mark at = source_mark(t, text->len, i);
    CHECK((at.line == last.line && at.column == last.column + 1) || (at.line == last.line + 1 && at.column == 1), "%u:%u follows %u:%u",
          at.line, at.column, last.line, last.column);
    size_t line_len = 0;
    const char *line = source_line(t, text->len, at.line, &line_len);
    CHECK(line && line >= t && line + line_len <= t + text->len, "line %u", at.line);
    CHECK(source_offset(t, text->len, at) == i, "%u:%u is not at %zu", at.line, at.column, i);
    last = at;
  }
  mark end = source_mark(t, text->len, text->len);
  CHECK(!source_line(t, text->len, end.line + 1, &(size_t){0}), "a line behind the last");
}

static void check_take(const char *bytes, size_t len) {
  buf text = {0};
  diag why = {0};
  if (source_take(&text, bytes, len, &why)) {
    CHECK(buf_text(&text) && utf8_valid(text.data, text.len), "the text is not valid");
    check_places(&text);
  } else CHECK(why.id && why.at.line && why.at.column, "an error without a place");
  buf_free(&text);
}

static void check_utf16(const uint8_t *data, size_t size, bool little) {
  buf file = {0}, text = {0}, again = {0};
  diag why = {0};
  add_unit(&file, 0xFEFF, little);
  buf_add(&file, (const char *)data, size);
  check_take(file.data, file.len);
  if (source_take(&text, file.data, file.len, &why)) {
    add_utf16(&again, &text, little);
    CHECK(again.len == size && (!size || !memcmp(again.data, data, size)), "%zu bytes became %zu", size, again.len);
  }
  buf_free(&file);
  buf_free(&text);
  buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > MOST_BYTES / 8) return 0; /* every place is looked at, and each costs a walk */
  check_take((const char *)data, size);
  check_utf16(data, size, true);
  check_utf16(data, size, false);
  return 0;
}
