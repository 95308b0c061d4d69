/* Slots in Lua: values that stand for what differs from target to target, while a plan is made (subst/plan.h).
 *
 * A slot is a userdata that can be passed on: put into tables, into `${…}` (lib_subst.c), and written (lib_emit.c). Everything else that is
 * done with one raises: the plan is given up, and targets are rendered one by one. It holds the text that it has for the target that
 * the plan is made with.
 */
#ifndef MOONSTEP_SLOT_H
#define MOONSTEP_SLOT_H

#include <lua.h>

#include "base/buf.h"
#include "data/node.h"
#include "lua/view.h"
#include "subst/plan.h"

/* One of the objects whose texts a plan makes. */
typedef struct slot_object {
  size_t first_mark, mark_count; /* among the plan's */
  /* How a filled text is judged, once plan:judge has said so: by the verdicts about a document that looks like it. */
  watch *watch;        /* NULL: nothing is judged */
  const node *root;    /* of the document */
  buf leaves;          /* of slot_leaf */
  recall_trace *trace; /* of the last target that was found clean */
  int group;
  uint32_t rules;
  /* What the object is known by: "KIND NAMESPACE/NAME", of which the last two may be slots. */
  buf identity; /* "KIND " */
  buf names[2]; /* namespace and name, where they are no slots */
  plan_slot name_slots[2];
} slot_object;

enum { SLOT_MOST_OBJECTS = 16 };

typedef struct slot_plan {
  plan *plan;
  buf marks; /* of plan_mark: what the emitter has written so far */
  slot_object objects[SLOT_MOST_OBJECTS];
  size_t count;
} slot_plan;

enum { SLOT_MOST_RULES = 1024 };

enum { PLAN_KEPT = 1, PLAN_VALUES = PLAN_KEPT }; /* a list of the documents and watches of the objects */

/* Where a slot's text stands in the document. */
typedef struct slot_leaf {
  node *leaf;
  plan_slot number;
} slot_leaf;

/* What the rules say of the target that was evaluated last. */
typedef enum slot_verdict {
  SLOT_CLEAN,
  SLOT_FOUND /* they find something */,
  SLOT_UNJUDGED /* some have not looked at anything like it yet */
} slot_verdict;

/* The hashes of what the objects that were filled last are known by (data/seen.h), as road.lua writes it. False: two are the same. */
bool slot_identities(lua_State *L, slot_plan *p, uint64_t hashes[SLOT_MOST_OBJECTS]);

/* Raises what a question raises. */
slot_verdict slot_judge(lua_State *L, slot_plan *p);

typedef struct slot {
  plan_slot number;
  slot_plan *owner; /* user value SLOT_OWNER */
} slot;

enum { SLOT_TEXT_VALUE = 1, SLOT_OWNER, SLOT_VALUES = SLOT_OWNER };

/* The slot at `index`, NULL when something else stands there. */
const slot *slot_at(lua_State *L, int index);

/* Its text. */
const char *slot_text(lua_State *L, int index, size_t *len);

/* The plan at `index`, NULL when something else stands there. */
slot_plan *slot_plan_at(lua_State *L, int index);

/* Pushes a slot of the same plan as the slot at `like`, with the text at the top of the stack, which it replaces. Raises a lack of memory when
 * `number` is PLAN_NO_SLOT. */
void slot_push(lua_State *L, int like, plan_slot number);

#endif
