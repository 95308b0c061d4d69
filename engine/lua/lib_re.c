/* engine.re: Perl-compatible regular expressions, through PCRE2.
 *
 * Patterns and subjects are UTF-8; stray bytes in a subject match nothing special and break nothing. A match may take
 * STEPS steps and HEAP KiB, so a pattern that explodes ends with a message and not with the clock.
 */
#include <lauxlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>

#include "lua/libs.h"
#include "lua/limits.h"
#include "lua/memory.h"
#include "lua/regex.h"

#define CODE "moonstep.regex"

enum { STEPS = 1000000, HEAP = 16 << 10, LONGEST_PATTERN = 10000, MOST_PATTERNS = 200 /* that are kept */ };

/* Keys in the registry: the general context, and the table of compiled patterns. */
static const char memory_key, cache_key;

struct regex {
  pcre2_code *code;
  pcre2_match_data *match;
  pcre2_match_context *limits;
};

static int regex_gc(lua_State *L) {
  regex *r = luaL_checkudata(L, 1, CODE);
  pcre2_match_context_free(r->limits);
  pcre2_match_data_free(r->match);
  pcre2_code_free(r->code);
  *r = (regex){0};
  return 0;
}

/* PCRE2's memory counts like Lua's. Its size stands in front of each block. */
typedef union block {
  size_t size;
  max_align_t align;
} block;

static void *take(size_t size, void *ud) {
  limits *l = ud;
  if (size > limits_room(l)) return limits_refuse(l), NULL;
  block *b = malloc(sizeof *b + size);
  if (!b) return NULL;
  b->size = size;
  limits_charge(l, size);
  return b + 1;
}

static void give_back(void *at, void *ud) {
  if (!at) return;
  block *b = (block *)at - 1;
  limits_refund(ud, b->size);
  free(b);
}

static const char *push_problem_text(lua_State *L, int code, const char *what) {
  char text[160];
  if (code == PCRE2_ERROR_NOMEMORY) memory_raise(L);
  pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof text);
  return lua_pushfstring(L, "%s: %s", what, text);
}

/* Leaves nil and a message as the results. */
static int push_refusal(lua_State *L, int code, const char *what) {
  lua_pushnil(L);
  push_problem_text(L, code, what);
  return 2;
}

/* Fills the closed regex at the top of the stack. False: `*code` is why. */
static bool compile(lua_State *L, regex *r, const char *pattern, size_t len, int *code) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &memory_key);
  pcre2_general_context *memory = *(pcre2_general_context **)lua_touserdata(L, -1);
  lua_pop(L, 1);
  pcre2_compile_context *how = pcre2_compile_context_create(memory);
  *code = PCRE2_ERROR_NOMEMORY;
  if (!how) return false;
  PCRE2_SIZE offset;
  r->code = pcre2_compile((PCRE2_SPTR)pattern, len, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C, code, &offset, how);
  pcre2_compile_context_free(how);
  if (!r->code) return false;
  r->match = pcre2_match_data_create_from_pattern(r->code, memory);
  r->limits = pcre2_match_context_create(memory);
  *code = PCRE2_ERROR_NOMEMORY;
  if (!r->match || !r->limits) return false;
  pcre2_set_match_limit(r->limits, STEPS);
  pcre2_set_depth_limit(r->limits, STEPS);
  pcre2_set_heap_limit(r->limits, HEAP);
  return true;
}

/* Pushes the table of compiled patterns, which has its number of them at 0: a new one when that is full. */
static void push_cache(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &cache_key);
  lua_rawgeti(L, -1, 0);
  bool full = lua_tointeger(L, -1) >= MOST_PATTERNS;
  lua_pop(L, 1);
  if (!full) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &cache_key);
}

/* Pushes the compiled pattern at `index`, which is compiled once while it is kept; for a bad one NULL, and push_refusal's results. */
static regex *push_regex(lua_State *L, int index) {
  size_t len;
  int code;
  const char *pattern = luaL_checklstring(L, index, &len);
  push_cache(L);
  lua_pushvalue(L, index);
  if (lua_rawget(L, -2) != LUA_TNIL) return lua_touserdata(L, -1);
  lua_pop(L, 1);
  if (len > LONGEST_PATTERN) luaL_error(L, "the pattern has more than %d bytes", LONGEST_PATTERN);
  regex *r = lua_newuserdatauv(L, sizeof *r, 0);
  *r = (regex){0};
  luaL_setmetatable(L, CODE);
  if (!compile(L, r, pattern, len, &code)) return push_refusal(L, code, "bad pattern"), NULL;
  lua_pushvalue(L, index);
  lua_pushvalue(L, -2);
  lua_rawset(L, -4);
  lua_rawgeti(L, -2, 0);
  lua_pushinteger(L, lua_tointeger(L, -1) + 1);
  lua_rawseti(L, -4, 0);
  lua_pop(L, 1);
  return r;
}

/* exec(subject, pattern, start) -> first, last, captures | nil | nil, message: where the pattern matches at or behind `start` (from 1), and a
 * list of its groups, false for those that took no part. */
static int re_exec(lua_State *L) {
  size_t len;
  const char *subject = luaL_checklstring(L, 1, &len);
  lua_Integer start = luaL_optinteger(L, 3, 1);
  if (start < 1 || (size_t)start > len + 1) return 0;
  lua_settop(L, 2);
  const regex *r = push_regex(L, 2);
  if (!r) return 2;
  int count = pcre2_match(r->code, (PCRE2_SPTR)subject, len, (size_t)start - 1, 0, r->match, r->limits);
  if (count == PCRE2_ERROR_NOMATCH) return 0;
  if (count < 0) return push_refusal(L, count, "cannot match");
  const PCRE2_SIZE *at = pcre2_get_ovector_pointer(r->match);
  uint32_t groups;
  pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &groups);
  lua_pushinteger(L, (lua_Integer)at[0] + 1);
  lua_pushinteger(L, (lua_Integer)at[1]);
  lua_createtable(L, (int)groups, 0);
  for (uint32_t i = 1; i <= groups; i++) {
    size_t k = 2 * (size_t)i;
    if ((int)i < count && at[k] != PCRE2_UNSET) lua_pushlstring(L, subject + at[k], at[k + 1] - at[k]);
    else lua_pushboolean(L, 0);
    lua_rawseti(L, -2, i);
  }
  return 3;
}

static int memory_gc(lua_State *L) {
  pcre2_general_context **memory = lua_touserdata(L, 1);
  pcre2_general_context_free(*memory);
  *memory = NULL;
  return 0;
}

/* PCRE2 keeps a copy of the functions in everything that it makes, so the collector may close this at any time. */
static void open_memory(lua_State *L) {
  pcre2_general_context **memory = lua_newuserdatauv(L, sizeof *memory, 0);
  *memory = NULL;
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, memory_gc);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  *memory = pcre2_general_context_create(take, give_back, limits_of(L));
  if (!*memory) memory_raise(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &memory_key);
}

static void open_patterns(lua_State *L) {
  open_memory(L);
  libs_new_type(L, CODE, regex_gc, NULL);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &cache_key);
}

/* --- questions ------------------------------------------------------------------------------------------------------- */

const regex *regex_push(lua_State *L, int index) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &cache_key) == LUA_TNIL) open_patterns(L);
  lua_pop(L, 1);
  int top = lua_gettop(L);
  if (!push_regex(L, index)) lua_error(L); /* with push_refusal's message at the top */
  lua_replace(L, top + 1);
  lua_settop(L, top + 1);
  return lua_touserdata(L, -1);
}

answer regex_answer(lua_State *L, const regex *r, const char *text, size_t len) {
  int count = pcre2_match(r->code, (PCRE2_SPTR)text, len, 0, 0, r->match, r->limits);
  if (count == PCRE2_ERROR_NOMATCH) return (answer){.kind = NODE_BOOL};
  if (count < 0) {
    push_problem_text(L, count, "cannot match");
    lua_error(L);
  }
  const PCRE2_SIZE *at = pcre2_get_ovector_pointer(r->match);
  if (count < 2 || at[2] == PCRE2_UNSET) return (answer){.kind = NODE_BOOL, .boolean = true};
  return (answer){.kind = NODE_STRING, .count = (uint32_t)(at[3] - at[2]), .text = text + at[2]};
}

static const luaL_Reg functions[] = {{"exec", re_exec}, {NULL, NULL}};

int lib_re(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &cache_key) == LUA_TNIL) open_patterns(L);
  luaL_newlib(L, functions);
  return 1;
}
