/* precompile SOURCE OUTPUT [bare]: a step of the build. Turns a Lua file into the form in which it is embedded.
 *
 * The binary starts twice as fast when its own Lua need not be parsed at every start, and its start does not grow with its
 * code. What speaks against compiled Lua does not hold here: it is loaded by the very interpreter that made it, which is linked
 * into the same binary; and nothing but the binary's own read-only bytes is ever loaded this way. Scripts of a site are text, always.
 *
 * `bare` leaves out lines and names of locals, a quarter of what is loaded at a start: for modules, in a release. Only the trace of a bug
 * would show them, and MOONSTEP_LUA=lua has them. Scripts keep theirs: messages name their lines.
 */
#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int write_chunk(lua_State *L, const void *bytes, size_t len, void *file) {
  (void)L;
  return fwrite(bytes, 1, len, file) != len;
}

int main(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  bool bare = argc == 4 && !strcmp(argv[3], "bare");
  if ((argc != 3 && !bare) || !L) return 2;
  if (luaL_loadfilex(L, argv[1], "t")) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    return 1;
  }
  FILE *out = fopen(argv[2], "wb");
  if (!out || lua_dump(L, write_chunk, out, bare) || fclose(out)) {
    perror(argv[2]);
    return 1;
  }
  lua_close(L);
  return 0;
}
