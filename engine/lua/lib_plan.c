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
  for (slot_object *o = p->objects; o < p->objects + p->count; o++) {
    buf_free(&o->leaves);
    buf_free(&o->identity);
    for (int i = 0; i < 2; i++) buf_free(&o->names[i]);
    recall_trace_free(o->trace);
  }
  p->count = 0;
  p->plan = NULL;
  return 0;
}

/* new() -> plan */
static int new_plan(lua_State *L) {
  slot_plan *p = lua_newuserdatauv(L, sizeof *p, PLAN_VALUES);
  *p = (slot_plan){.plan = NULL};
  luaL_setmetatable(L, PLAN);
  lua_newtable(L);
  lua_setiuservalue(L, -2, PLAN_KEPT);
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

/* Evaluates the plan for the list of values at 2. */
static bool evaluate(lua_State *L, const slot_plan *p) {
  lua_Integer count = luaL_len(L, 2);
  span *fields = lua_newuserdatauv(L, (size_t)(count + 1) * sizeof *fields, 0);
  for (lua_Integer i = 0; i < count; i++) {
    lua_rawgeti(L, 2, i + 1);
    fields[i].text = lua_tolstring(L, -1, &fields[i].len); /* the list keeps it */
    lua_pop(L, 1);
  }
  plan_result result = plan_evaluate(p->plan, fields);
  if (result == PLAN_NO_MEMORY) memory_raise(L);
  lua_pop(L, 1);
  return result == PLAN_FILLED;
}

/* Pushes what is in the buffer, and frees it. */
static void push_text(lua_State *L, buf *out) {
  bool failed = out->failed;
  if (!failed) lua_pushlstring(L, out->data ? out->data : "", out->len);
  buf_free(out);
  if (failed) memory_raise(L);
}

/* plan:fill(list of values) -> the text for a target with these | nil where the plan does not hold for it */
static int fill(lua_State *L) {
  const slot_plan *p = check_plan(L);
  buf out = {0};
  if (!evaluate(L, p)) return 0;
  plan_write(p->plan, &out);
  push_text(L, &out);
  return 1;
}

static void take_name(lua_State *L, slot_object *o, int i, int index) {
  const slot *s = slot_at(L, index);
  size_t len = 0;
  const char *text = s ? NULL : lua_tolstring(L, index, &len);
  o->name_slots[i] = s ? s->number : PLAN_NO_SLOT;
  buf_add(&o->names[i], text ? text : "", len);
}

/* plan:object(text, kind, namespace or nil, name) -> true | false, where there are too many: the next object, with the emitter's text, to which
 * the marks belong that are new, and what it is known by; the latter two may be slots. */
static int add_object(lua_State *L) {
  slot_plan *p = check_plan(L);
  span text;
  text.text = luaL_checklstring(L, 2, &text.len);
  lua_pushboolean(L, p->count < SLOT_MOST_OBJECTS);
  if (p->count == SLOT_MOST_OBJECTS) return 1;
  const slot_object *last = p->count ? &p->objects[p->count - 1] : NULL;
  slot_object *o = &p->objects[p->count++];
  o->first_mark = last ? last->first_mark + last->mark_count : 0;
  o->mark_count = p->marks.len / sizeof(plan_mark) - o->first_mark;
  const plan_mark *marks = (const plan_mark *)(const void *)p->marks.data + o->first_mark;
  if (p->marks.failed || !plan_add_object(p->plan, text, marks, o->mark_count)) return memory_raise(L);
  buf_format(&o->identity, "%s ", luaL_checkstring(L, 3));
  take_name(L, o, 0, 4);
  take_name(L, o, 1, 5);
  if (o->identity.failed || o->names[0].failed || o->names[1].failed) return memory_raise(L);
  return 1;
}

/* plan:between(text): what stands between two objects. */
static int set_between(lua_State *L) {
  span text;
  text.text = luaL_checklstring(L, 2, &text.len);
  return plan_set_between(check_plan(L)->plan, text) ? 0 : memory_raise(L);
}

/* --- judging --------------------------------------------------------------------------------------------------------- */

/* Where marks stand in the plan's first text: a plan_mark has an offset, a document lines and columns. */
typedef struct finder {
  slot_object *object;
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
    buf_add(&f->object->leaves, (const char *)&leaf, sizeof leaf);
    f->failed = f->failed || !recall_trace_add_leaf(f->object->trace, n);
    f->found++;
    return;
  }
}

static void find_leaves(finder *f, const node *n) {
  if (n->kind == NODE_STRING) find_leaf(f, n);
  if (n->kind != NODE_LIST && n->kind != NODE_MAP) return;
  for (uint32_t i = 0; i < n->count; i++) find_leaves(f, &n->items[n->kind == NODE_MAP ? 2 * i + 1 : i]);
}

/* What stands at `index` lives as long as the plan. */
static void keep(lua_State *L, int index) {
  lua_getiuservalue(L, 1, PLAN_KEPT);
  lua_pushvalue(L, index);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_pop(L, 1);
}

/* plan:judge(number of an object, from 1, its text, document, watch, group, count) -> true | false, where the document has no leaf for some slot:
 * filled texts are judged by the verdicts of the watch's group of `count` rules about the document, with the slots' texts in it. `text` is what
 * plan:object was given, the document is made of it and nobody else's. */
static int set_judge(lua_State *L) {
  slot_plan *p = check_plan(L);
  lua_Integer number = luaL_checkinteger(L, 2);
  luaL_argcheck(L, number >= 1 && (size_t)number <= p->count, 2, "there is no such object");
  slot_object *o = &p->objects[number - 1];
  size_t len, count = o->mark_count;
  const char *text = luaL_checklstring(L, 3, &len);
  const document *d = document_check(L, 4);
  watch *w = recall_check_watch(L, 5);
  finder f = {.object = o, .marks = (const plan_mark *)(const void *)p->marks.data + o->first_mark, .count = count};
  mark *starts = lua_newuserdatauv(L, (count + 1) * sizeof *starts, 0);
  find_places(text, len, f.marks, count, starts);
  f.places = starts;
  if (!o->trace && !(o->trace = recall_trace_new())) return memory_raise(L);
  find_leaves(&f, &d->root);
  if (f.failed || o->leaves.failed) return memory_raise(L);
  lua_pushboolean(L, f.found == count);
  if (f.found != count) return 1;
  keep(L, 4);
  keep(L, 5);
  o->group = (int)luaL_checkinteger(L, 6);
  o->rules = (uint32_t)luaL_checkinteger(L, 7);
  o->watch = w;
  o->root = &d->root;
  return 1;
}

static slot_verdict judge_object(lua_State *L, const plan *p, const slot_object *o) {
  const slot_leaf *leaves = (const slot_leaf *)(const void *)o->leaves.data;
  int verdicts[SLOT_MOST_RULES];
  if (!o->watch) return SLOT_CLEAN;
  for (size_t i = 0; i < o->leaves.len / sizeof *leaves; i++) {
    span text = plan_text_of(p, leaves[i].number);
    leaves[i].leaf->text = text.text;
    leaves[i].leaf->count = (uint32_t)text.len;
  }
  o->watch->L = L;
  recall_open(o->watch->trees, o->root);
  bool failed = false;
  if (recall_repeats(o->watch->trees, o->trace, &failed)) return SLOT_CLEAN;
  if (failed || !recall_find_traced(o->watch->trees, o->group, verdicts, o->trace)) {
    luaL_error(L, "a question has no answer");
    return SLOT_FOUND; /* never */
  }
  slot_verdict all = SLOT_CLEAN;
  for (uint32_t i = 0; i < o->rules; i++) {
    if (verdicts[i] > 0) all = SLOT_FOUND;
    else if (verdicts[i] < 0 && all == SLOT_CLEAN) all = SLOT_UNJUDGED;
  }
  if (all != SLOT_CLEAN) recall_trace_forget(o->trace);
  return all;
}

slot_verdict slot_judge(lua_State *L, slot_plan *p) {
  slot_verdict all = SLOT_CLEAN;
  for (size_t i = 0; i < p->count && all != SLOT_FOUND; i++) {
    slot_verdict each = judge_object(L, p->plan, &p->objects[i]);
    if (each != SLOT_CLEAN) all = each;
  }
  return all;
}

/* --- what objects are known by */

static void add_part(const plan *p, slot_object *o, int i) {
  span text = {o->names[i].data, o->names[i].len};
  if (o->name_slots[i] != PLAN_NO_SLOT) text = plan_text_of(p, o->name_slots[i]);
  buf_add(&o->identity, text.text ? text.text : "", text.len);
}

/* Adds namespace and name to the kind. */
static void add_identity(const plan *p, slot_object *o) {
  add_part(p, o, 0);
  buf_byte(&o->identity, '/');
  add_part(p, o, 1);
}

bool slot_identities(lua_State *L, slot_plan *p, uint64_t hashes[SLOT_MOST_OBJECTS]) {
  for (size_t i = 0; i < p->count; i++) {
    slot_object *o = &p->objects[i];
    size_t kind = o->identity.len;
    add_identity(p->plan, o);
    if (o->identity.failed) memory_raise(L);
    hashes[i] = seen_hash(o->identity.data, o->identity.len);
    o->identity.len = kind;
    for (size_t k = 0; k < i; k++)
      if (hashes[k] == hashes[i]) return false;
  }
  return true;
}

/* The object's identity in words. */
static const char *push_identity(lua_State *L, const plan *p, slot_object *o) {
  size_t kind = o->identity.len;
  add_identity(p, o);
  if (o->identity.failed) memory_raise(L);
  const char *text = lua_pushlstring(L, o->identity.data, o->identity.len);
  o->identity.len = kind;
  return text;
}

/* Pushes lists of the objects' texts and identities. False: two of them are the same object. */
static bool push_objects(lua_State *L, slot_plan *p) {
  uint64_t hashes[SLOT_MOST_OBJECTS];
  if (!slot_identities(L, p, hashes)) return false;
  lua_createtable(L, (int)p->count, 0);
  lua_createtable(L, (int)p->count, 0);
  for (size_t i = 0; i < p->count; i++) {
    buf out = {0};
    plan_write_object(p->plan, i, &out);
    push_text(L, &out);
    lua_rawseti(L, -3, (lua_Integer)i + 1);
    push_identity(L, p->plan, &p->objects[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return true;
}

/* plan:attempt(list of values) -> list of the objects' texts, list of what they are known by, judged: true, where no rule says anything about
 * them, false, where one does, or nil, where one has not looked at anything like it yet | nothing where the plan does not hold */
static int attempt(lua_State *L) {
  slot_plan *p = check_plan(L);
  if (!evaluate(L, p)) return 0;
  slot_verdict verdict = slot_judge(L, p);
  if (!push_objects(L, p)) return 0;
  if (verdict == SLOT_UNJUDGED) lua_pushnil(L);
  else lua_pushboolean(L, verdict == SLOT_CLEAN);
  return 3;
}

/* plan:pieces(number of an object, from 1) -> list of texts and slots' numbers in turn, nothing where there is no such object */
static int pieces(lua_State *L) {
  const slot_plan *p = check_plan(L);
  lua_Integer number = luaL_checkinteger(L, 2);
  size_t count;
  if (number < 1 || (size_t)number > p->count) return 0;
  const plan_piece *all = plan_pieces(p->plan, (size_t)number - 1, &count);
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
  lua_createtable(L, 0, 6);
  lua_pushstring(L, kinds[v->kind]);
  lua_setfield(L, -2, "kind");
  lua_pushboolean(L, v->guarded);
  lua_setfield(L, -2, "guarded");
  if (v->kind == PLAN_FIELD) set_number(L, "field", v->field);
  if (v->kind != PLAN_FIELD) {
    lua_pushlstring(L, v->source.text, v->source.len);
    lua_setfield(L, -2, "source");
  }
  if (v->kind == PLAN_NAME && v->suffix.len) {
    lua_pushlstring(L, v->suffix.text, v->suffix.len);
    lua_setfield(L, -2, "suffix");
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
 * suffix = what stands behind it, of = numbers of the slots that are in it, guarded } */
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

/* Adds to the list at the top the number of the slot for each look at one. */
static void add_looks(lua_State *L, const slot_object *o) {
  const slot_leaf *leaves = (const slot_leaf *)(const void *)o->leaves.data;
  const look *l;
  for (size_t i = 0; o->trace && (l = recall_trace_look(o->trace, i)); i++) {
    recall_open(o->watch->trees, o->root);
    const node *n = recall_node(o->watch->trees, l->path);
    for (size_t k = 0; k < o->leaves.len / sizeof *leaves; k++)
      if (leaves[k].leaf == n) {
        lua_pushinteger(L, leaves[k].number);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
      }
  }
}

/* plan:looks() -> for each look that rules take at the slots of a target that was found clean: the number of the slot, in a list */
static int looks(lua_State *L) {
  const slot_plan *p = check_plan(L);
  lua_newtable(L);
  for (size_t i = 0; i < p->count; i++) add_looks(L, &p->objects[i]);
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

static const luaL_Reg methods[] = {
    {"field", add_field}, {"name", add_name}, {"object", add_object}, {"between", set_between}, {"fill", fill}, {"judge", set_judge},
    {"slots", slots},     {"looks", looks},   {"pieces", pieces},     {"attempt", attempt},     {NULL, NULL}};

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
