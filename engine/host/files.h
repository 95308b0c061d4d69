/* Files and folders for the loader. Errors carry the system's words. */
#ifndef MOONSTEP_FILES_H
#define MOONSTEP_FILES_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/diag.h"

enum { LIMIT_FILE = 1 << 30 }; /* bytes of one input file */

/* Appends the bytes of a file, or of standard input for "-". A folder is an error. */
bool files_read(buf *out, const char *path, diag *why);

/* The same, of at most so many bytes. */
bool files_read_most(buf *out, const char *path, size_t most, diag *why);

/* The same for an open file, which stays open; `path` is for messages. */
bool files_read_open(buf *out, int fd, const char *path, size_t most, diag *why);

/* Calls `found` with the path of each file below the folder whose name ends so, or like YAML or JSON where `ending` is NULL, in the order
 * of the names; with `deep`, also below its folders. Stops early when `found` returns false. Links to files are followed, links to folders
 * are not. */
bool files_list(const char *folder, const char *ending, bool deep, bool (*found)(void *ud, const char *path), void *ud, diag *why);

bool files_is_folder(const char *path);

/* Writes the bytes into a file that is there, in place of what it holds; one that is not there is not made. For what is mounted, and so cannot
 * be replaced. */
bool files_overwrite(const char *path, const char *bytes, size_t len, diag *why);

/* Writes all of the bytes. False with errno set. */
bool files_write_all(int fd, const char *bytes, size_t len);

#endif
