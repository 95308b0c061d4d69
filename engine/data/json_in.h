/* JSON text to nodes, one value after the other, over jansson.
 *
 * Reads what Kubernetes' own JSON reader reads; equal keys are an error. jansson keeps no places, so the text, known to
 * be right by then, is walked once more beside its result.
 *
 * Ownership: as in yaml_in.h; the reader holds nothing but a position in the caller's text.
 */
#ifndef MOONSTEP_JSON_IN_H
#define MOONSTEP_JSON_IN_H

#include <stddef.h>

#include "base/arena.h"
#include "data/node.h"

typedef struct json_in {
  const char *text;
  size_t len, at;
  mark mark; /* the place of `at` */
} json_in;

json_in json_in_open(const char *text, size_t len);

/* True when the text is to be read as JSON: as kubectl guesses it, by a brace in front. */
bool json_in_guess(const char *text, size_t len);

typedef enum json_result { JSON_VALUE, JSON_END, JSON_ERROR } json_result;

/* The next value into `out`. Errors: json-syntax, bad-number (beyond a double), depth-limit,
 * scalar-limit. */
json_result json_in_next(json_in *in, arena *a, node *out, diag *why);

#endif
