/* Making a map out of the keys and values that were read for it, YAML's `<<` included. */
#ifndef MOONSTEP_MAP_H
#define MOONSTEP_MAP_H

#include <stddef.h>

#include "base/arena.h"
#include "data/node.h"

/* Fills the items and count of the map `n` from `pairs` keys and values in the order of the text. With `merges`, a key
 * of kind NODE_NULL says "merge the value here": a map, or a list of maps of which the first has the last word; what it
 * brings replaces what stands before it, and is replaced by what stands behind it, as kubectl does it.
 * Errors: duplicate-key with both places, bad-merge. */
bool map_build(node *n, const node *children, size_t pairs, bool merges, arena *a, diag *why);

/* A key of a map, behind which its value stands; NULL where there is no such key, or no map. */
const node *map_pair(const node *map, const char *key, size_t len);

/* The value under a key, or NULL. */
const node *map_get(const node *map, const char *key, size_t len);

#endif
