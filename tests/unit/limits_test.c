/* engine/lua/limits: what Lua code that will not stop meets. Each attack runs under a hard kill of the test's own. */
#include "unit.h"

#include <lauxlib.h>
#include <lualib.h>
#include <time.h>
#include <unistd.h>

#include "lua/limits.h"

enum { MEGABYTE = 1 << 20, SHORT = 50 /* milliseconds */, HARD = 20 /* seconds */ };

typedef struct result {
  int status; /* lua_pcall's */
  limit_hit hit;
  char message[200];
} result;

/* Runs the code in a new state, twice under the same limits. */
static result run(const char *code, size_t memory, uint32_t cpu) {
  limits l = {0};
  lua_State *L = lua_newstate(limits_alloc, &l);
  result r = {0};
  assert_non_null(L);
  luaL_openlibs(L);
  alarm(HARD);
  for (int round = 0; round < 2; round++) {
    if (luaL_loadstring(L, code)) fail_msg("%s", lua_tostring(L, -1));
    limits_allow(&l, memory, cpu, 1000 * HARD);
    assert_true(limits_start(&l, L));
    r.status = lua_pcall(L, 0, 0, 0);
    limit_hit hit = limits_stop(&l);
    if (round && hit != r.hit) fail_msg("hit %d, then %d: %s", r.hit, hit, code);
    r.hit = hit;
    if (r.status) snprintf(r.message, sizeof r.message, "%s", lua_tostring(L, -1));
    lua_settop(L, 0);
    lua_gc(L, LUA_GCCOLLECT);
  }
  alarm(0);
  lua_close(L);
  assert_int_equal(l.used, 0);
  return r;
}

static const struct {
  const char *code;
  size_t memory;
  limit_hit hit;
} rows[] = {
    {"return 1 + 1", MEGABYTE, LIMIT_NONE},
    {"error 'own'", MEGABYTE, LIMIT_NONE},
    {"local t = {} for i = 1, 1000 do t[i] = {i} end", MEGABYTE, LIMIT_NONE},
    {"for i = 1, 100000 do local s = ('x'):rep(1000) .. i end", MEGABYTE, LIMIT_NONE}, /* garbage is taken back */
    /* CPU */
    {"while true do end", MEGABYTE, LIMIT_CPU},
    {"repeat until false", MEGABYTE, LIMIT_CPU},
    {"::top:: goto top", MEGABYTE, LIMIT_CPU},
    {"local function f() return f() end f()", MEGABYTE, LIMIT_CPU},
    {"while true do pcall(function() end) end", MEGABYTE, LIMIT_CPU},
    {"while true do pcall(function() while true do end end) end", MEGABYTE, LIMIT_CPU},
    {"while true do pcall(error) end", MEGABYTE, LIMIT_CPU},
    {"while true do pcall(pcall, pcall, function() while true do end end) end", MEGABYTE, LIMIT_CPU},
    {"local function f() while true do pcall(f) end end f()", MEGABYTE, LIMIT_CPU},
    {"while true do xpcall(function() while true do end end, function() end) end", MEGABYTE, LIMIT_CPU},
    {"while true do local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) pcall(function() return t[1] end) end",
     64 * MEGABYTE, LIMIT_CPU},
    {"while true do table.sort({3, 2, 1}, function(a, b) return a < b end) end", MEGABYTE, LIMIT_CPU},
    {"while true do ('x'):gsub('.', function() end) end", MEGABYTE, LIMIT_CPU},
    /* memory */
    {"local t = {} for i = 1, 1e8 do t[i] = i end", MEGABYTE, LIMIT_MEMORY},
    {"local s = ('x'):rep(1 << 30)", MEGABYTE, LIMIT_MEMORY},
    {"local s = 'x' while true do s = s .. s end", MEGABYTE, LIMIT_MEMORY},
    {"local t = {} while true do t = {t} end", MEGABYTE, LIMIT_MEMORY},
    {"while true do pcall(string.rep, 'x', 1 << 30) end", MEGABYTE, LIMIT_MEMORY},
    {"while true do pcall(function() local t = {} while true do t[#t + 1] = {} end end) end", MEGABYTE, LIMIT_MEMORY},
    {"pcall(string.rep, 'x', 1 << 30)", MEGABYTE, LIMIT_MEMORY}, /* hit, though the script went on and ended well */
    {"local function f() return f() + 1 end pcall(f) pcall(f)", 64 << 10, LIMIT_MEMORY},
};

static void test_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    print_message("%s\n", rows[i].code);
    result r = run(rows[i].code, rows[i].memory, rows[i].hit == LIMIT_CPU ? SHORT : 10000);
    if (r.hit != rows[i].hit) fail_msg("%s: hit %d, want %d (%s)", rows[i].code, r.hit, rows[i].hit, r.message);
  }
}

/* CPU time that passed is what the limit says, give or take the kernel's ticks. */
static void test_cpu_time_is_measured(void **state) {
  (void)state;
  clock_t start = clock();
  run("while true do end", MEGABYTE, 200);
  double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
  if (seconds < 0.3 || seconds > 5) fail_msg("two rounds of 200 ms took %.2f s", seconds);
}

/* Time that is slept away is not CPU time. */
static void test_sleep_is_free(void **state) {
  (void)state;
  limits l = {0};
  lua_State *L = lua_newstate(limits_alloc, &l);
  assert_non_null(L);
  limits_allow(&l, MEGABYTE, SHORT, 1000 * HARD);
  assert_true(limits_start(&l, L));
  usleep(2 * SHORT * 1000);
  assert_int_equal(limits_stop(&l), LIMIT_NONE);
  lua_close(L);
}

static void test_allocator_counts(void **state) {
  (void)state;
  limits l = {0};
  char *a = limits_alloc(&l, NULL, LUA_TTABLE, 100); /* without a block, the old size is a type */
  assert_int_equal(l.used, 100);
  a = limits_alloc(&l, a, 100, 1000);
  assert_int_equal(l.used, 1000);
  l.most = 1500;
  assert_null(limits_alloc(&l, NULL, 0, 501));
  assert_null(limits_alloc(&l, a, 1000, 1501));
  assert_null(limits_alloc(&l, a, 1000, SIZE_MAX));
  assert_int_equal(l.used, 1000);
  char *b = limits_alloc(&l, NULL, 0, 500);
  assert_non_null(b);
  assert_null(limits_alloc(&l, NULL, 0, 1));
  a = limits_alloc(&l, a, 1000, 10); /* shrinking is always possible */
  assert_int_equal(l.used, 510);
  assert_null(limits_alloc(&l, a, 10, 0));
  assert_null(limits_alloc(&l, b, 500, 0));
  assert_null(limits_alloc(&l, NULL, 0, 0));
  assert_int_equal(l.used, 0);
  assert_int_equal(l.refused, 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),
      cmocka_unit_test(test_cpu_time_is_measured),
      cmocka_unit_test(test_sleep_is_free),
      cmocka_unit_test(test_allocator_counts),
  };
  return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
