/* engine.host: the process that the loader is. */
#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "host/files.h"
#include "host/interrupt.h"
#include "host/process.h"
#include "lua/coverage.h"
#include "lua/libs.h"
#include "lua/lines.h"
#include "lua/memory.h"
#include "lua/state.h"

static int push_errno(lua_State *L) {
  int error = errno;
  lua_pushnil(L);
  lua_pushstring(L, strerror(error));
  return 2;
}

/* output(bytes) -> true | nil, message: for standard output, where it arrives when the loader ends; all of it or nothing. */
static int host_output(lua_State *L) {
  size_t len;
  const char *bytes = luaL_checklstring(L, 1, &len);
  int out = state_host(L)->out;
  off_t before = lseek(out, 0, SEEK_CUR);
  if (!files_write_all(out, bytes, len)) {
    push_errno(L);
    return ftruncate(out, before) ? luaL_error(L, "half of the output was written") : 2;
  }
  lua_pushboolean(L, true);
  return 1;
}

/* message(bytes): to standard error, at once. A standard error that cannot be written to is nobody's to tell. */
static int host_message(lua_State *L) {
  size_t len;
  const char *bytes = luaL_checklstring(L, 1, &len);
  files_write_all(STDERR_FILENO, bytes, len);
  return 0;
}

/* ndjson(): messages that the parent writes are JSON lines too. */
static int host_ndjson(lua_State *L) {
  atomic_store(&state_host(L)->watch->ndjson, true);
  return 0;
}

/* coloured(1|2) -> boolean: standard output or standard error is a terminal that shows colours, and nobody said no
 * (NO_COLOR, TERM=dumb). */
static int host_coloured(lua_State *L) {
  const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
  bool colour = isatty((int)luaL_checkinteger(L, 1)) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
  lua_pushboolean(L, colour);
  return 1;
}

/* terminal(1|2) -> columns, rows | nil: standard output or standard error is a terminal on which the cursor can be moved. */
static int host_terminal(lua_State *L) {
  const char *term = getenv("TERM");
  struct winsize size = {0};
  if (ioctl((int)luaL_checkinteger(L, 1), TIOCGWINSZ, &size) || !term || !*term || !strcmp(term, "dumb")) return 0;
  lua_pushinteger(L, size.ws_col ? size.ws_col : 80);
  lua_pushinteger(L, size.ws_row ? size.ws_row : 24);
  return 2;
}

/* environment(name) -> string | nil */
static int host_environment(lua_State *L) {
  lua_pushstring(L, getenv(luaL_checkstring(L, 1)));
  return 1;
}

/* variables() -> the names of the environment's variables */
static int host_variables(lua_State *L) {
  lua_newtable(L);
  for (char **each = environ; *each; each++) {
    lua_pushlstring(L, *each, strcspn(*each, "="));
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  }
  return 1;
}

/* today() -> "YYYY-MM-DD" in UTC: of SOURCE_DATE_EPOCH where that is set, so that a run can be repeated, else of the clock. */
static int host_today(lua_State *L) {
  const char *epoch = getenv("SOURCE_DATE_EPOCH");
  time_t now = epoch && *epoch ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
  struct tm day;
  char text[16];
  if (!gmtime_r(&now, &day) || !strftime(text, sizeof text, "%Y-%m-%d", &day)) return luaL_error(L, "SOURCE_DATE_EPOCH is no time");
  lua_pushstring(L, text);
  return 1;
}

/* clock() -> seconds since 1970: for what expires. Nothing that is rendered may depend on it. */
static int host_clock(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)time(NULL));
  return 1;
}

/* process() -> its number, and that of its user */
static int host_process(lua_State *L) {
  lua_pushinteger(L, getpid());
  lua_pushinteger(L, (lua_Integer)geteuid());
  return 2;
}

/* heed_interrupts(): from here on an interrupt ends nothing, and is asked for. */
static int host_heed_interrupts(lua_State *L) {
  interrupt_listen(state_host(L)->watch);
  return 0;
}

/* interrupted() -> boolean: since this was last asked. */
static int host_interrupted(lua_State *L) {
  lua_pushboolean(L, interrupt_came());
  return 1;
}

/* version() -> string */
static int host_version(lua_State *L) {
  lua_pushliteral(L, MOONSTEP_VERSION);
  return 1;
}

/* text(path) -> string: an embedded file that is no Lua, named as in the repository. */
static int host_text(lua_State *L) {
  if (!state_push_text(L, luaL_checkstring(L, 1))) return lua_error(L);
  return 1;
}

/* Lets messages name the lines of the chunk at the top of the stack. */
static void keep_script(lua_State *L) {
  if (!limits_add_script(&state_host(L)->limits, L)) return;
  lua_pushvalue(L, -1);
  luaL_ref(L, LUA_REGISTRYINDEX);
}

/* builtin(path, environment) -> function: one of our own scripts, named as in the repository. */
static int host_builtin(lua_State *L) {
  luaL_checktype(L, 2, LUA_TTABLE);
  if (!state_push_chunk(L, luaL_checkstring(L, 1))) return lua_error(L);
  lua_pushvalue(L, 2);
  lua_setupvalue(L, -2, 1);
  keep_script(L);
  return 1;
}

/* compile(text, chunk name, environment) -> function | nil, message: source only, never bytecode. */
static int host_compile(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len), *name = luaL_checkstring(L, 2);
  luaL_checktype(L, 3, LUA_TTABLE);
  if (luaL_loadbufferx(L, text, len, name, "t")) {
    if (memory_raised(L)) return lua_error(L);
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
  }
  lua_pushvalue(L, 3);
  lua_setupvalue(L, -2, 1);
  keep_script(L);
  return 1;
}

/* A call that went well may have waited in between. */
static bool went_well(int status) { return status == LUA_OK || status == LUA_YIELD; }

/* Nobody below the loader's main function catches a lack of memory. */
static int after_pcall(lua_State *L, int status, lua_KContext unused) {
  (void)unused;
  if (!went_well(status) && memory_raised(L)) return lua_error(L);
  lua_pushboolean(L, went_well(status));
  lua_replace(L, 1);
  return lua_gettop(L);
}

/* pcall(function, ...) for scripts. */
static int host_pcall(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushnil(L);
  lua_insert(L, 1);
  return after_pcall(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, after_pcall), 0);
}

static lua_Integer field(lua_State *L, const char *name) {
  lua_getfield(L, 1, name);
  lua_Integer value = luaL_checkinteger(L, -1);
  lua_pop(L, 1);
  return value;
}

/* allow({memory, cpu, wall}): a new allowance for scripts, in bytes and milliseconds: for a script's load, for a target. */
static int host_allow(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  limits_allow(&state_host(L)->limits, (size_t)field(L, "memory"), (uint32_t)field(L, "cpu"), (uint32_t)field(L, "wall"));
  return 0;
}

/* renew_time(): a script that is at work on something long, and has got on with it, has as much time again as at its beginning. */
static int host_renew_time(lua_State *L) {
  host *h = state_host(L);
  char stage[sizeof h->watch->stage];
  limits_renew_time(&h->limits);
  memcpy(stage, h->watch->stage, sizeof stage);
  watch_start(h->watch, stage, (uint32_t)(h->limits.left.wall / 1000000) + WATCH_GRACE);
  return 0;
}

/* The message handler: remembers where a script was when something was raised, which only this moment knows. */
static int note_line(lua_State *L) {
  host *h = state_host(L);
  if (!h->limits.placed) h->limits.at = limits_where(&h->limits, L);
  return 1;
}

/* Pushes "memory", "cpu", "wall" or nil, and the file and line of the script, as far as they are known. */
static int push_cause(lua_State *L, const limits *l, limit_hit hit) {
  static const char *const names[] = {NULL, "cpu", "memory", "wall"};
  lua_pushstring(L, names[hit]);
  lua_pushstring(L, l->at.source ? l->at.source + 1 : NULL);
  if (l->at.source && l->at.line > 0) lua_pushinteger(L, l->at.line);
  else lua_pushnil(L);
  return 3;
}

static bool start_clock(lua_State *L, host *h) {
  if (!limits_start(&h->limits, L)) return false;
  lua_getfield(L, 1, "stage");
  lua_getfield(L, 1, "file");
  watch_script(h->watch, luaL_optstring(L, -1, ""), (uint32_t)(h->limits.full.wall / 1000000));
  const char *stage = luaL_checkstring(L, -2);
  buf masked = {0}; /* the parent, who tells of it, knows no secrets */
  if (secrets_mask(&h->secrets, stage, strlen(stage), &masked)) stage = buf_text(&masked);
  watch_start(h->watch, stage ? stage : "", (uint32_t)(h->limits.left.wall / 1000000) + WATCH_GRACE);
  buf_free(&masked);
  lua_pop(L, 2);
  return true;
}

static int after_limited_within(lua_State *L, int status, lua_KContext bottom) {
  host *h = state_host(L);
  h->limits.bottom = (const void *)bottom; /* NOLINT(performance-no-int-to-ptr): it went in as a pointer */
  if (!went_well(status) && memory_raised(L)) return lua_error(L);
  lua_remove(L, 2);
  lua_pushboolean(L, went_well(status));
  lua_replace(L, 1);
  return went_well(status) ? lua_gettop(L) : 2 + push_cause(L, &h->limits, LIMIT_NONE);
}

/* The limits that are set go on counting: only errors are caught here. */
static int limited_within(lua_State *L, host *h, int args) {
  lua_KContext bottom = (lua_KContext)h->limits.bottom;
  if (!h->limits.placed) h->limits.at = (script_line){0};
  h->limits.bottom = limits_frame(L);
  lua_pushcfunction(L, note_line);
  lua_insert(L, 2);
  return after_limited_within(L, lua_pcallk(L, args, LUA_MULTRET, 2, bottom, after_limited_within), bottom);
}

static int after_limited(lua_State *L, int status, lua_KContext unused) {
  (void)unused;
  host *h = state_host(L);
  limit_hit hit = limits_stop(&h->limits);
  watch_stop(h->watch);
  bool ok = went_well(status);
  if (!ok && !hit && memory_raised(L)) return lua_error(L);
  if (hit == LIMIT_MEMORY) lua_gc(L, LUA_GCCOLLECT);
  lua_remove(L, 2);
  lua_pushboolean(L, ok && !hit);
  lua_replace(L, 1);
  if (ok && !hit) return lua_gettop(L);
  if (ok) {
    lua_settop(L, 1);
    lua_pushliteral(L, "a limit was hit");
  }
  return 2 + push_cause(L, &h->limits, hit);
}

/* limited({stage, file}, function, ...) -> true, results | false, error, limit, file, line: calls the function under what is left
 * of the allowance; `limit` is "memory", "cpu" or "wall" when one was hit, also when that was before and the function was not
 * called at all. `file` and `line` say where a script was. A function that neither the hook nor the allocator
 * stops is ended by the parent, with the process. Within such a call, another one only catches errors. In a flight (lib_flight.c), the
 * function may wait. */
static int host_limited(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  host *h = state_host(L);
  int args = lua_gettop(L) - 2;
  if (h->limits.L) return limited_within(L, h, args);
  state_collect(L);
  if (!start_clock(L, h)) {
    lua_settop(L, 0);
    lua_pushboolean(L, false);
    lua_pushliteral(L, "a limit was hit");
    return 2 + push_cause(L, &h->limits, (limit_hit)h->limits.hit);
  }
  h->limits.at = (script_line){0};
  h->limits.bottom = limits_frame(L);
  lua_pushcfunction(L, note_line);
  lua_insert(L, 2);
  return after_limited(L, lua_pcallk(L, args, LUA_MULTRET, 2, 0, after_limited), 0);
}

typedef struct dumped {
  luaL_Buffer bytes;
  bool begun;
} dumped;

/* The buffer wants to be above the function on the stack, and lua_dump the function on top, so it begins here. */
static int add_piece(lua_State *L, const void *bytes, size_t len, void *ud) {
  dumped *d = ud;
  if (!d->begun) luaL_buffinit(L, &d->bytes);
  d->begun = true;
  luaL_addlstring(&d->bytes, bytes, len);
  return 0;
}

/* dump(function) -> string: what Lua made of its text. Nothing here reads that back. */
static int host_dump(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  dumped d = {.begun = false};
  if (lua_dump(L, add_piece, &d, false) || !d.begun) return luaL_error(L, "this function cannot be dumped");
  luaL_pushresult(&d.bytes);
  return 1;
}

/* watch_lines(): from now on it is noted which lines are run. */
static int host_watch_lines(lua_State *L) {
  lines_watch(L);
  return 0;
}

/* lines_run(file) -> the numbers of the lines of its chunk that were run since watch_lines, in order. */
static int host_lines_run(lua_State *L) {
  lines_push(L, luaL_checkstring(L, 1));
  return 1;
}

static const luaL_Reg functions[] = {
    {"output", host_output},
    {"message", host_message},
    {"ndjson", host_ndjson},
    {"coloured", host_coloured},
    {"terminal", host_terminal},
    {"process", host_process},
    {"heed_interrupts", host_heed_interrupts},
    {"interrupted", host_interrupted},
    {"version", host_version},
    {"environment", host_environment},
    {"variables", host_variables},
    {"today", host_today},
    {"clock", host_clock},
    {"text", host_text},
    {"builtin", host_builtin},
    {"compile", host_compile},
    {"pcall", host_pcall},
    {"allow", host_allow},
    {"limited", host_limited},
    {"watch_lines", host_watch_lines},
    {"dump", host_dump},
    {"lines_run", host_lines_run},
    {"renew_time", host_renew_time},
    {NULL, NULL},
};

int lib_host(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
