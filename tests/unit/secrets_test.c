/* engine/data/secrets: what is found in text, in which forms, and what is left of the text. */
#include "unit.h"

#include "data/secrets.h"

/* The text without the secrets, as a NUL-terminated string that lives until the next call. */
static const char *masked(const secrets *s, const char *text, size_t len) {
  static buf out;
  buf_clear(&out);
  if (!secrets_mask(s, text, len, &out)) buf_add(&out, text, len);
  return buf_text(&out);
}

/* `added` are secrets, with a bar between them. */
static void test_rows(void **state) {
  (void)state;
  static const struct {
    const char *added, *text, *want;
  } rows[] = {
      {"hunter2", "", ""},
      {"hunter2", "hunter", "hunter"},
      {"hunter2", "hunter2", "***"},
      {"hunter2", "the word is hunter2.", "the word is ***."},
      {"hunter2", "hunter2hunter2 hunter2", "*** ***"},
      {"abc", "abc abcabc", "abc abcabc"}, /* too short to be looked for */
      {"abcd", "abcabcd", "abc***"},
      {"aaaa", "aaaaaaa b", "*** b"},
      {"abcdef|defghi", "xabcdefghiy", "x***y"}, /* overlapping */
      {"abcd|abcdefgh", "abcdefgh abcdefg", "*** ***efg"},
      {"abcd|efgh", "abcdefgh", "***"},
      {"hunter2", "aHVudGVyMg==", "***"},               /* base64 */
      {"hunter2", "auth dTpodW50ZXIy.", "auth dT***."}, /* of u:hunter2 */
      {"hunter2", "auth dXM6aHVudGVyMg== x", "auth dXM6*** x"},
      {"hunter2", "auth dXNlOmh1bnRlcjI= x", "auth dXNlO*** x"},
      {"pa?>pa?>", "cGE_PnBhPz4=", "***"},
      {"pa?>pa?>", "cGE/PnBhPz4=", "***"},
      {"a b/c", "a%20b%2Fc a%20b%2fc a%20b/c a+b%2Fc", "*** *** *** ***"},
      {"say \"x\"\n", "{\"m\":\"say \\\"x\\\"\\n\"}", "{\"m\":\"***\"}"},
      {"hunter2", "68756e74657232 68756E74657232", "*** ***"},
      {"-----BEGIN-----\n  line of a key\nshort\n", "x line of a key y short", "x *** y short"},
      {"-----BEGIN-----\r\nline of a key\r\n", "line of a key\n", "***\n"},
      {"        \nxxxxxxxxx", "        xxxx", "        xxxx"},
      {"line1\nline2 is long", "line1\nline2 is long", "***"},
      {"***!", "***!", "***"},
      {"gr\303\274n", "gr\303\274n gr%C3%BCn", "*** ***"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    secrets s = {0};
    for (const char *at = rows[i].added, *bar; at; at = bar ? bar + 1 : NULL) {
      bar = strchr(at, '|');
      assert_true(secrets_add(&s, at, bar ? (size_t)(bar - at) : strlen(at)));
    }
    const char *got = masked(&s, rows[i].text, strlen(rows[i].text));
    assert_text(got, strlen(got), rows[i].want, strlen(rows[i].want), rows[i].text);
    secrets_free(&s);
  }
}

static void test_nothing_is_known(void **state) {
  (void)state;
  secrets s = {0};
  buf out = {0};
  assert_false(secrets_mask(&s, "text", 4, &out));
  assert_int_equal(out.len, 0);
  assert_true(secrets_add(&s, "abc", 3));
  assert_int_equal(s.count, 0);
  secrets_free(&s);
}

static void test_once(void **state) {
  (void)state;
  secrets s = {0};
  assert_true(secrets_add(&s, "hunter2", 7));
  size_t count = s.count, total = s.total;
  assert_true(secrets_add(&s, "hunter2", 7));
  assert_int_equal(s.count, count);
  assert_int_equal(s.total, total);
  secrets_free(&s);
  assert_null(s.slots);
}

/* Bytes of any kind, among others that are none of the secret's: every one is found, and nothing else goes. */
static void test_many(void **state) {
  (void)state;
  enum { MANY = 2000, LONGEST = 40 };
  static char all[MANY][LONGEST];
  static size_t lengths[MANY];
  secrets s = {0};
  uint32_t seed = 7;
  for (int i = 0; i < MANY; i++) {
    lengths[i] = 12 + next_random(&seed) % (LONGEST - 12);
    for (size_t k = 0; k < lengths[i]; k++) all[i][k] = (char)next_random(&seed);
    assert_true(secrets_add(&s, all[i], lengths[i]));
  }
  for (int i = 0; i < MANY; i++) {
    char text[LONGEST + 8] = "<<<<";
    memcpy(text + 4, all[i], lengths[i]);
    memcpy(text + 4 + lengths[i], ">>>>", 4);
    const char *got = masked(&s, text, lengths[i] + 8);
    assert_text(got, strlen(got), "<<<<***>>>>", 11, "a secret between brackets");
  }
  secrets_free(&s);
}

/* base64 and percent-encoding, made here in the plainest way, of the secret within random others. */
static void test_within_base64(void **state) {
  (void)state;
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  uint32_t seed = 3;
  for (int round = 0; round < 2000; round++) {
    char word[12], whole[40], coded[60] = "";
    size_t len = 4 + next_random(&seed) % 8, before = next_random(&seed) % 7, after = next_random(&seed) % 7, n = 0;
    for (size_t i = 0; i < len; i++) word[i] = (char)next_random(&seed);
    for (size_t i = 0; i < before + after; i++) whole[i < before ? i : i + len] = (char)next_random(&seed);
    memcpy(whole + before, word, len);
    size_t total = before + len + after;
    for (size_t bit = 0; bit < 8 * total; bit += 6) {
      unsigned value = 0;
      for (size_t k = bit; k < bit + 6; k++) value = value << 1 | (k / 8 < total && (unsigned char)whole[k / 8] >> (7 - k % 8) & 1);
      coded[n++] = digits[value];
    }
    secrets s = {0};
    assert_true(secrets_add(&s, word, len));
    const char *got = masked(&s, coded, n);
    assert_non_null(strstr(got, "***"));
    /* what is left are characters that no bit of the secret is in */
    size_t left = (size_t)(strstr(got, "***") - got), right = strlen(got) - left - 3;
    assert_true(left * 6 <= before * 8);
    assert_true(right * 6 <= after * 8 + 5);
    secrets_free(&s);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows), cmocka_unit_test(test_nothing_is_known), cmocka_unit_test(test_once),
      cmocka_unit_test(test_many), cmocka_unit_test(test_within_base64),
  };
  return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
