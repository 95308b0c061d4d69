#include "host/write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files.h"

static bool unwritable(diag *why, const char *path, int error) {
  if (error == ENOMEM) return diag_memory(why);
  return diag_set(why, "unwritable", (mark){0}, "cannot write %s: %s", path, strerror(error));
}

static bool is_dots(const char *name) { return !strcmp(name, ".") || !strcmp(name, ".."); }

static bool must_be_empty(const char *path, diag *why) {
  DIR *folder = opendir(path);
  if (!folder) return unwritable(why, path, errno);
  const struct dirent *entry;
  do entry = readdir(folder);
  while (entry && is_dots(entry->d_name));
  bool ok = !entry || diag_set(why, "not-empty", (mark){0}, "the folder %s is not empty", path);
  closedir(folder);
  return ok;
}

bool write_new_folder(const char *path, diag *why) {
  char part[PATH_MAX];
  size_t len = strlen(path);
  if (!len || len >= sizeof part) return unwritable(why, path, len ? ENAMETOOLONG : ENOENT);
  for (size_t end = 1; end <= len; end++) {
    if (path[end] && path[end] != '/') continue;
    memcpy(part, path, end);
    part[end] = '\0';
    int error = mkdir(part, 0777) ? errno : 0;
    if (error && error != EEXIST && !files_is_folder(part)) return unwritable(why, path, error);
  }
  return must_be_empty(path, why);
}

/* The name under which a file is written before it has its own. */
static bool temporary(char out[PATH_MAX], const char *path) {
  const char *slash = strrchr(path, '/');
  int folder = slash ? (int)(slash + 1 - path) : 0;
  return snprintf(out, PATH_MAX, "%.*s.%s.%ld.tmp", folder, path, path + folder, (long)getpid()) < PATH_MAX;
}

static bool write_parts(int fd, const file_part *parts, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!files_write_all(fd, parts[i].bytes, parts[i].len)) return false;
  return true;
}

/* Makes a file, with the mode of another where one is given. False with errno set, and nothing left behind. */
static bool put(const char *path, const file_part *parts, size_t count, const struct stat *like) {
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return false;
  bool ok = (!like || fchmod(fd, like->st_mode & 07777) == 0) && write_parts(fd, parts, count) && fsync(fd) == 0;
  int error = errno;
  close(fd);
  if (ok) return true;
  unlink(path);
  errno = error;
  return false;
}

/* A rename is on the disk when its folder is. Where that cannot be had, the file is there all the same. */
static void sync_folder_of(const char *path) {
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');
  snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash + 1 - path) : 1, slash ? path : ".");
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

/* Renames without replacing, where the file system knows that. */
static bool put_in_place(const char *from, const char *to) {
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return true;
  return errno == EINVAL && rename(from, to) == 0;
}

bool write_files(const new_file *files, size_t count, diag *why) {
  char beside[PATH_MAX];
  size_t written = 0, renamed = 0;
  bool ok = true;
  for (; ok && written < count; written += ok) {
    if (!temporary(beside, files[written].path)) errno = ENAMETOOLONG, ok = false;
    else ok = put(beside, &(file_part){files[written].bytes, files[written].len}, 1, NULL);
    if (!ok) unwritable(why, files[written].path, errno);
  }
  for (; ok && renamed < count; renamed += ok) {
    temporary(beside, files[renamed].path);
    ok = put_in_place(beside, files[renamed].path);
    if (!ok) unwritable(why, files[renamed].path, errno);
  }
  for (size_t i = renamed; i < written; i++) {
    temporary(beside, files[i].path);
    unlink(beside);
  }
  for (size_t i = 0; !ok && i < renamed; i++) unlink(files[i].path);
  for (size_t i = 0; i < renamed; i++) sync_folder_of(files[i].path);
  return ok;
}

static bool put_into(const char *path, const file_part *parts, size_t count, diag *why) {
  int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return unwritable(why, path, errno);
  bool ok = write_parts(fd, parts, count);
  int error = errno;
  close(fd);
  return ok || unwritable(why, path, error);
}

bool write_replace(const char *path, const file_part *parts, size_t count, diag *why) {
  char target[PATH_MAX], beside[PATH_MAX];
  struct stat before;
  bool there = realpath(path, target) && stat(target, &before) == 0;
  if (!there && errno != ENOENT) return unwritable(why, path, errno);
  if (!there && snprintf(target, sizeof target, "%s", path) >= (int)sizeof target) return unwritable(why, path, ENAMETOOLONG);
  if (there && !S_ISREG(before.st_mode)) return put_into(path, parts, count, why);
  if (there && access(target, W_OK)) return unwritable(why, path, errno);
  if (!temporary(beside, target)) return unwritable(why, path, ENAMETOOLONG);
  if (!put(beside, parts, count, there ? &before : NULL)) return unwritable(why, path, errno);
  if (rename(beside, target)) {
    int error = errno;
    unlink(beside);
    return unwritable(why, path, error);
  }
  sync_folder_of(target);
  return true;
}
