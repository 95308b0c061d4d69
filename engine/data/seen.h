/* A set of names that several processes share, of which it keeps hashes of 64 bits: of a million names, two are taken for one in one run of thirty
 * million.
 *
 * It grows by tables that are half as large again as the one before, so it takes 8 to 16 bytes a name. Who adds must be alone; who asks while
 * somebody adds may miss what is being added.
 */
#ifndef MOONSTEP_SEEN_H
#define MOONSTEP_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct seen seen;

/* The hash of a name, and whose it is. */
typedef struct seen_name {
  uint64_t target, hash;
} seen_name;

/* NULL when there is no memory. It is shared with the processes that are forked from now on. */
seen *seen_open(void);
void seen_close(seen *s);

uint64_t seen_hash(const char *name, size_t len);

bool seen_has(const seen *s, uint64_t hash);

/* Lets the processor fetch where these names would be, for seen_has to find it there: each would be waited for otherwise. */
void seen_expect(const seen *s, const seen_name *names, size_t count);

/* False when there is no room: after some hundred million names. */
bool seen_add(seen *s, uint64_t hash);

#endif
