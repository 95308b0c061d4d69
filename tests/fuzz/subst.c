/* Substitution. The input is a text and values, with \x1e between them; a name takes the value of its number, names
 * beyond the values are unset, and the value \x1f stands for "keep the expression".
 */
#include "subst/subst.h"

#include <string.h>

#include "harness.h"

enum { MOST_VALUES = 16, MOST_NAMES = 64, SEPARATOR = 0x1E, KEEP = 0x1F };

typedef struct input {
  span text;
  span values[MOST_VALUES];
  size_t len;
} input;

typedef struct outcome {
  bool compiled, ran;
  subst_error error;
  subst_failure why;
  size_t names;
  buf out;
} outcome;

static input split(const char *data, size_t size) {
  input in = {.len = 0};
  span part = {data, 0};
  bool first = true;
  for (size_t i = 0; i <= size; i++) {
    if (i < size && data[i] != SEPARATOR) continue;
    part.len = (size_t)(data + i - part.text);
    if (first) in.text = part;
    else if (in.len < MOST_VALUES) in.values[in.len++] = part;
    first = false;
    part.text = data + i + 1;
  }
  return in;
}

static subst_value value_at(const input *in, size_t i) {
  if (i >= in->len) return (subst_value){.state = VALUE_UNSET};
  if (in->values[i].len == 1 && in->values[i].text[0] == KEEP) return (subst_value){.state = VALUE_KEEP};
  return (subst_value){VALUE_SET, in->values[i]};
}

static void check_names(const subst *s, span text) {
  for (size_t i = 0; i < s->names_len; i++) {
    const subst_name *n = &s->names[i];
    CHECK(n->name.len && n->offset >= 2 && n->offset + n->name.len < text.len, "name %zu lies at %zu", i, n->offset);
    CHECK(!memcmp(text.text + n->offset, n->name.text, n->name.len), "name %zu does not stand at %zu", i, n->offset);
    for (size_t k = 0; k < i; k++)
      CHECK(s->names[k].name.len != n->name.len || memcmp(s->names[k].name.text, n->name.text, n->name.len) != 0, "a name stands twice");
  }
}

static outcome run(const input *in, span text, bool keep_all) {
  outcome o = {.compiled = false};
  arena memory = {0};
  subst s;
  subst_value values[MOST_NAMES];
  o.compiled = subst_compile(&s, text.text, text.len, &memory, &o.error);
  if (!o.compiled) CHECK(o.error.text && o.error.offset < text.len, "an error at %zu of %zu", o.error.offset, text.len);
  else {
    check_names(&s, text);
    o.names = s.names_len;
    for (size_t i = 0; i < s.names_len && i < MOST_NAMES; i++) values[i] = keep_all ? (subst_value){.state = VALUE_KEEP} : value_at(in, i);
    o.ran = s.names_len <= MOST_NAMES && subst_run(&s, values, &o.out, &o.why);
    if (!o.ran && s.names_len <= MOST_NAMES) CHECK(o.why.text && o.why.name < s.names_len, "a failure without words");
  }
  arena_free(&memory);
  return o;
}

static bool same(const buf *a, const char *bytes, size_t len) { return a->len == len && (!len || !memcmp(a->data, bytes, len)); }

/* Whatever stands around a text stays as it is, and changes nothing in the text. */
static void check_surroundings(const input *in, const outcome *alone) {
  buf text = {0}, want = {0};
  buf_string(&text, "before }: ");
  buf_add(&text, in->text.text, in->text.len);
  buf_string(&text, " :{ after");
  outcome o = run(in, (span){text.data, text.len}, false);
  CHECK(o.compiled && o.ran, "fails within other text only");
  buf_string(&want, "before }: ");
  buf_add(&want, alone->out.data, alone->out.len);
  buf_string(&want, " :{ after");
  CHECK(same(&o.out, want.data, want.len), "got %.*s", (int)o.out.len, o.out.data);
  buf_free(&o.out);
  buf_free(&text);
  buf_free(&want);
}

/* A text without `$$` whose expressions are all kept is itself. */
static void check_kept(const input *in) {
  outcome o = run(in, in->text, true);
  if (o.compiled && o.ran && !memmem(in->text.text, in->text.len, "$$", 2))
    CHECK(same(&o.out, in->text.text, in->text.len), "got %.*s", (int)o.out.len, o.out.data ? o.out.data : "");
  buf_free(&o.out);
}

/* Values stand in the result byte by byte as they are. */
static void check_verbatim(const input *in) {
  for (size_t i = 0; i < in->len; i++) {
    buf want = {0};
    input one = {.len = 1, .values = {in->values[i]}};
    outcome o = run(&one, (span){"<${V}|${V:=w}|${V:0}>", 21}, false);
    CHECK(o.compiled && o.ran, "a value is no error");
    if (value_at(&one, 0).state == VALUE_SET) {
      for (int k = 0; k < 3; k++) {
        buf_byte(&want, "<||"[k]);
        buf_add(&want, in->values[i].text, in->values[i].len);
      }
      buf_byte(&want, '>');
      CHECK(same(&o.out, want.data, want.len), "got %.*s", (int)o.out.len, o.out.data);
    }
    buf_free(&want);
    buf_free(&o.out);
  }
}

/* Trimming takes away, the longest at least as much as the shortest, whatever the pattern. */
static void check_trims(const input *in) {
  static const char text[] = "${P:0:0}${V#${P}}\x1e${V##${P}}";
  if (in->len < 2 || value_at(in, 0).state != VALUE_SET || value_at(in, 1).state != VALUE_SET) return;
  outcome o = run(in, (span){text, sizeof text - 1}, false);
  CHECK(o.compiled && o.ran, "a pattern is no error");
  span value = in->values[1];
  const char *middle = memrchr(o.out.data, SEPARATOR, o.out.len);
  size_t shortest = (size_t)(middle - o.out.data), longest = o.out.len - shortest - 1;
  CHECK(longest <= shortest && shortest <= value.len, "%zu, %zu of %zu", longest, shortest, value.len);
  CHECK(!memcmp(o.out.data, value.text + value.len - shortest, shortest), "the shortest is no end of the value");
  CHECK(!memcmp(middle + 1, value.text + value.len - longest, longest), "the longest is no end of the value");
  buf_free(&o.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > MOST_BYTES) return 0;
  input in = split((const char *)data, size);
  outcome o = run(&in, in.text, false), again = run(&in, in.text, false);
  CHECK(o.compiled == again.compiled && o.ran == again.ran && same(&o.out, again.out.data, again.out.len), "not the same twice");
  if (!subst_needed(in.text.text, in.text.len)) CHECK(o.ran && same(&o.out, in.text.text, in.text.len), "changed without need");
  if (o.ran) check_surroundings(&in, &o);
  check_kept(&in);
  check_verbatim(&in);
  check_trims(&in);
  buf_free(&o.out);
  buf_free(&again.out);
  return 0;
}
