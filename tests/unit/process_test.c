/* engine/host/process: what the user's process makes of the ways in which a loader can end. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/files.h"
#include "host/process.h"

enum { HARD = 20 /* seconds after which a run counts as hung */ };

/* --- loaders -------------------------------------------------------------------------------------------------------- */

static int say(int out, const char *text) { return files_write_all(out, text, strlen(text)) ? EXIT_CLEAN : EXIT_TROUBLE; }

static int ends_well(int argc, char **argv, watch *w, int out) {
  (void)argc, (void)argv, (void)w;
  return say(out, "all is well\n");
}

static int says_nothing(int argc, char **argv, watch *w, int out) {
  (void)argc, (void)argv, (void)w, (void)out;
  return EXIT_CLEAN;
}

/* The status is the first argument, the output the second. */
static int obeys(int argc, char **argv, watch *w, int out) {
  (void)w;
  if (argc > 2) say(out, argv[2]);
  return atoi(argv[1]);
}

static int says_much(int argc, char **argv, watch *w, int out) {
  (void)argc, (void)argv, (void)w;
  char block[4096];
  memset(block, 'x', sizeof block);
  for (int i = 0; i < 1024; i++)
    if (!files_write_all(out, block, sizeof block)) return EXIT_TROUBLE;
  return EXIT_CLEAN;
}

static void die_of(int sig) {
  signal(sig, SIG_DFL); /* sanitizers have handlers of their own */
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  raise(sig);
}

static int crashes(int argc, char **argv, watch *w, int out) {
  (void)argc, (void)argv, (void)w;
  say(out, "half of the outp");
  die_of(SIGSEGV);
  return EXIT_CLEAN;
}

static int crashes_at_work(int argc, char **argv, watch *w, int out) {
  (void)argc, (void)argv, (void)out;
  watch_start(w, "the target \"a\\b\"\n\x1b[31m", 60000);
  die_of(SIGABRT);
  return EXIT_CLEAN;
}

static int crashes_after_work(int argc, char **argv, watch *w, int out) {
  (void)argc, (void)argv, (void)out;
  watch_start(w, "the target a", 60000);
  watch_stop(w);
  die_of(SIGKILL);
  return EXIT_CLEAN;
}

static int sleep_on(void) {
  while (pause() == -1) continue;
  return EXIT_CLEAN;
}

static int hangs(int argc, char **argv, watch *w, int out) {
  (void)argc, (void)argv;
  say(out, "half");
  watch_start(w, "the provider p", 100);
  return sleep_on();
}

static int hangs_and_ignores(int argc, char **argv, watch *w, int out) {
  for (int sig = 1; sig < 32; sig++) signal(sig, SIG_IGN);
  return hangs(argc, argv, w, out);
}

static int hangs_with_ndjson(int argc, char **argv, watch *w, int out) {
  atomic_store(&w->ndjson, true);
  return hangs(argc, argv, w, out);
}

/* Stages that end in time, one after the other, together longer than each may take. */
static int works_in_stages(int argc, char **argv, watch *w, int out) {
  (void)argc, (void)argv;
  for (int i = 0; i < 5; i++) {
    watch_start(w, "a stage", 1000);
    usleep(30000);
    watch_stop(w);
  }
  usleep(300000); /* not on the clock */
  return say(out, "done\n");
}

/* A long stage name is cut. */
static int hangs_in_a_long_stage(int argc, char **argv, watch *w, int out) {
  (void)argc, (void)argv, (void)out;
  char name[1000];
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  watch_start(w, name, 50);
  return sleep_on();
}

/* What a loader sees of the three streams when its parent was started without them. */
static int looks_at_streams(int argc, char **argv, watch *w, int out) {
  (void)argc, (void)argv, (void)w;
  return out > 2 && fcntl(0, F_GETFD) >= 0 && fcntl(1, F_GETFD) >= 0 && fcntl(2, F_GETFD) >= 0 ? EXIT_CLEAN : EXIT_TROUBLE;
}

/* --- running them --------------------------------------------------------------------------------------------------- */

typedef enum stream { CAPTURED, CLOSED, FULL, NO_READER } stream;

typedef struct setting {
  stream out, err;
  bool no_stdin, ignores_children;
} setting;

typedef struct outcome {
  int status; /* -1: it hung or died */
  buf out, err;
} outcome;

static void place_stream(int fd, stream kind, int captured) {
  int pipes[2];
  switch (kind) {
    case CAPTURED: dup2(captured, fd); break;
    case CLOSED: close(fd); break;
    case FULL: dup2(open("/dev/full", O_WRONLY), fd); break;
    case NO_READER:
      if (pipe(pipes)) _exit(99);
      close(pipes[0]);
      dup2(pipes[1], fd);
  }
}

static buf take(int fd) {
  buf b = {0};
  diag why;
  lseek(fd, 0, SEEK_SET);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  assert_true(files_read(&b, path, &why));
  assert_non_null(buf_text(&b));
  close(fd);
  return b;
}

/* A process of its own, as process_run changes signals and streams for good. */
static outcome run(loader_main *loader, setting s, int argc, const char *const *argv) {
  int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC), status;
  pid_t child = fork();
  assert_true(out > 2 && err > 2 && child >= 0);
  if (!child) {
    alarm(HARD);
    place_stream(1, s.out, out);
    place_stream(2, s.err, err);
    if (s.no_stdin) close(0);
    if (s.ignores_children) signal(SIGCHLD, SIG_IGN);
    _exit(process_run(loader, argc, (char **)argv));
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  return (outcome){WIFEXITED(status) ? WEXITSTATUS(status) : -1, take(out), take(err)};
}

static const struct {
  const char *name;
  loader_main *loader;
  setting setting;
  int status;
  const char *out, *err; /* `err` is what it must start with */
} rows[] = {
    {"ends well", ends_well, {0}, 0, "all is well\n", ""},
    {"says nothing", says_nothing, {0}, 0, "", ""},
    {"works in stages", works_in_stages, {0}, 0, "done\n", ""},
    {"crashes", crashes, {0}, 2, "", "moonstep: error[crashed]: the loader was ended by signal 11 (Segmentation fault)\n"},
    {"crashes at work",
     crashes_at_work,
     {0},
     2,
     "",
     "moonstep: error[crashed]: the loader was ended by signal 6 (Aborted) while it worked on the target ?a?b???[31m\n"},
    {"crashes after work", crashes_after_work, {0}, 2, "", "moonstep: error[crashed]: the loader was ended by signal 9 (Killed)\n"},
    {"hangs", hangs, {0}, 2, "", "moonstep: error[time-limit]: the provider p took more than 0.1 s of wall clock and was ended\n"},
    {"hangs and ignores signals", hangs_and_ignores, {0}, 2, "", "moonstep: error[time-limit]: "},
    {"hangs with ndjson",
     hangs_with_ndjson,
     {0},
     2,
     "",
     "{\"rule\":\"time-limit\",\"severity\":\"error\",\"message\":\"the provider p took more than 0.1 s of wall clock and was ended\"}\n"},
    {"hangs in a long stage", hangs_in_a_long_stage, {0}, 2, "", "moonstep: error[time-limit]: nnnnnnnn"},
    {"stdout closed", ends_well, {.out = CLOSED}, 2, "", "moonstep: error[output]: cannot write to standard output: Bad file descriptor\n"},
    {"stdout closed, nothing to say", says_nothing, {.out = CLOSED}, 0, "", ""},
    {"stdout full", ends_well, {.out = FULL}, 2, "", "moonstep: error[output]: cannot write to standard output: No space left on device\n"},
    {"nobody reads", ends_well, {.out = NO_READER}, 0, "", ""},
    {"nobody reads much", says_much, {.out = NO_READER}, 0, "", ""},
    {"stderr closed", crashes, {.err = CLOSED}, 2, "", ""},
    {"stderr full", crashes, {.err = FULL}, 2, "", ""},
    {"nobody reads stderr", crashes, {.err = NO_READER}, 2, "", ""},
    {"all streams", looks_at_streams, {0}, 0, "", ""},
    {"no stream", looks_at_streams, {.out = CLOSED, .err = CLOSED, .no_stdin = true}, 0, "", ""},
    {"no stdin", ends_well, {.no_stdin = true}, 0, "all is well\n", ""},
    {"started by who ignores children", ends_well, {.ignores_children = true}, 0, "all is well\n", ""},
};

static void test_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    const char *argv[] = {"test", NULL};
    print_message("%s\n", rows[i].name);
    outcome o = run(rows[i].loader, rows[i].setting, 1, argv);
    assert_text(o.out.data, o.out.len, rows[i].out, strlen(rows[i].out), rows[i].name);
    size_t len = strlen(rows[i].err);
    assert_text(o.err.data, len && len < o.err.len ? len : o.err.len, rows[i].err, len, rows[i].name);
    assert_int_equal(o.status, rows[i].status);
    buf_free(&o.out);
    buf_free(&o.err);
  }
}

static void test_status_is_handed_on(void **state) {
  (void)state;
  for (int status = 0; status < 256; status += 51) {
    char text[16];
    snprintf(text, sizeof text, "%d", status);
    const char *argv[] = {"test", text, "output", NULL};
    outcome o = run(obeys, (setting){0}, 3, argv);
    assert_int_equal(o.status, status);
    assert_string_equal(buf_text(&o.out), "output"); /* findings do not keep the output back */
    assert_int_equal(o.err.len, 0);
    buf_free(&o.out);
    buf_free(&o.err);
  }
}

static void test_much_output(void **state) {
  (void)state;
  const char *argv[] = {"test", NULL};
  outcome o = run(says_much, (setting){0}, 1, argv);
  assert_int_equal(o.status, 0);
  assert_int_equal(o.out.len, 4 << 20);
  for (size_t i = 0; i < o.out.len; i += 1000) assert_int_equal(o.out.data[i], 'x');
  buf_free(&o.out);
  buf_free(&o.err);
}

static void test_watch(void **state) {
  (void)state;
  watch w = {0};
  assert_int_equal(watch_left(&w), INT64_MAX);
  watch_start(&w, "s", 10000);
  assert_in_range(watch_left(&w), 9000, 10000);
  assert_string_equal(w.stage, "s");
  watch_stop(&w);
  assert_int_equal(watch_left(&w), INT64_MAX);
  watch_start(&w, "t", 0);
  usleep(3000);
  assert_true(watch_left(&w) < 0);
}

/* The loader does not outlive who started it. */
static void test_loader_ends_with_its_parent(void **state) {
  (void)state;
  int pipes[2];
  char byte;
  assert_int_equal(pipe(pipes), 0);
  pid_t child = fork();
  if (!child) {
    char name[] = "test", *argv[] = {name, NULL};
    close(pipes[0]); /* the loader holds the other end as long as it lives */
    _exit(process_run(hangs, 1, argv));
  }
  close(pipes[1]);
  usleep(30000);
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  alarm(HARD);
  assert_int_equal(read(pipes[0], &byte, 1), 0);
  alarm(0);
  close(pipes[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),  cmocka_unit_test(test_status_is_handed_on),         cmocka_unit_test(test_much_output),
      cmocka_unit_test(test_watch), cmocka_unit_test(test_loader_ends_with_its_parent),
  };
  return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
