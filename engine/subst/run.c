/* Running a program. Memory for intermediate results are bufs that this file frees on every way out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/unicode.h"
#include "base/utf8.h"
#include "data/node.h"
#include "subst/piece.h"

static const char NOT_SET[] = "input/default value not found for key";
static const char TOO_LONG[] = "the text becomes longer than 4 MiB";
static const char NEGATIVE[] = "the length of a substring is negative";

typedef struct runner {
  const subst *program;
  const subst_value *values;
  subst_failure *why;
} runner;

static bool run_pieces(runner *r, const subst_piece *p, buf *out);

static span whole(const buf *b) { return (span){b->data ? b->data : "", b->len}; }

static void add_case(buf *out, span value, op kind) {
  bool upper = kind == OP_UPPER || kind == OP_UPPER_FIRST, first = kind == OP_UPPER_FIRST || kind == OP_LOWER_FIRST;
  uint32_t c;
  for (size_t i = 0, width; i < value.len; i += width) {
    width = utf8_read(value.text + i, value.len - i, &c);
    if (kind == OP_CASE_NONE || (first && i)) buf_add(out, value.text + i, width);
    else utf8_add(out, unicode_case(c, upper, &out->failed));
  }
}

/* An integer as Go's Atoi takes it: a sign and decimal digits, nothing else. */
static bool read_integer(const buf *b, long long *value) {
  char digits[24];
  if (!b->len || b->len >= sizeof digits) return false;
  memcpy(digits, b->data, b->len);
  digits[b->len] = '\0';
  size_t from = digits[0] == '-' || digits[0] == '+';
  if (!digits[from] || strspn(digits + from, "0123456789") != b->len - from) return false;
  errno = 0;
  *value = strtoll(digits, NULL, 10);
  return !errno;
}

static bool add_substring(runner *r, const subst_piece *p, span value, const buf arg[2], buf *out) {
  long long from, count;
  if (!read_integer(&arg[0], &from)) return buf_add(out, value.text, value.len), true;
  long long len = (long long)value.len;
  if (from < 0) from = from + len < 0 ? 0 : from + len;
  if (p->has_arg[1] && !read_integer(&arg[1], &count)) return buf_add(out, value.text, value.len), true;
  if (from >= len) return true;
  if (!p->has_arg[1] || count > len - from) count = len - from;
  if (count < 0) {
    *r->why = (subst_failure){NEGATIVE, p->name};
    return false;
  }
  buf_add(out, value.text + from, (size_t)count);
  return true;
}

/* The text by code points, last first; stray bytes become U+FFFD. */
static void add_reversed(buf *out, span text) {
  size_t end = text.len;
  uint32_t c;
  while (end) {
    size_t start = end - 1;
    /* a text of no bytes may have no address, but then there is no end to start from: NOLINTNEXTLINE(*NullDereference) */
    while (start && end - start < 4 && ((unsigned char)text.text[start] & 0xC0) == 0x80) start--;
    if (start + utf8_read(text.text + start, end - start, &c) != end) start = end - 1, c = UTF8_REPLACEMENT;
    utf8_add(out, c);
    end = start;
  }
}

static void add_trimmed(buf *out, span value, span pattern, op kind) {
  bool longest = kind == OP_TRIM_START_LONGEST || kind == OP_TRIM_END_LONGEST;
  if (kind == OP_TRIM_START || kind == OP_TRIM_START_LONGEST) {
    size_t cut = glob_prefix(pattern, value, longest, &out->failed);
    buf_add(out, value.text + cut, value.len - cut);
    return;
  }
  /* The end is trimmed as the start of the reversed value, with the reversed pattern: so classes and escapes in it come
   * out the wrong way round, as they do in the original. */
  buf back = {.wipe = out->wipe}, glob = {.wipe = out->wipe};
  add_reversed(&back, value);
  add_reversed(&glob, pattern);
  size_t cut = back.failed || glob.failed ? 0 : glob_prefix(whole(&glob), whole(&back), longest, &out->failed);
  if (!cut) buf_add(out, value.text, value.len);
  else add_reversed(out, (span){back.data + cut, back.len - cut});
  out->failed = out->failed || back.failed || glob.failed;
  buf_free(&back);
  buf_free(&glob);
}

/* An empty pattern, which only a nested expression can give, stands before every character and at the end. */
static void add_between(buf *out, span value, span by, op kind) {
  uint32_t c;
  if (kind != OP_REPLACE_END) buf_add(out, by.text, by.len);
  for (size_t i = 0, width; i < value.len && out->len <= LIMIT_SCALAR; i += width) {
    width = utf8_read(value.text + i, value.len - i, &c);
    buf_add(out, value.text + i, width);
    if (kind == OP_REPLACE_ALL) buf_add(out, by.text, by.len);
  }
  if (kind == OP_REPLACE_END) buf_add(out, by.text, by.len);
}

/* The replacement instead of the pattern, where it stands at the start or the end. */
static void add_edge_replaced(buf *out, span value, span pattern, span by, op kind) {
  size_t at = kind == OP_REPLACE_END ? value.len - pattern.len : 0;
  if (memcmp(value.text + at, pattern.text, pattern.len) != 0) {
    buf_add(out, value.text, value.len);
    return;
  }
  buf_add(out, value.text, at);
  buf_add(out, by.text, by.len);
  buf_add(out, value.text + at + pattern.len, value.len - at - pattern.len);
}

static void add_replaced(buf *out, const subst_piece *p, span value, span pattern, span by) {
  bool edge = p->op == OP_REPLACE_START || p->op == OP_REPLACE_END;
  if (pattern.len > value.len || (edge && !p->has_arg[1])) buf_add(out, value.text, value.len); /* `/#` and `/%` need a replacement */
  else if (!pattern.len) add_between(out, value, by, p->op);
  else if (edge) add_edge_replaced(out, value, pattern, by, p->op);
  else {
    size_t i = 0;
    for (const char *found; out->len <= LIMIT_SCALAR && (found = memmem(value.text + i, value.len - i, pattern.text, pattern.len));) {
      buf_add(out, value.text + i, (size_t)(found - value.text) - i);
      buf_add(out, by.text, by.len);
      i = (size_t)(found - value.text) + pattern.len;
      if (p->op == OP_REPLACE_FIRST) break;
    }
    buf_add(out, value.text + i, value.len - i);
  }
}

static bool apply(runner *r, const subst_piece *p, const buf arg[2], buf *out) {
  const subst_value *v = &r->values[p->name];
  span value = v->text, first = whole(&arg[0]);
  if (v->state == VALUE_KEEP) return buf_add(out, p->source.text, p->source.len), true;
  if (v->state == VALUE_UNSET && p->op != OP_DEFAULT) {
    *r->why = (subst_failure){NOT_SET, p->name};
    return false;
  }
  switch (p->op) {
    case OP_LENGTH: buf_format(out, "%zu", value.len); break;
    case OP_DEFAULT:
      if (v->state == VALUE_UNSET) value = first;
      buf_add(out, value.text, value.len);
      break;
    case OP_ALTERNATE:
      if (!value.len) value = first;
      buf_add(out, value.text, value.len);
      break;
    case OP_SUBSTRING: return add_substring(r, p, value, arg, out);
    case OP_TRIM_START:
    case OP_TRIM_START_LONGEST:
    case OP_TRIM_END:
    case OP_TRIM_END_LONGEST: add_trimmed(out, value, first, p->op); break;
    case OP_REPLACE_FIRST:
    case OP_REPLACE_ALL:
    case OP_REPLACE_START:
    case OP_REPLACE_END: add_replaced(out, p, value, first, whole(&arg[1])); break;
    case OP_LOWER_FIRST:
    case OP_LOWER:
    case OP_UPPER_FIRST:
    case OP_UPPER:
    case OP_CASE_NONE: add_case(out, value, p->op); break;
    default: buf_add(out, value.text, value.len);
  }
  return true;
}

static bool run_pieces(runner *r, const subst_piece *p, buf *out) {
  bool ok = true;
  for (; p && ok; p = p->next) {
    if (p->op == OP_TEXT) {
      buf_add(out, p->source.text, p->source.len);
      continue;
    }
    buf arg[2] = {{.wipe = out->wipe}, {.wipe = out->wipe}};
    for (int i = 0; i < 2 && ok; i++) ok = !p->has_arg[i] || run_pieces(r, p->arg[i], &arg[i]);
    ok = ok && apply(r, p, arg, out);
    if (ok && out->len > LIMIT_SCALAR) {
      *r->why = (subst_failure){TOO_LONG, p->name};
      ok = false;
    }
    out->failed = out->failed || arg[0].failed || arg[1].failed;
    buf_free(&arg[0]);
    buf_free(&arg[1]);
  }
  return ok;
}

bool subst_run(const subst *s, const subst_value *values, buf *out, subst_failure *why) {
  runner r = {s, values, why};
  *why = (subst_failure){0};
  if (!run_pieces(&r, s->pieces, out)) return false;
  return !out->failed;
}
