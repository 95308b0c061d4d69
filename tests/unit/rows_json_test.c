/* engine/data/row_json against jansson: rows that are put together, and what mishaps make of them. */
#include "unit.h"

#include "base/buf.h"
#include "data/rows.h"
#include "rows_reference.h"

static uint32_t seed = 20240229;
static uint32_t below(uint32_t end) { return next_random(&seed) % end; }
static const char *any(const char *const *list, size_t count) { return list[below((uint32_t)count)]; }

static void add_space(buf *b) {
  static const char *const spaces[] = {"", "", "", " ", "\t", " \r "};
  buf_string(b, any(spaces, COUNT(spaces)));
}

static void add_value(buf *b) {
  static const char *const values[] = {"\"\"",
                                       "\"x\"",
                                       "\"\\u00e9\\n\"",
                                       "\"\xC3\xA9\\\\\"",
                                       "\"\\ud83d\\ude00\"",
                                       "\"\\/\\b\\f\\r\\t\\\"\"",
                                       "0",
                                       "-0",
                                       "17",
                                       "-1",
                                       "1.50",
                                       "1e3",
                                       "-2.5E-7",
                                       "1e-999",
                                       "1e999",
                                       "true",
                                       "false",
                                       "null",
                                       "[]",
                                       "{\"A\":1}",
                                       "\"\\u0000\"",
                                       "\"\x7F\"",
                                       "123456789012345678901234567890"};
  buf_string(b, any(values, COUNT(values) - (below(4) ? 5 : 0)));
}

static void add_fields(buf *b) {
  static const char *const names[] = {"A", "B", "DB_HOST", "\\u0041", "\xC3\xA9t\xC3\xA9", "x1", "a-b", ""};
  uint32_t count = below(5);
  buf_byte(b, '{');
  for (uint32_t i = 0; i < count; i++) {
    if (i) buf_byte(b, ',');
    add_space(b);
    buf_format(b, "\"%s\"", any(names, COUNT(names) - (below(8) ? 2 : 0)));
    add_space(b);
    buf_byte(b, ':');
    add_space(b);
    add_value(b);
    add_space(b);
  }
  buf_byte(b, '}');
}

static void add_member(buf *b, size_t key) {
  static const char *const keys[] = {"name", "n\\u0061me", "namespace", "task", "variables", "params", "other"};
  static const char *const texts[] = {"\"a\"", "\"db-1.example\"", "\"n\"", "null", "\"A\"", "\"a..b\"", "17", "\"\""};
  buf_format(b, "\"%s\"", keys[key]);
  add_space(b);
  buf_byte(b, ':');
  add_space(b);
  if (key == 4 || key == 5) add_fields(b);
  else buf_string(b, any(texts, below(6) ? 3 : COUNT(texts)));
  add_space(b);
}

static void add_line(buf *b) {
  uint32_t count = below(5);
  add_space(b);
  buf_byte(b, '{');
  add_space(b);
  add_member(b, below(10) ? 0 : below(7));
  for (uint32_t i = 0; i < count; i++) {
    buf_byte(b, ',');
    add_space(b);
    add_member(b, below(30) ? i + 2 : below(7));
  }
  buf_byte(b, '}');
  add_space(b);
}

/* One byte more, less or other; never a line end. */
static void mutate(buf *b) {
  static const char bytes[] = "{}[]:,\"\\ue0-+.19AZaz_ \x01\x7F\xC3\xA9\xF0\x80\xFF";
  size_t at = below((uint32_t)b->len);
  char byte = bytes[below(sizeof bytes - 1)];
  switch (below(3)) {
    case 0: b->data[at] = byte; break;
    case 1: memmove(b->data + at, b->data + at + 1, --b->len - at); break;
    default:
      buf_byte(b, byte);
      memmove(b->data + at + 1, b->data + at, b->len - 1 - at);
      b->data[at] = byte;
  }
}

static void test_against_jansson(void **state) {
  (void)state;
  enum { LINES = 40000 };
  static const rows_head head = {.format = ROWS_NDJSON};
  diag why;
  row_parser *parser = row_parser_open(&head, &why);
  buf line = {0}, ours = {0}, theirs = {0};
  unsigned taken = 0;
  for (unsigned i = 0; i < LINES; i++) {
    arena memory = {0};
    row r;
    buf_clear(&line), buf_clear(&ours), buf_clear(&theirs);
    add_line(&line);
    for (uint32_t changes = below(2) ? below(4) : 0; changes--;) mutate(&line);
    rows_piece piece = {.text = buf_text(&line), .len = line.len, .records = 1, .line = 1, .column = 1};
    row_parser_give(parser, &piece);
    row_result result = row_next(parser, &memory, &r, &why);
    bool right = reference_read(line.data, line.len, &memory, &theirs);
    if (right != (result == ROW)) fail_msg("jansson %s, we do not (%s): %s", right ? "takes" : "refuses", why.message, line.data);
    if (right) reference_show(&ours, &r);
    if (right) assert_text(ours.data, ours.len, theirs.data, theirs.len, line.data);
    assert_int_equal(row_next(parser, &memory, &r, &why), ROW_END);
    taken += right;
    arena_free(&memory);
  }
  assert_in_range(taken, LINES / 10, LINES * 9 / 10);
  row_parser_close(parser);
  buf_free(&line);
  buf_free(&ours);
  buf_free(&theirs);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_against_jansson),
  };
  return cmocka_run_group_tests_name("rows_json", tests, NULL, NULL);
}
