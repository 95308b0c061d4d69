/* engine.fill: the rows of a batch piece by piece, and the texts that plans make of them.
 *
 * A reader is opened before workers are forked: the coordinator takes pieces from it, workers fill them. What a plan makes of a row is added to a text
 * without any Lua; other rows are given to Lua as tables. Where each row's text is wanted by itself, as for a file, it is known which part of the text
 * is whose.
 */
#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/seen.h"
#include "lua/filled.h"
#include "lua/libs.h"
#include "lua/limits.h"
#include "lua/memory.h"
#include "lua/outline.h"
#include "lua/rows.h"
#include "lua/slot.h"

#define READER "moonstep.pieces"

enum { PATH = 1, PIECE, SHAPES, OUTLINES, READER_VALUES = OUTLINES };

enum { MOST_FIELDS = 256, MOST_ROW_MEMORY = 256 << 10 /* bytes of rows that are done with */ };

typedef struct reader {
  int fd;
  rows_reader *rows;
  row_parser *parser;
  arena memory;      /* of the rows of a piece */
  filled filled;     /* of rows that plans have filled */
  uint64_t from, to; /* rows before and behind are passed over */
  buf names;         /* of seen_name */
  buf shape, key;    /* of the last row, whose plan that is, and of the one that is looked at */
  slot_plan *plan;
  told_outline *outline;
} reader;

/* What stands before the bytes of a piece. */
typedef struct piece_head {
  uint64_t first;
  uint32_t records, line, column;
} piece_head;

static reader *check_reader(lua_State *L) { return luaL_checkudata(L, 1, READER); }

static int reader_gc(lua_State *L) {
  reader *r = check_reader(L);
  rows_close(r->rows);
  row_parser_close(r->parser);
  arena_free(&r->memory);
  filled_free(&r->filled);
  buf_free(&r->names);
  buf_free(&r->shape);
  buf_free(&r->key);
  if (r->fd > STDIN_FILENO) close(r->fd);
  *r = (reader){.fd = -1};
  return 0;
}

/* A spool is read from its start, by a descriptor of our own. */
static bool open_spool(reader *r, int spool, diag *why) {
  r->fd = dup(spool);
  if (r->fd < 0 || lseek(r->fd, 0, SEEK_SET) < 0) return diag_set(why, "system", (mark){0}, "cannot read the targets: %s", strerror(errno));
  return rows_open_file(r->fd, ROWS_NDJSON, &r->rows, &r->parser, why);
}

/* open(path [, format [, spool]]) -> reader | nil, problem: "-" is standard input; without "ndjson", "csv", "yaml" or "json", the format is what the
 * name or the first bytes say. The lines of a spool (engine.workers) are read in place of the path, which messages name. */
static int open_reader(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  rows_format format = rows_check_format(L, 2);
  int spool = lib_workers_spool(L, 3);
  reader *r = lua_newuserdatauv(L, sizeof *r, READER_VALUES);
  *r = (reader){.fd = -1, .to = UINT64_MAX};
  luaL_setmetatable(L, READER);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, PATH);
  diag why;
  bool ok = spool >= 0 ? open_spool(r, spool, &why) : rows_open_path(path, format, &r->fd, &r->rows, &r->parser, &why);
  return ok ? 1 : push_problem(L, &why);
}

/* reader:bound(from [, to]): rows before the one with number `from`, and from `to` on, are passed over. */
static int bound(lua_State *L) {
  reader *r = check_reader(L);
  r->from = (uint64_t)luaL_checkinteger(L, 2);
  r->to = lua_isnoneornil(L, 3) ? UINT64_MAX : (uint64_t)luaL_checkinteger(L, 3);
  return 0;
}

/* reader:size() -> the bytes of what is read, if that is a regular file that starts with them */
static int size_of(lua_State *L) {
  const reader *r = check_reader(L);
  struct stat s;
  if (fstat(r->fd, &s) || !S_ISREG(s.st_mode)) return 0;
  lua_pushinteger(L, (lua_Integer)s.st_size);
  return 1;
}

/* reader:skip(rows) -> how many were passed over, fewer at the end; a document of YAML with several goes as a whole */
static int skip(lua_State *L) {
  const reader *r = check_reader(L);
  lua_Integer wanted = luaL_checkinteger(L, 2), passed = 0;
  rows_piece piece;
  diag why;
  while (passed < wanted) {
    lua_Integer most = wanted - passed < UINT16_MAX ? wanted - passed : UINT16_MAX;
    if (rows_next(r->rows, (uint32_t)most, &piece, &why) != ROWS_PIECE) break;
    passed += piece.records;
  }
  lua_pushinteger(L, passed);
  return 1;
}

/* reader:next(rows) -> a piece with at most so many, as a string, how many, and the bytes up to its end | nothing, at the end | nil, problem */
static int next_piece(lua_State *L) {
  reader *r = check_reader(L);
  rows_piece piece;
  diag why;
  rows_result result;
  do result = rows_next(r->rows, (uint32_t)luaL_checkinteger(L, 2), &piece, &why);
  while (result == ROWS_PIECE && piece.first + piece.records <= r->from);
  if (result == ROWS_END) return 0;
  if (result == ROWS_ERROR) return push_problem(L, &why);
  piece_head head = {piece.first, piece.records, piece.line, piece.column};
  luaL_Buffer bytes;
  char *room = luaL_buffinitsize(L, &bytes, sizeof head + piece.len);
  memcpy(room, &head, sizeof head);
  memcpy(room + sizeof head, piece.text, piece.len);
  luaL_pushresultsize(&bytes, sizeof head + piece.len);
  lua_pushinteger(L, (lua_Integer)piece.records);
  lua_pushinteger(L, (lua_Integer)piece.offset + (lua_Integer)piece.len);
  return 3;
}

/* reader:give(piece, shapes): its rows are next. `shapes` has for each shape of rows the plan that fills them, a table for the caller's own, or false. The reader keeps both: rows
 * point into the piece. */
static int give_piece(lua_State *L) {
  reader *r = check_reader(L);
  size_t len;
  piece_head head;
  const char *bytes = luaL_checklstring(L, 2, &len);
  luaL_checktype(L, 3, LUA_TTABLE);
  memcpy(&head, bytes, sizeof head);
  rows_piece piece = {.text = bytes + sizeof head,
                      .len = len - sizeof head,
                      .first = head.first,
                      .records = head.records,
                      .line = head.line,
                      .column = head.column};
  arena_free(&r->memory);
  filled_forget(&r->filled);
  r->plan = NULL;
  r->outline = NULL;
  buf_clear(&r->shape);
  row_parser_give(r->parser, &piece);
  lua_settop(L, 3);
  lua_setiuservalue(L, 1, SHAPES);
  lua_setiuservalue(L, 1, PIECE);
  return 0;
}

/* --- shapes ---------------------------------------------------------------------------------------------------------- */

static int by_name(const row_field *a, const row_field *b) {
  int order = memcmp(a->name, b->name, a->name_len < b->name_len ? a->name_len : b->name_len);
  return order ? order : (a->name_len > b->name_len) - (a->name_len < b->name_len);
}

/* There are few, and mostly in order. */
static void sort_fields(row_field *fields, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    row_field moved = fields[i];
    uint32_t k = i;
    for (; k > 0 && by_name(&moved, &fields[k - 1]) < 0; k--) fields[k] = fields[k - 1];
    fields[k] = moved;
  }
}

static void add_name(buf *key, const char *text, size_t len) {
  buf_add(key, text ? text : "", len);
  buf_byte(key, '\0');
}

/* What rows of one plan have in common: no text of a row holds a NUL. */
static void add_shape(buf *key, row *r) {
  sort_fields(r->variables, r->variable_count);
  sort_fields(r->params, r->param_count);
  add_name(key, r->task.text, r->task.len);
  buf_byte(key, r->namespace.text ? '+' : '-');
  for (uint32_t i = 0; i < r->variable_count; i++) add_name(key, r->variables[i].name, r->variables[i].name_len);
  buf_byte(key, '\1');
  for (uint32_t i = 0; i < r->param_count; i++) add_name(key, r->params[i].name, r->params[i].name_len);
}

typedef enum known { KNOWN_PLAN, KNOWN_NONE, SHAPE_WANTED } known;

/* Looks for the row's plan, r->plan; where its shape is wanted, since nobody has said what it is or that is not for us, pushes that. Most rows have the shape of the one before. */
static known find_plan(lua_State *L, reader *r, row *at) {
  buf_clear(&r->key);
  add_shape(&r->key, at);
  if (r->key.failed) memory_raise(L);
  if (r->plan && r->key.len == r->shape.len && !memcmp(r->key.data, r->shape.data, r->key.len)) return KNOWN_PLAN;
  buf before = r->shape;
  r->shape = r->key;
  r->key = before;
  r->plan = NULL;
  r->outline = NULL;
  lua_getiuservalue(L, 1, SHAPES);
  lua_pushlstring(L, r->shape.data, r->shape.len);
  lua_pushvalue(L, -1);
  int type = lua_rawget(L, -3);
  if (type == LUA_TNIL || type == LUA_TTABLE) {
    lua_pop(L, 1);
    lua_remove(L, -2);
    return SHAPE_WANTED;
  }
  r->plan = slot_plan_at(L, -1);
  lua_pop(L, 3);
  return r->plan ? KNOWN_PLAN : KNOWN_NONE;
}

/* Finds the outline for rows of this shape, which may have come since it was looked for. False when there is none. */
static bool find_outline(lua_State *L, reader *r) {
  if (r->outline) return true;
  lua_getiuservalue(L, 1, OUTLINES);
  lua_pushlstring(L, r->shape.data, r->shape.len);
  lua_rawget(L, -2);
  r->outline = outline_at(L, -1);
  lua_pop(L, 2);
  return r->outline != NULL;
}

typedef enum done { FILLED, FILLED_NOT, FILLED_UNJUDGED } done;

static span span_of(row_text t) { return (span){t.text ? t.text : "", t.len}; }

/* The values of a row in the order of a plan's fields (lua/batch/plan.lua). */
static bool take_values(const row *r, span fields[MOST_FIELDS]) {
  uint32_t at = 2;
  if (r->variable_count + r->param_count + at > MOST_FIELDS) return false;
  fields[0] = span_of(r->name);
  fields[1] = span_of(r->namespace);
  for (uint32_t i = 0; i < r->variable_count; i++) fields[at++] = (span){r->variables[i].value, r->variables[i].value_len};
  for (uint32_t i = 0; i < r->param_count; i++) fields[at++] = (span){r->params[i].value, r->params[i].value_len};
  return true;
}

/* Notes an object that was made. */
static void add_object(lua_State *L, reader *r, uint64_t target, uint64_t hash) {
  seen_name name = {target, hash};
  buf_add(&r->names, (const char *)&name, sizeof name);
  if (r->names.failed) memory_raise(L);
}

/* Notes what the plan has made. False: two of it are the same object. */
static bool add_objects(lua_State *L, reader *r, uint64_t target) {
  uint64_t hashes[SLOT_MOST_OBJECTS];
  if (!slot_identities(L, r->plan, hashes)) return false;
  for (size_t i = 0; i < r->plan->count; i++) add_object(L, r, target, hashes[i]);
  return true;
}

/* Adds the row's text, if it is found clean; says why not. */
static done fill_row(lua_State *L, reader *r, const row *at, span head) {
  span fields[MOST_FIELDS];
  if (!take_values(at, fields) || (r->filled.recording && !find_outline(L, r))) return FILLED_NOT;
  plan_result result = plan_evaluate(r->plan->plan, fields);
  if (result == PLAN_NO_MEMORY) memory_raise(L);
  if (result != PLAN_FILLED) return FILLED_NOT;
  slot_verdict verdict = slot_judge(L, r->plan);
  if (verdict != SLOT_CLEAN) return verdict == SLOT_UNJUDGED ? FILLED_UNJUDGED : FILLED_NOT;
  if (!add_objects(L, r, at->index)) return FILLED_NOT;
  filled_begin(L, &r->filled, at, &r->shape);
  if (r->filled.recording) filled_record(L, &r->filled, at, r->outline, r->plan->count, fields);
  filled_text(L, &r->filled, r->plan, head);
  return FILLED;
}

/* Pushes the shape of the row that was filled and not judged, and a list of its objects' texts. */
static int push_unjudged(lua_State *L, reader *r) {
  const plan *p = r->plan->plan;
  lua_pushlstring(L, r->shape.data, r->shape.len);
  lua_createtable(L, (int)plan_objects(p), 0);
  for (size_t i = 0; i < plan_objects(p); i++) {
    buf_clear(&r->key);
    plan_write_object(p, i, &r->key);
    if (r->key.failed) memory_raise(L);
    lua_pushlstring(L, r->key.data, r->key.len);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 3;
}

/* reader:row(head) -> row [, shape [, texts]] | false, problem | nothing, when the piece has no more: the next row of the piece that no plan
 * fills; `head` stands before each text that is filled. Shape is given when nobody has said yet whether rows like this one have a plan or that is a table, and
 * shape and the texts of the objects when the plan makes those, and rules have not judged such ones yet.
 *
 * A row is { name, namespace, task, variables = {}, params = {}, index, place = { file, line, column, end_line } }; the problem of a malformed one
 * has index and place, too. */
static int next_row(lua_State *L) {
  reader *r = check_reader(L);
  span head;
  head.text = luaL_checklstring(L, 2, &head.len);
  diag why;
  row at;
  lua_settop(L, 2);
  lua_getiuservalue(L, 1, PATH);
  for (;;) {
    if (r->memory.total > MOST_ROW_MEMORY) arena_free(&r->memory);
    row_result found = row_next(r->parser, &r->memory, &at, &why);
    if (found == ROW_END) return 0;
    if (at.index < r->from || at.index >= r->to) continue;
    if (found == ROW_BAD) {
      push_problem(L, &why);
      rows_set_place(L, 3, &at);
      lua_pushboolean(L, false);
      lua_replace(L, -3);
      return 2;
    }
    known found_plan = find_plan(L, r, &at);
    done result = found_plan == KNOWN_PLAN ? fill_row(L, r, &at, head) : FILLED_NOT;
    if (result == FILLED) continue;
    rows_push(L, 3, &at);
    if (result == FILLED_UNJUDGED) return push_unjudged(L, r);
    if (found_plan != SHAPE_WANTED) return 1;
    lua_insert(L, -2);
    return 2;
  }
}

static int by_target(const void *a, const void *b) {
  const seen_name *x = a, *y = b;
  return (x->target > y->target) - (x->target < y->target);
}

const seen_name *rows_names(lua_State *L, int index, size_t *count) {
  reader *r = luaL_checkudata(L, index, READER);
  *count = r->names.len / sizeof(seen_name);
  if (*count) qsort(r->names.data, *count, sizeof(seen_name), by_target);
  return (const seen_name *)(const void *)r->names.data;
}

/* reader:made(index, identity): an object that was made of the row, by other means than a plan. */
static int note_object(lua_State *L) {
  reader *r = check_reader(L);
  size_t len;
  const char *identity = luaL_checklstring(L, 3, &len);
  add_object(L, r, (uint64_t)luaL_checkinteger(L, 2), seen_hash(identity, len));
  return 0;
}

/* reader:judged(index) -> true | false, where two of them are the same object: the texts that were given last, which a plan has made, count as made of
 * the row. */
static int note_judged(lua_State *L) {
  reader *r = check_reader(L);
  luaL_argcheck(L, r->plan, 1, "no plan has filled the last row");
  lua_pushboolean(L, add_objects(L, r, (uint64_t)luaL_checkinteger(L, 2)));
  return 1;
}

const char *rows_filled_text(lua_State *L, int index, size_t *len) {
  const reader *r = luaL_checkudata(L, index, READER);
  *len = r->filled.text.len;
  return r->filled.text.data;
}

/* reader:forget_made(): nothing has been made yet. */
static int forget_made(lua_State *L) {
  buf_clear(&check_reader(L)->names);
  return 0;
}

/* reader:filled() -> the number of rows that plans have filled since the text was taken, and of the objects that they make. */
static int filled_rows(lua_State *L) {
  const filled *f = &check_reader(L)->filled;
  lua_pushinteger(L, f->rows);
  lua_pushinteger(L, f->objects);
  return 2;
}

/* reader:take() -> text, number of rows, of objects: what plans have filled since the last time. */
static int take(lua_State *L) {
  filled *f = &check_reader(L)->filled;
  lua_pushlstring(L, f->text.data ? f->text.data : "", f->text.len);
  lua_pushinteger(L, f->rows);
  lua_pushinteger(L, f->objects);
  filled_forget(f);
  return 3;
}

/* reader:apart(): from here on, each row's text is wanted by itself. */
static int set_apart(lua_State *L) {
  check_reader(L)->filled.apart = true;
  return 0;
}

/* reader:record(outlines): from here on, records of filled rows are kept; `outlines` has outlines (engine.outline) by the shape of their rows. A row for
 * which there is none is not filled. */
static int set_recording(lua_State *L) {
  reader *r = check_reader(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  lua_setiuservalue(L, 1, OUTLINES);
  r->filled.recording = true;
  return 0;
}

/* reader:records() -> the records of the rows that plans have filled since they were taken */
static int get_records(lua_State *L) {
  const buf *records = &check_reader(L)->filled.records;
  lua_pushlstring(L, records->data ? records->data : "", records->len);
  return 1;
}

/* reader:part(i) -> text, index, name, namespace | nil, task | nil, shape, record | nil: of the rows that plans have filled since they were taken, the one with this
 * number, from 1 */
static int get_part(lua_State *L) {
  const filled *f = &check_reader(L)->filled;
  lua_Integer i = luaL_checkinteger(L, 2);
  luaL_argcheck(L, f->apart && i >= 1 && i <= f->rows, 2, "there is no such row");
  return filled_push_part(L, f, i);
}

/* reader:forget(): what was filled has been taken part by part. */
static int forget(lua_State *L) {
  filled_forget(&check_reader(L)->filled);
  return 0;
}

static const luaL_Reg methods[] = {{"next", next_piece},
                                   {"give", give_piece},
                                   {"row", next_row},
                                   {"take", take},
                                   {"filled", filled_rows},
                                   {"made", note_object},
                                   {"skip", skip},
                                   {"size", size_of},
                                   {"judged", note_judged},
                                   {"bound", bound},
                                   {"apart", set_apart},
                                   {"record", set_recording},
                                   {"records", get_records},
                                   {"part", get_part},
                                   {"forget", forget},
                                   {"forget_made", forget_made},
                                   {NULL, NULL}};

static const luaL_Reg functions[] = {{"open", open_reader}, {NULL, NULL}};

int lib_fill(lua_State *L) {
  libs_new_type(L, READER, reader_gc, methods);
  luaL_newlib(L, functions);
  return 1;
}
