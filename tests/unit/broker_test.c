/* engine/host/broker: commands that end in every way, what they are given, and that nothing is left of them. */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/broker.h"
#include "host/watch.h"

enum { LONG = 10000 /* milliseconds that nothing here takes */ };

static const char *const no_variables[] = {NULL};

static broker *start(const char *script, int limit) {
  const char *arguments[] = {"sh", "-c", script, NULL};
  diag why;
  broker *b = broker_start(&(broker_command){arguments, no_variables, limit, NULL}, &why);
  assert_non_null(b);
  return b;
}

static broker_answer wait_for(broker *b) {
  broker_answer a = {0};
  uint64_t deadline = watch_now() + (uint64_t)LONG * 1000000;
  while (!broker_poll(b, 20, &a)) assert_true(watch_now() < deadline);
  return a;
}

static broker_answer ask(broker *b) {
  broker_ask(b);
  return wait_for(b);
}

static void release(broker_answer *a) {
  buf_free(&a->out);
  buf_free(&a->err);
}

/* What a command of that script answers with. */
static broker_answer answer_of(const char *script, int limit) {
  broker *b = start(script, limit);
  broker_answer a = ask(b);
  broker_end(b);
  return a;
}

static void expect_text(const buf *got, const char *want, const char *about) {
  assert_text(got->data, got->len, want, strlen(want), about);
}

/* Nothing that runs is left: this process inherits what a command started, and would wait for ever. */
static void expect_nobody(void) {
  while (waitpid(-1, NULL, 0) > 0) continue;
  assert_int_equal(errno, ECHILD);
}

static void commands_end(void **state) {
  (void)state;
  static const struct {
    const char *script;
    int code;
    const char *out, *err;
  } rows[] = {
      {"echo out; echo err >&2", 0, "out\n", "err\n"},
      {"exit 3", 3, "", ""},
      {"kill -TERM $$", 128 + SIGTERM, "", ""},
      {"kill -PIPE $$", 128 + SIGPIPE, "", ""},
      {"cat; echo end", 0, "end\n", ""},
      {"echo x >&-", 0, "", NULL},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    broker_answer a = answer_of(rows[i].script, LONG);
    if (a.outcome != BROKER_ENDED || (rows[i].err && a.code != rows[i].code))
      fail_msg("%s: outcome %d, code %d", rows[i].script, a.outcome, a.code);
    expect_text(&a.out, rows[i].out, rows[i].script);
    if (rows[i].err) expect_text(&a.err, rows[i].err, rows[i].script);
    release(&a);
  }
  expect_nobody();
}

static void it_can_be_asked_again(void **state) {
  (void)state;
  char folder[] = "/tmp/moonstep-broker-XXXXXX", script[200];
  assert_non_null(mkdtemp(folder));
  snprintf(script, sizeof script, "echo x >>%s/count; wc -l <%s/count", folder, folder);
  broker *b = start(script, LONG);
  for (int i = 1; i <= 3; i++) {
    broker_answer a = ask(b);
    assert_int_equal(atoi(a.out.data), i);
    release(&a);
  }
  broker_end(b);
  snprintf(script, sizeof script, "rm -r %s", folder);
  assert_int_equal(system(script), 0);
  expect_nobody();
}

static void a_command_that_is_not_there(void **state) {
  (void)state;
  const char *arguments[] = {"/nowhere/at all", NULL};
  diag why;
  broker *b = broker_start(&(broker_command){arguments, no_variables, LONG, NULL}, &why);
  for (int i = 0; i < 2; i++) {
    broker_answer a = ask(b);
    assert_int_equal(a.outcome, BROKER_NOT_STARTED);
    assert_int_equal(a.code, ENOENT);
    release(&a);
  }
  broker_end(b);
}

static void time_and_size_are_limited(void **state) {
  (void)state;
  broker_answer a = answer_of("echo begun >&2; sleep 100", 100);
  assert_int_equal(a.outcome, BROKER_LATE);
  expect_text(&a.err, "begun\n", "late");
  release(&a);
  a = answer_of("yes", LONG);
  assert_int_equal(a.outcome, BROKER_TOO_MUCH);
  assert_int_equal(a.out.len, 0);
  release(&a);
  a = answer_of("head -c 1048576 /dev/zero; head -c 100000 /dev/zero >&2", LONG);
  assert_int_equal(a.outcome, BROKER_ENDED);
  assert_int_equal(a.out.len, BROKER_MOST_OUTPUT);
  assert_int_equal(a.err.len, BROKER_MOST_ERRORS);
  release(&a);
  a = answer_of("head -c 1048577 /dev/zero", LONG);
  assert_int_equal(a.outcome, BROKER_TOO_MUCH);
  release(&a);
  expect_nobody();
}

/* One that goes on behind its parent, with the pipe open. */
static void what_a_command_starts_ends_with_it(void **state) {
  (void)state;
  uint64_t begun = watch_now();
  broker_answer a = answer_of("sleep 100 & echo $!", LONG);
  assert_true(watch_now() - begun < (uint64_t)LONG * 1000000 / 2);
  pid_t left = (pid_t)atoi(a.out.data);
  assert_true(left > 1);
  expect_nobody();
  assert_int_equal(kill(left, 0), -1);
  release(&a);
}

static int open_files(void) {
  int count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (readdir(folder)) count++;
  closedir(folder);
  return count;
}

static void it_is_given_nothing(void **state) {
  (void)state;
  int fds[2], before = open_files();
  assert_int_equal(pipe(fds), 0); /* without FD_CLOEXEC */
  broker_answer a = answer_of("ls /proc/self/fd | wc -l; read x && echo read; exec 2>&-; (: >/dev/tty) && echo tty; echo end", LONG);
  expect_text(&a.out, "4\nend\n", "files"); /* three streams, and the folder */
  release(&a);
  close(fds[0]);
  close(fds[1]);
  assert_int_equal(open_files(), before);
}

static void variables_are_set(void **state) {
  (void)state;
  const char *arguments[] = {"sh", "-c", "echo $FIRST-$SECOND-$THIRD", NULL}, *variables[] = {"SECOND=new = value", "THIRD=3", NULL};
  setenv("FIRST", "1", 1);
  setenv("SECOND", "old", 1);
  diag why;
  broker *b = broker_start(&(broker_command){arguments, variables, LONG, NULL}, &why);
  broker_answer a = ask(b);
  expect_text(&a.out, "1-new = value-3\n", "variables");
  release(&a);
  broker_end(b);
}

/* Who asks next gets the answer that nobody waited for. */
static void an_answer_is_kept(void **state) {
  (void)state;
  broker *b = start("sleep 0.2; echo $$", LONG);
  broker_answer a;
  broker_ask(b);
  assert_false(broker_poll(b, 0, &a));
  a = ask(b);
  int first = atoi(a.out.data);
  release(&a);
  a = ask(b);
  assert_int_not_equal(atoi(a.out.data), first);
  release(&a);
  broker_end(b);
}

static void ending_it_ends_the_command(void **state) {
  (void)state;
  broker *b = start("sleep 100", LONG);
  broker_answer a;
  broker_ask(b);
  assert_false(broker_poll(b, 100, &a));
  broker_end(b);
  expect_nobody();
}

/* The process that asked is killed: the broker and the command end by themselves. */
static void nobody_asks_any_more(void **state) {
  (void)state;
  pid_t asker = fork();
  if (asker == 0) {
    broker *b = start("sleep 100", LONG);
    broker_answer a;
    broker_ask(b);
    broker_poll(b, 100, &a);
    raise(SIGKILL);
  }
  expect_nobody();
}

static void a_broker_that_is_gone(void **state) {
  (void)state;
  broker *b = start("kill -KILL $PPID", LONG);
  broker_answer a = ask(b);
  assert_int_equal(a.outcome, BROKER_GONE);
  release(&a);
  a = ask(b);
  assert_int_equal(a.outcome, BROKER_GONE);
  release(&a);
  broker_end(b);
  expect_nobody();
}

static int setup(void **state) {
  (void)state;
  signal(SIGPIPE, SIG_IGN);
  alarm(60);
  return prctl(PR_SET_CHILD_SUBREAPER, 1); /* orphans are waited for here, so that none is missed */
}

static const char *const programs[] = {"sh", "rm", NULL};

static broker *start_open(void) {
  diag why;
  broker *b = broker_start(&(broker_command){.programs = programs}, &why);
  assert_non_null(b);
  return b;
}

static void request(broker *b, const char *script, int limit, bool last) {
  const char *arguments[] = {"sh", "-c", script, NULL}, *variables[] = {"COLOUR=blue and green", NULL};
  broker_request(b, &(broker_command){arguments, variables, limit, NULL}, last);
}

/* What comes of a request until it has ended, put together; each piece must be one. */
static broker_answer whole(broker *b, int *pieces) {
  buf out = {0}, err = {0};
  *pieces = 0;
  for (;;) {
    broker_answer a = wait_for(b);
    buf_add(&out, a.out.data, a.out.len);
    buf_add(&err, a.err.data, a.err.len);
    bool running = a.outcome == BROKER_RUNNING;
    if (running) assert_true(a.out.len + a.err.len > 0);
    else assert_int_equal(a.out.len + a.err.len, 0);
    release(&a);
    *pieces += running;
    if (!running) return (broker_answer){a.outcome, a.code, out, err};
  }
}

static void requests_are_answered_in_pieces(void **state) {
  (void)state;
  int pieces;
  broker *b = start_open();
  for (int i = 0; i < 3; i++) {
    request(b, "echo one; sleep 0.1; echo two >&2; sleep 0.1; echo $COLOUR; exit 4", 0, false);
    broker_answer a = whole(b, &pieces);
    assert_int_equal(a.outcome, BROKER_ENDED);
    assert_int_equal(a.code, 4);
    expect_text(&a.out, "one\nblue and green\n", "out");
    expect_text(&a.err, "two\n", "err");
    assert_in_range(pieces, 3, 5);
    release(&a);
  }
  request(b, "exec head -c 5000000 /dev/zero", 0, false); /* more than a fixed command may print */
  broker_answer a = whole(b, &pieces);
  assert_int_equal(a.out.len, 5000000);
  release(&a);
  request(b, "echo x; sleep 60", 200, false);
  a = whole(b, &pieces);
  assert_int_equal(a.outcome, BROKER_LATE);
  release(&a);
  broker_end(b);
  expect_nobody();
}

/* Anything else than its programs, and what is no request at all, ends it. */
static void only_its_programs_are_run(void **state) {
  (void)state;
  static const char *const rows[][3] = {
      {"cat", "/dev/null", NULL}, {"/bin/sh", "-c", NULL}, {"s", NULL, NULL}, {"", NULL, NULL}, {NULL, NULL, NULL}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    broker *b = start_open();
    broker_request(b, &(broker_command){rows[i], no_variables, 0, NULL}, false);
    broker_answer a = wait_for(b);
    assert_int_equal(a.outcome, BROKER_GONE);
    release(&a);
    broker_end(b);
  }
  expect_nobody();
}

static void last_commands_are_run_when_the_asker_is_gone(void **state) {
  (void)state;
  char folder[] = "/tmp/moonstep-broker-XXXXXX", script[200], path[100];
  assert_non_null(mkdtemp(folder));
  snprintf(script, sizeof script, "echo $COLOUR >%s/last", folder);
  snprintf(path, sizeof path, "%s/last", folder);
  for (int kept = 0; kept < 2; kept++) {
    int pieces;
    broker *b = start_open();
    request(b, script, LONG, true);
    if (!kept) broker_request(b, &(broker_command){no_variables, no_variables, 0, NULL}, true);
    request(b, "true", 0, false);
    broker_answer a = whole(b, &pieces);
    release(&a);
    assert_int_equal(access(path, F_OK), -1);
    broker_end(b);
    assert_int_equal(access(path, F_OK), kept - 1);
  }
  unlink(path);
  rmdir(folder);
  expect_nobody();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(commands_end),
      cmocka_unit_test(it_can_be_asked_again),
      cmocka_unit_test(a_command_that_is_not_there),
      cmocka_unit_test(time_and_size_are_limited),
      cmocka_unit_test(what_a_command_starts_ends_with_it),
      cmocka_unit_test(it_is_given_nothing),
      cmocka_unit_test(variables_are_set),
      cmocka_unit_test(an_answer_is_kept),
      cmocka_unit_test(ending_it_ends_the_command),
      cmocka_unit_test(nobody_asks_any_more),
      cmocka_unit_test(a_broker_that_is_gone),
      cmocka_unit_test(requests_are_answered_in_pieces),
      cmocka_unit_test(only_its_programs_are_run),
      cmocka_unit_test(last_commands_are_run_when_the_asker_is_gone),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}
