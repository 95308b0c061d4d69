/* failmalloc: a library to preload that makes allocations, or writing to files, fail on purpose.
 *
 * Allocations are counted from 1 in one kind of the tool's processes: in the loader, from the fork that makes it, in the process that the
 * user started, from its first line, or in all workers of a batch together. The environment says what happens:
 *
 *   FAULT_IN=loader|parent|worker   where to count
 *   FAULT_OF=writes          what: calls that write to files, or make, rename or sync them, other than those of the usual streams, in place of
 *                            allocations; they fail for want of room
 *   FAULT_AT=N               the N-th allocation fails; 0 or nothing: none does
 *   FAULT_ON=1               every later one fails as well
 *   FAULT_REPORT=FD          at its end the process writes a fault_report to this file
 *
 * glibc calls its own malloc by the name that is replaced here, so strdup, scandir and their like are counted with it.
 */
#include "failmalloc.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *block);
void *memalign(size_t align, size_t size);

enum { PARENT, LOADER, WORKER };

static fault_report report;
static bool counting, on, of_writes;
static int counted, here;         /* kinds of processes */
static _Atomic uint64_t *workers; /* what all of them have asked for */
static uint64_t at;
static int report_fd = -1;

static bool fails_now(int error) {
  if (!counting) return false;
  uint64_t number = counted == WORKER ? ++*workers : report.allocations + 1;
  report.allocations = number;
  if (!at || (on ? number < at : number != at)) return false;
  report.failed++;
  errno = error;
  return true;
}

static bool fails(void) { return !of_writes && fails_now(ENOMEM); }

static void *born(void *block) {
  report.live += block && counting;
  return block;
}

void *malloc(size_t size) { return fails() ? NULL : born(__libc_malloc(size)); }
void *calloc(size_t count, size_t size) { return fails() ? NULL : born(__libc_calloc(count, size)); }
void *memalign(size_t align, size_t size) { return fails() ? NULL : born(__libc_memalign(align, size)); }
void *aligned_alloc(size_t align, size_t size) { return memalign(align, size); }

int posix_memalign(void **block, size_t align, size_t size) {
  void *made = memalign(align, size);
  if (!made) return ENOMEM;
  *block = made;
  return 0;
}

void free(void *block) {
  report.live -= block && counting;
  __libc_free(block);
}

void *realloc(void *block, size_t size) {
  if (!block) return malloc(size);
  if (!size) return free(block), NULL;
  return fails() ? NULL : __libc_realloc(block, size);
}

void *reallocarray(void *block, size_t count, size_t size) {
  if (size && count > SIZE_MAX / size) return errno = ENOMEM, NULL;
  return realloc(block, count * size);
}

/* What glibc keeps of a locale, also of one that it could not load for want of memory, is its own, and no leak of ours. */
locale_t newlocale(int mask, const char *name, locale_t base) {
  static locale_t (*real)(int, const char *, locale_t);
  int64_t before = report.live;
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "newlocale");
  locale_t made = real(mask, name, base);
  report.live = before;
  return made;
}

/* --- what writes ----------------------------------------------------------------------------------------------------- */

/* Whether it is a file, and none of the usual streams. */
static bool is_file(int fd) {
  struct stat st;
  return fd > STDERR_FILENO && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static bool write_fails(int fd) { return of_writes && counting && is_file(fd) && fails_now(ENOSPC); }

static bool call_fails(void) { return of_writes && fails_now(ENOSPC); }

ssize_t write(int fd, const void *bytes, size_t len) { return write_fails(fd) ? -1 : syscall(SYS_write, fd, bytes, len); }

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset) {
  return write_fails(fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, len, offset);
}

int ftruncate(int fd, off_t size) { return write_fails(fd) ? -1 : (int)syscall(SYS_ftruncate, fd, size); }

int openat(int folder, const char *name, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  bool makes = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
  return makes && call_fails() ? -1 : (int)syscall(SYS_openat, folder, name, flags, mode);
}

int renameat(int from, const char *name, int to, const char *other) {
  return call_fails() ? -1 : (int)syscall(SYS_renameat, from, name, to, other);
}

int mkdirat(int folder, const char *name, mode_t mode) { return call_fails() ? -1 : (int)syscall(SYS_mkdirat, folder, name, mode); }

int unlinkat(int folder, const char *name, int flags) { return call_fails() ? -1 : (int)syscall(SYS_unlinkat, folder, name, flags); }

int syncfs(int fd) { return call_fails() ? -1 : (int)syscall(SYS_syncfs, fd); }

/* --- processes ------------------------------------------------------------------------------------------------------- */

static void give_report(void) {
  if (!counting || report_fd < 0) return;
  counting = false;
  if (pwrite(report_fd, &report, sizeof report, 0) != (ssize_t)sizeof report) abort();
}

/* The loader leaves without the handlers of exit. */
void _exit(int status) {
  give_report();
  for (;;) syscall(SYS_exit_group, status);
}

static void begin(void) {
  report = (fault_report){0};
  counting = here == counted;
}

static void after_fork(void) {
  here += here < WORKER;
  begin();
}

static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

__attribute__((constructor)) static void start(void) {
  const char *in = setting("FAULT_IN");
  counted = !strcmp(in, "parent") ? PARENT : !strcmp(in, "worker") ? WORKER : LOADER;
  of_writes = !strcmp(setting("FAULT_OF"), "writes");
  workers = mmap(NULL, sizeof *workers, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (workers == MAP_FAILED) abort();
  at = strtoull(setting("FAULT_AT"), NULL, 10);
  on = *setting("FAULT_ON");
  if (*setting("FAULT_REPORT")) report_fd = atoi(setting("FAULT_REPORT"));
  pthread_atfork(NULL, NULL, after_fork);
  begin();
}

__attribute__((destructor)) static void end(void) {
  if (counted == PARENT) give_report();
}
