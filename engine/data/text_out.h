/* How one scalar or key is written as YAML or JSON, such that kubectl and libyaml read back the same type and the same
 * bytes. The walk over the values is lib_emit's; this is what it writes with.
 *
 * YAML: a string stands plain only when it looks like a word or a path ([A-Za-z/] then [A-Za-z0-9_./-]) and no reader
 * takes it for something else; text of several lines stands as a literal block; everything else stands in double quotes.
 * Strings are bytes; what is no UTF-8 becomes U+FFFD. DEL, C1 controls, line separators and byte order marks are escaped,
 * the rest of Unicode is written as it is (kubectl's YAML reader refuses surrogate escapes and raw controls).
 */
#ifndef MOONSTEP_TEXT_OUT_H
#define MOONSTEP_TEXT_OUT_H

#include "base/buf.h"

/* True when the string stands as it is, as a value and as a key. */
bool yaml_is_word(const char *text, size_t len);

/* A value in a block collection whose column is `indent`. */
void yaml_add_string(buf *out, const char *text, size_t len, size_t indent);

/* A key with its colon, `: ` and all, but for the space or line end that follows. A key that is too long for a simple key
 * (1024 characters) is written with `? `. */
void yaml_add_key(buf *out, const char *text, size_t len, size_t indent);

/* In double quotes, with JSON's escapes (RFC 8259, section 7), which YAML shares. */
void json_add_string(buf *out, const char *text, size_t len);

#endif
