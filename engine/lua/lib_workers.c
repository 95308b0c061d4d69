/* engine.workers: a batch in several processes (host/workers.h). */
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files.h"
#include "host/workers.h"
#include "lua/libs.h"
#include "lua/rows.h"
#include "lua/state.h"

#define SPOOL "moonstep.spool"

/* --- spools: what workers leave for the coordinator */

static int spool_gc(lua_State *L) {
  int *fd = luaL_checkudata(L, 1, SPOOL);
  if (*fd >= 0) close(*fd);
  *fd = -1;
  return 0;
}

static int temporary_file(void) {
  const char *folder = getenv("TMPDIR");
  int fd = open(folder && *folder ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  return fd >= 0 ? fd : memfd_create("spool", MFD_CLOEXEC);
}

int *lib_workers_file(lua_State *L) {
  int *fd = lua_newuserdatauv(L, sizeof *fd, 0);
  *fd = -1;
  luaL_setmetatable(L, SPOOL);
  return fd;
}

/* spool() -> a stream that is read with its function `read`, or nil, message. It is gone with the process. */
static int new_spool(lua_State *L) {
  int *fd = lib_workers_file(L);
  if ((*fd = temporary_file()) >= 0) return 1;
  lua_pushnil(L);
  lua_pushstring(L, strerror(errno));
  return 2;
}

/* spool:add(text) -> true | nil, message */
static int spool_add(lua_State *L) {
  const int *fd = luaL_checkudata(L, 1, SPOOL);
  size_t len;
  const char *text = luaL_checklstring(L, 2, &len);
  lua_pushboolean(L, files_write_all(*fd, text, len));
  if (lua_toboolean(L, -1)) return 1;
  lua_pushnil(L);
  lua_pushstring(L, strerror(errno));
  return 2;
}

int lib_workers_spool(lua_State *L, int index) {
  const int *fd = luaL_testudata(L, index, SPOOL);
  return fd ? *fd : -1;
}

/* spool:cut(size) -> true | nil, message: it has so many bytes then, and what is added comes behind them. */
static int spool_cut(lua_State *L) {
  const int *fd = luaL_checkudata(L, 1, SPOOL);
  lua_Integer size = luaL_checkinteger(L, 2);
  lua_pushboolean(L, ftruncate(*fd, (off_t)size) == 0 && lseek(*fd, (off_t)size, SEEK_SET) >= 0);
  if (lua_toboolean(L, -1)) return 1;
  lua_pushnil(L);
  lua_pushstring(L, strerror(errno));
  return 2;
}

/* spool:size() -> bytes */
static int spool_size(lua_State *L) {
  const int *fd = luaL_checkudata(L, 1, SPOOL);
  struct stat st;
  lua_pushinteger(L, fstat(*fd, &st) ? 0 : (lua_Integer)st.st_size);
  return 1;
}

/* spool:read(offset, most bytes) -> bytes, fewer at the end */
static int spool_read(lua_State *L) {
  const int *fd = luaL_checkudata(L, 1, SPOOL);
  lua_Integer offset = luaL_checkinteger(L, 2), most = luaL_checkinteger(L, 3);
  luaL_Buffer bytes;
  char *room = luaL_buffinitsize(L, &bytes, (size_t)most);
  size_t got = 0;
  for (ssize_t n = 1; n > 0 && got<(size_t)most; got += n> 0 ? (size_t)n : 0)
    n = pread(*fd, room + got, (size_t)most - got, (off_t)offset + (off_t)got);
  luaL_pushresultsize(&bytes, got);
  return 1;
}

/* --- a batch */

/* Positions on the stack of `run`. */
enum { SETTINGS = 1, NEXT, IDLE, SPEAK, WORK, COMMIT };

static int protected_next(lua_State *L) {
  buf *piece = lua_touserdata(L, 2);
  size_t len;
  lua_pushvalue(L, 1);
  lua_call(L, 0, 1);
  const char *bytes = lua_tolstring(L, -1, &len);
  if (bytes) buf_add(piece, bytes, len);
  lua_pushboolean(L, bytes != NULL);
  return 1;
}

/* What is raised in the coordinator is raised by `run` when the workers have come to their end. */
static bool next_piece(void *ud, buf *piece) {
  lua_State *L = ud;
  lua_pushcfunction(L, protected_next);
  lua_pushvalue(L, NEXT);
  lua_pushlightuserdata(L, piece);
  if (lua_pcall(L, 2, 1, 0)) return false; /* the error stays on the stack */
  bool more = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return more;
}

static void push_counters(lua_State *L, const uint64_t counters[WORKERS_COUNTERS]) {
  lua_createtable(L, WORKERS_COUNTERS, 0);
  for (int i = 0; i < WORKERS_COUNTERS; i++) {
    lua_pushinteger(L, (lua_Integer)counters[i]);
    lua_rawseti(L, -2, i + 1);
  }
}

static void idle(void *ud, const uint64_t counters[WORKERS_COUNTERS]) {
  lua_State *L = ud;
  lua_pushvalue(L, IDLE);
  push_counters(L, counters);
  if (lua_pcall(L, 1, 0, 0)) lua_pop(L, 1); /* nothing that is shown while it goes on is worth more than the batch */
}

static void speak(void *ud) {
  lua_State *L = ud;
  lua_pushvalue(L, SPEAK);
  if (lua_pcall(L, 0, 0, 0)) lua_pop(L, 1);
}

static void enter(void *ud, watch *w) { state_host(ud)->watch = w; }

static void push_piece(lua_State *L, const workers_piece *piece) {
  lua_pushlstring(L, piece->bytes, piece->len);
  lua_createtable(L, 0, (int)piece->loss_count);
  for (size_t i = 0; i < piece->loss_count; i++) {
    lua_pushstring(L, piece->losses[i].cause);
    lua_rawseti(L, -2, (lua_Integer)piece->losses[i].target);
  }
  lua_createtable(L, 0, (int)piece->taken_count);
  for (size_t i = 0; i < piece->taken_count; i++) {
    lua_pushboolean(L, true);
    lua_rawseti(L, -2, (lua_Integer)piece->taken[i]);
  }
  if (piece->left < UINT64_MAX) lua_pushinteger(L, (lua_Integer)piece->left);
  else lua_pushnil(L);
}

static int protected_work(lua_State *L) {
  const workers_piece *piece = lua_touserdata(L, 2);
  workers_result *out = lua_touserdata(L, 3);
  lua_pushvalue(L, 1);
  push_piece(L, piece);
  lua_call(L, 4, 3);
  int texts = lua_gettop(L) - 2;
  for (int i = 0; i < WORKERS_STREAMS; i++) {
    size_t len;
    lua_rawgeti(L, texts, i + 1);
    const char *text = lua_isuserdata(L, -1) ? rows_filled_text(L, -1, &len) : lua_tolstring(L, -1, &len);
    out->texts[i] = (workers_text){text ? text : "", text ? len : 0};
    lua_pop(L, 1);
  }
  for (int i = 0; i < WORKERS_COUNTERS; i++) {
    lua_rawgeti(L, texts + 1, i + 1);
    out->counters[i] = (uint64_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
  }
  out->names = rows_names(L, texts + 2, &out->name_count);
  lua_settop(L, texts); /* the texts stay for as long as they are written; the reader keeps the names */
  return 1;
}

static bool work(void *ud, const workers_piece *piece, workers_result *out) {
  lua_State *L = ud;
  lua_settop(L, COMMIT);
  lua_pushcfunction(L, protected_work);
  lua_pushvalue(L, WORK);
  lua_pushlightuserdata(L, (void *)piece);
  lua_pushlightuserdata(L, out);
  if (state_call(L, 3, 1) == LUA_OK) return true;
  state_report(L);
  return false;
}

/* The function's own words are told. */
static bool commit(void *ud, diag *why) {
  lua_State *L = ud;
  int top = lua_gettop(L); /* what is to be written stays there */
  lua_pushvalue(L, COMMIT);
  if (state_call(L, 0, 2) != LUA_OK) {
    state_report(L);
    return diag_set(why, "crashed", (mark){0}, "what was made could not be written");
  }
  bool ok = lua_toboolean(L, -2);
  if (!ok) {
    lua_getfield(L, -1, "message");
    diag_set(why, "unwritable", (mark){0}, "%s", lua_tostring(L, -1));
  }
  lua_settop(L, top);
  return ok;
}

static lua_Integer integer_of(lua_State *L, const char *name) {
  lua_getfield(L, SETTINGS, name);
  lua_Integer value = luaL_optinteger(L, -1, 0);
  lua_pop(L, 1);
  return value;
}

static void read_streams(lua_State *L, workers_batch *b) {
  lua_getfield(L, SETTINGS, "streams");
  for (int i = 0; i < WORKERS_STREAMS; i++) {
    lua_rawgeti(L, -1, i + 1);
    const int *spool = luaL_testudata(L, -1, SPOOL);
    b->streams[i] = spool ? *spool : lua_isinteger(L, -1) ? (int)lua_tointeger(L, -1) : -1;
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* run{ count = processes, streams = list of descriptors or spools (false for none), next = function that returns the next piece, a string, or
 * nil, work = function(piece, losses, taken, left), idle = function(counters), speak = function(), which is called before the coordinator prints
 * something, limit = number at which the batch ends, limited = which counter must reach it, into = the file that all of it makes, for messages }
 * -> counters, { interrupted, limited, closed } | nil, problem. What `next` raises goes on when the workers have ended.
 *
 * `work` is told which targets ended a worker, and why (losses: target -> words), and which make what others have made (taken: target -> true), and, where the
 * piece reaches the limit, how much is left of that. It
 * returns the texts for the streams, a list of at most 6 strings (or readers of engine.fill, for what they have filled), a list of at most 16
 * numbers, and the reader that has the names of what was made. commit = function(), if given, is called in a worker when that counts, and before it
 * is written; it returns true | nil, problem, which ends the batch. known, if given, is a spool
 * with the numbers of the names that are taken from the beginning. */
static int run(lua_State *L) {
  static const char *const functions[] = {"next", "idle", "speak", "work", "commit"};
  luaL_checktype(L, SETTINGS, LUA_TTABLE);
  lua_settop(L, SETTINGS);
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) lua_getfield(L, SETTINGS, functions[i]);
  workers_batch b = {.ud = L, .next = next_piece, .idle = idle, .speak = speak, .enter = enter, .work = work};
  b.commit = lua_isnil(L, COMMIT) ? NULL : commit;
  b.count = (unsigned)integer_of(L, "count");
  b.limit = (uint64_t)integer_of(L, "limit");
  b.limited = b.limit ? (unsigned)integer_of(L, "limited") - 1 : 0;
  luaL_argcheck(L, b.count >= 1 && b.count <= WORKERS_MOST, 1, "count is out of range");
  luaL_argcheck(L, b.limited < WORKERS_COUNTERS, 1, "there is no such counter");
  read_streams(L, &b);
  lua_getfield(L, SETTINGS, "into");
  b.into = lua_tostring(L, -1); /* the settings keep it */
  lua_pop(L, 1);
  lua_getfield(L, SETTINGS, "known");
  b.known = lua_isnil(L, -1) ? 0 : lib_workers_spool(L, -1);
  lua_pop(L, 1);
  workers_end end;
  diag why;
  watch *w = state_host(L)->watch;
  atomic_store(&w->batch, true);
  lua_gc(L, LUA_GCSETPAUSE, 150); /* every process has a heap of its own, so none lets much garbage lie */
  bool ok = workers_run(&b, &end, &why);
  atomic_store(&w->batch, false);
  lua_gc(L, LUA_GCSETPAUSE, 120); /* reports of what was done may be large, and little of them is thrown away at a time */
  if (lua_gettop(L) > COMMIT) return lua_error(L);
  if (!ok) return push_problem(L, &why);
  push_counters(L, end.counters);
  lua_createtable(L, 0, 3);
  lua_pushboolean(L, end.interrupted);
  lua_setfield(L, -2, "interrupted");
  lua_pushboolean(L, end.limited);
  lua_setfield(L, -2, "limited");
  lua_pushboolean(L, end.closed);
  lua_setfield(L, -2, "closed");
  return 2;
}

/* at([target]): in a worker, what it does from here on; nothing when no number is given. */
static int at(lua_State *L) {
  workers_at(lua_isnoneornil(L, 1) ? UINT64_MAX : (uint64_t)luaL_checkinteger(L, 1));
  return 0;
}

/* stopped() -> whether the batch is to end at the next target. */
static int stopped(lua_State *L) {
  lua_pushboolean(L, workers_stopped());
  return 1;
}

/* processors() -> how many this process may use. */
static int processors(lua_State *L) {
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) count = CPU_COUNT(&set);
  lua_pushinteger(L, count < 1 ? 1 : count > WORKERS_MOST ? WORKERS_MOST : count);
  return 1;
}

static const luaL_Reg methods[] = {{"read", spool_read}, {"add", spool_add},  {"cut", spool_cut},
                                   {"size", spool_size}, {"close", spool_gc}, {NULL, NULL}};

static const luaL_Reg functions[] = {
    {"run", run}, {"spool", new_spool}, {"at", at}, {"stopped", stopped}, {"processors", processors}, {NULL, NULL},
};

void lib_workers_types(lua_State *L) { libs_new_type(L, SPOOL, spool_gc, methods); }

int lib_workers(lua_State *L) {
  lib_workers_types(L);
  luaL_newlib(L, functions);
  return 1;
}
