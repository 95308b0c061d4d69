/* engine.digest: what bytes are known by (host/digest.h). */
#include "host/digest.h"

#include "lua/libs.h"

/* sha256(bytes) -> 64 hexadecimal digits */
static int sha256(lua_State *L) {
  size_t len;
  const char *bytes = luaL_checklstring(L, 1, &len);
  char digits[DIGEST_TEXT];
  digest_sha256(bytes, len, digits);
  lua_pushstring(L, digits);
  return 1;
}

static const luaL_Reg functions[] = {{"sha256", sha256}, {NULL, NULL}};

int lib_digest(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
