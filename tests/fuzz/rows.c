/* Rows, in whatever format the bytes look like: however they are cut, the rows are the same, and those of NDJSON are jansson's. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/rows_reference.h"
#include "harness.h"

static void check_reference(const row *r, row_result result) {
  arena memory = {0};
  buf ours = {0}, theirs = {0};
  bool right = reference_read(r->text, r->len, &memory, &theirs);
  CHECK(right == (result == ROW), "jansson %s %.*s", right ? "takes" : "refuses", (int)r->len, r->text);
  if (right) reference_show(&ours, r);
  CHECK(!right || (ours.len == theirs.len && !memcmp(ours.data, theirs.data, ours.len)), "other values of %.*s", (int)r->len, r->text);
  buf_free(&ours);
  buf_free(&theirs);
  arena_free(&memory);
}

/* A piece is what stands there in the input, and its rows are as many as it says. */
static void check_piece(const rows_piece *piece, rows_format format, row_parser *p, const uint8_t *data, size_t size, buf *shown) {
  arena memory = {0};
  diag why = {0};
  row r;
  row_result result;
  uint32_t count = 0;
  CHECK((size_t)piece->offset + piece->len <= size && !memcmp(data + piece->offset, piece->text, piece->len), "another text");
  char *exact = malloc(piece->len); /* of the very size, so that the sanitizer sees a read behind it */
  CHECK(exact && piece->len, "an empty piece");
  memcpy(exact, piece->text, piece->len);
  rows_piece given = *piece;
  given.text = exact;
  row_parser_give(p, &given);
  for (; (result = row_next(p, &memory, &r, &why)) != ROW_END; count++) {
    CHECK(r.index == piece->first + count && r.end_line >= r.place.line && r.place.column, "row %llu", (unsigned long long)r.index);
    CHECK(r.place.line >= piece->line, "line %u before %u", r.place.line, piece->line);
    buf_format(shown, "%u:%u-%u %zu ", r.place.line, r.place.column, r.end_line, r.len);
    if (result == ROW) reference_show(shown, &r);
    else {
      CHECK(why.id && why.message[0] && why.at.line >= piece->line && why.at.column, "a problem without a place: %s", why.message);
      buf_format(shown, "%s %u:%u\n", why.id, why.at.line, why.at.column);
    }
    if (format == ROWS_NDJSON) check_reference(&r, result);
  }
  CHECK(count == piece->records, "%u rows, not %u", count, piece->records);
  arena_free(&memory);
  free(exact);
}

/* All rows as text, cut `records` at a time. */
static void read_rows(int fd, uint32_t records, const uint8_t *data, size_t size, buf *shown) {
  diag why = {0};
  rows_piece piece;
  rows_result result;
  uint64_t count = 0;
  CHECK(lseek(fd, 0, SEEK_SET) == 0, "cannot seek");
  rows_reader *reader = rows_open(fd, ROWS_GUESS, &why);
  if (!reader) {
    CHECK(why.id && why.at.line, "a problem without a place: %s", why.message);
    buf_format(shown, "%s %u:%u", why.id, why.at.line, why.at.column);
    return;
  }
  const rows_head *head = rows_head_of(reader);
  row_parser *p = row_parser_open(head, &why);
  CHECK(p, "%s", why.message);
  for (; (result = rows_next(reader, records, &piece, &why)) == ROWS_PIECE; count += piece.records) {
    CHECK(piece.first == count && piece.records, "rows from %llu", (unsigned long long)piece.first);
    check_piece(&piece, head->format, p, data, size, shown);
  }
  if (result == ROWS_ERROR) buf_format(shown, "%s %u:%u", why.id, why.at.line, why.at.column);
  row_parser_close(p);
  rows_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static int fd = -1;
  buf one = {0}, all = {0};
  if (size > MOST_BYTES) return 0;
  if (fd < 0) fd = memfd_create("rows", 0);
  CHECK(fd >= 0 && !ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size, "no file");
  read_rows(fd, 1, data, size, &one);
  read_rows(fd, 64, data, size, &all);
  CHECK(one.len == all.len && (!one.len || !memcmp(one.data, all.data, one.len)), "one by one:\n%.*s\nat once:\n%.*s", (int)one.len,
        one.data, (int)all.len, all.data);
  buf_free(&one);
  buf_free(&all);
  return 0;
}
