/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan: a lowered, fused graph with memory assigned; immutable once made. Its steps name storages: the inputs, outputs
 * and parameters of the run, and places in one arena.
 */
#ifndef NSC_CORE_GRAPH_PLAN_H
#define NSC_CORE_GRAPH_PLAN_H

#include <stdbool.h>

#include <nascent/backend.h>

#include "core/device/gateway.h"
#include "core/device/work.h"
#include "core/graph/trace.h"
#include "core/memory.h"
#include "core/tensor.h"

enum { NSC_STEP_STORAGES = NSC_BACKEND_MAX_INPUTS + NSC_BACKEND_MAX_OUTPUTS };
enum { NSC_MAX_INDEX = 1 << 24 }; /* indices are float32 on their way */

typedef enum nsc_place {
    NSC_PLACE_INPUT,
    NSC_PLACE_OUTPUT,
    NSC_PLACE_PARAMETER,
    NSC_PLACE_INDICES, /* 0, 1, 2, ... as float32, made with the plan */
    NSC_PLACE_ARENA
} nsc_place;

typedef struct nsc_storage {
    nsc_place place;
    uint32_t index; /* of the input, output or parameter */
    uint32_t same;  /* arena: the storage whose memory this one uses; itself if none */
    uint64_t bytes;
    uint64_t offset;      /* arena */
    uint32_t first, last; /* steps that write and read it */
    bool used;
} nsc_storage;

typedef struct nsc_step {
    const nsc_backend_operation *operation;
    uint32_t value; /* the id of the value it makes: what a refusal of an optional kind is remembered by */
    uint32_t storage_count;
    uint32_t storages[NSC_STEP_STORAGES]; /* a view's buffer index is a position in here */
    nsc_work *work;                       /* what a profile tells of it */
} nsc_step;

/* Uniform numbers that every run draws anew: by a step of the device, or where it has none (step is SIZE_MAX) by the host,
 * before the run. */
typedef struct nsc_plan_random {
    uint64_t key;
    size_t step;
    uint32_t storage;
    uint64_t count;
} nsc_plan_random;

typedef struct nsc_plan_parameter {
    nsc_parameter *parameter; /* kept alive by the tree */
    uint64_t generation;
    nsc_tensor *value; /* counted */
} nsc_plan_parameter;

typedef struct nsc_plan_block {
    nsc_block *block;
    uint64_t stamp;
} nsc_plan_block;

typedef struct nsc_plan {
    nsc_arena arena; /* host memory of everything below */
    nsc_context *context;
    nsc_mode mode;
    nsc_shape *inputs, *outputs;
    uint32_t input_count, output_count;
    nsc_plan_block *blocks; /* what the plan was made from: it holds while their stamps do */
    uint32_t block_count;
    nsc_plan_parameter *parameters;
    uint32_t parameter_count;
    nsc_storage *storages;
    size_t storage_count, storage_capacity;
    nsc_step *steps;
    size_t step_count, step_capacity;
    nsc_plan_random *randoms;
    size_t random_count, random_capacity;
    nsc_memory *indices; /* of NSC_PLACE_INDICES; NULL: none is used */
    uint64_t index_count;
    uint64_t host_bytes; /* of the plan itself */
    uint64_t arena_bytes;
    uint64_t bound_bytes; /* the largest sum of bytes that are live at one step: no arena can be smaller */

    /* Guarded by the lock of the net that owns the plan (core/block/plan_cache.c). */
    struct nsc_executor *idle;
    size_t borrowed;
    bool stale;
    struct nsc_plan *next;
} nsc_plan;

/* refused[id] is true for values whose fused form the device turned down; may be NULL. Every parameter is initialized,
 * or has the value that will be published. */
nsc_status nsc_plan_make(nsc_context *context, nsc_trace *trace, const bool *refused, nsc_plan **plan);
void nsc_plan_free(nsc_plan *plan);
/* Does it still hold for the tree it was made from? */
bool nsc_plan_current(const nsc_plan *plan);

/* What planning knows of one value, by the pass after which it holds. */
typedef struct nsc_planned {
    /* plan.c, before all */
    int64_t dims[NSC_MAX_RANK];
    uint64_t count;

    /* share.c */
    const nsc_value *same;      /* the first value that is the same as this one, or itself */
    const nsc_value **operands; /* the value's, each as what it is the same as */

    /* fuse.c */
    bool live;
    bool stored;             /* has a place in memory, its own or another's */
    bool forced;             /* may not be computed inside its reader: the program outgrew its limits */
    bool absorbed;           /* a product that its only reader computes along */
    bool heavy;              /* computing it twice is worse than storing it */
    bool cheap;              /* computing it in every reader is better than storing it */
    bool elsewhere;          /* a reader cannot compute it: an output, or another kind of value */
    uint32_t uses;           /* readers, outputs among them */
    const nsc_value *reader; /* the last one; NULL: an output */
    uint32_t output;         /* 1 + the output that it is computed into */
    uint32_t weight;         /* about how many ops compute it, those of inlined operands included */
    /* Of an element-wise value and of a reduction: what the program reads. A product that is computed along is the first
     * leaf. */
    const nsc_value *leaves[NSC_BACKEND_MAX_INPUTS];
    uint32_t leaf_count;
    const nsc_value *product;

    /* chain.c: the program of such a value */
    const nsc_backend_expression *expression;
    nsc_term term; /* in program number term_of, while that is written */
    uint64_t term_of;

    /* locate.c */
    bool located;
    bool copied;           /* a view that strides cannot express, so it is a copy */
    const nsc_value *into; /* the concatenation that it is computed into, as operand `part` */
    size_t part;
    uint32_t storage;
    nsc_backend_view view; /* where it lies in its storage; `buffer` is not set */
} nsc_planned;

typedef struct nsc_planner {
    nsc_context *context;
    nsc_trace *trace;
    nsc_plan *plan;
    const bool *refused;
    nsc_planned *values;
    uint64_t program; /* the number of the one that was written last; 0: none yet */
    nsc_status status;
} nsc_planner;

/* Equal values are one (share.c). */
void nsc_plan_share(nsc_planner *planner);
/* Which values get memory, which are computed inside others, by which programs (fuse.c). */
void nsc_plan_fuse(nsc_planner *planner);
/* Writes the program of a root; false when it outgrows a limit or memory is gone (chain.c). */
bool nsc_chain_write(nsc_planner *planner, const nsc_value *root);
/* Where every stored value lies: views, storages (locate.c). */
void nsc_plan_locate(nsc_planner *planner);
/* Values to steps (lower.c). */
void nsc_plan_lower(nsc_planner *planner);
/* Arena offsets by liveness (place.c). */
void nsc_plan_place(nsc_planner *planner);

nsc_status nsc_plan_no_memory(nsc_planner *planner);
/* Is value computed inside its readers? A constant is, also where it has memory for others. */
bool nsc_plan_inlined(const nsc_planner *planner, const nsc_value *value);
/* Can a program be ended by this value: element-wise ones, and reductions but for products. */
bool nsc_plan_hosts(const nsc_value *value);

#endif
