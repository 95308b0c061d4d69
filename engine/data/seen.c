#include "data/seen.h"

#include <stdatomic.h>
#include <sys/mman.h>

enum { FIRST = 1 << 16 /* hashes */, MOST_TABLES = 32 };

__extension__ typedef unsigned __int128 wide;

#define ROOM ((size_t)4 << 30) /* bytes of address space; memory is only taken for what is used */

struct seen {
  _Atomic uint32_t tables;
  _Atomic uint64_t used; /* of the last table */
  uint64_t hashes[];     /* one table behind the other; 0: nothing */
};

static uint64_t size_of(uint32_t table) {
  uint64_t size = FIRST;
  while (table--) size += size / 2;
  return size;
}

seen *seen_open(void) {
  seen *s = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (s == MAP_FAILED) return NULL;
  atomic_store(&s->tables, 1);
  return s;
}

void seen_close(seen *s) { munmap(s, ROOM); }

/* FNV-1a, and a finish that spreads it over all bits. */
uint64_t seen_hash(const char *name, size_t len) {
  uint64_t h = 14695981039346656037u;
  for (size_t i = 0; i < len; i++) h = (h ^ (unsigned char)name[i]) * 1099511628211u;
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdu;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53u;
  h ^= h >> 33;
  return h ? h : 1;
}

/* Where the hash is in a table, or the free place where it would be. */
static uint64_t place_in(const uint64_t *table, uint64_t size, uint64_t hash) {
  uint64_t at = (uint64_t)((wide)hash * size >> 64);
  while (table[at] && table[at] != hash) at = at + 1 == size ? 0 : at + 1;
  return at;
}

void seen_expect(const seen *s, const seen_name *names, size_t count) {
  const uint64_t *table = s->hashes;
  for (uint32_t i = 0, tables = atomic_load(&s->tables); i < tables; i++) {
    uint64_t size = size_of(i);
    for (size_t k = 0; k < count; k++) __builtin_prefetch(&table[(wide)names[k].hash * size >> 64]);
    table += size;
  }
}

bool seen_has(const seen *s, uint64_t hash) {
  const uint64_t *table = s->hashes;
  for (uint32_t i = 0, count = atomic_load(&s->tables); i < count; i++) {
    uint64_t size = size_of(i);
    if (table[place_in(table, size, hash)]) return true;
    table += size;
  }
  return false;
}

bool seen_add(seen *s, uint64_t hash) {
  uint32_t last = atomic_load(&s->tables) - 1;
  uint64_t *table = s->hashes, size = size_of(last), before = 0;
  for (uint32_t i = 0; i < last; i++) before += size_of(i);
  table += before;
  if (atomic_load(&s->used) >= size - size / 8) {
    if (last + 1 == MOST_TABLES || (before + size + size_of(last + 1) + 8) * sizeof *table > ROOM) return false;
    table += size;
    size = size_of(last + 1);
    atomic_store(&s->used, 0);
    atomic_store(&s->tables, last + 2);
  }
  uint64_t at = place_in(table, size, hash);
  if (!table[at]) atomic_fetch_add(&s->used, 1);
  table[at] = hash;
  return true;
}
