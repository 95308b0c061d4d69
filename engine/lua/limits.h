/* What a script may use up: memory through the state's allocator, CPU time through a timer.
 *
 * The allocator counts what the state holds. While a script runs under limits, it may hold `memory` bytes more than at
 * the start; a request beyond that fails, which Lua turns into an error. The timer costs nothing until it fires: then a
 * hook is set that raises an error at the next instruction, and again at every following one, so that no `pcall` in a
 * loop gets around it. Either limit, once hit, stays hit until limits_stop. The wall clock is the parent's (watch.h),
 * since neither a hook nor an allocator can stop a C function.
 */
#ifndef MOONSTEP_LIMITS_H
#define MOONSTEP_LIMITS_H

#include <lua.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>

typedef enum limit_hit { LIMIT_NONE, LIMIT_CPU, LIMIT_MEMORY } limit_hit;

typedef struct limits {
  size_t used, most; /* bytes; `most` is 0 while nothing is limited */
  unsigned refused;
  volatile sig_atomic_t hit; /* limit_hit */
  lua_State *L;
} limits;

/* The allocator to give to lua_newstate, with the limits as its userdata. */
void *limits_alloc(void *ud, void *block, size_t old, size_t size);

/* From here on the state may take `memory` bytes more and the process `cpu` milliseconds. Not nested. */
void limits_start(limits *l, lua_State *L, size_t memory, uint32_t cpu);

/* Takes the limits away and says which one was hit. */
limit_hit limits_stop(limits *l);

#endif
