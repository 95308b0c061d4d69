#include "data/map.h"

#include <stdlib.h>
#include <string.h>

/* A map under construction: the pairs, and from FEW on a table of positions by the keys' hash, so that a map of many keys
 * is not compared pair by pair. */
typedef struct builder {
  node *pairs;
  size_t count;
  uint32_t *slots; /* position + 1, or 0 */
  size_t mask;
} builder;

enum { FEW = 16 };

static bool same_key(const node *a, const char *key, size_t len) { return a->count == len && !memcmp(a->text, key, len); }

static size_t hash(const char *text, size_t len) {
  uint64_t h = 14695981039346656037u; /* FNV-1a */
  for (size_t i = 0; i < len; i++) h = (h ^ (unsigned char)text[i]) * 1099511628211u;
  return (size_t)(h ^ h >> 32);
}

/* The key's value in what was built so far, or NULL; with `slot`, where its position belongs. */
static node *find(const builder *b, const char *key, size_t len, size_t *slot) {
  if (!b->slots) {
    for (size_t i = 0; i < b->count; i++)
      if (same_key(&b->pairs[2 * i], key, len)) return &b->pairs[2 * i + 1];
    return NULL;
  }
  size_t at = hash(key, len) & b->mask;
  for (; b->slots[at]; at = (at + 1) & b->mask) {
    node *found = &b->pairs[2 * (b->slots[at] - 1)];
    if (same_key(found, key, len)) return found + 1;
  }
  *slot = at;
  return NULL;
}

static void append(builder *b, const node *key, const node *value, size_t slot) {
  b->pairs[2 * b->count] = *key;
  b->pairs[2 * b->count + 1] = *value;
  b->count++;
  if (b->slots) b->slots[slot] = (uint32_t)b->count;
}

static void merge_map(builder *b, const node *map) {
  for (size_t i = 0; i < map->count; i++) {
    const node *key = &map->items[2 * i];
    size_t slot = 0;
    node *old = find(b, key->text, key->count, &slot);
    if (old) {
      old[-1] = *key;
      *old = key[1];
    } else append(b, key, key + 1, slot);
  }
}

static bool merge_value(builder *b, const node *value, diag *why) {
  if (value->kind == NODE_MAP) {
    merge_map(b, value);
    return true;
  }
  bool maps = value->kind == NODE_LIST;
  for (size_t i = 0; maps && i < value->count; i++) maps = value->items[i].kind == NODE_MAP;
  if (!maps) return diag_set(why, "bad-merge", value->start, "<< needs a map or a list of maps");
  for (size_t i = value->count; i--;) merge_map(b, &value->items[i]);
  return true;
}

/* How many pairs the map may have, before equal ones fall together. */
static size_t most_pairs(const node *children, size_t pairs, bool merges) {
  size_t most = pairs;
  for (size_t i = 0; merges && i < pairs; i++) {
    const node *value = &children[2 * i + 1];
    if (children[2 * i].kind != NODE_NULL) continue;
    if (value->kind == NODE_MAP) most += value->count;
    for (size_t k = 0; value->kind == NODE_LIST && k < value->count; k++)
      if (value->items[k].kind == NODE_MAP) most += value->items[k].count;
  }
  return most;
}

/* Explicit keys must differ from each other; what a merge brought they replace. */
static bool add_pair(builder *b, const node *children, size_t i, bool merges, diag *why) {
  const node *key = &children[2 * i];
  size_t slot = 0;
  node *old = find(b, key->text, key->count, &slot);
  if (!old) {
    append(b, key, key + 1, slot);
    return true;
  }
  const node *first = old - 1;
  for (size_t k = 0; merges && k < i; k++)
    if (children[2 * k].kind == NODE_STRING && same_key(&children[2 * k], key->text, key->count)) merges = false, first = &children[2 * k];
  if (!merges) {
    diag_set(why, "duplicate-key", key->start, "the key \"%.*s\" is given twice", (int)(key->count < 200 ? key->count : 200), key->text);
    why->other = first->start;
    return false;
  }
  old[-1] = *key;
  *old = key[1];
  return true;
}

bool map_build(node *n, const node *children, size_t pairs, bool merges, arena *a, diag *why) {
  size_t most = most_pairs(children, pairs, merges);
  builder b = {.pairs = arena_alloc(a, 2 * most * sizeof *b.pairs)};
  if (!b.pairs) return diag_memory(why);
  if (most > FEW) {
    size_t size = 64;
    while (size < 2 * most) size *= 2;
    b.slots = calloc(size, sizeof *b.slots);
    b.mask = size - 1;
    if (!b.slots) return diag_memory(why);
  }
  bool ok = true;
  for (size_t i = 0; ok && i < pairs; i++)
    ok = children[2 * i].kind == NODE_NULL ? merge_value(&b, &children[2 * i + 1], why) : add_pair(&b, children, i, merges, why);
  free(b.slots);
  n->items = b.pairs;
  n->count = (uint32_t)b.count;
  return ok;
}

const node *map_pair(const node *map, const char *key, size_t len) {
  for (size_t i = 0; map->kind == NODE_MAP && i < map->count; i++)
    if (same_key(&map->items[2 * i], key, len)) return &map->items[2 * i];
  return NULL;
}

const node *map_get(const node *map, const char *key, size_t len) {
  const node *pair = map_pair(map, key, len);
  return pair ? pair + 1 : NULL;
}
