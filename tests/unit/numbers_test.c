/* engine/host/numbers: sets of numbers in a file, against what a plain search finds. */
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/numbers.h"

/* A file with these numbers, and some bytes behind them that are none. */
static int file_of(const uint64_t *all, size_t count, size_t more) {
  int fd = memfd_create("numbers", MFD_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, all, count * sizeof *all), (ssize_t)(count * sizeof *all));
  assert_int_equal(write(fd, "1234567", more), (ssize_t)more);
  return fd;
}

static bool is_among(const uint64_t *all, size_t count, uint64_t number) {
  for (size_t i = 0; i < count; i++)
    if (all[i] == number) return true;
  return false;
}

/* The least number that is there twice. */
static bool least_twice(const uint64_t *all, size_t count, uint64_t *least) {
  bool found = false;
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < i; k++)
      if (all[i] == all[k] && (!found || all[i] < *least)) {
        found = true;
        *least = all[i];
      }
  return found;
}

static void check(const uint64_t *all, size_t count, size_t more) {
  int fd = file_of(all, count, more);
  numbers n;
  uint64_t got = 0, want = 0;
  assert_true(numbers_open(&n, fd));
  close(fd); /* what is mapped stays */
  assert_int_equal(n.count, count);
  for (size_t i = 0; i < count; i++) {
    assert_true(numbers_have(&n, all[i]));
    if (i) assert_true(n.all[i - 1] <= n.all[i]);
    assert_int_equal(numbers_have(&n, all[i] + 1), is_among(all, count, all[i] + 1));
    assert_int_equal(numbers_have(&n, all[i] - 1), is_among(all, count, all[i] - 1));
  }
  assert_int_equal(numbers_have(&n, 0), is_among(all, count, 0));
  assert_int_equal(numbers_have(&n, UINT64_MAX), is_among(all, count, UINT64_MAX));
  bool twice = least_twice(all, count, &want);
  assert_int_equal(numbers_twice(&n, &got), twice);
  if (twice) assert_true(got == want);
  numbers_close(&n);
  assert_null(n.all);
  numbers_close(&n); /* once more is no harm */
}

static void test_few(void **state) {
  (void)state;
  static const uint64_t rows[][5] = {
      {1, 2, 3, 4, 5}, {5, 4, 3, 2, 1}, {7, 7, 7, 7, 7}, {0, UINT64_MAX, 1, UINT64_MAX - 1, 0}, {3, 1, 3, 1, 2},
  };
  for (size_t i = 0; i < COUNT(rows); i++)
    for (size_t count = 0; count <= COUNT(rows[i]); count++) check(rows[i], count, i % 4);
}

static void test_many(void **state) {
  (void)state;
  uint32_t seed = 11;
  static uint64_t all[1500];
  for (size_t round = 0; round < 40; round++) {
    size_t count = next_random(&seed) % COUNT(all);
    /* few different ones in some rounds, so that many are there twice */
    uint32_t most = round % 3 == 0 ? 100 : round % 3 == 1 ? 1000000 : UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
      uint64_t number = next_random(&seed) % most;
      all[i] = number << (round % 33);
    }
    check(all, count, round % 8);
  }
}

static void test_no_file(void **state) {
  (void)state;
  numbers n;
  uint64_t number;
  assert_false(numbers_open(&n, -1));
  assert_false(numbers_have(&n, 1));
  assert_false(numbers_twice(&n, &number));
  int fd = file_of((uint64_t[]){1}, 1, 0), read_only = -1;
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  read_only = open(path, O_RDONLY | O_CLOEXEC);
  assert_true(read_only >= 0);
  assert_false(numbers_open(&n, read_only)); /* it is sorted in place */
  close(read_only);
  close(fd);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_few), cmocka_unit_test(test_many), cmocka_unit_test(test_no_file)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
