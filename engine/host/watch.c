#include "host/watch.h"

#include <stdio.h>
#include <time.h>

uint64_t watch_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void watch_start(watch *w, const char *stage, uint32_t limit) {
  snprintf(w->stage, sizeof w->stage, "%s", stage);
  atomic_store(&w->limit, limit);
  atomic_store(&w->started, watch_now());
}

void watch_script(watch *w, const char *file, uint32_t allowed) {
  snprintf(w->file, sizeof w->file, "%s", file);
  atomic_store(&w->allowed, allowed);
}

void watch_stop(watch *w) { atomic_store(&w->started, 0); }

int64_t watch_left(const watch *w) {
  uint64_t started = atomic_load(&w->started);
  if (!started) return INT64_MAX;
  return (int64_t)atomic_load(&w->limit) - (int64_t)((watch_now() - started) / 1000000u);
}
