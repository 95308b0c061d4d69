/* precompile SOURCE OUTPUT: a step of the build. Turns a Lua file into the form in which it is embedded.
 *
 * The binary starts twice as fast when its own Lua need not be parsed at every start, and its start does not grow with its
 * code. What speaks against compiled Lua does not hold here: it is loaded by the very interpreter that made it, which is linked
 * into the same binary; lines and names are kept, so messages are those of the source; and nothing but the binary's own
 * read-only bytes is ever loaded this way. Scripts of a site are text, always.
 */
#include <lauxlib.h>
#include <stdio.h>

static int write_chunk(lua_State *L, const void *bytes, size_t len, void *file) {
  (void)L;
  return fwrite(bytes, 1, len, file) != len;
}

int main(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  if (argc != 3 || !L) return 2;
  if (luaL_loadfilex(L, argv[1], "t")) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    return 1;
  }
  FILE *out = fopen(argv[2], "wb");
  if (!out || lua_dump(L, write_chunk, out, 0) || fclose(out)) {
    perror(argv[2]);
    return 1;
  }
  lua_close(L);
  return 0;
}
