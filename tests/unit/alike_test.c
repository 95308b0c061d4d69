/* data/alike: filled plans give the texts back, texts that are alike share a plan, and no character is cut. */
#include "unit.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "data/alike.h"

static span span_of(const char *text) { return (span){text, strlen(text)}; }

/* The pieces of all plans so far: they are told of once, when a plan is new. */
typedef struct plans {
  struct {
    alike_piece pieces[600];
    size_t count;
  } at[400];
  size_t count;
} plans;

static plans *known;

static void keep_plan(const alike_fit *fit) {
  assert_int_equal(fit->plan, known->count);
  assert_true(known->count < COUNT(known->at) && fit->piece_count <= COUNT(known->at->pieces));
  for (size_t i = 0; i < fit->piece_count; i++) {
    alike_piece p = fit->pieces[i];
    if (p.kind == PIECE_LITERAL) p.literal.text = memcpy(malloc(p.literal.len), p.literal.text, p.literal.len);
    known->at[known->count].pieces[i] = p;
  }
  known->at[known->count++].count = fit->piece_count;
}

static int open_plans(void **state) {
  (void)state;
  known = calloc(1, sizeof *known);
  return !known;
}

static int close_plans(void **state) {
  (void)state;
  for (size_t i = 0; i < known->count; i++)
    for (size_t k = 0; k < known->at[i].count; k++)
      if (known->at[i].pieces[k].kind == PIECE_LITERAL) free((void *)(uintptr_t)known->at[i].pieces[k].literal.text);
  free(known);
  return 0;
}

static bool starts_character(span s) { return !s.len || ((unsigned char)s.text[0] & 0xC0) != 0x80; }

/* Adds a text, fills its plan, and gives the plan's number. */
static size_t add(alike *a, const char *kind, span text, const span *names) {
  alike_fit fit;
  assert_true(alike_add(a, span_of(kind), text, names, &fit));
  if (fit.pieces) keep_plan(&fit);
  assert_true(fit.plan < known->count);
  buf out = {0};
  for (size_t i = 0; i < known->at[fit.plan].count; i++) {
    const alike_piece *p = known->at[fit.plan].pieces + i;
    span s = p->kind == PIECE_LITERAL ? p->literal : p->kind == PIECE_NAME ? names[p->number] : fit.slots[p->number];
    assert_true(p->kind != PIECE_SLOT || p->number < fit.slot_count);
    assert_true(starts_character(s));
    buf_add(&out, s.text, s.len);
  }
  assert_text(out.data, out.len, text.text, text.len, "filled");
  buf_free(&out);
  return fit.plan;
}

typedef struct row {
  const char *text, *name, *space;
} row;

/* Adds the rows in order and compares the last one's plan, with names as <0> and <1> and slots as {0}, and its slots. */
static void check(const row *rows, size_t count, const char *plan, const char *slots) {
  close_plans(NULL), open_plans(NULL);
  alike *a = alike_new();
  buf got = {0}, values = {0};
  for (size_t i = 0; i < count; i++) {
    span names[] = {span_of(rows[i].name), span_of(rows[i].space)};
    size_t number = add(a, "k", span_of(rows[i].text), names);
    alike_fit fit;
    assert_true(alike_add(a, span_of("k"), span_of(rows[i].text), names, &fit)); /* once more: it fits now */
    assert_int_equal(fit.plan, number);
    assert_null(fit.pieces);
    buf_clear(&got), buf_clear(&values);
    for (size_t k = 0; k < known->at[number].count; k++) {
      const alike_piece *p = known->at[number].pieces + k;
      if (p->kind == PIECE_LITERAL) buf_add(&got, p->literal.text, p->literal.len);
      else buf_format(&got, p->kind == PIECE_NAME ? "<%zu>" : "{%zu}", p->number);
    }
    for (size_t k = 0; k < fit.slot_count; k++) buf_add(&values, fit.slots[k].text, fit.slots[k].len), buf_byte(&values, '|');
  }
  assert_text(got.data, got.len, plan, strlen(plan), plan);
  assert_text(values.data ? values.data : "", values.len, slots, strlen(slots), plan);
  buf_free(&got), buf_free(&values);
  alike_free(a);
}

#define CHECK(plan, slots, ...)                                                                                                            \
  do {                                                                                                                                     \
    row rows[] = {__VA_ARGS__};                                                                                                            \
    check(rows, COUNT(rows), plan, slots);                                                                                                 \
  } while (0)

static void test_plans(void **state) {
  (void)state;
  CHECK("a\nb\n", "", {"a\nb\n", "", ""});
  CHECK("name: <0>\nin: <1>\n", "", {"name: db\nin: shop\n", "db", "shop"}, {"name: cache\nin: web\n", "cache", "web"});
  CHECK("name: run-<0>\nx: y\n", "", {"name: run-db\nx: y\n", "db", ""}, {"name: run-orders\nx: y\n", "orders", ""});
  CHECK("a: {0}\nb: c\nd\n", "2|", {"a: 1\nb: c\nd\n", "", ""}, {"a: 2\nb: c\nd\n", "", ""});
  CHECK("a: \"x-{0}-y\"\nb\nc", "22|", {"a: \"x-1-y\"\nb\nc", "", ""}, {"a: \"x-22-y\"\nb\nc", "", ""});
  CHECK("a\n{0}: 1\nb\nc", "two|", {"a\none: 1\nb\nc", "", ""}, {"a\ntwo: 1\nb\nc", "", ""});
  /* words are not cut */
  CHECK("a: {0}\nb\nc", "abd|", {"a: abc\nb\nc", "", ""}, {"a: abd\nb\nc", "", ""});
  CHECK("a: {0}\nb\nc", "abc1|", {"a: abc\nb\nc", "", ""}, {"a: abc1\nb\nc", "", ""});
  CHECK("a: {0}\nb\nc", "xß|", {"a: xä\nb\nc", "", ""}, {"a: xß\nb\nc", "", ""});
  CHECK("a: {0} x\nb\nc", "\xc4\xa9|", {"a: \xc3\xa9 x\nb\nc", "", ""}, {"a: \xc4\xa9 x\nb\nc", "", ""});
  /* slots that are equal are one, until they are not */
  CHECK("a: {0}\nb: {0}\nc\nd\ne", "2|", {"a: 1\nb: 1\nc\nd\ne", "", ""}, {"a: 2\nb: 2\nc\nd\ne", "", ""});
  CHECK("a: {0}\nb: {1}\nc\nd\ne", "3|4|", {"a: 1\nb: 1\nc\nd\ne", "", ""}, {"a: 2\nb: 2\nc\nd\ne", "", ""},
        {"a: 3\nb: 4\nc\nd\ne", "", ""});
  /* a plan gets wider, and its slots with it */
  CHECK("a: {0}\nb\nc", "y-1|", {"a: x-1\nb\nc", "", ""}, {"a: x-2\nb\nc", "", ""}, {"a: y-1\nb\nc", "", ""});
  CHECK("a: {0}\nb\nc", "|", {"a: x-1\nb\nc", "", ""}, {"a: x-2\nb\nc", "", ""}, {"a: \nb\nc", "", ""});
  /* a word that only looked like the name */
  CHECK("kind: job\na: <0>\nb", "", {"kind: job\na: job\nb", "job", ""}, {"kind: job\na: two\nb", "two", ""});
  CHECK("db or {0}\nb\nc", "c|", {"db or db\nb\nc", "db", ""}, {"db or c\nb\nc", "x", ""});
  /* the longer name first, and neither within a word */
  CHECK("<1>/<0>/shops\nb", "", {"shop-eu/shop/shops\nb", "shop", "shop-eu"}, {"a-eu/a1/shops\nb", "a1", "a-eu"});
  /* what has few lines in common is something else */
  CHECK("e\nf\ng\nh", "", {"a\nb\nc\nd", "", ""}, {"e\nf\ng\nh", "", ""});
  CHECK("", "", {"", "", ""});
  CHECK("\n", "", {"\n", "", ""});
  CHECK("a\nb", "", {"a\nb", "a\nb", "\n"});
}

static void test_kinds_share_nothing(void **state) {
  (void)state;
  alike *a = alike_new();
  span none[] = {{"", 0}, {"", 0}};
  size_t one = add(a, "x", span_of("a\nb"), none);
  assert_int_not_equal(add(a, "y", span_of("a\nb"), none), one);
  assert_int_equal(add(a, "x", span_of("a\nb"), none), one);
  alike_free(a);
}

/* Texts of more lines than are compared are kept as they are. */
static void test_long(void **state) {
  (void)state;
  alike *a = alike_new();
  buf text = {0};
  buf_fill(&text, '\n', 3000);
  span none[] = {{"", 0}, {"", 0}}, s = {text.data, text.len};
  size_t one = add(a, "x", s, none);
  assert_int_equal(add(a, "x", s, none), one + 1);
  buf_free(&text);
  alike_free(a);
}

/* A text of some lines out of few words, with the names in them, and now and then something else. */
static void make_text(buf *out, uint32_t *seed, const char *name, const char *space) {
  static const char *const words[] = {"a", "ab", "-", "ä", "日本", " ", ":", "ab1", "\"", "é", "è", "db"};
  uint32_t lines = 3 + next_random(seed) % 3;
  buf_clear(out);
  for (uint32_t i = 0; i < lines; i++) {
    buf_format(out, "%u ", i);
    for (uint32_t k = next_random(seed) % 4; k; k--) {
      uint32_t pick = next_random(seed) % 40;
      buf_string(out, pick < COUNT(words) ? words[pick] : pick < 20 ? name : pick < 26 ? space : "x");
    }
    if (i + 1 < lines || next_random(seed) % 2) buf_byte(out, '\n');
  }
}

static void test_random(void **state) {
  (void)state;
  static const char *const names[] = {"db", "a", "ab", "orders", "日本", "", "x", "ab1"};
  uint32_t seed = 99;
  buf text = {0};
  for (int round = 0; round < 60; round++) {
    close_plans(state), open_plans(state);
    alike *a = alike_new();
    for (int i = 0; i < 60; i++) {
      const char *name = names[next_random(&seed) % COUNT(names)], *space = names[next_random(&seed) % COUNT(names)];
      make_text(&text, &seed, name, space);
      span both[] = {span_of(name), span_of(space)};
      add(a, next_random(&seed) % 2 ? "k" : "", (span){text.data, text.len}, both);
    }
    alike_free(a);
  }
  buf_free(&text);
}

/* A thousand texts of one form are of few plans, however their values differ. */
static void test_few_plans(void **state) {
  (void)state;
  alike *a = alike_new();
  uint32_t seed = 5;
  buf text = {0};
  for (int i = 0; i < 1000; i++) {
    char name[32], space[32];
    snprintf(name, sizeof name, "%c%u-%d", 'a' + (int)(next_random(&seed) % 26), next_random(&seed) % 100, i);
    snprintf(space, sizeof space, "team-%u", next_random(&seed) % 50);
    buf_clear(&text);
    buf_format(&text, "kind: Job\nmetadata:\n  name: backup-%s\n  namespace: %s\nspec:\n", name, space);
    for (int k = 0; k < 20; k++) buf_format(&text, "- line %d\n", k);
    buf_format(&text, "bucket: b%u\nhost: %u.%s.example\nowner: %x\n", next_random(&seed) % 9, next_random(&seed) % 200, space,
               next_random(&seed));
    span both[] = {span_of(name), span_of(space)};
    add(a, "k", (span){text.data, text.len}, both);
  }
  assert_true(known->count <= 6);
  buf_free(&text);
  alike_free(a);
}

/* Many samples: the oldest are forgotten, and what is like them is found again as something new. */
static void test_many_samples(void **state) {
  (void)state;
  alike *a = alike_new();
  span none[] = {{"", 0}, {"", 0}};
  char kind[16];
  for (int i = 0; i < 300; i++) {
    snprintf(kind, sizeof kind, "%d", i);
    assert_int_equal(add(a, kind, span_of("a\nb"), none), i);
  }
  assert_int_equal(add(a, "299", span_of("a\nb"), none), 299);
  assert_int_equal(add(a, "0", span_of("a\nb"), none), 300);
  alike_free(a);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_plans, close_plans)
  const struct CMUnitTest tests[] = {
      TEST(test_plans), TEST(test_kinds_share_nothing), TEST(test_long), TEST(test_random), TEST(test_few_plans), TEST(test_many_samples),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
