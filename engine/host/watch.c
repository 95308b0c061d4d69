#include "host/watch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

uint64_t watch_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct {
  const watch *page; /* NULL: somebody else watches */
  timer_t timer;
} end;

static void set_end(const watch *w, uint32_t milliseconds) {
  struct itimerspec at = {.it_value = {milliseconds / 1000, milliseconds % 1000 * 1000000L}};
  if (end.page == w) timer_settime(end.timer, 0, &at, NULL);
}

void watch_ends_process(watch *w) {
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
  if (timer_create(CLOCK_MONOTONIC, &event, &end.timer) == 0) end.page = w;
}

void watch_start(watch *w, const char *stage, uint32_t limit) {
  snprintf(w->stage, sizeof w->stage, "%s", stage);
  atomic_store(&w->limit, limit);
  atomic_store(&w->started, watch_now());
  set_end(w, limit);
}

void watch_script(watch *w, const char *file, uint32_t allowed) {
  snprintf(w->file, sizeof w->file, "%s", file);
  atomic_store(&w->allowed, allowed);
}

void watch_stop(watch *w) {
  atomic_store(&w->started, 0);
  set_end(w, 0);
}

void watch_put_aside(watch *w, watch_aside *aside) {
  watch_stop(w);
  aside->allowed = atomic_load(&w->allowed);
  memcpy(aside->stage, w->stage, sizeof aside->stage);
  memcpy(aside->file, w->file, sizeof aside->file);
}

void watch_take_up(watch *w, const watch_aside *aside, uint32_t limit) {
  watch_script(w, aside->file, aside->allowed);
  watch_start(w, aside->stage, limit);
}

int64_t watch_left(const watch *w) {
  uint64_t started = atomic_load(&w->started);
  if (!started) return INT64_MAX;
  return (int64_t)atomic_load(&w->limit) - (int64_t)((watch_now() - started) / 1000000u);
}
