/* The targets of a batch: rows of a file or pipe, read as a stream.
 *
 *   reader: bytes --> pieces of whole rows        parser: piece --> rows
 *
 * The reader looks for the ends of rows and for nothing else; it is meant for the process that hands pieces out. The parser is meant for
 * those that get them: a piece is a run of bytes of the input, so another process can read it with pread, by its offset and length.
 * Memory does not grow with the input.
 *
 * A row is a map with the keys
 *
 *   name        needed: the name of an object (RFC 1123 subdomain, at most 253 bytes)
 *   namespace   a label (RFC 1123, at most 63 bytes)
 *   task        the name of a Task
 *   variables   a map of values; names are those that can stand in ${...}
 *   params      another one
 *
 * Names, namespaces and Tasks are strings; what is empty or null is not given. Values are strings, booleans (true, false) and numbers.
 * Integers are written in decimal; numbers with a fraction or an exponent, and those beyond 64 bits, keep the text that they are written
 * with: 1.10 stays 1.10. null: not given. No text holds a NUL, none is longer than LIMIT_SCALAR; no row is longer than LIMIT_DOCUMENT.
 *
 *   ROWS_NDJSON  a JSON object on each line. Blank lines are passed over.
 *   ROWS_JSON    one array of objects.
 *   ROWS_CSV     RFC 4180. The first line names the columns, 1000 at most: name, namespace, task, variables.X, params.X. All rows have as many
 *                cells. An empty cell is not given: an empty value can only be given in another format. Blank lines are passed over.
 *   ROWS_YAML    a row a document, read as kubectl reads it. A document that is a list holds a row an item; it goes into one piece, so it
 *                is for hundreds of rows rather than for a million. Anchors hold for one document. Empty documents are passed over.
 *
 * All are UTF-8; a byte order mark is passed over. YAML's lines end as base/source.h says, those of the others at \n; columns count characters.
 *
 * Failure: a malformed row is ROW_BAD, with its place, and the next one is read all the same. Only what breaks the input as a whole ends
 * the reading, after the rows before it: ROWS_ERROR.
 */
#ifndef MOONSTEP_ROWS_H
#define MOONSTEP_ROWS_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/diag.h"

/* ROWS_GUESS, for rows_open: what the first bytes look like. */
typedef enum rows_format { ROWS_NDJSON, ROWS_CSV, ROWS_YAML, ROWS_JSON, ROWS_GUESS } rows_format;

/* The format by the ending of the path (.ndjson .jsonl .csv .yaml .yml .json), else by the first bytes. The path may be NULL. False when
 * neither says anything, since there are no bytes. */
bool rows_format_of(const char *path, const char *start, size_t len, rows_format *out);

/* What a parser must know beside a piece: the format, and CSV's first line. Plain bytes, to be copied. */
typedef struct rows_head {
  rows_format format;
  const char *text;
  size_t len;
} rows_head;

typedef struct rows_piece {
  const char *text;
  size_t len;
  off_t offset;          /* in the input */
  uint64_t first;        /* number of its first row, from 0 */
  uint32_t records;      /* rows in it, malformed ones included */
  uint32_t line, column; /* of its first byte, from 1 */
} rows_piece;

typedef struct rows_reader rows_reader;
typedef enum rows_result { ROWS_PIECE, ROWS_END, ROWS_ERROR } rows_result;

/* Starts to read a file or pipe where it stands. The descriptor stays the caller's. NULL, and an error: unreadable, bad-text (UTF-16), or what
 * is wrong with CSV's first line. */
rows_reader *rows_open(int fd, rows_format format, diag *why);
void rows_close(rows_reader *r);

/* Valid as long as the reader. */
const rows_head *rows_head_of(const rows_reader *r);

/* The next piece: `records` rows (more where a list of YAML brings more, fewer at the end of the input, and where the piece reaches 1 MiB).
 * The text is valid until the next call. Errors: unreadable, json-syntax (an array that is broken beyond its rows). */
rows_result rows_next(rows_reader *r, uint32_t records, rows_piece *out, diag *why);

/* Texts are not followed by a NUL. */
typedef struct row_text {
  const char *text; /* NULL: not given */
  uint32_t len;
} row_text;

typedef struct row_field {
  const char *name, *value;
  uint32_t name_len, value_len;
} row_field;

typedef struct row {
  row_text name, namespace, task;
  row_field *variables, *params; /* in the order of the text; no name twice */
  uint32_t variable_count, param_count;
  uint64_t index;    /* the row's number in the input, from 0 */
  mark place;        /* of its first byte */
  uint32_t end_line; /* of its last byte */
  const char *text;  /* as it is written, without the line's end; empty where an alias of YAML brings the row */
  size_t len;
} row;

typedef struct row_parser row_parser;
typedef enum row_result { ROW, ROW_END, ROW_BAD } row_result;

/* A parser keeps a copy of the head. NULL: an error, as of rows_open. */
row_parser *row_parser_open(const rows_head *head, diag *why);
void row_parser_close(row_parser *p);

/* Goes on with this piece, whose text is the caller's. */
void row_parser_give(row_parser *p, const rows_piece *piece);

/* The piece's next row. What it holds points into the piece's text and the arena. A row that is ROW_BAD has index, place, end_line, text and
 * len. Errors: bad-row, bad-text, json-syntax, csv-syntax, document-limit, scalar-limit, bad-number, duplicate-key, what data/yaml_in.h
 * lists; and, with nothing to be done about it, out-of-memory. */
row_result row_next(row_parser *p, arena *a, row *out, diag *why);

#endif
