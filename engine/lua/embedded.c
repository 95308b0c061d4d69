#include "lua/embedded.h"

#include <string.h>

/* embedded.inc is one line a file, `FILE(number, "path in the repository", "file with the bytes")`. */
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

const embedded *embedded_find(const char *path) {
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    if (!strcmp(files[i].path, path)) return &files[i];
  return NULL;
}
