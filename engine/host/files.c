#include "host/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_FOLDERS = 64 }; /* folders within each other */

bool files_is_folder(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool unreadable(diag *why, const char *path, int error) {
  if (error == ENOMEM) return diag_memory(why);
  return diag_set(why, "unreadable", (mark){0}, "cannot read %s: %s", strcmp(path, "-") ? path : "standard input", strerror(error));
}

static bool too_large(diag *why, const char *path, size_t most) {
  const char *unit = most >> 30 ? "GiB" : "MiB";
  return diag_set(why, "file-limit", (mark){0}, "%s has more than %zu %s", path, most >> (most >> 30 ? 30 : 20), unit);
}

bool files_read_open(buf *out, int fd, const char *path, size_t most, diag *why) {
  enum { STEP = 64 << 10 };
  for (;;) {
    if (!buf_room(out, STEP)) return diag_memory(why);
    ssize_t got = read(fd, out->data + out->len, out->cap - out->len);
    if (got == 0) return true;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(why, path, errno);
    out->len += (size_t)got;
    if (out->len > most) return too_large(why, path, most);
  }
}

bool files_read(buf *out, const char *path, diag *why) { return files_read_most(out, path, LIMIT_FILE, why); }

bool files_read_most(buf *out, const char *path, size_t most, diag *why) {
  if (!strcmp(path, "-")) return files_read_open(out, STDIN_FILENO, path, most, why);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return unreadable(why, path, errno);
  struct stat st;
  if (fstat(fd, &st) == 0 && st.st_size > 0 && (size_t)st.st_size <= most) buf_room(out, (size_t)st.st_size + (64 << 10) + 1);
  bool ok = files_read_open(out, fd, path, most, why);
  close(fd);
  return ok;
}

static bool ends_so(const char *name, const char *ending) {
  size_t len = strlen(name), end = strlen(ending);
  return len > end && !strcmp(name + len - end, ending);
}

static bool is_wanted(const char *name, const char *ending) {
  if (ending) return ends_so(name, ending);
  return ends_so(name, ".yaml") || ends_so(name, ".yml") || ends_so(name, ".json");
}

static int visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

/* By bytes, whatever the locale. */
static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

typedef struct lister {
  const char *ending;
  bool deep;
  bool (*found)(void *ud, const char *path);
  void *ud;
  diag *why;
} lister;

static bool list_folder(lister *l, const char *folder, int level) {
  if (level > MOST_FOLDERS) return diag_set(l->why, "unreadable", (mark){0}, "%s: too many folders within each other", folder);
  struct dirent **entries;
  int count = scandir(folder, &entries, visible, by_name);
  if (count < 0) return unreadable(l->why, folder, errno);
  bool ok = true;
  size_t end = strlen(folder);
  for (int i = 0; i < count; i++) {
    struct stat st, link;
    buf path = {0};
    buf_format(&path, "%s%s%s", folder, end && folder[end - 1] == '/' ? "" : "/", entries[i]->d_name);
    const char *name = buf_text(&path);
    if (!name) ok = ok && diag_memory(l->why);
    else if (ok && lstat(name, &link) == 0 && S_ISDIR(link.st_mode)) ok = !l->deep || list_folder(l, name, level + 1);
    else if (ok && is_wanted(name, l->ending) && !(stat(name, &st) == 0 && S_ISDIR(st.st_mode))) ok = l->found(l->ud, name);
    buf_free(&path);
    free(entries[i]);
  }
  free(entries);
  return ok;
}

bool files_list(const char *folder, const char *ending, bool deep, bool (*found)(void *ud, const char *path), void *ud, diag *why) {
  lister l = {ending, deep, found, ud, why};
  return list_folder(&l, folder, 0);
}

bool files_overwrite(const char *path, const char *bytes, size_t len, diag *why) {
  int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
  bool ok = fd >= 0 && files_write_all(fd, bytes, len);
  if (!ok) diag_set(why, "unwritable", (mark){0}, "cannot write %s: %s", path, strerror(errno));
  if (fd >= 0) close(fd);
  return ok;
}

bool files_write_all(int fd, const char *bytes, size_t len) {
  while (len) {
    ssize_t put = write(fd, bytes, len);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    bytes += put;
    len -= (size_t)put;
  }
  return true;
}
