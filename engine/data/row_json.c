/* A row of JSON, as RFC 8259 has it and jansson reads it (tests hold the two against each other), in one pass and without a tree: most texts
 * stay where they are. A row that is no map of known keys is refused at the first byte that says so. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "data/row.h"

typedef struct scan {
  const char *at, *end;
  row_parser *parser;
  arena *arena;
  row *out;
  diag *why;
} scan;

static bool wrong(const scan *s, const char *at, const char *problem) {
  const row *r = s->out;
  return diag_set(s->why, "json-syntax", cut_mark(ROWS_JSON, r->text, (size_t)(at - r->text), r->place), "%s", problem);
}

/* Gives the error that was just made the place of `at`. False. */
static bool wrong_at(const scan *s, const char *at) {
  return row_wrong_at(s->why, cut_mark(ROWS_JSON, s->out->text, (size_t)(at - s->out->text), s->out->place));
}

static void skip_space(scan *s) {
  while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r')) s->at++;
}

/* Moves over the byte, and the space round it. */
static bool take_byte(scan *s, char byte) {
  skip_space(s);
  if (s->at == s->end || *s->at != byte) return false;
  s->at++;
  skip_space(s);
  return true;
}

/* Four hexadecimal digits. */
static bool take_hex(scan *s, uint32_t *out) {
  *out = 0;
  if (s->end - s->at < 4) return false;
  for (const char *stop = s->at + 4; s->at < stop; s->at++) {
    char c = *s->at, letter = (char)(c | 0x20);
    bool digit = c >= '0' && c <= '9';
    if (!digit && (letter < 'a' || letter > 'f')) return false;
    *out = *out << 4 | (uint32_t)(digit ? c - '0' : letter - 'a' + 10);
  }
  return true;
}

/* Behind `\u`: one character, which may be written as two halves. */
static bool take_rune(scan *s, uint32_t *rune) {
  const char *start = s->at - 2;
  uint32_t low = 0;
  if (!take_hex(s, rune)) return wrong(s, start, "\\u needs four hexadecimal digits");
  if (*rune < 0xD800 || *rune >= 0xE000) return true;
  bool pair = *rune < 0xDC00 && s->end - s->at >= 6 && s->at[0] == '\\' && s->at[1] == 'u';
  s->at += pair ? 2 : 0;
  if (!pair || !take_hex(s, &low) || low < 0xDC00 || low >= 0xE000)
    return wrong(s, start, "half of a pair of \\u that stand for one character");
  *rune = 0x10000 + ((*rune - 0xD800) << 10) + (low - 0xDC00);
  return true;
}

/* A string with escapes, from behind its quote up to `close`, the quote at its end. */
static bool take_escaped(scan *s, const char *close, row_text *out) {
  static const char letters[] = "\"\\/bfnrt", stand_for[] = "\"\\/\b\f\n\r\t";
  char *bytes = arena_alloc(s->arena, (size_t)(close - s->at)), *to = bytes;
  if (!bytes) return diag_memory(s->why);
  while (s->at < close) {
    char c = *s->at++;
    if (c != '\\') {
      *to++ = c;
      continue;
    }
    c = *s->at++;
    const char *letter = c ? strchr(letters, c) : NULL;
    uint32_t rune;
    if (letter) *to++ = stand_for[letter - letters];
    else if (c != 'u') return wrong(s, s->at - 2, "a \\ that starts no escape; write it twice");
    else if (!take_rune(s, &rune)) return false;
    else to += utf8_write(to, rune);
  }
  *out = (row_text){bytes, (uint32_t)(to - bytes)};
  return true;
}

/* At a quote. Moves behind the string. */
static bool take_string(scan *s, row_text *out) {
  const char *start = ++s->at, *c = start;
  bool escaped = false;
  for (; c < s->end && *c != '"'; c++) {
    if ((unsigned char)*c < ' ')
      return wrong(s, c, *c == '\n' ? "a string that does not end on its line" : "a control character; write it as \\u00XX");
    if (*c == '\\' && s->end - c > 1) escaped = true, c++;
  }
  if (c >= s->end) return wrong(s, start - 1, "a string without an end");
  *out = (row_text){start, (uint32_t)(c - start)};
  if (escaped && !take_escaped(s, c, out)) return false;
  s->at = c + 1;
  bool plain = !escaped && out->len <= LIMIT_SCALAR;
  return plain || row_check_value(out->text, out->len, s->why) || wrong_at(s, start - 1);
}

/* Behind what no double holds, there is nothing to be printed. */
static bool check_range(scan *s, const char *start) {
  char *text = arena_copy(s->arena, start, (size_t)(s->at - start));
  if (!text) return diag_memory(s->why);
  if (isfinite(strtod(text, NULL))) return true;
  diag_set(s->why, "bad-number", (mark){0}, "a number that is too large");
  return wrong_at(s, start);
}

static size_t take_digits(scan *s) {
  const char *start = s->at;
  while (s->at < s->end && *s->at >= '0' && *s->at <= '9') s->at++;
  return (size_t)(s->at - start);
}

static bool take_number(scan *s, row_text *out) {
  enum { SAFE = 300 }; /* digits that fit a double whatever they are */
  const char *start = s->at;
  bool minus = *s->at == '-', zero, whole = true, far = false;
  s->at += minus;
  zero = s->at < s->end && *s->at == '0';
  size_t digits = take_digits(s);
  if (!digits || (zero && digits > 1)) return wrong(s, start, "no value that JSON knows; strings stand in double quotes");
  if (s->at < s->end && *s->at == '.') {
    whole = false;
    s->at++;
    if (!take_digits(s)) return wrong(s, s->at, "a digit must stand behind the point");
  }
  if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
    whole = false, far = true;
    s->at++;
    if (s->at < s->end && (*s->at == '-' || *s->at == '+')) s->at++;
    if (!take_digits(s)) return wrong(s, s->at, "a digit must stand in the exponent");
  }
  if ((far || digits > SAFE) && !check_range(s, start)) return false;
  *out = (row_text){start, (uint32_t)(s->at - start)};
  if (whole && zero) *out = (row_text){"0", 1}; /* -0 is the integer 0 */
  return true;
}

static bool take_word(scan *s, const char *word) {
  size_t len = strlen(word);
  if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0) return false;
  s->at += len;
  return true;
}

/* A value of a variable or param; null gives no text. `what` says where in a message. */
static bool take_value(scan *s, row_key_id key, row_text name, row_text *out) {
  const char *start = s->at;
  *out = (row_text){0};
  if (s->at == s->end) return wrong(s, start, "a value must stand behind the colon");
  switch (*s->at) {
    case '"': return take_string(s, out);
    case '{':
    case '[':
      diag_set(s->why, "bad-row", (mark){0}, "%.100s.%.*s is %s; a value is a string, a number or a boolean", row_key_name(key),
               (int)(name.len < 100 ? name.len : 100), name.text, *s->at == '{' ? "a map" : "a list");
      return wrong_at(s, start);
    case 't':
      *out = (row_text){"true", 4};
      if (take_word(s, "true")) return true;
      break;
    case 'f':
      *out = (row_text){"false", 5};
      if (take_word(s, "false")) return true;
      break;
    case 'n':
      if (take_word(s, "null")) return true;
      break;
    default:
      if (!take_number(s, out)) return false;
      return row_check_value(out->text, out->len, s->why) || wrong_at(s, start);
  }
  return wrong(s, start, "no value that JSON knows; strings stand in double quotes");
}

/* A key and its colon. */
static bool take_key(scan *s, row_text *out) {
  if (s->at == s->end || *s->at != '"') return wrong(s, s->at, "a key in double quotes must stand here");
  if (!take_string(s, out)) return false;
  return take_byte(s, ':') || wrong(s, s->at, "a colon must stand behind a key");
}

/* Behind a value in a map. `more`: another key follows. */
static bool take_between(scan *s, bool *more) {
  *more = take_byte(s, ',');
  if (*more || take_byte(s, '}')) return true;
  return wrong(s, s->at, "a comma or } must stand here");
}

static bool twice(const scan *s, const char *at, const char *first, const char *name, size_t len) {
  diag_set(s->why, "duplicate-key", (mark){0}, "the key \"%.*s\" is given twice", (int)(len < 200 ? len : 200), name);
  s->why->other = cut_mark(ROWS_JSON, s->out->text, (size_t)(first - s->out->text), s->out->place);
  return wrong_at(s, at);
}

static int compare(const row_field *a, const row_field *b) {
  if (a->name_len != b->name_len) return a->name_len < b->name_len ? -1 : 1;
  return memcmp(a->name, b->name, a->name_len);
}

/* By name, and equal ones in the order of the text. */
static int compare_taken(const void *x, const void *y) {
  const row_taken *a = x, *b = y;
  int order = compare(&a->field, &b->field);
  return order ? order : (a->at > b->at) - (a->at < b->at);
}

/* Refuses equal names: pair by pair where they are few. */
static bool check_twice(scan *s, size_t count) {
  enum { FEW = 24 };
  row_taken *t = s->parser->taken;
  for (size_t i = 1; i < count && count <= FEW; i++)
    for (size_t k = 0; k < i; k++)
      if (!compare(&t[i].field, &t[k].field)) return twice(s, t[i].at, t[k].at, t[i].field.name, t[i].field.name_len);
  if (count <= FEW) return true;
  row_taken *sorted = arena_alloc(s->arena, count * sizeof *sorted);
  if (!sorted) return diag_memory(s->why);
  memcpy(sorted, t, count * sizeof *sorted);
  qsort(sorted, count, sizeof *sorted, compare_taken);
  for (size_t i = 1; i < count; i++)
    if (!compare(&sorted[i - 1].field, &sorted[i].field))
      return twice(s, sorted[i].at, sorted[i - 1].at, sorted[i].field.name, sorted[i].field.name_len);
  return true;
}

static bool keep_fields(scan *s, size_t count, row_field **out, uint32_t *out_count) {
  if (!check_twice(s, count)) return false;
  row_field *fields = count ? arena_alloc(s->arena, count * sizeof *fields) : NULL;
  if (count && !fields) return diag_memory(s->why);
  *out = fields;
  *out_count = 0;
  for (size_t i = 0; i < count; i++)
    if (s->parser->taken[i].field.value) fields[(*out_count)++] = s->parser->taken[i].field;
  return true;
}

static bool room_for(scan *s, size_t count) {
  row_parser *p = s->parser;
  if (count < p->taken_cap) return true;
  size_t cap = p->taken_cap ? p->taken_cap * 2 : 16;
  row_taken *grown = realloc(p->taken, cap * sizeof *grown);
  if (!grown) return diag_memory(s->why);
  p->taken = grown;
  p->taken_cap = cap;
  return true;
}

/* The map of variables or params, or null. */
static bool take_fields(scan *s, row_key_id key, row_field **out, uint32_t *out_count) {
  size_t count = 0;
  const char *start = s->at;
  if (take_word(s, "null")) return true;
  if (!take_byte(s, '{')) {
    diag_set(s->why, "bad-row", (mark){0}, "%s must be a map", row_key_name(key));
    return wrong_at(s, start);
  }
  for (bool more = !take_byte(s, '}'); more; count++) {
    const char *at = s->at;
    row_text name = {0}, value = {0};
    if (!take_key(s, &name)) return false;
    if (!row_check_field(key, name.text, name.len, s->why)) return wrong_at(s, at);
    if (!take_value(s, key, name, &value) || !take_between(s, &more) || !room_for(s, count)) return false;
    s->parser->taken[count] = (row_taken){{name.text, value.text, name.len, value.len}, at};
  }
  return keep_fields(s, count, out, out_count);
}

/* A name, namespace or Task, or null. */
static bool take_own(scan *s, row_key_id key) {
  const char *start = s->at;
  row_text value = {0};
  if (take_word(s, "null")) return true;
  if (s->at == s->end || *s->at != '"') {
    diag_set(s->why, "bad-row", (mark){0}, "%s must be a string, in double quotes", row_key_name(key));
    return wrong_at(s, start);
  }
  if (!take_string(s, &value)) return false;
  return row_set(s->out, key, value, s->why) || wrong_at(s, start);
}

static bool take_member(scan *s, const char **seen) {
  const char *at = s->at;
  row_text name = {0};
  if (!take_key(s, &name)) return false;
  row_key_id key = row_key(name.text, name.len);
  if (key == ROW_UNKNOWN) {
    row_unknown_key(name.text, name.len, s->why);
    return wrong_at(s, at);
  }
  if (seen[key]) return twice(s, at, seen[key], name.text, name.len);
  seen[key] = at;
  row *r = s->out;
  if (key == ROW_VARIABLES) return take_fields(s, key, &r->variables, &r->variable_count);
  if (key == ROW_PARAMS) return take_fields(s, key, &r->params, &r->param_count);
  return take_own(s, key);
}

bool row_json(row_parser *p, arena *a, row *out, diag *why) {
  scan s = {.at = out->text, .end = out->text + out->len, .parser = p, .arena = a, .out = out, .why = why};
  const char *seen[ROW_UNKNOWN] = {0};
  if (!take_byte(&s, '{')) {
    diag_set(why, "bad-row", (mark){0}, "a row is a map, in braces");
    return wrong_at(&s, s.at);
  }
  for (bool more = !take_byte(&s, '}'); more;)
    if (!take_member(&s, seen) || !take_between(&s, &more)) return false;
  return s.at == s.end || wrong(&s, s.at, "nothing may stand behind a row");
}
