/* engine.out: folders that batches fill (host/folder.h), and sets of names (host/numbers.h). */
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/seen.h"
#include "host/digest.h"
#include "host/files.h"
#include "host/folder.h"
#include "host/numbers.h"
#include "lua/libs.h"
#include "lua/memory.h"

#define FOLDER  "moonstep.folder"
#define NUMBERS "moonstep.numbers"

/* --- folders --------------------------------------------------------------------------------------------------------- */

typedef struct filled {
  folder folder;
  int begun; /* a file that is written piece by piece, -1: none */
  char name[PATH_MAX];
  buf listed; /* by folder:list */
} filled;

static filled *check_folder(lua_State *L) { return luaL_checkudata(L, 1, FOLDER); }

static int push_done(lua_State *L, bool ok, const diag *why) {
  if (!ok) return push_problem(L, why);
  lua_pushboolean(L, true);
  return 1;
}

static void forget(filled *f) {
  if (f->begun >= 0) folder_drop(&f->folder, f->begun, f->name);
  f->begun = -1;
  folder_reset(&f->folder);
}

static int folder_gc(lua_State *L) {
  filled *f = check_folder(L);
  forget(f);
  buf_free(&f->listed);
  folder_close(&f->folder);
  return 0;
}

/* open(path [, tag]) -> folder | nil, problem: made where it is not there, and locked; runs with different tags share it (host/folder.h). */
static int open_folder(lua_State *L) {
  const char *path = luaL_checkstring(L, 1), *tag = luaL_optstring(L, 2, "");
  luaL_argcheck(L, strlen(tag) < FOLDER_TAG, 2, "the tag is too long");
  filled *f = lua_newuserdatauv(L, sizeof *f, 0);
  diag why;
  f->listed = (buf){0};
  f->begun = f->folder.fd = f->folder.lock = f->folder.last = -1;
  luaL_setmetatable(L, FOLDER);
  return folder_open(&f->folder, path, tag, &why) ? 1 : push_problem(L, &why);
}

/* folder:put(name, bytes) -> their SHA-256 | nil, problem: the file has these bytes once all is committed. */
static int put(lua_State *L) {
  filled *f = check_folder(L);
  size_t len;
  const char *name = luaL_checkstring(L, 2), *bytes = luaL_checklstring(L, 3, &len);
  char digits[DIGEST_TEXT];
  diag why;
  digest_sha256(bytes, len, digits);
  if (!folder_put(&f->folder, name, bytes, len, &why)) return push_problem(L, &why);
  lua_pushstring(L, digits);
  return 1;
}

/* folder:begin(name) -> true | nil, problem: `add` writes into this file from here on, until `done`. */
static int begin_file(lua_State *L) {
  filled *f = check_folder(L);
  size_t len;
  const char *name = luaL_checklstring(L, 2, &len);
  diag why;
  luaL_argcheck(L, len < sizeof f->name && f->begun < 0, 2, "a file is begun already, or its name is too long");
  memcpy(f->name, name, len + 1);
  f->begun = folder_begin(&f->folder, name, &why);
  return push_done(L, f->begun >= 0, &why);
}

/* folder:add(bytes) -> true | nil, problem */
static int add(lua_State *L) {
  filled *f = check_folder(L);
  size_t len;
  const char *bytes = luaL_checklstring(L, 2, &len);
  diag why;
  bool ok = files_write_all(f->begun, bytes, len);
  if (!ok) diag_set(&why, "unwritable", (mark){0}, "cannot write %s/%s: %s", f->folder.path, f->name, strerror(errno));
  return push_done(L, ok, &why);
}

/* folder:done() -> true | nil, problem: the file that was begun has all of its bytes. */
static int done(lua_State *L) {
  filled *f = check_folder(L);
  diag why;
  bool ok = folder_end(&f->folder, f->begun, f->name, &why);
  f->begun = -1;
  return push_done(L, ok, &why);
}

/* folder:commit() -> true | nil, problem: what was written is there. */
static int commit(lua_State *L) {
  diag why;
  return push_done(L, folder_commit(&check_folder(L)->folder, &why), &why);
}

/* folder:reset(): forgets what is not committed. */
static int reset(lua_State *L) {
  forget(check_folder(L));
  return 0;
}

/* folder:read(name) -> a file as engine.workers has them | nil, message */
static int read_file(lua_State *L) {
  filled *f = check_folder(L);
  const char *name = luaL_checkstring(L, 2);
  int *fd = lib_workers_file(L);
  if ((*fd = folder_read(&f->folder, name)) >= 0) return 1;
  lua_pushnil(L);
  lua_pushstring(L, strerror(errno));
  return 2;
}

/* folder:journal(name) -> a file | nil, problem: to be read and written; made where it is not there. */
static int journal(lua_State *L) {
  filled *f = check_folder(L);
  const char *name = luaL_checkstring(L, 2);
  int *fd = lib_workers_file(L);
  diag why;
  return (*fd = folder_journal(&f->folder, name, &why)) >= 0 ? 1 : push_problem(L, &why);
}

/* folder:spool() -> a file without a name | nil, problem: it takes room on the folder's disk, and none in memory. */
static int spool(lua_State *L) {
  filled *f = check_folder(L);
  int *fd = lib_workers_file(L);
  diag why;
  return (*fd = folder_spool(&f->folder, &why)) >= 0 ? 1 : push_problem(L, &why);
}

/* folder:remove(name) -> true | nil, problem: with the folders that are empty then. */
static int remove_file(lua_State *L) {
  diag why;
  return push_done(L, folder_remove(&check_folder(L)->folder, luaL_checkstring(L, 2), &why), &why);
}

/* folder:list(start) -> the names of what is in the folder itself and begins like this, in no order | nil, problem */
static int list(lua_State *L) {
  filled *f = check_folder(L);
  diag why;
  buf_free(&f->listed);
  if (!folder_list(&f->folder, luaL_checkstring(L, 2), &f->listed, &why)) return push_problem(L, &why);
  if (f->listed.failed) return memory_raise(L);
  lua_newtable(L);
  const char *name = f->listed.data, *end = name + f->listed.len;
  for (lua_Integer i = 1; name < end; i++, name += strlen(name) + 1) {
    lua_pushstring(L, name);
    lua_rawseti(L, -2, i);
  }
  return 1;
}

/* folder:sweep(): removes what runs that were killed have left half written. */
static int sweep(lua_State *L) {
  folder_sweep(&check_folder(L)->folder);
  return 0;
}

/* folder:sync() -> true | nil, problem: all files are on the disk. */
static int sync_all(lua_State *L) {
  diag why;
  return push_done(L, folder_sync(&check_folder(L)->folder, &why), &why);
}

/* folder:rename(from, to) -> true | nil, problem */
static int rename_file(lua_State *L) {
  diag why;
  return push_done(L, folder_rename(&check_folder(L)->folder, luaL_checkstring(L, 2), luaL_checkstring(L, 3), &why), &why);
}

/* --- files ----------------------------------------------------------------------------------------------------------- */

static int push_unreadable(lua_State *L, const char *path) {
  diag why;
  diag_set(&why, "unreadable", (mark){0}, "cannot read %s: %s", path, strerror(errno));
  return push_problem(L, &why);
}

/* file(path) -> a file, to be read | nil, problem */
static int open_file(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  int *fd = lib_workers_file(L);
  if ((*fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0) return 1;
  return push_unreadable(L, path);
}

/* sha256(path) -> 64 hexadecimal digits; nothing for what is no regular file | nil, problem. However large it is, it takes no memory. */
static int sha256(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  struct stat st;
  char digits[DIGEST_TEXT];
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 || fstat(fd, &st)) {
    if (fd >= 0) close(fd);
    return push_unreadable(L, path);
  }
  size_t size = S_ISREG(st.st_mode) ? (size_t)st.st_size : 0;
  void *bytes = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
  close(fd);
  if (bytes == MAP_FAILED) return push_unreadable(L, path);
  digest_sha256(size ? bytes : "", size, digits);
  if (size) munmap(bytes, size);
  if (!S_ISREG(st.st_mode)) return 0;
  lua_pushstring(L, digits);
  return 1;
}

/* --- sets of names --------------------------------------------------------------------------------------------------- */

static numbers *check_numbers(lua_State *L) { return luaL_checkudata(L, 1, NUMBERS); }

static int numbers_gc(lua_State *L) {
  numbers_close(check_numbers(L));
  return 0;
}

static void push_number(lua_State *L, uint64_t number) { lua_pushlstring(L, (const char *)&number, sizeof number); }

/* number(name) -> what stands for it in a set, and among the `known` of engine.workers, 8 bytes */
static int number(lua_State *L) {
  size_t len;
  const char *name = luaL_checklstring(L, 1, &len);
  push_number(L, seen_hash(name, len));
  return 1;
}

/* numbers(file) -> the set of the numbers that were written into it | nil, message */
static int new_numbers(lua_State *L) {
  int fd = lib_workers_spool(L, 1);
  luaL_argcheck(L, fd >= 0, 1, "no file");
  numbers *n = lua_newuserdatauv(L, sizeof *n, 0);
  *n = (numbers){0};
  luaL_setmetatable(L, NUMBERS);
  if (numbers_open(n, fd)) return 1;
  lua_pushnil(L);
  lua_pushstring(L, strerror(errno));
  return 2;
}

/* set:has(name) -> boolean */
static int has(lua_State *L) {
  size_t len;
  const char *name = luaL_checklstring(L, 2, &len);
  lua_pushboolean(L, numbers_have(check_numbers(L), seen_hash(name, len)));
  return 1;
}

/* set:twice() -> the first number that is there twice, or nil: of two equal names, or, hardly ever, of different ones */
static int twice(lua_State *L) {
  uint64_t found;
  if (!numbers_twice(check_numbers(L), &found)) return 0;
  push_number(L, found);
  return 1;
}

static const luaL_Reg methods[] = {
    {"put", put},     {"begin", begin_file}, {"add", add},         {"done", done},          {"commit", commit},
    {"reset", reset}, {"read", read_file},   {"journal", journal}, {"spool", spool},        {"remove", remove_file},
    {"list", list},   {"sweep", sweep},      {"sync", sync_all},   {"rename", rename_file}, {NULL, NULL},
};

static const luaL_Reg set_methods[] = {{"has", has}, {"twice", twice}, {NULL, NULL}};

static const luaL_Reg functions[] = {
    {"open", open_folder}, {"file", open_file}, {"sha256", sha256}, {"number", number}, {"numbers", new_numbers}, {NULL, NULL},
};

int lib_out(lua_State *L) {
  lib_workers_types(L);
  libs_new_type(L, FOLDER, folder_gc, methods);
  libs_new_type(L, NUMBERS, numbers_gc, set_methods);
  luaL_newlib(L, functions);
  return 1;
}
