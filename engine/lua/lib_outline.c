/* engine.outline: how few words tell what plans have filled (subst/outline.h). */
#include <lauxlib.h>
#include <string.h>

#include "data/seen.h"
#include "lua/libs.h"
#include "lua/memory.h"
#include "lua/outline.h"
#include "lua/slot.h"

#define OUTLINE "moonstep.outline"

told_outline *outline_at(lua_State *L, int index) { return lua_type(L, index) == LUA_TUSERDATA ? luaL_testudata(L, index, OUTLINE) : NULL; }

static told_outline *check_outline(lua_State *L) { return luaL_checkudata(L, 1, OUTLINE); }

static int outline_gc(lua_State *L) {
  told_outline *t = check_outline(L);
  outline_free(t->outline);
  t->outline = NULL;
  return 0;
}

told_outline *outline_push(lua_State *L, int index, const char *shape, size_t shape_len, uint32_t fields, span between) {
  slot_plan *p = slot_plan_at(L, index);
  index = lua_absindex(L, index);
  told_outline *t = lua_newuserdatauv(L, sizeof *t, 1);
  *t = (told_outline){.plan = p->plan, .fields = fields};
  luaL_setmetatable(L, OUTLINE);
  lua_pushvalue(L, index);
  lua_setiuservalue(L, -2, 1);
  if (!(t->outline = outline_new(p->plan, fields, between))) memory_raise(L);
  span bytes = outline_bytes(t->outline);
  uint64_t hashes[2] = {seen_hash(bytes.text, bytes.len), seen_hash(shape, shape_len)};
  memcpy(t->id, hashes, sizeof t->id);
  return t;
}

/* new(plan, shape, fields, between) -> outline */
static int new_outline(lua_State *L) {
  span shape, between;
  luaL_argcheck(L, slot_plan_at(L, 1), 1, "a plan is expected");
  shape.text = luaL_checklstring(L, 2, &shape.len);
  lua_Integer fields = luaL_checkinteger(L, 3);
  luaL_argcheck(L, fields >= 0 && fields <= OUTLINE_FIELDS, 3, "there are too many fields");
  between.text = luaL_checklstring(L, 4, &between.len);
  outline_push(L, 1, shape.text, shape.len, (uint32_t)fields, between);
  return 1;
}

/* Whether the plan makes the text, between whose objects stands what the outline says. */
static bool makes(const told_outline *t, span text, buf *out) {
  plan_write(t->plan, out);
  bool same = out->len == text.len && !memcmp(out->data ? out->data : "", text.text, text.len);
  buf_clear(out);
  return same;
}

/* outline:tell(list of values [, text]) -> marks, slots | nothing, where the plan makes no text for a row with these, or another */
static int tell(lua_State *L) {
  told_outline *t = check_outline(L);
  span fields[OUTLINE_FIELDS], text;
  luaL_checktype(L, 2, LUA_TTABLE);
  text.text = luaL_optlstring(L, 3, NULL, &text.len);
  for (uint32_t f = 0; f < t->fields; f++) {
    lua_rawgeti(L, 2, (lua_Integer)f + 1);
    fields[f].text = luaL_checklstring(L, -1, &fields[f].len); /* the list keeps it */
    lua_pop(L, 1);
  }
  buf out[2] = {{0}, {0}};
  plan_result result = plan_evaluate(t->plan, fields);
  bool same = result == PLAN_FILLED;
  if (same && text.text) same = makes(t, text, &out[0]);
  if (same) outline_tell(t->outline, fields, &out[0], &out[1]);
  bool failed = result == PLAN_NO_MEMORY || out[0].failed || out[1].failed;
  if (same && !failed) {
    t->used = true;
    for (int i = 0; i < 2; i++) lua_pushlstring(L, out[i].data ? out[i].data : "", out[i].len);
  }
  for (int i = 0; i < 2; i++) buf_free(&out[i]);
  if (failed) return memory_raise(L);
  return same ? 2 : 0;
}

/* outline:take() -> id, bytes, if it was used since this was last asked */
static int take(lua_State *L) {
  told_outline *t = check_outline(L);
  if (!t->used) return 0;
  t->used = false;
  span bytes = outline_bytes(t->outline);
  lua_pushlstring(L, t->id, sizeof t->id);
  lua_pushlstring(L, bytes.text, bytes.len);
  return 2;
}

/* outline:id() -> 16 bytes */
static int id_of(lua_State *L) {
  lua_pushlstring(L, check_outline(L)->id, OUTLINE_ID);
  return 1;
}

static const luaL_Reg methods[] = {{"tell", tell}, {"take", take}, {"id", id_of}, {NULL, NULL}};
static const luaL_Reg functions[] = {{"new", new_outline}, {NULL, NULL}};

int lib_outline(lua_State *L) {
  libs_new_type(L, OUTLINE, outline_gc, methods);
  luaL_newlib(L, functions);
  return 1;
}
