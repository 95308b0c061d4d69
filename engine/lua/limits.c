#include "lua/limits.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
  PATIENCE = 8,     /* a request beyond the limit that is caught so often is a script that works against it; each counts twice */
  MOST_LEVELS = 50, /* calls that are looked through for a script's line */
  MILLISECOND = 1000000,
};

/* The limits that the timers' signals are for. One state a process runs scripts, and signals have no userdata. */
static limits *on_clock;

static int64_t now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000 * MILLISECOND + t.tv_nsec;
}

const void *limits_frame(lua_State *L) {
  lua_Debug ar;
  return lua_getstack(L, 0, &ar) ? (const void *)ar.i_ci : NULL;
}

/* A script that is loaded again has another copy of its name. */
static bool is_script(const limits *l, const char *source) {
  for (size_t i = 0; i < l->scripts.count; i++)
    if (source == l->scripts.names[i] || !strcmp(source, l->scripts.names[i])) return true;
  return false;
}

script_line limits_where(const limits *l, lua_State *L) {
  lua_Debug ar;
  for (int level = 0; level < MOST_LEVELS && lua_getstack(L, level, &ar); level++) {
    if (ar.i_ci == l->bottom) break;
    lua_getinfo(L, "Sl", &ar);
    if (is_script(l, ar.source)) return (script_line){ar.source, ar.currentline};
  }
  return (script_line){0};
}

bool limits_add_script(limits *l, lua_State *L) {
  lua_Debug ar;
  lua_pushvalue(L, -1);
  lua_getinfo(L, ">S", &ar);
  if (is_script(l, ar.source)) return false;
  if (l->scripts.count == sizeof l->scripts.names / sizeof *l->scripts.names) return false;
  l->scripts.names[l->scripts.count++] = ar.source;
  return true;
}

/* The first place counts: what follows is a script that goes on. */
static void note_place(limits *l, lua_State *L) {
  if (!l->placed) l->at = limits_where(l, L);
  l->placed = true;
}

static void raise_limit(lua_State *L, lua_Debug *ar) {
  (void)ar;
  limits *l = limits_of(L);
  lua_sethook(L, raise_limit, LUA_MASKCOUNT, 1);
  note_place(l, L);
  lua_pushliteral(L, "a limit was hit");
  lua_error(L);
}

void limits_check(lua_State *L) {
  const limits *l = limits_of(L);
  if (l->hit && l->L) raise_limit(L, NULL);
}

static void arm(limits *l, limit_hit hit) {
  if (l->hit) return;
  l->hit = hit;
  if (l->L) lua_sethook(l->L, raise_limit, LUA_MASKCOUNT, 1);
}

static void on_timer(int sig) {
  if (on_clock) arm(on_clock, sig == SIGPROF ? LIMIT_CPU : LIMIT_WALL);
}

void limits_interrupt(void) {
  if (on_clock) arm(on_clock, LIMIT_CPU);
}

int64_t limits_wall_left(const limits *l) { return l->L ? l->left.wall - (now(CLOCK_MONOTONIC) - l->wall_start) : INT64_MAX; }

limits *limits_of(lua_State *L) {
  void *l;
  lua_getallocf(L, &l);
  return l;
}

size_t limits_room(const limits *l) {
  if (!l->most) return SIZE_MAX;
  return l->most > l->used ? l->most - l->used : 0;
}

void limits_charge(limits *l, size_t bytes) { l->used += bytes; }
void limits_refund(limits *l, size_t bytes) { l->used -= bytes; }

bool limits_refuse(limits *l) {
  if (l->L && !l->placed) l->at = limits_where(l, l->L); /* a collection may help yet */
  if (++l->refused > PATIENCE) arm(l, LIMIT_MEMORY);
  return false;
}

/* Lua asks again for what was refused, after a collection: a request counts as refused only when that did not help. */
static bool is_second_try(const limits *l, const void *block, size_t size) {
  return l->last_refused.size == size && l->last_refused.block == block;
}

void *limits_alloc(void *ud, void *block, size_t old, size_t size) {
  limits *l = ud;
  if (!block) old = 0; /* it is a type tag then */
  if (!size) {
    free(block);
    l->used -= old;
    return NULL;
  }
  if (size > old && size - old > limits_room(l)) {
    l->last_refused.block = block;
    l->last_refused.size = size;
    limits_refuse(l);
    return NULL;
  }
  if (is_second_try(l, block, size)) {
    l->last_refused.size = 0;
    l->refused--;
  }
  void *moved = block ? realloc(block, size) : malloc(size); /* the same, sooner */
  if (moved) l->used += size - old;
  else l->exhausted = true;
  return moved;
}

static void set_cpu_timer(int64_t nanoseconds) {
  int64_t micro = (nanoseconds + 999) / 1000;
  struct itimerval timer = {.it_value = {micro / 1000000, micro % 1000000}};
  setitimer(ITIMER_PROF, &timer, NULL);
}

/* The wall clock's timer is one of its own: SIGALRM is left to others. Where there is none, the parent's clock has to do. */
static struct {
  timer_t timer;
  pid_t owner; /* a child does not inherit timers */
  bool made;
} wall_clock;

static void listen(int sig) {
  struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(sig, &action, NULL);
}

static void prepare_timers(void) {
  if (wall_clock.owner == getpid()) return;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGVTALRM};
  wall_clock.made = timer_create(CLOCK_MONOTONIC, &event, &wall_clock.timer) == 0;
  wall_clock.owner = getpid();
  listen(SIGPROF);
  listen(SIGVTALRM);
}

static void set_wall_timer(int64_t nanoseconds) {
  struct itimerspec at = {.it_value = {nanoseconds / (1000 * MILLISECOND), nanoseconds % (1000 * MILLISECOND)}};
  if (wall_clock.made) timer_settime(wall_clock.timer, 0, &at, NULL);
}

void limits_allow(limits *l, size_t memory, uint32_t cpu, uint32_t wall) {
  l->full = l->left = (allowance){memory, (int64_t)cpu * MILLISECOND, (int64_t)wall * MILLISECOND};
  l->hit = LIMIT_NONE;
  l->at = (script_line){0};
  l->placed = false;
  prepare_timers();
}

/* Much of the memory that is missing may be garbage. */
static void make_room(limits *l, lua_State *L) {
  size_t before = l->used;
  lua_gc(L, LUA_GCCOLLECT);
  l->left.memory += before > l->used ? before - l->used : 0;
  if (l->left.memory > l->full.memory) l->left.memory = l->full.memory;
}

static void begin(limits *l, lua_State *L) {
  if (l->left.memory < l->full.memory / 2) make_room(l, L);
  l->L = L;
  l->before.hook = lua_gethook(L);
  l->before.mask = lua_gethookmask(L);
  l->before.count = lua_gethookcount(L);
  l->refused = 0;
  l->last_refused.size = 0;
  l->used_start = l->used;
  l->most = l->used + l->left.memory;
  l->cpu_start = now(CLOCK_PROCESS_CPUTIME_ID);
  l->wall_start = now(CLOCK_MONOTONIC);
  on_clock = l;
  set_cpu_timer(l->left.cpu);
  set_wall_timer(l->left.wall);
}

bool limits_start(limits *l, lua_State *L) {
  if (l->hit) return false;
  begin(l, L);
  return true;
}

limit_hit limits_stop(limits *l) {
  set_cpu_timer(0);
  set_wall_timer(0);
  on_clock = NULL;
  lua_sethook(l->L, l->before.hook, l->before.mask, l->before.count);
  l->left.cpu -= now(CLOCK_PROCESS_CPUTIME_ID) - l->cpu_start;
  l->left.wall -= now(CLOCK_MONOTONIC) - l->wall_start;
  size_t kept = l->used > l->used_start ? l->used - l->used_start : 0;
  l->left.memory -= kept < l->left.memory ? kept : l->left.memory;
  if (!l->hit && l->refused) l->hit = LIMIT_MEMORY;
  if (!l->hit && l->left.cpu <= 0) l->hit = LIMIT_CPU;
  if (!l->hit && l->left.wall <= 0) l->hit = LIMIT_WALL;
  l->most = 0;
  l->L = NULL;
  return (limit_hit)l->hit;
}

void limits_renew_time(limits *l) {
  lua_State *L = l->L;
  limit_hit hit = L ? limits_stop(l) : LIMIT_NONE;
  if (!L) return;
  l->left.cpu = l->full.cpu;
  l->left.wall = l->full.wall;
  begin(l, L);
  if (hit) arm(l, hit);
}

void limits_put_aside(limits *l, limits_aside *aside) {
  bool running = l->L != NULL;
  if (running) limits_stop(l);
  *aside = (limits_aside){l->left, l->full, l->hit, l->at, l->placed, running, l->bottom, now(CLOCK_MONOTONIC)};
}

void limits_take_up(limits *l, const limits_aside *aside, lua_State *L, int64_t waited) {
  l->left = aside->left;
  l->full = aside->full;
  l->hit = LIMIT_NONE;
  l->at = aside->at;
  l->placed = aside->placed;
  l->bottom = aside->bottom;
  l->left.wall -= waited;
  if (aside->running) begin(l, L);
  if (aside->hit) arm(l, (limit_hit)aside->hit);
  else if (aside->running && l->left.wall <= 0) arm(l, LIMIT_WALL);
}
