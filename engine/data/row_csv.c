/* A row of CSV, as RFC 4180 has it. */
#include <string.h>

#include "data/row.h"

typedef struct line {
  const char *at, *end; /* at the start of a cell; NULL behind the last one */
  const char *text;
  mark place; /* of the text */
  arena *arena;
  diag *why;
} line;

static mark place_of(const line *l, const char *at) { return cut_mark(ROWS_CSV, l->text, (size_t)(at - l->text), l->place); }

static bool wrong(const line *l, const char *at, const char *problem) {
  return diag_set(l->why, "csv-syntax", place_of(l, at), "%s", problem);
}

static bool wrong_at(const line *l, const char *at) { return row_wrong_at(l->why, place_of(l, at)); }

/* Moves behind the comma that follows a cell. */
static void next_cell(line *l, const char *behind) { l->at = behind < l->end ? behind + 1 : NULL; }

/* A quoted cell. */
static bool take_quoted(line *l, row_text *out) {
  const char *start = l->at + 1, *close = start;
  size_t doubled = 0;
  for (;; close += 2, doubled++) {
    close = memchr(close, '"', (size_t)(l->end - close));
    if (!close) return wrong(l, l->at, "a quoted cell without an end");
    if (close + 1 == l->end || close[1] != '"') break;
  }
  if (close + 1 < l->end && close[1] != ',') return wrong(l, close, "a quoted cell ends at this quote; write a quote within one twice");
  *out = (row_text){start, (uint32_t)(close - start)};
  next_cell(l, close + 1);
  if (!doubled) return true;
  char *bytes = arena_alloc(l->arena, out->len), *to = bytes;
  if (!bytes) return diag_memory(l->why);
  for (const char *c = start; c < close; c++) {
    *to++ = *c;
    if (*c == '"') c++;
  }
  *out = (row_text){bytes, (uint32_t)(to - bytes)};
  return true;
}

static bool take_cell(line *l, row_text *out) {
  if (l->at < l->end && *l->at == '"') return take_quoted(l, out);
  const char *c = l->at;
  for (; c < l->end && *c != ','; c++) {
    if (*c == '"') return wrong(l, c, "a quote in a cell that does not start with one; write the cell in quotes, and its quotes twice");
    if (*c == '\r') return wrong(l, c, "a carriage return outside of quotes; lines end with \\n or \\r\\n");
  }
  *out = (row_text){l->at, (uint32_t)(c - l->at)};
  next_cell(l, c);
  return true;
}

static bool starts_with(const row_text *cell, const char *prefix) {
  size_t len = strlen(prefix);
  return cell->len > len && !memcmp(cell->text, prefix, len);
}

/* The column that a cell of the first line names. */
static bool take_column(const line *l, row_text cell, row_column *out) {
  bool variable = starts_with(&cell, "variables."), param = starts_with(&cell, "params.");
  if (variable || param) {
    uint32_t prefix = variable ? 10 : 7;
    out->key = variable ? ROW_VARIABLES : ROW_PARAMS;
    out->name = (row_text){cell.text + prefix, cell.len - prefix};
    return row_check_field(out->key, out->name.text, out->name.len, l->why);
  }
  out->key = row_key(cell.text, cell.len);
  out->name = cell;
  if (out->key < ROW_VARIABLES) return true;
  int shown = cell.len < 100 ? (int)cell.len : 100;
  return diag_set(l->why, "bad-row", (mark){0}, "\"%.*s\" is no column; there are name, namespace, task, variables.X and params.X", shown,
                  cell.text);
}

static bool same_column(const row_column *a, const row_column *b) {
  return a->key == b->key && a->name.len == b->name.len && !memcmp(a->name.text, b->name.text, a->name.len);
}

/* Adds a column; there is room for it. */
static bool add_column(row_parser *p, const line *l, row_text cell, const char *at) {
  row_column *added = &p->columns[p->column_count];
  if (!take_column(l, cell, added)) return wrong_at(l, at);
  added->at = at;
  for (const row_column *c = p->columns; c < added; c++)
    if (same_column(c, added)) {
      diag_set(l->why, "duplicate-key", place_of(l, at), "the column \"%.*s\" is given twice", (int)(cell.len < 100 ? cell.len : 100),
               cell.text);
      l->why->other = place_of(l, c->at);
      return false;
    }
  p->column_count++;
  p->variable_count += added->key == ROW_VARIABLES;
  p->param_count += added->key == ROW_PARAMS;
  return true;
}

bool row_csv_head(row_parser *p, const char *text, size_t len, diag *why) {
  size_t most = 1;
  bool named = false;
  const char *kept = arena_copy(&p->kept, text, len);
  if (!kept) return diag_memory(why);
  while (len && (kept[len - 1] == '\n' || kept[len - 1] == '\r')) len--;
  row r = {.text = kept, .len = len, .place = {1, 1}};
  if (!row_check_text(&r, ROWS_CSV, why)) return false;
  for (size_t i = 0; i < len; i++) most += kept[i] == ',';
  if (most > ROW_COLUMNS) return diag_set(why, "bad-row", (mark){1, 1}, "more than %d columns", ROW_COLUMNS);
  p->columns = arena_alloc(&p->kept, most * sizeof *p->columns);
  if (!p->columns) return diag_memory(why);
  line l = {.at = kept, .end = kept + len, .text = kept, .place = {1, 1}, .arena = &p->kept, .why = why};
  while (l.at) {
    const char *at = l.at;
    row_text cell = {0};
    if (!take_cell(&l, &cell) || !add_column(p, &l, cell, at)) return false;
    named = named || p->columns[p->column_count - 1].key == ROW_NAME;
  }
  return named || diag_set(why, "bad-row", (mark){1, 1}, "no column is called name, which every row needs");
}

/* Puts a cell under its column's name. */
static bool put(const line *l, const row_column *c, row_text cell, row *out) {
  if (!row_check_value(cell.text, cell.len, l->why)) return false;
  if (c->key < ROW_VARIABLES) return row_set(out, c->key, cell, l->why);
  if (!cell.len) return true;
  row_field field = {c->name.text, cell.text, c->name.len, cell.len};
  if (c->key == ROW_VARIABLES) out->variables[out->variable_count++] = field;
  else out->params[out->param_count++] = field;
  return true;
}

static bool wrong_count(row_parser *p, const line *l) {
  line rest = *l;
  row_text cell;
  uint32_t cells = p->column_count;
  for (; rest.at && take_cell(&rest, &cell); cells++) continue;
  return diag_set(l->why, "bad-row", place_of(l, l->at), "%u cells, and the first line has %u", cells, p->column_count);
}

bool row_csv(row_parser *p, arena *a, row *out, diag *why) {
  line l = {.at = out->text, .end = out->text + out->len, .text = out->text, .place = out->place, .arena = a, .why = why};
  out->variables = arena_alloc(a, (p->variable_count + p->param_count) * sizeof *out->variables);
  if (!out->variables) return diag_memory(why);
  out->params = out->variables + p->variable_count;
  for (uint32_t i = 0; i < p->column_count; i++) {
    const char *at = l.at;
    row_text cell = {0};
    if (!at) return diag_set(why, "bad-row", place_of(&l, l.end), "%u cells, and the first line has %u", i, p->column_count);
    if (!take_cell(&l, &cell)) return false;
    if (!put(&l, &p->columns[i], cell, out)) return wrong_at(&l, at);
  }
  return !l.at || wrong_count(p, &l);
}
