/* engine.secret: text that scripts carry about and do not see (lua/secret.h), and text without the secrets in it. */
#include <lauxlib.h>
#include <string.h>
#include <sys/resource.h>

#include "data/node.h"
#include "data/secrets.h"
#include "lua/document.h"
#include "lua/libs.h"
#include "lua/limits.h"
#include "lua/memory.h"
#include "lua/secret.h"
#include "lua/state.h"

#define SECRET "moonstep.secret"

enum { LABEL = 1, LONGEST_LABEL = 300 };

const secret *secret_at(lua_State *L, int index) {
  return lua_type(L, index) == LUA_TUSERDATA && secret_exists(L) ? luaL_testudata(L, index, SECRET) : NULL;
}

bool secret_exists(lua_State *L) { return state_host(L)->has_secrets; }

const char *secret_text(lua_State *L, int index, size_t *len) {
  const secret *s = secret_at(L, index);
  if (!s) return lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, len) : NULL;
  *len = s->bytes.len;
  return s->bytes.data ? s->bytes.data : "";
}

static int secret_gc(lua_State *L) {
  secret *s = luaL_checkudata(L, 1, SECRET);
  limits_refund(limits_of(L), s->charged);
  s->charged = 0;
  buf_free(&s->bytes);
  return 0;
}

/* A crash may leave the process's memory in a file, with all that is secret in it. */
static void begin(lua_State *L) {
  host *h = state_host(L);
  if (h->has_secrets) return;
  h->has_secrets = true;
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

secret *secret_new(lua_State *L) {
  begin(L);
  secret *s = lua_newuserdatauv(L, sizeof *s, LABEL);
  *s = (secret){.bytes = {.wipe = true}};
  luaL_setmetatable(L, SECRET);
  return s;
}

void secret_add_bytes(lua_State *L, secret *s, const char *bytes, size_t len) {
  if (s->bytes.len + len > LIMIT_SCALAR) luaL_error(L, "a secret becomes longer than 4 MiB");
  buf_add(&s->bytes, bytes, len);
}

const char *secret_label(lua_State *L, int index) {
  lua_getiuservalue(L, index, LABEL);
  const char *label = lua_tostring(L, -1);
  lua_pop(L, 1);
  return label;
}

static void add_one_label(lua_State *L, int to, const char *label, size_t len) {
  const char *old = secret_label(L, to);
  lua_pushlstring(L, label, len);
  if (old && (strstr(old, lua_tostring(L, -1)) || strlen(old) > LONGEST_LABEL)) {
    lua_pop(L, 1);
    return;
  }
  if (old) lua_pushfstring(L, "%s, %s", old, lua_tostring(L, -1));
  lua_setiuservalue(L, to, LABEL);
}

void secret_add_label(lua_State *L, int to, const char *label) {
  to = lua_absindex(L, to);
  int top = lua_gettop(L);
  for (const char *stop; label; label = stop ? stop + 2 : NULL) {
    stop = strstr(label, ", ");
    add_one_label(L, to, label, stop ? (size_t)(stop - label) : strlen(label));
    lua_settop(L, top);
  }
}

bool secret_add(lua_State *L, int to, int from) {
  size_t len;
  secret *s = lua_touserdata(L, to);
  const secret *other = secret_at(L, from);
  if (other) {
    s->known = s->known || other->known;
    secret_add_bytes(L, s, other->bytes.data, other->bytes.len);
    secret_add_label(L, to, secret_label(L, from));
    return true;
  }
  if (!lua_isstring(L, from)) return false;
  lua_pushvalue(L, from); /* a number in a table stays one */
  const char *text = luaL_tolstring(L, -1, &len);
  secret_add_bytes(L, s, text, len);
  lua_pop(L, 2);
  return true;
}

void secret_finish(lua_State *L) {
  secret *s = lua_touserdata(L, -1);
  secrets *known = &state_host(L)->secrets;
  if (s->bytes.failed) memory_raise(L);
  document_charge(L, &s->charged, s->bytes.cap);
  if (s->known || s->bytes.len < SECRETS_SHORTEST) return;
  size_t before = known->total, kept = 0;
  document_charge(L, &kept, 16 * s->bytes.len); /* for its forms, which stay: refused before they are made */
  limits_refund(limits_of(L), kept);
  s->known = secrets_add(known, s->bytes.data, s->bytes.len);
  limits_charge(limits_of(L), known->total - before);
  if (!s->known) memory_raise(L);
}

/* --- what scripts do with it ----------------------------------------------------------------------------------------- */

/* secret(value) -> secret: of a string, number or boolean; a secret is itself and nil is nil. */
static int secret_of(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  int type = lua_type(L, 1);
  if (type == LUA_TNIL || secret_at(L, 1)) return 1;
  if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
    return luaL_error(L, "secret takes a string, not a %s", luaL_typename(L, 1));
  secret *s = secret_new(L);
  if (type == LUA_TBOOLEAN) secret_add_bytes(L, s, lua_toboolean(L, 1) ? "true" : "false", lua_toboolean(L, 1) ? 4 : 5);
  else secret_add(L, 2, 1);
  secret_finish(L);
  return 1;
}

static int secret_concat(lua_State *L) {
  secret_new(L);
  for (int i = 1; i <= 2; i++)
    if (!secret_add(L, 3, i)) return luaL_error(L, "attempt to join a %s to a secret", luaL_typename(L, i));
  secret_finish(L);
  return 1;
}

static int refuse(lua_State *L) {
  return luaL_error(L, "a secret cannot be %s: it can only be joined to text, by .., %%s in string.format or table.concat",
                    lua_tostring(L, lua_upvalueindex(1)));
}

static int secret_tostring(lua_State *L) {
  lua_pushliteral(L, "secret");
  return 1;
}

/* --- for our own Lua ------------------------------------------------------------------------------------------------- */

/* is(value) -> boolean */
static int secret_is(lua_State *L) {
  lua_pushboolean(L, secret_at(L, 1) != NULL);
  return 1;
}

/* any() -> boolean: there is one */
static int secret_any(lua_State *L) {
  lua_pushboolean(L, secret_exists(L));
  return 1;
}

/* The secret that is the first argument, or an error. */
static const secret *check_secret(lua_State *L) {
  const secret *s = secret_at(L, 1);
  if (!s) luaL_typeerror(L, 1, "secret");
  return s;
}

/* length(secret) -> bytes */
static int secret_length(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)check_secret(L)->bytes.len);
  return 1;
}

/* label(secret) -> string | nil */
static int secret_push_label(lua_State *L) {
  check_secret(L);
  lua_pushstring(L, secret_label(L, 1));
  return 1;
}

/* labelled(secret, label) -> secret: another one with the same bytes. */
static int secret_labelled(lua_State *L) {
  check_secret(L);
  const char *label = luaL_checkstring(L, 2);
  secret *s = secret_new(L);
  secret_add_bytes(L, s, secret_at(L, 1)->bytes.data, secret_at(L, 1)->bytes.len);
  s->known = secret_at(L, 1)->known;
  secret_add_label(L, -1, label);
  secret_finish(L);
  return 1;
}

/* mask(text) -> text, with *** for every secret that is known and in it */
static int secret_mask(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  buf masked = {0};
  lua_settop(L, 1);
  if (!secrets_mask(&state_host(L)->secrets, text, len, &masked)) return 1;
  bool ok = !masked.failed;
  lua_pushlstring(L, ok && masked.data ? masked.data : "***", ok && masked.data ? masked.len : 3);
  buf_free(&masked);
  return 1;
}

static const luaL_Reg functions[] = {
    {"of", secret_of},
    {"is", secret_is},
    {"any", secret_any},
    {"length", secret_length},
    {"label", secret_push_label},
    {"labelled", secret_labelled},
    {"mask", secret_mask},
    {NULL, NULL},
};

/* What is refused, and how that is said. */
static const struct {
  const char *event, *what;
} refused[] = {
    {"__index", "looked into"},    {"__newindex", "changed"},     {"__len", "measured"},         {"__lt", "compared"},
    {"__le", "compared"},          {"__call", "called"},          {"__add", "calculated with"},  {"__sub", "calculated with"},
    {"__unm", "negated"},          {"__mul", "calculated with"},  {"__div", "calculated with"},  {"__mod", "calculated with"},
    {"__pow", "calculated with"},  {"__idiv", "calculated with"}, {"__band", "calculated with"}, {"__bor", "calculated with"},
    {"__bxor", "calculated with"}, {"__shl", "calculated with"},  {"__shr", "calculated with"},  {"__bnot", "calculated with"},
};

int lib_secret(lua_State *L) {
  libs_new_type(L, SECRET, secret_gc, NULL);
  luaL_getmetatable(L, SECRET);
  lua_pushliteral(L, "secret"); /* as Lua's own messages call it */
  lua_setfield(L, -2, "__name");
  lua_pushcfunction(L, secret_concat);
  lua_setfield(L, -2, "__concat");
  lua_pushcfunction(L, secret_tostring);
  lua_setfield(L, -2, "__tostring");
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    lua_pushstring(L, refused[i].what);
    lua_pushcclosure(L, refuse, 1);
    lua_setfield(L, -2, refused[i].event);
  }
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}

void secret_forget(lua_State *L) { secrets_free(&state_host(L)->secrets); }
