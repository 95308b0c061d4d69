/* A document as a tree of nodes: what YAML and JSON are read into, before any Lua.
 *
 * Ownership: nodes and their texts live in the arena that they were read into, and never change. A node that an alias
 * names is shared, so the "tree" may reach one node on several ways; it never contains itself.
 *
 * Every node keeps the place of its first and behind its last character. Items of a list stand in a row; a map's row
 * holds key, value, key, value; keys are always strings, and no two are equal.
 */
#ifndef MOONSTEP_NODE_H
#define MOONSTEP_NODE_H

#include <stdint.h>

#include "base/diag.h"

typedef enum node_kind { NODE_NULL, NODE_BOOL, NODE_INT, NODE_FLOAT, NODE_STRING, NODE_LIST, NODE_MAP } node_kind;

typedef struct node node;
struct node {
  uint32_t kind;  /* node_kind */
  uint32_t count; /* bytes of a string, items of a list, pairs of a map */
  mark start, end;
  union {
    bool boolean;
    int64_t integer;
    double number;
    const char *text; /* a NUL follows the last byte; the bytes may hold NULs */
    node *items;
  };
};

/* What input may be at most. One depth limit holds for YAML, JSON, templates and emitting alike. */
enum {
  LIMIT_DEPTH = 200,         /* maps and lists within each other */
  LIMIT_SCALAR = 4 << 20,    /* bytes of one string or key; etcd keeps objects below 1.5 MiB */
  LIMIT_DOCUMENT = 32 << 20, /* bytes of one document */
};

static inline const char *node_kind_name(node_kind kind) {
  static const char *const names[] = {"null", "a boolean", "an integer", "a number", "a string", "a list", "a map"};
  return names[kind];
}

#endif
