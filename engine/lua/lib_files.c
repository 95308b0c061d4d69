/* engine.files: files and folders. */
#include <dirent.h>
#include <errno.h>
#include <lauxlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files.h"
#include "host/paths.h"
#include "host/private.h"
#include "host/write.h"
#include "lua/libs.h"

#define BUFFER "moonstep.buffer"
#define LOCK   "moonstep.lock"

static int buffer_gc(lua_State *L) {
  buf_free(luaL_checkudata(L, 1, BUFFER));
  return 0;
}

static buf *new_buffer(lua_State *L) {
  buf *b = lua_newuserdatauv(L, sizeof *b, 0);
  *b = (buf){0};
  luaL_setmetatable(L, BUFFER);
  return b;
}

/* Gives the buffer's bytes as a string. */
static int push_bytes(lua_State *L, buf *b) {
  lua_pushlstring(L, b->data ? b->data : "", b->len);
  buf_free(b);
  return 1;
}

static size_t most_bytes(lua_State *L, int index) { return (size_t)luaL_optinteger(L, index, LIMIT_FILE); }

/* read(path [, most bytes]) -> bytes | nil, problem: "-" is standard input. */
static int read_file(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  size_t most = most_bytes(L, 2);
  buf *b = new_buffer(L);
  diag why;
  return files_read_most(b, path, most, &why) ? push_bytes(L, b) : push_problem(L, &why);
}

/* read_beneath(folder, path [, most bytes]) -> bytes | nil, problem: a file below the folder, wherever links lead. */
static int read_beneath(lua_State *L) {
  const char *folder = luaL_checkstring(L, 1), *path = luaL_checkstring(L, 2);
  size_t most = most_bytes(L, 3);
  buf *b = new_buffer(L);
  diag why;
  return paths_read_beneath(b, folder, path, most, &why) ? push_bytes(L, b) : push_problem(L, &why);
}

/* absolute(path) -> string | nil, problem: without `.`, `..` and doubled slashes. */
static int absolute(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  buf *b = new_buffer(L);
  diag why;
  return paths_absolute(b, path, &why) ? push_bytes(L, b) : push_problem(L, &why);
}

/* Collects paths as NUL-terminated strings in a row: nothing of Lua's may raise while a folder is open. */
static bool collect(void *ud, const char *path) {
  buf_add(ud, path, strlen(path) + 1);
  return true;
}

/* Gives strings with a NUL behind each as a list. */
static int push_names(lua_State *L, const buf *b) {
  lua_newtable(L);
  lua_Integer count = 0;
  for (size_t i = 0; i < b->len; i += strlen(b->data + i) + 1) {
    lua_pushstring(L, b->data + i);
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}

/* list(folder, deep [, ending]) -> paths | nil, problem: its YAML and JSON files, or those whose names end so, by name. */
static int list_folder(lua_State *L) {
  const char *folder = luaL_checkstring(L, 1), *ending = luaL_optstring(L, 3, NULL);
  buf *b = new_buffer(L);
  diag why;
  if (!files_list(folder, ending, lua_toboolean(L, 2), collect, b, &why)) return push_problem(L, &why);
  if (b->failed) {
    diag_memory(&why);
    return push_problem(L, &why);
  }
  return push_names(L, b);
}

/* list_beneath(folder, path) -> paths | nil, problem: all that is no folder in a folder below `folder` and deeper, from `path` on, in no
 * order. */
static int list_beneath(lua_State *L) {
  const char *folder = luaL_checkstring(L, 1), *path = luaL_checkstring(L, 2);
  buf *b = new_buffer(L);
  diag why;
  return paths_list_beneath(b, folder, path, &why) ? push_names(L, b) : push_problem(L, &why);
}

/* exists(path) -> boolean: a file that can be read. */
static int file_exists(lua_State *L) {
  lua_pushboolean(L, access(luaL_checkstring(L, 1), R_OK) == 0);
  return 1;
}

/* is_folder(path) -> boolean */
static int is_folder(lua_State *L) {
  lua_pushboolean(L, files_is_folder(luaL_checkstring(L, 1)));
  return 1;
}

/* new_folder(path) -> true | nil, problem: makes it, or takes one that is empty. */
static int new_folder(lua_State *L) {
  diag why;
  if (!write_new_folder(luaL_checkstring(L, 1), &why)) return push_problem(L, &why);
  lua_pushboolean(L, true);
  return 1;
}

/* write({ { path, bytes }, … }) -> true | nil, problem: all of the files, or none. */
static int write_all(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Integer count = luaL_len(L, 1);
  luaL_checkstack(L, 2 * (int)count + 4, "too many files");
  new_file *files = lua_newuserdatauv(L, (size_t)(count + 1) * sizeof *files, 0);
  for (lua_Integer i = 0; i < count; i++) {
    lua_rawgeti(L, 1, i + 1);
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    files[i].path = luaL_checkstring(L, -2);
    files[i].bytes = luaL_checklstring(L, -1, &files[i].len);
    lua_remove(L, -3); /* the strings stay on the stack, and so alive */
  }
  diag why;
  if (!write_files(files, (size_t)count, &why)) return push_problem(L, &why);
  lua_pushboolean(L, true);
  return 1;
}

/* The strings of the list at `index`, which keeps them alive. */
static file_part *check_parts(lua_State *L, int index, size_t *count) {
  *count = lua_rawlen(L, index);
  file_part *parts = lua_newuserdatauv(L, (*count + 1) * sizeof *parts, 0);
  for (size_t i = 0; i < *count; i++) {
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    luaL_checktype(L, -1, LUA_TSTRING);
    parts[i].bytes = lua_tolstring(L, -1, &parts[i].len);
    lua_pop(L, 1);
  }
  return parts;
}

/* replace(path, spool), with the bytes of a file of engine.workers. */
static int replace_with_spool(lua_State *L, const char *path, int spool) {
  struct stat s;
  file_part all = {"", 0};
  diag why;
  bool ok = fstat(spool, &s) == 0;
  if (ok && s.st_size) {
    void *bytes = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_SHARED, spool, 0);
    ok = bytes != MAP_FAILED;
    if (ok) all = (file_part){bytes, (size_t)s.st_size};
  }
  if (!ok) diag_set(&why, "system", (mark){0}, "cannot read what is to be written to %s: %s", path, strerror(errno));
  ok = ok && write_replace(path, &all, 1, &why);
  if (all.len) munmap((void *)all.bytes, all.len);
  if (!ok) return push_problem(L, &why);
  lua_pushboolean(L, true);
  return 1;
}

/* replace(path, bytes | list of bytes | spool) -> true | nil, problem: the file has these bytes then, also when it is there already. */
static int replace_file(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  int spool = lib_workers_spool(L, 2);
  if (spool >= 0) return replace_with_spool(L, path, spool);
  file_part one = {0};
  const file_part *parts = &one;
  size_t count = 1;
  if (lua_istable(L, 2)) parts = check_parts(L, 2, &count);
  else one.bytes = luaL_checklstring(L, 2, &one.len);
  diag why;
  if (!write_replace(path, parts, count, &why)) return push_problem(L, &why);
  lua_pushboolean(L, true);
  return 1;
}

static int push_result(lua_State *L, bool ok, const diag *why) {
  if (!ok) return push_problem(L, why);
  lua_pushboolean(L, true);
  return 1;
}

/* overwrite(path, bytes) -> true | nil, problem: in place of what a file holds; it must be there. */
static int overwrite_file(lua_State *L) {
  size_t len;
  const char *bytes = luaL_checklstring(L, 2, &len);
  diag why;
  return push_result(L, files_overwrite(luaL_checkstring(L, 1), bytes, len, &why), &why);
}

/* private_folder(path) -> true | nil, problem: one that nobody else may look into, new or not. */
static int private_folder_at(lua_State *L) {
  diag why;
  return push_result(L, private_folder(luaL_checkstring(L, 1), &why), &why);
}

static int lock_gc(lua_State *L) {
  int *fd = luaL_checkudata(L, 1, LOCK);
  if (*fd >= 0) close(*fd);
  *fd = -1;
  return 0;
}

/* lock(path, wait) -> lock | false while another process has it | nil, problem */
static int lock_file(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  bool wait = lua_toboolean(L, 2), taken;
  diag why;
  int *fd = lua_newuserdatauv(L, sizeof *fd, 0);
  *fd = -1;
  luaL_setmetatable(L, LOCK);
  *fd = private_lock(path, wait, &taken, &why);
  if (*fd >= 0) return 1;
  if (!taken) return push_problem(L, &why);
  lua_pushboolean(L, false);
  return 1;
}

/* unlock(lock) */
static int unlock(lua_State *L) { return lock_gc(L); }

/* make(path, mode [, group]) -> true | nil, problem: a new folder with exactly that mode. */
static int make_folder(lua_State *L) {
  diag why;
  const char *path = luaL_checkstring(L, 1);
  return push_result(L, private_make(path, (mode_t)luaL_checkinteger(L, 2), luaL_optinteger(L, 3, -1), &why), &why);
}

/* put(path, bytes, mode [, group]) -> true | nil, problem: a new file with exactly that mode. */
static int put_file(lua_State *L) {
  size_t len;
  const char *path = luaL_checkstring(L, 1), *bytes = luaL_checklstring(L, 2, &len);
  diag why;
  return push_result(L, private_put(path, bytes, len, (mode_t)luaL_checkinteger(L, 3), luaL_optinteger(L, 4, -1), &why), &why);
}

/* remove(path) -> true | nil, problem: with all that is in it; one that is not there is no problem. */
static int remove_all(lua_State *L) {
  diag why;
  return push_result(L, private_remove(luaL_checkstring(L, 1), &why), &why);
}

/* kind(path) -> "folder", "file", "link" or "other" | nil where there is nothing | nil, why where that cannot be seen */
static int kind_of(lua_State *L) {
  struct stat s;
  const char *path = luaL_checkstring(L, 1);
  if (lstat(path, &s)) {
    lua_pushnil(L);
    lua_pushstring(L, errno == ENOENT ? NULL : strerror(errno));
    return 2;
  }
  lua_pushstring(L, S_ISDIR(s.st_mode) ? "folder" : S_ISREG(s.st_mode) ? "file" : S_ISLNK(s.st_mode) ? "link" : "other");
  return 1;
}

/* usage(path) -> bytes that all in it takes on the disk, as far as we may look. */
static int usage(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)private_usage(luaL_checkstring(L, 1)));
  return 1;
}

/* folders(path) -> the names of the folders in a folder, in no order; none where it cannot be read. */
static int folders(lua_State *L) {
  DIR *open = opendir(luaL_checkstring(L, 1));
  buf *b = new_buffer(L);
  for (struct dirent *each; open && (each = readdir(open));)
    if (each->d_type == DT_DIR && each->d_name[0] != '.') buf_add(b, each->d_name, strlen(each->d_name) + 1);
  if (open) closedir(open);
  return push_names(L, b);
}

static const luaL_Reg functions[] = {
    {"new_folder", new_folder},
    {"write", write_all},
    {"replace", replace_file},
    {"overwrite", overwrite_file},
    {"read", read_file},
    {"read_beneath", read_beneath},
    {"absolute", absolute},
    {"exists", file_exists},
    {"list", list_folder},
    {"is_folder", is_folder},
    {"list_beneath", list_beneath},
    {"private_folder", private_folder_at},
    {"lock", lock_file},
    {"unlock", unlock},
    {"make", make_folder},
    {"put", put_file},
    {"remove", remove_all},
    {"kind", kind_of},
    {"usage", usage},
    {"folders", folders},
    {NULL, NULL},
};

int lib_files(lua_State *L) {
  libs_new_type(L, BUFFER, buffer_gc, NULL);
  libs_new_type(L, LOCK, lock_gc, NULL);
  luaL_newlib(L, functions);
  return 1;
}
