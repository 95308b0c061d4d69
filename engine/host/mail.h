/* Mail over SMTP, by libcurl: one letter, handed to one server. What stands in it, and whether it is tried again, is above
 * (lua/notify/smtp.lua).
 *
 * libcurl is loaded when the first letter is sent. A certificate is checked always; a name and password are sent over TLS alone, which
 * whoever asks has to see to. Nothing is read but what is given: no password files, no proxy.
 */
#ifndef MOONSTEP_MAIL_H
#define MOONSTEP_MAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"

enum { MAIL_MOST_TO = 100 };

/* Texts that are NULL are not given. */
typedef struct mail_letter {
  const char *url; /* smtp://host:port, or smtps:// for TLS from the start */
  bool starttls;   /* of smtp://: go on only over TLS */
  const char *user, *password;
  const char *ca; /* PEM: the authorities that count, in place of the system's */
  size_t ca_len;
  const char *from, *to[MAIL_MOST_TO]; /* addresses alone */
  size_t to_count;
  const char *text; /* headers and body, with CRLF */
  size_t len;
  long connect, total; /* milliseconds */
} mail_letter;

/* What came of it. */
typedef struct mail_outcome {
  bool sent;
  const char
      *failure;   /* where it was not sent, in one word: "resolve", "connect", "timeout", "tls", "unencrypted", "login", "refused" (by the
                          server, with `code`), "reset", "memory", "other" */
  int code;       /* SMTP's, of the last answer; 0: there was none */
  char said[256]; /* the last line of the server */
  char why[300];  /* libcurl's words */
} mail_outcome;

/* Sends it, and waits for that. False where libcurl cannot be had. */
bool mail_send(const mail_letter *letter, mail_outcome *out, diag *why);

#endif
