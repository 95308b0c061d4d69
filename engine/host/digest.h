/* SHA-256 of bytes (FIPS 180-4), by our own (base/sha256.h). Of many bytes, for which loading it pays, by libcrypto of OpenSSL, which uses
 * what the processor has for that; behind the second wall it cannot be loaded, and not every machine has it. */
#ifndef MOONSTEP_DIGEST_H
#define MOONSTEP_DIGEST_H

#include <stddef.h>

enum { DIGEST_TEXT = 65 /* bytes of a digest in hexadecimal digits, with the zero at its end */ };

void digest_sha256(const void *bytes, size_t len, char out[DIGEST_TEXT]);

#endif
