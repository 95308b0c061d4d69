/* engine.plan: plans as Lua makes them (lua/slot.h, subst/plan.h). */
#include <lauxlib.h>
#include <string.h>

#include "data/seen.h"
#include "lua/document.h"
#include "lua/libs.h"
#include "lua/memory.h"
#include "lua/recall.h"
#include "lua/slot.h"

#define PLAN "moonstep.plan"
#define SLOT "moonstep.slot"

const slot *slot_at(lua_State *L, int index) { return lua_type(L, index) == LUA_TUSERDATA ? luaL_testudata(L, index, SLOT) : NULL; }

const char *slot_text(lua_State *L, int index, size_t *len) {
  lua_getiuservalue(L, index, SLOT_TEXT_VALUE);
  const char *text = lua_tolstring(L, -1, len);
  lua_pop(L, 1);
  return text;
}

slot_plan *slot_plan_at(lua_State *L, int index) { return luaL_testudata(L, index, PLAN); }

/* Pushes a slot of the plan at `owner` with the text at the top. */
static void push_slot(lua_State *L, int owner, plan_slot number) {
  if (number == PLAN_NO_SLOT) memory_raise(L);
  slot *s = lua_newuserdatauv(L, sizeof *s, SLOT_VALUES);
  *s = (slot){number, lua_touserdata(L, owner)};
  luaL_setmetatable(L, SLOT);
  lua_pushvalue(L, owner);
  lua_setiuservalue(L, -2, SLOT_OWNER);
  lua_insert(L, -2);
  lua_setiuservalue(L, -2, SLOT_TEXT_VALUE);
}

void slot_push(lua_State *L, int like, plan_slot number) {
  lua_getiuservalue(L, like, SLOT_OWNER);
  lua_insert(L, -2);
  push_slot(L, lua_gettop(L) - 1, number);
  lua_remove(L, -2);
}

static slot_plan *check_plan(lua_State *L) { return luaL_checkudata(L, 1, PLAN); }

static const slot *check_slot(lua_State *L, int index) { return luaL_checkudata(L, index, SLOT); }

static int plan_gc(lua_State *L) {
  slot_plan *p = check_plan(L);
  plan_free(p->plan);
  buf_free(&p->marks);
  buf_free(&p->leaves);
  buf_free(&p->identity);
  for (int i = 0; i < 2; i++) buf_free(&p->names[i]);
  recall_trace_free(p->trace);
  p->trace = NULL;
  p->plan = NULL;
  p->watch = NULL;
  return 0;
}

/* new() -> plan */
static int new_plan(lua_State *L) {
  slot_plan *p = lua_newuserdatauv(L, sizeof *p, PLAN_VALUES);
  *p = (slot_plan){.plan = NULL};
  luaL_setmetatable(L, PLAN);
  if (!(p->plan = plan_new())) return memory_raise(L);
  return 1;
}

/* plan:field(number from 0, text) -> slot of that value of a row, which has this text now */
static int add_field(lua_State *L) {
  slot_plan *p = check_plan(L);
  plan_slot number = plan_add_field(p->plan, (uint32_t)luaL_checkinteger(L, 2));
  luaL_checkstring(L, 3);
  lua_settop(L, 3);
  push_slot(L, 1, number);
  return 1;
}

/* plan:name(prefix, slot [, number]) -> slot of the name that they make */
static int add_name(lua_State *L) {
  slot_plan *p = check_plan(L);
  span prefix, suffix = {"", 0};
  prefix.text = luaL_checklstring(L, 2, &prefix.len);
  lua_settop(L, 4);
  if (!lua_isnil(L, 4)) suffix.text = luaL_checklstring(L, 4, &suffix.len);
  plan_slot number = plan_add_name(p->plan, prefix, check_slot(L, 3)->number, suffix);
  lua_pushliteral(L, ""); /* nobody reads it: a name is written only */
  push_slot(L, 1, number);
  return 1;
}

/* require_filled(slot): the plan holds for targets where it is not empty. */
static int require_filled(lua_State *L) {
  const slot *s = check_slot(L, 1);
  plan_require_filled(s->owner->plan, s->number);
  return 0;
}

/* plan:fill(list of values) -> the text for a target with these | nil where the plan does not hold for it */
static int fill(lua_State *L) {
  slot_plan *p = check_plan(L);
  lua_Integer count = luaL_len(L, 2);
  span *fields = lua_newuserdatauv(L, (size_t)(count + 1) * sizeof *fields, 0);
  for (lua_Integer i = 0; i < count; i++) {
    lua_rawgeti(L, 2, i + 1);
    fields[i].text = lua_tolstring(L, -1, &fields[i].len); /* the list keeps it */
    lua_pop(L, 1);
  }
  buf out = {0};
  plan_result result = plan_evaluate(p->plan, fields);
  if (result == PLAN_FILLED) plan_write(p->plan, &out);
  if (result == PLAN_NO_MEMORY || out.failed) {
    buf_free(&out);
    return memory_raise(L);
  }
  if (result == PLAN_FILLED) lua_pushlstring(L, out.data ? out.data : "", out.len);
  else lua_pushnil(L);
  buf_free(&out);
  return 1;
}

/* plan:finish(text): the emitter's text, to which its marks belong. */
static int finish(lua_State *L) {
  slot_plan *p = check_plan(L);
  span text;
  text.text = luaL_checklstring(L, 2, &text.len);
  size_t count = p->marks.len / sizeof(plan_mark);
  const plan_mark *marks = (const plan_mark *)(const void *)p->marks.data;
  if (p->marks.failed || !plan_set_text(p->plan, text, marks, count)) return memory_raise(L);
  return 0;
}

/* --- judging --------------------------------------------------------------------------------------------------------- */

/* Where marks stand in the plan's first text: a plan_mark has an offset, a document lines and columns. */
typedef struct finder {
  slot_plan *plan;
  const plan_mark *marks;
  const mark *places; /* of the marks' starts */
  size_t count, found;
  bool failed;
} finder;

/* The places of the marks, which are in their order. */
static void find_places(const char *text, size_t len, const plan_mark *marks, size_t count, mark *out) {
  mark at = {1, 1};
  size_t next = 0;
  for (size_t i = 0; i <= len && next < count; i++) {
    while (next < count && marks[next].start == i) out[next++] = at;
    if (i == len) break;
    if (text[i] == '\n') at = (mark){at.line + 1, 1};
    else if (((unsigned char)text[i] & 0xC0) != 0x80) at.column++;
  }
}

static void find_leaf(finder *f, const node *n) {
  for (size_t i = 0; i < f->count; i++) {
    if (f->places[i].line != n->start.line || f->places[i].column != n->start.column) continue;
    slot_leaf leaf = {(node *)n, f->marks[i].slot}; /* the document is the plan's own */
    buf_add(&f->plan->leaves, (const char *)&leaf, sizeof leaf);
    f->failed = f->failed || !recall_trace_add_leaf(f->plan->trace, n);
    f->found++;
    return;
  }
}

static void find_leaves(finder *f, const node *n) {
  if (n->kind == NODE_STRING) find_leaf(f, n);
  if (n->kind != NODE_LIST && n->kind != NODE_MAP) return;
  for (uint32_t i = 0; i < n->count; i++) find_leaves(f, &n->items[n->kind == NODE_MAP ? 2 * i + 1 : i]);
}

/* plan:judge(text, document, watch, group, count) -> true | false, where the document has no leaf for some slot: filled texts are judged by the verdicts
 * of the watch's group of `count` rules about the document, with the slots' texts in it. `text` is what plan:finish was given, the document is
 * made of it and nobody else's. */
static int set_judge(lua_State *L) {
  slot_plan *p = check_plan(L);
  size_t len;
  const char *text = luaL_checklstring(L, 2, &len);
  const document *d = document_check(L, 3);
  watch *w = recall_check_watch(L, 4);
  size_t count = p->marks.len / sizeof(plan_mark);
  finder f = {.plan = p, .marks = (const plan_mark *)(const void *)p->marks.data, .count = count};
  mark *starts = lua_newuserdatauv(L, (count + 1) * sizeof *starts, 0);
  find_places(text, len, f.marks, count, starts);
  f.places = starts;
  if (!p->trace && !(p->trace = recall_trace_new())) return memory_raise(L);
  find_leaves(&f, &d->root);
  if (f.failed || p->leaves.failed) return memory_raise(L);
  lua_pushboolean(L, f.found == count);
  if (f.found != count) return 1;
  p->group = (int)luaL_checkinteger(L, 5);
  p->rules = (uint32_t)luaL_checkinteger(L, 6);
  p->watch = w;
  p->root = &d->root;
  lua_pushvalue(L, 3);
  lua_setiuservalue(L, 1, PLAN_DOCUMENT);
  lua_pushvalue(L, 4);
  lua_setiuservalue(L, 1, PLAN_WATCH);
  return 1;
}

slot_verdict slot_judge(lua_State *L, slot_plan *p) {
  const slot_leaf *leaves = (const slot_leaf *)(const void *)p->leaves.data;
  int verdicts[SLOT_MOST_RULES];
  if (!p->watch) return SLOT_CLEAN;
  for (size_t i = 0; i < p->leaves.len / sizeof *leaves; i++) {
    span text = plan_text_of(p->plan, leaves[i].number);
    leaves[i].leaf->text = text.text;
    leaves[i].leaf->count = (uint32_t)text.len;
  }
  p->watch->L = L;
  recall_open(p->watch->trees, p->root);
  bool failed = false;
  if (recall_repeats(p->watch->trees, p->trace, &failed)) return SLOT_CLEAN;
  if (failed || !recall_find_traced(p->watch->trees, p->group, verdicts, p->trace)) {
    luaL_error(L, "a question has no answer");
    return SLOT_FOUND; /* never */
  }
  slot_verdict all = SLOT_CLEAN;
  for (uint32_t i = 0; i < p->rules; i++) {
    if (verdicts[i] > 0) all = SLOT_FOUND;
    else if (verdicts[i] < 0 && all == SLOT_CLEAN) all = SLOT_UNJUDGED;
  }
  if (all != SLOT_CLEAN) recall_trace_forget(p->trace);
  return all;
}

/* --- what it is known by */

static void take_name(lua_State *L, slot_plan *p, int i, int index) {
  const slot *s = slot_at(L, index);
  size_t len = 0;
  const char *text = s ? NULL : lua_tolstring(L, index, &len);
  p->name_slots[i] = s ? s->number : PLAN_NO_SLOT;
  buf_clear(&p->names[i]);
  buf_add(&p->names[i], text ? text : "", len);
}

/* plan:identify(kind, namespace or nil, name): what the object is known by; the latter two may be slots. */
static int identify(lua_State *L) {
  slot_plan *p = check_plan(L);
  buf_clear(&p->identity);
  buf_format(&p->identity, "%s ", luaL_checkstring(L, 2));
  take_name(L, p, 0, 3);
  take_name(L, p, 1, 4);
  if (p->identity.failed || p->names[0].failed || p->names[1].failed) return memory_raise(L);
  return 0;
}

static void add_part(slot_plan *p, int i, buf *out) {
  span text = {p->names[i].data, p->names[i].len};
  if (p->name_slots[i] != PLAN_NO_SLOT) text = plan_text_of(p->plan, p->name_slots[i]);
  buf_add(out, text.text ? text.text : "", text.len);
}

uint64_t slot_identity(lua_State *L, slot_plan *p) {
  size_t kind = p->identity.len;
  add_part(p, 0, &p->identity);
  buf_byte(&p->identity, '/');
  add_part(p, 1, &p->identity);
  if (p->identity.failed) memory_raise(L);
  uint64_t hash = seen_hash(p->identity.data, p->identity.len);
  p->identity.len = kind;
  return hash;
}

/* plan:pieces() -> list of texts and slots' numbers in turn */
static int pieces(lua_State *L) {
  size_t count;
  const plan_piece *all = plan_pieces(check_plan(L)->plan, &count);
  lua_createtable(L, (int)(2 * count), 0);
  for (size_t i = 0; i < count; i++) {
    lua_pushlstring(L, all[i].text.text, all[i].text.len);
    lua_rawseti(L, -2, 2 * (lua_Integer)i + 1);
    if (all[i].slot == PLAN_NO_SLOT) continue;
    lua_pushinteger(L, all[i].slot);
    lua_rawseti(L, -2, 2 * (lua_Integer)i + 2);
  }
  return 1;
}

static void set_number(lua_State *L, const char *name, lua_Integer value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, name);
}

static void push_slot_view(lua_State *L, const plan_slot_view *v) {
  static const char *const kinds[] = {"field", "text", "name"};
  lua_createtable(L, 0, 5);
  lua_pushstring(L, kinds[v->kind]);
  lua_setfield(L, -2, "kind");
  lua_pushboolean(L, v->guarded);
  lua_setfield(L, -2, "guarded");
  if (v->kind == PLAN_FIELD) set_number(L, "field", v->field);
  if (v->kind != PLAN_FIELD) {
    lua_pushlstring(L, v->source.text, v->source.len);
    lua_setfield(L, -2, "source");
  }
  lua_newtable(L);
  if (v->kind == PLAN_NAME) {
    lua_pushinteger(L, v->of);
    lua_rawseti(L, -2, 1);
  }
  for (size_t i = 0; i < v->part_count; i++)
    if (v->parts[i].slot != PLAN_NO_SLOT) {
      lua_pushinteger(L, v->parts[i].slot);
      lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
  lua_setfield(L, -2, "of");
}

/* plan:slots() -> list of { kind = "field" | "text" | "name", field = its number, source = what was written, or what stands in front of the name,
 * of = numbers of the slots that are in it, guarded } */
static int slots(lua_State *L) {
  slot_plan *p = check_plan(L);
  lua_newtable(L);
  for (size_t i = 0; i < plan_slots(p->plan); i++) {
    plan_slot_view v = plan_view(p->plan, (plan_slot)i);
    push_slot_view(L, &v);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* plan:looks() -> for each look that rules take at the slots of a target that was found clean: the number of the slot, in a list */
static int looks(lua_State *L) {
  slot_plan *p = check_plan(L);
  const slot_leaf *leaves = (const slot_leaf *)(const void *)p->leaves.data;
  const look *l;
  lua_newtable(L);
  for (size_t i = 0; p->trace && (l = recall_trace_look(p->trace, i)); i++) {
    const node *n = recall_node(p->watch->trees, l->path);
    for (size_t k = 0; k < p->leaves.len / sizeof *leaves; k++)
      if (leaves[k].leaf == n) {
        lua_pushinteger(L, leaves[k].number);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
      }
  }
  return 1;
}

/* is(value) -> whether it is a slot */
static int is_slot(lua_State *L) {
  lua_pushboolean(L, slot_at(L, 1) != NULL);
  return 1;
}

/* text(slot) -> what it holds for the target that the plan is made with */
static int text_of(lua_State *L) {
  check_slot(L, 1);
  lua_getiuservalue(L, 1, SLOT_TEXT_VALUE);
  return 1;
}

static int refuse(lua_State *L) { return luaL_error(L, "a value that differs from target to target is looked at"); }

static const char *const refused[] = {"__index", "__newindex", "__len", "__lt",  "__le",  "__concat", "__call", "__tostring",
                                      "__add",   "__sub",      "__mul", "__div", "__mod", "__pow",    "__unm",  "__idiv"};

static const luaL_Reg methods[] = {{"field", add_field},   {"name", add_name}, {"finish", finish}, {"fill", fill},     {"judge", set_judge},
                                   {"identify", identify}, {"slots", slots},   {"looks", looks},   {"pieces", pieces}, {NULL, NULL}};

static const luaL_Reg functions[] = {
    {"new", new_plan}, {"is", is_slot}, {"text", text_of}, {"require_filled", require_filled}, {NULL, NULL}};

int lib_plan(lua_State *L) {
  libs_new_type(L, PLAN, plan_gc, methods);
  libs_new_type(L, SLOT, NULL, NULL);
  luaL_getmetatable(L, SLOT);
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    lua_pushcfunction(L, refuse);
    lua_setfield(L, -2, refused[i]);
  }
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
