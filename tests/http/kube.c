/* Answers as an API server of Kubernetes gives them, below /kube/ or at the root. Objects are files of FOLDER/kube, named as their paths with _ for /, and
 * behind that @ and a labelSelector, + and what `continue` says. Who asks is known by a client certificate, or by a line of FOLDER/kube/known:
 * the header Authorization, in which a last word says how often it counts. `Bearer no-rights`, and whoever is impersonated, may see what
 * kinds there are and nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server.h"

/* The header's value in `out`, or an empty text. */
static void header(const char *head, const char *name, char *out, size_t room) {
  const char *at = strcasestr(head, name);
  snprintf(out, room, "%.*s", at ? (int)strcspn(at + strlen(name), "\r") : 0, at ? at + strlen(name) : "");
}

/* The value of a part of the query, as it is written. */
static void part(const char *query, const char *name, char *out, size_t room) {
  const char *at = strstr(query, name);
  snprintf(out, room, "%.*s", at ? (int)strcspn(at + strlen(name), "&") : 0, at ? at + strlen(name) : "");
}

static bool is_known(const char *folder, const char *who) {
  char path[4200], line[300];
  snprintf(path, sizeof path, "%s/kube/known", folder);
  FILE *file = *who ? fopen(path, "r") : NULL;
  bool known = false;
  while (file && !known && fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = '\0';
    char *last = strrchr(line, ' ');
    *last = '\0';
    known = !strcmp(line, who) && server_count(line) <= atoi(last + 1);
  }
  if (file) fclose(file);
  return known;
}

static const char *refuse(kube_request *r, const char *status, const char *reason, const char *message, const char *about) {
  snprintf(r->body, sizeof r->body,
           "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"%s%s\",\"reason\":\"%s\",\"code\":%.3s}",
           message, about, reason, status);
  return status;
}

/* The path of the file: ".." is in none, since all slashes go. */
static void name_file(const kube_request *r, char *out, size_t room) {
  char labels[200], token[200];
  part(r->query, "labelSelector=", labels, sizeof labels);
  part(r->query, "continue=", token, sizeof token);
  int start = snprintf(out, room, "%s/kube/", r->folder);
  snprintf(out + start, room - (size_t)start, "%s%s%s%s%s", r->path, *labels ? "@" : "", labels, *token ? "+" : "", token);
  for (char *c = out + start; *c; c++)
    if (*c == '/') *c = '_';
}

const char *kube_answer(kube_request *r) {
  char who[300], whom[100], path[4800];
  header(r->head, "authorization: ", who, sizeof who);
  header(r->head, "impersonate-user: ", whom, sizeof whom);
  if (!r->certificate && !is_known(r->folder, who)) return refuse(r, "401 Unauthorized", "Unauthorized", "Unauthorized, not: ", who);
  bool is_object = strstr(r->path, "namespaces/") != NULL;
  if (is_object && (*whom || !strcmp(who, "Bearer no-rights")))
    return refuse(r, "403 Forbidden", "Forbidden", "this cannot be got by ", *whom ? whom : "no-rights");
  if (strstr(r->path, "/strange/")) return snprintf(r->body, sizeof r->body, "nothing here"), "404 Not Found";
  if (strstr(r->path, "/broken/")) return refuse(r, "500 Internal Server Error", "InternalError", "etcd is ", "away");
  if (strstr(r->path, "/list/")) return snprintf(r->body, sizeof r->body, "[1]"), "200 OK";
  name_file(r, path, sizeof path);
  FILE *file = fopen(path, "r");
  if (!file) return refuse(r, "404 Not Found", "NotFound", "not found: ", r->path);
  r->body[fread(r->body, 1, sizeof r->body - 1, file)] = '\0';
  fclose(file);
  return "200 OK";
}
