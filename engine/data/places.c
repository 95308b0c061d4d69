#include "data/places.h"

#include <stdlib.h>
#include <string.h>

#include "data/map.h"

static const uint64_t mixer = 0x9e3779b97f4a7c15u;

uint32_t hash_bytes(uint64_t seed, const char *bytes, uint32_t len) {
  uint64_t h = seed, word = len, rest = 0;
  for (; len >= 8; bytes += 8, len -= 8) {
    h = (h ^ word) * mixer;
    h ^= h >> 29;
    memcpy(&word, bytes, 8);
  }
  memcpy(&rest, bytes, len);
  h = (h ^ word) * mixer;
  h = (h ^ h >> 29 ^ rest) * mixer;
  return (uint32_t)(h >> 32);
}

static uint32_t hash_of(place_id parent, const char *key, uint32_t index) {
  uint64_t h = (parent + 1) * mixer;
  return key ? hash_bytes(h, key, index) : (uint32_t)((h ^ index) * mixer >> 32);
}

static bool grow(places *p) {
  uint32_t room = p->room ? p->room * 2 : 256;
  place *all = realloc(p->all, room * sizeof *all);
  if (!all) return false;
  p->all = all;
  place_id *by_hash = calloc(room * 2, sizeof *by_hash);
  if (!by_hash) return false;
  free(p->by_hash);
  p->by_hash = by_hash;
  p->mask = room * 2 - 1;
  p->room = room;
  for (place_id i = 1; i < p->count; i++) {
    uint32_t slot = hash_of(all[i].parent, all[i].key, all[i].index) & p->mask;
    all[i].next = by_hash[slot];
    by_hash[slot] = i;
  }
  return true;
}

bool places_open(places *p) {
  *p = (places){.count = 1};
  if (!grow(p)) {
    places_free(p);
    return false;
  }
  p->all[0] = (place){0};
  return true;
}

void places_free(places *p) {
  free(p->all);
  free(p->by_hash);
  arena_free(&p->keys);
  *p = (places){0};
}

/* `index` is the key's length when there is a key. */
static place_id find(places *p, place_id parent, const char *key, uint32_t index) {
  uint32_t hash = hash_of(parent, key, index);
  for (place_id i = p->by_hash[hash & p->mask]; i; i = p->all[i].next) {
    const place *each = &p->all[i];
    if (each->parent == parent && each->index == index && !each->key == !key && (!key || !memcmp(each->key, key, index))) return i;
  }
  if (p->count == MOST_PLACES || (p->count == p->room && !grow(p))) return NO_PLACE;
  const char *copy = key ? arena_copy(&p->keys, key, index) : NULL;
  if (key && !copy) return NO_PLACE;
  place_id id = p->count++;
  place_id *slot = &p->by_hash[hash & p->mask];
  p->all[id] = (place){.parent = parent, .index = index, .key = copy, .next = *slot};
  *slot = id;
  return id;
}

place_id places_key(places *p, place_id parent, const char *key, size_t len) {
  return len < UINT32_MAX ? find(p, parent, key, (uint32_t)len) : NO_PLACE;
}

place_id places_item(places *p, place_id parent, uint32_t index) { return find(p, parent, NULL, index); }

static const node *below(const node *n, const place *p) {
  if (!p->key) return n->kind == NODE_LIST && p->index < n->count ? &n->items[p->index] : NULL;
  return map_get(n, p->key, p->index);
}

const node *places_node(places *p, place_id at) {
  place *each = &p->all[at];
  if (each->document == p->document) return each->at;
  const node *parent = places_node(p, each->parent);
  each->at = parent ? below(parent, each) : NULL;
  each->document = p->document;
  return each->at;
}

void places_turn_to(places *p, const node *root) {
  p->document++;
  p->all[0] = (place){.at = root, .document = p->document};
}
