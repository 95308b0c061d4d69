#include "lua/pattern.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "lua/limits.h"

enum { STRIDE = 10000, LONG_SET = 64 };

/* Lengths of groups that have none. */
enum { OPEN = -1, POSITION = -2 };

static void spend(pattern *p, ptrdiff_t steps) {
  p->steps -= steps;
  if (p->steps > 0) return;
  p->steps = STRIDE;
  limits_check(p->L);
}

void pattern_open(pattern *p, lua_State *L, const char *text, size_t len, const char *pattern_end) {
  p->L = L;
  p->text = text;
  p->end = text + len;
  p->pattern_end = pattern_end;
  p->steps = STRIDE;
}

/* --- one character -------------------------------------------------------------------------------------------------- */

static bool in_class(unsigned char c, unsigned char class) {
  int in;
  switch (class | 0x20) { /* small letters; no other byte becomes one */
    case 'a': in = isalpha(c); break;
    case 'c': in = iscntrl(c); break;
    case 'd': in = isdigit(c); break;
    case 'g': in = isgraph(c); break;
    case 'l': in = islower(c); break;
    case 'p': in = ispunct(c); break;
    case 's': in = isspace(c); break;
    case 'u': in = isupper(c); break;
    case 'w': in = isalnum(c); break;
    case 'x': in = isxdigit(c); break;
    case 'z': in = c == '\0'; break; /* of older Luas */
    default: return class == c;
  }
  return class & 0x20 ? in != 0 : in == 0;
}

/* The set from its `[` to its `]` at `close`. */
static bool in_set(unsigned char c, const char *set, const char *close) {
  bool found = true;
  if (*++set == '^') {
    found = false;
    set++;
  }
  for (; set < close; set++) {
    if (*set == '%') {
      if (in_class(c, (unsigned char)*++set)) return found;
    } else if (set[1] == '-' && set + 2 < close) {
      if ((unsigned char)set[0] <= c && c <= (unsigned char)set[2]) return found;
      set += 2;
    } else if ((unsigned char)*set == c) return found;
  }
  return !found;
}

/* Behind the item that starts at `item`: a character, a class or a set. */
static const char *behind_item(pattern *p, const char *item) {
  char c = *item++;
  if (c == '%') {
    if (item == p->pattern_end) luaL_error(p->L, "malformed pattern (ends with '%%')");
    return item + 1;
  }
  if (c != '[') return item;
  const char *start = item;
  if (*item == '^') item++;
  do { /* a `]` that stands first is one of the set */
    if (item == p->pattern_end) luaL_error(p->L, "malformed pattern (missing ']')");
    if (*item++ == '%' && item < p->pattern_end) item++;
  } while (*item != ']');
  if (item - start > LONG_SET) spend(p, item - start);
  return item + 1;
}

static inline bool matches_item(pattern *p, const char *at, const char *item, const char *behind) {
  if (at >= p->end) return false;
  unsigned char c = (unsigned char)*at; /* not beyond the end, so not NULL: NOLINT(*NullDereference) */
  switch (*item) {
    case '.': return true;
    case '%': return in_class(c, (unsigned char)item[1]);
    case '[':
      if (behind - item > LONG_SET) spend(p, behind - item);
      return in_set(c, item, behind - 1);
    default: return (unsigned char)*item == c;
  }
}

static const char *match_deeper(pattern *p, const char *at, const char *rest);

/* --- what stands between characters --------------------------------------------------------------------------------- */

static const char *match_greedy(pattern *p, const char *at, const char *item, const char *behind) {
  ptrdiff_t count = 0;
  while (matches_item(p, at + count, item, behind)) count++;
  spend(p, count);
  for (; count >= 0; count--) {
    const char *end = match_deeper(p, at + count, behind + 1);
    if (end) return end;
  }
  return NULL;
}

static const char *match_lazy(pattern *p, const char *at, const char *item, const char *behind) {
  for (;; at++) {
    const char *end = match_deeper(p, at, behind + 1);
    if (end) return end;
    if (!matches_item(p, at, item, behind)) return NULL;
  }
}

static const char *open_group(pattern *p, const char *at, const char *rest, ptrdiff_t state) {
  if (p->count >= PATTERN_GROUPS) luaL_error(p->L, "too many captures");
  p->groups[p->count++] = (pattern_group){at, state};
  const char *end = match_deeper(p, at, rest);
  if (!end) p->count--;
  return end;
}

static const char *close_group(pattern *p, const char *at, const char *rest) {
  int i = p->count - 1;
  while (i >= 0 && p->groups[i].len != OPEN) i--;
  if (i < 0) luaL_error(p->L, "invalid pattern capture");
  p->groups[i].len = at - p->groups[i].at;
  const char *end = match_deeper(p, at, rest);
  if (!end) p->groups[i].len = OPEN;
  return end;
}

/* %b(): from an opening to its closing character. */
static const char *match_balanced(pattern *p, const char *at, const char *pair) {
  if (pair >= p->pattern_end - 1) luaL_error(p->L, "malformed pattern (missing arguments to '%%b')");
  if (*at != *pair) return NULL;
  const char *start = at;
  for (size_t within = 1; ++at < p->end;) {
    if (*at == pair[1]) {
      if (--within == 0) break;
    } else if (*at == pair[0]) within++;
  }
  spend(p, at - start);
  return at < p->end ? at + 1 : NULL;
}

/* %f[set]: between a character out of the set and one in it; NUL stands before and behind the subject. */
static bool at_frontier(const pattern *p, const char *at, const char *set, const char *close) {
  unsigned char before = at == p->text ? '\0' : (unsigned char)at[-1];
  return !in_set(before, set, close) && in_set((unsigned char)*at, set, close);
}

/* %1 to %9: what a group matched. */
static const char *match_again(pattern *p, const char *at, char digit) {
  int i = digit - '1';
  if (i < 0 || i >= p->count || p->groups[i].len == OPEN) luaL_error(p->L, "invalid capture index %%%d", i + 1);
  size_t len = (size_t)p->groups[i].len;
  if ((size_t)(p->end - at) < len || memcmp(p->groups[i].at, at, len) != 0) return NULL;
  spend(p, (ptrdiff_t)len);
  return at + len;
}

/* One of %b, %f and %1 at `rest`: moves both on, false when it does not match. Nothing is moved where it is none of them. */
static bool match_special(pattern *p, const char **at, const char **rest) {
  const char *r = *rest;
  if (r[1] == 'b') {
    *at = match_balanced(p, *at, r + 2);
    *rest = r + 4;
  } else if (r[1] == 'f') {
    if (r[2] != '[') luaL_error(p->L, "missing '[' after '%%f' in pattern");
    *rest = behind_item(p, r + 2);
    return at_frontier(p, *at, r + 2, *rest - 1);
  } else if (isdigit((unsigned char)r[1])) {
    *at = match_again(p, *at, r[1]);
    *rest = r + 2;
  }
  return *at != NULL;
}

/* What the whole text from `at` on matches of the rest of the pattern. Goes on in a loop where it can, so that depth is that of
 * choices. */
static const char *match_rest(pattern *p, const char *at, const char *rest) {
  while (rest != p->pattern_end) {
    spend(p, 1);
    if (*rest == '(') return rest[1] == ')' ? open_group(p, at, rest + 2, POSITION) : open_group(p, at, rest + 1, OPEN);
    if (*rest == ')') return close_group(p, at, rest + 1);
    if (*rest == '$' && rest + 1 == p->pattern_end) return at == p->end ? at : NULL;
    if (*rest == '%') {
      const char *before = rest;
      if (!match_special(p, &at, &rest)) return NULL;
      if (rest != before) continue;
    }
    const char *behind = behind_item(p, rest);
    switch (*behind) {
      case '*': return match_greedy(p, at, rest, behind);
      case '+': return matches_item(p, at, rest, behind) ? match_greedy(p, at + 1, rest, behind) : NULL;
      case '-': return match_lazy(p, at, rest, behind);
      case '?':
        if (matches_item(p, at, rest, behind)) {
          const char *end = match_deeper(p, at + 1, behind + 1);
          if (end) return end;
        }
        rest = behind + 1;
        break;
      default:
        if (!matches_item(p, at, rest, behind)) return NULL;
        at++;
        rest = behind;
    }
  }
  return at;
}

static const char *match_deeper(pattern *p, const char *at, const char *rest) {
  if (p->depth == PATTERN_DEPTH) luaL_error(p->L, "pattern too complex");
  p->depth++;
  const char *end = match_rest(p, at, rest);
  p->depth--;
  return end;
}

const char *pattern_match(pattern *p, const char *at, const char *rest) {
  p->depth = p->count = 0;
  return match_deeper(p, at, rest);
}

/* Whether the pattern asks for what a group matched, which differs with where that begins. */
static bool matches_again(const pattern *p, const char *pat) {
  for (; pat < p->pattern_end; pat++)
    if (*pat == '%' && isdigit((unsigned char)*++pat)) return true;
  return false;
}

const char *pattern_behind(pattern *p, const char *at, const char *pat) {
  const char *item = pat;
  while (*item == '(' && item[1] != ')') item++;
  if (item == p->pattern_end || strchr("()", *item) || (*item == '%' && item[1] && strchr("bf0123456789", item[1]))) return at + 1;
  const char *behind = behind_item(p, item), *next = at;
  if ((*behind != '*' && *behind != '+') || matches_again(p, pat)) return at + 1;
  while (matches_item(p, next, item, behind)) next++;
  spend(p, next - at);
  return next + 1;
}

/* --- groups --------------------------------------------------------------------------------------------------------- */

void pattern_push_group(pattern *p, int i, const char *start, const char *end) {
  if (i >= p->count) {
    if (i) luaL_error(p->L, "invalid capture index %%%d", i + 1);
    lua_pushlstring(p->L, start, (size_t)(end - start));
    return;
  }
  const pattern_group *g = &p->groups[i];
  if (g->len == OPEN) luaL_error(p->L, "unfinished capture");
  if (g->len == POSITION) lua_pushinteger(p->L, g->at - p->text + 1);
  else lua_pushlstring(p->L, g->at, (size_t)g->len);
}

int pattern_push(pattern *p, const char *start, const char *end) {
  int count = p->count == 0 && start ? 1 : p->count;
  luaL_checkstack(p->L, count, "too many captures");
  for (int i = 0; i < count; i++) pattern_push_group(p, i, start, end);
  return count;
}
