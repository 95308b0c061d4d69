/* requests MOONSTEP CROWD FOLDER: 10,000 targets that each need an answer of their own, against curl asking for the same URLs. CROWD is the server
 * of tests/http, which answers after 20 ms. */
#include <string.h>

#include "bench.h"

enum { TARGETS = 10000, ROUNDS = 5, LATENCY = 20 /* milliseconds */ };

static FILE *create(const char *folder, const char *name, char *path, size_t room) {
  snprintf(path, room, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  if (!file) bench_die(path);
  return file;
}

static void finish(FILE *file, const char *path) {
  if (fclose(file)) bench_die(path);
}

static void write_targets(FILE *file) {
  fputs("{apiVersion: stash.appscode.com/v1beta1, kind: Function, metadata: {name: f}, spec: {image: registry.example/pg, args: "
        "[\"--owner=${OWNER}\"]}}\n---\n"
        "{apiVersion: stash.appscode.com/v1beta1, kind: Task, metadata: {name: t}, spec: {steps: [{name: f}]}}\n---\n"
        "{apiVersion: stash.appscode.com/v1alpha1, kind: Repository, metadata: {name: repo, namespace: shop},\n"
        " spec: {backend: {local: {mountPath: /x}, storageSecretName: s}}}\n",
        file);
  for (int i = 0; i < TARGETS; i++)
    fprintf(file,
            "---\napiVersion: stash.appscode.com/v1beta1\nkind: BackupSession\nmetadata: {name: s-%d, namespace: shop}\n"
            "spec: {invoker: {kind: BackupConfiguration, name: b-%d}}\n"
            "---\napiVersion: stash.appscode.com/v1beta1\nkind: BackupConfiguration\nmetadata: {name: b-%d, namespace: shop}\n"
            "spec:\n  schedule: '0 3 * * *'\n  repository: {name: repo}\n  task: {name: t}\n"
            "  target: {ref: {apiVersion: v1, kind: PersistentVolumeClaim, name: p%d}}\n",
            i, i, i, i);
}

static FILE *server;

/* Starts the server; returns its port. */
static int start(const char *crowd, const char *folder) {
  char line[600], path[300];
  fclose(create(folder, "port", path, sizeof path));
  snprintf(line, sizeof line, "exec %s %d >%s", crowd, LATENCY, path);
  server = popen(line, "w");
  for (int tries = 0; server && tries < 200; tries++) {
    int port = 0;
    usleep(10000);
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%d", &port) != 1) port = 0;
    if (file) fclose(file);
    if (port) return port;
  }
  bench_die(crowd);
  return 0;
}

static void write_script(FILE *file, int port) {
  fprintf(file,
          "provider 'owner' { summary = 's', variables = { 'OWNER' }, resolve = function(_, ctx)\n"
          "  return http.get('http://127.0.0.1:%d/' .. ctx.target.ref.name).body:sub(1, 8)\nend }\n",
          port);
}

static void compare(const char *const *ours, const char *const *theirs) {
  double our_samples[ROUNDS], their_samples[ROUNDS];
  int screen = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
  for (int round = 0; round < ROUNDS; round++) {
    our_samples[round] = bench_process(ours, "/dev/null", 0, NULL);
    dup2(nowhere, STDERR_FILENO); /* curl's progress */
    their_samples[round] = bench_process(theirs, "/dev/null", 0, NULL);
    dup2(screen, STDERR_FILENO);
  }
  double us = bench_median(our_samples, ROUNDS), them = bench_median(their_samples, ROUNDS);
  bench_times("10,000 targets that ask a server; curl", us, them, us / them, 0, 1.3);
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  if (!bench_has("curl")) {
    puts("10,000 targets that ask a server; curl: there is no curl here");
    return 0;
  }
  char targets[300], script[300], urls[300], grant[100];
  int port = start(argv[2], argv[3]);
  FILE *file = create(argv[3], "targets.yaml", targets, sizeof targets);
  write_targets(file);
  finish(file, targets);
  file = create(argv[3], "owner.lua", script, sizeof script);
  write_script(file, port);
  finish(file, script);
  file = create(argv[3], "urls", urls, sizeof urls);
  for (int i = 0; i < TARGETS; i++) fprintf(file, "url = \"http://127.0.0.1:%d/p%d\"\noutput = \"/dev/null\"\n", port, i);
  finish(file, urls);
  snprintf(grant, sizeof grant, "http=http://127.0.0.1:%d@127.0.0.0/8", port);
  compare((const char *[]){argv[1], "render", "-f", targets, "--script", script, "--grant", grant, NULL},
          (const char *[]){"curl", "--silent", "--parallel", "--parallel-max", "64", "--config", urls, NULL});
  pclose(server);
  return 0;
}
