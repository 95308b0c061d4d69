#include "host/limits.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <sys/time.h>

/* A script may catch an allocation error once or twice and go on with less; then it is the limit that it works against. */
enum { PATIENCE = 4 };

/* The limits that the timer's signal is for. One state a process runs scripts, and signals have no userdata. */
static limits *on_clock;

static void raise_limit(lua_State *L, lua_Debug *ar) {
  lua_sethook(L, raise_limit, LUA_MASKCOUNT, 1);
  lua_getinfo(L, "Sl", ar);
  lua_pushfstring(L, "%s:%d: a limit was hit", ar->short_src, ar->currentline);
  lua_error(L);
}

static void arm(limits *l, limit_hit hit) {
  if (l->hit) return;
  l->hit = hit;
  if (l->L) lua_sethook(l->L, raise_limit, LUA_MASKCOUNT, 1);
}

static void on_timer(int sig) {
  (void)sig;
  if (on_clock) arm(on_clock, LIMIT_CPU);
}

void *limits_alloc(void *ud, void *block, size_t old, size_t size) {
  limits *l = ud;
  if (!block) old = 0; /* it is a type tag then */
  if (!size) {
    free(block);
    l->used -= old;
    return NULL;
  }
  if (l->most && size > old && l->used + (size - old) > l->most) {
    if (++l->refused > PATIENCE) arm(l, LIMIT_MEMORY);
    return NULL;
  }
  void *moved = realloc(block, size);
  if (moved) l->used += size - old;
  return moved;
}

static void set_timer(uint32_t milliseconds) {
  struct itimerval timer = {.it_value = {milliseconds / 1000, (milliseconds % 1000) * 1000}};
  setitimer(ITIMER_PROF, &timer, NULL);
}

void limits_start(limits *l, lua_State *L, size_t memory, uint32_t cpu) {
  l->L = L;
  l->hit = LIMIT_NONE;
  l->refused = 0;
  l->most = l->used + memory;
  on_clock = l;
  struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(SIGPROF, &action, NULL);
  set_timer(cpu);
}

limit_hit limits_stop(limits *l) {
  set_timer(0);
  on_clock = NULL;
  lua_sethook(l->L, NULL, 0, 0);
  limit_hit hit = (limit_hit)l->hit;
  if (!hit && l->refused) hit = LIMIT_MEMORY;
  l->hit = LIMIT_NONE;
  l->most = 0;
  l->L = NULL;
  return hit;
}
