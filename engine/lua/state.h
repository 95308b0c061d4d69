/* The Lua state of the loader: what it holds, and how it is run. */
#ifndef MOONSTEP_STATE_H
#define MOONSTEP_STATE_H

#include <lua.h>

#include "data/secrets.h"
#include "host/watch.h"
#include "lua/limits.h"

/* What the libraries need of the process: one a state, reached by state_host. */
typedef struct host {
  limits limits;
  watch *watch;
  int out; /* the file that output goes to */
  bool has_secrets;
  secrets secrets; /* those that messages are searched for */
} host;

host *state_host(lua_State *L);

/* A new state with our libraries and `require`, NULL when there is no memory. It is the caller's to close. */
lua_State *state_open(host *h);

/* Runs the embedded main script with the arguments and returns the exit status that it gives. Whatever is raised there
 * is printed and is trouble. With MOONSTEP_LUA in the environment, our own files are read from that folder instead. */
int state_run(int argc, char **argv, watch *w, int out);

/* That folder, or NULL. */
const char *state_development_folder(void);

/* Pushes the text of an embedded file that is no Lua, named as in the repository. Where there is none, pushes a message and
 * returns false. */
bool state_push_text(lua_State *L, const char *path);

/* Pushes the function of one of our own Lua files, or a message and returns false. Its chunk is named as in the repository. */
bool state_push_chunk(lua_State *L, const char *path);

/* Lets the collector run from now on. Until then it rests, since most runs end before it could give anything back. */
void state_collect(lua_State *L);

/* Prints what was raised and nobody caught, which is at the top of the stack. Returns the exit status. */
int state_report(lua_State *L);

/* Calls the function below its `args` arguments with a traceback as the message handler: lua_pcall's results. */
int state_call(lua_State *L, int args, int results);

#endif
