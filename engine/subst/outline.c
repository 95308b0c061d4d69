#include "subst/outline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/text_out.h"

enum { MARKER = 8 /* bytes */, OWN = -1 };

/* A part of a slot's text: a value of the row, or, with OWN, a literal. */
typedef struct part {
  int32_t field;
  size_t start, len; /* of the literal, in the outline's words */
} part;

struct outline {
  plan *plan;
  uint32_t fields;
  buf bytes, words, parts; /* of part, those of one mark behind those of another */
  buf ends;                /* of size_t, for each mark: where its parts end */
  bool used[OUTLINE_FIELDS];
  buf guess, written;
};

static void marker_of(uint32_t field, char out[MARKER + 1]) { snprintf(out, MARKER + 1, "q%03ujx%02u", field % 1000, field % 97); }

static void add_number(buf *out, uint32_t n) { buf_add(out, (const char *)&n, sizeof n); }

static void add_part(outline *o, int32_t field, const char *text, size_t len) {
  part p = {field, o->words.len, len};
  if (field == OWN && !len) return;
  if (field == OWN) buf_add(&o->words, text, len);
  else o->used[field] = true;
  buf_add(&o->parts, (const char *)&p, sizeof p);
}

/* The field whose marker stands there, or OWN. */
static int32_t field_at(const outline *o, const char *text, size_t left) {
  char marker[MARKER + 1];
  if (left < MARKER || text[0] != 'q') return OWN;
  for (uint32_t f = 0; f < o->fields; f++) {
    marker_of(f, marker);
    if (!memcmp(text, marker, MARKER)) return (int32_t)f;
  }
  return OWN;
}

/* Takes a slot's text apart, which was made with markers for values. */
static void take_apart(outline *o, span text) {
  size_t from = 0, at = 0;
  while (at < text.len) {
    int32_t field = field_at(o, text.text + at, text.len - at);
    if (field == OWN) {
      at++;
      continue;
    }
    add_part(o, OWN, text.text + from, at - from);
    add_part(o, field, NULL, 0);
    from = at += MARKER;
  }
  add_part(o, OWN, text.text + from, text.len - from);
}

static void describe_literal(outline *o, const char *text, size_t len) {
  buf_byte(&o->bytes, 'L');
  add_number(&o->bytes, (uint32_t)len);
  buf_add(&o->bytes, text, len);
}

static void describe_mark(outline *o, size_t first) {
  const part *all = (const part *)(const void *)o->parts.data;
  size_t count = o->parts.len / sizeof *all;
  buf_byte(&o->bytes, 'M');
  add_number(&o->bytes, (uint32_t)(count - first));
  for (const part *p = all + first; p < all + count; p++) {
    if (p->field == OWN) describe_literal(o, o->words.data + p->start, p->len);
    else {
      buf_byte(&o->bytes, 'F');
      add_number(&o->bytes, (uint32_t)p->field);
    }
  }
}

static void describe_object(outline *o, size_t number, bool known) {
  size_t count;
  const plan_piece *pieces = plan_pieces(o->plan, number, &count);
  for (size_t i = 0; i < count; i++) {
    describe_literal(o, pieces[i].text.text, pieces[i].text.len);
    if (pieces[i].slot == PLAN_NO_SLOT) continue;
    size_t first = o->parts.len / sizeof(part);
    if (known) take_apart(o, plan_text_of(o->plan, pieces[i].slot));
    size_t end = o->parts.len / sizeof(part);
    buf_add(&o->ends, (const char *)&end, sizeof end);
    if (!o->parts.failed && !o->words.failed) describe_mark(o, first);
  }
}

outline *outline_new(plan *p, uint32_t fields, span between) {
  char markers[OUTLINE_FIELDS][MARKER + 1];
  span values[OUTLINE_FIELDS];
  outline *o = calloc(1, sizeof *o);
  if (!o) return NULL;
  o->plan = p;
  o->fields = fields;
  for (uint32_t f = 0; f < fields; f++) {
    marker_of(f, markers[f]);
    values[f] = (span){markers[f], MARKER};
  }
  plan_result result = plan_evaluate(p, values);
  for (size_t i = 0; i < plan_objects(p) && result != PLAN_NO_MEMORY; i++) {
    if (i) describe_literal(o, between.text, between.len);
    describe_object(o, i, result == PLAN_FILLED);
  }
  if (result != PLAN_NO_MEMORY && !o->bytes.failed && !o->words.failed && !o->parts.failed && !o->ends.failed) return o;
  outline_free(o);
  return NULL;
}

void outline_free(outline *o) {
  if (!o) return;
  buf *all[] = {&o->bytes, &o->words, &o->parts, &o->ends, &o->guess, &o->written};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) buf_free(all[i]);
  free(o);
}

span outline_bytes(const outline *o) { return (span){o->bytes.data ? o->bytes.data : "", o->bytes.len}; }

static bool is_equal(const buf *b, span text) { return b->len == text.len && !memcmp(b->data ? b->data : "", text.text, text.len); }

/* Whether the slot's text is what the outline says. */
static bool is_guessed(outline *o, size_t first, size_t end, const span *fields, span text) {
  const part *all = (const part *)(const void *)o->parts.data;
  buf_clear(&o->guess);
  for (size_t i = first; i < end; i++) {
    if (all[i].field == OWN) buf_add(&o->guess, o->words.data + all[i].start, all[i].len);
    else buf_add(&o->guess, fields[all[i].field].text, fields[all[i].field].len);
  }
  return is_equal(&o->guess, text);
}

/* Whether the written text is the slot's in quotes, with nothing escaped. */
static bool is_quoted(const buf *written, span text) {
  return written->len == text.len + 2 && written->data[0] == '"' && written->data[written->len - 1] == '"' &&
         !memcmp(written->data + 1, text.text, text.len);
}

static char tell_mark(outline *o, const plan_piece *piece, size_t first, size_t end, const span *fields) {
  span text = plan_text_of(o->plan, piece->slot);
  buf_clear(&o->written);
  if (piece->json) json_add_string(&o->written, text.text, text.len);
  else yaml_add_string(&o->written, text.text, text.len, piece->indent);
  if (!is_guessed(o, first, end, fields, text)) return OUTLINE_OWN;
  return is_equal(&o->written, text) ? OUTLINE_PLAIN : is_quoted(&o->written, text) ? OUTLINE_QUOTED : OUTLINE_OWN;
}

void outline_tell(outline *o, const span *fields, buf *marks, buf *slots) {
  const size_t *ends = (const size_t *)(const void *)o->ends.data;
  size_t mark = 0, first = 0, count;
  for (uint32_t f = 2; f < o->fields; f++) {
    if (!o->used[f]) continue;
    buf_byte(slots, ',');
    json_add_string(slots, fields[f].text, fields[f].len);
  }
  for (size_t i = 0; i < plan_objects(o->plan); i++) {
    const plan_piece *pieces = plan_pieces(o->plan, i, &count);
    for (const plan_piece *p = pieces; p < pieces + count; p++) {
      if (p->slot == PLAN_NO_SLOT) continue;
      char how = tell_mark(o, p, first, ends[mark], fields);
      buf_byte(marks, how);
      if (how == OUTLINE_OWN) {
        buf_byte(slots, ',');
        json_add_string(slots, o->written.data ? o->written.data : "", o->written.len);
      }
      first = ends[mark++];
    }
  }
  if (o->guess.failed || o->written.failed) marks->failed = true;
}
