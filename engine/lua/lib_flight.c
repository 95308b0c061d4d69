/* engine.flight: work that waits for something while other work goes on. Scripts know nothing of it: what they call returns later.
 *
 * A flight is a coroutine with what belongs to it: its allowance (lua/limits.h) and what the parent is told of it (host/watch.h), which are
 * put aside whenever it waits. Who waits yields what it waits for, to `resume`, which runs in the main thread; the order of it all is
 * lua/flights.lua's.
 */
#include <lauxlib.h>

#include "lua/libs.h"
#include "lua/limits.h"
#include "lua/memory.h"
#include "lua/state.h"

#define FLIGHT "moonstep.flight"

typedef struct flight {
  lua_State *thread; /* its user value */
  limits_aside limits;
  watch_aside watch;
} flight;

/* new(function) -> flight */
static int new_flight(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  flight *f = lua_newuserdatauv(L, sizeof *f, 1);
  luaL_setmetatable(L, FLIGHT);
  f->limits = (limits_aside){.running = false};
  f->thread = lua_newthread(L);
  lua_setiuservalue(L, -2, 1);
  lua_pushvalue(L, 1);
  lua_xmove(L, f->thread, 1);
  return 1;
}

static void put_aside(host *h, flight *f) {
  limits_put_aside(&h->limits, &f->limits);
  if (f->limits.running) watch_put_aside(h->watch, &f->watch);
}

static void take_up(host *h, flight *f, int64_t waited) {
  limits_take_up(&h->limits, &f->limits, f->thread, waited);
  if (f->limits.running) watch_take_up(h->watch, &f->watch, (uint32_t)(f->limits.left.wall / 1000000) + WATCH_GRACE);
}

/* The nanoseconds that a flight waited until what it waited for was there, at `ready` milliseconds. */
static int64_t waited(const flight *f, lua_Integer ready) {
  int64_t time = (int64_t)ready * 1000000 - f->limits.since;
  return time > 0 ? time : 0;
}

/* Raises in L what the flight raised. */
static int raise_from(lua_State *L, flight *f) {
  bool text = lua_type(f->thread, -1) == LUA_TSTRING && !memory_raised(f->thread);
  if (text && lua_checkstack(f->thread, 10)) luaL_traceback(f->thread, f->thread, lua_tostring(f->thread, -1), 0);
  lua_xmove(f->thread, L, 1);
  return lua_error(L);
}

/* resume(flight [, milliseconds on http.now's clock at which what it waited for was there]) -> true when it has ended | false, what it
 * waits for now. What is raised in it goes on here. */
static int resume(lua_State *L) {
  flight *f = luaL_checkudata(L, 1, FLIGHT);
  host *h = state_host(L);
  int results;
  take_up(h, f, lua_isnoneornil(L, 2) ? 0 : waited(f, luaL_checkinteger(L, 2)));
  int status = lua_resume(f->thread, L, 0, &results);
  put_aside(h, f);
  if (status != LUA_OK && status != LUA_YIELD) return raise_from(L, f);
  lua_pushboolean(L, status == LUA_OK);
  if (status == LUA_OK) return 1;
  lua_xmove(f->thread, L, results);
  return 1 + results;
}

/* land(flight): what is left of its allowance is that of the main thread, for what remains to be done there. */
static int land(lua_State *L) {
  flight *f = luaL_checkudata(L, 1, FLIGHT);
  limits_take_up(&state_host(L)->limits, &f->limits, L, 0);
  return 0;
}

/* can_wait() -> whether what calls this is in a flight, with nothing in between that cannot wait, such as a callback of gsub. */
static int can_wait(lua_State *L) {
  lua_pushboolean(L, lua_isyieldable(L));
  return 1;
}

/* wait(what) -> when what it waits for is there. */
static int wait_for(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  return lua_yield(L, 1);
}

static const luaL_Reg functions[] = {
    {"new", new_flight}, {"resume", resume}, {"land", land}, {"can_wait", can_wait}, {"wait", wait_for}, {NULL, NULL},
};

int lib_flight(lua_State *L) {
  libs_new_type(L, FLIGHT, NULL, NULL);
  luaL_newlib(L, functions);
  return 1;
}
