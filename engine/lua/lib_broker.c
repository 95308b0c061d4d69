/* engine.broker: a process that runs one fixed command whenever it is asked to (host/broker.h). */
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

/* The strings of the list of that name in the table at `index`, which stays on the stack and keeps them, with NULL behind them: a block that
 * Lua frees. */
static const char **strings(lua_State *L, int index, const char *name) {
  lua_getfield(L, index, name);
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

static broker_command read_command(lua_State *L, int index) {
  broker_command command = {.arguments = strings(L, index, "arguments"), .variables = strings(L, index, "variables")};
  lua_getfield(L, index, "limit");
  command.limit = (int)luaL_checkinteger(L, -1);
  return command;
}

/* start{ arguments = list, variables = list of NAME=VALUE, limit = milliseconds } -> broker | nil, problem
 * start{ programs = list, … with nothing else in it } -> one for `request` */
static int start(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  broker_command command = {0};
  if (lua_getfield(L, 1, "programs") != LUA_TNIL) command.programs = strings(L, 1, "programs");
  else command = read_command(L, 1);
  luaL_argcheck(L, command.programs || (command.arguments && command.arguments[0]), 1, "a command has a name");
  broker **b = lua_newuserdatauv(L, sizeof *b, 0);
  *b = NULL;
  luaL_setmetatable(L, BROKER);
  diag why;
  if (!(*b = broker_start(&command, &why))) return push_problem(L, &why);
  return 1;
}

/* request(broker, { arguments, variables, limit = milliseconds, 0 for any time [, last = true: when this process is gone] }): nothing may be
 * running that was asked for. */
static int request(lua_State *L) {
  broker **b = luaL_checkudata(L, 1, BROKER);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  broker_command command = read_command(L, 2);
  lua_getfield(L, 2, "last");
  broker_request(*b, &command, lua_toboolean(L, -1));
  return 0;
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

/* answer(broker [, milliseconds to wait]) -> nil while it runs | { outcome = "ended", "unstarted", "late", "oversize" or "gone", code = its exit
 * status, or 128 and a signal's number, why = the system's words where it was not started, out, err = what it printed }; of what was requested also
 * outcome = "running" with what it printed meanwhile */
static int answer(lua_State *L) {
  static const char *const outcomes[] = {"ended", "unstarted", "late", "oversize", "gone", "running"};
  broker **b = luaL_checkudata(L, 1, BROKER);
  int milliseconds = (int)luaL_optinteger(L, 2, 0);
  broker_answer *a = lua_newuserdatauv(L, sizeof *a, 0);
  *a = (broker_answer){0};
  luaL_setmetatable(L, ANSWER);
  if (!broker_poll(*b, milliseconds, a)) return 0;
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

/* finish(broker): ends it, and waits for its end. */
static int finish(lua_State *L) { return broker_gc(L); }

static const luaL_Reg functions[] = {
    {"start", start}, {"ask", ask}, {"request", request}, {"answer", answer}, {"finish", finish}, {NULL, NULL},
};

int lib_broker(lua_State *L) {
  libs_new_type(L, BROKER, broker_gc, NULL);
  libs_new_type(L, ANSWER, answer_gc, NULL);
  luaL_newlib(L, functions);
  return 1;
}
