/* Where rows end: the formats' outer structure, and no more of it than that takes.
 *
 * A cutter is a small machine that goes over the text byte by byte and can stop anywhere, so that text may come in parts and be forgotten
 * behind it. What a row holds is not looked at: a malformed row ends where its line, document or nesting does.
 */
#ifndef MOONSTEP_ROWS_CUT_H
#define MOONSTEP_ROWS_CUT_H

#include "data/rows.h"

typedef struct cutter {
  rows_format format;
  uint8_t state; /* the format's own */
  bool blank;    /* YAML: nothing but comments and markers since the document started */
  char opens;    /* YAML: the first byte of the last document's content, 0 where it has none */
  char content;  /* the same of the document at hand */
  uint32_t depth;
  const char *problem; /* of CUT_BROKEN, a constant */
} cutter;

/* For text that starts before the first row; within the rows, where a piece starts. */
cutter cut_begin(rows_format format);
cutter cut_within(rows_format format);

typedef enum cut_result {
  CUT_MORE,   /* the text ends first */
  CUT_ROW,    /* a row ends before *at */
  CUT_GAP,    /* what ends there is none: a blank line, a comma */
  CUT_END,    /* of the input; *at is len */
  CUT_BROKEN, /* the structure round the rows is, at *at */
} cut_result;

/* Goes on at text[*at], where the row or gap at hand started at `from`. With `last`, nothing follows the text; it never returns CUT_MORE then. */
cut_result cut_next(cutter *c, const char *text, size_t len, bool last, size_t from, size_t *at);

/* The place of the end of the text, whose start is at `from`. */
mark cut_mark(rows_format format, const char *text, size_t len, mark from);

#endif
