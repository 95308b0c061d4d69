/* Which value a YAML scalar is, exactly as kubectl reads it.
 *
 * kubectl reads YAML 1.1 with a Go parser, turns the result into JSON, and reads that. Hence `yes` is true, `0777` is
 * 511, `1_000` is 1000, `1:30` and dates are strings, `1e3` is the integer 1000, and an infinity is an error since JSON
 * has none. tests/judge holds the table of kubectl's own answers.
 */
#ifndef MOONSTEP_SCALAR_H
#define MOONSTEP_SCALAR_H

#include "base/arena.h"
#include "data/node.h"

/* How a scalar was written. */
typedef struct scalar_style {
  const char *tag; /* the full tag, or NULL */
  bool plain;      /* without quotes */
  bool numbers;    /* kept as they are written: what is a float has a text, as a string has, and no number */
  bool key;        /* a key of a map: any scalar becomes the string that it is there, 17 "17" and `yes` "true" */
} scalar_style;

/* Fills the kind and value of `out`, whose places are set. The text must stay valid as long as the node; what has to be
 * made anew goes to `a`. Errors: bad-tag (a value that its tag forbids), bad-number (infinity, not a number), bad-key
 * (null, or an integer that needs the unsigned range, as a key). */
bool scalar_resolve(node *out, const char *text, size_t len, scalar_style style, arena *a, diag *why);

/* Go writes a float as JSON and reads that again: a whole number that fits is then an integer. */
void scalar_settle_number(node *out);

/* True when the text, written without quotes, would be read as something else than this string by some reader of YAML
 * 1.1 or 1.2: numbers, booleans, null, merge and date-like words. The emitter quotes those. */
bool scalar_is_ambiguous(const char *text, size_t len);

/* The shortest decimal text that reads back as the same number; always with a point or an exponent. `out` has room for
 * 32 bytes. Returns its length. */
size_t scalar_print_number(char *out, double number);

#endif
