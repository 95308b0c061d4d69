/* Files that the tool leaves behind: whole, or not at all.
 *
 * Each file is written beside its place under a temporary name, synced, and renamed when all of them are there. So a run that fails
 * leaves none of them, and one that is killed leaves no halves.
 */
#ifndef MOONSTEP_WRITE_H
#define MOONSTEP_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"

/* Makes a folder, and those above it, or takes one that is there and empty. Any other is refused ("not-empty"). */
bool write_new_folder(const char *path, diag *why);

typedef struct new_file {
  const char *path, *bytes;
  size_t len;
} new_file;

/* Writes all of the files or, false, none. A file that is there already is not replaced: that fails. */
bool write_files(const new_file *files, size_t count, diag *why);

typedef struct file_part {
  const char *bytes;
  size_t len;
} file_part;

/* Puts the parts, one behind the other, into a file, which may be there already: then it keeps its mode, and a link stays a link to it.
 * Whoever reads it sees all of the old bytes or all of the new. What is no plain file, such as a pipe or /dev/null, is written into. */
bool write_replace(const char *path, const file_part *parts, size_t count, diag *why);

#endif
