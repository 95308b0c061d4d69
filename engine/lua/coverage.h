/* Which lines of Lua were run: in builds with MODE=coverage only, for `make coverage`. In others both functions do nothing. */
#ifndef MOONSTEP_COVERAGE_H
#define MOONSTEP_COVERAGE_H

#include <lua.h>

#ifdef MOONSTEP_COVERAGE
/* Notes each line that the state runs from now on. */
void coverage_watch(lua_State *L);
/* Writes what was noted, `path:line` a line, to a file of its own in the folder of the environment variable LUA_COVERAGE. */
void coverage_write(void);
#else
#define coverage_watch(L) ((void)(L))
#define coverage_write()  ((void)0)
#endif

#endif
