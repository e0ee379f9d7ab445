/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a block: what every kind has in common. A kind embeds struct nsc_block first. */
#ifndef NSC_CORE_BLOCK_BLOCK_H
#define NSC_CORE_BLOCK_BLOCK_H

#include <stdatomic.h>
#include <stdbool.h>

#include <nascent/block.h>

#include "core/error.h"
#include "core/param/parameter.h"

typedef struct nsc_net nsc_net;

typedef struct nsc_block_class {
    const char *kind;
    /* Fills out with out_count values; a failure is recorded in the trace and returned. */
    nsc_status (*forward)(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count, nsc_value **out,
                          size_t out_count);
    void (*destroy)(nsc_block *block); /* what the kind owns beside children and parameters; may be NULL */
    size_t options; /* where in the block its options are, as they were declared; 0: it has none, or nobody may know */
} nsc_block_class;

typedef struct nsc_child {
    char *name; /* NULL: the block's own name, else the position */
    nsc_block *block;
} nsc_child;

struct nsc_block {
    atomic_size_t references;
    const nsc_block_class *class;
    const char *kind;
    char *name;
    size_t inputs, outputs;
    nsc_status status; /* not NSC_OK: an error block */
    char *text;
    nsc_child *children;
    size_t child_count, child_capacity;
    nsc_parameter **parameters;
    size_t parameter_count, parameter_capacity;
    atomic_uint_fast64_t stamp; /* moves with the structure */
    _Atomic(nsc_net *) net;     /* plans and executors, made when this block is first run as a root */
};

/* A block of `size` bytes, zeroed behind the common part; where memory is gone, the static error block. */
nsc_block *nsc_block_new(size_t size, const nsc_block_class *class);
/* True for the static block that stands for "no memory": nothing may be written to it. */
bool nsc_block_static(const nsc_block *block);
/* Turns it into an error block (the first error stays) and gives it. */
nsc_block *nsc_block_fail(nsc_block *block, nsc_status status, const char *format, ...) NSC_PRINTF(3, 4);
/* Takes child over, whatever happens; false when it was released at once. */
bool nsc_block_adopt(nsc_block *block, const char *name, nsc_block *child);
/* Takes parameter over; NULL is "no memory". */
void nsc_block_own(nsc_block *block, nsc_parameter *parameter);
/* true and the name in text when name can be part of a path. */
bool nsc_name_valid(const char *name);
/* Copies the options that a caller knows into `mine`, the rest stays zero. */
void nsc_options_copy(void *mine, size_t known, const void *given, size_t size);

/* Depth-first over a tree, own parameters first. path is valid during the call. A block or parameter that stands twice
 * is visited once, under its first path. */
typedef struct nsc_walk {
    void *user;
    bool (*block)(void *user, const char *path, nsc_block *block);             /* may be NULL */
    bool (*parameter)(void *user, const char *path, nsc_parameter *parameter); /* resolved; may be NULL */
    bool (*alias)(void *user, const char *path, nsc_parameter *parameter);     /* its further paths; may be NULL */
} nsc_walk;
/* NO_MEMORY; INVALID for a tree too deep or a path too long; FAILED when a visit gave false. */
nsc_status nsc_block_walk(nsc_block *root, const nsc_walk *walk);
/* The words for a walk of `call` that failed, unless a visit did; gives status. */
nsc_status nsc_block_walk_failed(uint64_t owner, const char *call, nsc_status status);
/* Every parameter once; free items. So what cannot finish has changed none of them. */
typedef struct nsc_parameter_list {
    nsc_parameter **items;
    size_t count, capacity;
} nsc_parameter_list;
nsc_status nsc_block_parameters(nsc_block *root, const char *call, nsc_parameter_list *list);
/* The name that child `index` has in paths. */
const char *nsc_child_name(const nsc_block *block, size_t index, char text[24]);

/* Called when a root is freed (plan_cache.c). */
void nsc_net_free(nsc_net *net);
/* Frees the plans; bounds, seed and step stay. Nobody runs the net. NULL is allowed. */
void nsc_net_drop_plans(nsc_net *net);

#endif
