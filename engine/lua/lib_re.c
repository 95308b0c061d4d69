/* engine.re: Perl-compatible regular expressions, through PCRE2.
 *
 * Patterns and subjects are UTF-8; stray bytes in a subject match nothing special and break nothing. A match may take
 * STEPS steps and HEAP KiB, so a pattern that explodes ends with a message and not with the clock.
 */
#include <lauxlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "lua/libs.h"

#define CODE "moonstep.regex"

enum { STEPS = 1000000, HEAP = 16 << 10, LONGEST_PATTERN = 10000 };

static const char cache_key;

typedef struct regex {
  pcre2_code *code;
  pcre2_match_data *match;
  pcre2_match_context *limits;
} regex;

static int regex_gc(lua_State *L) {
  regex *r = luaL_checkudata(L, 1, CODE);
  pcre2_match_context_free(r->limits);
  pcre2_match_data_free(r->match);
  pcre2_code_free(r->code);
  *r = (regex){0};
  return 0;
}

/* Leaves nil and a message as the results. */
static int push_refusal(lua_State *L, int code, const char *what) {
  char text[160];
  if (code == PCRE2_ERROR_NOMEMORY) return luaL_error(L, "not enough memory");
  pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof text);
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", what, text);
  return 2;
}

/* Pushes the compiled pattern at `index`, which is compiled once a state; for a bad one NULL, and push_refusal's results. */
static regex *push_regex(lua_State *L, int index) {
  size_t len;
  const char *pattern = luaL_checklstring(L, index, &len);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &cache_key);
  lua_pushvalue(L, index);
  if (lua_rawget(L, -2) != LUA_TNIL) return lua_touserdata(L, -1);
  lua_pop(L, 1);
  if (len > LONGEST_PATTERN) luaL_error(L, "the pattern has more than %d bytes", LONGEST_PATTERN);
  regex *r = lua_newuserdatauv(L, sizeof *r, 0);
  *r = (regex){0};
  luaL_setmetatable(L, CODE);
  int error;
  PCRE2_SIZE offset;
  r->code = pcre2_compile((PCRE2_SPTR)pattern, len, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C, &error, &offset, NULL);
  if (!r->code) return push_refusal(L, error, "bad pattern"), NULL;
  r->match = pcre2_match_data_create_from_pattern(r->code, NULL);
  r->limits = pcre2_match_context_create(NULL);
  if (!r->match || !r->limits) luaL_error(L, "not enough memory");
  pcre2_set_match_limit(r->limits, STEPS);
  pcre2_set_depth_limit(r->limits, STEPS);
  pcre2_set_heap_limit(r->limits, HEAP);
  lua_pushvalue(L, index);
  lua_pushvalue(L, -2);
  lua_rawset(L, -4);
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

static const luaL_Reg functions[] = {{"exec", re_exec}, {NULL, NULL}};

int lib_re(lua_State *L) {
  luaL_newmetatable(L, CODE);
  lua_pushcfunction(L, regex_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &cache_key);
  luaL_newlib(L, functions);
  return 1;
}
