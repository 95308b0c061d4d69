#include "base/unicode.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <unistd.h>
#include <wctype.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/utf8.h"

bool unicode_is_letter_or_digit(uint32_t rune, bool *failed) {
  if (rune < 0x80) return isalnum((int)rune);
  static pcre2_code *code;
  static pcre2_match_data *match;
  int error;
  PCRE2_SIZE where;
  if (!code) code = pcre2_compile((PCRE2_SPTR) "^[\\p{L}\\p{Nd}]$", PCRE2_ZERO_TERMINATED, PCRE2_UTF, &error, &where, NULL);
  if (code && !match) match = pcre2_match_data_create(1, NULL);
  char text[4];
  size_t len = utf8_write(text, rune);
  int found = match ? pcre2_match(code, (PCRE2_SPTR)text, len, 0, 0, match, NULL) : PCRE2_ERROR_NOMEMORY;
  if (found == PCRE2_ERROR_NOMEMORY) *failed = true;
  return found > 0;
}

uint32_t unicode_case(uint32_t rune, bool upper, bool *failed) {
  if (rune < 0x80) return (uint32_t)(upper ? toupper((int)rune) : tolower((int)rune));
  static locale_t unicode;
  errno = 0;
  if (!unicode) unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  if (!unicode) { /* glibc may call a lack of memory a missing file, and remember it so */
    if (errno == ENOMEM || access("/usr/lib/locale/C.utf8/LC_CTYPE", R_OK) == 0) *failed = true;
    return rune;
  }
  return (uint32_t)(upper ? towupper_l((wint_t)rune, unicode) : towlower_l((wint_t)rune, unicode));
}
