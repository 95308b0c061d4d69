/* Running out of memory under Lua: one error for all of our C and for Lua itself, which nobody but the loader's main function
 * catches. A script's limit is another matter (lua/limits.h). */
#ifndef MOONSTEP_MEMORY_H
#define MOONSTEP_MEMORY_H

#include <lua.h>
#include <stdbool.h>

/* Raises it, with Lua's own words. */
_Noreturn int memory_raise(lua_State *L);

/* True when it is the error value at the top of the stack. */
bool memory_raised(lua_State *L);

/* Room for so many more values on the stack, or the error: our depth is limited, so nothing else stands in the way. */
void memory_stack(lua_State *L, int values);

#endif
