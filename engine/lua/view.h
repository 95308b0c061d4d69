/* Read-only views: how scripts see objects of the model.
 *
 * A view shows a table and, below it, views of its tables. Reading gives the value (null reads as nil), `#` and `ipairs`
 * go over items, `pairs` in the order of the keys; writing raises an error. Two views of one table are the same view.
 *
 * A view of a document can be watched (lua/lib_recall.c): then each look that is taken through it is noted, and its path in the
 * document is known. Whoever shows a watched view's table to a script in another way spoils what is being noted.
 */
#ifndef MOONSTEP_VIEW_H
#define MOONSTEP_VIEW_H

#include <lua.h>
#include <stdbool.h>

#include "data/recall.h"

/* What watches the views of one document at a time: a userdata. */
typedef struct watch {
  recall *trees;
  lua_State *L;  /* in which questions are asked */
  uint64_t run;  /* the document's number; views of earlier ones are not watched any more */
  int questions; /* the reference of the list of questions; its item 0 is the last answer's text */
} watch;

enum { WATCH_VIEWS = 1, WATCH_QUESTIONS, WATCH_VALUES = WATCH_QUESTIONS }; /* user values of a watch */

typedef struct view {
  watch *watch; /* NULL: not watched; else user value VIEW_WATCH holds it */
  uint64_t run;
  recall_path path;
} view;

enum { VIEW_TABLE = 1, VIEW_WATCH, VIEW_VALUES = VIEW_WATCH };

/* The view at `index`, or NULL. */
view *view_at(lua_State *L, int index);

/* Pushes the table that the view at `index` shows. Pushes nothing and returns false when no view stands there. What is being noted about
 * the view's document is spoiled: nobody knows what the caller looks at. */
bool view_push_shown(lua_State *L, int index);

/* Pushes a watched view of the table at the top, which it replaces: the value at `path` of the document that the watch at `watch_index` has
 * open. */
void view_watch(lua_State *L, int watch_index, recall_path path);

#endif
