#include "host/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host/files.h"

#define HEAD ".moonstep-"
#define TAIL ".tmp"
#define LOCK ".lock"

enum {
  BLOCK = 1 << 16,
  PATIENCE = 100,    /* times 20 ms: processes of a run that was killed are gone by then */
  MOST_FOLDERS = 64, /* within each other */
  FOLDER_NAME = 96   /* bytes of a name that is ours */
};

static bool unwritable(const folder *f, const char *name, int error, diag *why) {
  const char *words = error == EXDEV ? "it leads out of the folder" : error == EISDIR ? "there is a folder of that name" : strerror(error);
  return diag_set(why, "unwritable", (mark){0}, "cannot write %s%s%s: %s", f->path, *name ? "/" : "", name, words);
}

/* --- the folder ------------------------------------------------------------------------------------------------------ */

static bool make_path(char *path) {
  for (char *at = path + 1;; at++) {
    if (*at && *at != '/') continue;
    char end = *at;
    *at = '\0';
    int error = mkdir(path, 0777) ? errno : 0;
    if (error == EEXIST || (error && files_is_folder(path))) error = 0;
    *at = end;
    errno = error;
    if (error || !end) return !error;
  }
}

static bool lock(int fd, int how) {
  struct timespec pause = {0, 20000000};
  for (int i = 0; flock(fd, how | LOCK_NB); i++) {
    if (errno != EWOULDBLOCK) return true; /* a file system without locks */
    if (i == PATIENCE) return false;
    nanosleep(&pause, NULL);
  }
  return true;
}

/* Locks the folder, or shares it and locks the tag. Files of locks are removed by runs that have the folder alone: then nobody holds one. */
static bool lock_folder(folder *f, diag *why) {
  char name[FOLDER_NAME];
  if (!lock(f->fd, *f->tag ? LOCK_SH : LOCK_EX)) return diag_set(why, "unwritable", (mark){0}, "another run is writing into %s", f->path);
  if (!*f->tag) return true;
  snprintf(name, sizeof name, HEAD "%s" LOCK, f->tag);
  f->lock = openat(f->fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
  if (f->lock < 0) return unwritable(f, name, errno, why);
  return lock(f->lock, LOCK_EX) || diag_set(why, "unwritable", (mark){0}, "another run is writing the shard %s into %s", f->tag, f->path);
}

bool folder_open(folder *f, const char *path, const char *tag, diag *why) {
  *f = (folder){.fd = -1, .lock = -1, .last = -1};
  snprintf(f->tag, sizeof f->tag, "%s", tag);
  if (snprintf(f->path, sizeof f->path, "%s", path) >= (int)sizeof f->path) {
    f->path[0] = '\0';
    return unwritable(f, "", ENAMETOOLONG, why);
  }
  size_t len = strlen(f->path);
  while (len > 1 && f->path[len - 1] == '/') f->path[--len] = '\0';
  if (!len) return unwritable(f, "", ENOENT, why);
  if (!make_path(f->path)) return unwritable(f, "", errno, why);
  f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (f->fd < 0) return unwritable(f, "", errno, why);
  if (faccessat(f->fd, ".", W_OK, AT_EACCESS)) return unwritable(f, "", errno, why);
  return lock_folder(f, why);
}

void folder_close(folder *f) {
  folder_reset(f);
  if (f->last >= 0) close(f->last);
  if (f->lock >= 0) close(f->lock);
  if (f->fd >= 0) close(f->fd);
  *f = (folder){.fd = -1, .lock = -1, .last = -1};
}

static int open_within(int at, const char *path, uint64_t flags) {
  struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  return (int)syscall(SYS_openat2, at, path, &how, sizeof how);
}

/* Makes the folder, and those on the way to it. Returns why the last one could not be made, 0 when it is there. */
static int make_below(const folder *f, const char *name) {
  char path[PATH_MAX];
  int error = 0;
  snprintf(path, sizeof path, "%s", name);
  for (char *at = path;; at++) {
    if (*at && *at != '/') continue;
    char end = *at;
    *at = '\0';
    char *slash = strrchr(path, '/');
    int parent = slash ? (*slash = '\0', open_within(f->fd, path, O_RDONLY | O_DIRECTORY)) : f->fd;
    error = parent < 0 || (mkdirat(parent, slash ? slash + 1 : path, 0777) && errno != EEXIST) ? errno : 0;
    if (slash) *slash = '/';
    if (slash && parent >= 0) close(parent);
    *at = end;
    if (!end) return error;
  }
}

/* Opens a folder below, and makes it if `make`. */
static int open_below(const folder *f, const char *name, bool make) {
  int fd = open_within(f->fd, name, O_RDONLY | O_DIRECTORY);
  if (fd >= 0 || errno != ENOENT || !make) return fd;
  int error = make_below(f, name);
  fd = open_within(f->fd, name, O_RDONLY | O_DIRECTORY);
  if (fd < 0 && error) errno = error;
  return fd;
}

/* The folder of a file, which stays the folder's to close, and the file's name in it. */
static int parent_of(folder *f, const char *name, bool make, const char **base) {
  const char *slash = strrchr(name, '/');
  *base = slash ? slash + 1 : name;
  if (!slash) return f->fd;
  size_t len = (size_t)(slash - name);
  if (len >= sizeof f->last_name) return errno = ENAMETOOLONG, -1;
  if (f->last >= 0 && !strncmp(f->last_name, name, len) && !f->last_name[len]) return f->last;
  if (f->last >= 0) close(f->last);
  memcpy(f->last_name, name, len);
  f->last_name[len] = '\0';
  f->last = open_below(f, f->last_name, make);
  return f->last;
}

/* --- files ----------------------------------------------------------------------------------------------------------- */

/* What a file is called before it has its name: the one with this number among those that wait. Processes of other machines may have our number, but not
 * our tag. */
static void temporary(const folder *f, char out[FOLDER_NAME], unsigned number) {
  snprintf(out, FOLDER_NAME, HEAD "%s%s%ld-%u" TAIL, f->tag, *f->tag ? "-" : "", (long)getpid(), number);
}

static bool read_all_at(int fd, char *out, size_t len, off_t at) {
  for (size_t got = 0; got < len;) {
    ssize_t n = pread(fd, out + got, len - got, at + (off_t)got);
    if (n <= 0) return false;
    got += (size_t)n;
  }
  return true;
}

/* Whether the file has these bytes from there on. */
static bool has_bytes(int fd, const char *bytes, size_t len, off_t from) {
  char block[BLOCK];
  for (size_t at = 0; at < len;) {
    size_t n = len - at < sizeof block ? len - at : sizeof block;
    if (!read_all_at(fd, block, n, from + (off_t)at) || memcmp(block, bytes + at, n) != 0) return false;
    at += n;
  }
  return true;
}

/* Whether two files of this size are equal. */
static bool same_files(int a, int b, off_t size) {
  char block[BLOCK];
  for (off_t at = 0; at < size;) {
    size_t n = size - at < BLOCK ? (size_t)(size - at) : BLOCK;
    if (!read_all_at(a, block, n, at) || !has_bytes(b, block, n, at)) return false;
    at += (off_t)n;
  }
  return true;
}

typedef struct present {
  int fd; /* -1: there is none, or none that can be read */
  struct stat st;
} present;

/* What has the name now. False, with errno set, when it is something that is not replaced. A link is replaced itself. */
static bool look_at(int at, const char *base, present *out) {
  out->fd = -1;
  if (fstatat(at, base, &out->st, AT_SYMLINK_NOFOLLOW)) {
    out->st.st_mode = 0;
    return errno == ENOENT;
  }
  if (S_ISREG(out->st.st_mode)) out->fd = openat(at, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (S_ISREG(out->st.st_mode) || S_ISLNK(out->st.st_mode)) return true;
  errno = S_ISDIR(out->st.st_mode) ? EISDIR : EEXIST;
  return false;
}

/* Opens the next file that waits. */
static int begin(const folder *f, int at) {
  char beside[FOLDER_NAME];
  temporary(f, beside, f->count);
  return openat(at, beside, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
}

/* Closes the file that was begun, and removes it; errno stays. */
static void drop(const folder *f, int at, int fd) {
  char beside[FOLDER_NAME];
  int error = errno;
  temporary(f, beside, f->count);
  unlinkat(at, beside, 0);
  close(fd);
  errno = error;
}

/* Closes the file that was begun; it waits for its name, and keeps the mode of the one that it will replace. */
static bool stage(folder *f, int at, int fd, const char *name, const present *before) {
  bool ok = !S_ISREG(before->st.st_mode) || fchmod(fd, before->st.st_mode & 07777) == 0;
  if (ok) buf_add(&f->staged, name, strlen(name) + 1);
  if (ok && f->staged.failed) errno = ENOMEM;
  if (!ok || f->staged.failed) {
    drop(f, at, fd);
    return false;
  }
  close(fd);
  f->count++;
  return true;
}

static bool write_file(folder *f, int at, const char *name, const char *bytes, size_t len, const present *before) {
  int fd = begin(f, at);
  if (fd < 0) return false;
  if (files_write_all(fd, bytes, len)) return stage(f, at, fd, name, before);
  drop(f, at, fd);
  return false;
}

bool folder_put(folder *f, const char *name, const char *bytes, size_t len, diag *why) {
  const char *base;
  present before;
  int at = parent_of(f, name, true, &base);
  if (at < 0 || !look_at(at, base, &before)) return unwritable(f, name, errno, why);
  bool there = before.fd >= 0 && (size_t)before.st.st_size == len && has_bytes(before.fd, bytes, len, 0);
  if (before.fd >= 0) close(before.fd);
  return there || write_file(f, at, name, bytes, len, &before) || unwritable(f, name, errno, why);
}

int folder_begin(folder *f, const char *name, diag *why) {
  const char *base;
  int at = parent_of(f, name, true, &base), fd = at < 0 ? -1 : begin(f, at);
  if (fd < 0) unwritable(f, name, errno, why);
  return fd;
}

bool folder_end(folder *f, int fd, const char *name, diag *why) {
  const char *base;
  present before = {.fd = -1};
  struct stat st;
  int at = parent_of(f, name, true, &base);
  bool ok = at >= 0 && look_at(at, base, &before);
  bool there = before.fd >= 0 && fstat(fd, &st) == 0 && st.st_size == before.st.st_size && same_files(fd, before.fd, st.st_size);
  if (before.fd >= 0) close(before.fd);
  if (ok && !there) return stage(f, at, fd, name, &before) || unwritable(f, name, errno, why);
  drop(f, at, fd);
  return ok || unwritable(f, name, errno, why);
}

void folder_drop(folder *f, int fd, const char *name) {
  const char *base;
  drop(f, parent_of(f, name, false, &base), fd);
}

bool folder_commit(folder *f, diag *why) {
  char beside[FOLDER_NAME];
  const char *name = f->staged.data, *base;
  for (unsigned i = 0; i < f->count; i++, name += strlen(name) + 1) {
    temporary(f, beside, i);
    int at = parent_of(f, name, true, &base);
    if (at < 0 || renameat(at, beside, at, base)) return unwritable(f, name, errno, why);
  }
  f->count = 0;
  buf_clear(&f->staged);
  return true;
}

void folder_reset(folder *f) {
  char beside[FOLDER_NAME];
  const char *name = f->staged.data, *base;
  for (unsigned i = 0; i < f->count; i++, name += strlen(name) + 1) {
    temporary(f, beside, i);
    int at = parent_of(f, name, false, &base);
    if (at >= 0) unlinkat(at, beside, 0);
  }
  f->count = 0;
  buf_free(&f->staged);
}

int folder_read(folder *f, const char *name) {
  const char *base;
  struct stat st;
  int at = parent_of(f, name, false, &base), fd = at < 0 ? -1 : openat(at, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))) return fd;
  close(fd);
  errno = EINVAL;
  return -1;
}

int folder_journal(folder *f, const char *name, diag *why) {
  int fd = openat(f->fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
  if (fd < 0) unwritable(f, name, errno, why);
  return fd;
}

int folder_spool(folder *f, diag *why) {
  int fd = openat(f->fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EOPNOTSUPP) fd = memfd_create("spool", MFD_CLOEXEC);
  if (fd < 0) unwritable(f, "", errno, why);
  return fd;
}

/* --- what goes ------------------------------------------------------------------------------------------------------- */

bool folder_remove(folder *f, const char *name, diag *why) {
  const char *base;
  char path[PATH_MAX];
  int at = parent_of(f, name, false, &base);
  if (at < 0 && errno == ENOENT) return true;
  if (at < 0 || (unlinkat(at, base, 0) && errno != ENOENT))
    return diag_set(why, "unwritable", (mark){0}, "cannot remove %s/%s: %s", f->path, name, strerror(errno));
  if (at == f->fd) return true;
  close(f->last);
  f->last = -1;
  snprintf(path, sizeof path, "%s", f->last_name);
  for (char *slash; unlinkat(f->fd, path, AT_REMOVEDIR) == 0 && (slash = strrchr(path, '/'));) *slash = '\0';
  return true;
}

bool folder_list(const folder *f, const char *start, buf *out, diag *why) {
  int fd = open_within(f->fd, ".", O_RDONLY | O_DIRECTORY);
  DIR *all = fd < 0 ? NULL : fdopendir(fd);
  if (!all) {
    int error = errno;
    if (fd >= 0) close(fd);
    return diag_set(why, "unreadable", (mark){0}, "cannot read %s: %s", f->path, strerror(error));
  }
  for (const struct dirent *entry; (entry = readdir(all));)
    if (!strncmp(entry->d_name, start, strlen(start))) buf_add(out, entry->d_name, strlen(entry->d_name) + 1);
  closedir(all);
  return true;
}

/* The part of a name between what it begins and ends with, *len bytes; NULL where it does not. */
static const char *between(const char *name, const char *start, const char *end, size_t *len) {
  size_t all = strlen(name), head = strlen(start), tail = strlen(end);
  if (all <= head + tail || memcmp(name, start, head) != 0 || strcmp(name + all - tail, end) != 0) return NULL;
  *len = all - head - tail;
  return name + head;
}

/* Whether the file is one that a run with the tag has left half written; without a tag, any run, or a lock. */
static bool is_left(const char *name, const char *tag) {
  char start[FOLDER_NAME];
  size_t len;
  snprintf(start, sizeof start, HEAD "%s%s", tag, *tag ? "-" : "");
  const char *inner = between(name, start, TAIL, &len);
  if (!inner && !*tag) inner = between(name, start, LOCK, &len);
  return inner && strspn(inner, *tag ? "0123456789-" : "0123456789-of") == len;
}

static void sweep(int fd, int level, const char *tag) {
  DIR *all = level < MOST_FOLDERS ? fdopendir(fd) : NULL;
  if (!all) {
    close(fd);
    return;
  }
  for (const struct dirent *entry; (entry = readdir(all));) {
    if (is_left(entry->d_name, tag)) unlinkat(fd, entry->d_name, 0);
    if (entry->d_name[0] == '.' || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN)) continue;
    int inner = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner >= 0) sweep(inner, level + 1, tag);
  }
  closedir(all);
}

void folder_sweep(folder *f) {
  int fd = open_within(f->fd, ".", O_RDONLY | O_DIRECTORY);
  if (fd >= 0) sweep(fd, 0, f->tag);
}

bool folder_sync(folder *f, diag *why) { return syncfs(f->fd) == 0 || unwritable(f, "", errno, why); }

bool folder_rename(folder *f, const char *from, const char *to, diag *why) {
  if (renameat(f->fd, from, f->fd, to)) return unwritable(f, to, errno, why);
  fsync(f->fd); /* where that cannot be had, it is there all the same */
  return true;
}
