#include "lua/memory.h"

#include <string.h>

#include "lua/limits.h"

static const char WORDS[] = "not enough memory";

_Noreturn int memory_raise(lua_State *L) {
  limits *l = limits_of(L);
  if (!l->refused) l->exhausted = true;
  lua_pushstring(L, WORDS);
  lua_error(L);
  __builtin_unreachable(); /* which its declaration does not say */
}

bool memory_raised(lua_State *L) {
  const limits *l = limits_of(L); /* a script may raise our words, but not make them true */
  return (l->exhausted || l->refused) && lua_type(L, -1) == LUA_TSTRING && !strcmp(lua_tostring(L, -1), WORDS);
}

void memory_stack(lua_State *L, int values) {
  if (!lua_checkstack(L, values)) memory_raise(L);
}
