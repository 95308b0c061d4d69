/* Sets of numbers that stand for names (seen_hash of data/seen.h): 8 bytes each, in a file, which is sorted in place and needs no more memory than itself.
 *
 * Different names may have one number, though hardly ever: who finds one twice looks at the names.
 */
#ifndef MOONSTEP_NUMBERS_H
#define MOONSTEP_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct numbers {
  uint64_t *all; /* in order */
  size_t count;
} numbers;

/* Maps the numbers of the file, and sorts them. False with errno set. */
bool numbers_open(numbers *n, int fd);
void numbers_close(numbers *n);

bool numbers_have(const numbers *n, uint64_t number);

/* The first number that is there twice. False when there is none. */
bool numbers_twice(const numbers *n, uint64_t *number);

#endif
