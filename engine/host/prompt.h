/* Lines that a user types: at a terminal with a line editor, from anything else as they come.
 *
 *   left right home end, ctrl-b f a e    move            backspace delete, ctrl-h d     remove a character
 *   up down, ctrl-p n                    earlier lines   ctrl-u k w                     remove up to here, from here, a word
 *   tab                                  complete        ctrl-l                         clear the screen
 *   ctrl-c                               give the line up    ctrl-d on an empty line    end
 *
 * The terminal is raw only while prompt_read waits, and restored whatever happens: by prompt_read, by this process when it is asked
 * to end or its parent is gone, and by the parent (prompt_restore) when this process died. An interrupt is ours alone while a prompt is
 * open: it gives up the line, or calls `interrupted` while none is read.
 */
#ifndef MOONSTEP_PROMPT_H
#define MOONSTEP_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "host/watch.h"

/* What stands before the cursor is to be completed: fills what is inserted, and what is shown below the line. Both may stay empty. */
typedef void prompt_completer(void *ud, const char *before, size_t len, buf *insert, buf *show);

typedef struct prompt {
  watch *watch;
  bool terminal; /* a user sits there */
  bool edits;    /* with a terminal that can be drawn on */
  buf input;     /* bytes that were read and not used yet: from `used` on */
  size_t used;
  buf *history; /* the lines so far, and one more for the one that is being typed */
  size_t count, shown;
  const char *label;
  buf line;
  size_t at; /* the cursor's byte in the line */
  prompt_completer *complete;
  void *ud;
} prompt;

typedef enum prompt_answer { PROMPT_LINE, PROMPT_CANCELLED, PROMPT_END } prompt_answer;

/* One prompt a process. `interrupted` is called from a signal handler. */
void prompt_open(prompt *p, watch *w, void (*interrupted)(void));
void prompt_close(prompt *p);

/* Reads a line, which then stands in p->line without its end until the next call. */
prompt_answer prompt_read(prompt *p, const char *label);

/* Adds p->line to the lines that `up` brings back. */
void prompt_remember(prompt *p);

/* True when an interrupt came since this was last asked. */
bool prompt_interrupted(void);

/* For the parent of a process that died: gives the terminal back as it was. */
void prompt_restore(const watch *w);

#endif
