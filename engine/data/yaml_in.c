/* Idea: a stack of finished nodes and a stack of open collections, no recursion. A collection's end event takes the nodes
 * above its start off the stack and moves them, in a row, into the arena.
 *
 * Invariant: `done` holds the finished children of every open collection, in order; `open[i].first` is where those of
 * collection i start. A map's children alternate key, value.
 */
#include "data/yaml_in.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "data/map.h"
#include "data/scalar.h"

/* A scalar is kept as it was written: as a key it may be something else than as a value. Names, tags and texts stand in the
 * document's arena. */
typedef struct anchor {
  char *name;
  node target;
  scalar_style style; /* of a scalar, whose text the target holds */
  uint64_t weight;    /* nodes that it stands for, itself included */
  uint32_t height;    /* collections within each other, itself included */
  bool finished;
} anchor;

typedef struct collection {
  node_kind kind;
  size_t first;
  mark start;
  size_t anchor; /* index + 1, or 0 */
  uint64_t weight;
  uint32_t height; /* of what has been read so far */
  bool merges;     /* holds a `<<` */
} collection;

struct yaml_in {
  yaml_parser_t parser;
  const char *text;
  size_t len, given; /* bytes of the text, and how many of them the parser has */
  node *done;
  size_t done_len, done_cap;
  collection open[LIMIT_DEPTH];
  size_t depth;
  anchor *anchors;
  size_t anchors_len, anchors_cap;
  uint64_t decoded, expanded; /* nodes so far, and those of them that aliases gave */
  size_t document_start;
  bool keep_numbers;
  bool over;
};

static mark mark_of(yaml_mark_t m) { return (mark){(uint32_t)m.line + 1, (uint32_t)m.column + 1}; }

/* Gives the parser more text. As kubectl does it, the last line always ends: a block whose last line does not would have
 * another value. */
static int give_text(void *reader, unsigned char *out, size_t room, size_t *size) {
  yaml_in *in = reader;
  size_t left = in->given < in->len ? in->len - in->given : 0;
  *size = left < room ? left : room;
  if (left) memcpy(out, in->text + in->given, *size);
  bool open = in->given == in->len && in->len && in->text[in->len - 1] != '\n';
  if (open) out[(*size)++] = '\n';
  in->given += *size;
  return 1;
}

yaml_in *yaml_in_open(const char *text, size_t len, uint32_t line, diag *why) {
  yaml_in *in = calloc(1, sizeof *in);
  if (!in || !yaml_parser_initialize(&in->parser)) {
    free(in);
    diag_memory(why);
    return NULL;
  }
  yaml_parser_set_encoding(&in->parser, YAML_UTF8_ENCODING);
  in->text = text;
  in->len = len;
  yaml_parser_set_input(&in->parser, give_text, in);
  in->parser.mark.line = line - 1; /* from where libyaml counts */
  return in;
}

void yaml_in_keep_numbers(yaml_in *in) { in->keep_numbers = true; }

void yaml_in_close(yaml_in *in) {
  if (!in) return;
  yaml_parser_delete(&in->parser);
  free(in->done);
  free(in->anchors);
  free(in);
}

static bool parser_error(yaml_in *in, diag *why) {
  yaml_parser_t *p = &in->parser;
  if (p->error == YAML_MEMORY_ERROR) return diag_memory(why);
  if (p->error == YAML_READER_ERROR) /* its mark is always 1:1, so the place is where the parser stood */
    return diag_set(why, "yaml-syntax", mark_of(p->mark), "%s: U+%04X", p->problem, (unsigned)p->problem_value);
  diag_set(why, "yaml-syntax", mark_of(p->problem_mark), "%s%s%s", p->context ? p->context : "", p->context ? ": " : "", p->problem);
  if (p->context && (p->context_mark.line != p->problem_mark.line || p->context_mark.column != p->problem_mark.column))
    why->other = mark_of(p->context_mark);
  return false;
}

/* Room for one more element behind `len` of them. */
static bool room(void **items, size_t *cap, size_t len, size_t size, diag *why) {
  if (len < *cap) return true;
  size_t more = *cap ? *cap * 2 : 64;
  void *grown = realloc(*items, more * size);
  if (!grown) return diag_memory(why);
  *items = grown;
  *cap = more;
  return true;
}

/* Counts nodes as the Go parser does, and refuses a document that is mostly aliases of itself (a "billion laughs"). */
static bool count_nodes(yaml_in *in, uint64_t plain, uint64_t expanded, mark at, diag *why) {
  in->decoded += plain + expanded;
  in->expanded += expanded;
  if (in->expanded <= 100 || in->decoded <= 1000) return true;
  const double low = 400e3, high = 4e6;
  double count = (double)in->decoded;
  double allowed = count <= low ? 0.99 : count >= high ? 0.10 : 0.99 - 0.89 * (count - low) / (high - low);
  if ((double)in->expanded / count <= allowed) return true;
  return diag_set(why, "alias-limit", at, "aliases make up too much of this document: %llu of its %llu nodes",
                  (unsigned long long)in->expanded, (unsigned long long)in->decoded);
}

static bool push(yaml_in *in, node n, diag *why) {
  if (!room((void **)&in->done, &in->done_cap, in->done_len, sizeof n, why)) return false;
  in->done[in->done_len++] = n;
  return true;
}

/* True when the next node stands where a map's key stands. */
static bool at_key(const yaml_in *in) {
  if (!in->depth) return false;
  const collection *c = &in->open[in->depth - 1];
  return c->kind == NODE_MAP && (in->done_len - c->first) % 2 == 0;
}

static bool name_anchor(yaml_in *in, const yaml_char_t *name, arena *a, size_t *index, diag *why) {
  *index = 0;
  if (!name) return true;
  if (!room((void **)&in->anchors, &in->anchors_cap, in->anchors_len, sizeof *in->anchors, why)) return false;
  char *copy = arena_copy(a, (const char *)name, strlen((const char *)name));
  if (!copy) return diag_memory(why);
  in->anchors[in->anchors_len++] = (anchor){.name = copy};
  *index = in->anchors_len;
  return true;
}

static void finish_anchor(yaml_in *in, size_t index, node n, uint64_t weight, uint32_t height) {
  if (!index) return;
  anchor *found = &in->anchors[index - 1];
  *found = (anchor){.name = found->name, .target = n, .weight = weight, .height = height, .finished = true};
}

static bool finish_scalar_anchor(yaml_in *in, size_t index, node n, scalar_style style, arena *a, diag *why) {
  if (!index) return true;
  if (style.tag && !(style.tag = arena_copy(a, style.tag, strlen(style.tag)))) return diag_memory(why);
  finish_anchor(in, index, n, 1, 0);
  in->anchors[index - 1].style = style;
  return true;
}

/* Puts a finished node, which stands for `weight` nodes in `height` levels, under the innermost open collection. */
static bool add_node(yaml_in *in, node n, uint64_t weight, uint32_t height, diag *why) {
  if (in->depth) {
    collection *parent = &in->open[in->depth - 1];
    parent->weight += weight;
    if (height + 1 > parent->height) parent->height = height + 1;
  }
  return push(in, n, why);
}

static bool too_deep(mark at, diag *why) {
  return diag_set(why, "depth-limit", at, "more than %d maps and lists within each other", LIMIT_DEPTH);
}

static bool is_merge(const char *text, size_t len, scalar_style style) {
  return len == 2 && !memcmp(text, "<<", 2) && (style.plain || (style.tag && !strcmp(style.tag, "tag:yaml.org,2002:merge")));
}

/* True when the next node is the value of a `<<`. */
static bool at_merge(const yaml_in *in) {
  return in->depth && in->open[in->depth - 1].kind == NODE_MAP && !at_key(in) && in->done[in->done_len - 1].kind == NODE_NULL;
}

static bool on_scalar(yaml_in *in, const yaml_event_t *e, arena *a, diag *why) {
  node n = {.start = mark_of(e->start_mark), .end = mark_of(e->end_mark)};
  size_t len = e->data.scalar.length;
  if (len > LIMIT_SCALAR) return diag_set(why, "scalar-limit", n.start, "a text of more than %d MiB", LIMIT_SCALAR >> 20);
  const char *text = arena_copy(a, (const char *)e->data.scalar.value, len);
  if (!text) return diag_memory(why);
  scalar_style style = {
      .tag = (const char *)e->data.scalar.tag, .plain = e->data.scalar.plain_implicit, .numbers = in->keep_numbers, .key = at_key(in)};
  bool merge = style.key && is_merge(text, len, style);
  size_t index;
  n.kind = NODE_STRING;
  n.text = text;
  n.count = (uint32_t)len;
  if (!name_anchor(in, e->data.scalar.anchor, a, &index, why)) return false;
  if (!finish_scalar_anchor(in, index, n, style, a, why)) return false;
  if (!scalar_resolve(&n, text, len, style, a, why)) return false;
  if (merge) {
    in->open[in->depth - 1].merges = true;
    n.kind = NODE_NULL; /* a key that no text can be: "merge the value here" */
  }
  return count_nodes(in, 1, 0, n.start, why) && add_node(in, n, 1, 0, why);
}

static bool on_alias(yaml_in *in, const yaml_event_t *e, arena *a, diag *why) {
  mark at = mark_of(e->start_mark);
  const char *name = (const char *)e->data.alias.anchor;
  const anchor *found = NULL;
  for (size_t i = in->anchors_len; i-- && !found;)
    if (!strcmp(in->anchors[i].name, name)) found = &in->anchors[i];
  if (!found) return diag_set(why, "unknown-alias", at, "*%s names no anchor", name);
  if (!found->finished) return diag_set(why, "cyclic-alias", at, "*%s stands inside of what it names", name);
  if (in->depth + found->height > LIMIT_DEPTH) return too_deep(at, why);
  node n = found->target;
  uint64_t weight = found->weight;
  uint32_t height = found->height;
  if (n.kind == NODE_STRING) {
    scalar_style style = found->style;
    style.key = at_key(in);
    if (!scalar_resolve(&n, n.text, n.count, style, a, why)) {
      why->at = at;
      return false;
    }
  } else if (at_key(in)) return diag_set(why, "bad-key", at, "%s cannot be a key", node_kind_name(n.kind));
  else if (at_merge(in) && n.kind == NODE_LIST) /* kubectl takes a list of aliases, but no alias of a list */
    return diag_set(why, "bad-merge", at, "<< needs a map or a list of maps that stands here, not an alias of one");
  return count_nodes(in, 1, weight, at, why) && add_node(in, n, weight + 1, height, why);
}

static bool on_start(yaml_in *in, const yaml_event_t *e, arena *a, diag *why) {
  bool map = e->type == YAML_MAPPING_START_EVENT;
  mark at = mark_of(e->start_mark);
  if (at_key(in)) return diag_set(why, "bad-key", at, "%s cannot be a key", node_kind_name(map ? NODE_MAP : NODE_LIST));
  if (in->depth == LIMIT_DEPTH) return too_deep(at, why);
  collection *c = &in->open[in->depth];
  *c = (collection){.kind = map ? NODE_MAP : NODE_LIST, .first = in->done_len, .start = at, .weight = 1, .height = 1};
  if (!name_anchor(in, map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor, a, &c->anchor, why)) return false;
  in->depth++;
  return count_nodes(in, 1, 0, at, why);
}

static bool on_end(yaml_in *in, const yaml_event_t *e, arena *a, diag *why) {
  collection c = in->open[--in->depth];
  node n = {.kind = c.kind, .start = c.start, .end = mark_of(e->end_mark)};
  size_t count = in->done_len - c.first;
  const node *children = count ? in->done + c.first : NULL;
  in->done_len = c.first;
  if (c.kind == NODE_LIST) {
    n.count = (uint32_t)count;
    n.items = arena_alloc(a, count * sizeof n);
    if (!n.items) return diag_memory(why);
    if (count) memcpy(n.items, children, count * sizeof n);
  } else if (!map_build(&n, children, count / 2, c.merges, a, why)) return false;
  finish_anchor(in, c.anchor, n, c.weight, c.height);
  return add_node(in, n, c.weight, c.height, why);
}

static bool on_event(yaml_in *in, const yaml_event_t *e, arena *a, diag *why) {
  if (e->end_mark.index - in->document_start > LIMIT_DOCUMENT)
    return diag_set(why, "document-limit", mark_of(e->start_mark), "a document of more than %d MiB", LIMIT_DOCUMENT >> 20);
  switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
      in->document_start = e->start_mark.index;
      in->decoded = 1;
      in->expanded = in->anchors_len = in->done_len = 0;
      return true;
    case YAML_SCALAR_EVENT: return on_scalar(in, e, a, why);
    case YAML_ALIAS_EVENT: return on_alias(in, e, a, why);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT: return on_start(in, e, a, why);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return on_end(in, e, a, why);
    default: return true;
  }
}

yaml_result yaml_in_next(yaml_in *in, arena *a, node *out, diag *why) {
  while (!in->over) {
    yaml_event_t event;
    if (!yaml_parser_parse(&in->parser, &event)) {
      in->over = true;
      parser_error(in, why);
      return YAML_ERROR;
    }
    yaml_event_type_t type = event.type;
    bool ok = on_event(in, &event, a, why);
    yaml_event_delete(&event);
    if (!ok) {
      in->over = true;
      return YAML_ERROR;
    }
    if (type == YAML_STREAM_END_EVENT) in->over = true;
    if (type == YAML_DOCUMENT_END_EVENT) {
      *out = in->done[0];
      return YAML_DOCUMENT;
    }
  }
  return YAML_END;
}
