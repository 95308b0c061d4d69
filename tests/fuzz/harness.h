/* A harness is one function that takes any bytes and must neither crash nor fail a CHECK. libFuzzer brings its own main
 * (`make fuzz`); driver.c is ours, for machines with a C compiler only (`make test-fuzz`).
 */
#ifndef MOONSTEP_HARNESS_H
#define MOONSTEP_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Both kinds of driver keep to inputs of this size: what breaks does so with little, and a place costs a walk over the text. */
enum { MOST_BYTES = 4096 };

#define CHECK(condition, ...)                                                                                                              \
  do {                                                                                                                                     \
    if (!(condition)) {                                                                                                                    \
      fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                                                                      \
      fprintf(stderr, __VA_ARGS__);                                                                                                        \
      fputc('\n', stderr);                                                                                                                 \
      abort();                                                                                                                             \
    }                                                                                                                                      \
  } while (0)

/* Checks a document that was read from the text: its places, keys and strings, and that its strings can be written and
 * read again. With `ordered`, every place stands behind the one before. */
void check_tree(const node *root, const char *text, size_t len, bool ordered);

/* Checks that a place is one of the text. */
void check_place(mark at, const char *text, size_t len, const char *what);

#endif
