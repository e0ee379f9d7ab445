/* SPDX-License-Identifier: Apache-2.0 */
/* Model descriptions, inside. Reading: the text (model_json.c), the nodes (model_node.c), the edges (model_edges.c).
 * Writing: the tree (model_write.c), the text (model_print.c). Both: kinds and their keys (model_kinds.c, model_field.c). */
#ifndef NSC_CORE_IO_MODEL_H
#define NSC_CORE_IO_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include <nascent/model.h>

#include "core/block/operation.h"
#include "core/error.h"
#include "core/words.h"

enum {
    NSC_MODEL_VERSION = 1,
    NSC_MODEL_MAX_BYTES = 16 << 20,
    NSC_MODEL_MAX_DEPTH = 64, /* brackets within brackets */
    NSC_MODEL_MAX_NODES = 10000,
    NSC_MODEL_MAX_EDGES = 100000,
    NSC_MODEL_PLACE = 1024 /* a place at the greatest depth fits */
};

/* Where in which description: "nodes[2].weight_init"; "" is the whole. */
typedef struct nsc_model_place {
    const char *file;
    char text[NSC_MODEL_PLACE];
    size_t *nodes; /* counted over the whole description */
    size_t *edges;
} nsc_model_place;
/* The place of a key, or of an element of an array, inside `at`. */
nsc_model_place nsc_model_key_place(const nsc_model_place *at, const char *key);
nsc_model_place nsc_model_element_place(const nsc_model_place *at, const char *key, size_t index);
/* "FILE: PLACE: words". */
nsc_status nsc_model_fail(const nsc_model_place *at, nsc_status status, const char *format, ...) NSC_PRINTF(3, 4);

/* ---- text (model_json.c) */

/* The tree of a text whose depth, strings and end were checked; cJSON_Delete frees it. */
nsc_status nsc_model_text(const char *name, const char *text, size_t length, cJSON **tree);

typedef enum nsc_model_type {
    NSC_MODEL_TEXT,
    NSC_MODEL_BOOL,
    NSC_MODEL_INTEGER,
    NSC_MODEL_NUMBER, /* fits a float */
    NSC_MODEL_OBJECT,
    NSC_MODEL_ARRAY,
    NSC_MODEL_ANY /* its reader checks it */
} nsc_model_type;
typedef struct nsc_model_key {
    const char *name; /* NULL ends a list, of at most 32 */
    nsc_model_type type;
} nsc_model_key;
/* Every key of object is one of keys, stands once and has its type; what says what the object is ("dense"). From then on
 * the functions below cannot fail. */
nsc_status nsc_model_keys(const nsc_model_place *at, const char *what, const cJSON *object, const nsc_model_key *keys);
const cJSON *nsc_model_item(const cJSON *object, const char *key); /* NULL: not given */
const char *nsc_model_string(const cJSON *object, const char *key);
bool nsc_model_bool(const cJSON *object, const char *key, bool otherwise);
int64_t nsc_model_integer(const cJSON *object, const char *key, int64_t otherwise);
float nsc_model_number(const cJSON *object, const char *key, float otherwise);

/* ---- fields: one table for reading and writing (model_field.c) */

typedef enum nsc_model_field_type {
    NSC_FIELD_SIZE,         /* int64_t, 0 or more; in the options 0 is "not given" and NSC_DIM_ZERO is 0 */
    NSC_FIELD_COUNT,        /* int64_t, 1 or more */
    NSC_FIELD_INTEGER,      /* int64_t */
    NSC_FIELD_STOP,         /* int64_t; NSC_END where it is left out */
    NSC_FIELD_AXIS,         /* int */
    NSC_FIELD_AXIS_NOT_0,   /* int, 0: not given */
    NSC_FIELD_YES,          /* int, false unless given */
    NSC_FIELD_NO,           /* int, true unless given; the options have its contrary */
    NSC_FIELD_NUMBER,       /* float, 0 unless given */
    NSC_FIELD_NUMBER_NOT_0, /* float, 0: not given */
    NSC_FIELD_ACTIVATION,
    NSC_FIELD_DTYPE,
    NSC_FIELD_PAD_MODE,
    NSC_FIELD_AXES,   /* nsc_list; empty: not given */
    NSC_FIELD_DIMS,   /* nsc_list with -1 and "same" */
    NSC_FIELD_COUNTS, /* nsc_list, each 0 or more */
    NSC_FIELD_INITIALIZER,
    NSC_FIELD_ARRAY, /* a part of a container, which reads and writes it */
    NSC_FIELD_OBJECT
} nsc_model_field_type;
typedef struct nsc_model_field {
    const char *key; /* NULL ends a list */
    nsc_model_field_type type;
    size_t offset; /* in the options */
    bool required;
    int64_t otherwise; /* of an integer that is left out */
} nsc_model_field;

/* The options of any kind, as its block keeps them. */
typedef union nsc_model_options {
    nsc_dense_options dense;
    nsc_activation_options activation;
    nsc_arguments arguments;
} nsc_model_options;

/* ---- kinds (model_kinds.c) */

typedef enum nsc_model_form {
    NSC_FORM_LEAF,
    NSC_FORM_NODES, /* "nodes", one after the other or side by side */
    NSC_FORM_CHAIN, /* "nodes", and "edges" that give their order */
    NSC_FORM_GRAPH,
    NSC_FORM_REPEAT
} nsc_model_form;
typedef struct nsc_model_kind {
    const char *name; /* also that of the block's class */
    nsc_model_form form;
    const nsc_model_field *fields;
    /* inputs: how many edges lead here. blocks: of a container; ended by NULL. */
    nsc_block *(*make)(const nsc_model_options *options, size_t inputs, nsc_block *const *blocks);
} nsc_model_kind;
/* NULL: there is none. */
const nsc_model_kind *nsc_model_kind_find(const char *name);
/* "say dense", "say one of: ...". */
const char *nsc_model_kind_advice(const char *name, char *text, size_t capacity);

/* ---- reading */

/* The keys of node are those of kind, and what they say goes into options. */
nsc_status nsc_model_read_fields(const nsc_model_place *at, const nsc_model_kind *kind, const cJSON *node,
                                 nsc_model_options *options);
/* The block of one node, which inputs edges lead to. *block is NULL on failure. */
nsc_status nsc_model_node(const nsc_model_place *at, const cJSON *node, size_t inputs, nsc_block **block);
/* A container of the key "nodes" of object; kind NULL: the outermost, a sequential or a graph as its edges are. */
nsc_status nsc_model_nodes(const nsc_model_place *at, const nsc_model_kind *kind, const cJSON *object,
                           const nsc_model_options *options, nsc_block **block);
/* An initialiser, NSC_INIT_DEFAULT where json is NULL. */
nsc_status nsc_model_initializer(const nsc_model_place *at, const cJSON *json, nsc_initializer *init);

/* The nodes of one container while it is read. */
typedef struct nsc_model_list {
    size_t count;
    char (*positions)[24];
    const char **names;
    size_t *inputs;     /* edges that lead to each */
    nsc_block **blocks; /* ended by NULL */
    nsc_name *sorted;   /* names */
} nsc_model_list;
/* inputs of all nodes, before they are read. What is wrong with edges is said later. */
void nsc_model_count_edges(const cJSON *edges, nsc_model_list *nodes);
/* The blocks in the order of a chain from "input" to "output" through all of them, as edges says. *chain is false where
 * edges are well-formed, but no chain; then nothing is changed. */
nsc_status nsc_model_chain(const nsc_model_place *at, const cJSON *object, nsc_model_list *nodes, bool *chain);
/* A graph of the keys "inputs", "outputs" and "edges" of object. It takes the blocks over, also on failure. */
nsc_status nsc_model_graph(const nsc_model_place *at, const cJSON *object, nsc_model_list *nodes, nsc_block **block);
/* Why block is an error block. */
const char *nsc_model_block_text(const nsc_block *block);

/* ---- writing */

typedef struct nsc_model_writer {
    const char *call;
    size_t nodes;
    size_t length;
    char path[4096]; /* of the block that is written, "" for the root */
    const nsc_block *block;
    bool no_memory;
} nsc_model_writer;
/* UNSUPPORTED: "CALL: PATH (KIND): words". */
nsc_status nsc_model_refuse(const nsc_model_writer *writer, const char *format, ...) NSC_PRINTF(2, 3);
/* What differs from the defaults of kind, into node. */
nsc_status nsc_model_write_fields(nsc_model_writer *writer, const nsc_model_kind *kind, const void *options,
                                  cJSON *node);
nsc_status nsc_model_write_initializer(nsc_model_writer *writer, const char *key, const nsc_initializer *init,
                                       cJSON *node);
/* item goes into object; a failure is remembered. */
void nsc_model_put(nsc_model_writer *writer, cJSON *object, const char *key, cJSON *item);
/* The number that reads as this float and is the shortest to write; finite. */
double nsc_model_decimal(float value);
/* The text of a description, with line ends; malloc'ed, NULL where there is no memory. *length is without the zero. */
char *nsc_model_print(const cJSON *tree, size_t *length);

#endif
