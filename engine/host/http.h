/* Exchanges over HTTP, on libcurl's multi interface: one request, one answer. Who decides what may be asked, follows redirects and tries
 * again is above (lua/scripts/requests.lua).
 *
 *   http_open ── http_begin ─ http_advance … until answer.done ─ http_end ── http_close
 *                                  ├─ http_next_finished: which ones are done, for who has several in flight
 *                                  └─ http_next_line: the lines of a body that comes for as long as the server likes
 *
 * libcurl is loaded by http_open, when it is first needed: with its thirty libraries it would cost every start more than the rest.
 * Many exchanges may be in flight; http_advance lets all of them go on. Connections are kept and shared.
 *
 * What every exchange is held to: the scheme that it names, no redirects, no cookies, no password files, no proxy but the one given; a
 * certificate that is checked; a time for the connection and one for all; a size of the body after it was unpacked; and an
 * address, looked at when a socket is opened and again before the request is sent, whatever name led there.
 */
#ifndef MOONSTEP_HTTP_H
#define MOONSTEP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/diag.h"
#include "host/address.h"

typedef struct http_client http_client;
typedef struct http_exchange http_exchange;

/* A URL as libcurl reads it, taken apart: what is judged is what is asked. */
typedef struct http_url {
  char *url;    /* all of it, in its usual form, without a fragment */
  char *scheme; /* "http" or "https" */
  char *host;   /* lower case, an address in its usual form, of IPv6 in brackets */
  char *port;
  char *query; /* NULL when there is none */
} http_url;

typedef struct http_text {
  const char *data;
  size_t len;
} http_text;

enum { HTTP_MOST_RANGES = 32, HTTP_MOST_HEADERS = 100 };

/* Texts are copied where they are needed longer; those that are NULL are not given. */
typedef struct http_request {
  const char *method;
  const char *url; /* as http_read_url gives it */
  struct {
    const char *lines[HTTP_MOST_HEADERS]; /* "Name: value" */
    size_t count;
  } headers;
  http_text body;
  http_text ca, certificate, key; /* PEM */
  const char *proxy;
  const char *connect_to; /* "host:port": connected to in place of the URL's, which names the certificate and the host all the same */
  struct {
    address_range list[HTTP_MOST_RANGES]; /* where the address may lie */
    size_t count;
  } ranges;
  bool open;           /* a public address will do too */
  long connect, total; /* milliseconds; 0 in `total`: as long as the server likes */
  long idle;           /* seconds without a byte after which it has failed as a "timeout"; 0: it may be silent */
  bool lines;          /* the body is taken line by line, with http_next_line */
  size_t most;         /* bytes of the body, or of one of its lines */
} http_request;

/* What came of an exchange. */
typedef struct http_answer {
  bool done;
  uint64_t done_at;    /* on watch_now's clock */
  const char *failure; /* NULL, or in one word: "resolve", "connect", "connecting" (too long), "address", "tls", "timeout", "reset",
                          "truncated", "size", "encoding", "memory", "other" */
  char why[300];       /* libcurl's words for it */
  char address[64];    /* the address that was refused, of several rather one of IPv4 */
  int status;
  buf headers; /* lines with their ends, of the last answer's head */
  buf body;
} http_answer;

/* NULL when libcurl cannot be had. */
http_client *http_open(diag *why);
void http_close(http_client *client);

/* Closes the connections that are kept. Nothing may be in flight. */
void http_disconnect(http_client *client);

/* Reads a URL, relative to `base` where that is given. The texts are the caller's to free with http_free_url. Refused are other schemes, names
 * and passwords, zones, and hosts that are no plain names after they were decoded. */
bool http_read_url(http_client *client, const char *text, const char *base, http_url *out, diag *why);
void http_free_url(http_client *client, http_url *url);

/* Begins an exchange; NULL when it cannot be. */
http_exchange *http_begin(http_client *client, const http_request *request, diag *why);

/* Lets everything that is in flight go on, and waits for at most so many milliseconds for something to happen. */
void http_advance(http_client *client, int milliseconds);

/* From here on http_advance also returns when there is something to read from the descriptor. -1: from none. */
void http_wake_on(http_client *client, int fd);

typedef enum http_line {
  HTTP_NO_LINE,    /* for now; when the answer is done, for good */
  HTTP_LINE,       /* a whole line */
  HTTP_PART,       /* the next `most` bytes of a line that is longer */
  HTTP_UNFINISHED, /* the last line, which has no end: the body was over, or broke off */
} http_line;

/* The next line of a body that is taken so, without its end: it stands there until the next call. No more is read from the server than a little
 * more than one line while lines are not taken. */
http_line http_next_line(http_exchange *exchange, http_text *line);

/* The status as soon as the head is there, else 0. */
int http_status(const http_exchange *exchange);

/* An exchange that is done and was not named here yet; NULL when there is none. */
http_exchange *http_next_finished(http_client *client);

const http_answer *http_answer_of(const http_exchange *exchange);

/* Ends an exchange, finished or not. */
void http_end(http_exchange *exchange);

#endif
