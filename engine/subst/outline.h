/* Outlines: how few words are enough to tell what a plan (subst/plan.h) has filled.
 *
 * A slot's text is mostly made of values of the row, with words round them that are the same for all rows: "--bucket=" and a bucket. The
 * outline of a plan knows these words. A row is then told by its values and, for each mark of the plan, how that is written: from the
 * values, from the values in double quotes, or by a text of its own, where operators or escapes have changed it.
 *
 * What is guessed from the outline is compared with what the plan has made, for each row and mark; so a wrong guess costs room alone.
 */
#ifndef MOONSTEP_OUTLINE_H
#define MOONSTEP_OUTLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "subst/plan.h"

enum { OUTLINE_FIELDS = 256 };

typedef struct outline outline;

/* How a mark of a row is written, as a letter. */
enum { OUTLINE_PLAIN = '0', OUTLINE_QUOTED = '1', OUTLINE_OWN = '2' };

/* The outline of a plan for rows of so many fields, with `between` between the texts of two objects. It asks the plan from time to time, which must outlive
 * it. NULL when there is no memory. */
outline *outline_new(plan *p, uint32_t fields, span between);
void outline_free(outline *o);

/* Its parts, as bytes that lua/batch/texts.lua reads. */
span outline_bytes(const outline *o);

/* Tells the row that the plan was evaluated for last: adds a letter for each mark to `marks`; to `slots` the row's values that are used, but for
 * the first two, and the texts of its own, each as a comma and a string of JSON. The buffers say whether that failed. */
void outline_tell(outline *o, const span *fields, buf *marks, buf *slots);

#endif
