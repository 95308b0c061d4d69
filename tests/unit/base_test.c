/* engine/base: bufs, arenas, UTF-8, Unicode, the text of files. */
#include "unit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/source.h"
#include "base/unicode.h"
#include "base/utf8.h"

/* Address sanitizer ends the program at requests that are far too large, unless it is told to refuse them. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1"; }

/* --- buf ------------------------------------------------------------------------------------------------------------ */

static void test_buf_adds(void **state) {
  (void)state;
  buf b = {0};
  assert_string_equal(buf_text(&b), "");
  buf_string(&b, "one");
  buf_byte(&b, ' ');
  buf_add(&b, "two\0", 4);
  buf_fill(&b, '-', 3);
  buf_fill(&b, '-', 0);
  buf_format(&b, " %d %s", 42, "x");
  assert_text(buf_text(&b), b.len, "one two\0--- 42 x", 16, "all ways to add");
  assert_int_equal(b.data[b.len], '\0');
  buf_clear(&b);
  assert_int_equal(b.len, 0);
  assert_string_equal(buf_text(&b), "");
  buf_free(&b);
  assert_null(b.data);
}

static void test_buf_grows(void **state) {
  (void)state;
  buf b = {0};
  for (size_t i = 0; i < 100000; i++) buf_byte(&b, (char)('a' + i % 26));
  assert_int_equal(b.len, 100000);
  for (size_t i = 0; i < b.len; i++) assert_int_equal(b.data[i], 'a' + i % 26);
  buf_free(&b);
}

static void test_buf_stays_failed(void **state) {
  (void)state;
  buf b = {0};
  buf_string(&b, "kept");
  assert_false(buf_room(&b, SIZE_MAX));
  assert_true(b.failed);
  buf_string(&b, "not added");
  buf_byte(&b, 'x');
  buf_fill(&b, 'x', 3);
  buf_format(&b, "%d", 1);
  utf8_add(&b, 'x');
  assert_int_equal(b.len, 4);
  assert_null(buf_text(&b));
  buf_free(&b);
  assert_false(b.failed);
  buf_string(&b, "again");
  assert_string_equal(buf_text(&b), "again");
  buf_free(&b);
}

/* --- arena ---------------------------------------------------------------------------------------------------------- */

static void test_arena_blocks_are_apart(void **state) {
  (void)state;
  enum { BLOCKS = 3000 };
  static unsigned char *blocks[BLOCKS];
  arena a = {0};
  uint32_t seed = 1;
  for (size_t i = 0; i < BLOCKS; i++) {
    size_t size = i % 500 == 0 ? 200000 : i % 90;
    blocks[i] = arena_alloc(&a, size);
    assert_non_null(blocks[i]);
    assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
    memset(blocks[i], (int)(next_random(&seed) & 0xFF), size);
  }
  seed = 1;
  for (size_t i = 0; i < BLOCKS; i++) {
    size_t size = i % 500 == 0 ? 200000 : i % 90;
    unsigned char want = (unsigned char)(next_random(&seed) & 0xFF);
    for (size_t k = 0; k < size; k++) assert_int_equal(blocks[i][k], want);
  }
  assert_true(a.total >= 6 * 200000);
  arena_free(&a);
  assert_null(a.chunks);
  assert_int_equal(a.total, 0);
}

static void test_arena_refuses_and_goes_on(void **state) {
  (void)state;
  arena a = {0};
  assert_null(arena_alloc(&a, SIZE_MAX));
  assert_null(arena_alloc(&a, SIZE_MAX / 2));
  char *copy = arena_copy(&a, "a\0b", 3);
  assert_memory_equal(copy, "a\0b", 4);
  assert_string_equal(arena_copy(&a, NULL, 0), "");
  arena_free(&a);
}

/* --- UTF-8 ---------------------------------------------------------------------------------------------------------- */

static const struct {
  chars bytes;
  uint32_t rune;
  size_t width;
} characters[] = {
    {TEXT("a"), 'a', 1},
    {TEXT("\0"), 0, 1},
    {TEXT("\x7f"), 0x7F, 1},
    {TEXT("\xc2\x80"), 0x80, 2},
    {TEXT("\xdf\xbf!"), 0x7FF, 2},
    {TEXT("\xe0\xa0\x80"), 0x800, 3},
    {TEXT("\xed\x9f\xbf"), 0xD7FF, 3},
    {TEXT("\xee\x80\x80"), 0xE000, 3},
    {TEXT("\xef\xbf\xbd"), 0xFFFD, 3}, /* U+FFFD itself is no stray byte */
    {TEXT("\xef\xbf\xbf"), 0xFFFF, 3},
    {TEXT("\xf0\x90\x80\x80"), 0x10000, 4},
    {TEXT("\xf4\x8f\xbf\xbf"), 0x10FFFF, 4},
    /* strays */
    {TEXT("\x80"), 0xFFFD, 1},
    {TEXT("\xbf\x80"), 0xFFFD, 1},
    {TEXT("\xc0\x80"), 0xFFFD, 1},
    {TEXT("\xc1\xbf"), 0xFFFD, 1},
    {TEXT("\xc3"), 0xFFFD, 1},
    {TEXT("\xc3("), 0xFFFD, 1},
    {TEXT("\xe0\x9f\xbf"), 0xFFFD, 1},     /* over-long */
    {TEXT("\xed\xa0\x80"), 0xFFFD, 1},     /* a surrogate */
    {TEXT("\xe2\x82"), 0xFFFD, 1},         /* cut */
    {TEXT("\xf0\x8f\xbf\xbf"), 0xFFFD, 1}, /* over-long */
    {TEXT("\xf4\x90\x80\x80"), 0xFFFD, 1}, /* beyond Unicode */
    {TEXT("\xf5\x80\x80\x80"), 0xFFFD, 1},
    {TEXT("\xff\xff\xff\xff"), 0xFFFD, 1},
};

static void test_utf8_reads(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(characters); i++) {
    uint32_t rune = 1;
    print_message("row %zu\n", i);
    assert_int_equal(utf8_read(characters[i].bytes.bytes, characters[i].bytes.len, &rune), characters[i].width);
    assert_int_equal(rune, characters[i].rune);
  }
}

static void test_utf8_writes_what_it_reads(void **state) {
  (void)state;
  for (uint32_t c = 0; c <= UTF8_LAST + 10; c++) {
    char bytes[4];
    uint32_t again;
    size_t width = utf8_write(bytes, c);
    bool is_character = c <= UTF8_LAST && !(c >= 0xD800 && c < 0xE000);
    if (utf8_read(bytes, width, &again) != width || again != (is_character ? c : UTF8_REPLACEMENT)) fail_msg("U+%04X", (unsigned)c);
    if (!utf8_valid(bytes, width)) fail_msg("U+%04X is not valid", (unsigned)c);
  }
}

static const struct {
  chars bytes, clean;
} cleaned[] = {
    {TEXT(""), TEXT("")},
    {TEXT("plain \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), TEXT("plain \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")},
    {TEXT("\xef\xbf\xbd"), TEXT("\xef\xbf\xbd")},
    {TEXT("a\xff"), TEXT("a\xef\xbf\xbd")},
    {TEXT("\xe2\x82"), TEXT("\xef\xbf\xbd\xef\xbf\xbd")},
    {TEXT("\xed\xa0\x80"), TEXT("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd")},
};

static void test_utf8_cleans(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(cleaned); i++) {
    chars in = cleaned[i].bytes, want = cleaned[i].clean;
    buf b = {0};
    utf8_add_clean(&b, in.bytes, in.len);
    assert_text(b.data, b.len, want.bytes, want.len, in.bytes);
    assert_true(utf8_valid(b.data, b.len));
    assert_int_equal(utf8_valid(in.bytes, in.len), in.len == want.len && (!in.len || !memcmp(in.bytes, want.bytes, in.len)));
    buf_free(&b);
  }
}

/* --- Unicode -------------------------------------------------------------------------------------------------------- */

static const struct {
  uint32_t rune;
  bool counts; /* as letter or digit */
  uint32_t upper, lower;
} runes[] = {
    {'a', true, 'A', 'a'},
    {'Z', true, 'Z', 'z'},
    {'7', true, '7', '7'},
    {'_', false, '_', '_'},
    {'-', false, '-', '-'},
    {0, false, 0, 0},
    {0x7F, false, 0x7F, 0x7F},
    {0xE9, true, 0xC9, 0xE9},
    {0xDF, true, 0xDF, 0xDF},          /* sharp s has no simple upper case */
    {0xB5, true, 0x39C, 0xB5},         /* micro sign */
    {0xFF, true, 0x178, 0xFF},         /* y with diaeresis leaves Latin-1 */
    {0x3C3, true, 0x3A3, 0x3C3},       /* sigma */
    {0x416, true, 0x416, 0x436},       /* Cyrillic */
    {0x10400, true, 0x10400, 0x10428}, /* Deseret, beyond the BMP */
    {0x65E5, true, 0x65E5, 0x65E5},    /* CJK: a letter without case */
    {0x661, true, 0x661, 0x661},       /* an Arabic digit */
    {0xAA, true, 0xAA, 0xAA},          /* feminine ordinal */
    {0xBD, false, 0xBD, 0xBD},         /* one half is a number, but no decimal digit */
    {0x2160, false, 0x2160, 0x2170},   /* Roman one is a letter number */
    {0x301, false, 0x301, 0x301},      /* a combining accent */
    {0x20AC, false, 0x20AC, 0x20AC},
    {0x1F600, false, 0x1F600, 0x1F600},
    {UTF8_REPLACEMENT, false, UTF8_REPLACEMENT, UTF8_REPLACEMENT},
};

static void test_unicode(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(runes); i++) {
    bool failed = false;
    print_message("U+%04X\n", (unsigned)runes[i].rune);
    assert_int_equal(unicode_is_letter_or_digit(runes[i].rune, &failed), runes[i].counts);
    assert_int_equal(unicode_case(runes[i].rune, true, &failed), runes[i].upper);
    assert_int_equal(unicode_case(runes[i].rune, false, &failed), runes[i].lower);
    assert_false(failed);
  }
}

/* --- source --------------------------------------------------------------------------------------------------------- */

static const struct {
  chars text;
  uint32_t line;
  const char *want; /* NULL: there is no such line */
} lines[] = {
    {TEXT(""), 1, ""},
    {TEXT(""), 2, NULL},
    {TEXT("a"), 0, NULL},
    {TEXT("a\nb\n"), 1, "a"},
    {TEXT("a\nb\n"), 2, "b"},
    {TEXT("a\nb\n"), 3, ""},
    {TEXT("a\nb\n"), 4, NULL},
    {TEXT("a\r\nb\rc"), 2, "b"},
    {TEXT("a\r\nb\rc"), 3, "c"},
    {TEXT("a\n\rb"), 2, ""},
    {TEXT("a\n\rb"), 3, "b"},
    {TEXT("a\xc2\x85"
          "b\xe2\x80\xa8"
          "c\xe2\x80\xa9"
          "d"),
     2, "b"},
    {TEXT("a\xc2\x85"
          "b\xe2\x80\xa8"
          "c\xe2\x80\xa9"
          "d"),
     3, "c"},
    {TEXT("a\xc2\x85"
          "b\xe2\x80\xa8"
          "c\xe2\x80\xa9"
          "d"),
     4, "d"},
    {TEXT("\xc2\x86\xe2\x80\xaa\n"), 1, "\xc2\x86\xe2\x80\xaa"},
    {TEXT("a\vb\fc"), 2, NULL},
    {TEXT("x\xe2\x80"), 1, "x\xe2\x80"},
};

static void test_source_lines(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(lines); i++) {
    size_t len = 0;
    const char *line = source_line(lines[i].text.bytes, lines[i].text.len, lines[i].line, &len);
    print_message("row %zu\n", i);
    if (lines[i].want) assert_text(line, len, lines[i].want, strlen(lines[i].want), "line");
    else assert_null(line);
  }
}

static const struct {
  chars text;
  size_t offset;
  mark want;
} marks[] = {
    {TEXT(""), 0, {1, 1}},
    {TEXT("abc"), 0, {1, 1}},
    {TEXT("abc"), 2, {1, 3}},
    {TEXT("abc"), 3, {1, 4}},
    {TEXT("abc"), 99, {1, 4}},
    {TEXT("a\nb"), 1, {1, 2}},
    {TEXT("a\nb"), 2, {2, 1}},
    {TEXT("a\r\nb"), 3, {2, 1}},
    {TEXT("a\n\nb"), 3, {3, 1}},
    {TEXT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x"), 9, {1, 4}},
    {TEXT("\xe2\x80\xa8x"), 3, {2, 1}},
    {TEXT("\xff\xffx"), 2, {1, 3}},
};

static void test_source_marks(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(marks); i++) {
    mark at = source_mark(marks[i].text.bytes, marks[i].text.len, marks[i].offset);
    print_message("row %zu\n", i);
    assert_int_equal(at.line, marks[i].want.line);
    assert_int_equal(at.column, marks[i].want.column);
  }
}

static void test_source_offset_undoes_mark(void **state) {
  (void)state;
  static const char t[] = "one\r\ntw\xc3\xa9\n\n\xe2\x82\xac\xf0\x9f\x98\x80 x\xc2\x85last";
  size_t len = sizeof t - 1;
  uint32_t rune;
  for (size_t i = 0; i <= len; i += i < len ? utf8_read(t + i, len - i, &rune) : 1)
    if (!(i && t[i - 1] == '\r')) assert_int_equal(source_offset(t, len, source_mark(t, len, i)), i);
  assert_int_equal(source_offset(t, len, (mark){1, 99}), 3);
  assert_int_equal(source_offset(t, len, (mark){99, 1}), len);
}

static const struct {
  chars bytes;
  const char *want; /* NULL: an error at `at` */
  mark at;
} files[] = {
    {TEXT(""), "", {0}},
    {TEXT("plain \xe2\x82\xac"), "plain \xe2\x82\xac", {0}},
    {TEXT("\xef\xbb\xbf"
          "a: 1"),
     "a: 1",
     {0}},
    {TEXT("\xef\xbb\xbf"), "", {0}},
    {TEXT("\xef\xbb\xbf\xef\xbb\xbf"
          "a"),
     "\xef\xbb\xbf"
     "a",
     {0}}, /* only the first is a mark */
    {TEXT("\xef\xbf\xbd"), "\xef\xbf\xbd", {0}},
    {TEXT("\xff\xfe"
          "a\0\xac\x20"),
     "a\xe2\x82\xac",
     {0}},
    {TEXT("\xfe\xff\0a\x20\xac"), "a\xe2\x82\xac", {0}},
    {TEXT("\xff\xfe\x3d\xd8\x00\xde"), "\xf0\x9f\x98\x80", {0}},
    {TEXT("\xfe\xff\xd8\x3d\xde\x00"), "\xf0\x9f\x98\x80", {0}},
    {TEXT("\xff\xfe"), "", {0}},
    {TEXT("a\xff"), NULL, {1, 2}},
    {TEXT("a\n\xc3\xa9\x80"), NULL, {2, 2}},
    {TEXT("\xef\xbb\xbf"
          "a\xc3"),
     NULL,
     {1, 2}},
    {TEXT("\xed\xa0\xbd\xed\xb8\x80"), NULL, {1, 1}}, /* surrogates in UTF-8 */
    {TEXT("\xff\xfe"
          "a\0\n\0b"),
     NULL,
     {2, 1}}, /* ends within a character */
    {TEXT("\xff\xfe"
          "a\0\x3d\xd8"),
     NULL,
     {1, 2}}, /* half a pair at the end */
    {TEXT("\xff\xfe\x3d\xd8"
          "a\0"),
     NULL,
     {1, 1}}, /* high without low */
    {TEXT("\xff\xfe\x00\xde"
          "a\0"),
     NULL,
     {1, 1}},                                                 /* low without high */
    {TEXT("\xfe\xff\xd8\x3d\xd8\x3d\xde\x00"), NULL, {1, 1}}, /* high, then a pair */
    {TEXT("\xff\xfe\x3d\xd8\x00"), NULL, {1, 1}},
};

static void test_source_takes_files(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(files); i++) {
    buf b = {0};
    diag why = {0};
    bool ok = source_take(&b, files[i].bytes.bytes, files[i].bytes.len, &why);
    print_message("row %zu\n", i);
    assert_int_equal(ok, files[i].want != NULL);
    if (ok) assert_text(b.data, b.len, files[i].want, strlen(files[i].want), "text");
    else {
      assert_string_equal(why.id, "bad-text");
      assert_int_equal(why.at.line, files[i].at.line);
      assert_int_equal(why.at.column, files[i].at.column);
    }
    buf_free(&b);
  }
}

static void test_diag_cuts_long_messages(void **state) {
  (void)state;
  char longer[1000];
  memset(longer, 'x', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  diag d;
  assert_false(diag_set(&d, "an-id", (mark){3, 4}, "%s", longer));
  assert_int_equal(strlen(d.message), sizeof d.message - 1);
  assert_int_equal(d.at.line, 3);
  assert_int_equal(d.other.line, 0);
  assert_false(diag_memory(&d));
  assert_string_equal(d.id, "out-of-memory");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_buf_adds),
      cmocka_unit_test(test_buf_grows),
      cmocka_unit_test(test_buf_stays_failed),
      cmocka_unit_test(test_arena_blocks_are_apart),
      cmocka_unit_test(test_arena_refuses_and_goes_on),
      cmocka_unit_test(test_utf8_reads),
      cmocka_unit_test(test_utf8_writes_what_it_reads),
      cmocka_unit_test(test_utf8_cleans),
      cmocka_unit_test(test_unicode),
      cmocka_unit_test(test_source_lines),
      cmocka_unit_test(test_source_marks),
      cmocka_unit_test(test_source_offset_undoes_mark),
      cmocka_unit_test(test_source_takes_files),
      cmocka_unit_test(test_diag_cuts_long_messages),
  };
  return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
