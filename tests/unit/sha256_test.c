/* base/sha256 and host/digest: against sums of others, and against each other at lengths round the ends of blocks. */
#include "unit.h"

#include "base/sha256.h"
#include "host/digest.h"

static void to_text(const unsigned char *sum, char out[DIGEST_TEXT]) {
  for (size_t i = 0; i < SHA256_BYTES; i++) snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

static void check(const void *bytes, size_t len, const char *want) {
  unsigned char sum[SHA256_BYTES];
  char text[DIGEST_TEXT];
  sha256_of(bytes, len, sum);
  to_text(sum, text);
  assert_string_equal(text, want);
}

/* The examples of FIPS 180-4. */
static void test_published(void **state) {
  (void)state;
  check("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  check("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  char *many = malloc(1000000);
  memset(many, 'a', 1000000);
  check(many, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  free(many);
}

static void test_against_libcrypto(void **state) {
  (void)state;
  uint32_t seed = 3;
  size_t many = 1 << 20; /* from there on it is libcrypto's */
  unsigned char *bytes = malloc(many + 64);
  for (size_t i = 0; i < many + 64; i++) bytes[i] = (unsigned char)next_random(&seed);
  for (size_t more = 0; more < 64; more++) {
    char want[DIGEST_TEXT];
    digest_sha256(bytes, many + more, want);
    check(bytes, many + more, want);
  }
  free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_published), cmocka_unit_test(test_against_libcrypto)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
