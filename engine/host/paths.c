#include "host/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/files.h"

enum { MOST_FOLDERS = 64 /* within each other */, MOST_NAMES = 4 << 20 /* bytes of the paths of a list */ };

/* Appends one part of a path to an absolute path that ends without a slash. */
static void add_part(buf *out, const char *part, size_t len) {
  if (!len || (len == 1 && part[0] == '.')) return;
  if (len == 2 && part[0] == '.' && part[1] == '.') {
    while (out->len && out->data[--out->len] != '/') continue;
    return;
  }
  buf_byte(out, '/');
  buf_add(out, part, len);
}

bool paths_absolute(buf *out, const char *path, diag *why) {
  char folder[PATH_MAX] = "";
  if (path[0] != '/' && !getcwd(folder, sizeof folder))
    return diag_set(why, "unreadable", (mark){0}, "cannot tell the working folder: %s", strerror(errno));
  const char *const pieces[] = {folder, path};
  for (int i = 0; i < 2; i++)
    for (const char *at = pieces[i]; *at;) {
      size_t len = strcspn(at, "/");
      add_part(out, at, len);
      at += len + (at[len] == '/');
    }
  if (!out->len) buf_byte(out, '/');
  return out->failed ? diag_memory(why) : true;
}

static bool refuse(diag *why, const char *path, int error) {
  const char *text = error == EXDEV ? "it leads out of the folder that was granted" : strerror(error);
  return diag_set(why, "unreadable", (mark){0}, "cannot read %s: %s", path, text);
}

/* Opens what lies below the folder, for reading; -1 with `why` filled. */
static int open_beneath(const char *folder, const char *path, uint64_t flags, diag *why) {
  int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return refuse(why, folder, errno), -1;
  struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
  int error = errno;
  close(root);
  if (fd < 0) refuse(why, path, error);
  return fd;
}

bool paths_read_beneath(buf *out, const char *folder, const char *path, size_t most, diag *why) {
  int fd = open_beneath(folder, path, 0, why);
  if (fd < 0) return false;
  struct stat st;
  bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
  ok = ok ? files_read_open(out, fd, path, most, why)
          : diag_set(why, "unreadable", (mark){0}, "cannot read %s: it is no regular file", path);
  close(fd);
  return ok;
}

static bool is_dots(const char *name) { return !strcmp(name, ".") || !strcmp(name, ".."); }

static bool is_folder(int folder, const struct dirent *entry) {
  struct stat st;
  if (entry->d_type != DT_UNKNOWN) return entry->d_type == DT_DIR;
  return fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Lists an open folder, which is closed. `path` is where it is. */
static bool list_open(buf *out, int fd, buf *path, int level, diag *why) {
  DIR *folder = fdopendir(fd);
  if (!folder) {
    int error = errno;
    close(fd);
    return refuse(why, buf_text(path), error);
  }
  bool ok = level <= MOST_FOLDERS || diag_set(why, "unreadable", (mark){0}, "%s: too many folders within each other", buf_text(path));
  size_t before = path->len;
  for (const struct dirent *entry; ok && (entry = readdir(folder)); path->len = before) {
    if (is_dots(entry->d_name)) continue;
    buf_format(path, "%s%s", before ? "/" : "", entry->d_name);
    if (is_folder(fd, entry)) {
      int inner = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      ok = inner >= 0 ? list_open(out, inner, path, level + 1, why) : refuse(why, buf_text(path), errno);
    } else {
      buf_add(out, path->data, path->len);
      buf_byte(out, '\0');
      ok = out->len <= MOST_NAMES || diag_set(why, "file-limit", (mark){0}, "%s: too many files", buf_text(path));
    }
    ok = ok && (!path->failed && !out->failed ? true : diag_memory(why));
  }
  closedir(folder);
  return ok;
}

bool paths_list_beneath(buf *out, const char *folder, const char *path, diag *why) {
  int fd = open_beneath(folder, path, O_DIRECTORY, why);
  if (fd < 0) return false;
  buf at = {0};
  bool ok = list_open(out, fd, &at, 0, why);
  buf_free(&at);
  return ok;
}
