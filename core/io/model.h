/* SPDX-License-Identifier: Apache-2.0 */
/* Reading model descriptions, inside: the text (model_json.c), the nodes (model_node.c), the edges (model_edges.c). */
#ifndef NSC_CORE_IO_MODEL_H
#define NSC_CORE_IO_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include <nascent/model.h>

#include "core/error.h"

enum {
    NSC_MODEL_VERSION = 1,
    NSC_MODEL_MAX_BYTES = 16 << 20,
    NSC_MODEL_MAX_DEPTH = 64, /* brackets within brackets */
    NSC_MODEL_MAX_NODES = 10000,
    NSC_MODEL_PLACE = 1024 /* a place at the greatest depth fits */
};

/* Where in which description: "nodes[2].weight_init"; "" is the whole. */
typedef struct nsc_model_place {
    const char *file;
    char text[NSC_MODEL_PLACE];
    size_t *nodes; /* counted over the whole description */
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

/* ---- parts */

/* A sequential of the keys "nodes" and "edges" of object. *block is NULL on failure. */
nsc_status nsc_model_nodes(const nsc_model_place *at, const cJSON *object, nsc_block **block);
/* An initialiser, NSC_INIT_DEFAULT where json is NULL. */
nsc_status nsc_model_initializer(const nsc_model_place *at, const cJSON *json, nsc_initializer *init);
/* order[i]: the node that is called i-th. names has count entries; edges may be NULL: as they stand. */
nsc_status nsc_model_order(const nsc_model_place *at, const cJSON *edges, const char *const *names, size_t count,
                           size_t *order);

#endif
