/* Interrupts (SIGINT, SIGTERM) as something that is waited for, for who follows work that goes on elsewhere and has a last word to say.
 *
 * From interrupt_listen on they end nobody at once: the parent (host/process.h) passes the first one on and waits for us; another one, a second
 * later or more, ends everything.
 */
#ifndef MOONSTEP_INTERRUPT_H
#define MOONSTEP_INTERRUPT_H

#include <stdbool.h>

#include "host/watch.h"

/* A descriptor that can be read when there is an interrupt; -1 when the system gives none, and then they end us as usual. The same each time. */
int interrupt_listen(watch *w);

/* True when one came since this was last asked. */
bool interrupt_came(void);

#endif
