#include "data/json_in.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/source.h"
#include "base/utf8.h"
#include "data/scalar.h"

json_in json_in_open(const char *text, size_t len) { return (json_in){.text = text, .len = len, .mark = {1, 1}}; }

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static void step(json_in *in) {
  uint32_t rune;
  const char *at = in->text + in->at;
  size_t end = source_line_end(at, in->len - in->at);
  if (end) {
    in->mark.line++;
    in->mark.column = 1;
    in->at += end;
  } else {
    in->mark.column++;
    in->at += utf8_read(at, in->len - in->at, &rune);
  }
}

/* Over what stands between tokens: white space, and the commas and colons that jansson has checked. */
static void skip_between(json_in *in) {
  while (in->at < in->len && (is_space(in->text[in->at]) || in->text[in->at] == ',' || in->text[in->at] == ':')) step(in);
}

static void skip_token(json_in *in) {
  if (in->text[in->at] == '"') {
    step(in);
    while (in->text[in->at] != '"') {
      if (in->text[in->at] == '\\') step(in);
      step(in);
    }
    step(in);
  } else
    while (in->at < in->len && !is_space(in->text[in->at]) && !strchr(",:]}", in->text[in->at])) step(in);
}

bool json_in_guess(const char *text, size_t len) {
  size_t i = 0;
  while (i < len && is_space(text[i])) i++;
  return i < len && text[i] == '{';
}

static bool take_string(node *out, const char *text, size_t len, arena *a, diag *why) {
  if (len > LIMIT_SCALAR) return diag_set(why, "scalar-limit", out->start, "a text of more than %d MiB", LIMIT_SCALAR >> 20);
  out->kind = NODE_STRING;
  out->count = (uint32_t)len;
  out->text = arena_copy(a, text, len);
  return out->text ? true : diag_memory(why);
}

/* A number that jansson gives as a double. When it was told to do so with integers too (see load), those that fit are
 * read from the text: the double may have lost digits of theirs. */
static void take_real(const json_in *in, json_t *value, node *out) {
  const char *token = in->text + in->at;
  size_t len = 0, left = in->len - in->at;
  while (len < left && (token[len] == '-' || (token[len] >= '0' && token[len] <= '9'))) len++;
  bool whole = len == left || !strchr(".eE", token[len]);
  errno = 0;
  out->kind = NODE_INT;
  if (whole) out->integer = strtoll(token, NULL, 10);
  if (whole && !errno) return;
  out->kind = NODE_FLOAT;
  out->number = json_real_value(value);
  scalar_settle_number(out);
}

static bool take(json_in *in, json_t *value, unsigned depth, arena *a, node *out, diag *why);

static bool take_object(json_in *in, json_t *value, unsigned depth, arena *a, node *out, diag *why) {
  out->kind = NODE_MAP;
  out->count = (uint32_t)json_object_size(value);
  out->items = arena_alloc(a, 2 * out->count * sizeof *out);
  if (!out->items) return diag_memory(why);
  node *next = out->items;
  for (void *it = json_object_iter(value); it; it = json_object_iter_next(value, it), next += 2) {
    skip_between(in);
    *next = (node){.start = in->mark};
    skip_token(in);
    next->end = in->mark;
    if (!take_string(next, json_object_iter_key(it), json_object_iter_key_len(it), a, why)) return false;
    if (!take(in, json_object_iter_value(it), depth, a, next + 1, why)) return false;
  }
  return true;
}

static bool take_array(json_in *in, json_t *value, unsigned depth, arena *a, node *out, diag *why) {
  out->kind = NODE_LIST;
  out->count = (uint32_t)json_array_size(value);
  out->items = arena_alloc(a, out->count * sizeof *out);
  if (!out->items) return diag_memory(why);
  for (size_t i = 0; i < out->count; i++)
    if (!take(in, json_array_get(value, i), depth, a, &out->items[i], why)) return false;
  return true;
}

/* One value of jansson's, at the next token of the text. */
static bool take(json_in *in, json_t *value, unsigned depth, arena *a, node *out, diag *why) {
  skip_between(in);
  *out = (node){.start = in->mark};
  bool ok = true;
  switch (json_typeof(value)) {
    case JSON_NULL: out->kind = NODE_NULL; break;
    case JSON_TRUE:
    case JSON_FALSE:
      out->kind = NODE_BOOL;
      out->boolean = json_is_true(value);
      break;
    case JSON_INTEGER:
      out->kind = NODE_INT;
      out->integer = json_integer_value(value);
      break;
    case JSON_REAL: take_real(in, value, out); break;
    case JSON_STRING: ok = take_string(out, json_string_value(value), json_string_length(value), a, why); break;
    case JSON_OBJECT:
    case JSON_ARRAY:
      if (depth == LIMIT_DEPTH) return diag_set(why, "depth-limit", in->mark, "more than %d maps and lists within each other", LIMIT_DEPTH);
      step(in);
      ok = (json_is_object(value) ? take_object : take_array)(in, value, depth + 1, a, out, why);
      skip_between(in);
      if (ok) step(in);
      out->end = in->mark;
      return ok;
  }
  skip_token(in);
  out->end = in->mark;
  return ok;
}

/* jansson does not always say that memory was short: the token that it was for may just lack bytes, or be called invalid. */
static bool starved;

static void *ask(size_t size) {
  void *block = malloc(size);
  starved = starved || !block;
  return block;
}

/* jansson's value of the text at `at`. It refuses integers beyond 64 bits, which are doubles for Kubernetes: then it reads
 * every number as a double. */
static json_t *load(const json_in *in, json_error_t *error) {
  const size_t flags = JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL | JSON_DECODE_ANY;
  json_set_alloc_funcs(ask, free);
  starved = false;
  json_t *value = json_loadb(in->text + in->at, in->len - in->at, flags, error);
  if (value || json_error_code(error) != json_error_numeric_overflow) return value;
  return json_loadb(in->text + in->at, in->len - in->at, flags | JSON_DECODE_INT_AS_REAL, error);
}

json_result json_in_next(json_in *in, arena *a, node *out, diag *why) {
  while (in->at < in->len && is_space(in->text[in->at])) step(in);
  if (in->at == in->len) return JSON_END;
  json_error_t error;
  json_t *value = load(in, &error);
  if (!value && !starved) {
    size_t at = in->at + (error.position > 0 ? (size_t)error.position - 1 : 0);
    bool number = json_error_code(&error) == json_error_numeric_overflow;
    diag_set(why, number ? "bad-number" : "json-syntax", source_mark(in->text, in->len, at), "%s", error.text);
    return JSON_ERROR;
  }
  if (starved) {
    json_decref(value);
    diag_memory(why);
    return JSON_ERROR;
  }
  bool ok = take(in, value, 0, a, out, why);
  json_decref(value);
  return ok ? JSON_VALUE : JSON_ERROR;
}
