/* engine.emit: Lua values to YAML and JSON.
 *
 * A table is a list when it is marked as one or has an item 1; otherwise it is a map, an empty table too. Keys stand in
 * the order that the emitter was given, the others behind them by their bytes. Views are emitted as what they show.
 * What cannot be written (a function, not-a-number, a table with both items and keys, depth beyond LIMIT_DEPTH) is
 * refused with a message that names its path.
 *
 * Ownership: an emitter's bytes belong to its userdata, so an error in the middle leaks nothing.
 */
#include <lauxlib.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "data/node.h"
#include "data/scalar.h"
#include "data/text_out.h"
#include "lua/document.h"
#include "lua/libs.h"
#include "lua/limits.h"
#include "lua/memory.h"
#include "lua/secret.h"
#include "lua/slot.h"
#include "lua/view.h"

#define EMITTER "moonstep.emitter"

/* The order of keys, by the address of the key: Lua keeps each short string once, and the emitter keeps these alive. */
typedef struct rank {
  const char *key;
  int rank;
  bool word; /* as yaml_is_word has it */
} rank;

typedef struct emitter {
  buf out;
  bool refused; /* the error that is on its way says why a value cannot be written */
  rank *ranks;
  size_t mask;
} emitter;

/* One key of a map that is being written; its key and value stand at `at` and `at + 1` of the stack. */
typedef struct entry {
  const char *key;
  size_t len;
  int rank, at;
  bool word; /* known to be one */
} entry;

enum { UNRANKED = 1 << 20, FEW_ENTRIES = 24, LONGEST_PATH = 200 /* bytes, about */ };

static size_t rank_slot(const emitter *e, const char *key) {
  size_t at = ((uintptr_t)key >> 3) * 11400714819323198485u >> 20 & e->mask;
  while (e->ranks[at].key && e->ranks[at].key != key) at = (at + 1) & e->mask;
  return at;
}

static int emitter_gc(lua_State *L) {
  emitter *e = luaL_checkudata(L, 1, EMITTER);
  buf_free(&e->out);
  free(e->ranks);
  e->ranks = NULL;
  return 0;
}

/* new(keys) -> emitter: `keys` is the order in which keys are written. */
static int emit_new(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Integer count = luaL_len(L, 1);
  emitter *e = lua_newuserdatauv(L, sizeof *e, 1);
  *e = (emitter){.mask = 63};
  luaL_setmetatable(L, EMITTER);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  while (e->mask < 3 * (size_t)count) e->mask = 2 * e->mask + 1;
  e->ranks = calloc(e->mask + 1, sizeof *e->ranks);
  if (!e->ranks) return memory_raise(L);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(L, 1, i);
    size_t len;
    const char *key = luaL_checklstring(L, -1, &len);
    e->ranks[rank_slot(e, key)] = (rank){key, (int)i, yaml_is_word(key, len)};
    lua_pop(L, 1);
  }
  return 1;
}

typedef struct walk {
  lua_State *L;
  emitter *e;
  int depth;
  int pretty; /* JSON: columns a level, or 0 for one line */
  const struct step *path;
  const void *of_maps, *of_lists; /* metatables, see table_shape */
  bool secrets;                   /* are written */
  slot_plan *plan;                /* which gets marks where slots stand; NULL: a slot is refused */
} walk;

/* Where the walk is, for messages: a chain on the C stack. */
typedef struct step {
  const struct step *up;
  const char *key; /* NULL: an item */
  lua_Integer item;
} step;

static void add_path(buf *b, const step *s) {
  if (!s) return;
  add_path(b, s->up);
  if (b->len > LONGEST_PATH) return; /* the start says where to look */
  if (s->key) buf_format(b, "%s%.*s", b->len ? "." : "", LONGEST_PATH, s->key);
  else buf_format(b, "[%lld]", (long long)s->item - 1);
}

static void fail(walk *w, const char *what, const char *detail) {
  buf *b = &w->e->out;
  buf_clear(b);
  add_path(b, w->path);
  const char *path = buf_text(b);
  if (!path) memory_raise(w->L);
  else lua_pushfstring(w->L, "cannot write %s: %s%s", *path ? path : "this object", what, detail);
  w->e->refused = true;
  lua_error(w->L);
}

static void fail_size(walk *w) {
  while (w->path && w->path->up) w->path = w->path->up;
  fail(w, "it has more than 32 MiB when it is written", "");
}

static bool precedes(const entry *a, const entry *b) {
  if (a->rank != b->rank) return a->rank < b->rank;
  int order = memcmp(a->key, b->key, a->len < b->len ? a->len : b->len);
  return order ? order < 0 : a->len < b->len;
}

static int compare_entries(const void *a, const void *b) { return precedes(a, b) ? -1 : precedes(b, a) ? 1 : 0; }

/* Puts the keys and values of the table at `index` on the stack and its entries, in order, into `*entries`; `few` has
 * room for FEW_ENTRIES, a larger row goes on the stack as well. Returns their number. */
static int take_entries(walk *w, int index, entry *few, entry **entries) {
  lua_State *L = w->L;
  int count = 0, base = lua_gettop(L);
  *entries = few;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    if (++count > FEW_ENTRIES) memory_stack(L, 4);
    lua_pushvalue(L, -2);
  }
  if (count > FEW_ENTRIES) *entries = lua_newuserdatauv(L, (size_t)count * sizeof **entries, 0);
  for (int i = 0; i < count; i++) {
    entry *e = &(*entries)[i];
    e->at = base + 1 + 2 * i;
    if (lua_type(L, e->at) != LUA_TSTRING) fail(w, "a map has a key that is ", luaL_typename(L, e->at));
    e->key = lua_tolstring(L, e->at, &e->len);
    const rank *r = &w->e->ranks[rank_slot(w->e, e->key)];
    e->rank = r->key ? r->rank : UNRANKED;
    e->word = r->word;
  }
  if (count > FEW_ENTRIES) qsort(*entries, (size_t)count, sizeof **entries, compare_entries);
  else
    for (int i = 1; i < count; i++) {
      entry moved = few[i];
      int k = i;
      for (; k > 0 && precedes(&moved, &few[k - 1]); k--) few[k] = few[k - 1];
      few[k] = moved;
    }
  return count;
}

static void add_number(walk *w, int index) {
  buf *out = &w->e->out;
  char text[40];
  if (lua_isinteger(w->L, index)) {
    buf_integer(out, lua_tointeger(w->L, index));
    return;
  }
  double number = lua_tonumber(w->L, index);
  if (!isfinite(number)) fail(w, "a number that is not finite", "");
  buf_add(out, text, scalar_print_number(text, number));
}

/* What stands at `index`: a list, a map, a string or another scalar. A view is replaced by what it shows. */
typedef enum shape { STRING, SCALAR, LIST, MAP } shape;

/* A table of a document says by its metatable what it is; a document has one for its maps and one for its lists, so those that were
 * met last are remembered. Other tables are lists when they have an item. */
static shape table_shape(walk *w, int index) {
  lua_State *L = w->L;
  if (!lua_getmetatable(L, index)) return lua_rawlen(L, index) ? LIST : MAP;
  const void *meta = lua_topointer(L, -1);
  lua_pop(L, 1);
  if (meta == w->of_maps) return MAP;
  if (meta == w->of_lists) return LIST;
  if (document_is_list(L, index)) {
    w->of_lists = meta;
    return LIST;
  }
  w->of_maps = meta;
  return MAP;
}

static shape shape_of(walk *w, int index) {
  lua_State *L = w->L;
  int type = lua_type(L, index);
  if (w->e->out.len > LIMIT_DOCUMENT) fail_size(w); /* a table that stands in many places is written as often */
  if (type == LUA_TSTRING) return STRING;
  if (type == LUA_TUSERDATA && secret_at(L, index)) {
    if (!w->secrets) fail(w, "a secret", "");
    return STRING;
  }
  if (type == LUA_TUSERDATA && w->plan && slot_at(L, index)) return STRING;
  if (type == LUA_TUSERDATA && view_push_shown(L, index)) {
    lua_replace(L, index);
    type = LUA_TTABLE;
  }
  if (type != LUA_TTABLE) return SCALAR;
  return table_shape(w, index);
}

/* Writes null, booleans and numbers; raises for the rest. */
static void add_simple(walk *w, int index) {
  buf *out = &w->e->out;
  switch (lua_type(w->L, index)) {
    case LUA_TNUMBER: add_number(w, index); return;
    case LUA_TBOOLEAN: buf_string(out, lua_toboolean(w->L, index) ? "true" : "false"); return;
    case LUA_TNIL: buf_string(out, "null"); return;
    case LUA_TLIGHTUSERDATA:
      if (!lua_touserdata(w->L, index)) {
        buf_string(out, "null");
        return;
      } /* fall through */
    default: fail(w, "a value of type ", luaL_typename(w->L, index));
  }
}

static void enter(walk *w) {
  limits_check(w->L);
  if (++w->depth > LIMIT_DEPTH) fail(w, "maps and lists too deep within each other", "");
  memory_stack(w->L, 2 * FEW_ENTRIES + 8);
}

static void fail_list(walk *w) { fail(w, "a table with both items and keys, or with holes", ""); }

/* The number of items. A list with keys beside its items, or with holes, would lose something: that raises. Where all
 * items stand in the table's array, nothing follows the last of them; then push_item finds the holes. */
static lua_Integer enter_list(walk *w, int index) {
  lua_State *L = w->L;
  enter(w);
  lua_Integer count = (lua_Integer)lua_rawlen(L, index), found = 0;
  lua_pushinteger(L, count);
  if (count && !lua_next(L, index)) return count;
  lua_settop(L, count ? -3 : -2);
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) found++;
  if (found != count) fail_list(w);
  return count;
}

static void push_item(walk *w, int index, lua_Integer i) {
  if (lua_rawgeti(w->L, index, i) == LUA_TNIL) {
    w->path = w->path->up; /* it is the list that is wrong */
    fail_list(w);
  }
}

static void new_line(buf *out, size_t indent) {
  if (!buf_room(out, indent + 1)) return;
  out->data[out->len++] = '\n';
  for (; indent >= 8; indent -= 8, out->len += 8) memcpy(out->data + out->len, "        ", 8);
  for (; indent; indent--) out->data[out->len++] = ' ';
}

/* A collection that stands behind its key begins on a new line, and an empty one on the same. */
static void yaml_map(walk *w, int index, size_t indent, bool behind_key);
static void yaml_list(walk *w, int index, size_t indent, bool behind_key);

static void yaml_empty(walk *w, const char *brackets, bool behind_key) {
  if (behind_key) buf_byte(&w->e->out, ' ');
  buf_add(&w->e->out, brackets, 2);
}

/* Writes what stands for a string at `index`; a slot leaves a mark. */
static void add_string(walk *w, int index, size_t indent, bool json) {
  buf *out = &w->e->out;
  size_t len, start = out->len;
  const slot *s = w->plan ? slot_at(w->L, index) : NULL;
  const char *text = s ? slot_text(w->L, index, &len) : secret_text(w->L, index, &len);
  if (json) json_add_string(out, text, len);
  else yaml_add_string(out, text, len, indent);
  if (!s) return;
  plan_mark here = {start, out->len, indent, s->number, json};
  buf_add(&w->plan->marks, (const char *)&here, sizeof here);
}

static void yaml_string(walk *w, int index, size_t indent) { add_string(w, index, indent, false); }

static void yaml_map(walk *w, int index, size_t indent, bool behind_key) {
  entry few[FEW_ENTRIES], *entries;
  buf *out = &w->e->out;
  int top = lua_gettop(w->L);
  enter(w);
  int count = take_entries(w, index, few, &entries);
  if (!count) yaml_empty(w, "{}", behind_key);
  for (int i = 0; i < count; i++) {
    step here = {w->path, entries[i].key, 0};
    int value = entries[i].at + 1;
    w->path = &here;
    if (i || behind_key) new_line(out, indent);
    if (entries[i].word) {
      buf_add(out, entries[i].key, entries[i].len);
      buf_byte(out, ':');
    } else yaml_add_key(out, entries[i].key, entries[i].len, indent);
    switch (shape_of(w, value)) {
      case MAP: yaml_map(w, value, indent + 2, true); break;
      case LIST: yaml_list(w, value, indent, true); break;
      case SCALAR:
        buf_byte(out, ' ');
        add_simple(w, value);
        break;
      case STRING:
        buf_byte(out, ' ');
        yaml_string(w, value, indent);
        break;
    }
    w->path = here.up;
  }
  lua_settop(w->L, top);
  w->depth--;
}

static void yaml_list(walk *w, int index, size_t indent, bool behind_key) {
  lua_State *L = w->L;
  buf *out = &w->e->out;
  int value = lua_gettop(L) + 1;
  lua_Integer count = enter_list(w, index);
  if (!count) yaml_empty(w, "[]", behind_key);
  for (lua_Integer i = 1; i <= count; i++) {
    step here = {w->path, NULL, i};
    w->path = &here;
    if (i > 1 || behind_key) new_line(out, indent);
    buf_add(out, "- ", 2);
    push_item(w, index, i);
    switch (shape_of(w, value)) {
      case MAP: yaml_map(w, value, indent + 2, false); break;
      case LIST: yaml_list(w, value, indent + 2, false); break;
      case SCALAR: add_simple(w, value); break;
      case STRING: yaml_string(w, value, indent); break;
    }
    lua_pop(L, 1);
    w->path = here.up;
  }
  w->depth--;
}

static void yaml_value(walk *w, int index) {
  switch (shape_of(w, index)) {
    case MAP: yaml_map(w, index, 0, false); break;
    case LIST: yaml_list(w, index, 0, false); break;
    case SCALAR: add_simple(w, index); break;
    case STRING: yaml_string(w, index, 0); break;
  }
  buf_byte(&w->e->out, '\n');
}

static void json_value(walk *w, int index);

static void json_break(walk *w) {
  if (w->pretty) new_line(&w->e->out, (size_t)w->depth * (size_t)w->pretty);
}

static void json_map(walk *w, int index) {
  entry few[FEW_ENTRIES], *entries;
  buf *out = &w->e->out;
  int top = lua_gettop(w->L);
  enter(w);
  int count = take_entries(w, index, few, &entries);
  buf_byte(out, '{');
  for (int i = 0; i < count; i++) {
    step here = {w->path, entries[i].key, 0};
    w->path = &here;
    if (i) buf_byte(out, ',');
    json_break(w);
    json_add_string(out, entries[i].key, entries[i].len);
    buf_byte(out, ':');
    if (w->pretty) buf_byte(out, ' ');
    json_value(w, entries[i].at + 1);
    w->path = here.up;
  }
  lua_settop(w->L, top);
  w->depth--;
  if (count) json_break(w);
  buf_byte(out, '}');
}

static void json_list(walk *w, int index) {
  buf *out = &w->e->out;
  int value = lua_gettop(w->L) + 1;
  lua_Integer count = enter_list(w, index);
  buf_byte(out, '[');
  for (lua_Integer i = 1; i <= count; i++) {
    step here = {w->path, NULL, i};
    w->path = &here;
    if (i > 1) buf_byte(out, ',');
    json_break(w);
    push_item(w, index, i);
    json_value(w, value);
    lua_pop(w->L, 1);
    w->path = here.up;
  }
  w->depth--;
  if (count) json_break(w);
  buf_byte(out, ']');
}

static void json_value(walk *w, int index) {
  switch (shape_of(w, index)) {
    case MAP: json_map(w, index); break;
    case LIST: json_list(w, index); break;
    case SCALAR: add_simple(w, index); break;
    case STRING: add_string(w, index, 0, true); break;
  }
}

static int protected_yaml(lua_State *L) {
  walk w = {.L = L, .e = lua_touserdata(L, 1), .secrets = lua_toboolean(L, 4), .plan = slot_plan_at(L, 5)};
  yaml_value(&w, 2);
  return 0;
}

static int protected_json(lua_State *L) {
  walk w = {.L = L,
            .e = lua_touserdata(L, 1),
            .pretty = (int)luaL_optinteger(L, 3, 0),
            .secrets = lua_toboolean(L, 4),
            .plan = slot_plan_at(L, 5)};
  json_value(&w, 2);
  return 0;
}

/* Calls the walk with the emitter and its arguments, and returns what a method returns. */
static int write_value(lua_State *L, lua_CFunction body) {
  emitter *e = luaL_checkudata(L, 1, EMITTER);
  luaL_checkany(L, 2);
  lua_settop(L, 5);
  buf_clear(&e->out);
  e->out.wipe = lua_toboolean(L, 4);
  e->refused = false;
  lua_pushcfunction(L, body);
  for (int i = 1; i <= 5; i++) lua_pushvalue(L, i);
  int status = lua_pcall(L, 5, 0, 0);
  if (status && !e->refused) return lua_error(L);
  if (status && e->out.wipe) buf_free(&e->out);
  if (status) {
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
  }
  if (e->out.failed) {
    buf_free(&e->out);
    return memory_raise(L);
  }
  lua_pushlstring(L, e->out.data, e->out.len);
  if (e->out.wipe) buf_free(&e->out);
  return 1;
}

/* emitter:yaml(value [, nil, secrets, plan]) -> string | nil, why: one document, with the line end behind it and no `---`. A secret cannot be
 * written, unless `secrets` is true; nor a slot, unless its plan is given, which gets marks then. */
static int emitter_yaml(lua_State *L) { return write_value(L, protected_yaml); }

/* emitter:json(value [, columns [, secrets, plan]]) -> string | nil, why: on one line, or each level `columns` further right; no line end
 * behind it. */
static int emitter_json(lua_State *L) { return write_value(L, protected_json); }

static const luaL_Reg methods[] = {{"yaml", emitter_yaml}, {"json", emitter_json}, {NULL, NULL}};
static const luaL_Reg functions[] = {{"new", emit_new}, {NULL, NULL}};

int lib_emit(lua_State *L) {
  libs_new_type(L, EMITTER, emitter_gc, methods);
  luaL_newlib(L, functions);
  return 1;
}
