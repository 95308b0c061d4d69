/* The second wall: what the kernel refuses the loader, should something in it be made to do what it was not written to do.
 *
 * Entered once, before the first script and document is read; there is no way back. Where the kernel offers only a part of it, or nothing,
 * that part is left out: the first wall is the sandbox, which gives scripts no such functions.
 *
 *   seccomp    no other program, process, tracer, mount, kernel module, namespace; no signal to another process; no typing into the
 *              terminal; without `network` no socket, and no memory that is made executable; with `workers` it may fork, and its children,
 *              who are behind the wall too, may signal nobody but it
 *   Landlock   files are read, written and made only where the rules say; what was opened before stays open
 */
#ifndef MOONSTEP_WALL_H
#define MOONSTEP_WALL_H

#include <stdbool.h>
#include <stdint.h>

/* What the kernel offers this process, and this program uses. */
typedef struct wall_offer {
  bool seccomp;
  int landlock; /* its ABI; 0: none */
} wall_offer;

wall_offer wall_offered(void);

/* What stays allowed. A Landlock ruleset is open from wall_begin to wall_enter. */
typedef struct wall {
  bool network;  /* sockets of the internet, and threads */
  bool workers;  /* processes that are forked, without namespaces of their own */
  bool read_all; /* every file may be read */
  int ruleset;   /* -1: there is no Landlock; set by wall_begin, as is `handled`, the kinds of access that it refuses */
  uint64_t handled;
} wall;

void wall_begin(wall *w);

/* Allows to read a file, or all below a folder, links in it that lead to files elsewhere included (with `deep`, also those in its folders).
 * What is not there is passed over, here and below. */
void wall_read(wall *w, const char *path, bool deep);

/* Allows to make and replace files in the folder that holds the path, which may be a link, and below it. */
void wall_replace(wall *w, const char *path);

/* The same for all files that wall_read allows to read. */
void wall_replace_all(wall *w, const char *path, bool deep);

/* Allows to make, replace and remove files and folders below a folder. */
void wall_fill(wall *w, const char *folder);

/* Closes the wall behind the process. */
void wall_enter(wall *w);

#endif
