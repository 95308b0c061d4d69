/* Every needle has at least SECRETS_SHORTEST bytes, and these few say which slot it hangs in: so a text is gone through once, with a
 * look at one slot for each of its bytes, however many secrets there are.
 */
#include "data/secrets.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/text_out.h"

struct needle {
  needle *next;
  size_t len;
  uint64_t hash;        /* of all bytes: many secrets may begin alike */
  bool base64, shifted; /* the character behind it holds bits of it, too; with `shifted`, the one before it */
  char bytes[];
};

static size_t slot_of(const secrets *s, const char *bytes) {
  uint32_t start;
  memcpy(&start, bytes, sizeof start);
  return (size_t)(start * 2654435769u >> 7) & s->mask;
}

static bool make_room(secrets *s) {
  if (s->slots && s->count <= s->mask) return true;
  secrets wider = *s;
  wider.mask = s->slots ? 2 * s->mask + 1 : 63;
  wider.slots = calloc(wider.mask + 1, sizeof *wider.slots);
  if (!wider.slots) return false;
  wider.total += (wider.mask + 1) * sizeof *wider.slots;
  for (size_t i = 0; s->slots && i <= s->mask; i++)
    for (needle *n = s->slots[i], *next; n; n = next) {
      next = n->next;
      needle **slot = &wider.slots[slot_of(&wider, n->bytes)];
      n->next = *slot;
      *slot = n;
    }
  if (s->slots) wider.total -= (s->mask + 1) * sizeof *s->slots;
  free(s->slots);
  *s = wider;
  return true;
}

static uint64_t hash_of(const char *bytes, size_t len) {
  uint64_t hash = 14695981039346656037u; /* FNV-1a */
  for (size_t i = 0; i < len; i++) hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
  return hash;
}

static bool is_known(const secrets *s, const char *bytes, size_t len) {
  uint64_t hash = hash_of(bytes, len);
  const needle *n = s->slots ? s->slots[slot_of(s, bytes)] : NULL;
  while (n && (n->hash != hash || n->len != len || memcmp(n->bytes, bytes, len) != 0)) n = n->next;
  return n != NULL;
}

typedef enum needle_form { AS_IT_IS, IN_BASE64, IN_SHIFTED_BASE64 } needle_form;

/* Adds one form of a secret. */
static bool add_needle(secrets *s, const char *bytes, size_t len, needle_form f) {
  if (len < SECRETS_SHORTEST || is_known(s, bytes, len)) return true;
  needle *n = make_room(s) ? malloc(sizeof *n + len) : NULL;
  if (!n) return false;
  *n = (needle){.len = len, .hash = hash_of(bytes, len), .base64 = f != AS_IT_IS, .shifted = f == IN_SHIFTED_BASE64};
  memcpy(n->bytes, bytes, len);
  needle **slot = &s->slots[slot_of(s, bytes)];
  n->next = *slot;
  *slot = n;
  s->count++;
  s->total += sizeof *n + len;
  return true;
}

/* --- what a secret looks like ---------------------------------------------------------------------------------------- */

/* Base64 takes three bytes together, so there are three texts for a secret within others, by how many bytes of such a three stand
 * before it. Characters that hold bits of neighbours are not known and left out. */
static void add_base64(buf *out, const char *bytes, size_t len, size_t before, const char *alphabet) {
  size_t bits = 8 * (before + len);
  for (size_t at = (8 * before + 5) / 6 * 6; at + 6 <= bits; at += 6) {
    size_t byte = at / 8, shift = at % 8;
    unsigned pair = (unsigned)(unsigned char)bytes[byte - before] << 8;
    if (byte + 1 < before + len) pair |= (unsigned char)bytes[byte + 1 - before];
    buf_byte(out, alphabet[pair >> (10 - shift) & 63]);
  }
}

static bool add_all_base64(secrets *s, const char *bytes, size_t len, buf *scratch) {
  static const char *const alphabets[] = {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};
  bool ok = true;
  for (size_t i = 0; i < 6 && ok; i++) {
    buf_clear(scratch);
    add_base64(scratch, bytes, len, i % 3, alphabets[i / 3]);
    ok = !scratch->failed && add_needle(s, scratch->data, scratch->len, i % 3 ? IN_SHIFTED_BASE64 : IN_BASE64);
  }
  return ok;
}

typedef enum percent_style { UPPER, LOWER, WITH_SLASHES, FORM, PERCENT_STYLES } percent_style;

static void add_percent(buf *out, const char *bytes, size_t len, percent_style style) {
  const char *digits = style == LOWER ? "0123456789abcdef" : "0123456789ABCDEF";
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)bytes[i];
    bool plain = (c < 0x80 && isalnum(c)) || (c && strchr("-._~", c)) || (c == '/' && style == WITH_SLASHES);
    if (plain) buf_byte(out, (char)c);
    else if (c == ' ' && style == FORM) buf_byte(out, '+');
    else {
      buf_byte(out, '%');
      buf_byte(out, digits[c >> 4]);
      buf_byte(out, digits[c & 15]);
    }
  }
}

static void add_hex(buf *out, const char *bytes, size_t len, const char *digits) {
  for (size_t i = 0; i < len; i++) {
    buf_byte(out, digits[(unsigned char)bytes[i] >> 4]);
    buf_byte(out, digits[(unsigned char)bytes[i] & 15]);
  }
}

static bool add_scratch(secrets *s, buf *scratch) {
  bool ok = !scratch->failed && add_needle(s, scratch->data, scratch->len, AS_IT_IS);
  buf_clear(scratch);
  return ok;
}

static bool add_encoded(secrets *s, const char *bytes, size_t len, buf *scratch) {
  bool ok = add_all_base64(s, bytes, len, scratch);
  buf_clear(scratch);
  for (int style = UPPER; style < PERCENT_STYLES && ok; style++) {
    add_percent(scratch, bytes, len, (percent_style)style);
    ok = add_scratch(s, scratch);
  }
  for (int upper = 0; upper < 2 && ok; upper++) {
    add_hex(scratch, bytes, len, upper ? "0123456789ABCDEF" : "0123456789abcdef");
    ok = add_scratch(s, scratch);
  }
  if (!ok) return false;
  json_add_string(scratch, bytes, len);
  return !scratch->failed && add_needle(s, scratch->data + 1, scratch->len - 2, AS_IT_IS); /* without its quotes */
}

/* Messages show single lines of a key. */
static bool add_lines(secrets *s, const char *bytes, size_t len) {
  const char *end = bytes + len;
  while (bytes < end) {
    const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
    size_t width = (size_t)((stop ? stop : end) - bytes), blank = 0;
    while (width && bytes[width - 1] == '\r') width--;
    while (blank < width && isspace((unsigned char)bytes[blank])) blank++;
    if (width - blank >= SECRETS_SHORTEST_LINE && !add_needle(s, bytes + blank, width - blank, AS_IT_IS)) return false;
    bytes = stop ? stop + 1 : end;
  }
  return true;
}

bool secrets_add(secrets *s, const char *bytes, size_t len) {
  if (len < SECRETS_SHORTEST || is_known(s, bytes, len)) return true;
  buf scratch = {.wipe = true};
  bool ok = add_encoded(s, bytes, len, &scratch) && add_lines(s, bytes, len) && add_needle(s, bytes, len, AS_IT_IS);
  buf_free(&scratch);
  return ok;
}

/* --- masking --------------------------------------------------------------------------------------------------------- */

static bool is_base64(char c) { return isalnum((unsigned char)c) || (c && strchr("+/-_", c)); }

/* Marks the bytes of the text that a needle found at `at` stands for. */
static void cover(char *covered, const char *text, size_t len, size_t at, const needle *n) {
  size_t end = at + n->len;
  if (n->shifted && at && is_base64(text[at - 1])) at--;
  if (n->base64 && end < len && is_base64(text[end])) end++;
  while (n->base64 && end < len && text[end] == '=') end++;
  memset(covered + at, 1, end - at);
}

/* A byte for each of the text's, or NULL when no secret is in it. Without memory, all of it is covered: `*all` is set. */
static char *find_covered(const secrets *s, const char *text, size_t len, bool *all) {
  char *covered = NULL;
  for (size_t at = 0; at + SECRETS_SHORTEST <= len; at++)
    for (const needle *n = s->slots[slot_of(s, text + at)]; n; n = n->next) {
      if (n->len > len - at || memcmp(n->bytes, text + at, n->len) != 0) continue;
      if (!covered) covered = calloc(len, 1);
      *all = !covered;
      if (*all) return NULL;
      cover(covered, text, len, at, n);
    }
  return covered;
}

bool secrets_mask(const secrets *s, const char *text, size_t len, buf *out) {
  bool all = false;
  char *covered = s->count ? find_covered(s, text, len, &all) : NULL;
  if (all) buf_string(out, "***");
  for (size_t i = 0; covered && i < len; i++) {
    if (!covered[i]) buf_byte(out, text[i]);
    else if (!i || !covered[i - 1]) buf_string(out, "***");
  }
  free(covered);
  return all || covered;
}

void secrets_free(secrets *s) {
  for (size_t i = 0; s->slots && i <= s->mask; i++)
    for (needle *n = s->slots[i], *next; n; n = next) {
      next = n->next;
      explicit_bzero(n->bytes, n->len);
      free(n);
    }
  free(s->slots);
  *s = (secrets){0};
}
