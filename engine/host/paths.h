/* Paths: what a name means, and reading only what lies below a folder. */
#ifndef MOONSTEP_PATHS_H
#define MOONSTEP_PATHS_H

#include "base/buf.h"
#include "base/diag.h"

/* Appends the absolute path of `path`, from the working folder, without `.`, `..` and doubled slashes; links stay as they are. */
bool paths_absolute(buf *out, const char *path, diag *why);

/* Appends the bytes, at most so many, of a regular file below the folder. The kernel resolves the path within the folder (openat2), so neither `..` nor a
 * link, even one that changes meanwhile, leads out of it. */
bool paths_read_beneath(buf *out, const char *folder, const char *path, size_t most, diag *why);

/* Appends the paths, from `path` on and each with a NUL behind it, of all that is no folder in a folder below `folder` and in the folders below
 * that. The kernel resolves `path` as above; links to folders are named and not followed. */
bool paths_list_beneath(buf *out, const char *folder, const char *path, diag *why);

#endif
