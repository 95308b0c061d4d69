/* A broker: a small process that runs one fixed command whenever it is asked to, and gives back what the command printed.
 *
 *   broker_start ── broker_ask ─ broker_poll … until it has answered ── broker_ask ─ … ── broker_end
 *
 * It is started before the second wall is entered (host/wall.h), behind which no program can be. Nobody can make it run anything else: it
 * is asked with one byte, and the command, its arguments and its environment are those that it was started with.
 *
 * One that is started with `programs` runs these and no others, with arguments that it is asked for (broker_request), for as long as it
 * takes; what they print is answered piece by piece. It may be asked for commands that it runs when its asker is gone: they clear away what an asker
 * that was killed left behind. This is for podman, which does what a user asked for by rendering it.
 *
 * The command is given no standard input, no terminal and no open file but pipes for what it prints; it has a time and a size that its
 * output may have, and is ended with all that it started when they are over, when it has ended itself, and when the process that started
 * the broker is gone. A broker waits for its commands, and ends by itself when nobody can ask it any more.
 *
 * A command that its asker did not wait for goes on; who asks next gets its answer. One process asks, one command runs at a time.
 */
#ifndef MOONSTEP_BROKER_H
#define MOONSTEP_BROKER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/diag.h"

enum { BROKER_MOST_OUTPUT = 1 << 20, BROKER_MOST_ERRORS = 16 << 10 /* bytes; what comes then on standard error is dropped */ };

typedef struct broker broker;

/* Copied by the fork. */
typedef struct broker_command {
  const char *const *arguments; /* NULL at the end. The first is looked up in this process's PATH unless it has a slash */
  const char *const *variables; /* "NAME=VALUE", NULL at the end: set over this process's environment */
  int limit;                    /* milliseconds that it may run; 0: any time */
  const char *const *programs;  /* what broker_request may ask for, NULL at the end; or NULL, and `arguments` is all that is run */
} broker_command;

typedef enum broker_outcome {
  BROKER_ENDED,       /* `code` is its exit status, or 128 and a signal's number */
  BROKER_NOT_STARTED, /* `code` is errno */
  BROKER_LATE,
  BROKER_TOO_MUCH,
  BROKER_GONE,    /* the broker itself */
  BROKER_RUNNING, /* of a request: this is what it printed since the last answer */
} broker_outcome;

/* The bufs are wiped when they are freed. */
typedef struct broker_answer {
  broker_outcome outcome;
  int code;
  buf out, err;
} broker_answer;

/* NULL when there can be no more processes or pipes. */
broker *broker_start(const broker_command *command, diag *why);

/* Asks for the command to be run, unless it is running. */
void broker_ask(broker *b);

/* Asks a broker with programs for `what`'s command; nothing may be running. A `last` one is kept until the asker is gone, and then run behind the
 * others that were kept; one without arguments drops those. */
void broker_request(broker *b, const broker_command *what, bool last);

/* Waits for at most so many milliseconds. True when there is an answer, whose bufs are the caller's to free. */
bool broker_poll(broker *b, int milliseconds, broker_answer *answer);

/* Ends the broker, and the command if it runs. */
void broker_end(broker *b);

#endif
