/* engine/data: what is read, where it stood, and the limits. What kubectl makes of each scalar is tests/judge's. */
#include "unit.h"

#include "base/buf.h"
#include "data/json_in.h"
#include "data/map.h"
#include "data/scalar.h"
#include "data/yaml_in.h"

/* Nodes as text: `{a: 1, b: [null, "x"]}`, with places `1:2-1:5 ` before each value and key. */
static void show(buf *out, const node *n, bool places);

static void show_pair(buf *out, const node *pair, bool places) {
  show(out, pair, places);
  buf_string(out, ": ");
  show(out, pair + 1, places);
}

static void show(buf *out, const node *n, bool places) {
  if (places) buf_format(out, "%u:%u-%u:%u ", n->start.line, n->start.column, n->end.line, n->end.column);
  switch ((node_kind)n->kind) {
    case NODE_NULL: buf_string(out, "null"); break;
    case NODE_BOOL: buf_string(out, n->boolean ? "true" : "false"); break;
    case NODE_INT: buf_format(out, "%lld", (long long)n->integer); break;
    case NODE_FLOAT: buf_format(out, "%gf", n->number); break;
    case NODE_STRING:
      buf_byte(out, '"');
      buf_add(out, n->text, n->count);
      buf_byte(out, '"');
      assert_int_equal(n->text[n->count], '\0');
      break;
    default:
      buf_byte(out, n->kind == NODE_LIST ? '[' : '{');
      for (uint32_t i = 0; i < n->count; i++) {
        if (i) buf_string(out, ", ");
        if (n->kind == NODE_LIST) show(out, &n->items[i], places);
        else show_pair(out, &n->items[2 * i], places);
      }
      buf_byte(out, n->kind == NODE_LIST ? ']' : '}');
  }
}

/* All documents, joined by " | "; then an error as `!id 1:2` or `!id 1:2 (3:4)` with its second place. */
typedef struct reading {
  buf shown;
  arena memory;
  node last;
  diag why;
  size_t documents;
} reading;

static void add_error(reading *r) {
  buf_format(&r->shown, "%s!%s %u:%u", r->shown.len ? " " : "", r->why.id, r->why.at.line, r->why.at.column);
  if (r->why.other.line) buf_format(&r->shown, " (%u:%u)", r->why.other.line, r->why.other.column);
}

static void add_document(reading *r, bool places, bool shown) {
  if (r->documents++) buf_string(&r->shown, " | ");
  if (shown) show(&r->shown, &r->last, places);
}

static reading read_yaml(const char *text, size_t len, bool places, bool shown) {
  reading r = {.documents = 0};
  yaml_in *in = yaml_in_open(text, len, 1, &r.why);
  yaml_result result;
  assert_non_null(in);
  while ((result = yaml_in_next(in, &r.memory, &r.last, &r.why)) == YAML_DOCUMENT) add_document(&r, places, shown);
  if (result == YAML_ERROR) add_error(&r);
  assert_int_equal(yaml_in_next(in, &r.memory, &r.last, &r.why), YAML_END);
  yaml_in_close(in);
  return r;
}

static reading read_json(const char *text, size_t len, bool places, bool shown) {
  reading r = {.documents = 0};
  json_in in = json_in_open(text, len);
  json_result result;
  while ((result = json_in_next(&in, &r.memory, &r.last, &r.why)) == JSON_VALUE) add_document(&r, places, shown);
  if (result == JSON_ERROR) add_error(&r);
  return r;
}

static void forget(reading *r) {
  buf_free(&r->shown);
  arena_free(&r->memory);
}

typedef struct row {
  chars text;
  const char *want;
} row;

static void check_rows(const row *rows, size_t count, reading (*read)(const char *, size_t, bool, bool), bool places) {
  for (size_t i = 0; i < count; i++) {
    reading r = read(rows[i].text.bytes, rows[i].text.len, places, true);
    assert_text(r.shown.data, r.shown.len, rows[i].want, strlen(rows[i].want), rows[i].text.bytes);
    forget(&r);
  }
}

static const row yaml_values[] = {
    {TEXT(""), ""},
    {TEXT("# nothing\n"), ""},
    {TEXT("---\n"), "null"},
    {TEXT("---\n---\na\n...\n# end\n"), "null | \"a\""},
    {TEXT("a: 1\n---\nb: 2\n"), "{\"a\": 1} | {\"b\": 2}"},
    {TEXT("a: 'x\n  --- y'\n"), "{\"a\": \"x --- y\"}"},
    {TEXT("text: |\n  a: 1\n  ---\n  b\n"), "{\"text\": \"a: 1\n---\nb\n\"}"},
    {TEXT("a: {}\nb: []\nc:\nd: ''\n"), "{\"a\": {}, \"b\": [], \"c\": null, \"d\": \"\"}"},
    {TEXT("- yes\n- 0x10\n- 1_000\n- 1.5\n- 1e3\n- ~\n- 'yes'\n- 1:30\n"), "[true, 16, 1000, 1.5f, 1000, null, \"yes\", \"1:30\"]"},
    {TEXT("yes: 1\n17: 2\n'17 ': 3\n1.5: 4\n"), "{\"true\": 1, \"17\": 2, \"17 \": 3, \"1.5\": 4}"},
    {TEXT("!!str 1"), "\"1\""},
    {TEXT("!!int '1'"), "1"},
    {TEXT("!!binary aGk="), "\"hi\""},
    {TEXT("{a: 1, b: {c: [1, 2]}}"), "{\"a\": 1, \"b\": {\"c\": [1, 2]}}"},
    {TEXT("[a: 1]"), "[{\"a\": 1}]"},
    /* anchors */
    {TEXT("a: &x [1]\nb: *x\n"), "{\"a\": [1], \"b\": [1]}"},
    {TEXT("&k a: 1\nb: *k\n"), "{\"a\": 1, \"b\": \"a\"}"},
    {TEXT("- &x 1\n- &x 2\n- *x\n"), "[1, 2, 2]"}, /* the last of a name counts */
    {TEXT("- &x z\n- *x : 1\n"), "[\"z\", {\"z\": 1}]"},
    /* merge: what stands later wins, keys behind `<<` over it, and it over keys before it */
    {TEXT("a: &m {x: 1, z: 2}\nb: {<<: *m}\n"), "{\"a\": {\"x\": 1, \"z\": 2}, \"b\": {\"x\": 1, \"z\": 2}}"},
    {TEXT("a: &m {x: 1}\nb: {<<: *m, x: 3}\n"), "{\"a\": {\"x\": 1}, \"b\": {\"x\": 3}}"},
    {TEXT("a: &m {x: 1}\nb: {x: 3, <<: *m}\n"), "{\"a\": {\"x\": 1}, \"b\": {\"x\": 1}}"},
    {TEXT("- &m {x: 1, z: 1}\n- &o {x: 2}\n- {<<: [*m, *o]}\n"), "[{\"x\": 1, \"z\": 1}, {\"x\": 2}, {\"x\": 1, \"z\": 1}]"},
    {TEXT("{<<: {x: 1}, '<<': 2}"), "{\"x\": 1, \"<<\": 2}"},
    {TEXT("a: <<\n"), "{\"a\": \"<<\"}"},
};

static const row yaml_errors[] = {
    {TEXT("a: *x\n"), "!unknown-alias 1:4"},
    {TEXT("a: &x 1\n---\nb: *x\n"), "{\"a\": 1} !unknown-alias 3:4"}, /* anchors end with their document */
    {TEXT("a: &x [1, *x]\n"), "!cyclic-alias 1:11"},
    {TEXT("&x a:\n  b: &y\n    c: *y\n"), "!cyclic-alias 3:8"},
    {TEXT("a: 1\nb: 2\na: 3\n"), "!duplicate-key 3:1 (1:1)"},
    {TEXT("x: {a: 1, 'a': 2}\n"), "!duplicate-key 1:11 (1:5)"},
    {TEXT("1: a\n0x1: b\n"), "!duplicate-key 2:1 (1:1)"},
    {TEXT("x: 1\n<<: {a: 1}\ny: 2\nx: 3\n"), "!duplicate-key 4:1 (1:1)"},
    {TEXT("{<<: {a: 1}, a: 2, a: 3}"), "!duplicate-key 1:20 (1:14)"},
    {TEXT("<<: 1\n"), "!bad-merge 1:5"},
    {TEXT("<<: [{a: 1}, 2]\n"), "!bad-merge 1:5"},
    {TEXT("? [a]\n: 1\n"), "!bad-key 1:3"},
    {TEXT("? {a: 1}\n: 1\n"), "!bad-key 1:3"},
    {TEXT("~: 1\n"), "!bad-key 1:1"},
    {TEXT("a: .inf\n"), "!bad-number 1:4"},
    {TEXT("a: .nan\n"), "!bad-number 1:4"},
    {TEXT("a: !!int x\n"), "!bad-tag 1:4"},
    {TEXT("a: !!binary '*'\n"), "!bad-tag 1:4"},
    {TEXT("a: b: c\n"), "!yaml-syntax 1:5"},
    {TEXT("a:\n\t- b\n"), "!yaml-syntax 2:1"},
    {TEXT("a: 'x\n"), "!yaml-syntax 2:1 (1:4)"},
    {TEXT("a: [1\nb: 2\n"), "!yaml-syntax 2:2 (1:4)"},
    {TEXT("a: \x01\n"), "!yaml-syntax 1:1"},
    {TEXT("%YAML 3.0\n---\na\n"), "!yaml-syntax 1:1"},
    {TEXT("a: 1\n---\nb: *c\n---\nc: 2\n"), "{\"a\": 1} !unknown-alias 3:4"},
};

static const row yaml_places[] = {
    {TEXT("a: 1\n"), "1:1-2:1 {1:1-1:2 \"a\": 1:4-1:5 1}"},
    {TEXT("a:\n  - x\n  - {b: 'y'}\n"), "1:1-4:1 {1:1-1:2 \"a\": 2:3-4:1 [2:5-2:6 \"x\", 3:5-3:13 {3:6-3:7 \"b\": 3:9-3:12 \"y\"}]}"},
    {TEXT("\xc3\xa9: \xe2\x82\xac # x\n"), "1:1-2:1 {1:1-1:2 \"\xc3\xa9\": 1:4-1:5 \"\xe2\x82\xac\"}"},
    {TEXT("a: 1\r\nb: 2\r\n"), "1:1-3:1 {1:1-1:2 \"a\": 1:4-1:5 1, 2:1-2:2 \"b\": 2:4-2:5 2}"},
    {TEXT("a: |\n  x\n  y\nb: 1\n"), "1:1-5:1 {1:1-1:2 \"a\": 1:4-4:1 \"x\ny\n\", 4:1-4:2 \"b\": 4:4-4:5 1}"},
    {TEXT("---\nx\n---\n[z]\n"), "2:1-2:2 \"x\" | 4:1-4:4 [4:2-4:3 \"z\"]"},
    {TEXT("- &a x\n- *a\n"), "1:1-3:1 [1:3-1:7 \"x\", 1:3-1:7 \"x\"]"}, /* an alias leads to what it names */
};

static const row json_values[] = {
    {TEXT(""), ""},
    {TEXT(" \n\t"), ""},
    {TEXT("{}"), "{}"},
    {TEXT("[]"), "[]"},
    {TEXT("{\"a\":[1,-2,1.5,1e3,true,false,null,\"x\"]}"), "{\"a\": [1, -2, 1.5f, 1000, true, false, null, \"x\"]}"},
    {TEXT("{\"b\":1,\"a\":2}"), "{\"b\": 1, \"a\": 2}"}, /* in the order of the text */
    {TEXT("{\"\\u0061\\n\\\"\": \"\\ud83d\\ude00\\/\"}"), "{\"a\n\"\": \"\xf0\x9f\x98\x80/\"}"},
    {TEXT("{\"a\":1}\n{\"b\":2} [3]"), "{\"a\": 1} | {\"b\": 2} | [3]"},
    {TEXT("9223372036854775807"), "9223372036854775807"},
    {TEXT("-9223372036854775808"), "-9223372036854775808"},
    {TEXT("\"a,b:c]d}\\\"e\" 1"), "\"a,b:c]d}\"e\" | 1"},
};

static const row json_errors[] = {
    {TEXT("{\"a\":1,\"a\":2}"), "!json-syntax 1:10"},
    {TEXT("{\"a\":}"), "!json-syntax 1:6"},
    {TEXT("{\"a\":1}\n{"), "{\"a\": 1} !json-syntax 2:1"},
    {TEXT("[1,]"), "!json-syntax 1:4"},
    {TEXT("{a: 1}"), "!json-syntax 1:2"},
    {TEXT("\n\n  nope"), "!json-syntax 3:6"},
    {TEXT("1e400"), "!bad-number 1:5"},
};

static const row json_places[] = {
    {TEXT("{\"a\": 1}"), "1:1-1:9 {1:2-1:5 \"a\": 1:7-1:8 1}"},
    {TEXT("{\n  \"a\": [1, \"\\\"x,\"],\r\n  \"\xc3\xa9\": {}\n}\n"),
     "1:1-4:2 {2:3-2:6 \"a\": 2:8-2:19 [2:9-2:10 1, 2:12-2:18 \"\"x,\"], 3:3-3:6 \"\xc3\xa9\": 3:8-3:10 {}}"},
    {TEXT(" [ ] \n true"), "1:2-1:5 [] | 2:2-2:6 true"},
};

static void test_yaml_values(void **state) {
  (void)state;
  check_rows(yaml_values, COUNT(yaml_values), read_yaml, false);
}
static void test_yaml_errors(void **state) {
  (void)state;
  check_rows(yaml_errors, COUNT(yaml_errors), read_yaml, false);
}
static void test_yaml_places(void **state) {
  (void)state;
  check_rows(yaml_places, COUNT(yaml_places), read_yaml, true);
}
static void test_json_values(void **state) {
  (void)state;
  check_rows(json_values, COUNT(json_values), read_json, false);
}
static void test_json_errors(void **state) {
  (void)state;
  check_rows(json_errors, COUNT(json_errors), read_json, false);
}
static void test_json_places(void **state) {
  (void)state;
  check_rows(json_places, COUNT(json_places), read_json, true);
}

/* --- limits --------------------------------------------------------------------------------------------------------- */

/* `before`, `count` times `part`, `middle`, `count` times `close`, `after`. */
static buf repeat(const char *before, const char *part, size_t count, const char *middle, const char *close, const char *after) {
  buf b = {0};
  buf_string(&b, before);
  for (size_t i = 0; i < count; i++) buf_string(&b, part);
  buf_string(&b, middle);
  for (size_t i = 0; i < count; i++) buf_string(&b, close);
  buf_string(&b, after);
  assert_false(b.failed);
  return b;
}

/* Reads the text, frees it, and looks for what the reading ends with. */
static void check_limit(buf text, reading (*read)(const char *, size_t, bool, bool), const char *want) {
  reading r = read(text.data, text.len, false, false);
  assert_text(r.shown.data, r.shown.len, want, strlen(want), "limit");
  forget(&r);
  buf_free(&text);
}

static void test_depth_limit(void **state) {
  (void)state;
  check_limit(repeat("", "[", LIMIT_DEPTH, "", "]", ""), read_yaml, "");
  check_limit(repeat("", "[", LIMIT_DEPTH + 1, "", "]", ""), read_yaml, "!depth-limit 1:201");
  check_limit(repeat("", "- ", LIMIT_DEPTH + 1, "x", "", ""), read_yaml, "!depth-limit 1:401");
  check_limit(repeat("", "{a: ", LIMIT_DEPTH, "x", "}", ""), read_yaml, "");
  check_limit(repeat("", "{a: ", LIMIT_DEPTH + 1, "x", "}", ""), read_yaml, "!depth-limit 1:801");
  check_limit(repeat("", "[", 100000, "", "", ""), read_yaml, "!depth-limit 1:201"); /* long before the parser gets slow */
  check_limit(repeat("", "[", LIMIT_DEPTH, "", "]", ""), read_json, "");
  check_limit(repeat("", "[", LIMIT_DEPTH + 1, "", "]", ""), read_json, "!depth-limit 1:201");
  check_limit(repeat("", "{\"a\":", LIMIT_DEPTH + 1, "1", "}", ""), read_json, "!depth-limit 1:1001");
}

/* What an alias names counts where the alias stands. */
static void test_depth_limit_through_aliases(void **state) {
  (void)state;
  buf deep = repeat("- &a ", "[", LIMIT_DEPTH - 1, "", "]", "\n- *a\n");
  check_limit(deep, read_yaml, "");
  deep = repeat("- &a ", "[", LIMIT_DEPTH - 1, "", "]", "\n- [*a]\n");
  check_limit(deep, read_yaml, "!depth-limit 2:4");
}

static void test_scalar_limit(void **state) {
  (void)state;
  check_limit(repeat("a: \"", "x", LIMIT_SCALAR, "", "", "\"\n"), read_yaml, "");
  check_limit(repeat("a: \"", "x", LIMIT_SCALAR + 1, "", "", "\"\n"), read_yaml, "!scalar-limit 1:4");
  check_limit(repeat("a: \"", "x", LIMIT_SCALAR, "\\u20ac", "", "\"\n"), read_yaml, "!scalar-limit 1:4"); /* bytes, escapes resolved */
  check_limit(repeat("? \"", "x", LIMIT_SCALAR + 1, "", "", "\"\n: 1\n"), read_yaml, "!scalar-limit 1:3");
  check_limit(repeat("{\"a\":\"", "x", LIMIT_SCALAR, "", "", "\"}"), read_json, "");
  check_limit(repeat("{\"a\":\"", "x", LIMIT_SCALAR + 1, "", "", "\"}"), read_json, "!scalar-limit 1:6");
  check_limit(repeat("{\"", "x", LIMIT_SCALAR + 1, "", "", "\":1}"), read_json, "!scalar-limit 1:2");
}

/* One document may have 32 MiB, a file many of those. */
static void test_document_limit(void **state) {
  (void)state;
  enum { LINE = 2 << 20 };
  buf line = {0}, b = {0};
  buf_string(&line, "- '");
  buf_fill(&line, 'x', LINE - 5);
  buf_string(&line, "'\n");
  for (int i = 0; i < LIMIT_DOCUMENT / LINE - 1; i++) buf_add(&b, line.data, line.len);
  buf_string(&b, "---\n");
  buf_add(&b, line.data, line.len);
  buf_add(&b, line.data, line.len);
  reading r = read_yaml(b.data, b.len, false, false);
  assert_int_equal(r.documents, 2);
  forget(&r);
  b.len -= 2 * line.len + 4;
  buf_add(&b, line.data, line.len);
  buf_string(&b, "- one more\n");
  check_limit(b, read_yaml, "!document-limit 17:3");
  buf_free(&line);
}

static void test_alias_limit(void **state) {
  (void)state;
  /* few nodes, many aliases: fine */
  check_limit(repeat("- &a [1, 2, 3]\n", "- *a\n", 400, "", "", ""), read_yaml, "");
  /* each level stands for nine of the one before */
  buf b = {0};
  buf_string(&b, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
  for (int i = 1; i < 12; i++) {
    buf_format(&b, "a%d: &a%d [", i, i);
    for (int k = 0; k < 9; k++) buf_format(&b, "%s*a%d", k ? ", " : "", i - 1);
    buf_string(&b, "]\n");
  }
  reading r = read_yaml(b.data, b.len, false, false);
  assert_string_equal(r.why.id, "alias-limit");
  assert_in_range(r.why.at.line, 3, 7);
  forget(&r);
  buf_free(&b);
}

/* --- single functions ----------------------------------------------------------------------------------------------- */

static void test_nul(void **state) {
  (void)state;
  static const chars text = TEXT("\"a\\0b\": \"\\0\"\n");
  reading r = read_yaml(text.bytes, text.len, false, true);
  assert_text(r.shown.data, r.shown.len, "{\"a\0b\": \"\0\"}", 12, "YAML");
  assert_non_null(map_get(&r.last, "a\0b", 3));
  assert_null(map_get(&r.last, "a", 1));
  forget(&r);
  static const chars json = TEXT("{\"ab\": \"\\u0000\"}"); /* jansson has no NULs in keys */
  r = read_json(json.bytes, json.len, false, true);
  assert_text(r.shown.data, r.shown.len, "{\"ab\": \"\0\"}", 11, "JSON");
  forget(&r);
}

/* Many keys go through the hash table: all are found, and an equal one is noticed. */
static void test_large_maps(void **state) {
  (void)state;
  buf b = {0};
  for (int i = 0; i < 5000; i++) buf_format(&b, "k%d: %d\n", i, i);
  reading r = read_yaml(b.data, b.len, false, false);
  assert_int_equal(r.last.count, 5000);
  for (int i = 0; i < 5000; i++) {
    char key[16];
    int size = snprintf(key, sizeof key, "k%d", i);
    const node *found = map_get(&r.last, key, (size_t)size);
    assert_non_null(found);
    assert_int_equal(found->integer, i);
  }
  forget(&r);
  buf_string(&b, "k1234: x\n");
  check_limit(b, read_yaml, "!duplicate-key 5001:1 (1235:1)");
}

static const struct {
  const char *text;
  bool json;
} guesses[] = {
    {"{}", true}, {" \n\t\r{", true}, {"[]", false}, {"", false}, {"   ", false}, {"a: {}", false}, {"# x\n{}", false}, {"\"x\"", false},
};

static void test_json_guess(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(guesses); i++) {
    print_message("%s\n", guesses[i].text);
    assert_int_equal(json_in_guess(guesses[i].text, strlen(guesses[i].text)), guesses[i].json);
  }
}

static const struct {
  const char *text;
  bool ambiguous;
} words[] = {
    {"", true},     {"yes", true},   {"NO", true},    {"y", true},   {"oN", true}, {"tRUE", true},   {"null", true},
    {"~x", true},   {"1", true},     {"-", true},     {".x", true},  {"+1", true}, {"nan", true},    {"inf", true},
    {"abc", false}, {"nope", false}, {"yess", false}, {"x1", false}, {"/", false}, {"nulls", false}, {"e3", false},
};

static void test_scalar_is_ambiguous(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(words); i++) {
    print_message("%s\n", words[i].text);
    assert_int_equal(scalar_is_ambiguous(words[i].text, strlen(words[i].text)), words[i].ambiguous);
  }
}

static const struct {
  double number;
  const char *want;
} numbers[] = {
    {0, "0.0"},
    {1, "1.0"},
    {-1.5, "-1.5"},
    {0.1, "0.1"},
    {1e100, "1e+100"},
    {9007199254740993.0, "9007199254740992.0"},
    {0.1 + 0.2, "0.30000000000000004"},
    {5e-324, "4.94065645841247e-324"},
    {1e15, "1e+15"},
    {123456789012345.0, "123456789012345.0"},
};

static void test_scalar_print_number(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(numbers); i++) {
    char text[32];
    size_t len = scalar_print_number(text, numbers[i].number);
    assert_text(text, len, numbers[i].want, strlen(numbers[i].want), "number");
    assert_true(strtod(text, NULL) == numbers[i].number);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_yaml_values),         cmocka_unit_test(test_yaml_errors),
      cmocka_unit_test(test_yaml_places),         cmocka_unit_test(test_json_values),
      cmocka_unit_test(test_json_errors),         cmocka_unit_test(test_json_places),
      cmocka_unit_test(test_depth_limit),         cmocka_unit_test(test_depth_limit_through_aliases),
      cmocka_unit_test(test_scalar_limit),        cmocka_unit_test(test_document_limit),
      cmocka_unit_test(test_alias_limit),         cmocka_unit_test(test_nul),
      cmocka_unit_test(test_large_maps),          cmocka_unit_test(test_json_guess),
      cmocka_unit_test(test_scalar_is_ambiguous), cmocka_unit_test(test_scalar_print_number),
  };
  return cmocka_run_group_tests_name("data", tests, NULL, NULL);
}
