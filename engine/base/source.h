/* The text of a file as it is read and as it is shown again below a message.
 *
 * source_take turns bytes as they stand in a file into UTF-8: a byte order mark is dropped, UTF-16 is converted. Bytes
 * that are no valid text are an error with the place of the first bad byte (YAML 1.1 section 5.1 has the same rule).
 *
 * Lines end at \n, \r\n, \r, U+0085, U+2028 and U+2029, since libyaml counts them so; columns count characters.
 */
#ifndef MOONSTEP_SOURCE_H
#define MOONSTEP_SOURCE_H

#include "base/buf.h"
#include "base/diag.h"

/* Appends the text of `bytes` to `text`. */
bool source_take(buf *text, const char *bytes, size_t len, diag *why);

/* The line with that number (from 1), without its end. NULL when the text has no such line. */
const char *source_line(const char *text, size_t len, uint32_t line, size_t *line_len);

/* The same, for one who knows where an earlier line starts, or the same one. */
const char *source_line_from(const char *text, size_t len, uint32_t known, size_t start, uint32_t line, size_t *line_len);

/* The width of the line end at `s` (len > 0), 0 when none stands there. */
size_t source_line_end(const char *s, size_t len);

/* The place of the byte at `offset`. */
mark source_mark(const char *text, size_t len, size_t offset);

/* The same, for one who knows the place of the byte at `from`, which is no later. */
mark source_mark_from(const char *text, size_t len, size_t from, mark at, size_t offset);

/* The offset of the character at that place, or of the end of its line when the line is shorter. */
size_t source_offset(const char *text, size_t len, mark at);

/* The same, for one who knows where an earlier line starts, or the same one. */
size_t source_offset_from(const char *text, size_t len, uint32_t known, size_t start, mark at);

#endif
