#include "data/scalar.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

#define YAML_TAG "tag:yaml.org,2002:"

typedef struct word {
  const char *text;
  node_kind kind;
  double value;
} word;

/* clang-format off */
/* clang-format off */
static const word words[] = {
    {"", NODE_NULL, 0},        {"~", NODE_NULL, 0},          {"null", NODE_NULL, 0},      {"Null", NODE_NULL, 0},
    {"NULL", NODE_NULL, 0},    {"y", NODE_BOOL, 1},          {"Y", NODE_BOOL, 1},         {"yes", NODE_BOOL, 1},
    {"Yes", NODE_BOOL, 1},     {"YES", NODE_BOOL, 1},        {"true", NODE_BOOL, 1},      {"True", NODE_BOOL, 1},
    {"TRUE", NODE_BOOL, 1},    {"on", NODE_BOOL, 1},         {"On", NODE_BOOL, 1},        {"ON", NODE_BOOL, 1},
    {"n", NODE_BOOL, 0},       {"N", NODE_BOOL, 0},          {"no", NODE_BOOL, 0},        {"No", NODE_BOOL, 0},
    {"NO", NODE_BOOL, 0},      {"false", NODE_BOOL, 0},      {"False", NODE_BOOL, 0},     {"FALSE", NODE_BOOL, 0},
    {"off", NODE_BOOL, 0},     {"Off", NODE_BOOL, 0},        {"OFF", NODE_BOOL, 0},       {".nan", NODE_FLOAT, NAN},
    {".NaN", NODE_FLOAT, NAN}, {".NAN", NODE_FLOAT, NAN},    {".inf", NODE_FLOAT, INFINITY},
    {".Inf", NODE_FLOAT, INFINITY},   {".INF", NODE_FLOAT, INFINITY},   {"+.inf", NODE_FLOAT, INFINITY},
    {"+.Inf", NODE_FLOAT, INFINITY},  {"+.INF", NODE_FLOAT, INFINITY},  {"-.inf", NODE_FLOAT, -INFINITY},
    {"-.Inf", NODE_FLOAT, -INFINITY}, {"-.INF", NODE_FLOAT, -INFINITY},
};
/* clang-format on */
/* clang-format on */

enum { LONGEST_WORD = 5, SHORT_NUMBER = 64 };

/* One look at the first byte, or the NUL behind an empty text, tells most strings from words. */
static bool may_start_word(char c) {
  switch (c | 0x20) {
    case 'n':
    case 'y':
    case 't':
    case 'o':
    case 'f':
    case 'i': return true;
    default: return !c || c == '~' || c == '.' || c == '+' || c == '-';
  }
}

static const word *find_word(const char *text, size_t len) {
  if (len > LONGEST_WORD || !may_start_word(text[0])) return NULL;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    const char *known = words[i].text;
    if (known[0] == text[0] && !strncmp(known, text, len) && !known[len]) return &words[i];
  }
  return NULL;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

/* What a plain scalar turned out to be beyond its kind: an integer that needs the unsigned range is given as a double,
 * but for tags and keys it is none. */
typedef enum range { ORDINARY, UNSIGNED } range;

/* The base of the digits that follow, and steps over its prefix: 0x, 0o, 0b, or a leading 0 for octal. 0 where a 0 is
 * followed by what says none. */
static unsigned take_base(const char **s) {
  const char *at = *s;
  if (at[0] != '0' || !at[1]) return 10;
  char kind = at[1] | 0x20;
  *s += is_digit(at[1]) ? 1 : 2;
  return kind == 'x' ? 16 : kind == 'o' || is_digit(at[1]) ? 8 : kind == 'b' ? 2 : 0;
}

/* An integer as Go's ParseInt reads it with base 0, or, which is the YAML parser's own, a sign behind 0b. The text has no
 * underscores any more. False when it is none. */
static bool parse_integer(node *out, const char *s, range *r) {
  bool minus = *s == '-', sign = minus || *s == '+';
  s += sign;
  unsigned base = take_base(&s);
  if (base == 2 && !sign && s[-1] == 'b' && (*s == '-' || *s == '+')) {
    minus = *s++ == '-';
    sign = true;
  }
  if (!base || !*s) return false;
  uint64_t sum = 0;
  for (; *s; s++) {
    unsigned digit = (unsigned)digit_value(*s);
    if (digit >= base || __builtin_mul_overflow(sum, (uint64_t)base, &sum) || __builtin_add_overflow(sum, (uint64_t)digit, &sum))
      return false;
  }
  *r = sum > INT64_MAX && !sign ? UNSIGNED : ORDINARY;
  if (sum > (uint64_t)INT64_MAX + minus && *r != UNSIGNED) return false;
  out->kind = *r == UNSIGNED ? NODE_FLOAT : NODE_INT;
  if (*r == UNSIGNED) out->number = (double)sum;
  else out->integer = (int64_t)(minus ? 0 - sum : sum);
  return true;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool looks_like_float(const char *s) {
  if (*s == '-' || *s == '+') s++;
  const char *whole = s;
  while (is_digit(*s)) s++;
  bool digits = s > whole;
  if (*s == '.') {
    const char *part = ++s;
    while (is_digit(*s)) s++;
    if (!digits && s == part) return false;
    digits = true;
  }
  if (!digits) return false;
  if (*s == 'e' || *s == 'E') {
    s++;
    if (*s == '-' || *s == '+') s++;
    const char *power = s;
    while (is_digit(*s)) s++;
    if (s == power) return false;
  }
  return !*s;
}

void scalar_settle_number(node *out) {
  double value = out->number;
  /* cppcheck-suppress incorrectLogicOperator ; it cannot read hexadecimal floats */
  if (value != floor(value) || value < -0x1p63 || value >= 0x1p63) return;
  out->kind = NODE_INT;
  out->integer = (int64_t)value;
}

/* Copies the text without its underscores. Behind a leading point they may only separate digits; elsewhere they may stand
 * anywhere. False when they stand where they must not. */
static bool drop_underscores(char *plain, const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (text[i] != '_') *plain++ = text[i];
    else if (text[0] == '.' && !(i + 1 < len && is_digit(text[i - 1]) && is_digit(text[i + 1]))) return false;
  }
  *plain = '\0';
  return true;
}

/* Fills `out` when the text, which has no NUL, is a number as the Go parser finds them; `plain` has room for the text and
 * a NUL. */
static bool parse_number(node *out, const char *text, size_t len, char *plain, range *r) {
  if (!drop_underscores(plain, text, len)) return false;
  if (parse_integer(out, plain, r)) return true;
  if (!looks_like_float(plain)) return false;
  double value = strtod(plain, NULL);
  if (isinf(value)) return false;
  out->kind = NODE_FLOAT;
  out->number = value;
  return true;
}

static bool starts_number(char c) { return is_digit(c) || c == '+' || c == '-' || c == '.'; }

/* The value of a scalar that may be more than a string; else it stays the string that it is. False without memory. */
static bool resolve_plain(node *out, const char *text, size_t len, range *r, arena *a) {
  const word *w = find_word(text, len);
  *r = ORDINARY;
  if (w) {
    out->kind = w->kind;
    if (w->kind == NODE_BOOL) out->boolean = w->value != 0;
    if (w->kind == NODE_FLOAT) out->number = w->value;
    return true;
  }
  if (!len || !starts_number(text[0]) || memchr(text, '\0', len)) return true;
  char little[SHORT_NUMBER], *plain = len < SHORT_NUMBER ? little : arena_alloc(a, len + 1);
  if (plain) parse_number(out, text, len, plain, r);
  return plain != NULL;
}

/* RFC 4648 base64 as Go's StdEncoding takes it: padded, line ends ignored. Stray bytes of the result become U+FFFD when
 * Go writes them as JSON. */
static bool decode_binary(node *out, const char *text, size_t len, arena *a, diag *why) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char *bytes = arena_alloc(a, len / 4 * 3 + 3);
  if (!bytes) return diag_memory(why);
  size_t n = 0, taken = 0, padding = 0;
  uint32_t group = 0;
  for (size_t i = 0; i < len; i++) {
    if (text[i] == '\n' || text[i] == '\r') continue;
    const char *at = text[i] ? strchr(alphabet, text[i]) : NULL;
    if (text[i] == '=' && taken % 4 >= 2) padding++, at = alphabet;
    else if (!at || padding) goto bad;
    group = group << 6 | (uint32_t)(at - alphabet);
    if (++taken % 4 == 0) {
      for (int shift = 16; shift >= 0; shift -= 8) bytes[n++] = (char)(group >> shift & 0xFF);
      group = 0;
    }
  }
  if (taken % 4 || padding > 2) goto bad;
  n -= padding;
  buf clean = {0};
  utf8_add_clean(&clean, bytes, n);
  out->text = clean.failed ? NULL : arena_copy(a, clean.data ? clean.data : "", clean.len);
  out->count = (uint32_t)clean.len;
  out->kind = NODE_STRING;
  buf_free(&clean);
  return out->text ? true : diag_memory(why);
bad:
  return diag_set(why, "bad-tag", out->start, "!!binary needs base64 text");
}

/* A float key as Go prints it: the shortest text in single precision, with an exponent below 1e-04 and from 1e+06 on. */
static size_t print_key_number(char *out, size_t room, double exact) {
  float number = (float)exact;
  if (!isfinite(number)) return (size_t)snprintf(out, room, "%s", isnan(number) ? ".nan" : number > 0 ? ".inf" : "-.inf");
  int precision = 0;
  do snprintf(out, room, "%.*e", precision, (double)number);
  while (strtof(out, NULL) != number && ++precision < 9);
  int exponent = atoi(strchr(out, 'e') + 1);
  if (exponent < -4 || exponent >= 6) return strlen(out);
  return (size_t)snprintf(out, room, "%.*f", precision > exponent ? precision - exponent : 0, strtod(out, NULL));
}

/* Turns a resolved scalar into the string that it is as a key: 17 becomes "17", true "true". */
static bool to_key(node *key, arena *a, diag *why) {
  char text[64];
  size_t len;
  switch (key->kind) {
    case NODE_STRING: return true;
    case NODE_BOOL: len = (size_t)snprintf(text, sizeof text, "%s", key->boolean ? "true" : "false"); break;
    case NODE_INT: len = (size_t)snprintf(text, sizeof text, "%lld", (long long)key->integer); break;
    case NODE_FLOAT: len = print_key_number(text, sizeof text, key->number); break;
    default: return diag_set(why, "bad-key", key->start, "%s cannot be a key", node_kind_name(key->kind));
  }
  key->kind = NODE_STRING;
  key->count = (uint32_t)len;
  key->text = arena_copy(a, text, len);
  return key->text ? true : diag_memory(why);
}

/* The kinds that a tag of YAML asks for; the rest of them, !!str included, leave the text as it is. */
static int wanted_kind(const char *name) {
  static const word typed[] = {{"bool", NODE_BOOL, 0}, {"int", NODE_INT, 0}, {"float", NODE_FLOAT, 0}, {"null", NODE_NULL, 0}};
  for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
    if (!strcmp(name, typed[i].text)) return (int)typed[i].kind;
  return NODE_STRING;
}

/* Holds a resolved scalar to its tag. An integer may be tagged a float, and is one from then on. */
static bool obey_tag(node *out, const char *name, int want, range r, diag *why) {
  int kind = r == UNSIGNED ? NODE_INT : (int)out->kind;
  if (want == NODE_FLOAT && kind == NODE_INT && r != UNSIGNED) {
    out->kind = NODE_FLOAT;
    out->number = (double)out->integer;
  } else if (kind != want)
    return diag_set(why, "bad-tag", out->start, "a value with the tag !!%s cannot be %s", name, node_kind_name((node_kind)kind));
  return true;
}

bool scalar_resolve(node *out, const char *text, size_t len, scalar_style style, arena *a, diag *why) {
  const char *tag = style.tag;
  const char *name = tag && !strncmp(tag, YAML_TAG, strlen(YAML_TAG)) ? tag + strlen(YAML_TAG) : NULL;
  out->kind = NODE_STRING;
  out->text = text;
  out->count = (uint32_t)len;
  if (name && !strcmp(name, "binary")) return decode_binary(out, text, len, a, why);
  int want = name ? wanted_kind(name) : NODE_STRING;
  if (tag ? want == NODE_STRING : !style.plain) return true;
  range r;
  if (!resolve_plain(out, text, len, &r, a)) return diag_memory(why);
  if (tag && !obey_tag(out, name, want, r, why)) return false;
  if (style.key && r == UNSIGNED) return diag_set(why, "bad-key", out->start, "an integer beyond 63 bits cannot be a key");
  if (style.key) return to_key(out, a, why);
  if (out->kind != NODE_FLOAT) return true;
  if (!isfinite(out->number))
    return diag_set(why, "bad-number", out->start, "infinity and not-a-number cannot be written as JSON, so Kubernetes refuses them");
  if (style.numbers) {
    out->text = text;
    out->count = (uint32_t)len;
  } else scalar_settle_number(out);
  return true;
}

bool scalar_is_ambiguous(const char *text, size_t len) {
  if (!len || starts_number(text[0]) || text[0] == '~') return true;
  if (len > LONGEST_WORD || !may_start_word(text[0])) return false;
  static const char *const other[] = {"null", "y", "n", "yes", "no", "on", "off", "true", "false", "nan", "inf"};
  for (size_t i = 0; i < sizeof other / sizeof *other; i++)
    if (strlen(other[i]) == len && !strncasecmp(other[i], text, len)) return true;
  return false;
}

size_t scalar_print_number(char *out, double number) {
  int len = snprintf(out, 32, "%.15g", number);
  if (strtod(out, NULL) != number) len = snprintf(out, 32, "%.17g", number);
  if (!strpbrk(out, ".eEni")) len += snprintf(out + len, 4, ".0");
  return (size_t)len;
}
