#include "host/numbers.h"

#include <sys/mman.h>
#include <sys/stat.h>

/* Moves the number at `root` down to its place in the heap of the first `count`. */
static void sink(uint64_t *all, size_t root, size_t count) {
  uint64_t moved = all[root];
  for (size_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && all[child] < all[child + 1]) child++;
    if (all[child] <= moved) break;
    all[root] = all[child];
  }
  all[root] = moved;
}

/* By a heap: qsort may take as much memory again. */
static void sort(uint64_t *all, size_t count) {
  for (size_t i = count / 2; i-- > 0;) sink(all, i, count);
  for (size_t i = count; i-- > 1;) {
    uint64_t largest = all[0];
    all[0] = all[i];
    all[i] = largest;
    sink(all, 0, i);
  }
}

bool numbers_open(numbers *n, int fd) {
  struct stat st;
  *n = (numbers){0};
  if (fstat(fd, &st)) return false;
  size_t count = (size_t)st.st_size / sizeof *n->all;
  if (!count) return true;
  void *all = mmap(NULL, count * sizeof *n->all, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (all == MAP_FAILED) return false;
  *n = (numbers){all, count};
  sort(all, count);
  return true;
}

void numbers_close(numbers *n) {
  if (n->all) munmap(n->all, n->count * sizeof *n->all);
  *n = (numbers){0};
}

/* The place of the first number that is not less. */
static size_t place_of(const numbers *n, uint64_t number) {
  size_t low = 0, high = n->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (n->all[middle] < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

bool numbers_have(const numbers *n, uint64_t number) {
  size_t at = place_of(n, number);
  return at < n->count && n->all[at] == number;
}

bool numbers_twice(const numbers *n, uint64_t *number) {
  for (size_t i = 1; i < n->count; i++) {
    *number = n->all[i];
    if (n->all[i - 1] == *number) return true;
  }
  return false;
}
