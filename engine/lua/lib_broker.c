/* engine.broker: a process that runs one fixed command whenever it is asked to (host/broker.h). Nothing here waits. */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "host/broker.h"
#include "lua/libs.h"
#include "lua/memory.h"

#define BROKER "moonstep.broker"
#define ANSWER "moonstep.broker.answer"

static int broker_gc(lua_State *L) {
  broker **b = luaL_checkudata(L, 1, BROKER);
  if (*b) broker_end(*b);
  *b = NULL;
  return 0;
}

static int answer_gc(lua_State *L) {
  broker_answer *a = luaL_checkudata(L, 1, ANSWER);
  buf_free(&a->out);
  buf_free(&a->err);
  return 0;
}

/* The strings of the list of that name, which stays on the stack and keeps them, with NULL behind them: a block that Lua frees. */
static const char **strings(lua_State *L, const char *name) {
  lua_getfield(L, 1, name);
  luaL_checktype(L, -1, LUA_TTABLE);
  lua_Integer count = luaL_len(L, -1);
  const char **all = lua_newuserdatauv(L, (size_t)(count + 1) * sizeof *all, 0);
  for (lua_Integer i = 1; i <= count; i++) {
    size_t len;
    lua_rawgeti(L, -2, i);
    all[i - 1] = luaL_checklstring(L, -1, &len);
    if (strlen(all[i - 1]) != len) luaL_error(L, "an argument or a variable of a command holds a zero byte");
    lua_pop(L, 1);
  }
  all[count] = NULL;
  return all;
}

/* start{ arguments = list, variables = list of NAME=VALUE, limit = milliseconds } -> broker | nil, problem */
static int start(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  broker_command command = {.arguments = strings(L, "arguments"), .variables = strings(L, "variables")};
  luaL_argcheck(L, command.arguments[0], 1, "a command has a name");
  lua_getfield(L, 1, "limit");
  command.limit = (int)luaL_checkinteger(L, -1);
  broker **b = lua_newuserdatauv(L, sizeof *b, 0);
  *b = NULL;
  luaL_setmetatable(L, BROKER);
  diag why;
  if (!(*b = broker_start(&command, &why))) return push_problem(L, &why);
  return 1;
}

static void set_bytes(lua_State *L, const char *name, const buf *b) {
  lua_pushlstring(L, b->data ? b->data : "", b->len);
  lua_setfield(L, -2, name);
}

/* ask(broker): the command is run, unless it is running. */
static int ask(lua_State *L) {
  broker **b = luaL_checkudata(L, 1, BROKER);
  broker_ask(*b);
  return 0;
}

/* answer(broker) -> nil while it runs | { outcome = "ended", "unstarted", "late", "oversize" or "gone", code = its exit status, or 128 and a
 * signal's number, why = the system's words where it was not started, out, err = what it printed } */
static int answer(lua_State *L) {
  static const char *const outcomes[] = {"ended", "unstarted", "late", "oversize", "gone"};
  broker **b = luaL_checkudata(L, 1, BROKER);
  broker_answer *a = lua_newuserdatauv(L, sizeof *a, 0);
  *a = (broker_answer){0};
  luaL_setmetatable(L, ANSWER);
  if (!broker_poll(*b, 0, a)) return 0;
  if (a->out.failed || a->err.failed) return memory_raise(L);
  lua_createtable(L, 0, 5);
  lua_pushstring(L, outcomes[a->outcome]);
  lua_setfield(L, -2, "outcome");
  lua_pushinteger(L, a->code);
  lua_setfield(L, -2, "code");
  lua_pushstring(L, a->outcome == BROKER_NOT_STARTED ? strerror(a->code) : NULL);
  lua_setfield(L, -2, "why");
  set_bytes(L, "out", &a->out);
  set_bytes(L, "err", &a->err);
  return 1;
}

static const luaL_Reg functions[] = {{"start", start}, {"ask", ask}, {"answer", answer}, {NULL, NULL}};

int lib_broker(lua_State *L) {
  libs_new_type(L, BROKER, broker_gc, NULL);
  libs_new_type(L, ANSWER, answer_gc, NULL);
  luaL_newlib(L, functions);
  return 1;
}
