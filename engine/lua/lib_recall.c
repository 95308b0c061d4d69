/* engine.recall: watched views of documents, and verdicts remembered by what was looked at (data/recall.h). */
#include <lauxlib.h>

#include "lua/document.h"
#include "lua/libs.h"
#include "lua/memory.h"
#include "lua/recall.h"
#include "lua/regex.h"
#include "lua/view.h"

#define WATCH "moonstep.watch"

watch *recall_check_watch(lua_State *L, int index) {
  watch *w = luaL_checkudata(L, index, WATCH);
  w->L = L;
  return w;
}

static watch *check_watch(lua_State *L) { return recall_check_watch(L, 1); }

static int watch_gc(lua_State *L) {
  watch *w = luaL_checkudata(L, 1, WATCH);
  recall_free(w->trees);
  w->trees = NULL;
  return 0;
}

static void push_leaf(lua_State *L, const node *n) {
  switch (n ? n->kind : NODE_NULL) {
    case NODE_BOOL: lua_pushboolean(L, n->boolean); return;
    case NODE_INT: lua_pushinteger(L, n->integer); return;
    case NODE_FLOAT: lua_pushnumber(L, n->number); return;
    case NODE_STRING: lua_pushlstring(L, n->text, n->count); return;
    default: lua_pushnil(L); return;
  }
}

/* What a question answered, which stands at the top. */
static bool read_answer(lua_State *L, answer *out) {
  *out = (answer){.kind = NODE_NULL};
  switch (lua_type(L, -1)) {
    case LUA_TNIL: return true;
    case LUA_TBOOLEAN:
      out->kind = NODE_BOOL;
      out->boolean = lua_toboolean(L, -1);
      return true;
    case LUA_TNUMBER:
      out->kind = lua_isinteger(L, -1) ? NODE_INT : NODE_FLOAT;
      if (out->kind == NODE_INT) out->integer = lua_tointeger(L, -1);
      else out->number = lua_tonumber(L, -1);
      return true;
    case LUA_TSTRING: {
      size_t len;
      out->kind = NODE_STRING;
      out->text = lua_tolstring(L, -1, &len);
      out->count = (uint32_t)len;
      return true;
    }
    default: return false;
  }
}

/* The watch stands at the bottom of the running function's stack, or is pushed by it: it is found by its address. */
static bool ask(void *context, int question, const node *leaf, answer *out) {
  watch *w = context;
  lua_State *L = w->L;
  int top = lua_gettop(L);
  memory_stack(L, 6);
  lua_rawgeti(L, LUA_REGISTRYINDEX, w->questions);
  lua_rawgeti(L, -1, question);
  const regex *pattern = lua_touserdata(L, -1); /* else it is a function */
  if (pattern) {
    bool is_text = leaf && leaf->kind == NODE_STRING;
    *out = is_text ? regex_answer(L, pattern, leaf->text, leaf->count) : (answer){.kind = NODE_BOOL};
    lua_settop(L, top);
    return true;
  }
  push_leaf(L, leaf);
  lua_call(L, 1, 1);
  bool ok = read_answer(L, out);
  if (lua_type(L, -1) == LUA_TSTRING) lua_rawseti(L, -2, 0); /* keeps its text */
  lua_settop(L, top);
  return ok;
}

/* new() -> watch */
static int recall_lua_new(lua_State *L) {
  watch *w = lua_newuserdatauv(L, sizeof *w, WATCH_VALUES);
  *w = (watch){.L = L};
  luaL_setmetatable(L, WATCH);
  w->trees = recall_new(ask, w);
  if (!w->trees) return memory_raise(L);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  w->questions = luaL_ref(L, LUA_REGISTRYINDEX); /* for as long as the state */
  lua_setiuservalue(L, -2, WATCH_QUESTIONS);
  return 1;
}

/* watch:open(document): looks are about this document from here on. The caller keeps it. */
static int watch_open(lua_State *L) {
  watch *w = check_watch(L);
  recall_open(w->trees, &document_check(L, 2)->root);
  w->run++;
  return 0;
}

/* watch:view(root) -> the watched view of the open document's root table */
static int watch_view(lua_State *L) {
  check_watch(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  lua_newtable(L);
  lua_setiuservalue(L, 1, WATCH_VIEWS);
  view_watch(L, 1, 0);
  return 1;
}

static void append(lua_State *L, int index, lua_Integer value) {
  lua_pushinteger(L, value);
  lua_rawseti(L, index, (lua_Integer)lua_rawlen(L, index) + 1);
}

/* watch:group(rules) -> a number for these rules, which are numbers */
static int watch_group(lua_State *L) {
  watch *w = check_watch(L);
  lua_Integer count = (lua_Integer)lua_rawlen(L, 2);
  uint32_t *rules = lua_newuserdatauv(L, (size_t)(count + 1) * sizeof *rules, 0);
  for (lua_Integer i = 0; i < count; i++) {
    lua_rawgeti(L, 2, i + 1);
    rules[i] = (uint32_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
  }
  int group = recall_group(w->trees, rules, (uint32_t)count);
  if (group < 0) return memory_raise(L);
  lua_pushinteger(L, group);
  return 1;
}

/* watch:find(group, count, missing, verdicts): for each rule of the group, of which it has `count`: its position and its verdict about the
 * open document are appended to `verdicts` when that is not 0; the position of one without is appended to `missing`, negative when its
 * run is not worth noting. Raises where a question does. */
static int watch_find(lua_State *L) {
  watch *w = check_watch(L);
  lua_settop(L, 5);
  lua_Integer count = luaL_checkinteger(L, 3);
  int *verdicts = lua_newuserdatauv(L, (size_t)(count + 1) * sizeof *verdicts, 0);
  if (!recall_find_all(w->trees, (int)luaL_checkinteger(L, 2), verdicts)) return luaL_error(L, "a question has no answer");
  for (lua_Integer i = 0; i < count; i++) {
    if (!verdicts[i]) continue;
    if (verdicts[i] < 0) append(L, 4, verdicts[i] == RECALL_NOT_WORTH ? -i - 1 : i + 1);
    else {
      append(L, 5, i + 1);
      append(L, 5, verdicts[i]);
    }
  }
  return 0;
}

/* watch:begin(rule): notes the looks that a rule takes from here on. */
static int watch_begin(lua_State *L) {
  watch *w = check_watch(L);
  recall_begin(w->trees, (uint32_t)luaL_checkinteger(L, 2));
  return 0;
}

/* watch:finish(verdict): what the rule said, a number; 0 is the verdict that nothing was found. */
static int watch_finish(lua_State *L) {
  watch *w = check_watch(L);
  recall_end(w->trees, (int)luaL_checkinteger(L, 2));
  return 0;
}

/* keys(view) -> list | nil: the keys that lead from the root of the open document to a watched view. */
static int recall_keys(lua_State *L) {
  const view *v = view_at(L, 1);
  if (!v || !v->watch || v->run != v->watch->run) return 0;
  lua_settop(L, 1);
  lua_newtable(L);
  int depth = 0;
  const char *key;
  size_t len;
  uint32_t index;
  for (recall_path path = v->path; path; path = recall_parent(v->watch->trees, path, &key, &len, &index)) depth++;
  for (recall_path path = v->path; path; depth--) {
    path = recall_parent(v->watch->trees, path, &key, &len, &index);
    if (key) lua_pushlstring(L, key, len);
    else lua_pushinteger(L, (lua_Integer)index + 1);
    lua_rawseti(L, 2, depth);
  }
  return 1;
}

static const luaL_Reg methods[] = {
    {"open", watch_open},   {"view", watch_view},     {"find", watch_find}, {"group", watch_group},
    {"begin", watch_begin}, {"finish", watch_finish}, {NULL, NULL},
};

static const luaL_Reg functions[] = {{"new", recall_lua_new}, {"keys", recall_keys}, {NULL, NULL}};

int lib_recall(lua_State *L) {
  libs_new_type(L, WATCH, watch_gc, methods);
  luaL_newlib(L, functions);
  return 1;
}
