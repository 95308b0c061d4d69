/* data/recall: verdicts remembered by what was looked at. */
#include "unit.h"

#include "data/recall.h"

/* Documents are one map { a: NUMBER, b: [ITEMS zeros] }, and the question is whether a number is even. */
typedef struct doc {
  node items[4], zeros[4], root;
} doc;

static node text(const char *s) { return (node){.kind = NODE_STRING, .count = (uint32_t)strlen(s), .text = s}; }

static const node *make(doc *d, int64_t a, uint32_t items) {
  d->items[0] = text("a");
  d->items[1] = (node){.kind = NODE_INT, .integer = a};
  d->items[2] = text("b");
  d->items[3] = (node){.kind = NODE_LIST, .count = items, .items = d->zeros};
  d->root = (node){.kind = NODE_MAP, .count = 2, .items = d->items};
  return &d->root;
}

static int asked;

static bool is_even(void *context, int question, const node *leaf, answer *out) {
  (void)context;
  asked++;
  *out = (answer){.kind = NODE_BOOL};
  out->boolean = leaf && leaf->integer % 2 == 0;
  return question == 1;
}

enum { RULE = 7 };

/* What the rule of this test says: whether a is even, and if so how long b is. */
static int rule(recall *r, const node *root) {
  recall_path a = recall_key(r, 0, "a", 1), b = recall_key(r, 0, "b", 1);
  recall_look(r, (look){.path = a, .kind = LOOK_ASK, .question = 1});
  if (root->items[1].integer % 2) return 0;
  recall_look(r, (look){.path = b, .kind = LOOK_LENGTH});
  return 1 + (int)root->items[3].count;
}

static recall_result find(recall *r, const node *root, int *verdict) {
  recall_open(r, root);
  return recall_find(r, RULE, verdict);
}

static void learn(recall *r, const node *root) {
  recall_open(r, root);
  recall_begin(r, RULE);
  recall_end(r, rule(r, root));
}

static void test_remembers(void **state) {
  (void)state;
  doc d;
  int verdict = -1;
  recall *r = recall_new(is_even, NULL);
  assert_non_null(r);
  assert_int_equal(find(r, make(&d, 3, 2), &verdict), RECALL_MISS);
  learn(r, make(&d, 3, 2));
  assert_int_equal(find(r, make(&d, 5, 1), &verdict), RECALL_HIT); /* odd as well: b was never looked at */
  assert_int_equal(verdict, 0);
  assert_int_equal(find(r, make(&d, 4, 1), &verdict), RECALL_MISS);
  learn(r, make(&d, 4, 1));
  assert_int_equal(find(r, make(&d, 6, 1), &verdict), RECALL_HIT);
  assert_int_equal(verdict, 2);
  assert_int_equal(find(r, make(&d, 6, 2), &verdict), RECALL_MISS);
  recall_free(r);
}

/* A step that met too many answers learns no more, and says so; what it knows it keeps. */
static void test_learns_so_much(void **state) {
  (void)state;
  doc d;
  int verdict;
  recall *r = recall_new(is_even, NULL);
  for (int64_t i = 0; i < 100; i++) {
    recall_open(r, make(&d, i, 0));
    recall_begin(r, RULE);
    recall_look(r, (look){.path = recall_key(r, 0, "a", 1), .kind = LOOK_VALUE});
    recall_end(r, (int)i);
  }
  assert_int_equal(find(r, make(&d, 1, 0), &verdict), RECALL_HIT);
  assert_int_equal(verdict, 1);
  assert_int_equal(find(r, make(&d, 99, 0), &verdict), RECALL_FULL);
  recall_free(r);
}

/* A rule that looks elsewhere the second time, although it saw the same, depends on more than the object. */
static void test_notices_another_question(void **state) {
  (void)state;
  doc d;
  recall *r = recall_new(is_even, NULL);
  learn(r, make(&d, 3, 0));
  recall_open(r, make(&d, 3, 0));
  recall_begin(r, RULE);
  assert_true(recall_notes(r));
  recall_look(r, (look){.path = recall_key(r, 0, "b", 1), .kind = LOOK_KEYS});
  assert_false(recall_notes(r));
  recall_end(r, 5);
  int verdict;
  assert_int_equal(find(r, make(&d, 3, 0), &verdict), RECALL_HIT);
  assert_int_equal(verdict, 0);
  recall_free(r);
}

/* Each kind of look tells apart what it shows, and nothing else. */
static void test_looks(void **state) {
  (void)state;
  node one = {.kind = NODE_INT, .integer = 1}, two = {.kind = NODE_INT, .integer = 2}, half = {.kind = NODE_FLOAT, .number = 1};
  node null = {.kind = NODE_NULL}, a = text("a"), empty = text(""), yes = {.kind = NODE_BOOL, .boolean = true}, no = {.kind = NODE_BOOL};
  node list = {.kind = NODE_LIST, .count = 1, .items = &one}, nulls = {.kind = NODE_LIST, .count = 1, .items = &null};
  node pair[] = {text("k"), one}, other[] = {text("k"), two}, gone[] = {text("k"), null}, key[] = {text("l"), one};
  node map = {.kind = NODE_MAP, .count = 1, .items = pair}, same_keys = {.kind = NODE_MAP, .count = 1, .items = other};
  node null_value = {.kind = NODE_MAP, .count = 1, .items = gone}, other_key = {.kind = NODE_MAP, .count = 1, .items = key};
  const struct {
    look_kind kind;
    const node *first, *second;
    bool same;
  } rows[] = {
      {LOOK_VALUE, &one, &one, true},        {LOOK_VALUE, &one, &two, false},      {LOOK_VALUE, &one, &half, false},
      {LOOK_VALUE, &a, &empty, false},       {LOOK_VALUE, &yes, &no, false},       {LOOK_VALUE, &null, &empty, false},
      {LOOK_VALUE, &list, &nulls, true},     {LOOK_VALUE, &list, &map, false},     {LOOK_VALUE, &map, &other_key, true},
      {LOOK_TYPE, &one, &half, true},        {LOOK_TYPE, &one, &a, false},         {LOOK_TYPE, &list, &map, true},
      {LOOK_TYPE, &null, &a, false},         {LOOK_LENGTH, &list, &nulls, true},   {LOOK_KEYS, &map, &same_keys, true},
      {LOOK_KEYS, &map, &null_value, false}, {LOOK_KEYS, &map, &other_key, false}, {LOOK_KEYS, &list, &nulls, false},
      {LOOK_KEYS, &list, &map, false},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    int verdict;
    recall *r = recall_new(is_even, NULL);
    recall_open(r, rows[i].first);
    recall_begin(r, 0);
    recall_look(r, (look){.kind = rows[i].kind});
    recall_end(r, 1);
    recall_open(r, rows[i].second);
    print_message("row %zu\n", i);
    assert_int_equal(recall_find(r, 0, &verdict), rows[i].same ? RECALL_HIT : RECALL_MISS);
    recall_free(r);
  }
}

/* A question that cannot be answered ends the walk, and what was being noted. */
static void test_failed_question(void **state) {
  (void)state;
  doc d;
  int verdict;
  recall *r = recall_new(is_even, NULL);
  recall_open(r, make(&d, 1, 0));
  recall_begin(r, RULE);
  recall_look(r, (look){.path = recall_key(r, 0, "a", 1), .kind = LOOK_ASK, .question = 2});
  assert_false(recall_notes(r));
  assert_int_equal(recall_find(r, RULE, &verdict), RECALL_MISS);
  recall_begin(r, RULE);
  recall_look(r, (look){.path = recall_key(r, 0, "a", 1), .kind = LOOK_ASK, .question = 1});
  recall_end(r, 0);
  assert_int_equal(recall_find(r, RULE, &verdict), RECALL_HIT);
  recall_free(r);
}

static void test_paths(void **state) {
  (void)state;
  doc d;
  recall *r = recall_new(is_even, NULL);
  recall_open(r, make(&d, 1, 3));
  recall_path b = recall_key(r, 0, "b", 1), third = recall_item(r, b, 2);
  assert_ptr_equal(recall_node(r, third), &d.zeros[2]);
  assert_null(recall_node(r, recall_item(r, b, 3)));
  assert_null(recall_node(r, recall_key(r, third, "x", 1)));
  for (uint32_t i = 0; i < MOST_PLACES - 10; i++) assert_int_not_equal(recall_item(r, b, i), NO_PLACE); /* tables grow on the way */
  for (uint32_t i = 0; i < 10; i++) recall_item(r, third, i);
  assert_int_equal(recall_item(r, third, 99), NO_PLACE);
  assert_int_equal(recall_item(r, b, 2), third);
  const char *key;
  size_t len;
  uint32_t index;
  assert_int_equal(recall_parent(r, third, &key, &len, &index), b);
  assert_null(key);
  assert_int_equal(index, 2);
  assert_int_equal(recall_parent(r, b, &key, &len, &index), 0);
  assert_text(key, len, "b", 1, "key");
  recall_free(r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_remembers), cmocka_unit_test(test_learns_so_much),  cmocka_unit_test(test_notices_another_question),
      cmocka_unit_test(test_looks),     cmocka_unit_test(test_failed_question), cmocka_unit_test(test_paths),
  };
  return cmocka_run_group_tests_name("recall", tests, NULL, NULL);
}
