/* sandbox SCRIPT...: scripts as a site's are run, with our libraries and allocator and under limits, against the same in a plain Lua
 * state. The key-ordered `pairs` apart, which these scripts do not use. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdatomic.h>
#include <string.h>

#include "bench.h"
#include "lua/state.h"

enum { ROUNDS = 61 };

static void die(lua_State *L) {
  fprintf(stderr, "%s\n", lua_tostring(L, -1));
  exit(2);
}

/* Returns a function that runs the script's text as one of a site's is run. */
static const char prepare[] =
    "local sandbox, text = require 'scripts.sandbox', ...\n"
    "local registry = { declarations = function() return {} end }\n"
    "local chunk = sandbox.compile(text, 'bench.lua', sandbox.environment(registry, { file = 'bench.lua', folder = '' }))\n"
    "return function()\n"
    "  sandbox.begin(registry)\n"
    "  local ok, why = sandbox.run({ what = 'a script', file = 'bench.lua' }, chunk)\n"
    "  if not ok then error(why.message) end\n"
    "end\n";

static void push_file(lua_State *L, const char *path) {
  luaL_Buffer b;
  FILE *file = fopen(path, "rb");
  luaL_buffinit(L, &b);
  for (int c; file && (c = getc(file)) != EOF;) luaL_addchar(&b, (char)c);
  luaL_pushresult(&b);
  if (!file || fclose(file)) die(L);
}

/* Leaves the function that runs the script at the top of the stack. */
static void load_ours(lua_State *L, const char *path) {
  if (luaL_loadstring(L, prepare)) die(L);
  push_file(L, path);
  if (lua_pcall(L, 1, 1, 0)) die(L);
}

static void load_theirs(lua_State *L, const char *path) {
  if (luaL_loadfile(L, path)) die(L);
}

static double run(lua_State *L) {
  double start = bench_now();
  lua_pushvalue(L, -1);
  if (lua_pcall(L, 0, 0, 0)) die(L);
  return bench_now() - start;
}

static void compare(const char *path) {
  static watch w;
  static double ours[ROUNDS], theirs[ROUNDS];
  char what[80];
  host h = {.watch = &w, .out = 1};
  lua_State *A = state_open(&h), *B = luaL_newstate();
  if (!A || !B) exit(2);
  luaL_openlibs(B);
  load_ours(A, path);
  load_theirs(B, path);
  for (int i = 0; i < ROUNDS; i++) {
    ours[i] = run(A);
    theirs[i] = run(B);
  }
  double a = bench_median(ours, ROUNDS), b = bench_median(theirs, ROUNDS);
  const char *name = strrchr(path, '/') + 1;
  snprintf(what, sizeof what, "a script's %.*s; plain Lua", (int)strcspn(name, "."), name);
  bench_times(what, a, b, a / b, 0, 1.1);
  lua_close(A);
  lua_close(B);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) compare(argv[i]);
  return 0;
}
