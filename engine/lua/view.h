/* Read-only views: how scripts see objects of the model.
 *
 * A view shows a table and, below it, views of its tables. Reading gives the value (null reads as nil), `#` and `ipairs`
 * go over items, `pairs` in the order of the keys; writing raises an error. Two views of one table are the same view.
 */
#ifndef MOONSTEP_VIEW_H
#define MOONSTEP_VIEW_H

#include <lua.h>
#include <stdbool.h>

/* Pushes the table that the view at `index` shows. Pushes nothing and returns false when no view stands there. */
bool view_push_shown(lua_State *L, int index);

#endif
