#include "data/recall.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BRANCHES = 64, MOST_STEPS = 200000, KEPT_ANSWERS = 8192, KEPT_BYTES = 120, KEPT_TOLD = 40 };

typedef struct step step;

typedef struct branch {
  uint32_t hash; /* of the answer: most are told apart by it */
  answer answer;
  step *next;
} branch;

/* An answer to a question about a leaf. Objects of a stream are full of the same leaves, and questions take a while. */
typedef struct kept {
  int question; /* 0: none */
  uint32_t kind, len;
  answer answer;
  char text[KEPT_BYTES], told[KEPT_TOLD]; /* what was asked about, and the answer's text */
} kept;

struct step {
  enum { OPEN, ASKS, ENDS } state;
  look look;
  int verdict;
  bool full;
  uint32_t count, room;
  branch *branches; /* in the arena; grown by copying */
};

typedef struct group {
  step *root; /* the ends' verdicts are indices of `verdicts` */
  uint32_t count;
  uint32_t *rules;
  bool *alone; /* rules that are left out */
} group;

/* A look that was taken at a leaf of a trace. */
typedef struct traced {
  look look;
  answer answer; /* its text is in the trace's memory */
} traced;

struct recall_trace {
  const node **leaves;
  size_t leaf_count, count, room;
  traced *looks;
  arena memory;
  bool broken; /* there was no memory: nothing repeats */
};

struct recall {
  recall_trace *trace; /* which gets looks; NULL: none does */
  recall_asker *asker;
  void *context;
  arena memory;
  places places; /* marked with the run that noted a look there last, for each kind of look but ASK */
  step **rules;
  uint32_t rule_count, step_count;
  buf keys;        /* what LOOK_KEYS shows */
  kept *kept;      /* by hash; a newer one takes the place of an older */
  step *at;        /* where the next look is noted; NULL: nothing is */
  bool overflowed; /* what was noted met more answers than a step learns */
  group *groups;
  int group_count;
  int **verdicts; /* of groups: one number a rule */
  int verdict_count, verdict_room;
  uint64_t run; /* of noting */
  look *asked;  /* questions of this run */
  uint32_t asked_count, asked_room;
};

/* --- paths */

recall_path recall_key(recall *r, recall_path parent, const char *key, size_t len) { return places_key(&r->places, parent, key, len); }

recall_path recall_item(recall *r, recall_path parent, uint32_t index) { return places_item(&r->places, parent, index); }

const node *recall_node(recall *r, recall_path path) { return places_node(&r->places, path); }

recall_path recall_parent(const recall *r, recall_path path, const char **key, size_t *len, uint32_t *index) {
  const place *p = &r->places.all[path];
  *key = p->key;
  *len = *index = p->index;
  return p->parent;
}

void recall_open(recall *r, const node *root) {
  places_turn_to(&r->places, root);
  r->at = NULL;
}

/* --- looks */

static answer value_of(const node *n) {
  if (!n) return (answer){.kind = NODE_NULL};
  answer a = {.kind = n->kind};
  switch (n->kind) {
    case NODE_BOOL: a.boolean = n->boolean; break;
    case NODE_INT: a.integer = n->integer; break;
    case NODE_FLOAT: a.number = n->number; break;
    case NODE_STRING:
      a.text = n->text;
      a.count = n->count;
      break;
    default: break;
  }
  return a;
}

static answer keys_of(recall *r, const node *n) {
  buf_clear(&r->keys);
  for (uint32_t i = 0; i < n->count; i++) {
    const node *value = &n->items[i];
    if (n->kind == NODE_MAP) {
      const node *key = &n->items[2 * i];
      buf_add(&r->keys, (const char *)&key->count, sizeof key->count);
      buf_add(&r->keys, key->text, key->count);
      value = key + 1;
    }
    buf_byte(&r->keys, value->kind == NODE_NULL ? 0 : 1);
  }
  return (answer){.kind = n->kind, .count = (uint32_t)r->keys.len, .text = r->keys.data};
}

/* What a leaf says, as bytes: those of a text, or of a number or boolean, or none. */
static uint32_t leaf_bytes(const node *leaf, const char **bytes) {
  static const char none[1];
  *bytes = none;
  if (!leaf || leaf->kind == NODE_NULL) return 0;
  if (leaf->kind == NODE_STRING) *bytes = leaf->text;
  else *bytes = (const char *)&leaf->integer;
  return leaf->kind == NODE_STRING ? leaf->count : leaf->kind == NODE_BOOL ? sizeof leaf->boolean : sizeof leaf->integer;
}

static bool ask(recall *r, int question, const node *leaf, answer *out) {
  const char *bytes;
  uint32_t kind = leaf ? leaf->kind : NODE_NULL, len = leaf_bytes(leaf, &bytes);
  if (!r->kept) r->kept = calloc(KEPT_ANSWERS, sizeof *r->kept);
  if (!r->kept || len > KEPT_BYTES) return r->asker(r->context, question, leaf, out);
  kept *k = &r->kept[hash_bytes((uint64_t)question << 3 | kind, bytes, len) % KEPT_ANSWERS];
  if (k->question == question && k->kind == kind && k->len == len && !memcmp(k->text, bytes, len)) {
    *out = k->answer;
    return true;
  }
  if (!r->asker(r->context, question, leaf, out)) return false;
  if (out->count > KEPT_TOLD) return true;
  k->question = question; /* field by field: most of it is texts, which need not be cleared */
  k->kind = kind;
  k->len = len;
  k->answer = *out;
  memcpy(k->text, bytes, len);
  if (out->count) {
    memcpy(k->told, out->text, out->count);
    k->answer.text = k->told;
  }
  return true;
}

/* --- traces */

static bool is_traced(const recall_trace *t, const look *l, const node *n) {
  size_t i = 0;
  if (l->kind == LOOK_TYPE) return false; /* a leaf of a trace stays a text */
  while (i < t->leaf_count && t->leaves[i] != n) i++;
  if (i == t->leaf_count) return false;
  for (i = 0; i < t->count; i++)
    if (t->looks[i].look.path == l->path && t->looks[i].look.kind == l->kind && t->looks[i].look.question == l->question) return false;
  return true;
}

static void trace_look(recall_trace *t, const look *l, const node *n, const answer *a) {
  if (!is_traced(t, l, n)) return;
  if (t->count == t->room) {
    size_t room = t->room ? 2 * t->room : 32;
    traced *more = realloc(t->looks, room * sizeof *more);
    if (!more) {
      t->broken = true;
      return;
    }
    t->looks = more;
    t->room = room;
  }
  traced *at = &t->looks[t->count++];
  *at = (traced){*l, *a};
  if (a->count && !(at->answer.text = arena_copy(&t->memory, a->text, a->count))) t->broken = true;
}

recall_trace *recall_trace_new(void) { return calloc(1, sizeof(recall_trace)); }

void recall_trace_free(recall_trace *t) {
  if (!t) return;
  arena_free(&t->memory);
  free(t->leaves);
  free(t->looks);
  free(t);
}

bool recall_trace_add_leaf(recall_trace *t, const node *leaf) {
  const node **leaves = realloc(t->leaves, (t->leaf_count + 1) * sizeof *leaves);
  if (!leaves) return false;
  leaves[t->leaf_count++] = leaf;
  t->leaves = leaves;
  t->broken = true; /* until there is a walk */
  return true;
}

const look *recall_trace_look(const recall_trace *t, size_t i) { return !t->broken && i < t->count ? &t->looks[i].look : NULL; }

void recall_trace_forget(recall_trace *t) { t->broken = true; }

static bool is_inner(const node *n) { return n && (n->kind == NODE_LIST || n->kind == NODE_MAP); }

static bool show(recall *r, const look *l, const node *n, answer *out) {
  switch (l->kind) {
    case LOOK_VALUE: *out = value_of(n); return true;
    case LOOK_TYPE:
      *out = (answer){.kind = !n ? NODE_NULL : n->kind == NODE_FLOAT ? NODE_INT : n->kind == NODE_LIST ? NODE_MAP : n->kind};
      return true;
    case LOOK_LENGTH:
      *out = (answer){.kind = NODE_INT};
      out->integer = n && n->kind == NODE_LIST ? n->count : 0;
      return true;
    case LOOK_KEYS: *out = is_inner(n) ? keys_of(r, n) : (answer){.kind = NODE_NULL}; return !r->keys.failed;
    case LOOK_ASK:
    case LOOK_MATCH: break;
  }
  if (is_inner(n)) {
    *out = (answer){.kind = n->kind};
    return true;
  }
  return l->kind == LOOK_MATCH ? r->asker(r->context, l->question, n, out) : ask(r, l->question, n, out);
}

static bool take(recall *r, const look *l, answer *out) {
  const node *n = recall_node(r, l->path);
  if (!show(r, l, n, out)) return false;
  if (r->trace && n) trace_look(r->trace, l, n, out);
  return true;
}

static bool same(const answer *a, const answer *b) {
  if (a->kind != b->kind || a->count != b->count) return false;
  switch (a->kind) {
    case NODE_BOOL: return a->boolean == b->boolean;
    case NODE_INT:
    case NODE_FLOAT: return a->integer == b->integer; /* of a float, the same bits */
    default: return !a->count || !memcmp(a->text, b->text, a->count);
  }
}

static uint32_t hash_answer(const answer *a) {
  return a->count ? hash_bytes(a->kind, a->text, a->count) : a->kind * 31 + (uint32_t)a->count;
}

static step *follow(const step *s, const answer *a) {
  if (s->count == 1) return same(&s->branches[0].answer, a) ? s->branches[0].next : NULL;
  uint32_t hash = hash_answer(a);
  for (uint32_t i = 0; i < s->count; i++)
    if (s->branches[i].hash == hash && same(&s->branches[i].answer, a)) return s->branches[i].next;
  return NULL;
}

/* --- noting */

static step *new_step(recall *r) {
  if (r->step_count >= MOST_STEPS) return NULL;
  step *s = arena_alloc(&r->memory, sizeof *s);
  if (!s) return NULL;
  *s = (step){0};
  r->step_count++;
  return s;
}

static bool grow_rules(recall *r, uint32_t rule) {
  uint32_t count = rule + 16;
  step **rules = realloc(r->rules, count * sizeof *rules);
  if (!rules) return false;
  memset(rules + r->rule_count, 0, (count - r->rule_count) * sizeof *rules);
  r->rules = rules;
  r->rule_count = count;
  return true;
}

static void begin(recall *r, step *root) {
  r->asked_count = 0;
  r->run++;
  r->overflowed = false;
  r->at = root;
}

void recall_begin(recall *r, uint32_t rule) {
  r->at = NULL;
  if (rule >= r->rule_count && !grow_rules(r, rule)) return;
  if (!r->rules[rule]) r->rules[rule] = new_step(r);
  begin(r, r->rules[rule]);
}

bool recall_notes(const recall *r) { return r->at != NULL; }

void recall_spoil(recall *r) { r->at = NULL; }

/* True when the question was asked in this run already, or cannot be kept. */
static bool is_asked(recall *r, const look *l) {
  for (uint32_t i = r->asked_count; i > 0; i--)
    if (r->asked[i - 1].path == l->path && r->asked[i - 1].question == l->question) return true;
  if (r->asked_count == r->asked_room) {
    uint32_t room = r->asked_room ? 2 * r->asked_room : 64;
    look *asked = realloc(r->asked, room * sizeof *asked);
    if (!asked) {
      recall_spoil(r);
      return true;
    }
    r->asked = asked;
    r->asked_room = room;
  }
  r->asked[r->asked_count++] = *l;
  return false;
}

/* True when the look was taken in this run already: it shows nothing new. */
static bool is_noted(recall *r, const look *l) {
  if (l->kind >= LOOK_ASK) return is_asked(r, l);
  uint64_t *noted = &r->places.all[l->path].marks[l->kind];
  bool before = *noted == r->run;
  *noted = r->run;
  return before;
}

/* The step behind a new answer; NULL when it cannot be kept. */
static step *add_branch(recall *r, step *s, answer a) {
  if (s->count == MOST_BRANCHES) {
    s->full = r->overflowed = true;
    return NULL;
  }
  if (s->count == s->room) {
    uint32_t room = s->room ? 2 * s->room : 1;
    branch *branches = arena_alloc(&r->memory, room * sizeof *branches);
    if (!branches) return NULL;
    for (uint32_t i = 0; i < s->count; i++) branches[i] = s->branches[i];
    s->branches = branches;
    s->room = room;
  }
  if (a.count && !(a.text = arena_copy(&r->memory, a.text, a.count))) return NULL;
  step *next = new_step(r);
  if (next) s->branches[s->count++] = (branch){hash_answer(&a), a, next};
  return next;
}

/* Notes a look and what it showed. */
static void note(recall *r, const look *l, const answer *a) {
  step *s = r->at;
  if (is_noted(r, l)) return;
  if (s->state == OPEN) {
    s->state = ASKS;
    s->look = *l;
  } else if (s->state == ENDS || s->look.path != l->path || s->look.kind != l->kind || s->look.question != l->question) {
    recall_spoil(r); /* it asks other things than the last time: its answers depend on more than the object */
    return;
  }
  step *next = follow(s, a);
  r->at = next ? next : add_branch(r, s, *a);
}

void recall_look(recall *r, look l) {
  answer a;
  if (!r->at) return;
  if (take(r, &l, &a)) note(r, &l, &a);
  else recall_spoil(r);
}

void recall_end(recall *r, int verdict) {
  step *s = r->at;
  if (s && s->state == OPEN) {
    s->state = ENDS;
    s->verdict = verdict;
  }
  r->at = NULL;
}

/* --- finding */

/* Walks a tree to its end. The looks on the way are noted as well when something is being noted: then `s` is one rule of a group. */
static recall_result walk(recall *r, const step *s, int *verdict) {
  while (s && s->state == ASKS) {
    answer a;
    if (!take(r, &s->look, &a)) return RECALL_FAILED;
    if (r->at) note(r, &s->look, &a);
    const step *next = follow(s, &a);
    if (!next && s->full) return RECALL_FULL;
    s = next;
  }
  if (!s || s->state == OPEN) return r->step_count < MOST_STEPS ? RECALL_MISS : RECALL_FULL;
  *verdict = s->verdict;
  return RECALL_HIT;
}

recall_result recall_find(recall *r, uint32_t rule, int *verdict) {
  r->at = NULL;
  return walk(r, rule < r->rule_count ? r->rules[rule] : NULL, verdict);
}

int recall_group(recall *r, const uint32_t *rules, uint32_t count) {
  group *groups = realloc(r->groups, (size_t)(r->group_count + 1) * sizeof *groups);
  if (!groups) return -1;
  r->groups = groups;
  group g = {.count = count, .rules = arena_alloc(&r->memory, count * sizeof *rules + 1), .alone = arena_alloc(&r->memory, count + 1)};
  if (!g.rules || !g.alone) return -1;
  memcpy(g.rules, rules, count * sizeof *rules);
  memset(g.alone, 0, count);
  groups[r->group_count] = g;
  return r->group_count++;
}

/* A group without the rule learns anew. */
static void leave_alone(group *g, uint32_t i) {
  g->alone[i] = true;
  g->root = NULL;
}

/* Keeps the verdicts of a group's rules at the end of what was noted. */
static void end_group(recall *r, const group *g, const int *verdicts) {
  if (!r->at || r->at->state != OPEN) return;
  if (r->verdict_count == r->verdict_room) {
    int room = r->verdict_room ? 2 * r->verdict_room : 16;
    int **all = realloc(r->verdicts, (size_t)room * sizeof *all);
    if (!all) return;
    r->verdicts = all;
    r->verdict_room = room;
  }
  int *kept_verdicts = arena_alloc(&r->memory, g->count * sizeof *verdicts + 1);
  if (!kept_verdicts) return;
  memcpy(kept_verdicts, verdicts, g->count * sizeof *verdicts);
  r->verdicts[r->verdict_count] = kept_verdicts;
  recall_end(r, r->verdict_count++);
}

/* The verdict of one rule, which stays in the group as long as it can be remembered. False when a question failed. */
static bool find_one(recall *r, group *g, uint32_t i, int *verdict) {
  bool notes = r->at != NULL;
  uint32_t rule = g->rules[i];
  switch (walk(r, rule < r->rule_count ? r->rules[rule] : NULL, verdict)) {
    case RECALL_FAILED: return false;
    case RECALL_HIT:
      if (notes && !r->at && r->overflowed) leave_alone(g, i); /* its looks do not fit into the group's tree */
      return true;
    case RECALL_FULL:
      *verdict = RECALL_NOT_WORTH;
      if (!g->alone[i]) leave_alone(g, i);
      break;
    case RECALL_MISS: *verdict = RECALL_NO_VERDICT; break;
  }
  r->at = NULL; /* a group is learned from an object about which all is known */
  return true;
}

bool recall_find_all(recall *r, int number, int *verdicts) {
  group *g = &r->groups[number];
  int end;
  r->at = NULL;
  recall_result found = walk(r, g->root, &end);
  if (found == RECALL_FAILED) return false;
  if (found == RECALL_HIT) memcpy(verdicts, r->verdicts[end], g->count * sizeof *verdicts);
  else {
    if (!g->root) g->root = new_step(r);
    begin(r, found == RECALL_MISS ? g->root : NULL);
    for (uint32_t i = 0; i < g->count; i++)
      if (!g->alone[i] && !find_one(r, g, i, &verdicts[i])) return false;
    end_group(r, g, verdicts);
  }
  r->at = NULL;
  for (uint32_t i = 0; i < g->count; i++)
    if (g->alone[i] && !find_one(r, g, i, &verdicts[i])) return false;
  return true;
}

bool recall_find_traced(recall *r, int number, int *verdicts, recall_trace *t) {
  t->count = 0;
  t->broken = false;
  arena_free(&t->memory);
  r->trace = t;
  bool ok = recall_find_all(r, number, verdicts);
  r->trace = NULL;
  if (!ok) t->broken = true;
  return ok;
}

bool recall_repeats(recall *r, const recall_trace *t, bool *failed) {
  for (size_t i = 0; i < t->count && !t->broken; i++) {
    answer a;
    if (!take(r, &t->looks[i].look, &a)) {
      *failed = true;
      return false;
    }
    if (!same(&a, &t->looks[i].answer)) return false;
  }
  return !t->broken;
}

recall *recall_new(recall_asker *asker, void *context) {
  recall *r = calloc(1, sizeof *r);
  if (!r) return NULL;
  r->asker = asker;
  r->context = context;
  if (places_open(&r->places)) return r;
  recall_free(r);
  return NULL;
}

void recall_free(recall *r) {
  if (!r) return;
  arena_free(&r->memory);
  places_free(&r->places);
  free(r->rules);
  free(r->groups);
  free(r->verdicts);
  free(r->asked);
  free(r->kept);
  buf_free(&r->keys);
  free(r);
}
