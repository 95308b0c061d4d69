/* engine.calls: requests of our own to a cluster, many at a time, with answers that may come line by line for hours (host/http.h).
 *
 * Each `calls` has handles and connections of its own: what scripts ask (lib_http.c) is on others. Nothing here waits but `advance`, which
 * waits for all of them; who goes on then is kube/loop.lua's. There are no limits of scripts here.
 */
#include <lauxlib.h>
#include <string.h>

#include "host/http.h"
#include "host/interrupt.h"
#include "lua/libs.h"
#include "lua/memory.h"
#include "lua/request.h"
#include "lua/state.h"

#define CALLS "moonstep.calls"
#define CALL  "moonstep.call"

typedef struct calls {
  http_client *client;
} calls;

/* User value 1 is its calls, which so end after it: Lua finalizes in the opposite order of creation. */
typedef struct call {
  http_exchange *exchange;
} call;

/* call:close(): ends it, done or not; also what the collector calls. */
static int call_gc(lua_State *L) {
  call *one = luaL_checkudata(L, 1, CALL);
  if (one->exchange) http_end(one->exchange);
  one->exchange = NULL;
  return 0;
}

static int calls_gc(lua_State *L) {
  calls *all = luaL_checkudata(L, 1, CALLS);
  if (all->client) http_close(all->client);
  all->client = NULL;
  return 0;
}

/* open() -> calls. Raises when there is no libcurl. */
static int open_calls(lua_State *L) {
  diag why;
  state_collect(L);
  calls *all = lua_newuserdatauv(L, sizeof *all, 0);
  all->client = NULL;
  luaL_setmetatable(L, CALLS);
  if ((all->client = http_open(&why))) return 1;
  if (!strcmp(why.id, MEMORY_ID)) memory_raise(L);
  return luaL_error(L, "%s; asking a cluster needs it (package libcurl4)", why.message);
}

static calls *calls_at(lua_State *L) {
  calls *all = luaL_checkudata(L, 1, CALLS);
  luaL_argcheck(L, all->client, 1, "it is closed");
  return all;
}

static call *call_at(lua_State *L) {
  call *one = luaL_checkudata(L, 1, CALL);
  luaL_argcheck(L, one->exchange, 1, "it is closed");
  return one;
}

/* calls:begin{ … } -> call | nil, problem: the table is as lua/request.h says. */
static int begin(lua_State *L) {
  calls *all = calls_at(L);
  http_request r;
  request_read(L, 2, &r);
  lua_settop(L, 2);
  call *one = lua_newuserdatauv(L, sizeof *one, 1);
  one->exchange = NULL;
  luaL_setmetatable(L, CALL);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, 3, 1);
  diag why;
  if ((one->exchange = http_begin(all->client, &r, &why))) return 1;
  return push_problem(L, &why);
}

/* calls:advance(milliseconds): lets all go on, and waits for at most so long for something to happen. */
static int advance(lua_State *L) {
  http_advance(calls_at(L)->client, (int)luaL_checkinteger(L, 2));
  return 0;
}

/* calls:heed_interrupts(): from here on an interrupt ends the wait of `advance`, and nothing else. */
static int heed_interrupts(lua_State *L) {
  http_wake_on(calls_at(L)->client, interrupt_listen(state_host(L)->watch));
  return 0;
}

/* interrupted() -> boolean: since this was last asked. */
static int interrupted(lua_State *L) {
  lua_pushboolean(L, interrupt_came());
  return 1;
}

/* call:line() -> text, true for a whole line; false for a part of one that is longer, or the last without an end | nothing, for now */
static int line(lua_State *L) {
  http_text text;
  http_line found = http_next_line(call_at(L)->exchange, &text);
  if (!found) return 0;
  lua_pushlstring(L, text.data, text.len);
  lua_pushboolean(L, found == HTTP_LINE);
  return 2;
}

/* call:status() -> number | nil while there is none */
static int status(lua_State *L) {
  int number = http_status(call_at(L)->exchange);
  if (!number) return 0;
  lua_pushinteger(L, number);
  return 1;
}

/* call:done() -> boolean */
static int is_done(lua_State *L) {
  lua_pushboolean(L, http_answer_of(call_at(L)->exchange)->done);
  return 1;
}

/* call:answer() -> what came of it, as lua/request.h says. It is done. */
static int answer(lua_State *L) {
  const http_answer *a = http_answer_of(call_at(L)->exchange);
  luaL_argcheck(L, a->done, 1, "it is not done");
  if (a->failure && !strcmp(a->failure, "memory")) return memory_raise(L);
  return a->failure ? request_push_failure(L, a) : request_push_answer(L, a);
}

static const luaL_Reg calls_methods[] = {{"begin", begin}, {"advance", advance}, {"heed_interrupts", heed_interrupts}, {NULL, NULL}};

static const luaL_Reg call_methods[] = {{"line", line},     {"status", status}, {"done", is_done},
                                        {"answer", answer}, {"close", call_gc}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"open", open_calls}, {"interrupted", interrupted}, {NULL, NULL}};

int lib_calls(lua_State *L) {
  libs_new_type(L, CALLS, calls_gc, calls_methods);
  libs_new_type(L, CALL, call_gc, call_methods);
  luaL_newlib(L, functions);
  return 1;
}
