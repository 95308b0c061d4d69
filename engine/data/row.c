#include "data/row.h"

#include <stdlib.h>
#include <string.h>

#include "base/source.h"
#include "base/unicode.h"
#include "base/utf8.h"

enum { LONGEST_NAME = 253, LONGEST_LABEL = 63, SHOWN = 100 /* bytes of a text in a message */ };

static const row_text keys[] = {{"name", 4}, {"namespace", 9}, {"task", 4}, {"variables", 9}, {"params", 6}};

row_key_id row_key(const char *text, size_t len) {
  for (int i = 0; i < ROW_UNKNOWN; i++)
    if (keys[i].len == len && !memcmp(keys[i].text, text, len)) return (row_key_id)i;
  return ROW_UNKNOWN;
}

const char *row_key_name(row_key_id key) { return keys[key].text; }

bool row_wrong_at(diag *why, mark at) {
  if (strcmp(why->id, MEMORY_ID) != 0) why->at = at;
  return false;
}

static int shown(size_t len) { return len < SHOWN ? (int)len : SHOWN; }

bool row_unknown_key(const char *text, size_t len, diag *why) {
  return diag_set(why, "bad-row", (mark){0}, "a row has no \"%.*s\"; it has name, namespace, task, variables and params", shown(len), text);
}

static bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/* One label of RFC 1123. */
static bool is_label(const char *text, size_t len) {
  if (!len || !is_alphanumeric(text[0]) || !is_alphanumeric(text[len - 1])) return false;
  for (size_t i = 0; i < len; i++)
    if (!is_alphanumeric(text[i]) && text[i] != '-') return false;
  return true;
}

/* Labels with dots between them. */
static bool is_subdomain(const char *text, size_t len) {
  for (const char *end = text + len;;) {
    const char *dot = memchr(text, '.', (size_t)(end - text));
    if (!is_label(text, (size_t)((dot ? dot : end) - text))) return false;
    if (!dot) return true;
    text = dot + 1;
  }
}

bool row_set(row *out, row_key_id key, row_text value, diag *why) {
  size_t longest = key == ROW_NAME ? LONGEST_NAME : LONGEST_LABEL;
  if (!value.len) return true;
  if (key != ROW_TASK && value.len > longest)
    return diag_set(why, "bad-row", (mark){0}, "a %s of %u bytes; it can have %zu", row_key_name(key), value.len, longest);
  if (key == ROW_NAME && !is_subdomain(value.text, value.len))
    return diag_set(
        why, "bad-row", (mark){0},
        "\"%.*s\" is no name of an object: lower case letters, digits, \"-\" and \".\", a letter or digit at the ends of each part",
        shown(value.len), value.text);
  if (key == ROW_NAMESPACE && !is_label(value.text, value.len))
    return diag_set(why, "bad-row", (mark){0},
                    "\"%.*s\" is no name of a namespace: lower case letters, digits and \"-\", a letter or digit at both ends",
                    shown(value.len), value.text);
  *(key == ROW_NAME ? &out->name : key == ROW_NAMESPACE ? &out->namespace : &out->task) = value;
  return true;
}

bool row_check_field(row_key_id key, const char *name, size_t len, diag *why) {
  size_t i = 0;
  bool failed = false;
  while (i < len) {
    uint32_t rune = (unsigned char)name[i];
    size_t width = 1;
    bool plain = (rune >= 'A' && rune <= 'Z') || (rune >= 'a' && rune <= 'z') || (rune >= '0' && rune <= '9') || rune == '_';
    if (rune >= 0x80) width = utf8_read(name + i, len - i, &rune);
    if (!plain && (rune < 0x80 || !unicode_is_letter_or_digit(rune, &failed) || failed)) break;
    i += width;
  }
  if (failed) return diag_memory(why);
  if (len > LIMIT_SCALAR) return diag_set(why, "scalar-limit", (mark){0}, "a name of more than %d MiB", LIMIT_SCALAR >> 20);
  if (i == len && len) return true;
  return diag_set(why, "bad-row", (mark){0}, "\"%.*s\" in %s cannot stand in ${...}: a name has letters, digits and _", shown(len), name,
                  row_key_name(key));
}

bool row_check_value(const char *text, size_t len, diag *why) {
  if (len > LIMIT_SCALAR) return diag_set(why, "scalar-limit", (mark){0}, "a text of more than %d MiB", LIMIT_SCALAR >> 20);
  if (len && memchr(text, '\0', len))
    return diag_set(why, "bad-text", (mark){0}, "a text with a NUL, which no command line and no environment can hold");
  return true;
}

row_parser *row_parser_open(const rows_head *head, diag *why) {
  row_parser *p = calloc(1, sizeof *p);
  if (!p) return diag_memory(why), NULL;
  p->format = head->format;
  if (head->format != ROWS_CSV || !head->len || row_csv_head(p, head->text, head->len, why)) return p;
  row_parser_close(p);
  return NULL;
}

void row_parser_close(row_parser *p) {
  if (!p) return;
  row_document_free(&p->document);
  arena_free(&p->kept);
  free(p->taken);
  free(p);
}

void row_parser_give(row_parser *p, const rows_piece *piece) {
  p->node = p->node_count = 0;
  p->cutter = cut_within(p->format);
  p->text = piece->text;
  p->len = piece->len;
  p->at = 0;
  p->mark = (mark){piece->line, piece->column};
  p->index = piece->first;
}

static size_t without_end(const char *text, size_t len) {
  while (len && (text[len - 1] == '\n' || text[len - 1] == '\r')) len--;
  return len;
}

/* The next row's text into `out`, a document of YAML with its line ends, which may belong to its last value. False at the end. */
static bool cut(row_parser *p, row *out) {
  for (;;) {
    size_t at = p->at;
    cut_result found = at == p->len ? CUT_END : cut_next(&p->cutter, p->text, p->len, true, p->at, &at);
    if (found == CUT_END) return false;
    if (found == CUT_BROKEN) at = p->len; /* a row that was too long to be given out whole */
    *out = (row){.text = p->text + p->at, .len = at - p->at, .place = p->mark, .index = p->index};
    if (found != CUT_GAP && p->format != ROWS_YAML) out->len = without_end(out->text, out->len);
    if (p->format == ROWS_NDJSON) { /* which cut_mark would find out too */
      out->end_line = p->mark.line++;
    } else {
      if (found != CUT_GAP) out->end_line = cut_mark(p->format, out->text, without_end(out->text, out->len), p->mark).line;
      p->mark = cut_mark(p->format, p->text + p->at, at - p->at, p->mark);
    }
    p->at = at;
    if (found != CUT_GAP) return true;
  }
}

bool row_check_text(const row *r, rows_format format, diag *why) {
  if (r->len > LIMIT_DOCUMENT) return diag_set(why, "document-limit", r->place, "a row of more than %d MiB", LIMIT_DOCUMENT >> 20);
  size_t i = utf8_ascii(r->text, r->len);
  uint32_t rune;
  for (size_t width; i < r->len; i += width, i += utf8_ascii(r->text + i, r->len - i)) {
    width = utf8_read(r->text + i, r->len - i, &rune);
    if (width == 1)
      return diag_set(why, "bad-text", cut_mark(format, r->text, i, r->place), "byte 0x%02x is not valid UTF-8", (unsigned char)r->text[i]);
  }
  const char *nul = memchr(r->text, '\0', r->len);
  return !nul || diag_set(why, "bad-text", cut_mark(format, r->text, (size_t)(nul - r->text), r->place), "a NUL, which no text can hold");
}

/* Where a document's node starts or ends, for one who knows the place of text[from]. What stands before that is at `from`. */
static size_t offset_of(const char *text, size_t len, size_t from, mark known, mark at) {
  uint32_t rune;
  while (from < len && (known.line < at.line || (known.line == at.line && known.column < at.column))) {
    size_t end = source_line_end(text + from, len - from);
    known = end ? (mark){known.line + 1, 1} : (mark){known.line, known.column + 1};
    from += end ? end : utf8_read(text + from, len - from, &rune);
  }
  return from;
}

/* The row that the document's next node is. */
static bool take_node(row_parser *p, arena *a, row *out, diag *why) {
  const node *n = &p->nodes[p->node++];
  mark known = p->known;
  bool aliased = n->start.line < known.line || (n->start.line == known.line && n->start.column < known.column);
  *out = (row){.index = p->index, .place = n->start, .end_line = n->start.line};
  if (!aliased) {
    size_t start = offset_of(p->document_text, p->document_len, p->known_at, known, n->start);
    size_t end = offset_of(p->document_text, p->document_len, start, n->start, n->end);
    while (end > start && strchr(" \t\r\n", p->document_text[end - 1])) end--;
    out->text = p->document_text + start;
    out->len = end - start;
    out->end_line = cut_mark(ROWS_YAML, out->text, out->len, n->start).line;
    p->known = n->start;
    p->known_at = start;
  }
  return row_yaml(n, a, out, why);
}

/* Reads the document that was cut. Its rows are its items, or the one that it is. */
static bool take_document(row_parser *p, const row *document, diag *why) {
  row_document_free(&p->document);
  if (!row_document_read(&p->document, document->text, document->len, document->place, why)) return false;
  const node *root = &p->document.root;
  bool list = root->kind == NODE_LIST;
  p->nodes = list ? root->items : root;
  p->node = 0;
  p->node_count = list ? root->count : 1;
  p->document_text = document->text;
  p->document_len = document->len;
  p->known = document->place;
  p->known_at = 0;
  return true;
}

row_result row_next(row_parser *p, arena *a, row *out, diag *why) {
  bool ok = true;
  while (p->node == p->node_count) {
    if (!cut(p, out)) return ROW_END;
    ok = row_check_text(out, p->format, why);
    if (ok && p->format == ROWS_YAML) ok = take_document(p, out, why);
    else if (ok) ok = p->format == ROWS_CSV ? row_csv(p, a, out, why) : row_json(p, a, out, why);
    if (!ok || p->format != ROWS_YAML) break;
  }
  if (ok && p->format == ROWS_YAML) ok = take_node(p, a, out, why);
  if (ok && !out->name.len) ok = diag_set(why, "bad-row", out->place, "a row needs a name");
  p->index++;
  return ok ? ROW : ROW_BAD;
}
