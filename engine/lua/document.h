/* Documents in Lua: tables that know where they came from.
 *
 * A map becomes a table, a list a table whose metatable says so (an empty list and an empty map differ to the end), null
 * the light userdata `null`. Tables made from a document carry a metatable of that document, which keeps its nodes alive
 * for as long as any of its tables; the tables themselves hold nothing but the data.
 *
 * A place belongs to a (table, key) pair: the table leads to its node by its address, the key to the pair in it. A table
 * that was made from another (a substituted copy) can be given the same node, and so the same places.
 *
 * Ownership: a document userdata owns the arena of its nodes; a source userdata owns a file's text; documents keep their
 * source. All are freed by Lua's collector.
 */
#ifndef MOONSTEP_DOCUMENT_H
#define MOONSTEP_DOCUMENT_H

#include <lua.h>

#include "base/arena.h"
#include "base/buf.h"
#include "data/node.h"

typedef struct source {
  buf text; /* UTF-8, see base/source.h */
  size_t charged;
  uint32_t line; /* the line that was looked for last, and where it starts: messages come in order */
  size_t line_start;
} source; /* the user value is the file's name, as the user gave it */

/* The node of each table, by the table's address. A table's address can only be met again when the table that had it
 * first is gone, so an entry that is found is always the table's own. */
typedef struct node_map {
  struct {
    const void *table;
    const node *node;
  } * slots;
  size_t mask, used;
} node_map;

typedef struct document {
  arena nodes;
  node root;
  node_map by_table;
  size_t charged;
} document;

/* Charges what the system is asked for on behalf of a script; the owner keeps the number and gives it back. Raises a lack of memory
 * where it is beyond the limit. */
void document_charge(lua_State *L, size_t *charged, size_t bytes);

/* Pushes an empty document whose source is at `source_index`. */
document *document_new(lua_State *L, int source_index);

/* Pushes the root of the document at `index` as Lua values. Raises on lack of memory only. */
void document_push_root(lua_State *L, int index);

/* The source at `index`, or an error of argument type. */
source *source_check(lua_State *L, int index);

/* True when the table at `index` is marked as a list. */
bool document_is_list(lua_State *L, int index);

/* Gives the table at `to` the metatable and the node of the table at `from`; nothing where that has none. */
void document_copy_place(lua_State *L, int from, int to);

/* The document that the table at `index` came from, NULL when it came from none. Pushes nothing. */
document *document_of(lua_State *L, int index);

/* The node of the table at `index`, NULL when it came from no document; with `source`, its text. */
const node *document_node(lua_State *L, int index, source **source);

/* Frees what the document holds before the collector does; it is empty from then on, and its tables have no places any more. */
void document_close(lua_State *L, document *d);

/* The document at `index`, or an error of argument type. */
document *document_check(lua_State *L, int index);

/* Pushes the source of the table or document at `index`, or nil. Returns 1. */
int document_push_source(lua_State *L, int index);

/* Marks the table at the top of the stack as a list that came from nowhere. */
void document_mark_list(lua_State *L);

/* Opens the metatables that this module needs. */
void document_open(lua_State *L);

#endif
