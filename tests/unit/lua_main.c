/* moonstep-lua FILE [ARGUMENTS]: runs a Lua file with the engine's libraries, moonstep's modules and, unlike the product,
 * Lua's own `io` and `os`. For tests written in Lua and for tools of the repository. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>

#include "lua/coverage.h"
#include "lua/secret.h"
#include "lua/state.h"

static int run_file(lua_State *L) {
  if (luaL_loadfilex(L, luaL_checkstring(L, 1), "t")) return lua_error(L);
  lua_call(L, 0, 1);
  return 1;
}

static int print_line(lua_State *L) {
  puts(luaL_tolstring(L, 1, NULL));
  fflush(stdout);
  return 0;
}

static int protected_run(lua_State *L) {
  char **argv = lua_touserdata(L, 1);
  luaL_requiref(L, LUA_IOLIBNAME, luaopen_io, 0);
  luaL_requiref(L, LUA_OSLIBNAME, luaopen_os, 0);
  lua_pushglobaltable(L);
  lua_pushnil(L); /* tests declare globals as they like */
  lua_setmetatable(L, -2);
  lua_insert(L, 2);
  lua_setfield(L, 2, "os");
  lua_setfield(L, 2, "io");
  lua_pushcfunction(L, run_file);
  lua_setfield(L, 2, "dofile");
  lua_pushcfunction(L, print_line);
  lua_setfield(L, 2, "print");
  if (luaL_loadfilex(L, argv[1], "t")) return lua_error(L);
  int args = 0;
  for (; argv[2 + args]; args++) lua_pushstring(L, argv[2 + args]);
  lua_call(L, args, 1);
  return 1;
}

int main(int argc, char **argv) {
  static watch w;
  host h = {.watch = &w, .out = 1};
  lua_State *L = argc > 1 ? state_open(&h) : NULL;
  if (!L) return 2;
  state_collect(L);
  lua_pushcfunction(L, protected_run);
  lua_pushlightuserdata(L, argv);
  int status = state_call(L, 1, 1);
  if (status) fprintf(stderr, "%s\n", luaL_tolstring(L, -1, NULL));
  int result = status ? 2 : lua_isboolean(L, -1) ? !lua_toboolean(L, -1) : 0;
  coverage_write();
  secret_forget(L);
  lua_close(L);
  return result;
}
