/* Substitution: `${NAME:=default}` and its relatives inside one string.
 *
 *   text --[subst_compile]--> program --[subst_run, values]--> text
 *
 * A text is compiled once and run for each set of values. A program knows which names it asks for (`names`, each once, in
 * the order of the text); the caller brings a value for each, in that order: this is the whole interface, so C can fill a
 * text for thousands of targets without asking anybody anything.
 *
 * The grammar and what each operator does are the model's, envsubst's in the reading of Stash:
 *
 *   expr    = "${" name "}" | "${#" name "}" | "${" name op "}"
 *   name    = one or more Unicode letters, Unicode decimal digits or "_"
 *   op      = ("=" | ":=" | ":-" | ":?" | ":+") word            the word, where the name is not set (":?" ":+": is empty)
 *           | ":" part [ ":"+ tail ]                            substring, in bytes
 *           | ("#" | "##" | "%" | "%%") tail                    without the shortest or longest match at the start or end
 *           | ("/" | "//" | "/#" | "/%") pattern "/"+ [tail]    replacement: first, all, at the start, at the end
 *           | one or two of "," "^"                             lower and upper case: first character, all
 *
 * `$$` is one `$` that starts no expression. A value is never looked at again: whatever it holds, it is text. Every
 * nested expression is evaluated, also one whose result is not used, so all names of a program count.
 *
 * Ownership: a program lives in the arena that it was compiled into and refers to nothing outside of it.
 */
#ifndef MOONSTEP_SUBST_H
#define MOONSTEP_SUBST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

enum { SUBST_DEPTH = 50 }; /* expressions within each other */

typedef struct span {
  const char *text;
  size_t len;
} span;

typedef struct subst_name {
  span name;
  size_t offset; /* of the name in the text, where it stands first */
  bool optional; /* has a default everywhere it stands, so it may be unset */
} subst_name;

typedef struct subst_piece subst_piece;

typedef struct subst {
  const subst_piece *pieces;
  subst_name *names;
  size_t names_len;
} subst;

/* A compile error: Stash's own words, and the byte where the expression starts. */
typedef struct subst_error {
  const char *text; /* a constant; NULL: no memory */
  size_t offset;
} subst_error;

bool subst_compile(subst *out, const char *text, size_t len, arena *a, subst_error *error);

/* True when the text holds anything to compile; others stand for themselves. */
static inline bool subst_needed(const char *text, size_t len) {
  for (size_t i = 0; i + 1 < len; i++)
    if (text[i] == '$' && (text[i + 1] == '{' || text[i + 1] == '$')) return true;
  return false;
}

typedef enum value_state { VALUE_UNSET, VALUE_SET, VALUE_KEEP /* leave the expression as it is written */ } value_state;

typedef struct subst_value {
  value_state state;
  span text;
} subst_value;

/* Why a run failed: a constant text, NULL when there was no memory; `name` is the name's index. */
typedef struct subst_failure {
  const char *text;
  size_t name;
} subst_failure;

/* Adds the result to `out`. values[i] is for names[i]. Fails at the first name that has neither value nor default (a
 * caller that wants all of them looks for unset names that are not optional), and at a negative length. */
bool subst_run(const subst *s, const subst_value *values, buf *out, subst_failure *why);

#endif
