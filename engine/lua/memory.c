#include "lua/memory.h"

#include <string.h>

static const char WORDS[] = "not enough memory";

_Noreturn int memory_raise(lua_State *L) {
  lua_pushstring(L, WORDS);
  lua_error(L);
  __builtin_unreachable(); /* which its declaration does not say */
}

bool memory_raised(lua_State *L) { return lua_type(L, -1) == LUA_TSTRING && !strcmp(lua_tostring(L, -1), WORDS); }

void memory_stack(lua_State *L, int values) {
  if (!lua_checkstack(L, values)) memory_raise(L);
}
