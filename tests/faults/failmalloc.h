/* What failmalloc.c tells about a process that it was loaded into. */
#ifndef MOONSTEP_FAILMALLOC_H
#define MOONSTEP_FAILMALLOC_H

#include <stdint.h>

typedef struct fault_report {
  uint64_t allocations; /* asked for, failed ones included */
  uint64_t failed;
  int64_t live; /* blocks that were not given back */
} fault_report;

#endif
