/* Globs of trim operators, as Go's path.Match reads them but for `*`, which takes slashes too:
 * `*` any run, `?` one character, `[a-z]` and `[^a-z]` classes, `\c` the character c, anything else itself.
 *
 * One run over the text finds every prefix that the pattern takes: `states` holds, for each position of the pattern, whether
 * it can stand there after the bytes read so far. So the cost is text times pattern, whatever the stars.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "subst/piece.h"

/* One element of a compiled pattern. */
typedef struct element {
  enum { LITERAL, ANY_ONE, ANY_RUN, CLASS } kind;
  uint32_t rune;
  bool negated;
  size_t from, to; /* CLASS: its ranges, in the row of ranges */
} element;

typedef struct range {
  uint32_t low, high;
} range;

typedef struct glob {
  element *elements;
  range *ranges;
  size_t len, ranges_len;
} glob;

/* Added to a stray byte, so that a literal tells it from U+FFFD, which is what classes take it for. */
enum { STRAY = UTF8_LAST + 1 };

static size_t read_char(const char *s, size_t len, uint32_t *rune) {
  size_t width = utf8_read(s, len, rune);
  if (width == 1 && *rune == UTF8_REPLACEMENT) *rune = STRAY + (unsigned char)*s;
  return width;
}

/* A character of a class, escapes resolved. False: the pattern is bad, as it is with a stray byte here. */
static bool class_char(span p, size_t *at, uint32_t *rune) {
  if (*at >= p.len || p.text[*at] == '-' || p.text[*at] == ']') return false;
  if (p.text[*at] == '\\' && ++*at >= p.len) return false;
  *at += read_char(p.text + *at, p.len - *at, rune);
  return *rune < STRAY && *at < p.len;
}

static bool compile_class(glob *g, span p, size_t *at) {
  element *e = &g->elements[g->len++];
  *e = (element){.kind = CLASS, .from = g->ranges_len};
  if (*at < p.len && p.text[*at] == '^') {
    e->negated = true;
    ++*at;
  }
  while (!(*at < p.len && p.text[*at] == ']' && g->ranges_len > e->from)) {
    range r;
    if (!class_char(p, at, &r.low)) return false;
    r.high = r.low;
    if (p.text[*at] == '-') {
      ++*at;
      if (!class_char(p, at, &r.high)) return false;
    }
    g->ranges[g->ranges_len++] = r;
  }
  ++*at;
  e->to = g->ranges_len;
  return true;
}

/* False when the pattern is bad. The rows have room for one element and range a byte. */
static bool compile(glob *g, span p) {
  for (size_t i = 0; i < p.len;) {
    char c = p.text[i];
    if (c == '[') {
      i++;
      if (!compile_class(g, p, &i)) return false;
      continue;
    }
    if (c == '\\' && ++i == p.len) return false;
    element e = {.kind = c == '*' ? ANY_RUN : c == '?' ? ANY_ONE : LITERAL};
    i += read_char(p.text + i, p.len - i, &e.rune);
    g->elements[g->len++] = e;
  }
  return true;
}

static bool takes(const glob *g, const element *e, uint32_t rune) {
  if (e->kind == LITERAL) return e->rune == rune;
  if (e->kind != CLASS) return true;
  if (rune >= STRAY) rune = UTF8_REPLACEMENT;
  bool in = false;
  for (size_t i = e->from; i < e->to && !in; i++) in = g->ranges[i].low <= rune && rune <= g->ranges[i].high;
  return in != e->negated;
}

/* After `len` characters were taken: a star may also take nothing. */
static void skip_stars(const glob *g, bool *states) {
  for (size_t i = 0; i < g->len; i++)
    if (states[i] && g->elements[i].kind == ANY_RUN) states[i + 1] = true;
}

static void advance(const glob *g, const bool *states, bool *next, uint32_t rune) {
  memset(next, 0, g->len + 1);
  for (size_t i = 0; i < g->len; i++)
    if (states[i] && takes(g, &g->elements[i], rune)) next[g->elements[i].kind == ANY_RUN ? i : i + 1] = true;
  skip_stars(g, next);
}

/* Whether the pattern takes the first `cut` bytes of the character at `s`: each is then a stray byte. */
static bool takes_cut(const glob *g, const bool *states, bool *spare[2], const char *s, size_t cut) {
  memcpy(spare[0], states, g->len + 1);
  for (size_t k = 0; k < cut; k++) {
    advance(g, spare[0], spare[1], STRAY + (unsigned char)s[k]);
    bool *swap = spare[0];
    spare[0] = spare[1];
    spare[1] = swap;
  }
  return spare[0][g->len];
}

size_t glob_prefix(span pattern, span text, bool longest, bool *failed) {
  glob g = {0};
  size_t best = 0, row = pattern.len + 1;
  g.elements = calloc(row, sizeof *g.elements);
  g.ranges = calloc(row, sizeof *g.ranges);
  bool *memory = calloc(4, row);
  if (!g.elements || !g.ranges || !memory) {
    *failed = true;
    goto done;
  }
  bool *states = memory, *next = memory + row;
  if (!compile(&g, pattern)) goto done;
  bool *spare[2] = {memory + 2 * row, memory + 3 * row};
  states[0] = true;
  skip_stars(&g, states);
  uint32_t rune;
  for (size_t i = 0, width; i < text.len && (longest || !best); i += width) {
    width = read_char(text.text + i, text.len - i, &rune);
    for (size_t cut = 1; cut < width && (longest || !best); cut++)
      if (takes_cut(&g, states, spare, text.text + i, cut)) best = i + cut;
    if (best && !longest) break;
    advance(&g, states, next, rune);
    bool *swap = states;
    states = next;
    next = swap;
    if (states[g.len]) best = i + width;
  }
done:
  free(g.elements);
  free(g.ranges);
  free(memory);
  return best;
}
