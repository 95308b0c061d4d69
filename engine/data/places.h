/* Places in documents that are alike: keys that lead from the root to a node, each way with a number that holds for all documents.
 *
 * Numbers are given as ways are first asked for and never change; 0 is the root. A way's node in the open document is looked up once.
 *
 * Ownership: the table owns its ways and copies of their keys; the open document is the caller's. Limits: MOST_PLACES ways, as keys may differ from
 * document to document without end; one more is refused as a lack of memory is.
 */
#ifndef MOONSTEP_PLACES_H
#define MOONSTEP_PLACES_H

#include "base/arena.h"
#include "data/node.h"

enum { MOST_PLACES = 100000, PLACE_MARKS = 4 };

typedef uint32_t place_id;
#define NO_PLACE UINT32_MAX

typedef struct place {
  place_id parent;
  uint32_t index;  /* of an item; with a key, its length */
  const char *key; /* NULL: an item */
  const node *at;  /* in the document of that number */
  uint64_t document;
  uint64_t marks[PLACE_MARKS]; /* the caller's */
  place_id next;               /* with the same hash */
} place;

typedef struct places {
  place *all;
  uint32_t count, room;
  place_id *by_hash; /* 0: none */
  uint32_t mask;
  uint64_t document;
  arena keys;
} places;

bool places_open(places *p); /* false: no memory */
void places_free(places *p);

/* Nodes are those of this document from here on. */
void places_turn_to(places *p, const node *root);

/* The place of a key (len bytes) or of an item (from 0) below another, or NO_PLACE. */
place_id places_key(places *p, place_id parent, const char *key, size_t len);
place_id places_item(places *p, place_id parent, uint32_t index);

/* The node there in the open document, or NULL. */
const node *places_node(places *p, place_id at);

/* A number for len bytes, the same on every machine of one byte order. */
uint32_t hash_bytes(uint64_t seed, const char *bytes, uint32_t len);

#endif
