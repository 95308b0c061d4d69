/* A row of YAML, out of the tree that its document was read into. */
#include <stdio.h>
#include <string.h>

#include "data/row.h"
#include "data/yaml_in.h"

bool row_document_read(row_document *d, const char *text, size_t len, mark at, diag *why) {
  *d = (row_document){0};
  yaml_in *in = yaml_in_open(text, len, at.line, why);
  if (!in) return false;
  yaml_in_keep_numbers(in);
  yaml_result result = yaml_in_next(in, &d->nodes, &d->root, why);
  arena rest = {0};
  node second;
  if (result == YAML_DOCUMENT) { /* what stands behind it may be wrong */
    yaml_result behind = yaml_in_next(in, &rest, &second, why);
    if (behind == YAML_DOCUMENT) diag_set(why, "yaml-syntax", second.start, "a document that does not start with ---");
    result = behind == YAML_END ? YAML_DOCUMENT : YAML_ERROR;
  } else if (result == YAML_END) d->root = (node){.kind = NODE_NULL, .start = at, .end = at};
  arena_free(&rest);
  yaml_in_close(in);
  return result != YAML_ERROR;
}

void row_document_free(row_document *d) {
  arena_free(&d->nodes);
  d->root = (node){0};
}

static int shown(uint32_t len) { return len < 100 ? (int)len : 100; }

/* The text of a value, copied; none where it is null. `map` and `key` say where in a message. */
static bool take_value(const node *n, row_key_id map, const node *key, arena *a, row_text *out, diag *why) {
  char digits[24];
  const char *text = n->text;
  size_t len = n->count;
  *out = (row_text){0};
  switch ((node_kind)n->kind) {
    case NODE_NULL: return true;
    case NODE_BOOL: *out = n->boolean ? (row_text){"true", 4} : (row_text){"false", 5}; return true;
    case NODE_INT:
      text = digits;
      len = (size_t)snprintf(digits, sizeof digits, "%lld", (long long)n->integer);
      break;
    case NODE_FLOAT: /* as it is written */
    case NODE_STRING:
      if (!row_check_value(text, len, why)) return row_wrong_at(why, n->start);
      break;
    default:
      return diag_set(why, "bad-row", n->start, "%s.%.*s is %s; a value is a string, a number or a boolean", row_key_name(map),
                      shown(key->count), key->text, node_kind_name((node_kind)n->kind));
  }
  *out = (row_text){arena_copy(a, text, len), (uint32_t)len};
  return out->text ? true : diag_memory(why);
}

/* The map of variables or params, or null. */
static bool take_fields(const node *n, row_key_id map, arena *a, row_field **out, uint32_t *count, diag *why) {
  if (n->kind == NODE_NULL) return true;
  if (n->kind != NODE_MAP)
    return diag_set(why, "bad-row", n->start, "%s must be a map, not %s", row_key_name(map), node_kind_name((node_kind)n->kind));
  row_field *fields = arena_alloc(a, n->count * sizeof *fields);
  if (!fields) return diag_memory(why);
  *out = fields;
  for (const node *key = n->items; key < n->items + 2 * n->count; key += 2) {
    row_text value;
    if (!row_check_field(map, key->text, key->count, why)) return row_wrong_at(why, key->start);
    if (!take_value(key + 1, map, key, a, &value, why)) return false;
    if (!value.text) continue;
    const char *name = arena_copy(a, key->text, key->count);
    if (!name) return diag_memory(why);
    fields[(*count)++] = (row_field){name, value.text, key->count, value.len};
  }
  return true;
}

/* A name, namespace or Task, or null. */
static bool take_own(const node *n, row_key_id key, arena *a, row *out, diag *why) {
  if (n->kind == NODE_NULL) return true;
  if (n->kind != NODE_STRING)
    return diag_set(why, "bad-row", n->start, "%s must be a string, not %s; write it in quotes", row_key_name(key),
                    node_kind_name((node_kind)n->kind));
  if (!row_check_value(n->text, n->count, why)) return row_wrong_at(why, n->start);
  row_text value = {arena_copy(a, n->text, n->count), n->count};
  if (!value.text) return diag_memory(why);
  return row_set(out, key, value, why) || row_wrong_at(why, n->start);
}

bool row_yaml(const node *n, arena *a, row *out, diag *why) {
  if (n->kind != NODE_MAP) return diag_set(why, "bad-row", out->place, "a row is a map, not %s", node_kind_name((node_kind)n->kind));
  for (const node *pair = n->items; pair < n->items + 2 * n->count; pair += 2) {
    row_key_id key = row_key(pair->text, pair->count);
    bool ok;
    if (key == ROW_UNKNOWN) {
      row_unknown_key(pair->text, pair->count, why);
      return row_wrong_at(why, pair->start);
    }
    if (key == ROW_VARIABLES) ok = take_fields(pair + 1, key, a, &out->variables, &out->variable_count, why);
    else if (key == ROW_PARAMS) ok = take_fields(pair + 1, key, a, &out->params, &out->param_count, why);
    else ok = take_own(pair + 1, key, a, out, why);
    if (!ok) return false;
  }
  return true;
}
