/* subst/plan: slots, guards and marks; and data/seen. */
#include "subst/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/seen.h"

static span text(const char *s) { return (span){s, strlen(s)}; }

/* Fills the plan for one row; an owned text, "-" where the plan does not hold. */
static const char *filled(plan *p, const char *first, const char *second) {
  static buf out;
  span fields[] = {text(first), text(second)};
  buf_clear(&out);
  plan_result result = plan_evaluate(p, fields);
  assert_int_not_equal(result, PLAN_NO_MEMORY);
  if (result == PLAN_ELSEWHERE) return "-";
  plan_write(p, &out);
  return buf_text(&out);
}

static void test_fields(void **state) {
  (void)state;
  plan *p = plan_new();
  plan_mark marks[] = {{3, 4, 0, plan_add_field(p, 1), false}, {8, 9, 2, plan_add_field(p, 0), false}};
  assert_true(plan_add_object(p, text("a: X\nb: Y\n"), marks, 2));
  assert_string_equal(filled(p, "one", "two"), "a: two\nb: one\n");
  assert_string_equal(filled(p, "true", "a b"), "a: \"a b\"\nb: \"true\"\n");
  assert_string_equal(filled(p, "x\ny\n", ""), "a: \"\"\nb: |\n    x\n    y\n");
  size_t count;
  const plan_piece *pieces = plan_pieces(p, 0, &count);
  assert_int_equal(count, 3);
  assert_int_equal(pieces[2].slot, PLAN_NO_SLOT);
  plan_free(p);
}

static void test_objects(void **state) {
  (void)state;
  plan *p = plan_new();
  plan_slot a = plan_add_field(p, 0), b = plan_add_field(p, 1);
  plan_mark first = {3, 4, 0, a, false}, second[] = {{0, 1, 0, b, true}, {2, 3, 0, a, true}};
  assert_true(plan_add_object(p, text("a: X\n"), &first, 1));
  assert_true(plan_add_object(p, text("X X\n"), second, 2));
  assert_string_equal(filled(p, "one", "two"), "a: one\n\"two\" \"one\"\n");
  assert_true(plan_set_between(p, text("---\n")));
  assert_string_equal(filled(p, "one", "two"), "a: one\n---\n\"two\" \"one\"\n");
  assert_int_equal(plan_objects(p), 2);
  buf alone = {0};
  plan_write_object(p, 1, &alone);
  assert_string_equal(buf_text(&alone), "\"two\" \"one\"\n");
  buf_free(&alone);
  plan_free(p);
}

static void test_texts(void **state) {
  (void)state;
  arena memory = {0};
  subst code;
  subst_error error;
  plan *p = plan_new();
  plan_slot a = plan_add_field(p, 0);
  assert_true(subst_compile(&code, "${A}-${B:=b}-${A:1:2}", 21, &memory, &error));
  plan_value values[] = {{.slot = a}, {.constant = {.state = VALUE_UNSET}, .slot = PLAN_NO_SLOT}};
  plan_slot made = plan_add_text(p, &code, values, text("shown"));
  plan_mark mark = {0, 1, 0, made, true};
  assert_true(plan_add_object(p, text("X"), &mark, 1));
  assert_string_equal(filled(p, "abcd", ""), "\"abcd-b-bc\"");
  assert_string_equal(filled(p, "", ""), "\"-b-\"");
  assert_int_equal(plan_slots(p), 2);
  plan_slot_view view = plan_view(p, made);
  assert_int_equal(view.part_count, 2);
  assert_memory_equal(view.source.text, "shown", 5);
  plan_free(p);
  arena_free(&memory);
}

/* A text that cannot be made of a row's values is somebody else's to tell. */
static void test_failures_go_elsewhere(void **state) {
  (void)state;
  arena memory = {0};
  subst code;
  subst_error error;
  plan *p = plan_new();
  assert_true(subst_compile(&code, "${A:0:-9}", 9, &memory, &error));
  plan_value value = {.slot = plan_add_field(p, 0)};
  plan_mark mark = {0, 1, 0, plan_add_text(p, &code, &value, text("")), false};
  assert_true(plan_add_object(p, text("X"), &mark, 1));
  assert_string_equal(filled(p, "abc", ""), "-");
  plan_free(p);
  arena_free(&memory);
}

static void test_guards(void **state) {
  (void)state;
  plan *p = plan_new();
  plan_slot a = plan_add_field(p, 0);
  plan_mark mark = {0, 1, 0, a, false};
  plan_require_filled(p, a);
  assert_true(plan_add_object(p, text("X"), &mark, 1));
  assert_string_equal(filled(p, "x", ""), "x");
  assert_string_equal(filled(p, "", ""), "-");
  assert_true(plan_view(p, a).guarded);
  plan_free(p);
}

static void test_names(void **state) {
  (void)state;
  static const struct {
    const char *prefix, *name, *suffix, *want;
  } rows[] = {
      {"t", "a", "", "t-a"},
      {"pg.11", "a.b", "", "pg-11-a-b"},
      {"t", "a", "2", "t-a-2"},
      {"-t", "a-", "", "t-a"},
      {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "",
       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},
      {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaX", "Ybbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "",
       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    plan *p = plan_new();
    plan_mark mark = {0, 1, 0, plan_add_name(p, text(rows[i].prefix), plan_add_field(p, 0), text(rows[i].suffix)), true};
    char want[100];
    snprintf(want, sizeof want, "\"%s\"", rows[i].want);
    assert_true(plan_add_object(p, text("X"), &mark, 1));
    assert_string_equal(filled(p, rows[i].name, ""), want);
    plan_free(p);
  }
}

static uint64_t hash_of(uint32_t number) {
  char name[32];
  int len = snprintf(name, sizeof name, "name %u", number);
  return seen_hash(name, (size_t)len);
}

/* What a process adds, others see; many more names than the first tables hold. */
static void test_seen(void **state) {
  (void)state;
  enum { MANY = 200000 };
  seen *s = seen_open();
  assert_non_null(s);
  pid_t child = fork();
  if (child == 0) {
    for (uint32_t i = 0; i < MANY; i++)
      if (seen_has(s, hash_of(i)) || !seen_add(s, hash_of(i))) _exit(1);
    _exit(0);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  for (uint32_t i = 0; i < MANY; i++) assert_true(seen_has(s, hash_of(i)));
  for (uint32_t i = MANY; i < 2 * MANY; i++) assert_false(seen_has(s, hash_of(i)));
  seen_close(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fields), cmocka_unit_test(test_objects),
      cmocka_unit_test(test_texts),  cmocka_unit_test(test_failures_go_elsewhere),
      cmocka_unit_test(test_guards), cmocka_unit_test(test_names),
      cmocka_unit_test(test_seen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
