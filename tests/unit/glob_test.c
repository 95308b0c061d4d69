/* glob_prefix against a matcher that tries everything, on random patterns and texts. */
#include "unit.h"

#include "base/utf8.h"
#include "subst/piece.h"

enum { MOST = 40, STRAY = 0x110000 };

/* Characters, a stray byte as STRAY and its value. */
typedef struct runes {
  uint32_t at[MOST];
  size_t len;
} runes;

static runes decode(const char *bytes, size_t len) {
  runes r = {.len = 0};
  for (size_t i = 0; i < len;) {
    uint32_t c;
    size_t width = utf8_read(bytes + i, len - i, &c);
    r.at[r.len++] = width == 1 && c == UTF8_REPLACEMENT ? STRAY + (uint32_t)(unsigned char)bytes[i] : c;
    i += width;
  }
  return r;
}

/* A class that starts behind its "[": where it ends, 0 when it is bad; with `c`, whether it takes that. */
static size_t read_class(const runes *p, size_t i, uint32_t c, bool *taken) {
  bool negated = i < p->len && p->at[i] == '^', in = false;
  if (c >= STRAY) c = UTF8_REPLACEMENT;
  i += negated;
  for (size_t ranges = 0;; ranges++) {
    uint32_t ends[2] = {0, 0};
    if (i < p->len && p->at[i] == ']' && ranges) break;
    for (int side = 0; side < 2; side++) {
      if (i >= p->len || p->at[i] == '-' || p->at[i] == ']') return 0;
      if (p->at[i] == '\\') i++;
      if (i >= p->len || p->at[i] >= STRAY) return 0;
      ends[side] = p->at[i++];
      if (side == 0 && !(i < p->len && p->at[i] == '-')) {
        ends[1] = ends[0];
        break;
      }
      if (side == 0) i++;
    }
    in = in || (ends[0] <= c && c <= ends[1]);
  }
  *taken = in != negated;
  return i + 1;
}

static bool is_good(const runes *p) {
  bool taken;
  for (size_t i = 0; i < p->len;) {
    if (p->at[i] == '[') {
      i = read_class(p, i + 1, 0, &taken);
      if (!i) return false;
    } else {
      if (p->at[i] == '\\' && ++i == p->len) return false;
      i++;
    }
  }
  return true;
}

static bool matches(const runes *p, size_t i, const runes *t, size_t k) {
  if (i == p->len) return k == t->len;
  if (p->at[i] == '*') return matches(p, i + 1, t, k) || (k < t->len && matches(p, i, t, k + 1));
  if (k == t->len) return false;
  if (p->at[i] == '?') return matches(p, i + 1, t, k + 1);
  if (p->at[i] == '[') {
    bool taken;
    size_t end = read_class(p, i + 1, t->at[k], &taken);
    return taken && matches(p, end, t, k + 1);
  }
  i += p->at[i] == '\\';
  return p->at[i] == t->at[k] && matches(p, i + 1, t, k + 1);
}

/* Every prefix, byte by byte. */
static size_t reference(span pattern, span t, bool longest) {
  runes p = decode(pattern.text, pattern.len);
  size_t best = 0;
  for (size_t end = 1; is_good(&p) && end <= t.len && (longest || !best); end++) {
    runes candidate = decode(t.text, end);
    if (matches(&p, 0, &candidate, 0)) best = end;
  }
  return best;
}

static void compare(span pattern, span t) {
  for (int longest = 0; longest < 2; longest++) {
    bool failed = false;
    size_t got = glob_prefix(pattern, t, longest, &failed), want = reference(pattern, t, longest);
    assert_false(failed);
    if (got != want) {
      fail_msg("pattern \"%.*s\" on \"%.*s\", %s: got %zu, want %zu", (int)pattern.len, pattern.text, (int)t.len, t.text,
               longest ? "longest" : "shortest", got, want);
    }
  }
}

static const char *const pattern_parts[] = {
    "a",
    "b",
    "c",
    "*",
    "*",
    "?",
    "/",
    "-",
    "]",
    "[",
    "[ab]",
    "[a-b]",
    "[^a]",
    "[^a-b]",
    "[",
    "\\",
    "\\*",
    "\\a",
    "[\\]]",
    "[b-a]",
    "\xc3\xa9",
    "[\xc3\xa9-\xe6\x97\xa5]",
    "\xe6\x97\xa5",
    "\xff",
    "\xc3",
    "[\xff]",
    "\xef\xbf\xbd",
    "[\xef\xbf\xbd]",
    "[^\xc3\xa9]",
};
static const char *const text_parts[] = {
    "a",
    "b",
    "c",
    "a",
    "b",
    "*",
    "?",
    "/",
    "-",
    "]",
    "[",
    "\\",
    "\xc3\xa9",
    "\xe6\x97\xa5",
    "\xf0\x9f\x98\x80",
    "\xff",
    "\xc3",
    "\xef\xbf\xbd",
};

static span assemble(char *room, const char *const *parts, size_t count, size_t most, uint32_t *seed) {
  size_t len = 0;
  for (size_t n = next_random(seed) % (most + 1); n--;) {
    const char *part = parts[next_random(seed) % count];
    size_t size = strlen(part);
    memcpy(room + len, part, size);
    len += size;
  }
  return (span){room, len};
}

static void test_random(void **state) {
  (void)state;
  uint32_t seed = 20240229;
  char pattern[MOST * 2], t[MOST * 2];
  for (int i = 0; i < 60000; i++) {
    span p = assemble(pattern, pattern_parts, COUNT(pattern_parts), 5, &seed);
    compare(p, assemble(t, text_parts, COUNT(text_parts), 6, &seed));
  }
}

static const struct {
  const char *pattern, *text;
  size_t shortest, longest;
} rows[] = {
    {"", "abc", 0, 0},       {"a", "", 0, 0},          {"*", "abc", 1, 3},
    {"**", "abc", 1, 3},     {"*c*", "abcd", 3, 4},    {"a*", "abc", 1, 3},
    {"*b", "abab", 2, 4},    {"*/", "a/b/c", 2, 4},    {"?b", "ab", 2, 2},
    {"[^-]", "-", 0, 0},     {"[a\\-c]", "-", 1, 1},   {"[]", "]", 0, 0},
    {"[\\]]", "]", 1, 1},    {"[a-", "a", 0, 0},       {"\\", "\\", 0, 0},
    {"\\\\", "\\", 1, 1},    {"[*]", "*", 1, 1},       {"[?]x", "?x", 2, 2},
    {"[^a]*", "ba", 1, 2},   {"a]", "a]", 2, 2},       {"\xc3\xa9", "\xc3\xa9", 2, 2},
    {"?", "\xc3\xa9", 1, 2}, {"??", "\xc3\xa9", 0, 0}, {"??", "\xe6\x97\xa5", 2, 2},
};

static void test_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    span p = {rows[i].pattern, strlen(rows[i].pattern)}, t = {rows[i].text, strlen(rows[i].text)};
    bool failed = false;
    print_message("%s on %s\n", rows[i].pattern, rows[i].text);
    assert_int_equal(glob_prefix(p, t, false, &failed), rows[i].shortest);
    assert_int_equal(glob_prefix(p, t, true, &failed), rows[i].longest);
    compare(p, t);
  }
}

/* Patterns that take a backtracking matcher for ever. */
static void test_stars_are_cheap(void **state) {
  (void)state;
  enum { TEXT_BYTES = 100000 };
  char *t = malloc(TEXT_BYTES);
  assert_non_null(t);
  memset(t, 'a', TEXT_BYTES);
  bool failed = false;
  span p = {"*a*a*a*a*a*a*a*a*a*b", 20};
  assert_int_equal(glob_prefix(p, (span){t, TEXT_BYTES}, true, &failed), 0);
  assert_int_equal(glob_prefix((span){"*a*a*a*a*a*a*a*a*a*", 19}, (span){t, TEXT_BYTES}, true, &failed), TEXT_BYTES);
  free(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),
      cmocka_unit_test(test_random),
      cmocka_unit_test(test_stars_are_cheap),
  };
  return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
