#include "host/mail.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "host/libcurl.h"

/* What is needed of libcurl. */
#define FUNCTIONS(X)                                                                                                                       \
  X(global_init)                                                                                                                           \
  X(easy_init)                                                                                                                             \
  X(easy_cleanup)                                                                                                                          \
  X(easy_setopt)                                                                                                                           \
  X(easy_getinfo)                                                                                                                          \
  X(easy_perform)                                                                                                                          \
  X(easy_strerror)                                                                                                                         \
  X(slist_append)                                                                                                                          \
  X(slist_free_all)

typedef struct library {
  FUNCTIONS(LIBCURL_POINTER)
} library;

#define ENTRY(name) LIBCURL_ENTRY(library, name)
static const libcurl_function functions[] = {FUNCTIONS(ENTRY)};

/* A letter on its way. */
typedef struct sending {
  library curl;
  CURL *easy;
  struct curl_slist *to;
  const mail_letter *letter;
  mail_outcome *out;
  size_t given; /* bytes of the text that libcurl has */
  char error[CURL_ERROR_SIZE];
} sending;

static bool load_library(library *curl, diag *why) {
  static const char advice[] = "; mail needs it (package libcurl4)";
  if (!libcurl_load(curl, functions, sizeof functions / sizeof *functions, "not-notified", advice, why)) return false;
  /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): it was found above */
  return curl->global_init(CURL_GLOBAL_ALL) ? diag_memory(why) : true;
}

static size_t give_text(char *to, size_t size, size_t count, void *ud) {
  sending *s = ud;
  size_t left = s->letter->len - s->given, room = size * count, len = left < room ? left : room;
  memcpy(to, s->letter->text + s->given, len);
  s->given += len;
  return len;
}

/* Lines of the server come as headers. The last one is kept, but for that of its farewell. */
static size_t take_line(char *line, size_t size, size_t count, void *ud) {
  sending *s = ud;
  size_t len = size * count, kept = len;
  while (kept && (line[kept - 1] == '\n' || line[kept - 1] == '\r')) kept--;
  if (kept >= 3 && !memcmp(line, "221", 3)) return len;
  if (kept >= sizeof s->out->said) kept = sizeof s->out->said - 1;
  if (kept) memcpy(s->out->said, line, kept);
  if (kept) s->out->said[kept] = '\0';
  return len;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's */
static size_t drop_bytes(char *bytes, size_t size, size_t count, void *ud) {
  (void)bytes, (void)ud;
  return size * count;
}

static bool add_recipients(sending *s) {
  for (size_t i = 0; i < s->letter->to_count; i++) {
    struct curl_slist *longer = s->curl.slist_append(s->to, s->letter->to[i]);
    if (!longer) return false;
    s->to = longer;
  }
  return true;
}

static CURLcode set_options(sending *s) {
  const mail_letter *m = s->letter;
  CURLcode code = CURLE_OK;
#define SET(option, value)                                                                                                                 \
  if (!code) code = s->curl.easy_setopt(s->easy, CURLOPT_##option, value)
  SET(URL, m->url);
  SET(PROTOCOLS_STR, "smtp,smtps");
  SET(ERRORBUFFER, s->error);
  SET(NETRC, (long)CURL_NETRC_IGNORED);
  SET(PROXY, "");
  SET(NOSIGNAL, 1L);
  SET(CONNECTTIMEOUT_MS, m->connect);
  SET(TIMEOUT_MS, m->total);
  SET(USE_SSL, (long)(m->starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  SET(MAIL_FROM, m->from);
  SET(MAIL_RCPT, s->to);
  SET(UPLOAD, 1L);
  SET(INFILESIZE_LARGE, (curl_off_t)m->len);
  SET(READFUNCTION, give_text);
  SET(READDATA, s);
  SET(HEADERFUNCTION, take_line);
  SET(HEADERDATA, s);
  SET(WRITEFUNCTION, drop_bytes);
  if (m->user) {
    SET(USERNAME, m->user);
    SET(PASSWORD, m->password);
  }
  if (m->ca) {
    struct curl_blob blob = {(void *)m->ca, m->ca_len, CURL_BLOB_COPY};
    SET(CAPATH, (char *)NULL);
    SET(CAINFO_BLOB, &blob);
  }
#undef SET
  return code;
}

static const char *failure_of(CURLcode code, long status) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return "resolve";
    case CURLE_COULDNT_CONNECT: return "connect";
    case CURLE_OPERATION_TIMEDOUT: return "timeout";
    case CURLE_USE_SSL_FAILED: return "unencrypted";
    case CURLE_LOGIN_DENIED: return "login";
    case CURLE_OUT_OF_MEMORY: return "memory";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER: return "tls";
    default: break;
  }
  if (status >= 400) return "refused";
  return code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ? "reset" : "other";
}

static void conclude(sending *s, CURLcode code) {
  mail_outcome *out = s->out;
  long status = 0;
  s->curl.easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
  out->code = (int)status;
  out->sent = code == CURLE_OK;
  if (out->sent) return;
  out->failure = failure_of(code, status);
  snprintf(out->why, sizeof out->why, "%s", s->error[0] ? s->error : s->curl.easy_strerror(code));
}

bool mail_send(const mail_letter *letter, mail_outcome *out, diag *why) {
  sending s = {.letter = letter, .out = out};
  *out = (mail_outcome){0};
  if (!load_library(&s.curl, why)) return false;
  /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): load_library has found it */
  s.easy = s.curl.easy_init();
  if (!s.easy) return diag_memory(why);
  CURLcode code = add_recipients(&s) ? set_options(&s) : CURLE_OUT_OF_MEMORY;
  conclude(&s, code ? code : s.curl.easy_perform(s.easy));
  s.curl.easy_cleanup(s.easy);
  s.curl.slist_free_all(s.to);
  return true;
}
