/* engine.view: read-only views, and tables in the order of their keys. */
#include "lua/view.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "lua/libs.h"
#include "lua/regex.h"
#include "lua/secret.h"

#define VIEW "moonstep.view"

static const char cache_key;

view *view_at(lua_State *L, int index) { return lua_type(L, index) == LUA_TUSERDATA ? luaL_testudata(L, index, VIEW) : NULL; }

/* True when looks through the view can be noted. A view of an earlier document is a look at something else than the open one. */
static bool is_watched(const view *v) {
  if (v->watch && v->run != v->watch->run) recall_spoil(v->watch->trees);
  return v->watch && v->run == v->watch->run;
}

bool view_push_shown(lua_State *L, int index) {
  const view *v = view_at(L, index);
  if (!v) return false;
  if (v->watch) recall_spoil(v->watch->trees);
  lua_getiuservalue(L, index, VIEW_TABLE);
  return true;
}

static view *push_new(lua_State *L) {
  view *v = lua_newuserdatauv(L, sizeof *v, VIEW_VALUES);
  *v = (view){0};
  luaL_setmetatable(L, VIEW);
  return v;
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
    push_new(L);
    lua_pushvalue(L, -3);
    lua_setiuservalue(L, -2, VIEW_TABLE);
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
  }
  lua_replace(L, -3);
  lua_pop(L, 1);
}

void view_watch(lua_State *L, int watch_index, recall_path path) {
  watch_index = lua_absindex(L, watch_index);
  watch *w = lua_touserdata(L, watch_index);
  lua_getiuservalue(L, watch_index, WATCH_VIEWS);
  if (lua_rawgeti(L, -1, path) == LUA_TNIL) {
    lua_pop(L, 1);
    view *v = push_new(L);
    *v = (view){w, w->run, path};
    lua_pushvalue(L, -3);
    lua_setiuservalue(L, -2, VIEW_TABLE);
    lua_pushvalue(L, watch_index);
    lua_setiuservalue(L, -2, VIEW_WATCH);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, path);
  }
  lua_replace(L, -3);
  lua_pop(L, 1);
}

/* The path of the key at `key` below a watched view; NO_PLACE for a key that no document has. */
static recall_path path_below(lua_State *L, const view *v, int key) {
  if (lua_isinteger(L, key)) {
    lua_Integer i = lua_tointeger(L, key);
    return i >= 1 && i < UINT32_MAX ? recall_item(v->watch->trees, v->path, (uint32_t)i - 1) : NO_PLACE;
  }
  if (lua_type(L, key) != LUA_TSTRING) return NO_PLACE;
  size_t len;
  const char *text = lua_tolstring(L, key, &len);
  return recall_key(v->watch->trees, v->path, text, len);
}

/* As show, for the value of the key at `key` below the view at `index`. */
static void show_below(lua_State *L, int index, int key, const view *v) {
  recall_path path = path_below(L, v, key);
  if (path == NO_PLACE) {
    recall_spoil(v->watch->trees); /* no memory, or an odd key that is not worth more */
    show(L);
    return;
  }
  recall_look(v->watch->trees, (look){.path = path, .kind = LOOK_VALUE});
  if (!lua_istable(L, -1)) {
    show(L);
    return;
  }
  lua_getiuservalue(L, index, VIEW_WATCH);
  lua_insert(L, -2);
  view_watch(L, -2, path);
  lua_remove(L, -2);
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

/* part(value) -> table | value: as shown, for a caller that does not look into the table. */
static int view_part(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  if (view_at(L, 1)) lua_getiuservalue(L, 1, VIEW_TABLE);
  return 1;
}

/* type(value) -> string: as Lua's, "table" for a view, and "secret". */
static int view_type(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushstring(L, view_at(L, 1) ? "table" : secret_at(L, 1) ? "secret" : luaL_typename(L, 1));
  return 1;
}

/* The number of the function or pattern at `index` among the questions of the watch on the top of the stack. */
static int question_number(lua_State *L, int index) {
  lua_getiuservalue(L, -1, WATCH_QUESTIONS);
  lua_pushvalue(L, index);
  if (lua_rawget(L, -2) == LUA_TNIL) {
    lua_Integer count = (lua_Integer)lua_rawlen(L, -2) + 1;
    if (lua_type(L, index) == LUA_TSTRING) regex_push(L, index);
    else lua_pushvalue(L, index);
    lua_rawseti(L, -3, count);
    lua_pushvalue(L, index);
    lua_pushinteger(L, count);
    lua_rawset(L, -4);
    lua_pushinteger(L, count);
    lua_replace(L, -2);
  }
  int number = (int)lua_tointeger(L, -1);
  lua_pop(L, 2);
  return number;
}

/* Notes the question at 3 about the key at 2 of the view at 1. */
static void note_question(lua_State *L, const view *v) {
  recall_path path = path_below(L, v, 2);
  if (path == NO_PLACE) {
    recall_spoil(v->watch->trees);
    return;
  }
  look l = {.path = path, .kind = LOOK_TYPE};
  v->watch->L = L;
  if (lua_tocfunction(L, 3) != view_type) {
    lua_getiuservalue(L, 1, VIEW_WATCH);
    l.kind = lua_isfunction(L, 3) ? LOOK_ASK : LOOK_MATCH;
    l.question = question_number(L, 3);
    lua_pop(L, 1);
  }
  recall_look(v->watch->trees, l);
}

/* What the pattern at 3 finds in the value at the top. */
static int match(lua_State *L) {
  size_t len;
  if (lua_type(L, -1) != LUA_TSTRING) {
    lua_pushboolean(L, false);
    return 1;
  }
  const char *text = lua_tolstring(L, -1, &len);
  answer a = regex_answer(L, regex_push(L, 3), text, len);
  if (a.kind == NODE_STRING) lua_pushlstring(L, a.text, a.count);
  else lua_pushboolean(L, a.boolean);
  return 1;
}

/* ask(view or table, key, question) -> its answer about the key's value: only the answer counts as looked at, unless the value is a table. The question is
 * a function, or a pattern as regex.h has them. */
static int view_ask(lua_State *L) {
  lua_settop(L, 3);
  const view *v = view_at(L, 1);
  bool is_pattern = lua_type(L, 3) == LUA_TSTRING;
  if (!v && !lua_istable(L, 1)) return luaL_error(L, "ask needs a part of an object, a key and a question");
  if (!lua_isfunction(L, 3) && !is_pattern) return luaL_error(L, "ask needs a function or a pattern as its question");
  lua_pushvalue(L, 3);
  if (!v) lua_pushvalue(L, 1);
  else lua_getiuservalue(L, 1, VIEW_TABLE);
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  lua_replace(L, -2);
  if (v && is_watched(v)) {
    if (recall_notes(v->watch->trees)) note_question(L, v);
    if (lua_istable(L, -1)) show_below(L, 1, 2, v);
    else show(L);
  } else show(L);
  if (is_pattern) return match(L);
  lua_call(L, 1, 1);
  return 1;
}

static int view_index(lua_State *L) {
  const view *v = lua_touserdata(L, 1);
  lua_getiuservalue(L, 1, VIEW_TABLE);
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  if (is_watched(v)) show_below(L, 1, 2, v);
  else show(L);
  return 1;
}

static int view_newindex(lua_State *L) { return luaL_error(L, "this object is read-only; make a copy to change it"); }

static int view_len(lua_State *L) {
  const view *v = lua_touserdata(L, 1);
  if (is_watched(v)) recall_look(v->watch->trees, (look){.path = v->path, .kind = LOOK_LENGTH});
  lua_getiuservalue(L, 1, VIEW_TABLE);
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

/* The iterator of `pairs`: upvalues are the table, its keys in order, the position, and the view, if there is one. */
static int next_pair(lua_State *L) {
  lua_Integer at = lua_tointeger(L, lua_upvalueindex(3)) + 1;
  for (;; at++) {
    if (lua_rawgeti(L, lua_upvalueindex(2), at) == LUA_TNIL) return 1;
    int key = lua_gettop(L);
    lua_pushvalue(L, key);
    lua_rawget(L, lua_upvalueindex(1));
    const view *v = view_at(L, lua_upvalueindex(4));
    if (v && is_watched(v)) show_below(L, lua_upvalueindex(4), key, v);
    else if (v) show(L);
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
  const view *v = view_at(L, 1);
  if (v) {
    if (is_watched(v)) recall_look(v->watch->trees, (look){.path = v->path, .kind = LOOK_KEYS});
    lua_getiuservalue(L, 1, VIEW_TABLE);
  } else lua_pushvalue(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_pushcfunction(L, lib_view_keys);
  lua_pushvalue(L, 2);
  lua_call(L, 1, 1);
  lua_pushinteger(L, 0);
  if (v) lua_pushvalue(L, 1);
  else lua_pushboolean(L, false);
  lua_pushcclosure(L, next_pair, 4);
  return 1;
}

/* inside(value) -> table | value: as shown, for a caller that looks at the table's keys alone, and at which values are null. */
static int view_inside(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  const view *v = view_at(L, 1);
  if (!v) return 1;
  if (is_watched(v)) recall_look(v->watch->trees, (look){.path = v->path, .kind = LOOK_KEYS});
  lua_getiuservalue(L, 1, VIEW_TABLE);
  return 1;
}

static const luaL_Reg meta[] = {
    {"__index", view_index}, {"__newindex", view_newindex}, {"__len", view_len}, {"__pairs", view_pairs}, {NULL, NULL},
};

static const luaL_Reg functions[] = {
    {"of", view_of},       {"shown", view_shown},   {"part", view_part}, {"keys", lib_view_keys}, {"type", view_type}, {"ask", view_ask},
    {"pairs", view_pairs}, {"inside", view_inside}, {NULL, NULL},
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
