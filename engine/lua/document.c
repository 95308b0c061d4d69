#include "lua/document.h"

#include <lauxlib.h>
#include <stdint.h>
#include <stdlib.h>

#include "lua/libs.h"
#include "lua/limits.h"
#include "lua/memory.h"

#define DOCUMENT "moonstep.document"
#define SOURCE   "moonstep.source"

/* Addresses that are keys in metatables and in the registry. */
static const char document_key, list_key, plain_list_key;

enum { UV_SOURCE = 1, UV_MAP, UV_LIST, UV_COUNT = UV_LIST };

static size_t slot_of(const node_map *m, const void *table) {
  size_t at = ((uintptr_t)table >> 4) * 11400714819323198485u >> 20 & m->mask;
  while (m->slots[at].table && m->slots[at].table != table) at = (at + 1) & m->mask;
  return at;
}

static bool node_map_grow(node_map *m) {
  size_t size = m->slots ? 2 * (m->mask + 1) : 32;
  node_map bigger = {.slots = calloc(size, sizeof *m->slots), .mask = size - 1, .used = m->used};
  if (!bigger.slots) return false;
  for (size_t i = 0; m->slots && i <= m->mask; i++)
    if (m->slots[i].table) bigger.slots[slot_of(&bigger, m->slots[i].table)] = m->slots[i];
  free(m->slots);
  *m = bigger;
  return true;
}

static bool node_map_set(node_map *m, const void *table, const node *n) {
  if ((!m->slots || m->used * 4 > m->mask * 3) && !node_map_grow(m)) return false;
  size_t at = slot_of(m, table);
  m->used += !m->slots[at].table;
  m->slots[at].table = table;
  m->slots[at].node = n;
  return true;
}

static const node *node_map_get(const node_map *m, const void *table) { return m->slots ? m->slots[slot_of(m, table)].node : NULL; }

document *document_check(lua_State *L, int index) { return luaL_checkudata(L, index, DOCUMENT); }

void document_charge(lua_State *L, size_t *charged, size_t bytes) {
  limits *l = limits_of(L);
  if (bytes > limits_room(l)) lua_gc(L, LUA_GCCOLLECT);
  if (bytes > limits_room(l)) {
    limits_refuse(l);
    memory_raise(L);
  }
  limits_charge(l, bytes);
  *charged += bytes;
}

void document_close(lua_State *L, document *d) {
  limits_refund(limits_of(L), d->charged);
  d->charged = 0;
  d->root = (node){0};
  arena_free(&d->nodes);
  free(d->by_table.slots);
  d->by_table = (node_map){0};
}

static int document_gc(lua_State *L) {
  document_close(L, document_check(L, 1));
  return 0;
}

static int source_gc(lua_State *L) {
  source *s = source_check(L, 1);
  limits_refund(limits_of(L), s->charged);
  s->charged = 0;
  buf_free(&s->text);
  return 0;
}

source *source_check(lua_State *L, int index) { return luaL_checkudata(L, index, SOURCE); }

/* Pushes the metatable of the document's maps or lists, which is made when it is first needed. The document is at `index`. */
static void push_metatable(lua_State *L, int index, bool list) {
  int slot = list ? UV_LIST : UV_MAP;
  if (lua_getiuservalue(L, index, slot) == LUA_TTABLE) return;
  lua_pop(L, 1);
  lua_createtable(L, 0, 1 + list);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, index, slot);
  lua_pushvalue(L, index);
  lua_rawsetp(L, -2, &document_key);
  if (!list) return;
  lua_pushboolean(L, true);
  lua_rawsetp(L, -2, &list_key);
}

document *document_new(lua_State *L, int source_index) {
  source_index = lua_absindex(L, source_index);
  document *d = lua_newuserdatauv(L, sizeof *d, UV_COUNT);
  *d = (document){0};
  luaL_setmetatable(L, DOCUMENT);
  int self = lua_gettop(L);
  lua_pushvalue(L, source_index);
  lua_setiuservalue(L, self, UV_SOURCE);
  return d;
}

typedef struct pusher {
  lua_State *L;
  document *document;
  int map, list; /* stack indices of the metatables */
} pusher;

/* No deeper than LIMIT_DEPTH: the readers see to that. */
static void push_node(pusher *p, const node *n) {
  lua_State *L = p->L;
  switch (n->kind) {
    case NODE_NULL: lua_pushlightuserdata(L, NULL); return;
    case NODE_BOOL: lua_pushboolean(L, n->boolean); return;
    case NODE_INT: lua_pushinteger(L, n->integer); return;
    case NODE_FLOAT: lua_pushnumber(L, n->number); return;
    case NODE_STRING: lua_pushlstring(L, n->text, n->count); return;
    default: break;
  }
  memory_stack(L, 4);
  bool list = n->kind == NODE_LIST;
  lua_createtable(L, list ? (int)n->count : 0, list ? 0 : (int)n->count);
  for (uint32_t i = 0; i < n->count; i++) {
    if (list) {
      push_node(p, &n->items[i]);
      lua_rawseti(L, -2, (lua_Integer)i + 1);
    } else {
      lua_pushlstring(L, n->items[2 * i].text, n->items[2 * i].count);
      push_node(p, &n->items[2 * i + 1]);
      lua_rawset(L, -3);
    }
  }
  lua_pushvalue(L, list ? p->list : p->map);
  lua_setmetatable(L, -2);
  if (!node_map_set(&p->document->by_table, lua_topointer(L, -1), n)) memory_raise(L);
}

void document_push_root(lua_State *L, int index) {
  index = lua_absindex(L, index);
  document *d = document_check(L, index);
  push_metatable(L, index, false);
  push_metatable(L, index, true);
  pusher p = {L, d, lua_gettop(L) - 1, lua_gettop(L)};
  push_node(&p, &d->root);
  lua_replace(L, p.map);
  lua_settop(L, p.map);
}

/* Pushes what the table's metatable holds under the key, or pushes nothing and returns false. */
static bool push_meta(lua_State *L, int index, const void *key) {
  if (!lua_getmetatable(L, index)) return false;
  lua_rawgetp(L, -1, key);
  lua_remove(L, -2);
  return true;
}

bool document_is_list(lua_State *L, int index) {
  if (!lua_getmetatable(L, index)) return false;
  lua_rawgetp(L, -1, &list_key);
  bool list = lua_toboolean(L, -1);
  lua_pop(L, 2);
  return list;
}

document *document_of(lua_State *L, int index) {
  if (!push_meta(L, index, &document_key)) return NULL;
  document *d = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return d;
}

int document_push_source(lua_State *L, int index) {
  if (lua_isuserdata(L, index)) {
    document_check(L, index);
    lua_pushvalue(L, index);
  } else if (!push_meta(L, index, &document_key)) lua_pushnil(L);
  if (!lua_isnil(L, -1)) {
    lua_getiuservalue(L, -1, UV_SOURCE);
    lua_remove(L, -2);
  }
  return 1;
}

const node *document_node(lua_State *L, int index, source **text) {
  document *d = document_of(L, index);
  if (!d) return NULL;
  if (text) {
    document_push_source(L, index);
    *text = lua_touserdata(L, -1);
    lua_pop(L, 1);
  }
  return node_map_get(&d->by_table, lua_topointer(L, index));
}

void document_copy_place(lua_State *L, int from, int to) {
  from = lua_absindex(L, from);
  to = lua_absindex(L, to);
  if (!lua_getmetatable(L, from)) return;
  lua_setmetatable(L, to);
  document *d = document_of(L, from);
  const node *n = d ? node_map_get(&d->by_table, lua_topointer(L, from)) : NULL;
  if (n && !node_map_set(&d->by_table, lua_topointer(L, to), n)) memory_raise(L);
}

void document_mark_list(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &plain_list_key);
  lua_setmetatable(L, -2);
}

void document_open(lua_State *L) {
  libs_new_type(L, DOCUMENT, document_gc, NULL);
  libs_new_type(L, SOURCE, source_gc, NULL);
  lua_createtable(L, 0, 1);
  lua_pushboolean(L, true);
  lua_rawsetp(L, -2, &list_key);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &plain_list_key);
}
