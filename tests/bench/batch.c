/* batch MOONSTEP FOLDER: 100,000 targets of the PostgreSQL example, rendered and judged by three packs, against writing as many bytes, against `helm
 * template` (10,000 of the same text from a chart), and against itself with one worker, and with twice as many targets; memory at a million.
 * tests/bench/batch.lua fills the folder. With --spin N it is a loop that keeps a processor busy, with --write FILE SIZE what writes. */
#include <dirent.h>
#include <signal.h>
#include <string.h>

#include "bench.h"

enum { ROUNDS = 5, TARGETS = 100000, CHART = 10000, BLOCK = 1 << 20, MOST_MEMORY = 64 /* MiB */ };

#define PACKS "--policy", "kubernetes", "--policy", "pod-security/restricted", "--policy", "backup"

typedef struct contestant {
  const char *arguments[32];
  char output[300];
  double samples[ROUNDS];
} contestant;

static int spin(void) {
  volatile unsigned sum = 0;
  for (unsigned i = 0; i < 400000000u; i++) sum += i;
  return 0;
}

static int write_blocks(const char *path, size_t size) {
  static char block[BLOCK];
  memset(block, 'x', sizeof block);
  FILE *file = fopen(path, "w");
  if (!file) bench_die(path);
  int fd = fileno(file);
  for (size_t left = size; left;) {
    ssize_t n = write(fd, block, left < sizeof block ? left : sizeof block);
    if (n <= 0) bench_die(path);
    left -= (size_t)n;
  }
  return fclose(file);
}

static double median(contestant *c) { return bench_median(c->samples, ROUNDS); }

static void run_all(contestant *all, size_t count) {
  for (unsigned round = 0; round < ROUNDS; round++)
    for (size_t i = 0; i < count; i++)
      if (all[i].arguments[0]) {
        if (strcmp(all[i].output, "/dev/null") != 0) unlink(all[i].output); /* it is written anew, as a file is */
        all[i].samples[round] = bench_process(all[i].arguments, all[i].output, 0, NULL);
      }
}

static long size_of(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END)) bench_die(path);
  long size = ftell(file);
  fclose(file);
  return size;
}

/* --- memory: the sum of all processes' shares, sampled while they run */

static long share_of(const char *process) {
  char path[300], line[200];
  long share = 0;
  snprintf(path, sizeof path, "/proc/%s/smaps_rollup", process);
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "Pss: %ld", &share) == 1) break;
  if (file) fclose(file);
  return share;
}

static bool is_of_group(const char *process, pid_t group) {
  char path[300], text[600], *behind;
  int of = 0;
  snprintf(path, sizeof path, "/proc/%s/stat", process);
  FILE *file = fopen(path, "r");
  size_t len = file ? fread(text, 1, sizeof text - 1, file) : 0;
  if (file) fclose(file);
  text[len] = '\0';
  behind = strrchr(text, ')');
  return behind && sscanf(behind + 1, " %*c %*d %d", &of) == 1 && of == group;
}

static long shares(pid_t group) {
  long sum = 0;
  DIR *all = opendir("/proc");
  for (struct dirent *e; all && (e = readdir(all));)
    if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && is_of_group(e->d_name, group)) sum += share_of(e->d_name);
  if (all) closedir(all);
  return sum;
}

/* KiB that all processes of the program take together at most. */
static long memory_of(const char *const *arguments) {
  long most = 0;
  int status;
  pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    int nowhere = open("/dev/null", O_RDWR);
    dup2(nowhere, STDOUT_FILENO);
    execvp(arguments[0], (char **)arguments);
    _exit(127);
  }
  while (waitpid(child, &status, WNOHANG) == 0) {
    long now = shares(child);
    if (now > most) most = now;
    usleep(20000);
  }
  if (status) bench_die(arguments[0]);
  return most;
}

/* --- the rows */

static void set(contestant *c, const char *output, const char *const *arguments) {
  size_t i = 0;
  for (; arguments[i]; i++) c->arguments[i] = arguments[i];
  c->arguments[i] = NULL;
  snprintf(c->output, sizeof c->output, "%s", output);
}

static void render(contestant *c, const char *moonstep, const char *folder, const char *rows, const char *workers, const char *output) {
  static char kept[16][300];
  static int used;
  char *model = kept[used++], *path = kept[used++];
  snprintf(model, sizeof kept[0], "%s/model.yaml", folder);
  snprintf(path, sizeof kept[0], "%s/%s", folder, rows);
  set(c, output,
      (const char *[]){moonstep, "render", "-q", "-f", model, "--task", "postgres-backup-11.2", "--targets", path, "-j", workers, PACKS,
                       NULL});
}

static void speed_rows(const char *moonstep, const char *self, const char *folder) {
  static contestant all[8];
  char out[300], copy[300], size[32], chart[300];
  snprintf(out, sizeof out, "%s/out.yaml", folder);
  snprintf(copy, sizeof copy, "%s/copy", folder);
  snprintf(chart, sizeof chart, "%s/chart", folder);
  render(&all[0], moonstep, folder, "rows.ndjson", "2", out);
  bench_process(all[0].arguments, out, 0, NULL);
  snprintf(size, sizeof size, "%ld", size_of(out));
  set(&all[1], "/dev/null", (const char *[]){self, "--write", copy, size, NULL});
  render(&all[2], moonstep, folder, "rows.ndjson", "1", out);
  set(&all[3], "/dev/null", (const char *[]){self, "--spin", "1", NULL});
  set(&all[4], "/dev/null", (const char *[]){self, "--spin", "2", NULL});
  render(&all[5], moonstep, folder, "rows2.ndjson", "2", out);
  if (bench_has("helm")) set(&all[6], out, (const char *[]){"helm", "template", chart, NULL});
  run_all(all, 7);
  double ours = median(&all[0]), bytes = median(&all[1]);
  bench_times("100,000 targets, three packs; write(2)", ours, bytes, ours / bytes, 0, 4);
  if (all[6].arguments[0]) {
    double a = ours / TARGETS, b = median(&all[6]) / CHART;
    bench_times("a target; helm template", a, b, b / a, 100, 0);
  } else puts("a target; helm template: there is no helm here");
  double gain = median(&all[2]) / ours, most = 2 * median(&all[3]) / median(&all[4]);
  bench_times("-j 2 over -j 1; two loops over one, twice", ours, median(&all[2]), gain / most, 0.95, 0);
  double twice = (median(&all[5]) - ours) / TARGETS, once = ours / TARGETS;
  bench_times("a target of the second 100,000; of the first", twice, once, twice / once, 0, 1.05);
  unlink(out);
  unlink(copy);
}

static void memory_rows(const char *moonstep, const char *folder) {
  contestant many = {.arguments = {NULL}}, few = {.arguments = {NULL}};
  char words[32];
  render(&many, moonstep, folder, "million.ndjson", "2", "/dev/null");
  render(&few, moonstep, folder, "few.ndjson", "2", "/dev/null");
  long most = memory_of(many.arguments), least = memory_of(few.arguments);
  snprintf(words, sizeof words, "%.1f MiB", (double)most / 1024);
  bench_row("memory of all processes, 1,000,000 targets", words, "-", (double)most / 1024, 0, MOST_MEMORY);
  double each = (double)(most - least) * 1024 / 990000;
  snprintf(words, sizeof words, "%.1f bytes", each);
  bench_row("and of a target above 10,000", words, "-", each, 0, 16);
}

/* Two loops at a time take as long as one where there are two processors: what the machine gives at most. */
static int spin_together(int count) {
  for (int i = 1; i < count; i++)
    if (fork() == 0) _exit(spin());
  int status = spin();
  while (wait(NULL) > 0) continue;
  return status;
}

int main(int argc, char **argv) {
  if (argc == 3 && !strcmp(argv[1], "--spin")) return spin_together(atoi(argv[2]));
  if (argc == 4 && !strcmp(argv[1], "--write")) return write_blocks(argv[2], (size_t)strtoll(argv[3], NULL, 10));
  if (argc != 3) return 2;
  speed_rows(argv[1], argv[0], argv[2]);
  memory_rows(argv[1], argv[2]);
  return 0;
}
