/* The limits of engine/data/rows, each from both sides. */
#include "rows_reading.h"

static void check(rows_format format, buf *text, const char *want) {
  assert_false(text->failed);
  int fd = new_input(text->data, text->len);
  reading r;
  assert_true(read_all(fd, format, 1000, &r));
  assert_text(r.shown.data, r.shown.len, want, strlen(want), want);
  buf_free(&r.shown);
  buf_clear(text);
  close(fd);
}

static void test_name_limits(void **state) {
  (void)state;
  buf b = {0}, want = {0};
  for (size_t len = 253; len <= 254; len++) {
    buf_string(&b, "{\"name\":\"");
    buf_fill(&b, 'a', len);
    buf_string(&b, "\"}");
    buf_string(&want, "1:1 ");
    buf_fill(&want, 'a', len);
    check(ROWS_NDJSON, &b, len == 253 ? buf_text(&want) : "1:1 !bad-row 1:9");
    buf_clear(&want);
  }
  for (size_t len = 63; len <= 64; len++) {
    buf_string(&b, "name: a\nnamespace: ");
    buf_fill(&b, 'n', len);
    buf_string(&want, "1:1-2 a @");
    buf_fill(&want, 'n', len);
    check(ROWS_YAML, &b, len == 63 ? buf_text(&want) : "1:1-2 !bad-row 2:12");
    buf_clear(&want);
  }
  buf_free(&b);
  buf_free(&want);
}

/* Texts of LIMIT_SCALAR bytes are rows, those of one more are none. */
static void test_scalar_limit(void **state) {
  (void)state;
  static const struct {
    rows_format format;
    const char *before, *after, *right, *wrong;
  } rows[] = {
      {ROWS_NDJSON, "{\"name\":\"a\",\"task\":\"", "\"}", "1:1 a #", "1:1 !scalar-limit 1:20"},
      {ROWS_NDJSON, "{\"name\":\"a\",\"params\":{\"A\":\"", "\"}}", "1:1 a %A=", "1:1 !scalar-limit 1:27"},
      {ROWS_NDJSON, "{\"name\":\"a\",\"params\":{\"", "\":1}}", "1:1 a %", "1:1 !scalar-limit 1:23"},
      {ROWS_CSV, "name,params.A\na,\"", "\"\n", "2:1 a %A=", "2:1 !scalar-limit 2:3"},
      {ROWS_CSV, "name,task\na,", "\n", "2:1 a #", "2:1 !scalar-limit 2:3"},
      {ROWS_CSV, "name,params.", "\na,1\n", "2:1 a %", "!scalar-limit 1:6"},
      {ROWS_YAML, "name: a\ntask: ", "\n", "1:1-2 a #", "1:1-2 !scalar-limit 2:7"},
  };
  for (size_t i = 0; i < COUNT(rows); i++)
    for (size_t more = 0; more < 2; more++) {
      buf b = {0};
      buf_string(&b, rows[i].before);
      buf_fill(&b, 'x', LIMIT_SCALAR + more);
      buf_string(&b, rows[i].after);
      int fd = new_input(b.data, b.len);
      reading r;
      assert_true(read_all(fd, rows[i].format, 1, &r));
      const char *want = more ? rows[i].wrong : rows[i].right;
      assert_true(r.shown.len >= strlen(want));
      assert_text(r.shown.data, strlen(want), want, strlen(want), want);
      assert_int_equal(r.shown.len > LIMIT_SCALAR, !more);
      buf_free(&r.shown);
      buf_free(&b);
      close(fd);
    }
}

/* A row of LIMIT_DOCUMENT bytes is read, a longer one is not, and the one behind it is. */
static void test_document_limit(void **state) {
  (void)state;
  static const struct {
    rows_format format;
    const char *before, *row, *padding, *end, *after, *right, *wrong;
  } rows[] = {
      {ROWS_NDJSON, "", "{\"name\":\"a\"", " ", "}", "\n{\"name\":\"b\"}\n", "1:1 a | 2:1 b", "1:1 !document-limit 1:1 | 2:1 b"},
      {ROWS_JSON, "[", "{\"name\":\"a\"", " ", "}", ",{\"name\":\"b\"}]", NULL, "!document-limit 1:2"},
      {ROWS_CSV, "name,task\n", "a,\"", "x", "\"", "\nb,\n", NULL, "!document-limit 2:1"},
      {ROWS_YAML, "", "name: a\n#", "x", "\n", "---\nname: b\n", "1:1-2 a | 4:1 b", "1:1-2 !document-limit 1:1 | 4:1 b"},
  };
  static const size_t more[] = {0, 1, LIMIT_DOCUMENT};
  for (size_t i = 0; i < COUNT(rows); i++)
    for (size_t k = 0; k < (i ? 2 : COUNT(more)); k++) {
      size_t fixed = strlen(rows[i].row) + strlen(rows[i].end);
      buf b = {0};
      buf_string(&b, rows[i].before);
      buf_string(&b, rows[i].row);
      buf_fill(&b, *rows[i].padding, LIMIT_DOCUMENT - fixed + more[k]);
      buf_string(&b, rows[i].end);
      buf_string(&b, rows[i].after);
      int fd = new_input(b.data, b.len);
      reading r;
      buf_free(&b);
      assert_true(read_all(fd, rows[i].format, 1000, &r));
      const char *text = buf_text(&r.shown), *want = more[k] ? rows[i].wrong : rows[i].right;
      assert_int_equal(r.rows, 2);
      assert_true(r.pieces == 2 || !more[k] || more[k] == 1);
      if (want && !strstr(text, want)) fail_msg("%.200s\nwant %s", text, want);
      if (!more[k]) assert_null(strstr(text, "document-limit"));
      assert_non_null(strstr(text, " b"));
      buf_free(&r.shown);
      close(fd);
    }
}

static void test_column_limit(void **state) {
  (void)state;
  buf b = {0};
  for (int more = 0; more < 2; more++) {
    buf_string(&b, "name");
    for (int i = 0; i < 999 + more; i++) buf_format(&b, ",params.P%d", i);
    buf_string(&b, "\na");
    buf_fill(&b, ',', 999 + (size_t)more);
    check(ROWS_CSV, &b, more ? "!bad-row 1:1" : "2:1 a");
  }
  buf_free(&b);
}

static void test_depth(void **state) {
  (void)state;
  buf b = {0};
  buf_string(&b, "[{\"name\":\"a\",\"task\":");
  buf_fill(&b, '[', 100000);
  buf_fill(&b, ']', 100000);
  buf_string(&b, "},{\"name\":\"b\"}]");
  check(ROWS_JSON, &b, "1:2 !bad-row 1:21 | 1:200023 b");
  buf_string(&b, "name: a\ntask: ");
  buf_fill(&b, '[', LIMIT_DEPTH);
  buf_fill(&b, ']', LIMIT_DEPTH);
  buf_string(&b, "\n---\nname: b\n");
  check(ROWS_YAML, &b, "1:1-2 !depth-limit 2:206 | 4:1 b");
  buf_free(&b);
}

/* Equal names are found among many, too. */
static void test_many_fields(void **state) {
  (void)state;
  buf b = {0};
  for (int twice = 0; twice < 2; twice++) {
    buf_string(&b, "{\"name\":\"a\",\"params\":{\"A\":null");
    for (int i = 0; i < 2000; i++) buf_format(&b, ",\"P%04d\":null", i);
    buf_string(&b, twice ? ",\"P0007\":1}}" : ",\"B\":1}}");
    check(ROWS_NDJSON, &b, twice ? "1:1 !duplicate-key 1:26032 (1:123)" : "1:1 a %B=1");
  }
  buf_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_name_limits),  cmocka_unit_test(test_scalar_limit), cmocka_unit_test(test_document_limit),
      cmocka_unit_test(test_column_limit), cmocka_unit_test(test_depth),        cmocka_unit_test(test_many_fields),
  };
  return cmocka_run_group_tests_name("rows_limits", tests, NULL, NULL);
}
