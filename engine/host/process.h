/* The process that the user started. It holds no Lua: it forks one loader, watches its wall clock, and gives what it
 * made to standard output, all of it or nothing.
 *
 *   user's process --fork--> loader (Lua, scripts, objects)
 *         ^                     |
 *         +--- memory file -----+   output; messages go straight to standard error
 *
 * A loader that does a batch (host/workers.h) forks workers, which write for themselves; interrupts are passed on to it, and it ends when the targets
 * that are being done are out. Another interrupt, a second later or more, ends everything at once.
 *
 * A loader that is at a prompt (host/prompt.h) prints at once, and interrupts are for it.
 */
#ifndef MOONSTEP_PROCESS_H
#define MOONSTEP_PROCESS_H

#include "host/watch.h"

/* Exit statuses, as in the README. */
enum { EXIT_CLEAN = 0, EXIT_FINDINGS = 1, EXIT_TROUBLE = 2, EXIT_INTERRUPTED = 130 };

/* The loader's side: runs with the arguments, writes its output to `out`, returns the exit status. */
typedef int loader_main(int argc, char **argv, watch *w, int out);

/* Runs the loader in a child and returns the exit status of the whole. */
int process_run(loader_main *loader, int argc, char **argv);

/* Ends a process that was forked here, without running what its parent registered for its own end. */
_Noreturn void process_leave(int status);

/* Prints one error line of the tool itself to standard error, as text or JSON, without allocating. */
void process_complain(const watch *w, const char *id, const char *message);

#endif
