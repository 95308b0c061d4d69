#include "subst/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "data/text_out.h"

enum { LONGEST_NAME = 63, NAME_HEAD = 32, NAME_TAIL = 31 };

typedef struct slot {
  plan_kind kind;
  bool filled;          /* a guard: it must not be empty */
  uint32_t field;       /* of PLAN_FIELD */
  plan_slot of;         /* of PLAN_NAME */
  span source;          /* of PLAN_NAME what stands in front of it; of PLAN_TEXT for people */
  span suffix;          /* of PLAN_NAME */
  const subst *code;    /* of PLAN_TEXT */
  plan_value *values;   /* one for each of its names */
  subst_value *current; /* the same, for a target */
  buf out;
  span text; /* what it holds for the target */
} slot;

typedef struct object {
  plan_piece *pieces;
  size_t piece_count;
} object;

struct plan {
  arena memory;
  slot *slots;
  size_t slot_count, slot_room;
  buf objects; /* of object */
  span between;
};

plan *plan_new(void) { return calloc(1, sizeof(plan)); }

void plan_free(plan *p) {
  if (!p) return;
  for (size_t i = 0; i < p->slot_count; i++) buf_free(&p->slots[i].out);
  free(p->slots);
  buf_free(&p->objects);
  arena_free(&p->memory);
  free(p);
}

static plan_slot add(plan *p, slot s) {
  if (p->slot_count == p->slot_room) {
    size_t room = p->slot_room ? 2 * p->slot_room : 16;
    slot *more = realloc(p->slots, room * sizeof *more);
    if (!more) return PLAN_NO_SLOT;
    p->slots = more;
    p->slot_room = room;
  }
  p->slots[p->slot_count] = s;
  return (plan_slot)p->slot_count++;
}

/* A copy of the text that lives as long as the plan; its text is NULL when there is no memory. */
static span keep(plan *p, span s) {
  char *copy = arena_alloc(&p->memory, s.len + 1);
  if (copy && s.len) memcpy(copy, s.text, s.len);
  return (span){copy, s.len};
}

plan_slot plan_add_field(plan *p, uint32_t field) { return add(p, (slot){.kind = PLAN_FIELD, .field = field}); }

plan_slot plan_add_text(plan *p, const subst *code, const plan_value *values, span source) {
  size_t size = code->names_len + 1;
  slot s = {.kind = PLAN_TEXT, .code = code, .source = keep(p, source)};
  s.values = arena_alloc(&p->memory, size * sizeof *s.values);
  s.current = arena_alloc(&p->memory, size * sizeof *s.current);
  if (!s.values || !s.current || !s.source.text) return PLAN_NO_SLOT;
  for (size_t i = 0; i < code->names_len; i++) {
    plan_value *v = &s.values[i];
    *v = values[i];
    if (v->slot == PLAN_NO_SLOT && v->constant.state == VALUE_SET) {
      v->constant.text = keep(p, v->constant.text);
      if (!v->constant.text.text) return PLAN_NO_SLOT;
    }
    s.current[i] = v->slot == PLAN_NO_SLOT ? v->constant : (subst_value){.state = VALUE_SET};
  }
  return add(p, s);
}

plan_slot plan_add_name(plan *p, span prefix, plan_slot of, span suffix) {
  slot s = {.kind = PLAN_NAME, .of = of, .source = keep(p, prefix), .suffix = keep(p, suffix)};
  return s.source.text && s.suffix.text ? add(p, s) : PLAN_NO_SLOT;
}

void plan_require_filled(plan *p, plan_slot number) { p->slots[number].filled = true; }

static const object *objects(const plan *p) { return (const object *)(const void *)p->objects.data; }

bool plan_add_object(plan *p, span text, const plan_mark *marks, size_t count) {
  span kept = keep(p, text);
  object o = {arena_alloc(&p->memory, (count + 1) * sizeof *o.pieces), count + 1};
  if (!kept.text || !o.pieces) return false;
  size_t at = 0;
  for (size_t i = 0; i < count; i++) {
    o.pieces[i] = (plan_piece){{kept.text + at, marks[i].start - at}, marks[i].indent, marks[i].slot, marks[i].json};
    at = marks[i].end;
  }
  o.pieces[count] = (plan_piece){.text = {kept.text + at, kept.len - at}, .slot = PLAN_NO_SLOT};
  buf_add(&p->objects, (const char *)&o, sizeof o);
  return !p->objects.failed;
}

bool plan_set_between(plan *p, span text) {
  p->between = keep(p, text);
  return p->between.text;
}

size_t plan_objects(const plan *p) { return p->objects.len / sizeof(object); }

const plan_piece *plan_pieces(const plan *p, size_t number, size_t *count) {
  *count = objects(p)[number].piece_count;
  return objects(p)[number].pieces;
}

/* --- filling --------------------------------------------------------------------------------------------------------- */

static void make_name(const plan *p, slot *s) {
  span name = p->slots[s->of].text;
  buf_clear(&s->out);
  buf_add(&s->out, s->source.text, s->source.len);
  buf_byte(&s->out, '-');
  buf_add(&s->out, name.text, name.len);
  if (s->suffix.len) buf_byte(&s->out, '-');
  buf_add(&s->out, s->suffix.text, s->suffix.len);
  if (s->out.failed) return;
  char *bytes = s->out.data;
  size_t len = s->out.len;
  for (size_t i = 0; i < len; i++)
    if (bytes[i] == '.') bytes[i] = '-';
  if (len > LONGEST_NAME) {
    memmove(bytes + NAME_HEAD, bytes + len - NAME_TAIL, NAME_TAIL);
    len = NAME_HEAD + NAME_TAIL;
  }
  while (len && bytes[len - 1] == '-') len--;
  while (len && *bytes == '-') bytes++, len--;
  s->text = (span){bytes, len};
}

static plan_result make_text(const plan *p, slot *s) {
  subst_failure why = {0};
  for (size_t i = 0; i < s->code->names_len; i++)
    if (s->values[i].slot != PLAN_NO_SLOT) s->current[i].text = p->slots[s->values[i].slot].text;
  buf_clear(&s->out);
  if (!subst_run(s->code, s->current, &s->out, &why)) return why.text ? PLAN_ELSEWHERE : PLAN_NO_MEMORY;
  s->text = (span){s->out.data ? s->out.data : "", s->out.len};
  return s->out.failed ? PLAN_NO_MEMORY : PLAN_FILLED;
}

plan_result plan_evaluate(plan *p, const span *fields) {
  for (size_t i = 0; i < p->slot_count; i++) {
    slot *s = &p->slots[i];
    plan_result result = PLAN_FILLED;
    if (s->kind == PLAN_FIELD) s->text = fields[s->field];
    else if (s->kind == PLAN_TEXT) result = make_text(p, s);
    else make_name(p, s);
    if (s->out.failed) return PLAN_NO_MEMORY;
    if (result != PLAN_FILLED) return result;
    if (s->filled && !s->text.len) return PLAN_ELSEWHERE;
  }
  return PLAN_FILLED;
}

void plan_write_object(const plan *p, size_t number, buf *out) {
  const object *o = &objects(p)[number];
  for (const plan_piece *piece = o->pieces; piece < o->pieces + o->piece_count; piece++) {
    buf_add(out, piece->text.text, piece->text.len);
    if (piece->slot == PLAN_NO_SLOT) continue;
    span text = p->slots[piece->slot].text;
    if (piece->json) json_add_string(out, text.text, text.len);
    else yaml_add_string(out, text.text, text.len, piece->indent);
  }
}

void plan_write(const plan *p, buf *out) {
  for (size_t i = 0; i < plan_objects(p); i++) {
    if (i) buf_add(out, p->between.text, p->between.len);
    plan_write_object(p, i, out);
  }
}

span plan_text_of(const plan *p, plan_slot number) { return p->slots[number].text; }

size_t plan_slots(const plan *p) { return p->slot_count; }

plan_slot_view plan_view(const plan *p, plan_slot number) {
  const slot *s = &p->slots[number];
  return (plan_slot_view){s->kind, s->field,  s->source, s->values, s->kind == PLAN_TEXT ? s->code->names_len : 0,
                          s->of,   s->suffix, s->filled};
}
