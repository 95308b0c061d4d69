/* rows: the targets of a batch, from text to fields, against jansson, which makes a tree of each line; and how fast they are cut. */
#include <jansson.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "bench.h"
#include "data/rows.h"

enum { ROUNDS = 15, TARGETS = 100000 };

static void die(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(2);
}

static void add_json(buf *b, int i) {
  buf_format(b, "{\"name\":\"orders-%06d\",\"namespace\":\"shop\",\"variables\":{\"REPOSITORY_BUCKET\":\"backups-%d\",\"DB_PORT\":%d}}", i,
             i % 7, 5432 + i % 3);
}

/* Rows of about 100 bytes. */
static void fill(buf *b, rows_format format) {
  if (format == ROWS_CSV) buf_string(b, "name,namespace,variables.REPOSITORY_BUCKET,variables.DB_PORT\n");
  if (format == ROWS_JSON) buf_byte(b, '[');
  for (int i = 0; i < TARGETS; i++) {
    if (format == ROWS_CSV) buf_format(b, "orders-%06d,shop,backups-%d,%d\n", i, i % 7, 5432 + i % 3);
    else if (format == ROWS_YAML)
      buf_format(b, "---\nname: orders-%06d\nnamespace: shop\nvariables:\n  REPOSITORY_BUCKET: backups-%d\n  DB_PORT: %d\n", i, i % 7,
                 5432 + i % 3);
    else {
      if (format == ROWS_JSON && i) buf_string(b, ",\n");
      add_json(b, i);
      if (format == ROWS_NDJSON) buf_byte(b, '\n');
    }
  }
  if (format == ROWS_JSON) buf_byte(b, ']');
}

/* Cuts the file, and with `parser` reads the rows. */
static double time_rows(int fd, rows_format format, bool parse) {
  diag why;
  rows_piece piece;
  uint64_t count = 0;
  double start = bench_now();
  if (lseek(fd, 0, SEEK_SET) < 0) bench_die("lseek");
  rows_reader *reader = rows_open(fd, format, &why);
  row_parser *parser = reader ? row_parser_open(rows_head_of(reader), &why) : NULL;
  if (!parser) die(why.message);
  while (rows_next(reader, 1000, &piece, &why) == ROWS_PIECE) {
    arena memory = {0};
    row r;
    row_parser_give(parser, &piece);
    if (!parse) count += piece.records;
    for (row_result found; parse && (found = row_next(parser, &memory, &r, &why)) != ROW_END; count++)
      if (found == ROW_BAD) die(why.message);
    arena_free(&memory);
  }
  row_parser_close(parser);
  rows_close(reader);
  if (count != TARGETS) die("rows are missing");
  return bench_now() - start;
}

static double time_jansson(const buf *text) {
  json_error_t error;
  double start = bench_now();
  for (const char *at = text->data, *end = at + text->len, *line; at < end; at = line + 1) {
    line = memchr(at, '\n', (size_t)(end - at));
    json_t *value = json_loadb(at, (size_t)(line - at), JSON_REJECT_DUPLICATES, &error);
    if (!value) die(error.text);
    json_decref(value);
  }
  return bench_now() - start;
}

static void compare(const char *what, rows_format format, double most) {
  double cut[ROUNDS], read_all[ROUNDS], jansson[ROUNDS];
  buf text = {0}, lines = {0};
  fill(&text, format);
  fill(&lines, ROWS_NDJSON);
  int fd = memfd_create("rows", MFD_CLOEXEC);
  if (fd < 0 || text.failed || lines.failed || write(fd, text.data, text.len) != (ssize_t)text.len) bench_die("rows");
  for (int i = 0; i < ROUNDS; i++) {
    cut[i] = time_rows(fd, format, false) * 1e3 / TARGETS;
    read_all[i] = time_rows(fd, format, true) * 1e3 / TARGETS;
    jansson[i] = time_jansson(&lines) * 1e3 / TARGETS;
  }
  double ours = bench_median(read_all, ROUNDS), theirs = bench_median(jansson, ROUNDS);
  char about[80], a[32], b[32];
  snprintf(about, sizeof about, "a row of %s (cut: %.0f ns); jansson, its JSON", what, bench_median(cut, ROUNDS));
  snprintf(a, sizeof a, "%.0f ns", ours);
  snprintf(b, sizeof b, "%.0f ns", theirs);
  bench_row(about, a, b, ours / theirs, 0, most);
  close(fd);
  buf_free(&text);
  buf_free(&lines);
}

int main(void) {
  compare("NDJSON", ROWS_NDJSON, 0.5);
  compare("CSV", ROWS_CSV, 0.5);
  compare("JSON", ROWS_JSON, 1);
  compare("YAML", ROWS_YAML, 20);
}
