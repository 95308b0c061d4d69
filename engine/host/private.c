#include "host/private.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files.h"

enum { FTW_OPEN = 16 /* folders that are open at a time */ };

static bool refuse(diag *why, const char *path, const char *words) {
  diag_set(why, "unwritable", (mark){0}, "%s: %s", path, words);
  return false;
}

bool private_folder(const char *path, diag *why) {
  struct stat s;
  if (mkdir(path, 0700) && errno != EEXIST) return refuse(why, path, strerror(errno));
  if (lstat(path, &s)) return refuse(why, path, strerror(errno));
  if (!S_ISDIR(s.st_mode)) return refuse(why, path, "is there already, and is no folder");
  if (s.st_uid != geteuid()) return refuse(why, path, "is there already, and belongs to another user");
  if (s.st_mode & 077) return refuse(why, path, "is there already, and others may look into it");
  return true;
}

int private_lock(const char *path, bool wait, bool *taken, diag *why) {
  *taken = false;
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), failed;
  if (fd < 0) {
    refuse(why, path, strerror(errno));
    return -1;
  }
  do failed = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
  while (failed && errno == EINTR);
  if (!failed) return fd;
  *taken = errno == EWOULDBLOCK;
  if (!*taken) refuse(why, path, strerror(errno));
  close(fd);
  return -1;
}

bool private_make(const char *path, mode_t mode, int64_t group, diag *why) {
  if (mkdir(path, 0700) || (group >= 0 && chown(path, (uid_t)-1, (gid_t)group)) || chmod(path, mode))
    return refuse(why, path, strerror(errno));
  return true;
}

bool private_put(const char *path, const char *bytes, size_t len, mode_t mode, int64_t group, diag *why) {
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  bool ok = fd >= 0 && files_write_all(fd, bytes, len) && (group < 0 || !fchown(fd, (uid_t)-1, (gid_t)group)) && !fchmod(fd, mode);
  int error = errno;
  if (fd >= 0 && close(fd) && ok) {
    ok = false;
    error = errno;
  }
  return ok || refuse(why, path, strerror(error));
}

static int remove_one(const char *path, const struct stat *s, int what, struct FTW *at) {
  (void)s, (void)at;
  return (what == FTW_DP ? rmdir(path) : unlink(path)) && errno != ENOENT ? errno : 0;
}

/* A folder that may not be looked into can be removed when it is empty. */
bool private_remove(const char *path, diag *why) {
  struct stat s;
  if (lstat(path, &s)) return errno == ENOENT || refuse(why, path, strerror(errno));
  int error = nftw(path, remove_one, FTW_OPEN, FTW_DEPTH | FTW_PHYS);
  return !error || refuse(why, path, strerror(error > 0 ? error : errno));
}

static uint64_t counted; /* nftw has no userdata */

static int count_one(const char *path, const struct stat *s, int what, struct FTW *at) {
  (void)path, (void)at;
  if (what != FTW_NS) counted += (uint64_t)s->st_blocks * 512;
  return 0;
}

uint64_t private_usage(const char *path) {
  counted = 0;
  nftw(path, count_one, FTW_OPEN, FTW_PHYS); /* not FTW_MOUNT: on an overlay, files have another device than their folder */
  return counted;
}
