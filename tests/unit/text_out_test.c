/* engine/data/text_out: how strings and keys are written, and that they are read back. */
#include "unit.h"

#include "base/utf8.h"
#include "data/json_in.h"
#include "data/text_out.h"
#include "data/yaml_in.h"

static const struct {
  chars text;
  const char *yaml; /* as a value, two columns in */
} values[] = {
    {TEXT("abc"), "abc"},
    {TEXT("/bin/sh"), "/bin/sh"},
    {TEXT("a-b_c.d/1"), "a-b_c.d/1"},
    {TEXT("Zz9"), "Zz9"},
    {TEXT("/"), "/"},
    {TEXT(""), "\"\""},
    {TEXT(" "), "\" \""},
    {TEXT("a b"), "\"a b\""},
    {TEXT("a:b"), "\"a:b\""},
    {TEXT("a,b"), "\"a,b\""},
    {TEXT("a:"), "\"a:\""},
    {TEXT("#a"), "\"#a\""},
    {TEXT("-a"), "\"-a\""},
    {TEXT("-"), "\"-\""},
    {TEXT("---"), "\"---\""},
    {TEXT("..."), "\"...\""},
    {TEXT(".a"), "\".a\""},
    {TEXT("_a"), "\"_a\""},
    {TEXT("1"), "\"1\""},
    {TEXT("1a"), "\"1a\""},
    {TEXT("0x1"), "\"0x1\""},
    {TEXT("1e3"), "\"1e3\""},
    {TEXT("+1"), "\"+1\""},
    {TEXT("yes"), "\"yes\""},
    {TEXT("No"), "\"No\""},
    {TEXT("y"), "\"y\""},
    {TEXT("N"), "\"N\""},
    {TEXT("on"), "\"on\""},
    {TEXT("OFF"), "\"OFF\""},
    {TEXT("true"), "\"true\""},
    {TEXT("null"), "\"null\""},
    {TEXT("Nan"), "\"Nan\""},
    {TEXT("inf"), "\"inf\""},
    {TEXT("~"), "\"~\""},
    {TEXT("<<"), "\"<<\""},
    {TEXT("="), "\"=\""},
    {TEXT("*a"), "\"*a\""},
    {TEXT("&a"), "\"&a\""},
    {TEXT("!a"), "\"!a\""},
    {TEXT("{a}"), "\"{a}\""},
    {TEXT("'a'"), "\"'a'\""},
    {TEXT("a\"b\\c"), "\"a\\\"b\\\\c\""},
    {TEXT("a\tb"), "\"a\\tb\""},
    {TEXT("a\rb"), "\"a\\rb\""},
    {TEXT("a\r\nb"), "\"a\\r\\nb\""},
    {TEXT("a\0b"), "\"a\\u0000b\""},
    {TEXT("\x01\x1f\x7f"), "\"\\u0001\\u001f\\u007f\""},
    {TEXT("\xc2\x80\xc2\x85\xc2\x9f\xc2\xa0"), "\"\\u0080\\u0085\\u009f\xc2\xa0\""},
    {TEXT("\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf"), "\"\\u2028\\u2029\\ufeff\""},
    {TEXT("\xef\xbf\xbe\xef\xbf\xbf"), "\"\\ufffe\\uffff\""},
    {TEXT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    {TEXT("\xff\xc3"), "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {TEXT("a\xff"), "\"a\xef\xbf\xbd\""},
    /* blocks */
    {TEXT("a\nb\n"), "|\n    a\n    b"},
    {TEXT("a\nb"), "|-\n    a\n    b"},
    {TEXT("a\n"), "|\n    a"},
    {TEXT("a\n\n"), "|+\n    a\n"},
    {TEXT("a\n\n\nb\n"), "|\n    a\n\n\n    b"},
    {TEXT(" a\nb"), "|2-\n     a\n    b"},
    {TEXT("\na"), "|2-\n\n    a"},
    {TEXT("\ta\nb\n"), "|2\n    \ta\n    b"},
    {TEXT("a: \"b\"\n- c\\d # e\n"), "|\n    a: \"b\"\n    - c\\d # e"},
    {TEXT("a\n b \n"), "|\n    a\n     b "},
    {TEXT("\n"), "\"\\n\""}, /* no ink */
    {TEXT(" \n "), "\" \\n \""},
    {TEXT("\t\n"), "\"\\t\\n\""},
    {TEXT("a\nb\r"), "\"a\\nb\\r\""},
    {TEXT("a\n\x7f"), "\"a\\n\\u007f\""},
    {TEXT("a\n\xff"), "\"a\\n\xef\xbf\xbd\""},
    {TEXT("a\n\xe2\x80\xa8"), "\"a\\n\\u2028\""},
};

static const struct {
  chars text;
  const char *yaml;
} keys[] = {
    {TEXT("abc"), "abc:"},     {TEXT("app.kubernetes.io/name"), "app.kubernetes.io/name:"},
    {TEXT(""), "\"\":"},       {TEXT("a b"), "\"a b\":"},
    {TEXT("yes"), "\"yes\":"}, {TEXT("1"), "\"1\":"},
    {TEXT("<<"), "\"<<\":"},   {TEXT("a\nb"), "\"a\\nb\":"},
    {TEXT("? a"), "\"? a\":"},
};

static void test_values(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(values); i++) {
    buf out = {0};
    yaml_add_string(&out, values[i].text.bytes, values[i].text.len, 2);
    assert_text(out.data, out.len, values[i].yaml, strlen(values[i].yaml), values[i].text.bytes);
    buf_free(&out);
  }
}

static void test_keys(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(keys); i++) {
    buf out = {0};
    yaml_add_key(&out, keys[i].text.bytes, keys[i].text.len, 2);
    assert_text(out.data, out.len, keys[i].yaml, strlen(keys[i].yaml), keys[i].text.bytes);
    buf_free(&out);
  }
}

static void test_long_keys(void **state) {
  (void)state;
  buf key = {0}, out = {0};
  buf_fill(&key, 'k', 161);
  yaml_add_key(&out, key.data, 160, 2);
  assert_int_equal(out.len, 161);
  buf_clear(&out);
  yaml_add_key(&out, key.data, 161, 2);
  assert_memory_equal(out.data, "? kkk", 5);
  assert_memory_equal(out.data + out.len - 5, "k\n  :", 5);
  buf_free(&key);
  buf_free(&out);
}

/* --- written and read again ----------------------------------------------------------------------------------------- */

static void check_node(const node *n, const buf *want, const char *text) {
  assert_int_equal(n->kind, NODE_STRING);
  assert_text(n->text, n->count, want->data, want->len, text);
}

/* A map within a map with the string as key and as value, at a column that is not 0, and something behind it. */
static void add_document(buf *out, const char *text, size_t len) {
  buf_string(out, "outer:\n  ");
  yaml_add_key(out, text, len, 2);
  buf_byte(out, ' ');
  yaml_add_string(out, text, len, 2);
  buf_string(out, "\nlist:\n- ");
  yaml_add_string(out, text, len, 0);
  buf_string(out, "\nlast: 1\n");
}

static void check_yaml(const char *text, size_t len, const buf *want) {
  buf out = {0};
  arena memory = {0};
  diag why = {0};
  node root;
  add_document(&out, text, len);
  yaml_in *in = yaml_in_open(out.data, out.len, 1, &why);
  if (yaml_in_next(in, &memory, &root, &why) != YAML_DOCUMENT)
    fail_msg("%s at %u:%u of\n%s", why.message, why.at.line, why.at.column, out.data);
  assert_int_equal(root.count, 3);
  assert_int_equal(root.items[1].count, 1);
  check_node(&root.items[1].items[0], want, out.data);
  check_node(&root.items[1].items[1], want, out.data);
  check_node(&root.items[3].items[0], want, out.data);
  assert_int_equal(root.items[5].integer, 1);
  yaml_in_close(in);
  arena_free(&memory);
  buf_free(&out);
}

static void check_json(const char *text, size_t len, const buf *want) {
  buf out = {0};
  arena memory = {0};
  diag why = {0};
  node root;
  json_add_string(&out, text, len);
  json_in in = json_in_open(out.data, out.len);
  if (json_in_next(&in, &memory, &root, &why) != JSON_VALUE) fail_msg("%s: %.*s", why.message, (int)out.len, out.data);
  check_node(&root, want, "JSON");
  arena_free(&memory);
  buf_free(&out);
}

static void check_round_trip(const char *text, size_t len) {
  buf want = {0};
  utf8_add_clean(&want, text, len);
  check_yaml(text, len, &want);
  check_json(text, len, &want);
  buf_free(&want);
}

static void test_round_trip_of_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(values); i++) check_round_trip(values[i].text.bytes, values[i].text.len);
}

static void test_round_trip_of_characters(void **state) {
  (void)state;
  for (uint32_t c = 0; c < 0x3000; c++) {
    char text[6] = {'a', '\n'};
    size_t width = utf8_write(text + 2, c);
    check_round_trip(text + 2, width);
    check_round_trip(text, width + 2);
  }
}

static void test_round_trip_of_random_texts(void **state) {
  (void)state;
  static const char *const parts[] = {
      "a",
      "b",
      "yes",
      "1",
      " ",
      " ",
      "\n",
      "\n",
      "\t",
      ":",
      ": ",
      "#",
      " #",
      "- ",
      "\"",
      "'",
      "\\",
      "|",
      ">",
      "%",
      "@",
      "`",
      "\r",
      "\xc3\xa9",
      "\xff",
      "\xe2\x80\xa8",
      "\xef\xbb\xbf",
      "\x7f",
      "---",
      "...",
      "{",
      "}",
      "[",
      "]",
      ",",
      "&a",
      "*a",
      "!!int ",
      "<<",
      "? ",
  };
  uint32_t seed = 7;
  for (int i = 0; i < 20000; i++) {
    char text[128];
    size_t len = 0;
    for (size_t n = next_random(&seed) % 9; n--;) {
      const char *part = parts[next_random(&seed) % COUNT(parts)];
      memcpy(text + len, part, strlen(part));
      len += strlen(part);
    }
    check_round_trip(text, len);
  }
}

static void test_round_trip_of_long_texts(void **state) {
  (void)state;
  buf b = {0};
  for (size_t len = 150; len < 1100; len += 50) {
    buf_clear(&b);
    buf_fill(&b, '"', len);
    check_round_trip(b.data, b.len);
    for (size_t i = 0; i < len; i++) utf8_add(&b, 0x20AC);
    check_round_trip(b.data, b.len);
  }
  buf_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_keys),
      cmocka_unit_test(test_long_keys),
      cmocka_unit_test(test_round_trip_of_rows),
      cmocka_unit_test(test_round_trip_of_characters),
      cmocka_unit_test(test_round_trip_of_random_texts),
      cmocka_unit_test(test_round_trip_of_long_texts),
  };
  return cmocka_run_group_tests_name("text_out", tests, NULL, NULL);
}
