/* The files of lua/ and policies/, embedded as source by the Makefile, so that one binary is all there is to install. */
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
