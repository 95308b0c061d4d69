/* SHA-256 of bytes (FIPS 180-4), by libcrypto of OpenSSL, which is loaded when it is first needed: libcurl brings it along. */
#ifndef MOONSTEP_DIGEST_H
#define MOONSTEP_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"

enum { DIGEST_TEXT = 65 /* bytes of a digest in hexadecimal digits, with the zero at its end */ };

bool digest_sha256(const void *bytes, size_t len, char out[DIGEST_TEXT], diag *why);

#endif
