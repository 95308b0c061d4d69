/* A folder that a batch fills: files that are whole or not there, by names relative to it.
 *
 *   folder_put ─ is it there with these bytes? ─▶ nothing                       (its time of change stays)
 *                     └─ no ─▶ .moonstep-PID-N.tmp beside it ─ folder_commit ─▶ the file
 *
 * The kernel resolves names within the folder (openat2): neither `..` nor a link leads out of it. Folders on the way are made.
 *
 * A file is there as a whole as soon as it has its name, also when this process is killed then. To be there when the machine itself goes down, it
 * must be on the disk, and syncing each of a hundred thousand small files would take minutes; so folder_sync syncs them all at once, and
 * what says that a run is complete gets its name behind that.
 *
 * One run at a time: the folder is locked (flock) until the last process that was forked from the one that opened it is gone. Runs with different tags
 * may fill one folder at the same time, also from several machines; then each tag has one run at a time (a file .moonstep-TAG.lock), and each run
 * cleans up behind those with its tag alone. A run without a tag is alone, and cleans up behind all.
 *
 * Failure: "unwritable", with the file's path.
 */
#ifndef MOONSTEP_FOLDER_H
#define MOONSTEP_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/diag.h"

enum { FOLDER_TAG = 32 };

typedef struct folder {
  int fd;
  int lock;            /* the file that is locked for the tag, -1: none */
  char path[PATH_MAX]; /* for messages */
  char tag[FOLDER_TAG];
  buf staged;     /* the names of files that wait for them, each with a NUL behind it */
  unsigned count; /* of them */
  int last;       /* the folder in it that was used last, -1: none; files of one folder mostly follow each other */
  char last_name[PATH_MAX];
} folder;

/* Makes the folder, and those above it, where it is not there yet, and locks it. A tag is "" or of digits and the letters of "-of-", as 2-of-8. Whatever
 * becomes of it, folder_close closes it. */
bool folder_open(folder *f, const char *path, const char *tag, diag *why);
void folder_close(folder *f);

/* The file has these bytes once folder_commit has been called; one that has them already is not touched. */
bool folder_put(folder *f, const char *name, const char *bytes, size_t len, diag *why);

/* The same for a file that is written piece by piece, one at a time: an open file without its name, -1 when it cannot be had. folder_end closes it;
 * folder_drop, too, and forgets it. */
int folder_begin(folder *f, const char *name, diag *why);
bool folder_end(folder *f, int fd, const char *name, diag *why);
void folder_drop(folder *f, int fd, const char *name);

/* Gives the files their names; or forgets them. */
bool folder_commit(folder *f, diag *why);
void folder_reset(folder *f);

/* Opens a file for reading, -1 with errno set when it cannot be, or is no regular file. */
int folder_read(folder *f, const char *name);

/* Opens a file of the folder itself for reading and writing, and makes it if it is not there. */
int folder_journal(folder *f, const char *name, diag *why);

/* Opens a file without a name, which is gone when it is closed. */
int folder_spool(folder *f, diag *why);

/* Removes a file, and the folders that are empty without it. One that is not there is no error. */
bool folder_remove(folder *f, const char *name, diag *why);

/* The names of what is in the folder itself and begins like this, each with a NUL behind it, in no order. */
bool folder_list(const folder *f, const char *start, buf *out, diag *why);

/* Removes what runs that were killed have left half written, here and in all folders below. */
void folder_sweep(folder *f);

/* All files are on the disk when this returns. */
bool folder_sync(folder *f, diag *why);

/* Renames a file of the folder itself, and sees to it that this is on the disk, too. */
bool folder_rename(folder *f, const char *from, const char *to, diag *why);

#endif
