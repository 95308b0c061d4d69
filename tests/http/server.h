/* A server on loopback that misbehaves as it is told: what its paths do stands in server.c. */
#ifndef MOONSTEP_TEST_SERVER_H
#define MOONSTEP_TEST_SERVER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

/* A connection, with TLS or without. */
typedef struct wire {
  int fd;
  SSL *tls;
} wire;

bool wire_write(wire *w, const void *bytes, size_t len);
int wire_read(wire *w, void *bytes, size_t len);

/* A context with a certificate for localhost that an authority of our own has signed; with `clients`, who connects must have one too.
 * Writes ca.pem, client.pem and server.pem (certificate and key) and stranger.pem (another authority) into the folder. NULL when that fails. */
SSL_CTX *tls_context(const char *folder, bool clients);

/* How often the name was counted, this time included. */
int server_count(const char *name);

/* A request of a client of Kubernetes (kube.c), and the body of its answer. */
typedef struct kube_request {
  const char *folder, *path, *query, *head;
  bool certificate; /* the client has one */
  char body[65536];
} kube_request;

/* The status of the answer. */
const char *kube_answer(kube_request *r);

#endif
