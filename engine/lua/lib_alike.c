/* engine.alike: texts that are alike, as plans and what fills them (data/alike.h). */
#include <lauxlib.h>

#include "data/alike.h"
#include "lua/libs.h"
#include "lua/memory.h"

#define TEXTS "moonstep.alike"

static int texts_gc(lua_State *L) {
  alike **a = luaL_checkudata(L, 1, TEXTS);
  alike_free(*a);
  *a = NULL;
  return 0;
}

/* new() -> texts, none as yet */
static int new_texts(lua_State *L) {
  alike **a = lua_newuserdatauv(L, sizeof *a, 0);
  *a = NULL;
  luaL_setmetatable(L, TEXTS);
  *a = alike_new();
  return *a ? 1 : memory_raise(L);
}

static void push_pieces(lua_State *L, const alike_fit *fit) {
  lua_createtable(L, (int)fit->piece_count, 0);
  for (size_t i = 0; i < fit->piece_count; i++) {
    const alike_piece *p = fit->pieces + i;
    switch (p->kind) {
      case PIECE_LITERAL: lua_pushlstring(L, p->literal.text, p->literal.len); break;
      case PIECE_NAME: lua_pushinteger(L, -1 - (lua_Integer)p->number); break;
      case PIECE_SLOT: lua_pushinteger(L, (lua_Integer)p->number); break;
    }
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static span check_span(lua_State *L, int index) {
  span s;
  s.text = luaL_checklstring(L, index, &s.len);
  return s;
}

/* texts:add(kind, text, name, namespace) -> number of its plan, from 0; list of what its slots hold; the plan's pieces when it is new, else
 * nil: a string as it is, -1 the name, -2 the namespace, from 0 on a slot. */
static int texts_add(lua_State *L) {
  alike **a = luaL_checkudata(L, 1, TEXTS);
  span kind = check_span(L, 2), text = check_span(L, 3);
  span names[ALIKE_NAMES] = {check_span(L, 4), check_span(L, 5)};
  alike_fit fit;
  if (!alike_add(*a, kind, text, names, &fit)) return memory_raise(L);
  lua_pushinteger(L, (lua_Integer)fit.plan);
  lua_createtable(L, (int)fit.slot_count, 0);
  for (size_t i = 0; i < fit.slot_count; i++) {
    lua_pushlstring(L, fit.slots[i].text, fit.slots[i].len);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  if (!fit.pieces) return 2;
  push_pieces(L, &fit);
  return 3;
}

static const luaL_Reg methods[] = {{"add", texts_add}, {NULL, NULL}};
static const luaL_Reg functions[] = {{"new", new_texts}, {NULL, NULL}};

int lib_alike(lua_State *L) {
  libs_new_type(L, TEXTS, texts_gc, methods);
  luaL_newlib(L, functions);
  return 1;
}
