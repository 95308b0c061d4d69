/* SHA-256 (FIPS 180-4). */
#ifndef MOONSTEP_SHA256_H
#define MOONSTEP_SHA256_H

#include <stddef.h>

enum { SHA256_BYTES = 32 };

void sha256_of(const void *bytes, size_t len, unsigned char sum[SHA256_BYTES]);

#endif
