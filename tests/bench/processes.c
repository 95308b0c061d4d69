/* processes MOONSTEP: the example from start to end, against the interpreter doing nothing and `kubectl kustomize` on the
 * same Job; and the memory that it takes. */
#include <string.h>
#include <sys/stat.h>

#include "bench.h"

enum { ROUNDS = 200, SLOW_ROUNDS = 15, MOST_MEMORY = 8 /* MiB */ };

typedef struct contestant {
  const char *arguments[10];
  unsigned rounds;
  double samples[ROUNDS];
  long memory; /* KiB of its largest process */
} contestant;

static void run(contestant *c, unsigned round, const char *output) {
  c->samples[round] = bench_process(c->arguments, output, 0, &c->memory);
}

/* A folder whose kustomization is the rendered Job. */
static void prepare(contestant *render, char *folder) {
  char path[100];
  if (!mkdtemp(folder)) bench_die(folder);
  snprintf(path, sizeof path, "%s/job.yaml", folder);
  run(render, 0, path);
  snprintf(path, sizeof path, "%s/kustomization.yaml", folder);
  FILE *file = fopen(path, "w");
  if (!file || fputs("resources: [job.yaml]\n", file) < 0 || fclose(file)) bench_die(path);
}

static void clean(const char *folder) {
  char path[100];
  snprintf(path, sizeof path, "%s/job.yaml", folder);
  unlink(path);
  snprintf(path, sizeof path, "%s/kustomization.yaml", folder);
  unlink(path);
  rmdir(folder);
}

static void memory_row(const contestant *render, const contestant *version) {
  char ours[32];
  /* The waiting process holds less than any loader, so two together take less than this. */
  double most = (double)(render->memory + version->memory) / 1024;
  snprintf(ours, sizeof ours, "%.1f MiB", most);
  bench_row("memory of both processes, at most", ours, "-", most, 0, MOST_MEMORY);
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  char folder[] = "/tmp/moonstep-bench-XXXXXX";
  static contestant render = {.rounds = ROUNDS}, nothing = {.arguments = {"lua5.4", "-e", ""}, .rounds = ROUNDS},
                    kustomize = {.arguments = {"kubectl", "kustomize"}, .rounds = SLOW_ROUNDS}, version = {.rounds = SLOW_ROUNDS},
                    site = {.rounds = ROUNDS};
  memcpy(render.arguments, (const char *[]){argv[1], "render", "-f", "examples/postgres"}, 4 * sizeof *argv);
  const char *with_site[] = {argv[1],   "render",    "-f", "examples/postgres", "--config", "examples/site/moonstep.yaml",
                             "--today", "2026-01-01"};
  memcpy(site.arguments, with_site, sizeof with_site);
  memcpy(version.arguments, (const char *[]){argv[1], "version"}, 2 * sizeof *argv);
  kustomize.arguments[2] = folder;
  prepare(&render, folder);
  contestant *all[] = {&render, &nothing, &version, &site, &kustomize};
  size_t count = bench_has("kubectl") ? 5 : 4;
  for (unsigned round = 0; round < ROUNDS; round++)
    for (size_t i = 0; i < count; i++)
      if (round < all[i]->rounds) run(all[i], round, "/dev/null");
  double ours = bench_median(render.samples, ROUNDS), theirs = bench_median(nothing.samples, ROUNDS);
  bench_times("render the example; lua5.4 -e ''", ours, theirs, ours / theirs, 0, 3);
  double with_scripts = bench_median(site.samples, ROUNDS);
  bench_times("render with a site's scripts; without", with_scripts, ours, with_scripts / ours, 0, 2);
  if (count == 5) {
    theirs = bench_median(kustomize.samples, SLOW_ROUNDS);
    bench_times("render the example; kubectl kustomize", ours, theirs, ours / theirs, 0, 0.1);
  } else puts("render the example; kubectl kustomize: there is no kubectl here");
  memory_row(&render, &version);
  clean(folder);
  return 0;
}
