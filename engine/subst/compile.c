/* The compiler: one pass over the bytes, recursion only for an expression inside an expression (SUBST_DEPTH). */
#include <string.h>

#include "base/unicode.h"
#include "base/utf8.h"
#include "subst/piece.h"

static const char BAD_NAME[] = "unable to parse variable name";
static const char NO_BRACE[] = "missing closing brace";
static const char NO_PART[] = "unable to parse substitution within function";
static const char BAD[] = "bad substitution";
static const char TOO_DEEP[] = "bad substitution: too many expressions within each other";

typedef struct compiler {
  const char *text;
  size_t at, end;
  subst *out;
  size_t names_cap;
  arena *arena;
  subst_error *error;
  size_t start; /* of the innermost expression */
  unsigned depth;
} compiler;

static bool fail(compiler *c, const char *text) {
  *c->error = (subst_error){text, c->start};
  return false;
}

static bool more(const compiler *c) { return c->at < c->end; }
static char peek(const compiler *c) { return c->text[c->at]; }
static bool at_brace(const compiler *c) { return c->at + 1 < c->end && peek(c) == '$' && c->text[c->at + 1] == '{'; }

static subst_piece *new_piece(compiler *c, op kind) {
  subst_piece *p = arena_alloc(c->arena, sizeof *p);
  if (p) *p = (subst_piece){.op = kind};
  else fail(c, NULL);
  return p;
}

static subst_piece *new_text(compiler *c, const char *text, size_t len) {
  subst_piece *p = new_piece(c, OP_TEXT);
  if (!p) return NULL;
  p->source = (span){text, len};
  return p;
}

/* Moves over one character of a name. False when none stands here, or there is no memory to tell. */
static bool take_name_char(compiler *c, bool *failed) {
  uint32_t rune;
  if (!more(c)) return false;
  size_t width = utf8_read(c->text + c->at, c->end - c->at, &rune);
  if (rune != '_' && !unicode_is_letter_or_digit(rune, failed)) return false;
  c->at += width;
  return true;
}

/* The index of the name in the program, entered when it is new. */
static bool enter_name(compiler *c, span name, bool optional, size_t *index) {
  subst *s = c->out;
  for (size_t i = 0; i < s->names_len; i++)
    if (s->names[i].name.len == name.len && !memcmp(s->names[i].name.text, name.text, name.len)) {
      if (!optional && s->names[i].optional) s->names[i].optional = false, s->names[i].offset = (size_t)(name.text - c->text);
      *index = i;
      return true;
    }
  if (s->names_len == c->names_cap) {
    size_t cap = c->names_cap ? c->names_cap * 2 : 4;
    subst_name *names = arena_alloc(c->arena, cap * sizeof *names);
    if (!names) return fail(c, NULL);
    if (s->names_len) memcpy(names, s->names, s->names_len * sizeof *names);
    s->names = names;
    c->names_cap = cap;
  }
  *index = s->names_len;
  s->names[s->names_len++] = (subst_name){name, (size_t)(name.text - c->text), optional};
  return true;
}

static bool compile_expression(compiler *c, subst_piece **out);

/* Text up to one of the bytes in `stop`, or up to the `${` of an expression. With `escapes`, `\/` `\\` and `$$` stand for
 * their second byte. */
static subst_piece *take_text(compiler *c, const char *stop, bool escapes) {
  char *bytes = NULL;
  size_t start = c->at, len = 0;
  for (; more(c) && !at_brace(c) && !(peek(c) && strchr(stop, peek(c))); c->at++) {
    bool pair = escapes && c->at + 1 < c->end;
    char following = pair ? c->text[c->at + 1] : '\0';
    pair = pair && ((peek(c) == '\\' && (following == '/' || following == '\\')) || (peek(c) == '$' && following == '$'));
    if (pair && !bytes) {
      bytes = arena_alloc(c->arena, c->end - start);
      if (!bytes) return fail(c, NULL), NULL;
      memcpy(bytes, c->text + start, len);
    }
    if (pair) c->at++;
    if (bytes) bytes[len] = peek(c);
    len++;
  }
  return new_text(c, bytes ? bytes : c->text + start, len);
}

/* A part that is one nested expression or plain text, never a mix, and not empty. */
static bool take_part(compiler *c, const char *stop, bool escapes, subst_piece *p, int arg) {
  subst_piece *part = NULL;
  size_t start = c->at;
  if (at_brace(c)) {
    if (!compile_expression(c, &part)) return false;
  } else {
    part = take_text(c, stop, escapes);
    if (!part) return false;
    if (c->at == start) return fail(c, NO_PART);
  }
  p->arg[arg] = part;
  p->has_arg[arg] = true;
  return true;
}

/* A word: any mix of text and nested expressions, up to the closing brace. */
static bool take_word(compiler *c, subst_piece *p) {
  subst_piece *first = NULL, **link = &first;
  while (more(c) && peek(c) != '}') {
    if (at_brace(c)) {
      if (!compile_expression(c, link)) return false;
    } else if (!(*link = take_text(c, "}", false))) return false;
    link = &(*link)->next;
  }
  if (!more(c)) return fail(c, NO_PART);
  p->arg[0] = first;
  p->has_arg[0] = true;
  return true;
}

static bool take_colon(compiler *c, subst_piece *p) {
  if (more(c) && strchr("=-?+", peek(c)) && peek(c)) {
    p->op = peek(c) == '=' || peek(c) == '-' ? OP_DEFAULT : OP_ALTERNATE;
    c->at++;
    return take_word(c, p);
  }
  p->op = OP_SUBSTRING;
  if (!take_part(c, ":}", false, p, 0)) return false;
  if (!more(c) || peek(c) != ':') return true;
  while (more(c) && peek(c) == ':') c->at++;
  return take_part(c, "}", false, p, 1);
}

static bool take_trim(compiler *c, subst_piece *p, char sign) {
  p->op = sign == '#' ? OP_TRIM_START : OP_TRIM_END;
  if (more(c) && peek(c) == sign) {
    p->op++;
    c->at++;
  }
  return take_part(c, "}", false, p, 0);
}

static bool take_replace(compiler *c, subst_piece *p) {
  p->op = OP_REPLACE_FIRST;
  if (more(c) && strchr("/#%", peek(c)) && peek(c)) {
    p->op = peek(c) == '/' ? OP_REPLACE_ALL : peek(c) == '#' ? OP_REPLACE_START : OP_REPLACE_END;
    c->at++;
  }
  if (!take_part(c, "/", true, p, 0)) return false;
  if (!more(c) || peek(c) != '/') return fail(c, BAD);
  while (more(c) && peek(c) == '/') c->at++;
  return !more(c) || peek(c) == '}' || take_part(c, "}", true, p, 1);
}

static bool take_case(compiler *c, subst_piece *p, char sign) {
  bool lower = sign == ',', twice = more(c) && (peek(c) == ',' || peek(c) == '^');
  p->op = lower ? OP_LOWER_FIRST : OP_UPPER_FIRST;
  if (!twice) return true;
  p->op = peek(c) == sign ? (lower ? OP_LOWER : OP_UPPER) : OP_CASE_NONE;
  c->at++;
  return true;
}

static bool take_operator(compiler *c, subst_piece *p) {
  char sign = peek(c);
  if (!sign || !strchr("=:#%/,^", sign)) return fail(c, NO_BRACE);
  c->at++;
  switch (sign) {
    case '=': p->op = OP_DEFAULT; return take_word(c, p);
    case ':': return take_colon(c, p);
    case '/': return take_replace(c, p);
    case ',':
    case '^': return take_case(c, p, sign);
    default: return take_trim(c, p, sign);
  }
}

/* What follows `${`, up to and without the closing brace. */
static bool take_inside(compiler *c, subst_piece *p, span *name) {
  bool length = more(c) && peek(c) == '#', failed = false;
  if (length) {
    c->at++;
    p->op = OP_LENGTH;
  }
  size_t start = c->at;
  while (take_name_char(c, &failed)) continue;
  if (failed) return fail(c, NULL);
  *name = (span){c->text + start, c->at - start};
  if (!name->len) return fail(c, length ? BAD : BAD_NAME);
  if (!more(c)) return fail(c, length ? BAD : NO_BRACE);
  if (!length && peek(c) != '}' && !take_operator(c, p)) return false;
  return more(c) && peek(c) == '}' ? true : fail(c, BAD);
}

/* At `${`. Leaves the position behind the closing brace. */
static bool compile_expression(compiler *c, subst_piece **out) {
  size_t outer = c->start, start = c->at;
  subst_piece *p = new_piece(c, OP_VALUE);
  if (!p) return false;
  c->start = start;
  if (++c->depth > SUBST_DEPTH) return fail(c, TOO_DEEP);
  c->at += 2;
  span name;
  if (!take_inside(c, p, &name)) return false;
  c->at++;
  c->depth--;
  c->start = outer;
  p->source = (span){c->text + start, c->at - start};
  *out = p;
  return enter_name(c, name, p->op == OP_DEFAULT, &p->name);
}

bool subst_compile(subst *out, const char *text, size_t len, arena *a, subst_error *error) {
  *out = (subst){0};
  const char *copy = arena_copy(a, text, len);
  compiler c = {.text = copy, .end = len, .out = out, .arena = a, .error = error};
  if (!copy) return fail(&c, NULL);
  subst_piece *first = NULL, **link = &first;
  while (more(&c)) {
    if (at_brace(&c)) {
      if (!compile_expression(&c, link)) return false;
      link = &(*link)->next;
      continue;
    }
    size_t from = c.at;
    bool pair = false;
    for (; more(&c) && !at_brace(&c) && !pair; c.at++) pair = peek(&c) == '$' && c.at + 1 < c.end && copy[c.at + 1] == '$';
    if (!(*link = new_text(&c, copy + from, c.at - from))) return false;
    link = &(*link)->next;
    if (pair) c.at++; /* the second `$` starts nothing */
  }
  out->pieces = first;
  return true;
}
