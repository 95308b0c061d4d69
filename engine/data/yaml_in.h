/* YAML text to nodes, one document after the other, over libyaml's events.
 *
 *   files --[yaml_in]--> documents
 *
 * Reads what kubectl reads, and refuses what it refuses, with three differences that are ours: two equal keys in a map are
 * an error, input has limits (node.h), and a document is one at the `---` of YAML, wherever that stands. What libyaml has
 * of its own beside these, tests/judge lists. As kubectl has it, a `<<` that stands behind a key wins over that key,
 * aliases may make up 99% of a small document's nodes and 10% of one with four million, and the last line always ends.
 *
 * Ownership: a reader owns its parser; documents go to the arena given to yaml_in_next, and so outlive the reader. The
 * text must stay valid until yaml_in_close.
 */
#ifndef MOONSTEP_YAML_IN_H
#define MOONSTEP_YAML_IN_H

#include <stddef.h>

#include "base/arena.h"
#include "data/node.h"

typedef struct yaml_in yaml_in;

typedef enum yaml_result { YAML_DOCUMENT, YAML_END, YAML_ERROR } yaml_result;

/* The text begins at the start of a line, which has the given number in places. NULL, and `why`, when there is no memory. */
yaml_in *yaml_in_open(const char *text, size_t len, uint32_t line, diag *why);

/* Numbers that are no integers come with the text that they are written with, not with their value: a NODE_FLOAT has text and count, as a string
 * has, and 1.0 is one too. */
void yaml_in_keep_numbers(yaml_in *in);

/* The next document into `out`. After YAML_END or YAML_ERROR the reader gives nothing more. */
yaml_result yaml_in_next(yaml_in *in, arena *a, node *out, diag *why);

void yaml_in_close(yaml_in *in);

#endif
