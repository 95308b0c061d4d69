#include "lua/lines.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_LINES = 1 << 16, MOST_CHUNKS = 4096 };

/* A chunk's file and a bit for each of its lines. They stay until the process ends: one state a process runs scripts. */
typedef struct chunk {
  char *file;
  unsigned char bits[MOST_LINES / 8];
} chunk;

static struct {
  chunk *all[MOST_CHUNKS];
  size_t count;
  const char *last_source; /* of the line before, and its chunk */
  chunk *last;
} seen;

static chunk *find(const char *file) {
  for (size_t i = 0; i < seen.count; i++)
    if (!strcmp(seen.all[i]->file, file)) return seen.all[i];
  return NULL;
}

/* NULL when there is no room: then lines count as not run. */
static chunk *add(const char *file) {
  chunk *c = seen.count < MOST_CHUNKS ? calloc(1, sizeof *c) : NULL;
  if (c) c->file = strdup(file);
  if (c && c->file) return seen.all[seen.count++] = c;
  free(c);
  return NULL;
}

static void note(lua_State *L, lua_Debug *ar) {
  lua_getinfo(L, "S", ar);
  if (ar->source[0] != '@' || ar->currentline < 0 || ar->currentline >= MOST_LINES) return;
  /* a name's memory may be another's by now, so it is compared, too */
  if (ar->source != seen.last_source || !seen.last || strcmp(seen.last->file, ar->source + 1) != 0) {
    seen.last_source = ar->source;
    seen.last = find(ar->source + 1);
    if (!seen.last) seen.last = add(ar->source + 1);
  }
  if (seen.last) seen.last->bits[ar->currentline / 8] |= (unsigned char)(1 << ar->currentline % 8);
}

void lines_watch(lua_State *L) { lua_sethook(L, note, LUA_MASKLINE, 0); }

void lines_push(lua_State *L, const char *file) {
  const chunk *c = find(file);
  lua_Integer count = 0;
  lua_newtable(L);
  for (int line = 0; c && line < MOST_LINES; line++)
    if (c->bits[line / 8] >> line % 8 & 1) {
      lua_pushinteger(L, line);
      lua_rawseti(L, -2, ++count);
    }
}
