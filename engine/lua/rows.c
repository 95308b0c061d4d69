#include "lua/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

static void set_integer(lua_State *L, const char *name, lua_Integer value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, name);
}

static void set_text(lua_State *L, const char *name, row_text text) {
  if (!text.text) return;
  lua_pushlstring(L, text.text, text.len);
  lua_setfield(L, -2, name);
}

static void set_fields(lua_State *L, const char *name, const row_field *fields, uint32_t count) {
  lua_createtable(L, 0, (int)count);
  for (const row_field *f = fields; f < fields + count; f++) {
    lua_pushlstring(L, f->name, f->name_len);
    lua_pushlstring(L, f->value, f->value_len);
    lua_rawset(L, -3);
  }
  lua_setfield(L, -2, name);
}

void rows_set_place(lua_State *L, int path, const row *r) {
  set_integer(L, "index", (lua_Integer)r->index);
  lua_createtable(L, 0, 4);
  lua_pushvalue(L, path);
  lua_setfield(L, -2, "file");
  set_integer(L, "line", r->place.line);
  set_integer(L, "column", r->place.column);
  set_integer(L, "end_line", r->end_line);
  lua_setfield(L, -2, "place");
}

void rows_push(lua_State *L, int path, const row *r) {
  lua_createtable(L, 0, 7);
  set_text(L, "name", r->name);
  set_text(L, "namespace", r->namespace);
  set_text(L, "task", r->task);
  set_fields(L, "variables", r->variables, r->variable_count);
  set_fields(L, "params", r->params, r->param_count);
  rows_set_place(L, path, r);
}

bool rows_open_path(const char *path, rows_format format, int *fd, rows_reader **reader, row_parser **parser, diag *why) {
  *fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
  if (*fd < 0) return diag_set(why, "unreadable", (mark){0}, "cannot read %s: %s", path, strerror(errno));
  if (format == ROWS_GUESS) rows_format_of(path, NULL, 0, &format);
  return rows_open_file(*fd, format, reader, parser, why);
}

bool rows_open_file(int fd, rows_format format, rows_reader **reader, row_parser **parser, diag *why) {
  *reader = rows_open(fd, format, why);
  *parser = *reader ? row_parser_open(rows_head_of(*reader), why) : NULL;
  return *parser != NULL;
}

rows_format rows_check_format(lua_State *L, int index) {
  static const char *const formats[] = {"ndjson", "csv", "yaml", "json", "", NULL};
  return (rows_format)luaL_checkoption(L, index, "", formats);
}
