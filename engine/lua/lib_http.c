/* engine.http: exchanges over HTTP (host/http.h).
 *
 * Waiting counts against the wall clock of the script that waits. In a flight (lib_flight.c), others go on meanwhile: an exchange yields
 * itself, as a light userdata, and a pause the time when it ends. Elsewhere it is awaited here: the limit's signal ends the wait, and the
 * limit is raised.
 */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/http.h"
#include "host/watch.h"
#include "lua/libs.h"
#include "lua/limits.h"
#include "lua/memory.h"
#include "lua/request.h"
#include "lua/secret.h"

#define CLIENT   "moonstep.http"
#define EXCHANGE "moonstep.exchange"
#define URL      "moonstep.url"

enum {
  GLANCE = 20, /* milliseconds between looks at the limits */
  MILLISECOND = 1000000,
};

/* Key of the client in the registry: one a state. */
static const char client_key;

static int client_gc(lua_State *L) {
  http_client **c = luaL_checkudata(L, 1, CLIENT);
  if (*c) http_close(*c);
  *c = NULL;
  return 0;
}

static int exchange_gc(lua_State *L) {
  http_exchange **x = luaL_checkudata(L, 1, EXCHANGE);
  if (*x) http_end(*x);
  *x = NULL;
  return 0;
}

typedef struct parsed_url {
  http_client *client;
  http_url url;
} parsed_url;

static int url_gc(lua_State *L) {
  parsed_url *u = luaL_checkudata(L, 1, URL);
  if (u->client) http_free_url(u->client, &u->url);
  u->client = NULL;
  return 0;
}

/* The client, made when it is first needed; raises when there is no libcurl. */
static http_client *client_of(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &client_key);
  http_client **c = lua_touserdata(L, -1);
  lua_pop(L, 1);
  diag why;
  if (*c || (*c = http_open(&why))) return *c;
  if (!strcmp(why.id, MEMORY_ID)) memory_raise(L);
  lua_pushfstring(L, "%s; http needs it (package libcurl4)", why.message);
  lua_error(L);
  return NULL;
}

static void set_text(lua_State *L, const char *name, const char *text) {
  lua_pushstring(L, text);
  lua_setfield(L, -2, name);
}

/* read_url(text [, base]) -> { url, scheme, host, port, query } | nil, problem */
static int read_url(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len), *base = luaL_optstring(L, 2, NULL);
  http_client *c = client_of(L);
  parsed_url *u = lua_newuserdatauv(L, sizeof *u, 0);
  *u = (parsed_url){.client = c};
  luaL_setmetatable(L, URL);
  diag why;
  if (strlen(text) != len) {
    diag_set(&why, "http", (mark){0}, "it holds a zero byte");
    return push_problem(L, &why);
  }
  if (!http_read_url(c, text, base, &u->url, &why)) return push_problem(L, &why);
  lua_createtable(L, 0, 5);
  set_text(L, "url", u->url.url);
  set_text(L, "scheme", u->url.scheme);
  set_text(L, "host", u->url.host);
  set_text(L, "port", u->url.port);
  set_text(L, "query", u->url.query);
  return 1;
}

/* is_range(text) -> boolean: addresses such as 10.0.0.0/8 or ::1 */
static int is_range(lua_State *L) {
  address_range range;
  lua_pushboolean(L, address_range_read(&range, luaL_checkstring(L, 1)));
  return 1;
}

/* in_range(text, range) -> boolean: the text is an address, and lies in it. */
static int in_range(lua_State *L) {
  address a;
  address_range range;
  lua_pushboolean(L,
                  address_read(&a, luaL_checkstring(L, 1)) && address_range_read(&range, luaL_checkstring(L, 2)) && address_in(&a, &range));
  return 1;
}

/* now() -> milliseconds on a clock that only goes on. */
static int now(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)(watch_now() / MILLISECOND));
  return 1;
}

/* left() -> milliseconds of wall clock that the script has left. */
static int left(lua_State *L) {
  lua_pushinteger(L, limits_wall_left(limits_of(L)) / MILLISECOND);
  return 1;
}

static int paused(lua_State *L, int status, lua_KContext unused) {
  (void)status, (void)unused;
  limits_check(L);
  return 0;
}

/* pause(milliseconds) */
static int pause_for(lua_State *L) {
  uint64_t end = watch_now() + (uint64_t)luaL_checkinteger(L, 1) * MILLISECOND;
  struct timespec glance = {0, GLANCE * MILLISECOND};
  if (lua_isyieldable(L)) {
    lua_pushinteger(L, (lua_Integer)(end / MILLISECOND));
    return lua_yieldk(L, 1, 0, paused);
  }
  while (watch_now() < end) {
    limits_check(L);
    nanosleep(&glance, NULL);
  }
  return 0;
}

/* disconnect(): closes the connections that are kept. */
static int disconnect(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &client_key);
  http_client **c = lua_touserdata(L, -1);
  if (*c) http_disconnect(*c);
  return 0;
}

/* text(string or secret) -> string: what a server is told. */
static int plain_text(lua_State *L) {
  size_t len;
  const char *text = secret_text(L, 1, &len);
  if (!text) return luaL_typeerror(L, 1, "string or secret");
  lua_pushlstring(L, text, len);
  return 1;
}

/* What came of the exchange at index 2, which ends. `tight` is the size that was allowed because memory is short, or 0. */
static int results_of(lua_State *L, int status, lua_KContext tight) {
  (void)status;
  limits_check(L);
  http_exchange **x = luaL_checkudata(L, 2, EXCHANGE);
  const http_answer *a = http_answer_of(*x);
  if (a->failure && (!strcmp(a->failure, "memory") || (tight && !strcmp(a->failure, "size")))) {
    limits_refuse(limits_of(L));
    return memory_raise(L);
  }
  int results = a->failure ? request_push_failure(L, a) : request_push_answer(L, a);
  http_end(*x);
  *x = NULL;
  return results;
}

/* The wall clock's limit ends a request whoever is running by then. The request goes on a little longer, so that the limit is the cause. */
static void bound_time(lua_State *L, http_request *r) {
  int64_t wall = limits_wall_left(limits_of(L)) / MILLISECOND + GLANCE;
  if (r->total > wall) r->total = (long)wall;
}

/* exchange{ … } -> what came of it, both as lua/request.h says, without lines. */
static int exchange(lua_State *L) {
  http_request r;
  request_read(L, 1, &r);
  lua_settop(L, 1);
  http_client *c = client_of(L);
  size_t room = limits_room(limits_of(L));
  bool tight = room < r.most;
  if (tight) r.most = room;
  if (lua_isyieldable(L)) bound_time(L, &r);
  http_exchange **x = lua_newuserdatauv(L, sizeof *x, 0);
  *x = NULL;
  luaL_setmetatable(L, EXCHANGE);
  diag why;
  if (!(*x = http_begin(c, &r, &why))) return push_problem(L, &why);
  if (lua_isyieldable(L)) {
    lua_pushlightuserdata(L, *x);
    return lua_yieldk(L, 1, tight, results_of);
  }
  while (!http_answer_of(*x)->done) {
    http_advance(c, GLANCE);
    limits_check(L);
  }
  return results_of(L, LUA_OK, tight);
}

/* advance(milliseconds): lets all exchanges go on, and waits for at most so long for something to happen. */
static int advance(lua_State *L) {
  http_advance(client_of(L), (int)luaL_checkinteger(L, 1));
  return 0;
}

/* finished() -> the light userdata of an exchange that is done, and when that was, in milliseconds; or nothing. Each is named once. */
static int finished(lua_State *L) {
  http_exchange *x = http_next_finished(client_of(L));
  if (!x) return 0;
  lua_pushlightuserdata(L, x);
  lua_pushinteger(L, (lua_Integer)(http_answer_of(x)->done_at / MILLISECOND));
  return 2;
}

static const luaL_Reg functions[] = {
    {"read_url", read_url}, {"is_range", is_range}, {"in_range", in_range},     {"now", now},
    {"left", left},         {"pause", pause_for},   {"text", plain_text},       {"exchange", exchange},
    {"advance", advance},   {"finished", finished}, {"disconnect", disconnect}, {NULL, NULL},
};

int lib_http(lua_State *L) {
  libs_new_type(L, CLIENT, client_gc, NULL);
  libs_new_type(L, EXCHANGE, exchange_gc, NULL);
  libs_new_type(L, URL, url_gc, NULL);
  http_client **c = lua_newuserdatauv(L, sizeof *c, 0);
  *c = NULL;
  luaL_setmetatable(L, CLIENT);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &client_key);
  luaL_newlib(L, functions);
  return 1;
}
