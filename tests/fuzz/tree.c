#include <string.h>

#include "base/source.h"
#include "base/utf8.h"
#include "data/json_in.h"
#include "data/text_out.h"
#include "data/yaml_in.h"
#include "harness.h"

typedef struct walk {
  const char *text;
  size_t len;
  bool ordered;
  mark last;
  int nodes_left; /* aliases make some trees far larger than their text */
} walk;

static bool before(mark a, mark b) { return a.line < b.line || (a.line == b.line && a.column < b.column); }

/* libyaml puts what comes at the end of a text without a line end on the line behind it. */
void check_place(mark at, const char *text, size_t len, const char *what) {
  mark again = source_mark(text, len, source_offset(text, len, at)), end = source_mark(text, len, len);
  if (at.line == end.line + 1 && at.column == 1) return;
  CHECK(at.line && at.column && again.line == at.line && again.column == at.column, "%s at %u:%u is %u:%u", what, at.line, at.column,
        again.line, again.column);
}

static void check_written(const buf *written, const buf *want, bool yaml) {
  arena memory = {0};
  diag why = {0};
  node root;
  CHECK(!written->failed, "no memory");
  if (yaml) {
    yaml_in *in = yaml_in_open(written->data, written->len, 1, &why);
    CHECK(in && yaml_in_next(in, &memory, &root, &why) == YAML_DOCUMENT, "%s in\n%.*s", why.message, (int)written->len, written->data);
    CHECK(root.kind == NODE_MAP && root.count == 1, "in\n%.*s", (int)written->len, written->data);
    const node *key = root.items, *value = key + 1;
    CHECK(key->count == want->len && !memcmp(key->text, want->data, want->len), "the key of\n%.*s", (int)written->len, written->data);
    root = *value;
    yaml_in_close(in);
  } else {
    json_in in = json_in_open(written->data, written->len);
    CHECK(json_in_next(&in, &memory, &root, &why) == JSON_VALUE, "%s in %.*s", why.message, (int)written->len, written->data);
  }
  CHECK(root.kind == NODE_STRING && root.count == want->len && !memcmp(root.text, want->data, want->len), "the value of\n%.*s",
        (int)written->len, written->data);
  arena_free(&memory);
}

/* What is written is read back as the same text, as value and as key. */
static void check_round_trip(const node *n) {
  buf out = {0}, want = {0};
  utf8_add_clean(&want, n->text, n->count);
  buf_text(&want);
  yaml_add_key(&out, n->text, n->count, 0);
  buf_byte(&out, ' ');
  yaml_add_string(&out, n->text, n->count, 0);
  buf_byte(&out, '\n');
  check_written(&out, &want, true);
  buf_clear(&out);
  json_add_string(&out, n->text, n->count);
  check_written(&out, &want, false);
  buf_free(&out);
  buf_free(&want);
}

static void check_keys(const node *map) {
  for (uint32_t i = 0; i < map->count; i++) {
    const node *key = &map->items[2 * i];
    CHECK(key->kind == NODE_STRING, "a key is %s", node_kind_name((node_kind)key->kind));
    for (uint32_t k = 0; k < i && k < 64; k++) {
      const node *other = &map->items[2 * k];
      CHECK(key->count != other->count || memcmp(key->text, other->text, key->count) != 0, "two keys \"%s\"", key->text);
    }
  }
}

static void check_node(walk *w, const node *n, int depth) {
  if (--w->nodes_left < 0) return;
  CHECK(n->kind <= NODE_MAP, "kind %u", n->kind);
  check_place(n->start, w->text, w->len, "a start");
  check_place(n->end, w->text, w->len, "an end");
  CHECK(!before(n->end, n->start), "%u:%u ends before it starts", n->start.line, n->start.column);
  CHECK(!w->ordered || !before(n->start, w->last), "%u:%u stands behind what follows it", n->start.line, n->start.column);
  w->last = n->start;
  if (n->kind == NODE_STRING) {
    CHECK(n->text[n->count] == '\0', "no NUL at the end");
    check_round_trip(n);
  }
  if (n->kind < NODE_LIST) return;
  CHECK(depth < LIMIT_DEPTH, "too deep");
  if (n->kind == NODE_MAP) check_keys(n);
  uint32_t children = n->kind == NODE_MAP ? 2 * n->count : n->count;
  for (uint32_t i = 0; i < children; i++) check_node(w, &n->items[i], depth + 1);
  if (w->ordered) CHECK(!before(n->end, w->last), "%u:%u ends before its children", n->start.line, n->start.column);
}

void check_tree(const node *root, const char *text, size_t len, bool ordered) {
  walk w = {.text = text, .len = len, .ordered = ordered, .last = {1, 1}, .nodes_left = 500};
  check_node(&w, root, 0);
}
