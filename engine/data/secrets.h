/* Known secrets: their bytes, and how they are found again in text that must not hold them.
 *
 * A secret is looked for as it is, line by line where it has several, and as base64 (at any offset in what was encoded, both alphabets),
 * percent-encoded, as JSON writes it, and in hexadecimal. Each run of bytes that belongs to any of them, overlapping or not, becomes
 * one `***`. Secrets of less than SECRETS_SHORTEST bytes are not looked for: they would take ordinary text away.
 *
 * Ownership: a `secrets` owns copies of the bytes; they are overwritten when it is freed. `(secrets){0}` knows none.
 */
#ifndef MOONSTEP_SECRETS_H
#define MOONSTEP_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { SECRETS_SHORTEST = 4, SECRETS_SHORTEST_LINE = 8 };

typedef struct needle needle;

typedef struct secrets {
  needle **slots; /* by their first bytes */
  size_t mask, count;
  size_t total; /* bytes of memory */
} secrets;

/* Adds a secret and what else it looks like; one that is known already, or too short, changes nothing. False when there is no memory. */
bool secrets_add(secrets *s, const char *bytes, size_t len);

/* Puts the text into `out`, without the secrets in it. False, and `out` as it was, when the text holds none. */
bool secrets_mask(const secrets *s, const char *text, size_t len, buf *out);

void secrets_free(secrets *s);

#endif
