/* Secrets: text that scripts carry about and do not see.
 *
 * A secret is a userdata that owns bytes. Text that is joined to one (`..`, string.format, table.concat, `${…}`) is a secret itself; all
 * else that a script does with it raises an error. Its bytes come out where the emitter is told to write them (lua/lib_emit.c) and
 * where a script tells them to a server (lua/lib_http.c); from the moment that it is made, messages are searched for them (data/secrets.h).
 *
 * Each secret may have a label, which says whose it is, such as "DB_PASSWORD (provider env)"; joined text has the labels of its parts.
 *
 * The bytes are overwritten before their memory is given back, and once there is a secret, a crash leaves no core file. What is not covered:
 * the Lua string that a secret was made from (a variable of the environment, the text of a file, libyaml's buffers, an answer
 * from the network), the Lua strings of a Secret object's text on its way out, and the memory file between the two processes.
 */
#ifndef MOONSTEP_SECRET_H
#define MOONSTEP_SECRET_H

#include <lua.h>

#include "base/buf.h"

typedef struct secret {
  buf bytes; /* with `wipe` */
  size_t charged;
  bool known; /* messages are searched for it, or for a part of it */
} secret;

/* The secret at `index`, NULL when something else stands there. */
const secret *secret_at(lua_State *L, int index);

/* True when a secret was made in this state: until then nobody needs to look for any. */
bool secret_exists(lua_State *L);

/* Pushes an empty secret, to be filled and finished. */
secret *secret_new(lua_State *L);

void secret_add_bytes(lua_State *L, secret *s, const char *bytes, size_t len);

/* Adds the label, if one is given, to those of the secret at `to`. */
void secret_add_label(lua_State *L, int to, const char *label);

/* Adds the text of the string, number or secret at `from` to the secret at `to`; false when something else stands there. */
bool secret_add(lua_State *L, int to, int from);

/* The label of the secret at `index`, or NULL. It lives as long as the secret, while nothing is added. */
const char *secret_label(lua_State *L, int index);

/* The secret at the top has all of its bytes: memory is charged, and messages are searched for it, unless they are for a part of it. */
void secret_finish(lua_State *L);

/* As lua_tolstring for a string or secret; NULL for anything else. */
const char *secret_text(lua_State *L, int index, size_t *len);

/* Overwrites what the state's libraries know of secrets: when the process ends. */
void secret_forget(lua_State *L);

#endif
