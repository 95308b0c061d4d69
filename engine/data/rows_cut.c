#include "data/rows_cut.h"

#include <string.h>

#include "base/source.h"

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* A line of NDJSON or CSV that holds nothing. */
static cut_result line_kind(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (!is_space(text[i])) return CUT_ROW;
  return CUT_GAP;
}

/* What is left at the end of an input of lines. */
static cut_result last_line(const char *text, size_t len, size_t from) {
  return from == len ? CUT_END : line_kind(text + from, len - from);
}

static cut_result cut_line(const char *text, size_t len, bool last, size_t from, size_t *at) {
  const char *end = memchr(text + *at, '\n', len - *at);
  *at = end ? (size_t)(end - text) + 1 : len;
  if (end) return line_kind(text + from, *at - from);
  return last ? last_line(text, len, from) : CUT_MORE;
}

/* CSV: a quote opens a quoted cell only where a cell starts, so that a stray one does not swallow the rows that follow. */
enum { CELL, PLAIN, QUOTED, CLOSED /* behind a quote in a quoted cell: its end, or half of a doubled one */ };

static cut_result cut_csv(cutter *c, const char *text, size_t len, bool last, size_t from, size_t *at) {
  const char *end = c->state == QUOTED ? NULL : memchr(text + *at, '\n', len - *at);
  if (end && !memchr(text + *at, '"', (size_t)(end - text) - *at)) { /* most rows */
    *at = (size_t)(end - text) + 1;
    c->state = CELL;
    return line_kind(text + from, *at - from);
  }
  for (; *at < len; ++*at) {
    char here = text[*at];
    if (c->state == QUOTED) {
      if (here == '"') c->state = CLOSED;
    } else if (here == '\n') {
      c->state = CELL;
      ++*at;
      return line_kind(text + from, *at - from);
    } else if (here == ',') c->state = CELL;
    else c->state = here == '"' && c->state != PLAIN ? QUOTED : PLAIN;
  }
  return last ? last_line(text, len, from) : CUT_MORE;
}

/* JSON: behind the bracket or comma stands a row; a row is a value, whatever it is. */
enum { OUTSIDE, FIRST, NEXT, AFTER, DONE, INSIDE, STRING, ESCAPE, SCALAR };

static cut_result broken(cutter *c, const char *problem) {
  c->problem = problem;
  return CUT_BROKEN;
}

static cut_result end_value(cutter *c, size_t *at, size_t width) {
  c->state = AFTER;
  *at += width;
  return CUT_ROW;
}

/* One byte between rows. CUT_MORE: it is part of what stands there; CUT_GAP: a row starts here. */
static cut_result between(cutter *c, char here) {
  if (is_space(here)) return CUT_MORE;
  switch (c->state) {
    case OUTSIDE:
      if (here != '[') return broken(c, "a JSON array of rows starts with [; lines with an object each are NDJSON");
      c->state = FIRST;
      return CUT_MORE;
    case AFTER:
      if (here != ',' && here != ']') return broken(c, "behind a row stands a comma or ]");
      c->state = here == ',' ? NEXT : DONE;
      return CUT_MORE;
    case DONE: return broken(c, "nothing may stand behind the array");
    case NEXT:
      if (here == ',' || here == ']') return broken(c, "behind a comma stands a row");
      return CUT_GAP;
    default:
      if (here == ',') return broken(c, "before a comma stands a row");
      if (here != ']') return CUT_GAP;
      c->state = DONE;
      return CUT_MORE;
  }
}

/* One byte of a row. CUT_ROW: it ends the row; CUT_GAP: it stands behind it. */
static cut_result within(cutter *c, char here) {
  bool line_ends = here == '\n'; /* which no string holds: one without its quote must not swallow the rows that follow */
  switch (c->state) {
    case STRING:
    case ESCAPE:
      if (c->state == STRING && here == '\\') c->state = ESCAPE;
      else if (line_ends || (c->state == STRING && here == '"')) {
        c->state = INSIDE;
        return c->depth ? CUT_MORE : CUT_ROW;
      } else c->state = STRING;
      return CUT_MORE;
    case SCALAR: return is_space(here) || here == ',' || here == ']' ? CUT_GAP : CUT_MORE;
    default:
      if (here == '{' || here == '[') c->depth++;
      else if (here == '"') c->state = STRING;
      else if (!c->depth) c->state = SCALAR;
      else if ((here == '}' || here == ']') && !--c->depth) return CUT_ROW;
      return CUT_MORE;
  }
}

static cut_result cut_json(cutter *c, const char *text, size_t len, bool last, size_t from, size_t *at) {
  for (; *at < len; ++*at) {
    if (c->state < INSIDE) {
      cut_result result = between(c, text[*at]);
      if (result == CUT_BROKEN) return result;
      if (result == CUT_MORE) continue;
      c->state = INSIDE;
      c->depth = 0;
      if (*at > from) return CUT_GAP;
    }
    cut_result result = within(c, text[*at]);
    if (result != CUT_MORE) return end_value(c, at, result == CUT_ROW);
  }
  if (!last) return CUT_MORE;
  if (c->state == OUTSIDE || c->state == DONE) return CUT_END;
  if (c->state == SCALAR) return end_value(c, at, 0);
  if (c->state < INSIDE) return broken(c, "the array has no end");
  *at = from;
  return broken(c, "this row has no end, and so has the array");
}

/* YAML: `---` at the start of a line starts a document wherever it stands, also within a block or a quoted text, and `...` ends one. */
enum { PREFIX, MARKED /* behind --- or the first content */, CLOSING /* on the line of ... */, LINE_START = 4, LEAD = 8 };

static char marker_at(const char *s, size_t len) {
  bool marker = len >= 3 && (s[0] == '-' || s[0] == '.') && s[1] == s[0] && s[2] == s[0];
  return marker && (len == 3 || s[3] == ' ' || s[3] == '\t' || source_line_end(s + 3, len - 3)) ? s[0] : '\0';
}

static cut_result end_document(cutter *c) {
  cut_result result = c->blank ? CUT_GAP : CUT_ROW;
  c->state = PREFIX | LINE_START | LEAD;
  c->opens = c->content;
  c->blank = true;
  c->content = 0;
  return result;
}

/* At the start of a line. True when the document ends before it. */
static bool start_line(cutter *c, const char *text, size_t len, size_t *at) {
  int part = c->state & (MARKED | CLOSING);
  char marker = marker_at(text + *at, len - *at);
  if (part == CLOSING || (part == MARKED && marker == '-')) return true;
  if (marker) part = marker == '-' ? MARKED : CLOSING, *at += 3;
  else if (part == PREFIX && text[*at] == '%') c->blank = false; /* a directive: the document is still to come */
  c->state = (uint8_t)(part | LEAD);
  if (!marker && part == PREFIX && text[*at] == '%') c->state &= (uint8_t)~LEAD;
  return false;
}

/* A byte of a line. */
static void look_at(cutter *c, char here) {
  if (!(c->state & LEAD) || here == ' ' || here == '\t') return;
  c->state &= (uint8_t)~LEAD;
  if (here == '#') return;
  if (!c->content) c->content = here;
  if (!(c->state & CLOSING)) c->state |= MARKED;
  c->blank = false;
}

static cut_result cut_yaml(cutter *c, const char *text, size_t len, bool last, size_t from, size_t *at) {
  while (*at < len) {
    size_t left = len - *at;
    if (left < 6 && !last) return CUT_MORE; /* a marker and a line end */
    if (c->state & LINE_START && start_line(c, text, len, at)) return end_document(c);
    c->state &= (uint8_t)~LINE_START;
    if (*at == len) break;
    size_t end = source_line_end(text + *at, len - *at);
    if (end) c->state |= LINE_START | LEAD;
    else look_at(c, text[*at]);
    *at += end ? end : 1;
  }
  if (!last) return CUT_MORE;
  return from == len ? CUT_END : end_document(c);
}

cutter cut_begin(rows_format format) {
  cutter c = {.format = format, .blank = true};
  if (format == ROWS_YAML) c.state = PREFIX | LINE_START | LEAD;
  return c;
}

cutter cut_within(rows_format format) {
  cutter c = cut_begin(format);
  if (format == ROWS_JSON) c.state = FIRST;
  return c;
}

cut_result cut_next(cutter *c, const char *text, size_t len, bool last, size_t from, size_t *at) {
  switch (c->format) {
    case ROWS_CSV: return cut_csv(c, text, len, last, from, at);
    case ROWS_YAML: return cut_yaml(c, text, len, last, from, at);
    case ROWS_JSON: return cut_json(c, text, len, last, from, at);
    default: return cut_line(text, len, last, from, at);
  }
}

mark cut_mark(rows_format format, const char *text, size_t len, mark at) {
  if (format == ROWS_YAML) return source_mark_from(text, len, 0, at, len);
  const char *end = text + len;
  for (const char *line; len && (line = memchr(text, '\n', (size_t)(end - text))); text = line + 1) {
    at.line++;
    at.column = 1;
  }
  for (; text < end; text++) at.column += ((unsigned char)*text & 0xC0) != 0x80; /* characters, not bytes */
  return at;
}
