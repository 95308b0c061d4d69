/* Patterns as questions about texts (lua/lib_re.c): answered without a Lua function. */
#ifndef MOONSTEP_REGEX_H
#define MOONSTEP_REGEX_H

#include <lua.h>

#include "data/recall.h"

typedef struct regex regex;

/* Pushes what the pattern at `index` is compiled to: a userdata, which is the same one for as long as somebody keeps it or many others do not come
 * between. Raises what is wrong with the pattern. */
const regex *regex_push(lua_State *L, int index);

/* false: it does not match; the text of its first group, which points into `text`; true where it has none, or that took no part. Raises when
 * the match takes too long. */
answer regex_answer(lua_State *L, const regex *r, const char *text, size_t len);

#endif
