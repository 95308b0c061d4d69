#include "lua/state.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "host/files.h"
#include "host/process.h"
#include "lua/coverage.h"
#include "lua/embedded.h"
#include "lua/libs.h"
#include "lua/memory.h"
#include "lua/secret.h"

/* The native surface: everything that Lua code can reach beyond Lua itself. `io`, `os`, `debug`, `package`, `coroutine`
 * and Lua's own loaders are not there, for our code neither. */
static const luaL_Reg libraries[] = {
    {"engine.load", lib_load},     {"engine.emit", lib_emit},       {"engine.subst", lib_subst},     {"engine.view", lib_view},
    {"engine.files", lib_files},   {"engine.host", lib_host},       {"engine.re", lib_re},           {"engine.prompt", lib_prompt},
    {"engine.recall", lib_recall}, {"engine.wall", lib_wall},       {"engine.secret", lib_secret},   {"engine.http", lib_http},
    {"engine.flight", lib_flight}, {"engine.digest", lib_digest},   {"engine.workers", lib_workers}, {"engine.plan", lib_plan},
    {"engine.fill", lib_fill},     {"engine.outline", lib_outline}, {"engine.broker", lib_broker},   {"engine.out", lib_out},
    {"engine.alike", lib_alike},   {"engine.calls", lib_calls},     {"engine.mail", lib_mail},
};

static const luaL_Reg standard[] = {
    {LUA_GNAME, luaopen_base},       {LUA_TABLIBNAME, luaopen_table}, {LUA_STRLIBNAME, luaopen_string},
    {LUA_MATHLIBNAME, luaopen_math}, {LUA_UTF8LIBNAME, luaopen_utf8},
};

/* The collector begins anew when there is so much, in percent of what was left the last time: much of a large run stays until its end, and
 * Lua's own 200 would look at it all too often. */
enum { PAUSE = 400 };

host *state_host(lua_State *L) {
  host *h;
  memcpy(&h, lua_getextraspace(L), sizeof h);
  return h;
}

void libs_new_type(lua_State *L, const char *name, lua_CFunction gc, const luaL_Reg *methods) {
  luaL_newmetatable(L, name);
  if (gc) {
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
  if (methods) {
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
  }
  lua_pop(L, 1);
}

static int add_traceback(lua_State *L) {
  if (lua_type(L, 1) != LUA_TSTRING || memory_raised(L)) return 1;
  if (!lua_checkstack(L, 10)) return 1; /* 5.4.4's luaL_traceback does not ask */
  luaL_traceback(L, L, lua_tostring(L, 1), 1);
  return 1;
}

void state_collect(lua_State *L) {
  if (lua_gc(L, LUA_GCISRUNNING)) return;
  lua_gc(L, LUA_GCSETPAUSE, PAUSE);
  lua_gc(L, LUA_GCRESTART);
}

int state_call(lua_State *L, int args, int results) {
  int base = lua_gettop(L) - args;
  lua_pushcfunction(L, add_traceback);
  lua_insert(L, base);
  int status = lua_pcall(L, args, results, base);
  lua_remove(L, base);
  return status;
}

/* While developing: MOONSTEP_LUA names the repository's lua/; other folders stand beside it. */
static bool push_from_folder(lua_State *L, const char *folder, const char *path) {
  buf text = {0};
  diag why;
  const char *file = lua_pushfstring(L, "%s/../%s", folder, path);
  bool ok = files_read(&text, file, &why);
  if (ok) lua_pushlstring(L, text.data ? text.data : "", text.len);
  else lua_pushstring(L, why.message);
  buf_free(&text);
  lua_remove(L, -2);
  return ok;
}

const char *state_development_folder(void) {
  const char *folder = getenv("MOONSTEP_LUA");
  return folder && *folder ? folder : NULL;
}

bool state_push_text(lua_State *L, const char *path) {
  const char *folder = state_development_folder();
  if (folder) return push_from_folder(L, folder, path);
  const embedded *file = embedded_find(path);
  if (file) lua_pushlstring(L, file->start, (size_t)(file->end - file->start));
  else lua_pushfstring(L, "there is no file %s", path);
  return file != NULL;
}

bool state_push_chunk(lua_State *L, const char *path) {
  const char *folder = state_development_folder();
  size_t len;
  if (!folder) {
    const embedded *file = embedded_find(path);
    if (file) return luaL_loadbufferx(L, file->start, (size_t)(file->end - file->start), path, "b") == LUA_OK;
    lua_pushfstring(L, "there is no file %s", path);
    return false;
  }
  if (!push_from_folder(L, folder, path)) return false;
  const char *text = lua_tolstring(L, -1, &len);
  bool ok = luaL_loadbufferx(L, text, len, lua_pushfstring(L, "@%s", path), "t") == LUA_OK;
  lua_replace(L, -3);
  lua_pop(L, 1);
  return ok;
}

/* A module whose loading was ended, by a script's limit for one, can be loaded later. Raises the error at the top of the stack. */
static int forget_module(lua_State *L) {
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  lua_rawset(L, lua_upvalueindex(1));
  return lua_error(L);
}

/* require(name) -> the module's value: "variables.stash" is lua/variables/stash.lua. Upvalue 1 holds what was loaded;
 * false marks a module that is being loaded. */
static int require_module(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  lua_settop(L, 1);
  lua_pushvalue(L, 1);
  if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TBOOLEAN) return luaL_error(L, "module %s requires itself", name);
  if (!lua_isnil(L, -1)) return 1;
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
    if (!strcmp(name, libraries[i].name)) {
      libraries[i].func(L);
      lua_pushvalue(L, 1);
      lua_pushvalue(L, -2);
      lua_rawset(L, lua_upvalueindex(1));
      return 1;
    }
  lua_pushvalue(L, 1);
  lua_pushboolean(L, false);
  lua_rawset(L, lua_upvalueindex(1));
  const char *slashed = luaL_gsub(L, name, ".", "/");
  if (!state_push_chunk(L, lua_pushfstring(L, "lua/%s.lua", slashed)) || lua_pcall(L, 0, 1, 0)) return forget_module(L);
  if (lua_isnil(L, -1)) return luaL_error(L, "module %s returns nothing", name);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, -2);
  lua_rawset(L, lua_upvalueindex(1));
  return 1;
}

static int no_global(lua_State *L) { return luaL_error(L, "undeclared global '%s'", luaL_tolstring(L, 2, NULL)); }

/* Opens the libraries, takes away what no code here may use, and makes an undeclared global an error. */
static void open_libraries(lua_State *L) {
  static const char *const removed[] = {"collectgarbage", "dofile", "loadfile", "load", "print", "warn", "getmetatable"};
  for (size_t i = 0; i < sizeof standard / sizeof *standard; i++) {
    luaL_requiref(L, standard[i].name, standard[i].func, 1);
    lua_pop(L, 1);
  }
  lib_text(L);
  lib_table(L);
  lua_pushglobaltable(L);
  for (size_t i = 0; i < sizeof removed / sizeof *removed; i++) {
    lua_pushnil(L);
    lua_setfield(L, -2, removed[i]);
  }
  lua_newtable(L);
  lua_pushcclosure(L, require_module, 1);
  lua_setfield(L, -2, "require");
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, no_global);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, no_global);
  lua_setfield(L, -2, "__newindex");
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}

static int protected_open(lua_State *L) {
  luaL_checkversion(L);
  open_libraries(L);
  return 0;
}

lua_State *state_open(host *h) {
  lua_State *L = lua_newstate(limits_alloc, &h->limits);
  if (!L) return NULL;
  memcpy(lua_getextraspace(L), &h, sizeof h);
  lua_gc(L, LUA_GCSTOP);
  lua_pushcfunction(L, protected_open);
  coverage_watch(L);
  if (lua_pcall(L, 0, 0, 0) == LUA_OK) return L;
  lua_close(L);
  return NULL;
}

typedef struct arguments {
  int argc;
  char **argv;
} arguments;

/* main(arguments) -> exit status */
static int protected_main(lua_State *L) {
  const arguments *a = lua_touserdata(L, 1);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "main");
  lua_call(L, 1, 1);
  lua_createtable(L, a->argc, 0);
  for (int i = 1; i < a->argc; i++) {
    lua_pushstring(L, a->argv[i]);
    lua_rawseti(L, -2, i);
  }
  lua_call(L, 1, 1);
  return 1;
}

int state_report(lua_State *L) {
  const watch *w = state_host(L)->watch;
  const char *message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "what was raised is no text";
  buf masked = {0};
  if (secrets_mask(&state_host(L)->secrets, message, strlen(message), &masked)) message = buf_text(&masked);
  if (memory_raised(L)) process_complain(w, MEMORY_ID, "not enough memory");
  else {
    process_complain(w, "internal", "moonstep has a bug; please report the lines that follow");
    files_write_all(2, message ? message : "", message ? strlen(message) : 0);
    files_write_all(2, "\n", 1);
  }
  buf_free(&masked);
  return EXIT_TROUBLE;
}

int state_run(int argc, char **argv, watch *w, int out) {
  host h = {.watch = w, .out = out};
  lua_State *L = state_open(&h);
  if (!L) {
    process_complain(w, MEMORY_ID, "not enough memory");
    return EXIT_TROUBLE;
  }
  arguments a = {argc, argv};
  lua_pushcfunction(L, protected_main);
  lua_pushlightuserdata(L, &a);
  int status = state_call(L, 1, 1);
  int result = status ? state_report(L) : (int)lua_tointeger(L, -1);
  coverage_write();
  secret_forget(L);
#ifndef NDEBUG
  lua_close(L); /* the process ends here: only who looks for leaks needs what the kernel does faster */
#endif
  return result;
}
