/* Lua's patterns, in a matcher that a limit can end.
 *
 * Lua's own matcher runs inside one instruction: neither a hook nor an allocator stops `.-.-.-b` on a few hundred bytes. This one
 * understands the same language with the same results and the same errors (a test holds the two against each other), counts
 * its steps, and asks limits_check every so many. Nothing is allocated; depth is limited as in Lua.
 */
#ifndef MOONSTEP_PATTERN_H
#define MOONSTEP_PATTERN_H

#include <lua.h>
#include <stddef.h>

enum { PATTERN_GROUPS = 32, PATTERN_DEPTH = 200 };

typedef struct pattern_group {
  const char *at;
  ptrdiff_t len; /* or one of the states in pattern.c */
} pattern_group;

typedef struct pattern {
  lua_State *L;           /* raises what is wrong with the pattern, and limits */
  const char *text, *end; /* the subject; a NUL stands at its end */
  const char *pattern_end;
  int depth, count; /* count: groups */
  ptrdiff_t steps;  /* until limits are asked again */
  pattern_group groups[PATTERN_GROUPS];
} pattern;

/* A matcher for the pattern that ends at `pattern_end`, with a NUL there. */
void pattern_open(pattern *p, lua_State *L, const char *text, size_t len, const char *pattern_end);

/* Where the match ends that starts at `at`, NULL when there is none. `^` is no anchor here. */
const char *pattern_match(pattern *p, const char *at, const char *pattern);

/* Where a match can begin behind `at`, where none begins: mostly the next byte, but a pattern that begins with many of something, as "[^/]*$"
 * does, has been tried at every end of their run, and is not tried again from within it. */
const char *pattern_behind(pattern *p, const char *at, const char *pat);

/* Pushes what the last match gave: its groups, or, where there are none and `start` is given, all from `start` to `end`. Returns how
 * many. */
int pattern_push(pattern *p, const char *start, const char *end);

/* Pushes one of them, counted from 0. */
void pattern_push_group(pattern *p, int i, const char *start, const char *end);

#endif
