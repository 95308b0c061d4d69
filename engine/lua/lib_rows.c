/* engine.rows: the targets of a batch, one by one. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "data/rows.h"
#include "lua/libs.h"
#include "lua/rows.h"

#define STREAM "moonstep.rows"

enum { PIECE = 100 /* rows that are cut at once */ };

typedef struct stream {
  int fd; /* -1: none of ours */
  rows_reader *reader;
  row_parser *parser;
  arena memory; /* of the last row */
  bool within;  /* a piece */
} stream;

static int stream_gc(lua_State *L) {
  stream *s = luaL_checkudata(L, 1, STREAM);
  rows_close(s->reader);
  row_parser_close(s->parser);
  arena_free(&s->memory);
  if (s->fd > STDIN_FILENO) close(s->fd);
  *s = (stream){.fd = -1};
  return 0;
}

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

static int push_false(lua_State *L, const diag *why) {
  push_problem(L, why);
  lua_pushboolean(L, false);
  lua_replace(L, -3);
  return 2;
}

/* What read gives; upvalues are the stream and its path. */
static int next_row(lua_State *L) {
  stream *s = lua_touserdata(L, lua_upvalueindex(1));
  int path = lua_upvalueindex(2);
  row r;
  diag why;
  arena_free(&s->memory);
  for (;;) {
    row_result found = s->within ? row_next(s->parser, &s->memory, &r, &why) : ROW_END;
    if (found == ROW) {
      rows_push(L, path, &r);
      return 1;
    }
    if (found == ROW_BAD) {
      push_false(L, &why);
      rows_set_place(L, path, &r);
      return 2;
    }
    rows_piece piece;
    rows_result result = s->reader ? rows_next(s->reader, PIECE, &piece, &why) : ROWS_END;
    s->within = result == ROWS_PIECE;
    if (s->within) {
      row_parser_give(s->parser, &piece);
      continue;
    }
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    stream_gc(L);
    return result == ROWS_END ? 0 : push_false(L, &why);
  }
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

/* read(path [, format]) -> iterator | nil, problem: the rows of a file, "-" being standard input; without "ndjson", "csv", "yaml" or "json", what
 * its name or first bytes say.
 *
 * The iterator gives a row: { name, namespace, task, variables = {}, params = {}, index, place = { file, line, column, end_line } }. For a
 * malformed one it gives false and a problem with index and place, and goes on behind it; also where the input cannot be read to its end,
 * but then with neither, and that was all. */
static int read_rows(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  rows_format format = rows_check_format(L, 2);
  stream *s = lua_newuserdatauv(L, sizeof *s, 0);
  *s = (stream){.fd = -1};
  luaL_setmetatable(L, STREAM);
  diag why;
  if (!rows_open_path(path, format, &s->fd, &s->reader, &s->parser, &why)) return push_problem(L, &why);
  lua_pushvalue(L, 1);
  lua_pushcclosure(L, next_row, 2);
  return 1;
}

static const luaL_Reg functions[] = {{"read", read_rows}, {NULL, NULL}};

int lib_rows(lua_State *L) {
  libs_new_type(L, STREAM, stream_gc, NULL);
  luaL_newlib(L, functions);
  return 1;
}
