#include "host/digest.h"

#include <dlfcn.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* What is needed of libcrypto. */
typedef struct library {
  __typeof__(&EVP_Digest) digest;
  __typeof__(&EVP_sha256) sha256;
} library;

static bool find(void *handle, const char *name, void *out) {
  void *found = dlsym(handle, name);
  if (found) memcpy(out, &found, sizeof found);
  return found != NULL;
}

static bool load(library *l) {
  static const char *const names[] = {"libcrypto.so.3", "libcrypto.so.1.1"};
  void *handle = NULL;
  for (size_t i = 0; !handle && i < sizeof names / sizeof *names; i++) handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  return handle && find(handle, "EVP_Digest", &l->digest) && find(handle, "EVP_sha256", &l->sha256);
}

bool digest_sha256(const void *bytes, size_t len, char out[DIGEST_TEXT], diag *why) {
  static library l;
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!l.sha256 && !load(&l)) return diag_set(why, "http", (mark){0}, "libcrypto is not there; digests need it (package libssl3)");
  if (!l.digest(bytes, len, sum, &size, l.sha256(), NULL) || 2 * size + 1 != DIGEST_TEXT) return diag_memory(why);
  for (unsigned i = 0; i < size; i++) snprintf(out + 2 * (size_t)i, 3, "%02x", sum[i]);
  return true;
}
