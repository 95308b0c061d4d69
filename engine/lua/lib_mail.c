/* engine.mail: one letter over SMTP (host/mail.h). */
#include <lauxlib.h>
#include <string.h>

#include "host/mail.h"
#include "lua/libs.h"
#include "lua/memory.h"

static const char *text_field(lua_State *L, const char *name, size_t *len) {
  lua_getfield(L, 1, name);
  const char *text = lua_tolstring(L, -1, len); /* the table keeps it */
  lua_pop(L, 1);
  return text;
}

static long number_field(lua_State *L, const char *name) {
  lua_getfield(L, 1, name);
  long number = (long)luaL_checkinteger(L, -1);
  lua_pop(L, 1);
  return number;
}

static void read_recipients(lua_State *L, mail_letter *m) {
  lua_getfield(L, 1, "to");
  luaL_checktype(L, -1, LUA_TTABLE);
  m->to_count = lua_rawlen(L, -1);
  luaL_argcheck(L, m->to_count > 0 && m->to_count <= MAIL_MOST_TO, 1, "the number of recipients is not allowed");
  for (size_t i = 0; i < m->to_count; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    m->to[i] = luaL_checkstring(L, -1);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

static void push_outcome(lua_State *L, const mail_outcome *out) {
  lua_createtable(L, 0, 4);
  lua_pushstring(L, out->failure);
  lua_setfield(L, -2, "kind");
  lua_pushinteger(L, out->code);
  lua_setfield(L, -2, "code");
  lua_pushstring(L, out->said);
  lua_setfield(L, -2, "said");
  lua_pushstring(L, out->why);
  lua_setfield(L, -2, "why");
}

/* send{ url, starttls, user, password, ca, from, to = addresses, text, connect, total } -> true | nil, { kind = mail_outcome's failure, code,
 * said, why }. Raises where there is no libcurl. */
static int send_letter(lua_State *L) {
  mail_letter m = {0};
  mail_outcome out;
  diag why;
  luaL_checktype(L, 1, LUA_TTABLE);
  m.url = text_field(L, "url", NULL);
  m.user = text_field(L, "user", NULL);
  m.password = text_field(L, "password", NULL);
  m.ca = text_field(L, "ca", &m.ca_len);
  m.from = text_field(L, "from", NULL);
  m.text = text_field(L, "text", &m.len);
  m.connect = number_field(L, "connect");
  m.total = number_field(L, "total");
  luaL_argcheck(L, m.url && m.from && m.text, 1, "url, from and text are needed");
  lua_getfield(L, 1, "starttls");
  m.starttls = lua_toboolean(L, -1);
  lua_pop(L, 1);
  read_recipients(L, &m);
  if (!mail_send(&m, &out, &why)) {
    if (!strcmp(why.id, MEMORY_ID)) memory_raise(L);
    return luaL_error(L, "%s", why.message);
  }
  if (out.sent) {
    lua_pushboolean(L, 1);
    return 1;
  }
  if (!strcmp(out.failure, "memory")) memory_raise(L);
  lua_pushnil(L);
  push_outcome(L, &out);
  return 2;
}

static const luaL_Reg functions[] = {{"send", send_letter}, {NULL, NULL}};

int lib_mail(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
