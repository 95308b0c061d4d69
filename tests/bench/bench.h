/* What the benchmarks share. Contestants take turns, so whatever else the machine does meets both; medians are compared. */
#ifndef MOONSTEP_BENCH_H
#define MOONSTEP_BENCH_H

#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static inline void bench_die(const char *what) {
  perror(what);
  exit(2);
}

static inline double bench_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3; /* microseconds */
}

/* Runs a program, found by PATH, with nothing to read, its output in a file; returns the microseconds that it took. It must end with `status`.
 * `memory`, if given, is raised to the KiB of its largest process. */
static inline double bench_process(const char *const *arguments, const char *output, int status, long *memory) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  pid_t pid;
  int ended;
  struct rusage used;
  double start = bench_now();
  if (posix_spawnp(&pid, arguments[0], &actions, NULL, (char **)arguments, environ)) bench_die(arguments[0]);
  if (wait4(pid, &ended, 0, &used) < 0) bench_die("wait4");
  double took = bench_now() - start;
  posix_spawn_file_actions_destroy(&actions);
  if (!WIFEXITED(ended) || WEXITSTATUS(ended) != status) {
    fprintf(stderr, "%s %s: an unexpected end\n", arguments[0], arguments[1]);
    exit(2);
  }
  if (memory && used.ru_maxrss > *memory) *memory = used.ru_maxrss;
  return took;
}

/* Whether there is such a program. */
static inline bool bench_has(const char *command) {
  char line[200];
  snprintf(line, sizeof line, "command -v %s >/dev/null", command);
  return system(line) == 0;
}

static inline int bench_compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static inline double bench_median(double *samples, size_t count) {
  qsort(samples, count, sizeof *samples, bench_compare);
  return samples[count / 2];
}

/* One line of the table. `ratio` must not be above `most`, or, with `most` 0, not below `least`. */
static inline void bench_row(const char *what, const char *ours, const char *theirs, double ratio, double least, double most) {
  char target[32];
  snprintf(target, sizeof target, most > 0 ? "<= %g" : ">= %g", most > 0 ? most : least);
  bool ok = most > 0 ? ratio <= most : ratio >= least;
  printf("%-44s %16s %16s %8.2f %8s  %s\n", what, ours, theirs, ratio, target, ok ? "ok" : "MISSED");
}

static inline void bench_times(const char *what, double ours, double theirs, double ratio, double least, double most) {
  char a[32], b[32];
  snprintf(a, sizeof a, "%.1f us", ours);
  snprintf(b, sizeof b, "%.1f us", theirs);
  bench_row(what, a, b, ratio, least, most);
}

#endif
