/* engine.subst: substitution in trees of values.
 *
 *   tree --[scan]--> the names that it asks for --(the caller finds values)--> [expand] --> a new tree
 *
 * Each string scalar and each key of the tree is a text of its own: what is put in for a name can change neither the
 * structure around it nor the type of anything. Numbers, booleans and null are copied.
 *
 * Programs are compiled once a text and kept for the life of the state: texts are templates, of which there are few;
 * values are never compiled.
 */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "data/node.h"
#include "lua/document.h"
#include "lua/libs.h"
#include "lua/memory.h"
#include "lua/secret.h"
#include "lua/slot.h"
#include "lua/view.h"
#include "subst/subst.h"

#define PROGRAM "moonstep.program"

static const char programs_key;

/* A compiled text. Its first user value is a list of its names as Lua strings. */
typedef struct program {
  arena memory;
  subst code;
  subst_error error; /* with `bad` */
  bool bad;
  buf out;             /* the result of a run, before it becomes a string */
  subst_value *values; /* one a name */
} program;

static int program_gc(lua_State *L) {
  program *p = luaL_checkudata(L, 1, PROGRAM);
  arena_free(&p->memory);
  buf_free(&p->out);
  return 0;
}

/* Pushes the program of the string at `index`, compiled when it is met for the first time. */
static program *push_program(lua_State *L, int index) {
  index = lua_absindex(L, index);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &programs_key);
  lua_pushvalue(L, index);
  if (lua_rawget(L, -2) != LUA_TNIL) {
    lua_remove(L, -2);
    return lua_touserdata(L, -1);
  }
  lua_pop(L, 1);
  size_t len;
  const char *text = lua_tolstring(L, index, &len);
  program *p = lua_newuserdatauv(L, sizeof *p, 1);
  *p = (program){0};
  luaL_setmetatable(L, PROGRAM);
  p->bad = !subst_compile(&p->code, text, len, &p->memory, &p->error);
  if (!p->bad) p->values = arena_alloc(&p->memory, (p->code.names_len + 1) * sizeof *p->values);
  if (p->bad ? !p->error.text : !p->values) memory_raise(L);
  lua_createtable(L, (int)p->code.names_len, 0);
  for (size_t i = 0; i < p->code.names_len && !p->bad; i++) {
    lua_pushlstring(L, p->code.names[i].name.text, p->code.names[i].name.len);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setiuservalue(L, -2, 1);
  lua_pushvalue(L, index);
  lua_pushvalue(L, -2);
  lua_rawset(L, -4);
  lua_remove(L, -2);
  return p;
}

static bool needs_program(lua_State *L, int index) {
  size_t len;
  if (lua_type(L, index) != LUA_TSTRING) return false;
  const char *text = lua_tolstring(L, index, &len);
  return subst_needed(text, len);
}

/* --- scan ----------------------------------------------------------------------------------------------------------- */

/* Stack: 2 is the list of references, 3 that of syntax errors. */
typedef struct scanner {
  lua_State *L;
  int depth;
} scanner;

/* Appends to the list at `list` a table that says where a reference or an error stands. */
static void note(lua_State *L, int list, int table, int key, const char *part, size_t offset, size_t length) {
  lua_createtable(L, 0, 8);
  lua_pushvalue(L, table);
  lua_setfield(L, -2, "table");
  lua_pushvalue(L, key);
  lua_setfield(L, -2, "key");
  lua_pushstring(L, part);
  lua_setfield(L, -2, "part");
  lua_pushinteger(L, (lua_Integer)offset);
  lua_setfield(L, -2, "offset");
  lua_pushinteger(L, (lua_Integer)length);
  lua_setfield(L, -2, "length");
  lua_pushvalue(L, -1);
  lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
}

static void scan_text(scanner *s, int text, int table, int key, const char *part) {
  lua_State *L = s->L;
  if (!needs_program(L, text)) return;
  program *p = push_program(L, text);
  if (p->bad) {
    note(L, 3, table, key, part, p->error.offset, 2);
    lua_pushstring(L, p->error.text);
    lua_setfield(L, -2, "message");
    lua_pop(L, 1);
  }
  lua_getiuservalue(L, -1, 1);
  for (size_t i = 0; i < p->code.names_len && !p->bad; i++) {
    const subst_name *name = &p->code.names[i];
    note(L, 2, table, key, part, name->offset, name->name.len);
    lua_rawgeti(L, -2, (lua_Integer)i + 1);
    lua_setfield(L, -2, "name");
    lua_pushboolean(L, name->optional);
    lua_setfield(L, -2, "optional");
    lua_pop(L, 1);
  }
  lua_pop(L, 2);
}

static void check_depth(lua_State *L, int depth) {
  if (depth > LIMIT_DEPTH) luaL_error(L, "maps and lists too deep within each other");
  memory_stack(L, 16);
}

static void scan_table(scanner *s, int table) {
  lua_State *L = s->L;
  check_depth(L, ++s->depth);
  lua_pushcfunction(L, lib_view_keys);
  lua_pushvalue(L, table);
  lua_call(L, 1, 1);
  int keys = lua_gettop(L), key = keys + 1, value = keys + 2;
  for (lua_Integer i = 1; lua_rawgeti(L, keys, i) != LUA_TNIL; i++) {
    lua_pushvalue(L, key);
    lua_rawget(L, table);
    if (view_push_shown(L, value)) lua_replace(L, value);
    if (lua_type(L, key) == LUA_TSTRING) scan_text(s, key, table, key, "key");
    if (lua_istable(L, value)) scan_table(s, value);
    else scan_text(s, value, table, key, "value");
    lua_settop(L, keys);
  }
  lua_settop(L, keys - 1);
  s->depth--;
}

/* scan(table) -> references, errors: lists of tables {table, key, part = "key"|"value", offset, length} in the order of
 * the keys; a reference has the `name` it asks for and `optional` when it can do without, an error its `message`. */
static int subst_scan(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_newtable(L);
  lua_newtable(L);
  scanner s = {.L = L};
  scan_table(&s, 1);
  return 2;
}

/* --- expand --------------------------------------------------------------------------------------------------------- */

typedef struct expander {
  lua_State *L;
  int values; /* stack index of name -> string, false to leave the expression as it is */
  int depth;
} expander;

/* What a text becomes that is made of its values. */
typedef enum taint { PLAIN, SECRET, SLOT } taint;

/* Looks the program's values up; its names are at the top. One secret among them makes the result one, whatever is used; so does a slot. */
static taint take_values(expander *e, program *p) {
  lua_State *L = e->L;
  int names = lua_gettop(L);
  taint tainted = PLAIN;
  for (size_t i = 0; i < p->code.names_len && !p->bad; i++) {
    lua_rawgeti(L, names, (lua_Integer)i + 1);
    lua_rawget(L, e->values);
    subst_value *v = &p->values[i];
    *v = (subst_value){.state = lua_isboolean(L, -1) ? VALUE_KEEP : VALUE_UNSET};
    bool is_slot = slot_at(L, -1) != NULL;
    v->text.text = is_slot ? slot_text(L, -1, &v->text.len) : secret_text(L, -1, &v->text.len); /* alive through the values table */
    if (v->text.text) v->state = VALUE_SET;
    if (is_slot) tainted = tainted == SECRET ? SECRET : SLOT;
    else if (secret_at(L, -1)) tainted = SECRET;
    lua_pop(L, 1);
  }
  return tainted;
}

/* Pushes what a run made of secrets, with their labels: of those names, which are at the top, that have any. Their bytes are looked for
 * anyway. */
static void push_secret(expander *e, program *p) {
  lua_State *L = e->L;
  int names = lua_gettop(L);
  secret *s = secret_new(L);
  s->known = true;
  secret_add_bytes(L, s, p->out.data, p->out.len);
  buf_free(&p->out);
  for (size_t i = 0; i < p->code.names_len; i++) {
    lua_rawgeti(L, names, (lua_Integer)i + 1);
    lua_rawget(L, e->values);
    if (secret_at(L, -1)) secret_add_label(L, names + 1, secret_label(L, -1));
    lua_pop(L, 1);
  }
  secret_finish(L);
}

/* Pushes the slot of what a run made of slots, whose text it made for now. */
static void push_slot(expander *e, program *p, int text) {
  lua_State *L = e->L;
  span written;
  written.text = lua_tolstring(L, text, &written.len);
  int names = lua_gettop(L), like = names;
  plan *any = NULL; /* there is one: a value is a slot */
  plan_value *values = lua_newuserdatauv(L, (p->code.names_len + 1) * sizeof *values, 0);
  memory_stack(L, (int)p->code.names_len + 8);
  for (size_t i = 0; i < p->code.names_len; i++) {
    lua_rawgeti(L, names, (lua_Integer)i + 1);
    lua_rawget(L, e->values);
    const slot *s = slot_at(L, -1);
    values[i] = (plan_value){p->values[i], s ? s->number : PLAN_NO_SLOT};
    if (s) {
      any = s->owner->plan;
      like = lua_gettop(L);
    }
  }
  plan_slot number = plan_add_text(any, &p->code, values, written);
  lua_pushlstring(L, p->out.data ? p->out.data : "", p->out.len);
  slot_push(L, like, number);
  lua_replace(L, names + 1);
  lua_settop(L, names + 1);
}

/* Pushes the expansion of the string at `text`, or raises a table {text, message, name}. */
static void push_expanded(expander *e, int text) {
  lua_State *L = e->L;
  if (!needs_program(L, text)) {
    lua_pushvalue(L, text);
    return;
  }
  program *p = push_program(L, text);
  int self = lua_gettop(L);
  lua_getiuservalue(L, self, 1);
  taint tainted = take_values(e, p);
  subst_failure why = {0};
  buf_clear(&p->out);
  p->out.wipe = tainted == SECRET;
  bool ok = !p->bad && subst_run(&p->code, p->values, &p->out, &why);
  if (!ok && !p->bad && !why.text) {
    buf_free(&p->out);
    memory_raise(L);
  }
  if (ok && tainted == SECRET) push_secret(e, p);
  else if (ok && tainted == SLOT) push_slot(e, p, text);
  else if (ok) lua_pushlstring(L, p->out.data ? p->out.data : "", p->out.len);
  else {
    buf_free(&p->out);
    lua_createtable(L, 0, 3);
    lua_pushvalue(L, text);
    lua_setfield(L, -2, "text");
    lua_pushstring(L, p->bad ? p->error.text : why.text);
    lua_setfield(L, -2, "message");
    if (!p->bad) {
      lua_rawgeti(L, self + 1, (lua_Integer)why.name + 1);
      lua_setfield(L, -2, "name");
    }
    lua_error(L);
  }
  lua_replace(L, self);
  lua_settop(L, self);
}

/* Pushes the copy of the table at `table`. */
static void push_copy(expander *e, int table) {
  lua_State *L = e->L;
  check_depth(L, ++e->depth);
  lua_Integer items = (lua_Integer)lua_rawlen(L, table);
  lua_createtable(L, (int)items, 0);
  int copy = lua_gettop(L), key = copy + 1, value = copy + 2;
  document_copy_place(L, table, copy);
  for (lua_pushnil(L); lua_next(L, table); lua_settop(L, key)) {
    if (view_push_shown(L, value)) lua_replace(L, value);
    bool text_key = lua_type(L, key) == LUA_TSTRING;
    if (text_key) push_expanded(e, key);
    else lua_pushvalue(L, key);
    if (lua_istable(L, value)) push_copy(e, value);
    else if (lua_type(L, value) == LUA_TSTRING) push_expanded(e, value);
    else lua_pushvalue(L, value);
    if (text_key && slot_at(L, value + 1)) luaL_error(L, "a key differs from target to target");
    if (text_key && secret_at(L, value + 1)) {
      lua_createtable(L, 0, 3);
      lua_pushvalue(L, table);
      lua_setfield(L, -2, "table");
      lua_pushvalue(L, key);
      lua_setfield(L, -2, "key");
      lua_pushstring(L, secret_label(L, value + 1));
      lua_setfield(L, -2, "secret");
      lua_error(L);
    }
    lua_pushvalue(L, value + 1);
    if (text_key && lua_rawget(L, copy) != LUA_TNIL) {
      lua_createtable(L, 0, 2);
      lua_pushvalue(L, table);
      lua_setfield(L, -2, "table");
      lua_pushfstring(L, "two keys become \"%s\"", lua_tostring(L, value + 1));
      lua_setfield(L, -2, "message");
      lua_error(L);
    }
    lua_settop(L, value + 2);
    lua_rawset(L, copy);
  }
  e->depth--;
}

/* expand(table, values) -> table: a copy with everything put in, and with the places of the original. `values` maps a
 * name to its string, to false: the expression stays as it is written, or to a secret, which makes one of each text that it is put into.
 * Raises {table, key, secret = label} where a key would be one, {text, message, name} for the first text
 * that cannot be expanded (a name without value or default, a negative length), and {table, message} where two keys of a
 * table become one. */
static int subst_expand(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  expander e = {.L = L, .values = 2};
  push_copy(&e, 1);
  return 1;
}

static const luaL_Reg functions[] = {{"scan", subst_scan}, {"expand", subst_expand}, {NULL, NULL}};

int lib_subst(lua_State *L) {
  libs_new_type(L, PROGRAM, program_gc, NULL);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &programs_key);
  luaL_newlib(L, functions);
  return 1;
}
