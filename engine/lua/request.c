#include "lua/request.h"

#include <lauxlib.h>

/* A field of the request as a text, which the request keeps. */
static http_text text_field(lua_State *L, int index, const char *name) {
  http_text text = {0};
  if (lua_getfield(L, index, name) != LUA_TNIL) text.data = luaL_checklstring(L, -1, &text.len);
  lua_pop(L, 1);
  return text;
}

static lua_Integer number_field(lua_State *L, int index, const char *name) {
  lua_getfield(L, index, name);
  lua_Integer number = luaL_optinteger(L, -1, 0);
  lua_pop(L, 1);
  return number;
}

static void read_headers(lua_State *L, int index, http_request *r) {
  lua_getfield(L, index, "headers");
  lua_Integer count = luaL_len(L, -1);
  if (count > HTTP_MOST_HEADERS) luaL_error(L, "a request has at most %d headers", HTTP_MOST_HEADERS);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(L, -1, i);
    r->headers.lines[r->headers.count++] = luaL_checkstring(L, -1);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

static void read_ranges(lua_State *L, int index, http_request *r) {
  lua_getfield(L, index, "ranges");
  lua_Integer count = luaL_len(L, -1);
  if (count > HTTP_MOST_RANGES) luaL_error(L, "a host is granted at most %d ranges", HTTP_MOST_RANGES);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(L, -1, i);
    if (!address_range_read(&r->ranges.list[r->ranges.count++], luaL_checkstring(L, -1))) luaL_error(L, "this is no range of addresses");
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

static bool flag_field(lua_State *L, int index, const char *name) {
  lua_getfield(L, index, name);
  bool set = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return set;
}

void request_read(lua_State *L, int index, http_request *r) {
  luaL_checktype(L, index, LUA_TTABLE);
  *r = (http_request){.method = text_field(L, index, "method").data,
                      .url = text_field(L, index, "url").data,
                      .body = text_field(L, index, "body"),
                      .ca = text_field(L, index, "ca"),
                      .certificate = text_field(L, index, "certificate"),
                      .key = text_field(L, index, "key"),
                      .proxy = text_field(L, index, "proxy").data,
                      .connect_to = text_field(L, index, "connect_to").data,
                      .open = flag_field(L, index, "open"),
                      .lines = flag_field(L, index, "lines"),
                      .connect = (long)number_field(L, index, "connect"),
                      .total = (long)number_field(L, index, "total"),
                      .idle = (long)number_field(L, index, "idle"),
                      .most = (size_t)number_field(L, index, "most")};
  read_headers(L, index, r);
  read_ranges(L, index, r);
}

static void set_text(lua_State *L, const char *name, const char *text) {
  lua_pushstring(L, text);
  lua_setfield(L, -2, name);
}

int request_push_failure(lua_State *L, const http_answer *a) {
  lua_pushnil(L);
  lua_createtable(L, 0, 3);
  set_text(L, "kind", a->failure);
  set_text(L, "why", a->why);
  set_text(L, "address", a->address);
  return 2;
}

int request_push_answer(lua_State *L, const http_answer *a) {
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, a->status);
  lua_setfield(L, -2, "status");
  lua_pushlstring(L, a->headers.data ? a->headers.data : "", a->headers.len);
  lua_setfield(L, -2, "head");
  lua_pushlstring(L, a->body.data ? a->body.data : "", a->body.len);
  lua_setfield(L, -2, "body");
  return 1;
}
