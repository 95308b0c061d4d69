/* A row of NDJSON as data/json_in, and so jansson, reads it: what data/row_json.c is held against. */
#ifndef MOONSTEP_ROWS_REFERENCE_H
#define MOONSTEP_ROWS_REFERENCE_H

#include <string.h>

#include "base/source.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "data/json_in.h"
#include "data/rows.h"

static inline void reference_add(buf *out, const char *what, const char *text, size_t len) {
  buf_format(out, "%s %zu:", what, len);
  buf_add(out, text, len);
  buf_byte(out, '\n');
}

/* A row as one text. */
static inline void reference_show(buf *out, const row *r) {
  reference_add(out, "name", r->name.text, r->name.len);
  reference_add(out, "namespace", r->namespace.text, r->namespace.len);
  reference_add(out, "task", r->task.text, r->task.len);
  for (uint32_t i = 0; i < r->variable_count; i++) {
    reference_add(out, "variable", r->variables[i].name, r->variables[i].name_len);
    reference_add(out, "=", r->variables[i].value, r->variables[i].value_len);
  }
  for (uint32_t i = 0; i < r->param_count; i++) {
    reference_add(out, "param", r->params[i].name, r->params[i].name_len);
    reference_add(out, "=", r->params[i].value, r->params[i].value_len);
  }
}

static inline bool reference_label(const char *text, size_t len, size_t most) {
  if (!len || len > most || text[0] == '-' || text[len - 1] == '-') return false;
  for (size_t i = 0; i < len; i++)
    if (!text[i] || !strchr("abcdefghijklmnopqrstuvwxyz0123456789-", text[i])) return false;
  return true;
}

static inline bool reference_name(const char *text, size_t len) {
  if (len > 253) return false;
  for (size_t from = 0, at = 0; at <= len; at++) {
    if (at < len && text[at] != '.') continue;
    if (!reference_label(text + from, at - from, 253)) return false;
    from = at + 1;
  }
  return true;
}

static inline bool reference_variable(const node *key) {
  uint32_t rune;
  bool failed = false;
  for (size_t i = 0; i < key->count; i += utf8_read(key->text + i, key->count - i, &rune)) {
    utf8_read(key->text + i, key->count - i, &rune);
    if (rune != '_' && !unicode_is_letter_or_digit(rune, &failed)) return false;
  }
  return key->count > 0;
}

static inline bool reference_value(const char *line, size_t len, const node *n, buf *out) {
  size_t start = source_offset(line, len, n->start), end = source_offset(line, len, n->end);
  bool zero = end - start == 2 && !memcmp(line + start, "-0", 2);
  switch ((node_kind)n->kind) {
    case NODE_BOOL: reference_add(out, "=", n->boolean ? "true" : "false", n->boolean ? 4 : 5); return true;
    case NODE_INT:
    case NODE_FLOAT: reference_add(out, "=", zero ? "0" : line + start, zero ? 1 : end - start); return true;
    case NODE_STRING: reference_add(out, "=", n->text, n->count); return !memchr(n->text, '\0', n->count);
    default: return false;
  }
}

static inline bool reference_fields(const char *line, size_t len, const node *map, const char *what, buf *out) {
  if (!map || map->kind == NODE_NULL) return true;
  if (map->kind != NODE_MAP) return false;
  for (uint32_t i = 0; i < map->count; i++) {
    const node *key = &map->items[2 * i];
    if (!reference_variable(key)) return false;
    if (key[1].kind == NODE_NULL) continue;
    reference_add(out, what, key->text, key->count);
    if (!reference_value(line, len, key + 1, out)) return false;
  }
  return true;
}

static inline bool reference_own(const node *n, const char *what, buf *out) {
  bool given = n && n->kind != NODE_NULL;
  if (given && (n->kind != NODE_STRING || memchr(n->text, '\0', n->count))) return false;
  given = given && n->count;
  reference_add(out, what, given ? n->text : "", given ? n->count : 0);
  if (!given) return *what == 't' || !strcmp(what, "namespace");
  return !strcmp(what, "name") ? reference_name(n->text, n->count) : *what == 't' || reference_label(n->text, n->count, 63);
}

/* The row of a line, as reference_show writes it; false where the line is none. */
static inline bool reference_read(const char *bytes, size_t len, arena *a, buf *out) {
  static const char *const keys[] = {"name", "namespace", "task", "variables", "params"};
  const node *found[5] = {0};
  const char *line = arena_copy(a, bytes, len); /* json_in reads numbers up to what ends them */
  json_in in = json_in_open(line, len);
  node root, second;
  diag why;
  if (!utf8_valid(line, len) || json_in_next(&in, a, &root, &why) != JSON_VALUE || root.kind != NODE_MAP) return false;
  if (json_in_next(&in, a, &second, &why) != JSON_END) return false;
  for (uint32_t i = 0; i < root.count; i++) {
    const node *key = &root.items[2 * i];
    size_t k = 0;
    while (k < 5 && (strlen(keys[k]) != key->count || memcmp(keys[k], key->text, key->count) != 0)) k++;
    if (k == 5) return false;
    found[k] = key + 1;
  }
  for (int k = 0; k < 3; k++)
    if (!reference_own(found[k], keys[k], out)) return false;
  return reference_fields(line, len, found[3], "variable", out) && reference_fields(line, len, found[4], "param", out);
}

#endif
