/* engine/host/folder: files are whole or not there, names stay within the folder, and what runs leave behind goes with the right ones. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files.h"
#include "host/folder.h"

/* --- the folder that each test works in, the working folder --------------------------------------------------------- */

static char place[32];

static int begin(void **state) {
  (void)state;
  strcpy(place, "/tmp/folder_test.XXXXXX");
  return mkdtemp(place) && chdir(place) == 0 ? 0 : -1;
}

static int end(void **state) {
  (void)state;
  char line[64];
  snprintf(line, sizeof line, "rm -r %s", place);
  return chdir("/") || system(line);
}

static void open_it(folder *f, const char *tag) {
  diag why;
  if (!folder_open(f, "out", tag, &why)) fail_msg("%s", why.message);
}

static void write_text(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  assert_true(fd >= 0 && files_write_all(fd, text, strlen(text)));
  close(fd);
}

static void assert_file(const char *path, const char *want) {
  char got[256] = "";
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail_msg("%s is not there", path);
  ssize_t len = read(fd, got, sizeof got);
  close(fd);
  assert_text(got, len < 0 ? 0 : (size_t)len, want, strlen(want), path);
}

static bool is_there(const char *path) {
  struct stat st;
  return lstat(path, &st) == 0;
}

/* How many files there are, in folders too, whatever they are called. */
static int count_files(void) {
  FILE *found = popen("find out -type f | wc -l", "r");
  int count = -1;
  assert_int_equal(fscanf(found, "%d", &count), 1);
  pclose(found);
  return count;
}

static void put(folder *f, const char *name, const char *text) {
  diag why;
  if (!folder_put(f, name, text, strlen(text), &why)) fail_msg("%s", why.message);
}

static void commit(folder *f) {
  diag why;
  if (!folder_commit(f, &why)) fail_msg("%s", why.message);
}

/* --- files ----------------------------------------------------------------------------------------------------------- */

static void test_put(void **state) {
  (void)state;
  folder f;
  open_it(&f, "");
  put(&f, "a.yaml", "a");
  put(&f, "b/c/d.yaml", "d");
  put(&f, "b/e.yaml", "");
  assert_false(is_there("out/a.yaml") || is_there("out/b/c/d.yaml"));
  commit(&f);
  assert_file("out/a.yaml", "a");
  assert_file("out/b/c/d.yaml", "d");
  assert_file("out/b/e.yaml", "");
  put(&f, "a.yaml", "other");
  put(&f, "g.yaml", "g");
  folder_reset(&f);
  assert_file("out/a.yaml", "a");
  assert_int_equal(count_files(), 3);
  put(&f, "a.yaml", "other");
  folder_close(&f); /* forgets it, too */
  assert_file("out/a.yaml", "a");
  assert_int_equal(count_files(), 3);
}

static void test_piece_by_piece(void **state) {
  (void)state;
  folder f;
  diag why;
  open_it(&f, "");
  for (int round = 0; round < 3; round++) { /* there is none; there is an equal one; another one */
    int fd = folder_begin(&f, "b/part.yaml", &why);
    assert_true(fd >= 0 && files_write_all(fd, "one", 3) && files_write_all(fd, round < 2 ? "two" : "tow", 3));
    assert_true(folder_end(&f, fd, "b/part.yaml", &why));
    commit(&f);
    assert_file("out/b/part.yaml", round < 2 ? "onetwo" : "onetow");
  }
  int fd = folder_begin(&f, "b/part.yaml", &why);
  assert_true(fd >= 0 && files_write_all(fd, "x", 1));
  folder_drop(&f, fd, "b/part.yaml");
  commit(&f);
  assert_file("out/b/part.yaml", "onetow");
  assert_int_equal(count_files(), 1);
  folder_close(&f);
}

static void test_what_is_the_same_stays(void **state) {
  (void)state;
  folder f;
  struct stat before, after;
  open_it(&f, "");
  put(&f, "a.yaml", "same");
  commit(&f);
  assert_int_equal(chmod("out/a.yaml", 0640), 0);
  assert_int_equal(stat("out/a.yaml", &before), 0);
  put(&f, "a.yaml", "same");
  commit(&f);
  assert_int_equal(stat("out/a.yaml", &after), 0);
  assert_true(before.st_ino == after.st_ino);
  put(&f, "a.yaml", "SAME");
  commit(&f);
  assert_int_equal(stat("out/a.yaml", &after), 0);
  assert_true(before.st_ino != after.st_ino);
  assert_int_equal(after.st_mode & 07777, 0640); /* as the one before */
  folder_close(&f);
}

/* --- names ----------------------------------------------------------------------------------------------------------- */

static void test_names_stay_within(void **state) {
  (void)state;
  static const struct {
    const char *name, *words;
  } rows[] = {
      {"../a", "leads out of the folder"},
      {"b/../../a", "leads out of the folder"},
      {"/tmp/a", "leads out of the folder"},
      {"away/a", "leads out of the folder"},
      {"up/a", "leads out of the folder"},
      {"taken", "there is a folder of that name"},
      {"pipe", "File exists"},
      {"file/a", "Not a directory"},
      {"round/a", "Too many levels of symbolic links"},
  };
  folder f;
  diag why;
  open_it(&f, "");
  assert_int_equal(system("mkdir out/taken out/b else && ln -s ../else out/away && ln -s .. out/up && mkfifo out/pipe && : >out/file &&"
                          "ln -s round out/round"),
                   0);
  for (size_t i = 0; i < COUNT(rows); i++) {
    assert_false(folder_put(&f, rows[i].name, "x", 1, &why));
    assert_string_equal(why.id, "unwritable");
    if (!strstr(why.message, rows[i].words)) fail_msg("%s: %s", rows[i].name, why.message);
  }
  commit(&f);
  assert_int_equal(count_files(), 1);
  assert_int_equal(rmdir("else"), 0); /* it is empty */
  folder_close(&f);
}

static void test_links_are_replaced(void **state) {
  (void)state;
  folder f;
  open_it(&f, "");
  write_text("else", "else");
  assert_int_equal(symlink("../else", "out/a.yaml"), 0);
  put(&f, "a.yaml", "else");
  commit(&f);
  struct stat st;
  assert_true(lstat("out/a.yaml", &st) == 0 && S_ISREG(st.st_mode));
  assert_file("else", "else");
  assert_int_equal(symlink("../else", "out/b"), 0);
  assert_true(folder_read(&f, "b") < 0); /* nor are they read */
  folder_close(&f);
}

static void test_long_names(void **state) {
  (void)state;
  folder f;
  diag why;
  char name[PATH_MAX + 8];
  memset(name, 'n', sizeof name);
  name[sizeof name - 1] = '\0';
  assert_false(folder_open(&f, name, "", &why));
  folder_close(&f);
  open_it(&f, "");
  assert_false(folder_put(&f, name, "x", 1, &why));
  name[PATH_MAX] = '/';
  assert_false(folder_put(&f, name, "x", 1, &why));
  assert_string_equal(why.id, "unwritable");
  folder_close(&f);
}

/* --- folders that cannot be had -------------------------------------------------------------------------------------- */

static void test_open(void **state) {
  (void)state;
  folder f;
  diag why;
  assert_true(folder_open(&f, "a/b//c///", "", &why));
  assert_string_equal(f.path, "a/b//c");
  folder_close(&f);
  write_text("file", "");
  for (const char *path = "file"; path; path = strcmp(path, "file") ? NULL : "file/below") {
    assert_false(folder_open(&f, path, "", &why));
    assert_non_null(strstr(why.message, "Not a directory"));
    folder_close(&f);
  }
  assert_false(folder_open(&f, "", "", &why));
  folder_close(&f);
}

static void test_locks(void **state) {
  (void)state;
  folder one, other;
  diag why;
  open_it(&one, "1-of-2");
  open_it(&other, "2-of-2"); /* at the same time */
  folder_close(&other);
  assert_false(folder_open(&other, "out", "1-of-2", &why));
  assert_non_null(strstr(why.message, "another run is writing the shard 1-of-2"));
  folder_close(&other);
  assert_false(folder_open(&other, "out", "", &why));
  assert_non_null(strstr(why.message, "another run is writing into out"));
  folder_close(&other);
  folder_close(&one);
  open_it(&other, "");
  folder_close(&other);
}

/* --- what goes ------------------------------------------------------------------------------------------------------- */

static void test_sweep(void **state) {
  (void)state;
  static const struct {
    const char *name;
    bool of_shard, of_any; /* goes with a run of 1-of-2; with one that is alone */
  } rows[] = {
      {".moonstep-12-0.tmp", false, true},        {".moonstep-1-of-2-12-0.tmp", true, true}, {".moonstep-1-of-20-12-0.tmp", false, true},
      {".moonstep-2-of-2-12-0.tmp", false, true}, {".moonstep-x-12-0.tmp", false, false},    {".moonstep-.tmp", false, false},
      {".moonstep-12-0.tmp.yaml", false, false},  {"a.moonstep-12-0.tmp", false, false},     {".moonstep-2-of-2.lock", false, true},
  };
  for (int alone = 0; alone < 2; alone++) {
    folder f;
    open_it(&f, alone ? "" : "1-of-2");
    assert_int_equal(system("mkdir -p out/deep/er out/.hidden && ln -sfn ../else out/link && mkdir -p else"), 0);
    char path[256];
    for (size_t i = 0; i < COUNT(rows); i++)
      for (int k = 0; k < 2; k++) {
        snprintf(path, sizeof path, "out/%s%s", k ? "deep/er/" : "", rows[i].name);
        write_text(path, "");
      }
    write_text("out/.hidden/.moonstep-12-0.tmp", "");
    write_text("else/.moonstep-12-0.tmp", "");
    folder_sweep(&f);
    for (size_t i = 0; i < COUNT(rows); i++)
      for (int k = 0; k < 2; k++) {
        snprintf(path, sizeof path, "out/%s%s", k ? "deep/er/" : "", rows[i].name);
        if (is_there(path) == (alone ? rows[i].of_any : rows[i].of_shard)) fail_msg("%s, %s", path, alone ? "alone" : "a shard");
      }
    assert_true(is_there("out/.hidden/.moonstep-12-0.tmp") && is_there("else/.moonstep-12-0.tmp"));
    folder_close(&f);
  }
}

static void test_remove(void **state) {
  (void)state;
  folder f;
  diag why;
  open_it(&f, "");
  put(&f, "a/b/c.yaml", "c");
  put(&f, "a/d.yaml", "d");
  put(&f, "e.yaml", "e");
  commit(&f);
  assert_true(folder_remove(&f, "a/b/c.yaml", &why));
  assert_false(is_there("out/a/b"));
  assert_true(is_there("out/a/d.yaml"));
  assert_true(folder_remove(&f, "a/b/c.yaml", &why)); /* it is gone already */
  assert_true(folder_remove(&f, "a/d.yaml", &why) && folder_remove(&f, "e.yaml", &why));
  assert_true(is_there("out") && !is_there("out/a") && !is_there("out/e.yaml"));
  assert_int_equal(mkdir("out/g", 0777), 0);
  assert_false(folder_remove(&f, "g", &why));
  assert_non_null(strstr(why.message, "cannot remove out/g: "));
  put(&f, "a/b/c.yaml", "again"); /* in folders that were removed */
  commit(&f);
  assert_file("out/a/b/c.yaml", "again");
  folder_close(&f);
}

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

static void test_list(void **state) {
  (void)state;
  folder f;
  diag why;
  buf names = {0};
  open_it(&f, "");
  assert_true(folder_list(&f, "", &names, &why) && names.len >= 5); /* . and .. */
  buf_clear(&names);
  put(&f, "manifest-1", "");
  put(&f, "manifest-2", "");
  put(&f, "manifes", "");
  put(&f, "deep/manifest-3", "");
  commit(&f);
  assert_true(folder_list(&f, "manifest-", &names, &why));
  assert_int_equal(names.len, 22);
  qsort(names.data, 2, 11, by_text);
  assert_memory_equal(names.data, "manifest-1\0manifest-2", 22);
  buf_free(&names);
  folder_close(&f);
}

/* --- files of the folder itself -------------------------------------------------------------------------------------- */

static void test_journal(void **state) {
  (void)state;
  folder f;
  diag why;
  char text[8] = "";
  open_it(&f, "");
  int fd = folder_journal(&f, "list.part", &why);
  assert_true(fd >= 0 && files_write_all(fd, "one", 3));
  close(fd);
  fd = folder_journal(&f, "list.part", &why); /* what is there stays */
  assert_int_equal(read(fd, text, sizeof text), 3);
  close(fd);
  assert_true(folder_sync(&f, &why) && folder_rename(&f, "list.part", "list", &why));
  assert_file("out/list", "one");
  assert_false(folder_rename(&f, "list.part", "list", &why));
  assert_int_equal(symlink("../else", "out/link"), 0);
  assert_true(folder_journal(&f, "link", &why) < 0);
  fd = folder_spool(&f, &why);
  assert_true(fd >= 0 && files_write_all(fd, "two", 3));
  assert_int_equal(count_files(), 1); /* it has no name */
  close(fd);
  fd = folder_read(&f, "list");
  assert_int_equal(read(fd, text, sizeof text), 3);
  close(fd);
  assert_true(folder_read(&f, "none") < 0 && errno == ENOENT);
  assert_int_equal(mkfifo("out/pipe", 0600), 0);
  assert_true(folder_read(&f, "pipe") < 0 && errno == EINVAL);
  folder_close(&f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_put),
      TEST(test_piece_by_piece),
      TEST(test_what_is_the_same_stays),
      TEST(test_names_stay_within),
      TEST(test_links_are_replaced),
      TEST(test_long_names),
      TEST(test_open),
      TEST(test_locks),
      TEST(test_sweep),
      TEST(test_remove),
      TEST(test_list),
      TEST(test_journal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
