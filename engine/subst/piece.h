/* What a compiled text consists of. Only subst/ includes this. */
#ifndef MOONSTEP_PIECE_H
#define MOONSTEP_PIECE_H

#include "subst/subst.h"

/* clang-format off */
typedef enum op {
  OP_TEXT,
  OP_VALUE,         /* ${n} */
  OP_LENGTH,        /* ${#n} */
  OP_DEFAULT,       /* = := :- */
  OP_ALTERNATE,     /* :? :+ */
  OP_SUBSTRING,
  OP_TRIM_START, OP_TRIM_START_LONGEST, OP_TRIM_END, OP_TRIM_END_LONGEST,
  OP_REPLACE_FIRST, OP_REPLACE_ALL, OP_REPLACE_START, OP_REPLACE_END,
  OP_LOWER_FIRST, OP_LOWER, OP_UPPER_FIRST, OP_UPPER, OP_CASE_NONE,
} op;
/* clang-format on */

/* A text is a row of pieces linked by `next`. An expression's `source` is its own text, `${` and `}` included. */
struct subst_piece {
  op op;
  size_t name;               /* index into the program's names */
  span source;               /* OP_TEXT: the text itself */
  const subst_piece *arg[2]; /* word, or offset and length, or pattern and replacement */
  bool has_arg[2];           /* an argument that was written may still be empty */
  subst_piece *next;
};

/* Globs, as the patterns of trim operators are (glob.c): how many bytes at the start of `text` the pattern takes, 0 when it takes none.
 * A bad pattern takes none. Sets `failed` when there is no memory. */
size_t glob_prefix(span pattern, span text, bool longest, bool *failed);

#endif
