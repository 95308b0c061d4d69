/* Answers remembered by what was looked at.
 *
 * A rule is a function of an object. While it runs for the first time, every look that it takes at the object is noted with what it
 * saw; so its verdict holds for every other object that gives the same answers to the same looks. The looks of one rule form a tree: a
 * step asks, its branches are the answers that were met, an end holds the verdict. Recalling a verdict walks the tree along a document's
 * nodes, without any Lua table.
 *
 *   recall_open(r, root);                     a document's root
 *   recall_find(r, rule, &verdict)            its verdict, or a miss
 *   recall_begin(r, rule); recall_look(...); recall_end(r, verdict)    on a miss: run the rule, and note its looks
 *
 * What makes this exact: an answer holds all that the look can show, a rule takes the same looks as long as it gets the same answers, and
 * whoever shows an object to a rule notes every look. A rule that does otherwise is noticed where a step asks another question than
 * noted: that run is not remembered.
 *
 * Limits: a step that met MOST_BRANCHES answers learns no more, as with a rule that reads names; nor does the whole beyond MOST_STEPS.
 *
 * Ownership: a recall owns its trees and copies of the texts in them; documents are the caller's, and forgotten at the next open. Failure:
 * a lack of memory is a run that is not remembered.
 */
#ifndef MOONSTEP_RECALL_H
#define MOONSTEP_RECALL_H

#include "base/arena.h"
#include "base/buf.h"
#include "data/places.h"

typedef struct recall recall;

/* A place in documents: the keys that lead to it (data/places.h). 0 is the root. */
typedef place_id recall_path;

typedef enum look_kind {
  LOOK_VALUE,  /* a leaf's value; of a map or list only that it is one */
  LOOK_TYPE,   /* the kind of a value, numbers being one kind */
  LOOK_LENGTH, /* how many items a list has */
  LOOK_KEYS,   /* the keys of a map in their order, the length of a list, and which values are null */
  LOOK_ASK,    /* what a question answers about a leaf; of a map or list only that it is one */
  LOOK_MATCH,  /* the same, for a question that is answered faster than an answer is found again */
} look_kind;

typedef struct look {
  recall_path path;
  look_kind kind;
  int question; /* with LOOK_ASK and LOOK_MATCH */
} look;

/* What a look showed. `kind` is a node_kind; texts are `count` bytes. */
typedef struct answer {
  uint32_t kind, count;
  union {
    bool boolean;
    int64_t integer;
    double number;
    const char *text;
  };
} answer;

/* Answers a question about a leaf (NULL: there is none). What `out` points to must last until the next call. False: the walk ends. */
typedef bool recall_asker(void *context, int question, const node *leaf, answer *out);

typedef enum { RECALL_HIT, RECALL_MISS, RECALL_FULL, RECALL_FAILED } recall_result; /* FULL: a miss that is not worth noting */

/* NULL when there is no memory. */
recall *recall_new(recall_asker *asker, void *context);
void recall_free(recall *r);

/* Looks go to this document from here on. */
void recall_open(recall *r, const node *root);

/* The path of a key (len bytes) or of an item (from 0) below another; paths are the same as long as the recall lives. NO_PLACE when
 * there is no room. */
recall_path recall_key(recall *r, recall_path parent, const char *key, size_t len);
recall_path recall_item(recall *r, recall_path parent, uint32_t index);

/* The node there in the open document, or NULL. */
const node *recall_node(recall *r, recall_path path);

/* What leads to the path: its parent, and its key, or NULL and the item's index. */
recall_path recall_parent(const recall *r, recall_path path, const char **key, size_t *len, uint32_t *index);

/* The verdict of a rule, a number of the caller's, about the open document. */
recall_result recall_find(recall *r, uint32_t rule, int *verdict);

/* Rules that are asked about one kind of objects share most of what they look at. As a group they are recalled by one walk, which takes
 * each look once. A rule that looks at what differs from object to object is left out of it, and walks alone.
 *
 * recall_group gives the number of a new group of `count` rules, -1 when there is no memory. recall_find_all puts the verdict of each
 * of its rules into `verdicts`, or RECALL_NO_VERDICT or RECALL_NOT_WORTH for a miss; false when a question failed. */
enum { RECALL_NO_VERDICT = -1, RECALL_NOT_WORTH = -2 };
int recall_group(recall *r, const uint32_t *rules, uint32_t count);
bool recall_find_all(recall *r, int group, int *verdicts);

/* Documents that differ in some leaves only, such as those that a plan fills: the verdicts about one hold for the next as long as the looks at these leaves
 * show the same. A trace holds those looks and what they showed.
 *
 * recall_find_traced does what recall_find_all does, and traces the looks. recall_repeats takes them again: true when all show what they showed, so that
 * the verdicts are the same. `failed` is set when a question failed. */
typedef struct recall_trace recall_trace;
recall_trace *recall_trace_new(void);
void recall_trace_free(recall_trace *t);
bool recall_trace_add_leaf(recall_trace *t, const node *leaf);
bool recall_find_traced(recall *r, int group, int *verdicts, recall_trace *t);
const look *recall_trace_look(const recall_trace *t, size_t i); /* the i-th look, NULL behind the last */
void recall_trace_forget(recall_trace *t);                      /* nothing repeats until the next walk */
bool recall_repeats(recall *r, const recall_trace *t, bool *failed);

/* Notes the looks of a rule, then its verdict. recall_look is a no-op when nothing is noted; recall_spoil gives the noting up. */
void recall_begin(recall *r, uint32_t rule);
void recall_look(recall *r, look l);
void recall_spoil(recall *r);
void recall_end(recall *r, int verdict);

/* True between begin and end, unless it was given up. */
bool recall_notes(const recall *r);

#endif
