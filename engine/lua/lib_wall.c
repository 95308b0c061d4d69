/* engine.wall: what the kernel refuses this process from some point on. */
#include <lauxlib.h>

#include "base/buf.h"
#include "host/wall.h"
#include "lua/libs.h"
#include "lua/state.h"

static bool flag(lua_State *L, const char *name) {
  lua_getfield(L, 1, name);
  bool set = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return set;
}

/* The list of paths of that name, which stays on the stack; raises for what is none. */
static lua_Integer paths(lua_State *L, const char *name) {
  lua_getfield(L, 1, name);
  if (lua_isnil(L, -1)) return 0;
  luaL_checktype(L, -1, LUA_TTABLE);
  lua_Integer count = luaL_len(L, -1);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(L, -1, i);
    luaL_checkstring(L, -1);
    lua_pop(L, 1);
  }
  return count;
}

static const char *path(lua_State *L, int list, lua_Integer i) {
  lua_rawgeti(L, list, i);
  const char *text = lua_tostring(L, -1); /* the list keeps it */
  lua_pop(L, 1);
  return text;
}

/* Our own files are read while we run where they are not those of the binary. */
static void read_own(wall *w) {
  const char *folder = state_development_folder();
  if (!folder) return;
  wall_read(w, folder, false);
  buf beside = {0};
  buf_format(&beside, "%s/../policies", folder);
  if (buf_text(&beside)) wall_read(w, beside.data, false);
  buf_free(&beside);
}

/* enter{ read, replace, replace_all, fill = paths, deep, read_all, network, workers = boolean }: from now on files are read and written only there, no
 * program is started, and so on; see host/wall.h. Only the first call counts: a process can be shut in once. */
static int enter(lua_State *L) {
  static bool entered;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  if (entered) return 0;
  lua_Integer reads = paths(L, "read"), replaces = paths(L, "replace"), all = paths(L, "replace_all"), fills = paths(L, "fill");
  wall w = {.network = flag(L, "network"), .read_all = flag(L, "read_all"), .workers = flag(L, "workers")};
  bool deep = flag(L, "deep");
  wall_begin(&w);
  for (lua_Integer i = 1; i <= reads; i++) wall_read(&w, path(L, 2, i), deep);
  for (lua_Integer i = 1; i <= replaces; i++) wall_replace(&w, path(L, 3, i));
  for (lua_Integer i = 1; i <= all; i++) wall_replace_all(&w, path(L, 4, i), deep);
  for (lua_Integer i = 1; i <= fills; i++) wall_fill(&w, path(L, 5, i));
  read_own(&w);
  wall_enter(&w);
  entered = true;
  return 0;
}

/* offered() -> { seccomp = boolean, landlock = its ABI, 0 where there is none } */
static int offered(lua_State *L) {
  wall_offer offer = wall_offered();
  lua_createtable(L, 0, 2);
  lua_pushboolean(L, offer.seccomp);
  lua_setfield(L, -2, "seccomp");
  lua_pushinteger(L, offer.landlock);
  lua_setfield(L, -2, "landlock");
  return 1;
}

static const luaL_Reg functions[] = {{"enter", enter}, {"offered", offered}, {NULL, NULL}};

int lib_wall(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
