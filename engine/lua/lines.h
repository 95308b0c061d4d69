/* Which lines of which chunks are run, for `moonstep test --coverage`. Nothing is noted until lines_watch is called; from then on each line
 * costs. A limit that is hit takes the hook away for the rest of that call (lua/limits.h).
 */
#ifndef MOONSTEP_LINES_H
#define MOONSTEP_LINES_H

#include <lua.h>

/* Notes each line that the state runs from now on. */
void lines_watch(lua_State *L);

/* Pushes a list of the lines of the chunk of that file which were run, in their order. */
void lines_push(lua_State *L, const char *file);

#endif
