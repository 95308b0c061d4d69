/* What scripts may use up: memory, CPU time and wall clock, for each script's load and for each target.
 *
 *   limits_allow ── limits_start ─ a script's code ─ limits_stop ── limits_start ─ … ── limits_allow for the next target
 *
 * An allowance is for all that scripts do for one load or one target, however many calls that takes; between the calls
 * nothing is counted. What is hit stays hit until the next allowance: the call ends, and those after it do not begin.
 *
 * Memory: the state's allocator refuses what is beyond the allowance; our C charges what it takes from the system for a
 * script. CPU time and wall clock: timers, which cost nothing until they fire; then a hook is set that raises an error at the
 * next instruction and at every one after it, so that no `pcall` in a loop gets around it. C functions that may run long
 * ask limits_check. For those that cannot (a table that grows, a parser) there is the parent's clock, a little behind
 * ours (host/watch.h).
 */
#ifndef MOONSTEP_LIMITS_H
#define MOONSTEP_LIMITS_H

#include <lua.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum limit_hit { LIMIT_NONE, LIMIT_CPU, LIMIT_MEMORY, LIMIT_WALL } limit_hit;

/* What is left of an allowance: bytes, and nanoseconds. */
typedef struct allowance {
  size_t memory;
  int64_t cpu, wall;
} allowance;

/* A line of a script. `source` is its chunk's name, NULL when none is known. */
typedef struct script_line {
  const char *source;
  int line;
} script_line;

typedef struct limits {
  size_t used, most;         /* bytes; `most` is 0 while nothing is limited */
  unsigned refused;          /* requests that were refused and not granted when the collector had made room */
  bool exhausted;            /* the system itself had no more memory, at any time */
  volatile sig_atomic_t hit; /* limit_hit */
  lua_State *L;              /* NULL between calls */
  struct {
    lua_Hook hook;
    int mask, count;
  } before; /* the hook that was set when the call began, and is again when it ends */
  allowance left, full;
  int64_t cpu_start, wall_start;
  size_t used_start;
  struct {
    const void *block;
    size_t size;
  } last_refused;
  script_line at; /* where a script was when something was raised, with `placed` when a limit was hit */
  bool placed;
  const void *bottom; /* the call below which lines are another script's, as limits_frame gives it */
  struct {
    const char *names[256];
    size_t count;
  } scripts; /* chunk names of scripts; others are ours */
} limits;

/* The allocator to give to lua_newstate, with the limits as its userdata. */
void *limits_alloc(void *ud, void *block, size_t old, size_t size);

/* The limits of a state that was made with limits_alloc. */
limits *limits_of(lua_State *L);

/* What belongs to one target, while another's counts. */
typedef struct limits_aside {
  allowance left, full;
  sig_atomic_t hit;
  script_line at;
  bool placed, running;
  const void *bottom;
  int64_t since; /* nanoseconds on the monotonic clock */
} limits_aside;

/* A new allowance: bytes and milliseconds. */
void limits_allow(limits *l, size_t memory, uint32_t cpu, uint32_t wall);

/* From here on the state works under what is left of the allowance. False, and nothing began, when that is nothing. Not nested. */
bool limits_start(limits *l, lua_State *L);

/* Charges what was used since limits_start and says which limit was hit. */
limit_hit limits_stop(limits *l);

/* In the middle of a call: from here on there are CPU time and wall clock as at the beginning, unless a limit has been hit. Memory is not renewed:
 * what a script keeps, it keeps. */
void limits_renew_time(limits *l);

/* Puts the allowance aside, also in the middle of a call; nothing counts then until limits_take_up or limits_allow. */
void limits_put_aside(limits *l, limits_aside *aside);

/* Goes on with an allowance that was put aside; L is the coroutine that was running. `waited` is the part of the time since, in
 * nanoseconds, that is charged. What is hit by then, limits_check raises. */
void limits_take_up(limits *l, const limits_aside *aside, lua_State *L, int64_t waited);

/* Ends what is running as if its CPU time were up. For signal handlers; does nothing while nothing runs. */
void limits_interrupt(void);

/* Nanoseconds of wall clock that are left; INT64_MAX while nothing is limited. */
int64_t limits_wall_left(const limits *l);

/* Raises when a limit has been hit, in the call that it was hit in: for loops in C that a script can make long. */
void limits_check(lua_State *L);

/* Bytes that may still be taken; SIZE_MAX when nothing is limited. Charges say what C took from the system or gave back. */
size_t limits_room(const limits *l);
void limits_charge(limits *l, size_t bytes);
void limits_refund(limits *l, size_t bytes);

/* Notes that a request for memory was refused because of the limit. Always false. */
bool limits_refuse(limits *l);

/* The chunk of the function at the top of the stack is a script's. True when its name was not known; then it must live as long as the
 * state. */
bool limits_add_script(limits *l, lua_State *L);

/* What stands for the C function that is running. */
const void *limits_frame(lua_State *L);

/* The innermost line of a script that is running, above `bottom`. Allocates nothing, so it may be asked anywhere. */
script_line limits_where(const limits *l, lua_State *L);

#endif
