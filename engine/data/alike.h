/* Texts that are alike, each kept as a plan and what fills it.
 *
 * A plan is a row of pieces: literal bytes, names, slots. A thousand Jobs of one Task differ in a few words; they share a plan, and each
 * is its number, its names (what the text is about: the caller keeps them anyway) and the texts of its slots. Filling the plan gives the
 * text back byte by byte.
 *
 * Nothing is known about the texts but their lines. Those of one kind and number of lines are held against samples: the first text that
 * was like no other is one. A line of a plan is its sample's line as far as it is equal from the left and from the right in all texts,
 * with a slot between. A text that does not fit, but has most lines of the sample, widens the plan: that is a new plan, and those that were
 * filled before stay with theirs. Slots that are equal in all texts are one. Plans do not cut words, nor characters of UTF-8.
 *
 * Memory: the samples that were used last are kept, each some times as long as its text.
 */
#ifndef MOONSTEP_ALIKE_H
#define MOONSTEP_ALIKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct alike alike;

typedef struct span {
  const char *text;
  size_t len;
} span;

enum { ALIKE_NAMES = 2 };

typedef enum piece_kind { PIECE_LITERAL, PIECE_NAME, PIECE_SLOT } piece_kind;

typedef struct alike_piece {
  piece_kind kind;
  span literal;
  size_t number; /* of the name, or of the slot, from 0 */
} alike_piece;

/* How a text is kept. All that it points to is valid until the next call: slots are parts of the text. */
typedef struct alike_fit {
  size_t plan; /* from 0, in the order in which they are made */
  const span *slots;
  size_t slot_count;
  const alike_piece *pieces; /* of the plan when it is new, else NULL */
  size_t piece_count;
} alike_fit;

/* NULL when there is no memory. */
alike *alike_new(void);
void alike_free(alike *a);

/* Finds a plan for the text, or makes one. Texts of different kinds share none. False when there is no memory; then nothing was added. */
bool alike_add(alike *a, span kind, span text, const span names[ALIKE_NAMES], alike_fit *fit);

#endif
