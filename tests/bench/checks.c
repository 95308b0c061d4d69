/* checks MOONSTEP FOLDER: all packs over many Jobs against libyaml's bare events on the same bytes; what one more rule costs; many small
 * files. tests/bench/inputs.lua fills the folder. With --events FILE it is the contestant that only reads events. */
#include <string.h>
#include <yaml.h>

#include "bench.h"

enum { ROUNDS = 7, JOBS = 10000, RULES = 99 };

#define PACKS "--policy", "kubernetes", "--policy", "pod-security/restricted", "--policy", "backup", "--policy", "shell"

static int read_events(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END)) bench_die(path);
  long len = ftell(file);
  rewind(file);
  unsigned char *bytes = malloc((size_t)len);
  if (!bytes || fread(bytes, 1, (size_t)len, file) != (size_t)len) bench_die(path);
  yaml_parser_t parser;
  yaml_event_t event;
  yaml_parser_initialize(&parser);
  yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser, bytes, (size_t)len);
  for (bool more = true; more; yaml_event_delete(&event)) {
    if (!yaml_parser_parse(&parser, &event)) return 2;
    more = event.type != YAML_STREAM_END_EVENT;
  }
  yaml_parser_delete(&parser);
  free(bytes);
  fclose(file);
  return 0;
}

typedef struct contestant {
  const char *arguments[16];
  int status; /* that it must end with */
  double samples[ROUNDS];
} contestant;

static double median(contestant *c) { return bench_median(c->samples, ROUNDS); }

int main(int argc, char **argv) {
  if (argc == 3 && !strcmp(argv[1], "--events")) return read_events(argv[2]);
  if (argc != 3) return 2;
  char jobs[200], pods[200], one[200], hundred[200];
  snprintf(jobs, sizeof jobs, "%s/jobs.yaml", argv[2]);
  snprintf(pods, sizeof pods, "%s/pods", argv[2]);
  snprintf(one, sizeof one, "%s/rules-1.lua", argv[2]);
  snprintf(hundred, sizeof hundred, "%s/rules-100.lua", argv[2]);
  contestant all[] = {
      {.arguments = {argv[1], "check", "-f", jobs, PACKS}},
      {.arguments = {argv[0], "--events", jobs}},
      {.arguments = {argv[1], "check", "-f", jobs, "--script", one}},
      {.arguments = {argv[1], "check", "-f", jobs, "--script", hundred}},
      {.arguments = {argv[1], "check", "-f", pods, "--policy", "pod-security/baseline", "--policy", "pod-security/restricted"},
       .status = 1},
  };
  for (unsigned round = 0; round < ROUNDS; round++)
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
      all[i].samples[round] = bench_process(all[i].arguments, "/dev/null", all[i].status, NULL);
  double ours = median(&all[0]), theirs = median(&all[1]);
  bench_times("check 10,000 Jobs, all packs; libyaml's events", ours, theirs, ours / theirs, 0, 2.5);
  double few = median(&all[2]), many = median(&all[3]);
  char a[32];
  double cost = (many - few) / RULES / JOBS;
  snprintf(a, sizeof a, "%.3f us", cost);
  bench_row("one more rule that selects nothing, a Job", a, "-", cost, 0, 1);
  double seconds = median(&all[4]) / 1e6;
  snprintf(a, sizeof a, "%.2f s", seconds);
  bench_row("4,500 files, both levels of Pod security", a, "-", seconds, 0, 2);
  return 0;
}
