#include "lua/embedded.h"

#include <stdlib.h>
#include <string.h>

/* embedded.inc is one line a file, `FILE(number, "path in the repository", "file with the bytes")`, in the order of the paths as strcmp has it. */
#define FILE(number, path, bytes)                                                                                                          \
  __asm__(".section .rodata\n.balign 8\nembedded_" #number "_start:\n.incbin \"" bytes "\"\nembedded_" #number                             \
          "_end:\n.byte 0\n.previous\n");                                                                                                  \
  extern const char embedded_##number##_start[], embedded_##number##_end[];
#include "embedded.inc"
#undef FILE

static const embedded files[] = {
#define FILE(number, path, bytes) {path, embedded_##number##_start, embedded_##number##_end},
#include "embedded.inc"
#undef FILE
};

static int by_path(const void *path, const void *file) { return strcmp(path, ((const embedded *)file)->path); }

const embedded *embedded_find(const char *path) { return bsearch(path, files, sizeof files / sizeof *files, sizeof *files, by_path); }
