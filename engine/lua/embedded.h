/* The files of lua/ and policies/ in the binary, so that it is all there is to install: Lua files as `precompile` makes
 * them, others as they are. The Makefile writes the list.
 */
#ifndef MOONSTEP_EMBEDDED_H
#define MOONSTEP_EMBEDDED_H

#include <stddef.h>

typedef struct embedded {
  const char *path; /* as in the repository */
  const char *start, *end;
} embedded;

/* NULL when no such file is embedded. */
const embedded *embedded_find(const char *path);

#endif
