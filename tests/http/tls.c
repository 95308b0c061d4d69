/* Certificates that are made when the server starts: an authority, one for the server, one for a client. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "server.h"

typedef struct identity {
  EVP_PKEY *key;
  X509 *certificate;
} identity;

static identity authority, server, client, stranger;

static void add_extension(X509 *certificate, int nid, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
  if (extension) X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/* A certificate for an hour, signed by `by`, or by itself. */
static identity make(const char *name, long serial, const identity *by, const char *names) {
  identity made = {EVP_EC_gen("P-256"), X509_new()};
  X509_set_version(made.certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.certificate), 3600);
  X509_set_pubkey(made.certificate, made.key);
  X509_NAME *subject = X509_get_subject_name(made.certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
  X509_set_issuer_name(made.certificate, by ? X509_get_subject_name(by->certificate) : subject);
  if (!by) add_extension(made.certificate, NID_basic_constraints, "critical,CA:TRUE");
  if (names) add_extension(made.certificate, NID_subject_alt_name, names);
  X509_sign(made.certificate, by ? by->key : made.key, EVP_sha256());
  return made;
}

static bool write_pem(const char *folder, const char *name, const identity *who, bool with_key) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  if (!file) return false;
  bool ok = PEM_write_X509(file, who->certificate) && (!with_key || PEM_write_PrivateKey(file, who->key, NULL, NULL, 0, NULL, NULL));
  return fclose(file) == 0 && ok;
}

static bool make_all(const char *folder) {
  if (server.key) return true;
  authority = make("moonstep test authority", 1, NULL, NULL);
  stranger = make("moonstep test stranger", 2, NULL, NULL);
  server = make("localhost", 3, &authority, "DNS:localhost,DNS:*.localhost,IP:127.0.0.1");
  client = make("moonstep test client", 4, &authority, NULL);
  return write_pem(folder, "ca.pem", &authority, false) && write_pem(folder, "stranger.pem", &stranger, false) &&
         write_pem(folder, "client.pem", &client, true) && write_pem(folder, "server.pem", &server, true);
}

SSL_CTX *tls_context(const char *folder, bool clients) {
  if (!make_all(folder)) return NULL;
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate(context, server.certificate);
  SSL_CTX_use_PrivateKey(context, server.key);
  if (clients) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.certificate);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  }
  return context;
}
