/* Plans: the texts of objects with slots in them, which are filled for each target.
 *
 *   objects ── written once ──▶ text and marks ──▶ plan ──(the values of a target)──▶ text
 *
 * What differs from target to target are fields, the values of a row. A slot is a field, or a text made from slots: `${…}` with values put
 * in, a name. Filling evaluates each slot once, in the order in which they were added, and writes it where a mark stands, as
 * data/text_out writes any string; between the marks the text is copied. So a filled text is, byte by byte, what the emitter writes for
 * the same object with the slots' texts in it.
 *
 * Guards say what must hold for that: where one does not, the target is rendered by other means (PLAN_ELSEWHERE).
 *
 * Ownership: a plan owns its texts; compiled substitutions that are given to it must outlive it. Failure: everything that adds returns
 * false or PLAN_NO_SLOT when there is no memory.
 */
#ifndef MOONSTEP_PLAN_H
#define MOONSTEP_PLAN_H

#include <stdint.h>

#include "base/buf.h"
#include "subst/subst.h"

typedef struct plan plan;
typedef uint32_t plan_slot;

#define PLAN_NO_SLOT UINT32_MAX

/* A value that is put into a text: a constant, or with `slot` what that holds. */
typedef struct plan_value {
  subst_value constant;
  plan_slot slot; /* PLAN_NO_SLOT: the constant counts */
} plan_value;

/* Where in the text a slot's text stands: from `start` to before `end`. */
typedef struct plan_mark {
  size_t start, end, indent; /* `indent` as yaml_add_string takes it */
  plan_slot slot;
  bool json; /* in JSON's quotes */
} plan_mark;

plan *plan_new(void);
void plan_free(plan *p);

/* The slot of a row's value, of which the first has number 0. */
plan_slot plan_add_field(plan *p, uint32_t field);

/* The slot of a text with these values, one for each name of the code, whose source is shown to people. */
plan_slot plan_add_text(plan *p, const subst *code, const plan_value *values, span source);

/* The slot of the name that prefix, slot and suffix (which may be empty) make together: joined by "-", with dashes for dots, of at most 63 bytes (when it is longer, the first
 * 32 and the last 31), without dashes at its ends. */
plan_slot plan_add_name(plan *p, span prefix, plan_slot of, span suffix);

/* Targets for which the slot is empty are rendered elsewhere. */
void plan_require_filled(plan *p, plan_slot slot);

/* The text of the next object, and the marks in it in their order. */
bool plan_add_object(plan *p, span text, const plan_mark *marks, size_t count);

/* What stands between two objects' texts; nothing, until this is said. */
bool plan_set_between(plan *p, span text);

typedef enum { PLAN_FILLED, PLAN_ELSEWHERE, PLAN_NO_MEMORY } plan_result;

/* Evaluates the slots for a target's values. */
plan_result plan_evaluate(plan *p, const span *fields);

/* Adds the texts for the target that was evaluated last; `out` says whether that failed. */
void plan_write(const plan *p, buf *out);

/* Adds the text of one of its objects alone, of which the first has number 0. */
void plan_write_object(const plan *p, size_t object, buf *out);

/* What a slot holds for that target; valid until the next evaluation. */
span plan_text_of(const plan *p, plan_slot slot);

/* For those who show a plan: what a slot is. */
typedef enum plan_kind { PLAN_FIELD, PLAN_TEXT, PLAN_NAME } plan_kind;
typedef struct plan_slot_view {
  plan_kind kind;
  uint32_t field;          /* of PLAN_FIELD */
  span source;             /* of PLAN_TEXT what was written, of PLAN_NAME the prefix */
  const plan_value *parts; /* of PLAN_TEXT its values */
  size_t part_count;
  plan_slot of; /* of PLAN_NAME */
  span suffix;  /* of PLAN_NAME */
  bool guarded; /* by plan_require_filled */
} plan_slot_view;
size_t plan_slots(const plan *p);
plan_slot_view plan_view(const plan *p, plan_slot number);

/* The pieces of an object in their order, each a text followed by a slot, the last by PLAN_NO_SLOT. */
typedef struct plan_piece {
  span text;
  size_t indent;
  plan_slot slot;
  bool json;
} plan_piece;
size_t plan_objects(const plan *p);
const plan_piece *plan_pieces(const plan *p, size_t object, size_t *count);

#endif
