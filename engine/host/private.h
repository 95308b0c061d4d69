/* Folders of our own under names that others could guess: in /dev/shm, in /var/tmp. What stands in them is for nobody else, and is gone when
 * its run is over.
 *
 *   private_folder ─ private_lock ─ private_make, private_put … private_remove
 *
 * Failure: "unwritable", with the path.
 */
#ifndef MOONSTEP_PRIVATE_H
#define MOONSTEP_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/diag.h"

/* Makes a folder that only we may look into, or takes one that is so already: a real one, ours, and closed to all others. */
bool private_folder(const char *path, diag *why);

/* Locks a file, which is made where it is not there, until the descriptor is closed or this process ends. -1 when it is locked by another
 * (`why` is not set; with `wait` that is waited for) or cannot be opened (`why` is set). */
int private_lock(const char *path, bool wait, bool *taken, diag *why);

/* Makes a folder, or a file with these bytes, with exactly this mode; neither may be there. `group` is -1, or the group that it gets. */
bool private_make(const char *path, mode_t mode, int64_t group, diag *why);
bool private_put(const char *path, const char *bytes, size_t len, mode_t mode, int64_t group, diag *why);

/* Removes a folder or file with all in it; links in it are removed and not followed. What is not there is no error. */
bool private_remove(const char *path, diag *why);

/* Bytes that all below the path takes on the disk, as far as we may look. */
uint64_t private_usage(const char *path);

#endif
