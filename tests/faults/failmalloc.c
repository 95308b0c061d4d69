/* failmalloc: a library to preload that makes allocations fail on purpose.
 *
 * Allocations are counted from 1 in one of the tool's two processes: in the loader, from the fork that makes it, or in the
 * process that the user started, from its first line. The environment says what happens:
 *
 *   FAULT_IN=loader|parent   where to count
 *   FAULT_AT=N               the N-th allocation fails; 0 or nothing: none does
 *   FAULT_ON=1               every later one fails as well
 *   FAULT_REPORT=FD          at its end the process writes a fault_report to this file
 *
 * glibc calls its own malloc by the name that is replaced here, so strdup, scandir and their like are counted with it.
 */
#include "failmalloc.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *block);
void *memalign(size_t align, size_t size);

static fault_report report;
static bool counting, in_loader, on;
static uint64_t at;
static int report_fd = -1;

static bool fails(void) {
  if (!counting) return false;
  report.allocations++;
  if (!at || (on ? report.allocations < at : report.allocations != at)) return false;
  report.failed++;
  errno = ENOMEM;
  return true;
}

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
  counting = true;
}

static void after_fork(void) {
  counting = false;
  if (in_loader) begin();
}

static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

__attribute__((constructor)) static void start(void) {
  in_loader = strcmp(setting("FAULT_IN"), "parent") != 0;
  at = strtoull(setting("FAULT_AT"), NULL, 10);
  on = *setting("FAULT_ON");
  if (*setting("FAULT_REPORT")) report_fd = atoi(setting("FAULT_REPORT"));
  pthread_atfork(NULL, NULL, after_fork);
  if (!in_loader) begin();
}

__attribute__((destructor)) static void end(void) {
  if (!in_loader) give_report();
}
