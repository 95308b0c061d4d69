/* The reader. Idea: a window of the input, in which the cutter goes ahead of what was given out.
 *
 *   text:  given out | rows of the piece | gap | row or gap at hand | not yet cut |
 *                    ^ start             ^ end ^ row                ^ at          ^ len
 *
 * Invariant: `offset` and `mark` are those of text[start].
 */
#include "data/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "data/row.h"
#include "data/rows_cut.h"
#include "data/yaml_in.h"

enum { STEP = 256 << 10, MOST_PIECE = 1 << 20 };

struct rows_reader {
  int fd;
  rows_head head;
  char *head_text;
  cutter cutter;
  buf text;
  size_t start, end, row, at;
  off_t offset;
  mark mark;
  uint64_t count; /* rows given out */
  bool over;      /* nothing is left to be read */
  bool too_long;  /* the row at hand was given out for what it is; the rest of it is passed over */
  bool broken;
  diag why;
};

static bool ends_so(const char *path, const char *ending) {
  size_t len = strlen(path), end = strlen(ending);
  return len > end && !strcasecmp(path + len - end, ending);
}

static size_t mark_width(const char *text, size_t len) { return len >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0; }

/* True when the first line starts with the name of a column, and nothing but a comma or the line's end behind it. */
static bool starts_as_csv(const char *text, size_t len) {
  bool quoted = len && *text == '"';
  text += quoted, len -= quoted;
  size_t width = 0;
  while (width < len && !strchr(",\"\r\n", text[width])) width++;
  bool field = (width > 10 && !memcmp(text, "variables.", 10)) || (width > 7 && !memcmp(text, "params.", 7));
  int key = row_key(text, width);
  return (field || key == ROW_NAME || key == ROW_NAMESPACE || key == ROW_TASK) && !memchr(text, ':', width);
}

static rows_format guess(const char *text, size_t len) {
  size_t skip = mark_width(text, len);
  while (skip < len && strchr(" \t\r\n", text[skip])) skip++;
  text += skip, len -= skip;
  if (len && (*text == '{' || *text == '[')) return *text == '{' ? ROWS_NDJSON : ROWS_JSON;
  return starts_as_csv(text, len) ? ROWS_CSV : ROWS_YAML;
}

bool rows_format_of(const char *path, const char *start, size_t len, rows_format *out) {
  static const struct {
    const char *ending;
    rows_format format;
  } known[] = {{".ndjson", ROWS_NDJSON}, {".jsonl", ROWS_NDJSON}, {".csv", ROWS_CSV},
               {".yaml", ROWS_YAML},     {".yml", ROWS_YAML},     {".json", ROWS_JSON}};
  for (size_t i = 0; path && i < sizeof known / sizeof *known; i++)
    if (ends_so(path, known[i].ending)) return *out = known[i].format, true;
  if (len) *out = guess(start, len);
  return len > 0;
}

/* Moves the start on, which is never behind the cutter. */
static void move_to(rows_reader *r, size_t start) {
  r->mark = cut_mark(r->cutter.format, r->text.data + r->start, start - r->start, r->mark);
  r->offset += (off_t)(start - r->start);
  r->start = r->end = start;
}

/* Reads more. False: an error. */
static bool fill(rows_reader *r, diag *why) {
  buf *text = &r->text;
  if (r->start && text->cap - text->len < STEP) { /* forget what was given out */
    memmove(text->data, text->data + r->start, text->len - r->start);
    text->len -= r->start;
    r->end -= r->start;
    r->row -= r->start;
    r->at -= r->start;
    r->start = 0;
  }
  if (!buf_room(text, STEP)) return diag_memory(why);
  ssize_t got;
  do got = read(r->fd, text->data + text->len, text->cap - text->len);
  while (got < 0 && errno == EINTR);
  if (got < 0) return diag_set(why, "unreadable", (mark){0}, "cannot read the rows: %s", strerror(errno));
  text->len += (size_t)got;
  r->over = got == 0;
  return true;
}

/* The cutter's next result that is none for want of text. False: an error. A row that is too long comes as CUT_MORE. */
static bool cut(rows_reader *r, cut_result *result, diag *why) {
  for (;;) {
    *result = cut_next(&r->cutter, r->text.data ? r->text.data : "", r->text.len, r->over, r->row, &r->at);
    if (*result != CUT_MORE || (!r->too_long && r->at - r->row > LIMIT_DOCUMENT)) return true;
    if (r->too_long) move_to(r, r->row = r->at);
    if (!fill(r, why)) return false;
  }
}

/* Keeps what ends the reading: the rows before it are given out first. */
static rows_result stop(rows_reader *r, const diag *why) {
  r->broken = true;
  r->why = *why;
  return ROWS_ERROR;
}

static rows_result stop_broken(rows_reader *r) {
  diag why;
  mark at = cut_mark(r->cutter.format, r->text.data + r->start, r->at - r->start, r->mark);
  diag_set(&why, "json-syntax", at, "%s", r->cutter.problem);
  return stop(r, &why);
}

/* How many rows a document of YAML holds: if it can be a list, it is read to find out. One that cannot be read counts as one. */
static bool count_rows(const rows_reader *r, uint32_t *count, diag *why) {
  size_t len = r->at - r->row;
  *count = 1;
  if (r->cutter.format != ROWS_YAML || !r->cutter.opens || !strchr("-[&!", r->cutter.opens) || len > LIMIT_DOCUMENT) return true;
  row_document d;
  bool ok = row_document_read(&d, r->text.data + r->row, len, (mark){1, 1}, why);
  if (ok && d.root.kind == NODE_LIST) *count = d.root.count;
  row_document_free(&d);
  return ok || strcmp(why->id, MEMORY_ID) != 0;
}

/* Adds rows to the piece until it is full. */
static rows_result gather(rows_reader *r, uint32_t records, rows_piece *out) {
  while (out->records < records && r->row - r->start < MOST_PIECE) {
    cut_result found;
    uint32_t count = 0;
    diag why;
    if (!cut(r, &found, &why)) return stop(r, &why);
    if (found == CUT_BROKEN) return stop_broken(r);
    if (found == CUT_END) return ROWS_END;
    bool too_long = found == CUT_MORE;
    if (too_long && out->records) return ROWS_PIECE; /* such a row is a piece of its own, and here is its start */
    if (too_long) count = 1;
    else if (found == CUT_ROW && !r->too_long && !count_rows(r, &count, &why)) return stop(r, &why);
    r->too_long = too_long;
    r->row = r->at;
    if (count) r->end = r->at;
    out->records += count;
    if (too_long) return ROWS_PIECE;
    if (!out->records) move_to(r, r->row); /* a piece starts with a row */
  }
  return ROWS_PIECE;
}

rows_result rows_next(rows_reader *r, uint32_t records, rows_piece *out, diag *why) {
  *out = (rows_piece){.first = r->count};
  rows_result result = ROWS_ERROR;
  if (!r->broken) {
    move_to(r, r->row);
    result = gather(r, records ? records : 1, out);
  }
  if (out->records) {
    out->text = r->text.data + r->start;
    out->len = r->end - r->start;
    out->offset = r->offset;
    out->line = r->mark.line;
    out->column = r->mark.column;
    r->count += out->records;
    return ROWS_PIECE;
  }
  if (result == ROWS_ERROR) *why = r->why;
  return result;
}

/* Reads enough to know the format, and passes over the byte order mark. */
static bool start(rows_reader *r, rows_format format, diag *why) {
  enum { GUESSED = 4096 };
  off_t at = lseek(r->fd, 0, SEEK_CUR);
  r->offset = at < 0 ? 0 : at;
  while (!r->over && r->text.len < (format == ROWS_GUESS ? GUESSED : 3))
    if (!fill(r, why)) return false;
  const char *text = r->text.data;
  if (r->text.len >= 2 && (!memcmp(text, "\xFF\xFE", 2) || !memcmp(text, "\xFE\xFF", 2)))
    return diag_set(why, "bad-text", (mark){1, 1}, "this is UTF-16; rows are read as UTF-8");
  r->head.format = format == ROWS_GUESS ? guess(text, r->text.len) : format;
  size_t skipped = mark_width(text, r->text.len);
  r->start = r->row = r->at = skipped;
  r->offset += (off_t)skipped;
  r->cutter = cut_begin(r->head.format);
  return true;
}

/* CSV: takes the first line that is not blank out of the text. */
static bool take_head(rows_reader *r, diag *why) {
  cut_result found = CUT_GAP;
  while (found == CUT_GAP) {
    move_to(r, r->row = r->at);
    if (!cut(r, &found, why)) return false;
  }
  if (found == CUT_END) return true;
  if (found == CUT_MORE) return diag_set(why, "document-limit", r->mark, "the first line has more than %d MiB", LIMIT_DOCUMENT >> 20);
  r->head.len = r->at - r->row;
  r->head.text = r->head_text = malloc(r->head.len);
  if (!r->head_text) return diag_memory(why);
  memcpy(r->head_text, r->text.data + r->row, r->head.len);
  row_parser *p = row_parser_open(&r->head, why);
  row_parser_close(p);
  if (!p && why->at.line) why->at.line += r->mark.line - 1;
  if (!p && why->other.line) why->other.line += r->mark.line - 1;
  r->row = r->at;
  return p != NULL;
}

rows_reader *rows_open(int fd, rows_format format, diag *why) {
  rows_reader *r = calloc(1, sizeof *r);
  if (!r) return diag_memory(why), NULL;
  *r = (rows_reader){.fd = fd, .mark = {1, 1}};
  if (start(r, format, why) && (r->head.format != ROWS_CSV || take_head(r, why))) return r;
  rows_close(r);
  return NULL;
}

void rows_close(rows_reader *r) {
  if (!r) return;
  buf_free(&r->text);
  free(r->head_text);
  free(r);
}

const rows_head *rows_head_of(const rows_reader *r) { return &r->head; }
