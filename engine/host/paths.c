#include "host/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/files.h"

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

bool paths_read_beneath(buf *out, const char *folder, const char *path, size_t most, diag *why) {
  int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return refuse(why, folder, errno);
  struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
  int error = errno;
  close(root);
  if (fd < 0) return refuse(why, path, error);
  struct stat st;
  bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
  ok = ok ? files_read_open(out, fd, path, most, why)
          : diag_set(why, "unreadable", (mark){0}, "cannot read %s: it is no regular file", path);
  close(fd);
  return ok;
}
