/* engine.load: text to documents, and the places in them. */
#include <lauxlib.h>
#include <string.h>

#include "base/source.h"
#include "data/json_in.h"
#include "data/map.h"
#include "data/yaml_in.h"
#include "lua/document.h"
#include "lua/limits.h"
#include "lua/libs.h"
#include "lua/memory.h"

#define READER "moonstep.reader"

/* Reads the documents of one source. JSON that jansson refuses is given to the YAML reader, which reads nearly all of it
 * and knows both places of equal keys. */
typedef struct reader {
  yaml_in *yaml;
  json_in json;
  bool as_json;
} reader;

static void set_number(lua_State *L, const char *name, uint32_t value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, name);
}

int push_problem(lua_State *L, const diag *why) {
  if (!strcmp(why->id, MEMORY_ID)) return memory_raise(L);
  lua_pushnil(L);
  lua_createtable(L, 0, 6);
  lua_pushstring(L, why->id);
  lua_setfield(L, -2, "id");
  lua_pushstring(L, why->message);
  lua_setfield(L, -2, "message");
  if (why->at.line) {
    set_number(L, "line", why->at.line);
    set_number(L, "column", why->at.column);
  }
  if (why->other.line) {
    set_number(L, "other_line", why->other.line);
    set_number(L, "other_column", why->other.column);
  }
  return 2;
}

/* source(bytes, name) -> source | nil, problem: the text of a file, as UTF-8. */
static int load_source(lua_State *L) {
  size_t len;
  const char *bytes = luaL_checklstring(L, 1, &len);
  luaL_optstring(L, 2, NULL);
  lua_settop(L, 2);
  source *s = lua_newuserdatauv(L, sizeof *s, 1);
  *s = (source){.line = 1};
  luaL_setmetatable(L, "moonstep.source");
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, -2, 1);
  diag why;
  document_charge(L, &s->charged, len);
  return source_take(&s->text, bytes, len, &why) ? 1 : push_problem(L, &why);
}

/* name(source) -> string: the file's name. */
static int load_name(lua_State *L) {
  source_check(L, 1);
  lua_getiuservalue(L, 1, 1);
  return 1;
}

/* As source_line, for which messages need not begin at the start of the text each time. */
static const char *line_of(source *s, uint32_t line, size_t *len) {
  bool behind = line >= s->line;
  const char *found = source_line_from(s->text.data, s->text.len, behind ? s->line : 1, behind ? s->line_start : 0, line, len);
  if (found) {
    s->line = line;
    s->line_start = (size_t)(found - s->text.data);
  }
  return found;
}

static size_t offset_of(source *s, mark at) {
  size_t len;
  if (!line_of(s, at.line, &len)) return s->text.len;
  return source_offset_from(s->text.data, s->text.len, s->line, s->line_start, at);
}

/* text(source) -> string: UTF-8 without a byte order mark */
static int load_text(lua_State *L) {
  const source *s = source_check(L, 1);
  lua_pushlstring(L, s->text.data ? s->text.data : "", s->text.len);
  return 1;
}

/* line(source, number) -> string | nil */
static int load_line(lua_State *L) {
  source *s = source_check(L, 1);
  size_t len;
  const char *line = line_of(s, (uint32_t)luaL_checkinteger(L, 2), &len);
  if (line) lua_pushlstring(L, line, len);
  else lua_pushnil(L);
  return 1;
}

static int reader_gc(lua_State *L) {
  reader *r = luaL_checkudata(L, 1, READER);
  yaml_in_close(r->yaml);
  r->yaml = NULL;
  return 0;
}

/* reader(source [, line]) -> reader | nil, problem: of the documents from that line on, which is one of the source and no JSON. */
static int load_reader(lua_State *L) {
  source *s = source_check(L, 1);
  uint32_t first = (uint32_t)luaL_optinteger(L, 2, 1);
  size_t len, start = first == 1 || !line_of(s, first, &len) ? 0 : s->line_start;
  reader *r = lua_newuserdatauv(L, sizeof *r, 1);
  *r = (reader){.as_json = !start && json_in_guess(s->text.data, s->text.len), .json = json_in_open(s->text.data, s->text.len)};
  luaL_setmetatable(L, READER);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  diag why;
  r->yaml = yaml_in_open(s->text.data ? s->text.data + start : "", s->text.len - start, start ? first : 1, &why);
  return r->yaml ? 1 : push_problem(L, &why);
}

/* YAML_DOCUMENT, YAML_END or YAML_ERROR, from whichever parser is at work. */
static yaml_result read_next(reader *r, document *d, diag *why) {
  if (!r->as_json) return yaml_in_next(r->yaml, &d->nodes, &d->root, why);
  bool first = r->json.at == 0;
  switch (json_in_next(&r->json, &d->nodes, &d->root, why)) {
    case JSON_VALUE: return YAML_DOCUMENT;
    case JSON_END: return YAML_END;
    case JSON_ERROR: break;
  }
  if (!first || strcmp(why->id, "json-syntax") != 0) return YAML_ERROR;
  diag yaml;
  r->as_json = false;
  yaml_result result = yaml_in_next(r->yaml, &d->nodes, &d->root, &yaml);
  if (result == YAML_ERROR && strcmp(yaml.id, "yaml-syntax") != 0) *why = yaml;
  return result;
}

/* Scripts read under a limit, which the nodes count against. */
static yaml_result read_limited(lua_State *L, reader *r, document *d, diag *why) {
  limits *l = limits_of(L);
  if (!l->most) return read_next(r, d, why);
  if (limits_room(l) < l->full.memory / 2) lua_gc(L, LUA_GCCOLLECT);
  d->nodes.most = limits_room(l) + 1; /* 0 would be no limit */
  yaml_result result = read_next(r, d, why);
  if (result == YAML_ERROR && !strcmp(why->id, MEMORY_ID)) limits_refuse(l);
  else document_charge(L, &d->charged, d->nodes.total);
  return result;
}

/* document(reader) -> document | nil at the end | nil, problem: reads on, and makes no tables yet. */
static int load_document(lua_State *L) {
  reader *r = luaL_checkudata(L, 1, READER);
  lua_settop(L, 1);
  lua_getiuservalue(L, 1, 1);
  document *d = document_new(L, 2);
  diag why;
  switch (read_limited(L, r, d, &why)) {
    case YAML_END: return 0;
    case YAML_ERROR: return push_problem(L, &why);
    case YAML_DOCUMENT: break;
  }
  return 1;
}

/* close(document): nobody needs it any more, which the collector would find out later. */
static int load_close(lua_State *L) {
  document_close(L, document_check(L, 1));
  return 0;
}

/* root(document) -> value: what the document says, as tables of their own at each call. */
static int load_root(lua_State *L) {
  document_check(L, 1);
  document_push_root(L, 1);
  return 1;
}

/* next(reader) -> value, document | nil at the end | nil, problem */
static int load_next(lua_State *L) {
  int results = load_document(L);
  if (results != 1) return results;
  document_push_root(L, 3);
  lua_insert(L, 3);
  return 2;
}

static int push_span(lua_State *L, mark start, mark end) {
  lua_pushinteger(L, start.line);
  lua_pushinteger(L, start.column);
  lua_pushinteger(L, end.line);
  lua_pushinteger(L, end.column);
  return 4;
}

/* peek(document, key, ...) -> string, line, column, end line, end column | nil: the string below these keys of the root, without any table. */
static int load_peek(lua_State *L) {
  const node *n = &document_check(L, 1)->root;
  for (int i = 2; n && i <= lua_gettop(L); i++) {
    size_t len;
    const char *key = luaL_checklstring(L, i, &len);
    n = map_get(n, key, len);
  }
  if (!n || n->kind != NODE_STRING) return 0;
  lua_pushlstring(L, n->text, n->count);
  return 1 + push_span(L, n->start, n->end);
}

/* The key's and the value's nodes for the key at `key`, both NULL when the table's node has no such key. */
static const node *find_key(lua_State *L, const node *n, int key, const node **value) {
  *value = NULL;
  if (n->kind == NODE_LIST && lua_isinteger(L, key)) {
    lua_Integer i = lua_tointeger(L, key);
    if (i >= 1 && i <= n->count) *value = &n->items[i - 1];
    return *value;
  }
  if (lua_type(L, key) != LUA_TSTRING) return NULL;
  size_t len;
  const char *text = lua_tolstring(L, key, &len);
  const node *pair = map_pair(n, text, len);
  *value = pair ? pair + 1 : NULL;
  return pair;
}

/* place(table [, key [, "key"]]) -> line, column, end line, end column | nil: where the table, the key's value or the
 * key itself was written. */
static int load_place(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const node *n = document_node(L, 1, NULL);
  if (!n) return 0;
  if (lua_isnoneornil(L, 2)) return push_span(L, n->start, n->end);
  const node *value, *key = find_key(L, n, 2, &value);
  const node *found = lua_toboolean(L, 3) ? key : value;
  return found ? push_span(L, found->start, found->end) : push_span(L, n->start, n->end);
}

/* place_at(document, keys [, "key"]) -> line, column, end line, end column: where what a list of keys leads to was written, or the last key
 * itself; or the deepest part on the way that there is. */
static int load_place_at(lua_State *L) {
  const node *n = &document_check(L, 1)->root, *key = NULL;
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 3);
  for (lua_Integer i = 1; lua_rawgeti(L, 2, i) != LUA_TNIL; i++) {
    const node *value;
    key = find_key(L, n, 4, &value);
    if (!value) break;
    n = value;
    lua_pop(L, 1);
  }
  if (key && lua_toboolean(L, 3)) n = key;
  return push_span(L, n->start, n->end);
}

/* root_place(document) -> line, column, end line, end column: where the root of a document was written. */
static int load_root_place(lua_State *L) {
  const node *root = &document_check(L, 1)->root;
  return push_span(L, root->start, root->end);
}

/* How often `part` starts in the text before `end`. */
static size_t occurrences(const char *text, size_t end, const char *part, size_t len) {
  size_t count = 0;
  for (const char *at = text; (at = memmem(at, end - (size_t)(at - text), part, len)); at++) count++;
  return count;
}

/* inside(table, key, "key"|"value", offset, length) -> line, column, end line, end column | nil: where a part of a
 * string was written. The n-th occurrence of the part's bytes in the string is the n-th in the text of the file, whatever the
 * quotes; where escapes hide it, the string's own place is given. */
static int load_inside(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  source *s = NULL;
  const node *n = document_node(L, 1, &s);
  const node *value, *key = n ? find_key(L, n, 2, &value) : NULL;
  if (!key) return 0;
  const node *found = strcmp(luaL_checkstring(L, 3), "key") == 0 ? key : value;
  size_t offset = (size_t)luaL_checkinteger(L, 4), len = (size_t)luaL_checkinteger(L, 5);
  if (found->kind != NODE_STRING || !len || offset + len > found->count) return push_span(L, found->start, found->end);
  const char *part = found->text + offset, *text = s->text.data;
  size_t nth = occurrences(found->text, offset + len, part, len);
  size_t from = offset_of(s, found->start), to = offset_of(s, found->end);
  const char *at = text + from;
  for (size_t i = 1; at; i++, at++) {
    at = memmem(at, to - (size_t)(at - text), part, len);
    if (!at || i == nth) break;
  }
  if (!at) return push_span(L, found->start, found->end);
  size_t first = (size_t)(at - text);
  mark start = source_mark_from(text, s->text.len, from, found->start, first);
  return push_span(L, start, source_mark_from(text, s->text.len, first, start, first + len));
}

/* source_of(table or document) -> source | nil */
static int load_source_of(lua_State *L) {
  if (!lua_isuserdata(L, 1)) luaL_checktype(L, 1, LUA_TTABLE);
  return document_push_source(L, 1);
}

/* is_list(table) -> boolean: as the emitter writes it. A table that came from no document is one when it has an item. */
static int load_is_list(lua_State *L) {
  bool list = lua_istable(L, 1) && (document_is_list(L, 1) || (!document_of(L, 1) && lua_rawlen(L, 1) > 0));
  lua_pushboolean(L, list);
  return 1;
}

/* list(table) -> table: marks a table as a list, so that it stays one when it is empty. */
static int load_list(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) return luaL_error(L, "this table cannot become a list");
  document_mark_list(L);
  return 1;
}

/* copy_place(from, to): `to` has from then on the places of `from`. */
static int load_copy_place(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TTABLE);
  document_copy_place(L, 1, 2);
  return 0;
}

static const luaL_Reg functions[] = {
    {"source", load_source},
    {"name", load_name},
    {"line", load_line},
    {"reader", load_reader},
    {"next", load_next},
    {"text", load_text},
    {"document", load_document},
    {"root", load_root},
    {"close", load_close},
    {"peek", load_peek},
    {"place", load_place},
    {"inside", load_inside},
    {"source_of", load_source_of},
    {"is_list", load_is_list},
    {"list", load_list},
    {"copy_place", load_copy_place},
    {"root_place", load_root_place},
    {"place_at", load_place_at},
    {NULL, NULL},
};

int lib_load(lua_State *L) {
  document_open(L);
  libs_new_type(L, READER, reader_gc, NULL);
  luaL_newlib(L, functions);
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
  return 1;
}
