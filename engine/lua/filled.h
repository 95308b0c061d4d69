/* What plans have filled of the rows of a piece and nobody has taken: texts, one behind the other. Where they are wanted, there is a part for each
 * row, which says which text is whose, and a record, as lua/batch/record.lua writes targets.
 *
 * For each row, filled_begin comes first, then filled_record, if records are wanted, then filled_text. Where memory has no room, they raise. */
#ifndef MOONSTEP_LUA_FILLED_H
#define MOONSTEP_LUA_FILLED_H

#include <lua.h>

#include "data/row.h"
#include "lua/outline.h"
#include "lua/slot.h"

typedef struct filled {
  buf text;
  lua_Integer rows, objects; /* how many these are, and what they make */
  bool apart;                /* each row's text is wanted by itself: */
  buf parts, owners;         /* a part each, and what they point to */
  bool recording;            /* records are wanted: */
  buf records, told;         /* those of the rows; what is told of one */
} filled;

void filled_free(filled *f);

/* Nothing has been filled any more; what is wanted stays. */
void filled_forget(filled *f);

/* Notes whose text comes next, a row of this shape. */
void filled_begin(lua_State *L, filled *f, const row *at, const buf *shape);

/* Adds the row's record; `fields` are its values in the order of the outline's plan. */
void filled_record(lua_State *L, filled *f, const row *at, told_outline *by, size_t objects, const span *fields);

/* Adds the row's text, which the plan has evaluated, behind `head`. */
void filled_text(lua_State *L, filled *f, const slot_plan *by, span head);

/* Pushes what there is of the row with this number, from 1 on: text, index, name, namespace | nil, task | nil, shape, record | nil. Returns how many
 * these are. */
int filled_push_part(lua_State *L, const filled *f, lua_Integer i);

#endif
