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

enum { LONGEST_WORD = 5, LONGEST_NUMBER = 400 };

static const word *find_word(const char *text, size_t len) {
  if (len > LONGEST_WORD) return NULL;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strlen(words[i].text) == len && !memcmp(words[i].text, text, len)) return &words[i];
  return NULL;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

/* An integer as Go's ParseInt reads it with base 0: a sign, then 0x, 0o, 0b or a leading 0 for octal. The text has no
 * underscores any more. 1: it is one; 2: an integer that needs the unsigned range, given as a double; 0: none. */
static int parse_integer(const char *s, int64_t *value, double *large) {
  bool minus = *s == '-', sign = minus || *s == '+';
  s += sign;
  unsigned base = 10;
  if (s[0] == '0' && s[1]) {
    char kind = s[1] | 0x20;
    base = kind == 'x' ? 16 : kind == 'o' || is_digit(s[1]) ? 8 : kind == 'b' ? 2 : 0;
    if (!base) return 0;
    s += is_digit(s[1]) ? 1 : 2;
  }
  if (!*s) return 0;
  uint64_t sum = 0;
  for (; *s; s++) {
    unsigned digit = (unsigned)digit_value(*s);
    if (digit >= base || __builtin_mul_overflow(sum, (uint64_t)base, &sum) || __builtin_add_overflow(sum, (uint64_t)digit, &sum)) return 0;
  }
  if (minus && sum <= (uint64_t)INT64_MAX + 1) *value = (int64_t)(0 - sum);
  else if (!minus && sum <= INT64_MAX) *value = (int64_t)sum;
  else if (!minus && !sign) {
    *large = (double)sum;
    return 2;
  } else return 0;
  return 1;
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
  if (value != floor(value) || value < -0x1p63 || value >= 0x1p63) return;
  out->kind = NODE_INT;
  out->integer = (int64_t)value;
}

/* Numbers as the Go parser finds them. False when the text is none. */
static bool parse_number(node *out, const char *text, size_t len) {
  char plain[LONGEST_NUMBER + 1];
  size_t n = 0;
  if (len > LONGEST_NUMBER || memchr(text, '\0', len)) return false;
  bool point = text[0] == '.';
  for (size_t i = 0; i < len; i++)
    if (text[i] != '_' || point) plain[n++] = text[i];
  plain[n] = '\0';
  double large;
  int found = point ? 0 : parse_integer(plain, &out->integer, &large);
  if (found == 1) out->kind = NODE_INT;
  if (found == 2) out->kind = NODE_FLOAT, out->number = large;
  if (found) return true;
  if (!looks_like_float(plain)) return false;
  double value = strtod(plain, NULL);
  if (isinf(value)) return false;
  out->kind = NODE_FLOAT;
  out->number = value;
  return true;
}

static bool starts_number(char c) { return is_digit(c) || c == '+' || c == '-' || c == '.'; }

/* The value of a scalar that may be more than a string. */
static void resolve_plain(node *out, const char *text, size_t len) {
  const word *w = find_word(text, len);
  if (w) {
    out->kind = w->kind;
    if (w->kind == NODE_BOOL) out->boolean = w->value != 0;
    if (w->kind == NODE_FLOAT) out->number = w->value;
    return;
  }
  if (len && starts_number(text[0]) && parse_number(out, text, len)) return;
  out->kind = NODE_STRING;
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
static size_t print_key_number(char *out, size_t room, double number) {
  if (!isfinite(number)) return (size_t)snprintf(out, room, "%s", isnan(number) ? ".nan" : number > 0 ? ".inf" : "-.inf");
  int precision = 0;
  do snprintf(out, room, "%.*e", precision, number);
  while (strtof(out, NULL) != (float)number && ++precision < 9);
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

bool scalar_resolve(node *out, const char *text, size_t len, scalar_style style, arena *a, diag *why) {
  const char *tag = style.tag;
  out->kind = NODE_STRING;
  out->text = text;
  out->count = (uint32_t)len;
  const char *name = tag && !strncmp(tag, YAML_TAG, strlen(YAML_TAG)) ? tag + strlen(YAML_TAG) : NULL;
  if (tag && !name) return true;
  if (!tag && !style.plain) return true;
  if (name && !strcmp(name, "binary")) return decode_binary(out, text, len, a, why);
  static const struct { const char *name; node_kind kind; } typed[] = {
      {"bool", NODE_BOOL}, {"int", NODE_INT}, {"float", NODE_FLOAT}, {"null", NODE_NULL}, {"timestamp", NODE_STRING}};
  int want = -1;
  for (size_t i = 0; name && i < sizeof typed / sizeof *typed; i++)
    if (!strcmp(name, typed[i].name)) want = (int)typed[i].kind;
  if (name && want < 0) return true; /* !!str, and tags that the Go parser does not know */
  if (want != NODE_STRING) {
    resolve_plain(out, text, len);
    if (out->kind == NODE_STRING) out->text = text, out->count = (uint32_t)len;
  }
  if (want >= 0 && want != NODE_STRING && (int)out->kind != want && !(want == NODE_FLOAT && out->kind == NODE_INT))
    return diag_set(why, "bad-tag", out->start, "a value with the tag !!%s cannot be %s", name, node_kind_name(out->kind));
  if (style.key) return to_key(out, a, why);
  if (out->kind != NODE_FLOAT) return true;
  if (!isfinite(out->number))
    return diag_set(why, "bad-number", out->start, "infinity and not-a-number cannot be written as JSON, so Kubernetes refuses them");
  scalar_settle_number(out);
  return true;
}

bool scalar_is_ambiguous(const char *text, size_t len) {
  if (!len || starts_number(text[0]) || text[0] == '~') return true;
  if (len > LONGEST_WORD) return false;
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
