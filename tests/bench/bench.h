/* What the benchmarks share. Contestants take turns, so whatever else the machine does meets both; medians are compared. */
#ifndef MOONSTEP_BENCH_H
#define MOONSTEP_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double bench_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3; /* microseconds */
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
