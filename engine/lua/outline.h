/* Outlines in Lua (subst/outline.h), each known by an id: the hash of what it says and of the shape of its rows. */
#ifndef MOONSTEP_LUA_OUTLINE_H
#define MOONSTEP_LUA_OUTLINE_H

#include <lua.h>

#include "subst/outline.h"

enum { OUTLINE_ID = 16 /* bytes */ };

typedef struct told_outline {
  outline *outline;
  plan *plan;
  uint32_t fields;
  char id[OUTLINE_ID];
  bool used; /* since it was last asked */
} told_outline;

/* Pushes the outline of the plan at `index`, for rows of a shape. */
told_outline *outline_push(lua_State *L, int index, const char *shape, size_t shape_len, uint32_t fields, span between);

/* The outline at `index`, NULL when something else stands there. */
told_outline *outline_at(lua_State *L, int index);

#endif
