/* engine.prompt: lines from a user, and what is printed at once. For `moonstep lua` alone: what other commands print arrives as a
 * whole or not at all (engine.host). */
#include <errno.h>
#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

#include "host/files.h"
#include "host/prompt.h"
#include "lua/libs.h"
#include "lua/limits.h"
#include "lua/state.h"

#define PROMPT "moonstep.prompt"

/* The prompt's user value 1 is the function that completes. */
typedef struct editor {
  prompt prompt;
  lua_State *L;
} editor;

static int editor_gc(lua_State *L) {
  prompt_close(&((editor *)luaL_checkudata(L, 1, PROMPT))->prompt);
  return 0;
}

static void take_text(lua_State *L, int index, buf *out) {
  size_t len;
  const char *text = lua_tolstring(L, index, &len);
  if (text) buf_add(out, text, len);
}

/* Called while prompt_read has the terminal, so nothing may be raised through it; what fails completes nothing. The editor stands at
 * index 1. */
static void complete(void *ud, const char *before, size_t len, buf *insert, buf *show) {
  lua_State *L = ((editor *)ud)->L;
  int top = lua_gettop(L);
  if (!lua_checkstack(L, 8)) return;
  lua_getiuservalue(L, 1, 1);
  lua_pushlstring(L, before, len);
  if (lua_pcall(L, 1, 2, 0) == LUA_OK) {
    take_text(L, -2, insert);
    take_text(L, -1, show);
  }
  lua_settop(L, top);
}

/* open(complete) -> prompt: complete(text before the cursor) returns what is inserted and what is shown below, each a string or nil. */
static int open_prompt(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  editor *e = lua_newuserdatauv(L, sizeof *e, 1);
  *e = (editor){.L = L};
  luaL_setmetatable(L, PROMPT);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  prompt_open(&e->prompt, state_host(L)->watch, limits_interrupt);
  e->prompt.complete = complete;
  e->prompt.ud = e;
  return 1;
}

/* prompt:read(label) -> line | nil, true when the user gave the line up */
static int read_line(lua_State *L) {
  editor *e = luaL_checkudata(L, 1, PROMPT);
  prompt_answer answer = prompt_read(&e->prompt, luaL_checkstring(L, 2));
  if (answer == PROMPT_LINE && !e->prompt.line.failed) {
    lua_pushlstring(L, e->prompt.line.len ? e->prompt.line.data : "", e->prompt.line.len);
    return 1;
  }
  lua_pushnil(L);
  lua_pushboolean(L, answer == PROMPT_CANCELLED);
  return 2;
}

/* prompt:remember(): the line that was read last can be called back. */
static int remember_line(lua_State *L) {
  prompt_remember(&((editor *)luaL_checkudata(L, 1, PROMPT))->prompt);
  return 0;
}

/* prompt:terminal() -> boolean: a user sits there. */
static int is_terminal(lua_State *L) {
  lua_pushboolean(L, ((editor *)luaL_checkudata(L, 1, PROMPT))->prompt.terminal);
  return 1;
}

/* interrupted() -> boolean: since this was last asked. */
static int was_interrupted(lua_State *L) {
  lua_pushboolean(L, prompt_interrupted());
  return 1;
}

/* print(bytes) -> true | false [, message]: to standard output, at once. A reader that went away is no error. */
static int print_bytes(lua_State *L) {
  size_t len;
  const char *bytes = luaL_checklstring(L, 1, &len);
  bool ok = files_write_all(STDOUT_FILENO, bytes, len);
  int error = errno;
  lua_pushboolean(L, ok);
  if (ok || error == EPIPE) return 1;
  lua_pushstring(L, strerror(error));
  return 2;
}

static const luaL_Reg methods[] = {{"read", read_line}, {"remember", remember_line}, {"terminal", is_terminal}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"open", open_prompt}, {"interrupted", was_interrupted}, {"print", print_bytes}, {NULL, NULL}};

int lib_prompt(lua_State *L) {
  libs_new_type(L, PROMPT, editor_gc, methods);
  luaL_newlib(L, functions);
  return 1;
}
