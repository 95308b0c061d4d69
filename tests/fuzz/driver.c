/* PROGRAM FILE...                         runs the harness on each file
 * PROGRAM SECONDS FOLDER DICTIONARY SEED  runs it on the corpus in the folder, then on changed entries of it for some seconds
 *
 * The harness runs in a child. The input at hand lies in memory that both share, so when the child ends badly or hangs, the
 * parent writes it to a file.
 */
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "harness.h"

enum { MOST_ENTRIES = 1000, HANG = 10 /* seconds for one input */ };

typedef struct shared {
  size_t runs, len;
  uint8_t input[MOST_BYTES];
} shared;

typedef struct entries {
  buf at[MOST_ENTRIES];
  size_t len;
} entries;

static shared *now;
static entries corpus, tokens;
static uint32_t seed;

static uint32_t below(size_t end) {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return end ? seed % (uint32_t)end : 0;
}

static buf read_file(const char *path) {
  buf b = {0};
  FILE *f = fopen(path, "rb");
  CHECK(f, "cannot open %s", path);
  for (int c; (c = fgetc(f)) != EOF;) buf_byte(&b, (char)c);
  fclose(f);
  return b;
}

static void add_entry(entries *e, buf b) {
  CHECK(e->len < MOST_ENTRIES && !b.failed, "too many entries");
  e->at[e->len++] = b;
}

static int visible(const struct dirent *d) { return d->d_name[0] != '.'; }

static void read_corpus(const char *folder) {
  struct dirent **found;
  int count = scandir(folder, &found, visible, alphasort);
  CHECK(count > 0, "no corpus in %s", folder);
  for (int i = 0; i < count; i++) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, found[i]->d_name);
    add_entry(&corpus, read_file(path));
    free(found[i]);
  }
  free(found);
}

/* libFuzzer's dictionaries: a token in double quotes on each line, with \\, \" and \xAB in it; comments start with #. */
static void read_dictionary(const char *path) {
  buf file = read_file(path);
  for (const char *at = buf_text(&file); *at;) {
    const char *end = strchr(at, '\n');
    buf token = {0};
    end = end ? end : at + strlen(at);
    const char *c = *at == '"' ? at + 1 : end;
    for (; c < end && *c != '"'; c++) {
      unsigned byte = (unsigned char)*c;
      if (*c == '\\' && c[1] == 'x' && sscanf(c + 2, "%2x", &byte) == 1) c += 3;
      else if (*c == '\\') byte = (unsigned char)*++c;
      buf_byte(&token, (char)byte);
    }
    if (token.len) add_entry(&tokens, token);
    else buf_free(&token);
    at = *end ? end + 1 : end;
  }
  buf_free(&file);
}

static void run_input(const char *bytes, size_t len) {
  if (len > MOST_BYTES) len = MOST_BYTES;
  if (len) memcpy(now->input, bytes, len);
  now->len = len;
  alarm(HANG);
  uint8_t *exact = malloc(len ? len : 1); /* of the very size, so that the sanitizer sees a read behind it */
  CHECK(exact, "no memory");
  if (len) memcpy(exact, bytes, len);
  LLVMFuzzerTestOneInput(exact, len);
  free(exact);
  now->runs++;
}

/* Replaces `gone` bytes at `at` by others. */
static void splice(buf *b, size_t at, size_t gone, const char *bytes, size_t len) {
  buf out = {0};
  buf_add(&out, b->data, at);
  buf_add(&out, bytes, len);
  buf_add(&out, b->data + at + gone, b->len - at - gone);
  buf_free(b);
  *b = out;
}

static void change(buf *b) {
  size_t at = below(b->len + 1), rest = b->len - at, some = below((rest < 32 ? rest : 32) + 1);
  const buf *other = &corpus.at[below(corpus.len)];
  size_t from = below(other->len + 1);
  char byte = (char)below(256);
  switch (below(8)) {
    case 0:
      if (rest) b->data[at] ^= (char)(1 << below(8));
      break;
    case 1:
      if (rest) b->data[at] = byte;
      break;
    case 2: splice(b, at, 0, &byte, 1); break;
    case 3: splice(b, at, some, NULL, 0); break;
    case 4: { /* the same bytes once more */
      buf copy = {0};
      buf_add(&copy, b->data + at, some);
      splice(b, at, 0, copy.data, copy.len);
      buf_free(&copy);
      break;
    }
    case 5: splice(b, at, some, other->data + from, below(other->len - from + 1)); break;
    default:
      if (tokens.len) {
        const buf *token = &tokens.at[below(tokens.len)];
        splice(b, at, below(2) ? some : 0, token->data, token->len);
      }
  }
}

static int explore(time_t seconds) {
  for (size_t i = 0; i < corpus.len; i++) run_input(corpus.at[i].data, corpus.at[i].len);
  time_t end = time(NULL) + seconds;
  while (time(NULL) < end) {
    for (int i = 0; i < 20; i++) {
      buf b = {0};
      const buf *base = &corpus.at[below(corpus.len)];
      buf_add(&b, base->data, base->len);
      for (uint32_t changes = below(4) + 1; changes--;) change(&b);
      run_input(b.data, b.len);
      buf_free(&b);
    }
  }
  return 0;
}

static int in_child(int argc, char **argv, bool files) {
  if (files) {
    for (int i = 1; i < argc; i++) {
      buf b = read_file(argv[i]);
      run_input(b.data, b.len);
      buf_free(&b);
    }
    return 0;
  }
  seed = (uint32_t)strtoul(argv[4], NULL, 10) * 2654435761u + 1;
  read_corpus(argv[2]);
  read_dictionary(argv[3]);
  explore(atol(argv[1]));
  for (size_t i = 0; i < corpus.len; i++) buf_free(&corpus.at[i]);
  for (size_t i = 0; i < tokens.len; i++) buf_free(&tokens.at[i]);
  return 0;
}

static void keep_input(const char *program) {
  char path[4096];
  snprintf(path, sizeof path, "%s.input", program);
  FILE *f = fopen(path, "wb");
  if (!f || fwrite(now->input, 1, now->len, f) != now->len || fclose(f)) return;
  fprintf(stderr, "fuzz: after %zu runs; the input is in %s; again: %s %s\n", now->runs, path, program, path);
}

int main(int argc, char **argv) {
  int status = 0;
  bool files = argc != 5 || strspn(argv[1], "0123456789") != strlen(argv[1]);
  now = mmap(NULL, sizeof *now, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(now != MAP_FAILED && argc > 1, "usage: FILE... | SECONDS FOLDER DICTIONARY SEED");
  pid_t child = fork();
  CHECK(child >= 0, "cannot fork");
  if (!child) exit(in_child(argc, argv, files));
  waitpid(child, &status, 0);
  const char *name = strrchr(argv[0], '/');
  name = name ? name + 1 : argv[0];
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    printf("fuzz: %s: %zu inputs\n", name, now->runs);
    return 0;
  }
  if (WIFSIGNALED(status)) fprintf(stderr, "fuzz: %s: %s\n", name, strsignal(WTERMSIG(status)));
  keep_input(argv[0]);
  return 1;
}
