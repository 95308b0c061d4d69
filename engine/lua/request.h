/* Requests over HTTP as Lua says them, and what came of them: for the libraries that make some (lib_http.c, lib_calls.c). */
#ifndef MOONSTEP_LUA_REQUEST_H
#define MOONSTEP_LUA_REQUEST_H

#include <lua.h>

#include "host/http.h"

/* Reads { method, url, headers = lines, body, ca, certificate, key, proxy, connect_to, ranges, open, connect, total, idle, most, lines } at the
 * index; the fields are http_request's. Its texts stay the table's. Raises what is none. */
void request_read(lua_State *L, int index, http_request *r);

/* Pushes { status, head = lines of headers, body }. Returns 1. */
int request_push_answer(lua_State *L, const http_answer *a);

/* Pushes nil and { kind = http_answer's failure, why, address }. Returns 2. */
int request_push_failure(lua_State *L, const http_answer *a);

#endif
