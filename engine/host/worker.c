#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/files.h"
#include "host/process.h"
#include "host/workers_shared.h"

enum { KEPT_MEMORY = 16 << 20 };

/* This process, if it is a worker. */
static struct {
  shared *shared;
  seat *seat;        /* NULL: it is none */
  int done;          /* where frames go */
  bool told_to_stop; /* it has heard of it, so its piece may not be whole */
} me;

void workers_at(uint64_t target) {
  if (me.seat) atomic_store(&me.seat->target, target);
}

bool workers_stopped(void) {
  if (me.seat && atomic_load(&me.shared->stop)) me.told_to_stop = true;
  return me.told_to_stop;
}

/* Writes what is not out yet of a text; `before` is how much of the stream belongs to earlier pieces. It is written at its place, so that bytes of one
 * who died come no second time. */
static bool write_stream(stream *s, int fd, const workers_text *text, uint64_t before) {
  uint64_t done = atomic_load(&s->written) - before;
  while (done < text->len) {
    ssize_t n = pwrite(fd, text->bytes + done, text->len - (size_t)done, s->start + (off_t)(before + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    done += (uint64_t)n;
    atomic_store(&s->written, before + done);
  }
  return true;
}

static bool send_frame(uint32_t kind, const void *bytes, size_t len) {
  frame f = {kind, len};
  return files_write_all(me.done, (const char *)&f, sizeof f) && files_write_all(me.done, bytes, len);
}

/* Writes a piece's texts where they have a place; others the coordinator writes, who cannot be ended between a write and its note of it. Sets
 * `relayed` when there is such a one. */
static bool write_texts(const workers_batch *b, shared *s, uint32_t number, const workers_text texts[WORKERS_STREAMS], bool *relayed) {
  const account *a = shared_account(s, number);
  *relayed = false;
  for (int i = 0; i < WORKERS_STREAMS; i++) {
    stream *to = &s->streams[i];
    uint64_t before = atomic_load(&a->written[i]), done = atomic_load(&to->written) - before;
    if (b->streams[i] < 0 || done >= texts[i].len || !shared_is_writable(s, i)) continue;
    if (to->start < 0) {
      *relayed = true;
      if (!send_frame((uint32_t)i, texts[i].bytes + done, texts[i].len - (size_t)done)) return false;
    } else if (!write_stream(to, b->streams[i], &texts[i], before)) shared_note_trouble(s, i, errno);
  }
  return true;
}

/* --- names */

static bool is_own(shared *s, uint32_t number, uint64_t hash) {
  if (atomic_load(&s->claiming) != number + 1) return false;
  for (uint32_t i = 0, count = atomic_load(&s->claimed); i < count; i++)
    if (s->own[i] == hash) return true;
  return false;
}

/* The first of two names of a piece counts. */
static bool is_before(const seen_name *all, size_t at) {
  for (size_t i = 0; i < at; i++)
    if (all[i].hash == all[at].hash) return true;
  return false;
}

/* The targets whose names are taken, as a list of the caller's to free; NULL when there are none. */
static uint64_t *taken_targets(shared *s, uint32_t number, const workers_result *out, size_t *count) {
  uint64_t *all = NULL;
  *count = 0;
  seen_expect(s->names, out->names, out->name_count);
  for (size_t i = 0; i < out->name_count; i++) {
    uint64_t hash = out->names[i].hash;
    if (!(seen_has(s->names, hash) && !is_own(s, number, hash)) && !is_before(out->names, i)) continue;
    if (!all && !(all = malloc(out->name_count * sizeof *all))) return NULL;
    all[(*count)++] = out->names[i].target;
  }
  return all;
}

static void claim_names(shared *s, uint32_t number, const workers_result *out) {
  atomic_store(&s->claimed, 0);
  atomic_store(&s->claiming, number + 1);
  for (size_t i = 0; i < out->name_count; i++) {
    if (i < MOST_NAMES) {
      s->own[i] = out->names[i].hash;
      atomic_store(&s->claimed, (uint32_t)i + 1);
    }
    seen_add(s->names, out->names[i].hash);
  }
}

static bool work_on(const workers_batch *b, const workers_piece *piece, workers_result *out) {
  *out = (workers_result){.name_count = 0};
  bool ok = b->work(b->ud, piece, out);
  workers_at(NO_TARGET);
  return ok;
}

/* Ends the batch with this piece: those behind it write nothing, whoever does them. */
static void end_behind(shared *s, uint32_t number) {
  atomic_store(&s->ends_behind, number + 1);
  atomic_store(&s->stop, true);
}

/* What may still be counted until the batch's limit. */
static uint64_t what_is_left(const workers_batch *b, shared *s, uint32_t number) {
  return b->limit ? b->limit - atomic_load(&shared_account(s, number)->counters[b->limited]) : UINT64_MAX;
}

/* Does the piece again where its targets make what others have made, and again as far as the limit where it reaches that. */
static bool set_right(const workers_batch *b, shared *s, uint32_t number, workers_piece *piece, workers_result *out) {
  uint64_t *taken = taken_targets(s, number, out, &piece->taken_count), left = what_is_left(b, s, number);
  bool ok = true;
  if ((piece->taken = taken)) ok = work_on(b, piece, out);
  if (ok && b->limit && out->counters[b->limited] >= left) {
    piece->left = left;
    ok = work_on(b, piece, out);
    atomic_store(&s->limited, true);
    end_behind(s, number);
  }
  free(taken);
  return ok;
}

/* The piece's turn has come. */
static bool give_out(const workers_batch *b, shared *s, uint32_t number, workers_piece *piece, workers_result *out) {
  static const uint64_t nothing[WORKERS_COUNTERS];
  bool relayed;
  if (atomic_load(&s->ends_behind) <= number) {
    shared_pass_turn(s, number, nothing);
    return true;
  }
  if (!set_right(b, s, number, piece, out)) return false;
  if (me.told_to_stop) end_behind(s, number);
  if (b->commit && !b->commit(b->ud, &s->problem)) {
    atomic_store(&s->unfinished, true);
    atomic_store(&s->given_up, number);
    atomic_store(&s->stop, true);
    return true;
  }
  if (!write_texts(b, s, number, out->texts, &relayed)) return false;
  claim_names(s, number, out);
  if (relayed) return send_frame(PASS_TURN, out->counters, sizeof out->counters);
  shared_pass_turn(s, number, out->counters);
  return true;
}

static bool do_piece(const workers_batch *b, shared *s, const task *t, const char *bytes, const workers_loss *losses) {
  workers_piece piece = {.bytes = bytes, .len = t->len, .losses = losses, .loss_count = t->loss_count, .left = UINT64_MAX};
  workers_result out;
  if (!work_on(b, &piece, &out)) return false;
  return shared_wait_for_turn(s, t->number) != MY_TURN || give_out(b, s, t->number, &piece, &out);
}

void worker_live(const workers_batch *b, shared *s, seat *own, int tasks, int done) {
  task t;
  me.shared = s;
  me.seat = own;
  me.done = done;
  /* texts come and go: what malloc gives back to the system would have to be cleared by it for the next */
  mallopt(M_MMAP_THRESHOLD, KEPT_MEMORY);
  mallopt(M_TRIM_THRESHOLD, KEPT_MEMORY);
  b->enter(b->ud, &own->watch);
  watch_ends_process(&own->watch);
  while (shared_read(tasks, &t, sizeof t)) {
    char *bytes = malloc(t.len + 1);
    workers_loss *losses = malloc(sizeof *losses * (t.loss_count + 1));
    if (!bytes || !losses) process_complain(&own->watch, "out-of-memory", "not enough memory for a piece of the batch");
    bool ok = bytes && losses && shared_read(tasks, bytes, t.len) && shared_read(tasks, losses, sizeof *losses * t.loss_count) &&
              do_piece(b, s, &t, bytes, losses);
    free(bytes);
    free(losses);
    if (!ok) process_leave(WORKER_BROKEN);
    if (!send_frame(PIECE_DONE, "", 0)) break;
  }
  process_leave(EXIT_CLEAN);
}
