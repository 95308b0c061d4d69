/* Lua's table functions where a script could hang in them, or where their results differ from run to run. They stand in place of Lua's
 * own, for our code as well.
 *
 * insert, remove and move go through as many places as a table claims to have: `#` of a table with few items can be 2^62. sort
 * is stable, gives the same for a comparison that contradicts itself, and ends when a limit is hit.
 */
#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdint.h>

#include "lua/libs.h"
#include "lua/limits.h"
#include "lua/secret.h"

enum { MOST_ITEMS = 1 << 24, RUN = 6 /* items that are sorted by insertion */ };

/* Lua's own, upvalue 1, after a look at the table's length. */
static int after_length(lua_State *L) {
  if (lua_istable(L, 1) && lua_rawlen(L, 1) > MOST_ITEMS) return luaL_error(L, "the table has too many items");
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* insert(list, [place,] value) */
static int table_insert(lua_State *L) { return lua_gettop(L) == 2 ? lua_tocfunction(L, lua_upvalueindex(1))(L) : after_length(L); }

/* remove(list [, place]) -> value */
static int table_remove(lua_State *L) { return lua_gettop(L) == 1 ? lua_tocfunction(L, lua_upvalueindex(1))(L) : after_length(L); }

/* move(from, first, last, place [, to]) -> to */
static int table_move(lua_State *L) {
  lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3);
  if (last >= first && (lua_Unsigned)last - (lua_Unsigned)first >= MOST_ITEMS) return luaL_error(L, "too many items to move");
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* True when one of the items is a secret; what cannot be joined ends the search, and is Lua's own to tell. */
static bool has_secret(lua_State *L, lua_Integer first, lua_Integer last) {
  for (lua_Integer i = first; i <= last; i++) {
    limits_check(L);
    lua_geti(L, 1, i);
    bool found = secret_at(L, -1), text = lua_isstring(L, -1);
    lua_pop(L, 1);
    if (found || !text || i == last) return found; /* the next may be no number any more */
  }
  return false;
}

/* The items from `first` to `last` as one secret. */
static int join_secret(lua_State *L, const char *between, size_t len, lua_Integer first, lua_Integer last) {
  lua_settop(L, 4);
  secret *s = secret_new(L);
  for (lua_Integer i = first;; i++) {
    limits_check(L);
    lua_geti(L, 1, i);
    if (!secret_add(L, 5, 6)) return luaL_error(L, "invalid value (at index %I) in table for 'concat'", (LUAI_UACINT)i);
    lua_settop(L, 5);
    if (i == last) break;
    secret_add_bytes(L, s, between, len);
  }
  secret_finish(L);
  return 1;
}

/* concat(list [, between [, first [, last]]]) -> string, or a secret where an item is one: the former is Lua's own, upvalue 1. */
static int table_concat(lua_State *L) {
  if (secret_exists(L) && lua_istable(L, 1)) {
    size_t len;
    const char *between = luaL_optlstring(L, 2, "", &len);
    lua_Integer first = luaL_optinteger(L, 3, 1), last = luaL_opt(L, luaL_checkinteger, 4, luaL_len(L, 1));
    if (has_secret(L, first, last)) return join_secret(L, between, len, first, last);
  }
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* --- sort ----------------------------------------------------------------------------------------------------------- */

/* Items stand in the table ITEMS and do not move; their numbers are sorted. */
enum { LIST = 1, LESS, ITEMS };

typedef struct sorter {
  lua_State *L;
  bool by_function;
} sorter;

static bool precedes(const sorter *s, uint32_t a, uint32_t b) {
  lua_State *L = s->L;
  bool less;
  limits_check(L);
  if (s->by_function) lua_pushvalue(L, LESS);
  lua_rawgeti(L, ITEMS, a);
  lua_rawgeti(L, ITEMS, b);
  if (s->by_function) {
    lua_call(L, 2, 1);
    less = lua_toboolean(L, -1);
    lua_pop(L, 1);
  } else {
    less = lua_compare(L, -2, -1, LUA_OPLT);
    lua_pop(L, 2);
  }
  return less;
}

static void sort_run(const sorter *s, uint32_t *row, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    uint32_t moved = row[i], k = i;
    for (; k > 0 && precedes(s, moved, row[k - 1]); k--) row[k] = row[k - 1];
    row[k] = moved;
  }
}

/* Sorts `row`, with room for as many numbers in `spare`. Of equal items the first stays first. */
static void sort_row(const sorter *s, uint32_t *row, uint32_t *spare, uint32_t count) {
  if (count <= RUN) {
    sort_run(s, row, count);
    return;
  }
  uint32_t half = count / 2, i = 0, k = half, at = 0;
  sort_row(s, row, spare, half);
  sort_row(s, row + half, spare, count - half);
  if (!precedes(s, row[half], row[half - 1])) return; /* in order already */
  for (uint32_t n = 0; n < half; n++) spare[n] = row[n];
  while (i < half && k < count) row[at++] = precedes(s, row[k], spare[i]) ? row[k++] : spare[i++];
  while (i < half) row[at++] = spare[i++];
}

/* sort(list [, less]) */
static int table_sort(lua_State *L) {
  luaL_checktype(L, LIST, LUA_TTABLE);
  lua_Unsigned count = lua_rawlen(L, LIST);
  if (count < 2) return 0;
  if (count > MOST_ITEMS) return luaL_error(L, "the table has too many items");
  if (!lua_isnoneornil(L, LESS)) luaL_checktype(L, LESS, LUA_TFUNCTION);
  lua_settop(L, LESS);
  lua_createtable(L, (int)count, 0);
  uint32_t *row = lua_newuserdatauv(L, (size_t)(count + count / 2) * sizeof *row, 0);
  for (uint32_t i = 0; i < count; i++) {
    lua_geti(L, LIST, i + 1);
    lua_rawseti(L, ITEMS, i + 1);
    row[i] = i + 1;
  }
  sorter s = {L, !lua_isnil(L, LESS)};
  sort_row(&s, row, row + count, (uint32_t)count);
  for (uint32_t i = 0; i < count; i++) {
    lua_rawgeti(L, ITEMS, row[i]);
    lua_seti(L, LIST, i + 1);
  }
  return 0;
}

static void wrap(lua_State *L, const char *name, lua_CFunction by) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, by, 1);
  lua_setfield(L, -2, name);
}

void lib_table(lua_State *L) {
  lua_getglobal(L, LUA_TABLIBNAME);
  wrap(L, "concat", table_concat);
  wrap(L, "insert", table_insert);
  wrap(L, "remove", table_remove);
  wrap(L, "move", table_move);
  wrap(L, "sort", table_sort);
  lua_pop(L, 1);
}
