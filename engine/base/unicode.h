/* What Unicode says about a character beyond ASCII. The tables are PCRE2's (categories) and glibc's (case), opened at the
 * first character that needs them and kept until the process ends.
 *
 * Both can run out of memory: then they set `failed` and the answer means nothing.
 */
#ifndef MOONSTEP_UNICODE_H
#define MOONSTEP_UNICODE_H

#include <stdbool.h>
#include <stdint.h>

/* True for letters (categories L*) and decimal digits (Nd). */
bool unicode_is_letter_or_digit(uint32_t rune, bool *failed);

/* The simple upper or lower case of one code point, which may be itself; no language's special rules. Where the system
 * has no locale C.UTF-8, characters beyond ASCII stay as they are. */
uint32_t unicode_case(uint32_t rune, bool upper, bool *failed);

#endif
