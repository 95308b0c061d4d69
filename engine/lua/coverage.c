#include "lua/coverage.h"

#ifdef MOONSTEP_COVERAGE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_FILES = 128, MOST_LINES = 1024 };

/* A chunk's name and which of its lines were run. */
typedef struct seen {
  char source[128];
  unsigned char lines[MOST_LINES];
} seen;

static seen files[MOST_FILES];
static size_t files_len;

static seen *find(const char *source) {
  for (size_t i = 0; i < files_len; i++)
    if (!strcmp(files[i].source, source)) return &files[i];
  if (files_len == MOST_FILES || strlen(source) >= sizeof files->source) return NULL;
  return strcpy(files[files_len].source, source), &files[files_len++];
}

static void note(lua_State *L, lua_Debug *ar) {
  lua_getinfo(L, "S", ar);
  seen *s = ar->source[0] == '@' ? find(ar->source + 1) : NULL;
  if (s && ar->currentline >= 0 && ar->currentline < MOST_LINES) s->lines[ar->currentline] = 1;
}

void coverage_watch(lua_State *L) { lua_sethook(L, note, LUA_MASKLINE, 0); }

void coverage_write(void) {
  char path[256];
  const char *folder = getenv("LUA_COVERAGE");
  if (!folder) return;
  snprintf(path, sizeof path, "%s/%ld", folder, (long)getpid());
  FILE *out = fopen(path, "a");
  if (!out) return;
  for (size_t i = 0; i < files_len; i++)
    for (int line = 0; line < MOST_LINES; line++)
      if (files[i].lines[line]) fprintf(out, "%s:%d\n", files[i].source, line);
  fclose(out);
}

#else
typedef int coverage_is_off;
#endif
