/* What other libraries do with the watches of engine.recall. */
#ifndef MOONSTEP_LUA_RECALL_H
#define MOONSTEP_LUA_RECALL_H

#include "lua/view.h"

/* The watch at `index`, or an error of argument type. */
watch *recall_check_watch(lua_State *L, int index);

#endif
