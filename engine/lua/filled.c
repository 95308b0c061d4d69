#include "lua/filled.h"

#include <string.h>

#include "lua/memory.h"

/* A filled row, whose text reaches to where the next one's starts. In `owners` stand, one behind the other from `names` on, namespace, name and Task;
 * the shape stands at a place of its own, since rows in a row share it. */
typedef struct part {
  uint64_t index;
  size_t start, names, shape, record;
  uint32_t namespace_len, name_len, task_len, shape_len;
} part;

void filled_free(filled *f) {
  buf_free(&f->text);
  buf_free(&f->parts);
  buf_free(&f->owners);
  buf_free(&f->records);
  buf_free(&f->told);
}

void filled_forget(filled *f) {
  buf_clear(&f->text);
  buf_clear(&f->parts);
  buf_clear(&f->owners);
  buf_clear(&f->records);
  f->rows = f->objects = 0;
}

/* --- parts ----------------------------------------------------------------------------------------------------------- */

static void add_text(buf *out, row_text t) { buf_add(out, t.text ? t.text : "", t.len); }

void filled_begin(lua_State *L, filled *f, const row *at, const buf *shape) {
  if (!f->apart) return;
  const part *last = f->parts.len ? (const part *)(const void *)(f->parts.data + f->parts.len) - 1 : NULL;
  part p = {.index = at->index,
            .start = f->text.len,
            .record = f->records.len,
            .namespace_len = at->namespace.len,
            .name_len = at->name.len,
            .task_len = at->task.len,
            .shape_len = (uint32_t)shape->len};
  bool same = last && last->shape_len == p.shape_len && !memcmp(f->owners.data + last->shape, shape->data, p.shape_len);
  p.shape = same ? last->shape : f->owners.len;
  if (!same) buf_add(&f->owners, shape->data, shape->len);
  p.names = f->owners.len;
  add_text(&f->owners, at->namespace);
  add_text(&f->owners, at->name);
  add_text(&f->owners, at->task);
  buf_add(&f->parts, (const char *)&p, sizeof p);
  if (f->owners.failed || f->parts.failed) memory_raise(L);
}

static void push_or_nil(lua_State *L, const char *text, size_t len) {
  if (len) lua_pushlstring(L, text, len);
  else lua_pushnil(L);
}

int filled_push_part(lua_State *L, const filled *f, lua_Integer i) {
  const part *p = (const part *)(const void *)f->parts.data + (i - 1);
  const char *names = f->owners.data + p->names;
  size_t end = i < f->rows ? p[1].start : f->text.len, record_end = i < f->rows ? p[1].record : f->records.len;
  lua_pushlstring(L, f->text.data + p->start, end - p->start);
  lua_pushinteger(L, (lua_Integer)p->index);
  lua_pushlstring(L, names + p->namespace_len, p->name_len);
  push_or_nil(L, names, p->namespace_len);
  push_or_nil(L, names + p->namespace_len + p->name_len, p->task_len);
  lua_pushlstring(L, f->owners.data + p->shape, p->shape_len);
  if (f->recording) lua_pushlstring(L, f->records.data + p->record, record_end - p->record);
  else lua_pushnil(L);
  return 7;
}

/* --- records --------------------------------------------------------------------------------------------------------- */

static void add_bytes(buf *out, const char *text, size_t len) {
  uint32_t size = (uint32_t)len;
  buf_add(out, (const char *)&size, sizeof size);
  buf_add(out, len ? text : "", len);
}

void filled_record(lua_State *L, filled *f, const row *at, told_outline *by, size_t objects, const span *fields) {
  static const char status = 0;
  if (plan_evaluate(by->plan, fields) == PLAN_NO_MEMORY) memory_raise(L);
  buf marks = {0}, *out = &f->records;
  uint32_t made = (uint32_t)objects, size = 0;
  buf_clear(&f->told);
  outline_tell(by->outline, fields, &marks, &f->told);
  by->used = true;
  buf_byte(out, 'T');
  size_t head = out->len;
  buf_add(out, (const char *)&size, sizeof size);
  buf_add(out, (const char *)&at->index, sizeof at->index);
  buf_byte(out, status);
  buf_add(out, (const char *)&made, sizeof made);
  add_bytes(out, at->name.text, at->name.len);
  add_bytes(out, at->namespace.text, at->namespace.len);
  buf_add(out, by->id, sizeof by->id);
  add_bytes(out, marks.data, marks.len);
  add_bytes(out, f->told.data, f->told.len);
  add_bytes(out, "", 0);
  bool failed = marks.failed || f->told.failed || out->failed;
  buf_free(&marks);
  if (failed) memory_raise(L);
  size = (uint32_t)(out->len - head - sizeof size);
  memcpy(out->data + head, &size, sizeof size);
}

/* --- texts ----------------------------------------------------------------------------------------------------------- */

void filled_text(lua_State *L, filled *f, const slot_plan *by, span head) {
  buf_add(&f->text, head.text, head.len);
  plan_write(by->plan, &f->text);
  if (f->text.failed) memory_raise(L);
  f->rows++;
  f->objects += (lua_Integer)by->count;
}
