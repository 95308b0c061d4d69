/* What tests of data/rows share: inputs, and all of their rows as one text. */
#ifndef MOONSTEP_ROWS_READING_H
#define MOONSTEP_ROWS_READING_H

#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "data/node.h"
#include "data/rows.h"

/* Which allocation fails, 0 for none; how many there were, what of them was not given back, and the largest. They are counted while read_all runs,
 * in a test that has its own malloc. */
static struct {
  bool on;
  unsigned long at, asked;
  long live;
  size_t largest;
} faults;

static inline int new_input(const char *bytes, size_t len) {
  int fd = memfd_create("rows", MFD_CLOEXEC);
  assert_true(fd >= 0);
  for (size_t at = 0; at < len;) {
    ssize_t wrote = pwrite(fd, bytes + at, len - at, (off_t)at);
    assert_true(wrote > 0);
    at += (size_t)wrote;
  }
  return fd;
}

/* Such that every read gives one byte. */
static inline int new_trickle(const char *bytes, size_t len) {
  int ends[2];
  assert_int_equal(pipe2(ends, O_DIRECT | O_CLOEXEC), 0);
  assert_true(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) >= (int)len * 4096);
  for (size_t i = 0; i < len; i++) assert_int_equal(write(ends[1], bytes + i, 1), 1);
  close(ends[1]);
  return ends[0];
}

static inline void show_text(buf *out, const char *before, row_text text) {
  if (!text.text) return;
  buf_string(out, before);
  buf_add(out, text.text, text.len);
}

static inline void show_fields(buf *out, const char *before, const row_field *fields, uint32_t count) {
  for (const row_field *f = fields; f < fields + count; f++) {
    show_text(out, before, (row_text){f->name, f->name_len});
    show_text(out, "=", (row_text){f->value, f->value_len});
  }
}

static inline void show_problem(buf *out, const diag *why) {
  buf_format(out, "!%s %u:%u", why->id, why->at.line, why->at.column);
  if (why->other.line) buf_format(out, " (%u:%u)", why->other.line, why->other.column);
}

/* Rows as `2:1 name @namespace #task $VARIABLE=value %PARAM=value`, with `2:1-3` for those of several lines; malformed ones as `2:1 !id 2:5`,
 * what ends the reading as `!id 3:1`. */
static inline void show_row(buf *out, const row *r, row_result result, const diag *why) {
  if (out->len) buf_string(out, " | ");
  buf_format(out, "%u:%u", r->place.line, r->place.column);
  if (r->end_line != r->place.line) buf_format(out, "-%u", r->end_line);
  buf_byte(out, ' ');
  if (result == ROW_BAD) {
    show_problem(out, why);
    return;
  }
  show_text(out, "", r->name);
  show_text(out, " @", r->namespace);
  show_text(out, " #", r->task);
  show_fields(out, " $", r->variables, r->variable_count);
  show_fields(out, " %", r->params, r->param_count);
}

typedef struct reading {
  buf shown;
  uint32_t pieces, rows, most; /* and the rows of the largest piece */
} reading;

/* Reads the rows, `records` to a piece; false when it ran out of memory. */
static inline bool read_all(int fd, rows_format format, uint32_t records, reading *out) {
  diag why = {0};
  arena memory = {0};
  rows_piece piece;
  rows_result result = ROWS_ERROR;
  row_result found = ROW_END;
  row_parser *parser = NULL;
  *out = (reading){.pieces = 0};
  buf_room(&out->shown, 4096);
  faults.asked = 0, faults.live = 0;
  faults.on = true;
  rows_reader *reader = rows_open(fd, format, &why);
  if (reader) parser = row_parser_open(rows_head_of(reader), &why);
  while (parser && (result = rows_next(reader, records, &piece, &why)) == ROWS_PIECE) {
    row r;
    assert_int_equal(piece.first, out->rows);
    if (piece.records > out->most) out->most = piece.records;
    out->pieces++;
    row_parser_give(parser, &piece);
    for (; (found = row_next(parser, &memory, &r, &why)) != ROW_END; out->rows++) {
      if (found == ROW_BAD && !strcmp(why.id, "out-of-memory")) goto out;
      assert_int_equal(r.index, out->rows);
      show_row(&out->shown, &r, found, &why);
    }
    assert_int_equal(piece.first + piece.records, out->rows);
  }
  if (result == ROWS_ERROR && strcmp(why.id, "out-of-memory") != 0) {
    if (out->shown.len) buf_string(&out->shown, " | ");
    show_problem(&out->shown, &why);
  }
out:
  arena_free(&memory);
  row_parser_close(parser);
  rows_close(reader);
  faults.on = false;
  return !why.id || strcmp(why.id, "out-of-memory") != 0;
}

#endif
