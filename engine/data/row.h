/* The parser from within: what its parts for JSON, CSV and YAML share.
 *
 * Each part turns one row's text into a row; its places are its own business, what a row may hold is row.c's. Texts stay the caller's as far
 * as they stand in the input as they are; the rest goes into the caller's arena.
 */
#ifndef MOONSTEP_ROW_H
#define MOONSTEP_ROW_H

#include "data/node.h"
#include "data/rows.h"
#include "data/rows_cut.h"

enum { ROW_COLUMNS = 1000 }; /* of CSV at most */

typedef enum row_key_id { ROW_NAME, ROW_NAMESPACE, ROW_TASK, ROW_VARIABLES, ROW_PARAMS, ROW_UNKNOWN } row_key_id;

/* A column of CSV. */
typedef struct row_column {
  row_key_id key;
  row_text name; /* of a variable or param, or the key's own */
  const char *at;
} row_column;

/* A field of JSON while its map is being read; without a value, it is null. */
typedef struct row_taken {
  row_field field;
  const char *at;
} row_taken;

/* A document of YAML that was read. Whatever came of it, row_document_free frees it. */
typedef struct row_document {
  arena nodes;
  node root;
} row_document;

struct row_parser {
  rows_format format;
  cutter cutter;
  const char *text;
  size_t len, at;
  mark mark; /* of text[at] */
  uint64_t index;

  arena kept; /* CSV's columns */
  row_column *columns;
  uint32_t column_count, variable_count, param_count;

  row_taken *taken; /* room for JSON's fields */
  size_t taken_cap;

  row_document document; /* YAML: the one at hand, and those of its nodes that are rows */
  const node *nodes;
  uint32_t node, node_count;
  const char *document_text;
  size_t document_len;
  mark known; /* the place of document_text[known_at] */
  size_t known_at;
};

row_key_id row_key(const char *text, size_t len);
const char *row_key_name(row_key_id key);

/* Gives an error its place; a lack of memory has none. False. */
bool row_wrong_at(diag *why, mark at);

/* Each of these is false with an error whose place is the caller's to set. */

/* Gives the row its name, namespace or Task, a text that row_check_value takes. */
bool row_set(row *out, row_key_id key, row_text value, diag *why);
/* Whether a variable or param can have this name. */
bool row_check_field(row_key_id key, const char *name, size_t len, diag *why);
bool row_check_value(const char *text, size_t len, diag *why);
bool row_unknown_key(const char *text, size_t len, diag *why);

/* What holds for the text of every row, out->text; its places are the row's. */
bool row_check_text(const row *out, rows_format format, diag *why);

/* The row whose text is out->text, from out->place on. */
bool row_json(row_parser *p, arena *a, row *out, diag *why);
bool row_csv(row_parser *p, arena *a, row *out, diag *why);

/* Reads CSV's first line. */
bool row_csv_head(row_parser *p, const char *text, size_t len, diag *why);

/* Reads a document, which starts at `at`. */
bool row_document_read(row_document *d, const char *text, size_t len, mark at, diag *why);
void row_document_free(row_document *d);

/* The row that a node is, whose texts are copied. */
bool row_yaml(const node *n, arena *a, row *out, diag *why);

#endif
