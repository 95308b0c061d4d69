#include "data/alike.h"

#include <stdlib.h>
#include <string.h>

/* Samples that are kept; those a text is held against; beyond the rest, a text is a plan of its own. */
enum { MOST_SAMPLES = 256, CANDIDATES = 16, MOST_LINES = 2000, MOST_BYTES = 1 << 20 };

/* Where a name stands in a sample. Such a word that other texts have too is `plain`: it only looked like the name. */
typedef struct ref {
  uint32_t at, len;
  uint8_t name;
  bool plain;
} ref;

/* A line of a sample. `left` and `right` count its bytes before and behind the slot of an open one; a line that is not open is all left. */
typedef struct line {
  uint32_t at, len, left, right;
  uint32_t refs_from, refs_to;
  uint32_t slot;
  bool open;
} line;

typedef struct sample {
  span kind, text;
  line *lines;
  ref *refs;
  size_t line_count, ref_count, slot_count, plan;
} sample;

struct alike {
  sample *samples[MOST_SAMPLES]; /* the one that was used last stands first */
  size_t count, plans;
  size_t line_room, piece_room;
  span *lines;  /* of the text, room for line_room */
  span *values; /* what it has in the slots of open lines, by line */
  span *slots;  /* the same by slot */
  uint32_t *slot_before;
  alike_piece *pieces;
};

static const uint32_t NONE = UINT32_MAX;

alike *alike_new(void) { return calloc(1, sizeof(alike)); }

void alike_free(alike *a) {
  if (!a) return;
  for (size_t i = 0; i < a->count; i++) free(a->samples[i]);
  free(a->lines);
  free(a->values);
  free(a->slots);
  free(a->slot_before);
  free(a->pieces);
  free(a);
}

static bool equal(span a, span b) { return a.len == b.len && (!a.len || !memcmp(a.text, b.text, a.len)); }

/* Letters and digits; all bytes beyond ASCII, so that no character is cut. */
static bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

/* --- room ------------------------------------------------------------------------------------------------------------ */

static bool grow(void **row, size_t count, size_t size) {
  void *more = realloc(*row, count * size);
  if (more) *row = more;
  return more != NULL;
}

static bool reserve_lines(alike *a, size_t count) {
  if (count <= a->line_room) return true;
  count += count / 2;
  bool ok = grow((void **)&a->lines, count, sizeof *a->lines) && grow((void **)&a->values, count, sizeof *a->values) &&
            grow((void **)&a->slots, count, sizeof *a->slots) && grow((void **)&a->slot_before, count, sizeof *a->slot_before);
  if (ok) a->line_room = count;
  return ok;
}

static bool reserve_pieces(alike *a, size_t count) {
  if (count <= a->piece_room) return true;
  if (!grow((void **)&a->pieces, count, sizeof *a->pieces)) return false;
  a->piece_room = count;
  return true;
}

static size_t count_lines(span text) {
  size_t count = 1;
  for (const char *at = text.text, *end = at + text.len; (at = memchr(at, '\n', (size_t)(end - at))); at++) count++;
  return count;
}

static void split(alike *a, span text) {
  const char *at = text.text, *end = at + text.len, *stop;
  size_t i = 0;
  for (; (stop = memchr(at, '\n', (size_t)(end - at))); at = stop + 1) a->lines[i++] = (span){at, (size_t)(stop - at)};
  a->lines[i] = (span){at, (size_t)(end - at)};
}

/* --- a text against a sample ------------------------------------------------------------------------------------------- */

static const char *bytes_of(const sample *s, const line *l) { return s->text.text + l->at; }

/* The first name that the plan has wholly within these bytes of the line, or NULL. */
static const ref *name_within(const sample *s, const line *l, uint32_t from, uint32_t to) {
  for (uint32_t i = l->refs_from; i < l->refs_to; i++) {
    const ref *r = s->refs + i;
    if (!r->plain && r->at >= l->at + from && r->at + r->len <= l->at + to) return r;
  }
  return NULL;
}

static bool takes(const char **at, const char *end, const char *bytes, size_t len) {
  if ((size_t)(end - *at) < len || (len && memcmp(*at, bytes, len) != 0)) return false;
  *at += len;
  return true;
}

/* Whether the text has these bytes of the sample's line at `at`, with its own names in place of the sample's; moves behind them. */
static bool takes_part(const sample *s, const line *l, uint32_t from, uint32_t to, const span *names, const char **at, const char *end) {
  while (from < to) {
    const ref *r = name_within(s, l, from, to);
    uint32_t stop = r ? r->at - l->at : to;
    if (!takes(at, end, bytes_of(s, l) + from, stop - from)) return false;
    if (r && !takes(at, end, names[r->name].text, names[r->name].len)) return false;
    from = r ? stop + r->len : to;
  }
  return true;
}

/* How long the end of the line is with other names. */
static size_t length_of_end(const sample *s, const line *l, const span *names) {
  size_t len = l->right;
  uint32_t from = l->len - l->right;
  for (const ref *r; from < l->len && (r = name_within(s, l, from, l->len)); from = r->at - l->at + r->len)
    len = len - r->len + names[r->name].len;
  return len;
}

static bool fits_line(const sample *s, const line *l, span text, const span *names, span *value) {
  const char *at = text.text, *end = at + text.len;
  if (!takes_part(s, l, 0, l->left, names, &at, end)) return false;
  if (!l->open) return at == end;
  size_t tail = length_of_end(s, l, names);
  if ((size_t)(end - at) < tail) return false;
  *value = (span){at, (size_t)(end - at) - tail};
  at = end - tail;
  return takes_part(s, l, l->len - l->right, l->len, names, &at, end);
}

/* Gives each slot its text. False when two lines that share one have different texts. */
static bool fill_slots(alike *a, const sample *s) {
  size_t count = 0;
  for (size_t i = 0; i < s->line_count; i++) {
    const line *l = s->lines + i;
    if (!l->open) continue;
    if (l->slot == count) a->slots[count++] = a->values[i];
    else if (!equal(a->slots[l->slot], a->values[i])) return false;
  }
  return true;
}

static bool fits(alike *a, const sample *s, const span *names) {
  for (size_t i = 0; i < s->line_count; i++)
    if (!fits_line(s, s->lines + i, a->lines[i], names, a->values + i)) return false;
  return fill_slots(a, s);
}

static size_t count_misfits(alike *a, const sample *s, const span *names) {
  size_t count = 0;
  for (size_t i = 0; i < s->line_count; i++) count += !fits_line(s, s->lines + i, a->lines[i], names, a->values + i);
  return count;
}

/* --- a wider plan ------------------------------------------------------------------------------------------------------ */

/* The name that begins, or ends, at this byte of the line, or NULL. */
static ref *name_at(const sample *s, const line *l, uint32_t at, bool ends) {
  for (uint32_t i = l->refs_from; i < l->refs_to; i++) {
    ref *r = s->refs + i;
    if (!r->plain && r->at + (ends ? r->len : 0) == l->at + at) return r;
  }
  return NULL;
}

/* How far a sample's line and a text are equal, from the left and from the right: bytes of the line, and of the text. */
typedef struct reach {
  uint32_t left, right;
  size_t text_left, text_right;
} reach;

static void reach_left(const sample *s, const line *l, span text, const span *names, reach *n) {
  const char *bytes = bytes_of(s, l);
  for (*n = (reach){0}; n->left < l->left;) {
    ref *r = name_at(s, l, n->left, false);
    span name = r ? names[r->name] : (span){0};
    if (r && text.len - n->text_left >= name.len && !memcmp(text.text + n->text_left, name.text, name.len)) {
      n->left += r->len;
      n->text_left += name.len;
      continue;
    }
    if (r) r->plain = true;
    if (n->text_left == text.len || bytes[n->left] != text.text[n->text_left]) break;
    n->left++, n->text_left++;
  }
  if (l->open && n->left == l->left) return;
  while (n->left && !name_at(s, l, n->left, true) && is_word(bytes[n->left - 1]) &&
         ((n->left < l->len && is_word(bytes[n->left])) || (n->text_left < text.len && is_word(text.text[n->text_left]))))
    n->left--, n->text_left--;
}

/* At most `before` bytes, behind what is equal from the left. */
static void reach_right(const sample *s, const line *l, span text, const span *names, uint32_t before, reach *n) {
  const char *bytes = bytes_of(s, l) + l->len, *end = text.text + text.len;
  uint32_t most = before < l->len - n->left ? before : l->len - n->left;
  size_t room = text.len - n->text_left;
  while (n->right < most) {
    ref *r = name_at(s, l, l->len - n->right, true);
    span name = r ? names[r->name] : (span){0};
    if (r && room - n->text_right >= name.len && !memcmp(end - n->text_right - name.len, name.text, name.len)) {
      n->right += r->len;
      n->text_right += name.len;
      continue;
    }
    if (r) r->plain = true;
    if (n->text_right == room || bytes[-(ptrdiff_t)n->right - 1] != end[-(ptrdiff_t)n->text_right - 1]) break;
    n->right++, n->text_right++;
  }
  if (n->right == before) return;
  while (n->right && !name_at(s, l, l->len - n->right, false) && is_word(bytes[-(ptrdiff_t)n->right]) &&
         ((n->right < l->len - n->left && is_word(bytes[-(ptrdiff_t)n->right - 1])) ||
          (n->text_right < room && is_word(end[-(ptrdiff_t)n->text_right - 1]))))
    n->right--, n->text_right--;
}

static void widen_line(const sample *s, line *l, span text, const span *names) {
  reach n;
  reach_left(s, l, text, names, &n);
  if (n.left < l->left || n.text_left < text.len) reach_right(s, l, text, names, l->open ? l->right : l->len, &n);
  l->open = l->open || n.left < l->len || n.text_left < text.len;
  l->left = n.left;
  l->right = n.right;
}

static span value_in_sample(const sample *s, const line *l) { return (span){bytes_of(s, l) + l->left, l->len - l->left - l->right}; }

/* Whether two open lines, of which slot_before tells what slots they had, may share one now. */
static bool may_share(const alike *a, const sample *s, size_t i, size_t j) {
  uint32_t one = a->slot_before[i], other = a->slot_before[j];
  return (one == other || one == NONE || other == NONE) && equal(a->values[i], a->values[j]) &&
         equal(value_in_sample(s, s->lines + i), value_in_sample(s, s->lines + j));
}

/* Numbers the slots anew: open lines share one when the sample and the text say so, and those that had different ones keep that. */
static void share_slots(alike *a, sample *s) {
  s->slot_count = 0;
  for (size_t i = 0; i < s->line_count; i++) {
    if (!s->lines[i].open) continue;
    size_t j = 0;
    while (j < i && !(s->lines[j].open && may_share(a, s, i, j))) j++;
    s->lines[i].slot = j < i ? s->lines[j].slot : (uint32_t)s->slot_count++;
    if (j < i && a->slot_before[j] == NONE) a->slot_before[j] = a->slot_before[i];
  }
}

static void widen(alike *a, sample *s, const span *names) {
  for (size_t i = 0; i < s->line_count; i++) {
    line *l = s->lines + i;
    a->slot_before[i] = l->open ? l->slot : NONE;
    if (!fits_line(s, l, a->lines[i], names, a->values + i)) widen_line(s, l, a->lines[i], names);
  }
  for (size_t i = 0; i < s->line_count; i++) fits_line(s, s->lines + i, a->lines[i], names, a->values + i);
  share_slots(a, s);
  fill_slots(a, s);
}

/* --- samples ----------------------------------------------------------------------------------------------------------- */

static bool stands_at(span text, size_t at, span name) {
  if (name.len < 2 || text.len - at < name.len || memcmp(text.text + at, name.text, name.len) != 0) return false;
  return (!at || !is_word(text.text[at - 1])) && (at + name.len == text.len || !is_word(text.text[at + name.len]));
}

/* Finds the names in a text as words; the longer one first. `out` may be NULL: they are only counted. */
static size_t find_names(span text, const span *names, ref *out) {
  size_t count = 0, longer = names[1].len > names[0].len;
  for (size_t at = 0; at < text.len; at++) {
    size_t which = stands_at(text, at, names[longer]) ? longer : 1 - longer;
    if (which != longer && !stands_at(text, at, names[which])) continue;
    if (out) out[count] = (ref){(uint32_t)at, (uint32_t)names[which].len, (uint8_t)which, false};
    count++;
    at += names[which].len - 1;
  }
  return count;
}

/* What has a line end in it belongs to no line, and is no name. */
static void set_lines(const alike *a, sample *s, const char *text) {
  uint32_t at = 0;
  for (size_t i = 0; i < s->line_count; i++) {
    line *l = s->lines + i;
    *l = (line){.at = (uint32_t)(a->lines[i].text - text), .len = (uint32_t)a->lines[i].len, .left = (uint32_t)a->lines[i].len};
    for (l->refs_from = at; at < s->ref_count && s->refs[at].at < l->at + l->len; at++)
      if (s->refs[at].at < l->at || s->refs[at].at + s->refs[at].len > l->at + l->len) s->refs[at].plain = true;
    l->refs_to = at;
  }
}

/* Everything in one block. */
static sample *new_sample(const alike *a, span kind, span text, size_t line_count, const span *names) {
  size_t ref_count = find_names(text, names, NULL);
  sample *s = malloc(sizeof *s + line_count * sizeof *s->lines + ref_count * sizeof *s->refs + kind.len + text.len);
  if (!s) return NULL;
  *s = (sample){.line_count = line_count, .ref_count = ref_count};
  s->lines = (line *)(s + 1);
  s->refs = (ref *)(s->lines + line_count);
  char *bytes = (char *)(s->refs + ref_count);
  memcpy(bytes, text.text, text.len);
  if (kind.len) memcpy(bytes + text.len, kind.text, kind.len);
  s->text = (span){bytes, text.len};
  s->kind = (span){bytes + text.len, kind.len};
  find_names(text, names, s->refs);
  set_lines(a, s, text.text);
  return s;
}

static void move_to_front(alike *a, size_t i) {
  sample *s = a->samples[i];
  memmove(a->samples + 1, a->samples, i * sizeof *a->samples);
  a->samples[0] = s;
}

/* The place of the sample whose plan the text fits, which has filled the slots then; else of the one that has most lines in common with it
 * and not less than half of them; else a->count. */
static size_t find_sample(alike *a, span kind, size_t line_count, const span *names, bool *is_fit) {
  size_t found[CANDIDATES], count = 0, best = a->count, least = line_count / 2 + 1;
  for (size_t i = 0; i < a->count && count < CANDIDATES; i++) {
    const sample *s = a->samples[i];
    if (s->line_count != line_count || !equal(s->kind, kind)) continue;
    *is_fit = fits(a, s, names);
    if (*is_fit) return i;
    found[count++] = i;
  }
  *is_fit = false;
  for (size_t i = 0; i < count; i++) {
    size_t misfits = count_misfits(a, a->samples[found[i]], names);
    if (misfits < least) best = found[i], least = misfits;
  }
  return best;
}

/* --- plans ------------------------------------------------------------------------------------------------------------- */

/* The pieces that are there, and the byte of the sample from which on it is still to be put into pieces. */
typedef struct cutter {
  const sample *s;
  alike_piece *out;
  size_t count, from;
} cutter;

/* What stands before this byte is a literal, over ends of lines. */
static void cut(cutter *c, size_t to) {
  if (c->from < to) c->out[c->count++] = (alike_piece){PIECE_LITERAL, {c->s->text.text + c->from, to - c->from}, 0};
  c->from = to;
}

static void cut_names(cutter *c, const line *l, uint32_t from, uint32_t to) {
  for (const ref *r; (r = name_within(c->s, l, from, to)); from = r->at - l->at + r->len) {
    cut(c, r->at);
    c->out[c->count++] = (alike_piece){PIECE_NAME, {0}, r->name};
    c->from = r->at + r->len;
  }
}

static size_t make_pieces(const sample *s, alike_piece *out) {
  cutter c = {.s = s, .out = out};
  for (size_t i = 0; i < s->line_count; i++) {
    const line *l = s->lines + i;
    cut_names(&c, l, 0, l->left);
    if (!l->open) continue;
    cut(&c, l->at + l->left);
    out[c.count++] = (alike_piece){PIECE_SLOT, {0}, l->slot};
    c.from = l->at + l->len - l->right;
    cut_names(&c, l, l->len - l->right, l->len);
  }
  cut(&c, s->text.len);
  return c.count;
}

static size_t most_pieces(const sample *s) { return 2 * (s->line_count + s->ref_count) + 1; }

/* A text that is kept whole: a plan of one piece. */
static bool keep_whole(alike *a, span text, alike_fit *fit) {
  if (!reserve_pieces(a, 1)) return false;
  a->pieces[0] = (alike_piece){PIECE_LITERAL, text, 0};
  *fit = (alike_fit){.plan = a->plans++, .pieces = a->pieces, .piece_count = text.len != 0};
  return true;
}

/* False when there is no memory. */
static bool add_sample(alike *a, span kind, span text, size_t line_count, const span *names) {
  sample *s = new_sample(a, kind, text, line_count, names);
  if (!s || !reserve_pieces(a, most_pieces(s))) {
    free(s);
    return false;
  }
  if (a->count == MOST_SAMPLES) free(a->samples[--a->count]);
  a->samples[a->count++] = s;
  move_to_front(a, a->count - 1);
  return true;
}

bool alike_add(alike *a, span kind, span text, const span names[ALIKE_NAMES], alike_fit *fit) {
  size_t line_count = count_lines(text);
  if (line_count > MOST_LINES || text.len > MOST_BYTES) return keep_whole(a, text, fit);
  if (!reserve_lines(a, line_count)) return false;
  split(a, text);
  bool is_fit;
  size_t found = find_sample(a, kind, line_count, names, &is_fit);
  if (found == a->count) {
    if (!add_sample(a, kind, text, line_count, names)) return false;
  } else {
    if (!is_fit && !reserve_pieces(a, most_pieces(a->samples[found]))) return false;
    if (!is_fit) widen(a, a->samples[found], names);
    move_to_front(a, found);
  }
  sample *s = a->samples[0];
  if (!is_fit) s->plan = a->plans++;
  *fit = (alike_fit){.plan = s->plan, .slots = a->slots, .slot_count = s->slot_count};
  if (is_fit) return true;
  fit->piece_count = make_pieces(s, a->pieces);
  fit->pieces = a->pieces;
  return true;
}
