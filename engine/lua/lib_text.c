/* Lua's string functions and tostring, such that a script can neither hang in them nor learn anything from them that differs
 * from run to run. They stand in place of Lua's own, for our code as well.
 *
 * find, match, gmatch and gsub use a matcher that limits end (pattern.h). What has no text of its own, such as a table, is shown
 * by its type and never by its address. Numbers read back as the same number.
 */
#include <lauxlib.h>
#include <lualib.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lua/libs.h"
#include "lua/pattern.h"
#include "lua/secret.h"

/* --- text of values ------------------------------------------------------------------------------------------------- */

/* The shortest text that reads back as the number, with a point or an exponent, so that it reads back as a float. */
static void push_float(lua_State *L, lua_Number number) {
  char text[48];
  if (isnan(number)) {
    lua_pushliteral(L, "nan"); /* its sign differs between machines */
    return;
  }
  int digits = 14; /* as Lua writes it where that is exact */
  do snprintf(text, sizeof text, "%.*g", digits, number);
  while (strtod(text, NULL) != number && ++digits <= 17);
  bool whole = text[strspn(text, "-0123456789")] == '\0';
  lua_pushfstring(L, "%s%s", text, whole ? ".0" : "");
}

/* Pushes the text of the value at `index`. */
static void push_text(lua_State *L, int index) {
  switch (lua_type(L, index)) {
    case LUA_TSTRING: lua_pushvalue(L, index); break;
    case LUA_TNIL: lua_pushliteral(L, "nil"); break;
    case LUA_TBOOLEAN: lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false"); break;
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) lua_pushfstring(L, "%I", (LUAI_UACINT)lua_tointeger(L, index));
      else push_float(L, lua_tonumber(L, index));
      break;
    default: lua_pushstring(L, secret_at(L, index) ? "secret" : luaL_typename(L, index));
  }
}

/* tostring(value) -> string */
static int text_tostring(lua_State *L) {
  luaL_checkany(L, 1);
  push_text(L, 1);
  return 1;
}

/* Puts the value at `index`, which the conversion stands for, into a form that Lua's own format shows as we want it. */
static void prepare_argument(lua_State *L, int index, char conversion) {
  int type = lua_type(L, index);
  if (conversion == 's' && type != LUA_TSTRING && type > LUA_TNIL) push_text(L, index);
  else if (type == LUA_TNUMBER && strchr("aAeEfFgG", conversion) && isnan(lua_tonumber(L, index))) lua_pushnumber(L, (lua_Number)NAN);
  else return;
  lua_replace(L, index);
}

/* A flag, a digit of a width, or the point before a precision. */
static inline bool is_flag(char c) { return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ' ' || c == '+' || c == '#'; }

/* Adds what one conversion of a format, from its sign to `end`, makes of the argument at `index` to the secret at the top. */
static void add_conversion(lua_State *L, const char *sign, const char *end, int index) {
  int self = lua_gettop(L);
  if (secret_at(L, index)) {
    if (end - sign != 2 || sign[1] != 's') luaL_error(L, "a secret can only stand for %%s in 'format'");
    secret_add(L, self, index);
    return;
  }
  if (end[-1] == 'p') luaL_error(L, "invalid conversion '%%p' to 'format'");
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushlstring(L, sign, (size_t)(end - sign));
  lua_pushvalue(L, index);
  prepare_argument(L, self + 3, end[-1]);
  lua_call(L, 2, 1);
  secret_add(L, self, self + 1);
  lua_settop(L, self);
}

/* As text_format, with a secret among the arguments: the result is one. */
static int format_secret(lua_State *L) {
  size_t len;
  int index = 1, top = lua_gettop(L);
  const char *f = lua_tolstring(L, 1, &len), *end = f + len, *sign;
  secret *s = secret_new(L);
  for (; (sign = memchr(f, '%', (size_t)(end - f))); f++) {
    secret_add_bytes(L, s, f, (size_t)(sign - f));
    f = sign + 1;
    if (f < end && *f == '%') {
      secret_add_bytes(L, s, "%", 1);
      continue;
    }
    while (f < end && is_flag(*f)) f++;
    if (f == end) return luaL_error(L, "invalid conversion at the end of the format");
    if (++index > top) return luaL_argerror(L, index, "no value");
    add_conversion(L, sign, f + 1, index);
  }
  secret_add_bytes(L, s, f, (size_t)(end - f));
  secret_finish(L);
  return 1;
}

static bool has_secret(lua_State *L, int top) {
  for (int i = 2; i <= top && secret_exists(L); i++)
    if (secret_at(L, i)) return true;
  return false;
}

/* format(format, ...) -> string: Lua's own (upvalue 1) on arguments that were looked at. */
static int text_format(lua_State *L) {
  int index = 1, top = lua_gettop(L);
  luaL_checkstring(L, 1);
  if (has_secret(L, top)) return format_secret(L);
  for (const char *f = luaL_checkstring(L, 1); (f = strchr(f, '%')); f++) {
    f++;
    if (*f == '%') continue;
    while (is_flag(*f)) f++; /* strspn makes a table of all bytes first */
    if (*f == 'p') return luaL_error(L, "invalid conversion '%%p' to 'format'");
    if (!*f || ++index > top) break;
    prepare_argument(L, index, *f);
  }
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* rep(text, count [, between]) -> string: Lua's own counts to the end even where there is nothing to repeat. */
static int text_rep(lua_State *L) {
  size_t len, between;
  luaL_checklstring(L, 1, &len);
  luaL_checkinteger(L, 2);
  luaL_optlstring(L, 3, "", &between);
  if (len || between) return lua_tocfunction(L, lua_upvalueindex(1))(L);
  lua_pushliteral(L, "");
  return 1;
}

/* --- patterns ------------------------------------------------------------------------------------------------------- */

/* Where a search starts: `position` counts from 1, or from the end where it is negative. */
static size_t start_of(lua_Integer position, size_t len) {
  if (position > 0) return (size_t)position - 1;
  if (position == 0 || position < -(lua_Integer)len) return 0;
  return len + (size_t)position;
}

static bool is_plain(const char *pat, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (pat[i] && strchr("^$*+?.([%-", pat[i])) return false;
  return true;
}

static int find_plain(lua_State *L, const char *text, size_t len, const char *part, size_t part_len, size_t start) {
  const char *found = memmem(text + start, len - start, part, part_len);
  if (!found) {
    luaL_pushfail(L);
    return 1;
  }
  lua_pushinteger(L, found - text + 1);
  lua_pushinteger(L, found - text + (lua_Integer)part_len);
  return 2;
}

static int search(lua_State *L, bool find) {
  size_t len, pattern_len;
  const char *text = luaL_checklstring(L, 1, &len), *pat = luaL_checklstring(L, 2, &pattern_len);
  size_t start = start_of(luaL_optinteger(L, 3, 1), len);
  if (start > len) {
    luaL_pushfail(L);
    return 1;
  }
  if (find && (lua_toboolean(L, 4) || is_plain(pat, pattern_len))) return find_plain(L, text, len, pat, pattern_len, start);
  pattern p;
  bool anchored = *pat == '^' && pattern_len;
  pattern_open(&p, L, text, len, pat + pattern_len);
  for (const char *at = text + start; at <= p.end; at = pattern_behind(&p, at, pat)) {
    const char *end = pattern_match(&p, at, pat + anchored);
    if (end && !find) return pattern_push(&p, at, end);
    if (end) {
      lua_pushinteger(L, at - text + 1);
      lua_pushinteger(L, end - text);
      return pattern_push(&p, NULL, NULL) + 2;
    }
    if (anchored) break;
  }
  luaL_pushfail(L);
  return 1;
}

/* find(text, pattern [, start [, plain]]) -> first, last, groups | nil */
static int text_find(lua_State *L) { return search(L, true); }

/* match(text, pattern [, start]) -> groups | whole | nil */
static int text_match(lua_State *L) { return search(L, false); }

/* The iterator of gmatch: upvalues are the text, the pattern, where to go on, and where the last match ended (-1: none yet). */
static int next_match(lua_State *L) {
  size_t len, pattern_len;
  const char *text = lua_tolstring(L, lua_upvalueindex(1), &len), *pat = lua_tolstring(L, lua_upvalueindex(2), &pattern_len);
  lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
  pattern p;
  pattern_open(&p, L, text, len, pat + pattern_len);
  for (const char *at = text + lua_tointeger(L, lua_upvalueindex(3)), *end; at <= p.end; at = end ? at + 1 : pattern_behind(&p, at, pat)) {
    end = pattern_match(&p, at, pat);
    if (!end || end - text == last) continue;
    lua_pushinteger(L, end - text);
    lua_copy(L, -1, lua_upvalueindex(3));
    lua_copy(L, -1, lua_upvalueindex(4));
    lua_pop(L, 1);
    return pattern_push(&p, at, end);
  }
  lua_pushinteger(L, (lua_Integer)len + 1);
  lua_replace(L, lua_upvalueindex(3));
  return 0;
}

/* gmatch(text, pattern [, start]) -> iterator */
static int text_gmatch(lua_State *L) {
  size_t len;
  luaL_checklstring(L, 1, &len);
  luaL_checkstring(L, 2);
  size_t start = start_of(luaL_optinteger(L, 3, 1), len);
  lua_settop(L, 2);
  lua_pushinteger(L, start > len ? (lua_Integer)len + 1 : (lua_Integer)start);
  lua_pushinteger(L, -1);
  lua_pushcclosure(L, next_match, 4);
  return 1;
}

/* Adds the replacement text at 3, with what its %0 to %9 stand for. */
static void add_text(luaL_Buffer *b, pattern *p, const char *start, const char *end) {
  lua_State *L = p->L;
  size_t len;
  const char *by = lua_tolstring(L, 3, &len);
  for (const char *sign; (sign = memchr(by, '%', len)); len -= (size_t)(sign + 2 - by), by = sign + 2) {
    luaL_addlstring(b, by, (size_t)(sign - by));
    char c = sign[1];
    if (c == '%') luaL_addchar(b, '%');
    else if (c == '0') luaL_addlstring(b, start, (size_t)(end - start));
    else if (c >= '1' && c <= '9') {
      pattern_push_group(p, c - '1', start, end);
      luaL_tolstring(L, -1, NULL); /* a position is a number */
      lua_remove(L, -2);
      luaL_addvalue(b);
    } else luaL_error(L, "invalid use of '%c' in replacement string", '%');
  }
  luaL_addlstring(b, by, len);
}

/* Adds what stands for a match; false when that is the match itself. */
static bool add_replacement(luaL_Buffer *b, pattern *p, const char *start, const char *end, int type) {
  lua_State *L = p->L;
  if (type == LUA_TFUNCTION) {
    lua_pushvalue(L, 3);
    lua_call(L, pattern_push(p, start, end), 1);
  } else if (type == LUA_TTABLE) {
    pattern_push_group(p, 0, start, end);
    lua_gettable(L, 3);
  } else {
    add_text(b, p, start, end);
    return true;
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    luaL_addlstring(b, start, (size_t)(end - start));
    return false;
  }
  if (!lua_isstring(L, -1)) luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  luaL_addvalue(b);
  return true;
}

/* gsub(text, pattern, by [, most]) -> text, count */
static int text_gsub(lua_State *L) {
  size_t len, pattern_len;
  const char *text = luaL_checklstring(L, 1, &len), *pat = luaL_checklstring(L, 2, &pattern_len), *last = NULL;
  int type = lua_type(L, 3);
  lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)len + 1), count = 0;
  bool anchored = *pat == '^' && pattern_len, changed = false;
  luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
                   "string/function/table");
  pattern p;
  luaL_Buffer b;
  pattern_open(&p, L, text, len, pat + pattern_len);
  luaL_buffinit(L, &b);
  const char *at = text;
  while (count < most) {
    const char *end = pattern_match(&p, at, pat + anchored);
    if (end && end != last) {
      count++;
      changed = add_replacement(&b, &p, at, end, type) || changed;
      at = last = end;
    } else if (at < p.end) {
      const char *next = end ? at + 1 : pattern_behind(&p, at, pat + anchored);
      if (next > p.end) next = p.end;
      luaL_addlstring(&b, at, (size_t)(next - at));
      at = next;
    } else break;
    if (anchored) break;
  }
  if (changed) {
    luaL_addlstring(&b, at, (size_t)(p.end - at));
    luaL_pushresult(&b);
  } else lua_pushvalue(L, 1);
  lua_pushinteger(L, count);
  return 2;
}

/* --- putting them in place ------------------------------------------------------------------------------------------ */

static const luaL_Reg replaced[] = {{"find", text_find}, {"match", text_match}, {"gmatch", text_gmatch}, {"gsub", text_gsub}, {NULL, NULL}};

/* Replaces the function at `name` of the table at the top of the stack by one that has the original as its upvalue. */
static void wrap(lua_State *L, const char *name, lua_CFunction by) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, by, 1);
  lua_setfield(L, -2, name);
}

/* Strings' methods are looked up in a table that nobody can reach. */
static void set_methods(lua_State *L) {
  lua_newtable(L);
  for (lua_pushnil(L); lua_next(L, -3);) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -4);
  }
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 3);
}

void lib_text(lua_State *L) {
  lua_pushglobaltable(L);
  lua_pushcfunction(L, text_tostring);
  lua_setfield(L, -2, "tostring");
  lua_getfield(L, -1, LUA_STRLIBNAME);
  luaL_setfuncs(L, replaced, 0);
  wrap(L, "format", text_format);
  wrap(L, "rep", text_rep);
  lua_pushnil(L);
  lua_setfield(L, -2, "dump");
  set_methods(L);
  lua_pop(L, 2);
}
