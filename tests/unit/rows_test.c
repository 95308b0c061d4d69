/* engine/data/rows: how the input is cut, where rows stand, what is malformed. What values mean is rows_test.lua's. */
#include "rows_reading.h"

typedef struct sample {
  rows_format format;
  chars text;
  const char *want;
} sample;

static const sample samples[] = {
    /* NDJSON */
    {ROWS_NDJSON, TEXT(""), ""},
    {ROWS_NDJSON, TEXT("\n \r\n\t"), ""},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\"}"), "1:1 a"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\"}\n{\"name\":\"b\"}\n"), "1:1 a | 2:1 b"},
    {ROWS_NDJSON, TEXT("\xEF\xBB\xBF{\"name\":\"a\"}\r\n\r\n {\"name\":\"b\"}\r\n"), "1:1 a | 3:1 b"},
    {ROWS_NDJSON,
     TEXT("{\"name\":\"a.b\",\"namespace\":\"n\",\"task\":\"t\",\"variables\":{\"A\":\"x\",\"B\":1},\"params\":{\"A\":true,\"C\":null}}"),
     "1:1 a.b @n #t $A=x $B=1 %A=true"},
    {ROWS_NDJSON, TEXT("{ \"name\" : \"a\" , \"variables\" : { } , \"namespace\" : \"\", \"task\" : null }"), "1:1 a"},
    {ROWS_NDJSON, TEXT("{}\n{\"name\":\"a\"}"), "1:1 !bad-row 1:1 | 2:1 a"},
    {ROWS_NDJSON, TEXT("{\"name\":\"\"}\n{\"name\":null}\n"), "1:1 !bad-row 1:1 | 2:1 !bad-row 2:1"},
    {ROWS_NDJSON, TEXT("[]\n5\n\"x\"\nnull\n"), "1:1 !bad-row 1:1 | 2:1 !bad-row 2:1 | 3:1 !bad-row 3:1 | 4:1 !bad-row 4:1"},
    {ROWS_NDJSON, TEXT("{\"name\":17}\n{\"name\":[\"a\"]}"), "1:1 !bad-row 1:9 | 2:1 !bad-row 2:9"},
    {ROWS_NDJSON,
     TEXT("{\"name\":\"A\"}\n{\"name\":\"a_b\"}\n{\"name\":\"a..b\"}\n{\"name\":\"-a\"}\n{\"name\":\"a.\"}\n{\"name\":\"a-\"}"),
     "1:1 !bad-row 1:9 | 2:1 !bad-row 2:9 | 3:1 !bad-row 3:9 | 4:1 !bad-row 4:9 | 5:1 !bad-row 5:9 | 6:1 !bad-row 6:9"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\",\"namespace\":\"a.b\"}"), "1:1 !bad-row 1:25"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\",\"variable\":{}}"), "1:1 !bad-row 1:13"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\",\"variables\":5}\n{\"name\":\"a\",\"params\":[]}"), "1:1 !bad-row 1:25 | 2:1 !bad-row 2:22"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\",\"params\":{\"A\":{}}}\n{\"name\":\"a\",\"params\":{\"A\":[]}}"),
     "1:1 !bad-row 1:27 | 2:1 !bad-row 2:27"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\",\"variables\":{\"A-B\":1}}\n{\"name\":\"a\",\"variables\":{\"\":1}}"),
     "1:1 !bad-row 1:26 | 2:1 !bad-row 2:26"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\",\"variables\":{\"\xC3\xA9t\xC3\xA9_\xD9\xA1\":1}}"), "1:1 a $\xC3\xA9t\xC3\xA9_\xD9\xA1=1"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\",\"variables\":{\"\xE2\x82\xAC\":1}}"), "1:1 !bad-row 1:26"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\",\"name\":\"b\"}"), "1:1 !duplicate-key 1:13 (1:2)"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\",\"params\":{\"A\":null,\"\\u0041\":1}}"), "1:1 !duplicate-key 1:32 (1:23)"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\",\"variables\":{},\"params\":{},\"variables\":{}}"), "1:1 !duplicate-key 1:40 (1:13)"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\xFF\"}\n{\"name\":\"b\"}"), "1:1 !bad-text 1:11 | 2:1 b"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\0\"}\n{\"name\":\"b\"}"), "1:1 !bad-text 1:11 | 2:1 b"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\",\"task\":\"\\u0000\"}\n{\"name\":\"a\",\"params\":{\"A\":\"\\u0000\"}}"),
     "1:1 !bad-text 1:20 | 2:1 !bad-text 2:27"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\"\n\"namespace\":\"b\"}\n{\"name\":\"c\"}"), "1:1 !json-syntax 1:12 | 2:1 !bad-row 2:1 | 3:1 c"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\"}{\"name\":\"b\"}"), "1:1 !json-syntax 1:13"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a}\n{\"name\":\"b\"}"), "1:1 !json-syntax 1:9 | 2:1 b"},
    {ROWS_NDJSON, TEXT("{\"name\":\"a\",}\n{name:\"b\"}\n{\"name\" \"b\"}\n{\"name\":}"),
     "1:1 !json-syntax 1:13 | 2:1 !json-syntax 2:2 | 3:1 !json-syntax 3:9 | 4:1 !bad-row 4:9"},
    {ROWS_NDJSON,
     TEXT("{\"name\":\"\xC3\xA9\\x\"}\n{\"name\":\"\\u00g0\"}\n{\"name\":\"\\ud800\"}\n{\"name\":\"\\ud800\\u0041\"}\n{\"name\":\"\x01\"}"),
     "1:1 !json-syntax 1:11 | 2:1 !json-syntax 2:10 | 3:1 !json-syntax 3:10 | 4:1 !json-syntax 4:10 | 5:1 !json-syntax 5:10"},
    {ROWS_NDJSON,
     TEXT("{\"name\":\"a\",\"params\":{\"A\":01}}\n{\"name\":\"a\",\"params\":{\"A\":1.}}\n{\"name\":\"a\",\"params\":{\"A\":1e}}"),
     "1:1 !json-syntax 1:27 | 2:1 !json-syntax 2:29 | 3:1 !json-syntax 3:29"},
    {ROWS_NDJSON,
     TEXT("{\"name\":\"a\",\"params\":{\"A\":+1}}\n{\"name\":\"a\",\"params\":{\"A\":tru}}\n{\"name\":\"a\",\"params\":{\"A\":1e999}}"),
     "1:1 !json-syntax 1:27 | 2:1 !json-syntax 2:27 | 3:1 !bad-number 3:27"},
    {ROWS_GUESS, TEXT("\xFF\xFEn\0"), "!bad-text 1:1"},
    {ROWS_GUESS, TEXT("\xFE\xFF\0n"), "!bad-text 1:1"},
    /* JSON */
    {ROWS_JSON, TEXT(""), ""},
    {ROWS_JSON, TEXT(" [\n]\n"), ""},
    {ROWS_JSON, TEXT("[{\"name\":\"a\"},{\"name\":\"b\"}]"), "1:2 a | 1:15 b"},
    {ROWS_JSON, TEXT("[\n  {\n    \"name\": \"a\"\n  },\n  {\"name\": \"b\"}\n]\n"), "2:3-4 a | 5:3 b"},
    {ROWS_JSON, TEXT("[{\"name\":\"a\",\"variables\":{\"A\":\"]},{\\\"[\"}}]"), "1:2 a $A=]},{\"["},
    {ROWS_JSON, TEXT("[{\"name\":\"a\",\"task\":\"\xC3\xA9\"},{\"name\":\"b\",\"x\":1}]"), "1:2 a #\xC3\xA9 | 1:26 !bad-row 1:38"},
    {ROWS_JSON, TEXT("[5, \"x]\", null, [{}], {\"name\":\"a\"}]"),
     "1:2 !bad-row 1:2 | 1:5 !bad-row 1:5 | 1:11 !bad-row 1:11 | 1:17 !bad-row 1:17 | 1:23 a"},
    {ROWS_JSON, TEXT("[{\"name\":\"a\n\"},\n{\"name\":\"b\"}]"), "1:2-3 !json-syntax 1:12 | !json-syntax 3:14"},
    {ROWS_JSON, TEXT("[{\"name\":\"a\"]},{\"name\":\"b\"}]"), "1:2 !json-syntax 1:13 | !json-syntax 1:14"},
    {ROWS_JSON, TEXT("{\"name\":\"a\"}\n{\"name\":\"b\"}"), "!json-syntax 1:1"},
    {ROWS_JSON, TEXT("[{\"name\":\"a\"}{\"name\":\"b\"}]"), "1:2 a | !json-syntax 1:14"},
    {ROWS_JSON, TEXT("[{\"name\":\"a\"},]"), "1:2 a | !json-syntax 1:15"},
    {ROWS_JSON, TEXT("[,{\"name\":\"a\"}]"), "!json-syntax 1:2"},
    {ROWS_JSON, TEXT("[{\"name\":\"a\"}] 5"), "1:2 a | !json-syntax 1:16"},
    {ROWS_JSON, TEXT("[{\"name\":\"a\"}\n"), "1:2 a | !json-syntax 2:1"},
    {ROWS_JSON, TEXT("[{\"name\":\"a\"},\n{\"name\":\"b\""), "1:2 a | !json-syntax 2:1"},
    {ROWS_JSON, TEXT("[5"), "1:2 !bad-row 1:2 | !json-syntax 1:3"},
    /* CSV */
    {ROWS_CSV, TEXT(""), ""},
    {ROWS_CSV, TEXT("name\n"), ""},
    {ROWS_CSV, TEXT("name\na\nb"), "2:1 a | 3:1 b"},
    {ROWS_CSV, TEXT("\xEF\xBB\xBF\r\n\"name\",task\r\na,t\r\n\r\n\"b\",\r\n"), "3:1 a #t | 5:1 b"},
    {ROWS_CSV, TEXT("variables.A,name,params.A,namespace,variables.B\nx,a,y,n,z\n,b,,,\n"), "2:1 a @n $A=x $B=z %A=y | 3:1 b"},
    {ROWS_CSV, TEXT("name,variables.A,variables.B\na,\"x, \"\"y\"\"\nz\",w\nb,\"\",\"\"\"\"\n"),
     "2:1-3 a $A=x, \"y\"\nz $B=w | 4:1 b $B=\""},
    {ROWS_CSV, TEXT("name,task\na\nb,1,2\n\"c,d\",\"e\ne,f\"\nf,\n"), "2:1 !bad-row 2:2 | 3:1 !bad-row 3:5 | 4:1-5 !bad-row 4:1 | 6:1 f"},
    {ROWS_CSV, TEXT("name,task\na,5\"\n\"b\"x,\nc,\"\"\"\n\nd,\n"), "2:1 !csv-syntax 2:4 | 3:1 !csv-syntax 3:3 | 4:1-6 !csv-syntax 4:3"},
    {ROWS_CSV, TEXT("name\na\rb\nc\n"), "2:1 !csv-syntax 2:2 | 3:1 c"},
    {ROWS_CSV, TEXT("name,task\na,\0\nb,\xFF\nc,t\n"), "2:1 !bad-text 2:3 | 3:1 !bad-text 3:3 | 4:1 c #t"},
    {ROWS_CSV, TEXT("name,task\n,t\nA,t\n"), "2:1 !bad-row 2:1 | 3:1 !bad-row 3:1"},
    {ROWS_CSV, TEXT("task\n"), "!bad-row 1:1"},
    {ROWS_CSV, TEXT("\n\nname,nmae\n"), "!bad-row 3:6"},
    {ROWS_CSV, TEXT("name,variables\n"), "!bad-row 1:6"},
    {ROWS_CSV, TEXT("name,params.\n"), "!bad-row 1:6"},
    {ROWS_CSV, TEXT("name,params.a-b\n"), "!bad-row 1:6"},
    {ROWS_CSV, TEXT("name,params.A,variables.A,params.A\n"), "!duplicate-key 1:27 (1:6)"},
    {ROWS_CSV, TEXT("name,\"task\na\n"), "!csv-syntax 1:6"},
    {ROWS_CSV, TEXT("name,\xFF\n"), "!bad-text 1:6"},
    /* YAML */
    {ROWS_YAML, TEXT(""), ""},
    {ROWS_YAML, TEXT("# nothing\n---\n---\n# x\n...\n"), ""},
    {ROWS_YAML, TEXT("name: a\n"), "1:1 a"},
    {ROWS_YAML, TEXT("---\nname: a\nvariables:\n  A: 1\n---\nname: b\n"), "2:1-4 a $A=1 | 6:1 b"},
    {ROWS_YAML, TEXT("\xEF\xBB\xBFname: a\r\n--- # x\r\nname: b\r\n...\r\n# x\r\n"), "1:1 a | 3:1 b"},
    {ROWS_YAML, TEXT("%YAML 1.1\n---\nname: a\n...\n%YAML 1.1\n---\nname: b\n"), "3:1 a | 7:1 b"},
    {ROWS_YAML, TEXT("--- {name: a}\n--- {name: b}"), "1:5 a | 2:5 b"},
    {ROWS_YAML, TEXT("name: a\nparams:\n  A: |\n    x\n    ---\n  B: ---\n---\nname: b\n"), "1:1-6 a %A=x\n---\n %B=--- | 8:1 b"},
    {ROWS_YAML, TEXT("name: a\nparams:\n  A: |+\n    x\n\n\n---\nname: b\nparams: {A: 'x\n\n  y'}\n"),
     "1:1-4 a %A=x\n\n\n | 8:1-11 b %A=x\ny"},
    {ROWS_YAML, TEXT("name: a\nparams: {A: 'x\n---\nname: b\n"), "1:1-2 !yaml-syntax 3:1 (2:13) | 4:1 b"},
    {ROWS_YAML, TEXT("- name: a\n- {name: b, task: t}\n-\n- name: c\n"), "1:3 a | 2:3 b #t | 3:2 !bad-row 3:2 | 4:3 c"},
    {ROWS_YAML, TEXT("name: a\n---\n- name: b\n- name: c\n---\n[]\n---\n[{name: d}, {name: e}]\n"),
     "1:1 a | 3:3 b | 4:3 c | 8:2 d | 8:13 e"},
    {ROWS_YAML, TEXT("- name: a\n- name: b: c\n---\nname: d\n"), "1:1-2 !yaml-syntax 2:10 | 4:1 d"},
    {ROWS_YAML, TEXT("- &x {name: a}\n- *x\n---\nname: b\ntask: *x\n"), "1:3 a | 1:3 a | 3:1-5 !unknown-alias 5:7"},
    {ROWS_YAML, TEXT("&x - a\n---\n!!seq [{name: a}]\n---\n-x\n"), "1:1 !yaml-syntax 1:4 | 3:8 a | 5:1 !bad-row 5:1"},
    {ROWS_YAML, TEXT("~\n---\n5\n---\nname: a\n"), "1:1 !bad-row 1:1 | 3:1 !bad-row 3:1 | 5:1 a"},
    {ROWS_YAML, TEXT("{name: a}\nx: y\n---\nname: b\n"), "1:1-2 !yaml-syntax 2:1 | 4:1 b"},
    {ROWS_YAML, TEXT("name: 17\n---\nname: 1.5\n---\nname: yes\n---\nname: [a]\n"),
     "1:1 !bad-row 1:7 | 3:1 !bad-row 3:7 | 5:1 !bad-row 5:7 | 7:1 !bad-row 7:7"},
    {ROWS_YAML, TEXT("name: a\nnmae: b\n---\nname: a\nname: b\n"), "1:1-2 !bad-row 2:1 | 3:1-5 !duplicate-key 5:1 (4:1)"},
    {ROWS_YAML, TEXT("name: a\nvariables: []\n---\nname: a\nparams: {A: {}}\n---\nname: a\nparams: {A.B: c}\n"),
     "1:1-2 !bad-row 2:12 | 4:1-5 !bad-row 5:13 | 7:1-8 !bad-row 8:10"},
    {ROWS_YAML, TEXT("name: a\nvariables: {A: &v x, B: *v}\nparams: &p {C: 1}\n---\nname: b\nparams: {<<: {A: 1}, A: 2}\n"),
     "1:1-3 a $A=x $B=x %C=1 | 5:1-6 b %A=2"},
    {ROWS_YAML, TEXT("name: a\nparams: {A: .inf}\n---\nname: a\nparams: {A: \"\\0\"}\n"), "1:1-2 !bad-number 2:13 | 4:1-5 !bad-text 5:13"},
    {ROWS_YAML, TEXT("name: a\xFF\n---\nname: \0\n---\nname: b\n"), "1:1 !bad-text 1:8 | 2:1-3 !bad-text 3:7 | 5:1 b"},
    {ROWS_YAML, TEXT("name: a\xC2\x85---\xE2\x80\xA8name: b\r---\rname: c"), "1:1-2 a | 3:1 b | 5:1 c"},
};

/* However the input comes and however it is cut, the rows are the same. */
static void test_rows(void **state) {
  static const uint32_t at_once[] = {0, 1, 2, 1000};
  (void)state;
  for (size_t i = 0; i < COUNT(samples); i++)
    for (size_t k = 0; k < 2 * COUNT(at_once); k++) {
      const sample *s = &samples[i];
      int fd = (k % 2 ? new_trickle : new_input)(s->text.bytes, s->text.len);
      reading r;
      assert_true(read_all(fd, s->format, at_once[k / 2], &r));
      assert_text(r.shown.data, r.shown.len, s->want, strlen(s->want), s->text.bytes);
      buf_free(&r.shown);
      close(fd);
    }
}

static void test_formats(void **state) {
  (void)state;
  static const struct {
    const char *path, *start;
    rows_format want;
  } rows[] = {
      {"a.ndjson", "", ROWS_NDJSON},
      {"a.jsonl", "[", ROWS_NDJSON},
      {"a.csv", "{", ROWS_CSV},
      {"A.CSV", "", ROWS_CSV},
      {"a.yaml", "", ROWS_YAML},
      {"a.yml", "", ROWS_YAML},
      {"a.json", "", ROWS_JSON},
      {".csv", "{", ROWS_NDJSON}, /* no ending, but a name */
      {"a.txt", "{\"name\"", ROWS_NDJSON},
      {"-", "\n [", ROWS_JSON},
      {NULL, "\xEF\xBB\xBF{", ROWS_NDJSON},
      {NULL, "name,task\n", ROWS_CSV},
      {NULL, "name\n", ROWS_CSV},
      {NULL, "task", ROWS_CSV},
      {NULL, "\xEF\xBB\xBF\"variables.A\",name\n", ROWS_CSV},
      {NULL, "params.A,name\r\n", ROWS_CSV},
      {NULL, "name: a\n", ROWS_YAML},
      {NULL, "name: a, b\n", ROWS_YAML},
      {NULL, "variables.x: a\n", ROWS_YAML},
      {NULL, "variables,name\n", ROWS_YAML}, /* no column is called so */
      {NULL, "- name: a\n", ROWS_YAML},
      {NULL, "# x\n", ROWS_YAML},
      {NULL, " ", ROWS_YAML},
  };
  rows_format got;
  for (size_t i = 0; i < COUNT(rows); i++) {
    assert_true(rows_format_of(rows[i].path, rows[i].start, strlen(rows[i].start), &got));
    if (got != rows[i].want) fail_msg("%s, \"%s\": %d, want %d", rows[i].path, rows[i].start, got, rows[i].want);
  }
  assert_false(rows_format_of("-", "", 0, &got));
}

/* A piece can be read elsewhere: its bytes by offset and length, with a copy of the head. */
static void test_pieces_elsewhere(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(samples); i++) {
    const sample *s = &samples[i];
    int fd = new_input(s->text.bytes, s->text.len);
    reading want;
    assert_true(read_all(fd, s->format, 2, &want));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    buf shown = {0}, head_text = {0};
    arena memory = {0};
    diag why;
    rows_piece piece;
    rows_result result = ROWS_ERROR;
    rows_reader *reader = rows_open(fd, s->format, &why);
    while (reader && (result = rows_next(reader, 2, &piece, &why)) == ROWS_PIECE) {
      rows_head head = *rows_head_of(reader);
      buf_clear(&head_text);
      buf_add(&head_text, head.text, head.len);
      head.text = head_text.data;
      row_parser *parser = row_parser_open(&head, &why);
      assert_non_null(parser);
      char *bytes = malloc(piece.len);
      assert_int_equal(pread(fd, bytes, piece.len, piece.offset), piece.len);
      piece.text = bytes;
      row r;
      row_parser_give(parser, &piece);
      for (row_result found; (found = row_next(parser, &memory, &r, &why)) != ROW_END;) {
        show_row(&shown, &r, found, &why);
        bool inside = r.text >= bytes && r.text + r.len <= bytes + piece.len;
        if (r.text) assert_true(inside);
      }
      row_parser_close(parser);
      free(bytes);
    }
    if (result == ROWS_ERROR) {
      if (shown.len) buf_string(&shown, " | ");
      show_problem(&shown, &why);
    }
    assert_text(shown.data, shown.len, want.shown.data, want.shown.len, s->text.bytes);
    rows_close(reader);
    buf_free(&shown);
    buf_free(&head_text);
    buf_free(&want.shown);
    arena_free(&memory);
    close(fd);
  }
}

/* Pieces have as many rows as were asked for, and about 1 MiB at most; so has what is kept of the input. */
static void test_piece_sizes(void **state) {
  (void)state;
  static const char line[] =
      "{\"name\":\"a-target-with-a-name\",\"namespace\":\"somewhere\",\"variables\":{\"HOST\":\"db.example\",\"PORT\":5432}}\n";
  enum { ROWS_HERE = 50000 };
  static const uint32_t at_once[] = {1000, 7777, UINT32_MAX};
  buf b = {0};
  for (int i = 0; i < ROWS_HERE; i++) buf_string(&b, line);
  for (size_t i = 0; i < COUNT(at_once); i++) {
    int fd = new_input(b.data, b.len);
    rows_piece piece;
    diag why;
    faults.on = true, faults.largest = 0;
    rows_reader *r = rows_open(fd, ROWS_NDJSON, &why);
    uint64_t rows = 0, bytes = 0;
    while (rows_next(r, at_once[i], &piece, &why) == ROWS_PIECE) {
      assert_int_equal(piece.offset, bytes);
      assert_int_equal(piece.line, rows + 1);
      assert_int_equal(piece.len, piece.records * (sizeof line - 1));
      assert_true(piece.len < (1 << 20) + sizeof line);
      rows += piece.records;
      bytes += piece.len;
      bool full = piece.records == at_once[i] || piece.len >= 1 << 20 || rows == ROWS_HERE;
      assert_true(full);
    }
    assert_int_equal(rows, ROWS_HERE);
    assert_int_equal(rows_next(r, 1, &piece, &why), ROWS_END);
    rows_close(r);
    faults.on = false;
    assert_in_range(faults.largest, 1 << 18, 1 << 21);
    close(fd);
  }
  buf_free(&b);
}

/* A file is read from where it stands, and offsets are the file's. */
static void test_start_within(void **state) {
  (void)state;
  static const char text[] = "something else\n{\"name\":\"a\"}\n";
  int fd = new_input(text, sizeof text - 1);
  rows_piece piece;
  diag why;
  assert_int_equal(lseek(fd, 15, SEEK_SET), 15);
  rows_reader *r = rows_open(fd, ROWS_GUESS, &why);
  assert_int_equal(rows_head_of(r)->format, ROWS_NDJSON);
  assert_int_equal(rows_next(r, 1, &piece, &why), ROWS_PIECE);
  assert_int_equal(piece.offset, 15);
  rows_close(r);
  close(fd);
}

static void test_unreadable(void **state) {
  (void)state;
  diag why;
  int fd = open(".", O_RDONLY | O_CLOEXEC);
  assert_null(rows_open(fd, ROWS_NDJSON, &why));
  assert_string_equal(why.id, "unreadable");
  close(fd);
}

/* Every allocation fails in turn; the linker puts these in the place of malloc and its like (rules.mk). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
char *__wrap_strdup(const char *text);

static bool fails(size_t size) {
  if (faults.on && size > faults.largest) faults.largest = size;
  return faults.on && ++faults.asked == faults.at;
}

static void *born(void *block) {
  faults.live += block && faults.on;
  return block;
}

void *__wrap_malloc(size_t size) { return fails(size) ? NULL : born(__real_malloc(size)); }
void *__wrap_calloc(size_t count, size_t size) { return fails(count * size) ? NULL : born(__real_calloc(count, size)); }
void *__wrap_realloc(void *block, size_t size) {
  if (fails(size)) return NULL;
  return block ? __real_realloc(block, size) : born(__real_malloc(size));
}
void __wrap_free(void *block) {
  faults.live -= block && faults.on;
  __real_free(block);
}
char *__wrap_strdup(const char *text) {
  char *copy = __wrap_malloc(strlen(text) + 1);
  return copy ? strcpy(copy, text) : NULL;
}

static void test_faults(void **state) {
  (void)state;
  unsigned long runs = 0, survived = 0;
  for (size_t i = 0; i < COUNT(samples); i++) {
    const sample *s = &samples[i];
    int fd = new_input(s->text.bytes, s->text.len);
    for (faults.at = 1;; faults.at++, runs++) {
      reading r;
      assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
      bool ok = read_all(fd, s->format, 2, &r);
      bool done = faults.asked < faults.at;
      if (ok) assert_text(r.shown.data, r.shown.len, s->want, strlen(s->want), s->text.bytes);
      assert_int_equal(faults.live, 0);
      survived += ok && !done;
      buf_free(&r.shown);
      if (done) break;
    }
    close(fd);
  }
  faults.at = 0;
  assert_true(runs > 500);
  assert_int_equal(survived, 0); /* nothing of ours does without what it asks for */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),        cmocka_unit_test(test_formats),      cmocka_unit_test(test_pieces_elsewhere),
      cmocka_unit_test(test_piece_sizes), cmocka_unit_test(test_start_within), cmocka_unit_test(test_unreadable),
      cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
