/* documents JOB INPUT...: YAML into Lua tables against libyaml's bare events, and tables into YAML against libyaml's emitter. */
#include <lauxlib.h>
#include <malloc.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yaml.h>

#include "base/buf.h"
#include "bench.h"
#include "host/files.h"
#include "lua/state.h"

enum { ROUNDS = 41, STREAM = 512 << 10 /* bytes */, EMITTED = 300 /* documents a round */ };

static void die(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(2);
}

/* Lua's half of both: load(bytes) -> number of documents; first(bytes) -> the first; emit(value, times). */
static const char script[] = "local load, emitter = require 'engine.load', require 'engine.emit'.new(require 'output.order')\n"
                             "local function open(bytes) return assert(load.reader(assert(load.source(bytes)))) end\n"
                             "return function(bytes)\n"
                             "  local reader, kept = open(bytes), {}\n"
                             "  for value in load.next, reader do kept[#kept + 1] = value end\n"
                             "  return #kept\n"
                             "end, function(bytes) return (load.next(open(bytes))) end,\n"
                             "function(value, times)\n"
                             "  local text\n"
                             "  for _ = 1, times do text = emitter:yaml(value) end\n"
                             "  return text\n"
                             "end\n";

enum { LOAD = 1, FIRST, EMIT }; /* their places on the stack */

static lua_State *open_lua(host *h) {
  lua_State *L = state_open(h);
  if (!L || luaL_loadstring(L, script) || lua_pcall(L, 0, 3, 0)) die(L ? lua_tostring(L, -1) : "no memory");
  return L;
}

static void call(lua_State *L, int args) {
  if (lua_pcall(L, args, 1, 0)) die(lua_tostring(L, -1));
}

static double time_load(lua_State *L, const buf *text, long long *documents) {
  lua_pushvalue(L, LOAD);
  lua_pushlstring(L, text->data, text->len);
  double start = bench_now();
  call(L, 1);
  double took = bench_now() - start;
  *documents = lua_tointeger(L, -1);
  lua_pop(L, 1);
  return took;
}

static double time_events(const buf *text, long long *documents) {
  yaml_parser_t parser;
  yaml_event_t event;
  yaml_event_type_t type;
  *documents = 0;
  double start = bench_now();
  if (!yaml_parser_initialize(&parser)) die("no memory");
  yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser, (const unsigned char *)text->data, text->len);
  do {
    if (!yaml_parser_parse(&parser, &event)) die(parser.problem);
    type = event.type;
    *documents += type == YAML_DOCUMENT_END_EVENT;
    yaml_event_delete(&event);
  } while (type != YAML_STREAM_END_EVENT);
  yaml_parser_delete(&parser);
  return bench_now() - start;
}

/* The documents, again and again until there is enough to measure. */
static void fill(buf *stream, const buf *documents) {
  while (stream->len < STREAM && !stream->failed) {
    buf_string(stream, "---\n");
    buf_add(stream, documents->data, documents->len);
  }
  if (stream->failed) die("no memory");
}

static void bench_load(lua_State *L, const char *what, const buf *documents) {
  static double ours[ROUNDS], theirs[ROUNDS];
  buf stream = {0};
  long long a, b;
  fill(&stream, documents);
  for (int i = 0; i < ROUNDS; i++) {
    lua_gc(L, LUA_GCCOLLECT);
    ours[i] = time_load(L, &stream, &a);
    theirs[i] = time_events(&stream, &b);
    if (a != b) die("the two read different documents");
  }
  double mega = (double)stream.len / 1e6, us = bench_median(ours, ROUNDS), them = bench_median(theirs, ROUNDS);
  char x[32], y[32];
  snprintf(x, sizeof x, "%.1f MB/s", mega / us * 1e6);
  snprintf(y, sizeof y, "%.1f MB/s", mega / them * 1e6);
  bench_row(what, x, y, them / us, 0.6, 0);
  buf_free(&stream);
}

static int append(void *ud, unsigned char *bytes, size_t len) {
  buf_add(ud, (char *)bytes, len);
  return 1;
}

typedef struct events {
  yaml_event_t *items;
  size_t count;
} events;

/* The events of as many documents; the emitter takes their texts, so each round needs new ones. */
static void prepare(events *e, const buf *text, unsigned times) {
  e->count = 0;
  for (unsigned i = 0; i < times; i++) {
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) die("no memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text->data, text->len);
    yaml_event_type_t type;
    do {
      yaml_event_t event;
      if (!yaml_parser_parse(&parser, &event)) die(parser.problem);
      type = event.type;
      bool wanted = (type != YAML_STREAM_START_EVENT || i == 0) && (type != YAML_STREAM_END_EVENT || i + 1 == times);
      if (!wanted) {
        yaml_event_delete(&event);
        continue;
      }
      if (e->count % 1024 == 0) e->items = realloc(e->items, (e->count + 1024) * sizeof *e->items);
      if (!e->items) die("no memory");
      e->items[e->count++] = event;
    } while (type != YAML_STREAM_END_EVENT);
    yaml_parser_delete(&parser);
  }
}

static double time_emitter(events *e, buf *out) {
  yaml_emitter_t emitter;
  buf_clear(out);
  double start = bench_now();
  if (!yaml_emitter_initialize(&emitter)) die("no memory");
  yaml_emitter_set_output(&emitter, append, out);
  yaml_emitter_set_unicode(&emitter, 1);
  for (size_t i = 0; i < e->count; i++)
    if (!yaml_emitter_emit(&emitter, &e->items[i])) die(emitter.problem);
  yaml_emitter_delete(&emitter);
  return bench_now() - start;
}

static double time_emit(lua_State *L) {
  lua_pushvalue(L, EMIT);
  lua_pushvalue(L, -2);
  lua_pushinteger(L, EMITTED);
  double start = bench_now();
  call(L, 2);
  double took = bench_now() - start;
  lua_pop(L, 1);
  return took;
}

static void bench_emit(lua_State *L, const buf *job) {
  static double ours[ROUNDS], theirs[ROUNDS];
  events e = {0};
  buf out = {0};
  lua_pushvalue(L, FIRST);
  lua_pushlstring(L, job->data, job->len);
  call(L, 1);
  for (int i = 0; i < ROUNDS; i++) {
    prepare(&e, job, EMITTED);
    theirs[i] = time_emitter(&e, &out);
    lua_gc(L, LUA_GCCOLLECT);
    ours[i] = time_emit(L);
  }
  double us = bench_median(ours, ROUNDS) / EMITTED, them = bench_median(theirs, ROUNDS) / EMITTED;
  bench_times("tables into YAML; libyaml's emitter", us, them, them / us, 3, 0);
  free(e.items);
  buf_free(&out);
}

static int bench(int number, const buf *job, const buf *inputs) {
  static watch w;
  host h = {.watch = &w, .out = 1};
  lua_State *L = open_lua(&h);
  if (number == 0) bench_load(L, "YAML into tables, Jobs; libyaml's events", job);
  if (number == 1) bench_load(L, "YAML into tables, inputs; libyaml's events", inputs);
  if (number == 2) bench_emit(L, job);
  lua_close(L);
  return 0;
}

int main(int argc, char **argv) {
  buf job = {0}, inputs = {0};
  diag why;
  if (argc < 3 || !files_read(&job, argv[1], &why)) die("usage: documents JOB INPUT...");
  for (int i = 2; i < argc; i++) {
    buf_string(&inputs, i > 2 ? "---\n" : "");
    if (!files_read(&inputs, argv[i], &why)) die(why.message);
  }
  mallopt(M_TRIM_THRESHOLD, 1 << 30); /* what is measured is the work, not the kernel's giving of pages */
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  for (int i = 0; i < 3; i++) {
    fflush(stdout);
    if (fork() == 0) return bench(i, &job, &inputs); /* each with a heap as new as a render's */
    wait(NULL);
  }
  buf_free(&job);
  buf_free(&inputs);
  return 0;
}
