/* engine.view: read-only views, and tables in the order of their keys. */
#include "lua/view.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "lua/libs.h"

#define VIEW "moonstep.view"

static const char cache_key;

bool view_push_shown(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || !luaL_testudata(L, index, VIEW)) return false;
  lua_getiuservalue(L, index, 1);
  return true;
}

/* Replaces the value at the top by what a script may see of it: nil for null, a view for a table. */
static void show(lua_State *L) {
  if (lua_islightuserdata(L, -1)) {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
  if (!lua_istable(L, -1)) return;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &cache_key);
  lua_pushvalue(L, -2);
  if (lua_rawget(L, -2) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_newuserdatauv(L, 0, 1);
    lua_pushvalue(L, -3);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, VIEW);
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
  }
  lua_replace(L, -3);
  lua_pop(L, 1);
}

/* of(value) -> view | value */
static int view_of(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  show(L);
  return 1;
}

/* shown(value) -> table | value: what a view shows; anything else is itself. */
static int view_shown(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  view_push_shown(L, 1);
  return 1;
}

static int view_index(lua_State *L) {
  view_push_shown(L, 1);
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  show(L);
  return 1;
}

static int view_newindex(lua_State *L) { return luaL_error(L, "this object is read-only; make a copy to change it"); }

static int view_len(lua_State *L) {
  view_push_shown(L, 1);
  lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
  return 1;
}

typedef struct sort_key {
  const char *text; /* NULL: a number */
  size_t len;
  lua_Number number;
  lua_Integer integer; /* with `whole` */
  bool whole;
  int at;
} sort_key;

static int compare_sort_keys(const void *left, const void *right) {
  const sort_key *a = left, *b = right;
  if (!a->text != !b->text) return a->text ? 1 : -1;
  if (!a->text && a->number != b->number) return a->number < b->number ? -1 : 1;
  if (!a->text && a->whole && b->whole) return (a->integer > b->integer) - (a->integer < b->integer);
  if (!a->text) return b->whole - a->whole; /* beyond 2^53 several integers are one float */
  int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
  return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* keys(table) -> list: its keys, numbers first, then strings by their bytes. Other keys raise an error: they have no
 * order that would be the same in the next run. */
int lib_view_keys(lua_State *L) {
  lua_settop(L, 1);
  if (view_push_shown(L, 1)) lua_replace(L, 1);
  luaL_checktype(L, 1, LUA_TTABLE);
  int count = 0;
  lua_createtable(L, 8, 0);
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
    int type = lua_type(L, -2);
    if (type != LUA_TSTRING && type != LUA_TNUMBER) return luaL_error(L, "cannot go through a table with %s keys", luaL_typename(L, -2));
    lua_pushvalue(L, -2);
    lua_rawseti(L, 2, ++count);
  }
  sort_key *row = lua_newuserdatauv(L, (size_t)(count + 1) * sizeof *row, 0);
  lua_createtable(L, count, 0);
  for (int i = 0; i < count; i++) {
    lua_rawgeti(L, 2, i + 1);
    row[i] = (sort_key){.at = i + 1};
    if (lua_type(L, -1) == LUA_TSTRING) row[i].text = lua_tolstring(L, -1, &row[i].len);
    else {
      row[i].number = lua_tonumber(L, -1);
      row[i].whole = lua_isinteger(L, -1);
      if (row[i].whole) row[i].integer = lua_tointeger(L, -1);
    }
    lua_pop(L, 1);
  }
  qsort(row, (size_t)count, sizeof *row, compare_sort_keys);
  for (int i = 0; i < count; i++) {
    lua_rawgeti(L, 2, row[i].at);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

/* The iterator of `pairs`: upvalues are the table, its keys in order, and the position. */
static int next_pair(lua_State *L) {
  lua_Integer at = lua_tointeger(L, lua_upvalueindex(3)) + 1;
  for (;; at++) {
    if (lua_rawgeti(L, lua_upvalueindex(2), at) == LUA_TNIL) return 1;
    lua_pushvalue(L, -1);
    lua_rawget(L, lua_upvalueindex(1));
    if (lua_toboolean(L, lua_upvalueindex(4))) show(L);
    if (!lua_isnil(L, -1)) break; /* removed since, or null */
    lua_settop(L, 0);
  }
  lua_pushinteger(L, at);
  lua_replace(L, lua_upvalueindex(3));
  return 2;
}

/* pairs(table or view) -> iterator: in the order of the keys. */
static int view_pairs(lua_State *L) {
  lua_settop(L, 1);
  bool view = view_push_shown(L, 1);
  if (view) lua_replace(L, 1);
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_pushcfunction(L, lib_view_keys);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  lua_pushinteger(L, 0);
  lua_pushboolean(L, view);
  lua_pushcclosure(L, next_pair, 4);
  return 1;
}

static const luaL_Reg meta[] = {
    {"__index", view_index}, {"__newindex", view_newindex}, {"__len", view_len}, {"__pairs", view_pairs}, {NULL, NULL},
};

static const luaL_Reg functions[] = {
    {"of", view_of}, {"shown", view_shown}, {"keys", lib_view_keys}, {"pairs", view_pairs}, {NULL, NULL},
};

int lib_view(lua_State *L) {
  luaL_newmetatable(L, VIEW);
  luaL_setfuncs(L, meta, 0);
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  lua_createtable(L, 0, 0);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "kv");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &cache_key);
  luaL_newlib(L, functions);
  return 1;
}
