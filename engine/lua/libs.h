/* The engine as Lua sees it: one opener a library, `state.c` has the list. Each library's functions are described where
 * they are defined, as `name(arguments) -> results`; those that can fail for reasons outside of the program return
 * `nil, problem`, a table with id, message and where known line, column, other_line, other_column. */
#ifndef MOONSTEP_LIBS_H
#define MOONSTEP_LIBS_H

#include <lauxlib.h>
#include <lua.h>

#include "base/diag.h"

int lib_load(lua_State *L);    /* text to documents, and the places in them */
int lib_emit(lua_State *L);    /* values to YAML and JSON */
int lib_subst(lua_State *L);   /* substitution in trees */
int lib_view(lua_State *L);    /* read-only views, and tables in the order of their keys */
int lib_recall(lua_State *L);  /* what rules found, remembered by what they looked at */
int lib_alike(lua_State *L);   /* texts that are alike, as plans and what fills them */
int lib_files(lua_State *L);   /* files and folders */
int lib_re(lua_State *L);      /* regular expressions */
int lib_secret(lua_State *L);  /* text that scripts do not see */
int lib_prompt(lua_State *L);  /* lines from a user */
int lib_http(lua_State *L);    /* exchanges over HTTP */
int lib_calls(lua_State *L);   /* requests of our own to a cluster */
int lib_mail(lua_State *L);    /* letters over SMTP */
int lib_flight(lua_State *L);  /* work that waits while other work goes on */
int lib_digest(lua_State *L);  /* what bytes are known by */
int lib_broker(lua_State *L);  /* a process that runs one command when asked */
int lib_outline(lua_State *L); /* how few words tell what plans have filled */
int lib_fill(lua_State *L);    /* pieces of rows, and the texts that plans make of them */
int lib_plan(lua_State *L);    /* texts that are made once and filled for each target */
int lib_workers(lua_State *L); /* a batch in several processes */
int lib_out(lua_State *L);     /* folders that batches fill */
int lib_wall(lua_State *L);    /* what the kernel refuses from some point on */
int lib_host(lua_State *L);    /* the process: output, limits, scripts */

/* These two put functions of ours in place of Lua's own: open its libraries first. */
void lib_text(lua_State *L);  /* in string, and tostring */
void lib_table(lua_State *L); /* in table */

/* The function `keys` of lib_view, for libraries that go through a table in order. */
int lib_view_keys(lua_State *L);

/* The types of lib_workers, for who needs them and not the library. */
void lib_workers_types(lua_State *L);

/* Pushes a file of lib_workers; the caller puts an open descriptor in place of -1, which is closed with it. */
int *lib_workers_file(lua_State *L);

/* The descriptor of such a file at `index`, or -1. */
int lib_workers_spool(lua_State *L, int index);

/* Makes the type of a userdata: `gc` frees what it holds; it and `methods` may be NULL. Its metatable is hidden from Lua. */
void libs_new_type(lua_State *L, const char *name, lua_CFunction gc, const luaL_Reg *methods);

/* Pushes nil and the diag as a problem table; returns 2, so that a library can `return push_problem(...)`. Raises when the problem is
 * a lack of memory. */
int push_problem(lua_State *L, const diag *why);

#endif
