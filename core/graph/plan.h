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

typedef enum nsc_place { NSC_PLACE_INPUT, NSC_PLACE_OUTPUT, NSC_PLACE_PARAMETER, NSC_PLACE_ARENA } nsc_place;

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
    uint64_t arena_bytes;

    /* Guarded by the lock of the net that owns the plan. */
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

/* What planning knows of one value. */
typedef struct nsc_planned {
    bool live;
    bool stored;   /* has memory of its own */
    bool absorbed; /* a linear value that its only reader computes along */
    uint32_t uses;
    const nsc_value *reader; /* the last one */
    uint32_t storage;
    int64_t dims[NSC_MAX_RANK];
    uint64_t count;
} nsc_planned;

typedef struct nsc_planner {
    nsc_context *context;
    nsc_trace *trace;
    nsc_plan *plan;
    const bool *refused;
    nsc_planned *values;
    nsc_status status;
} nsc_planner;

/* Which values get memory, which are computed inside others (fuse.c). */
void nsc_plan_fuse(nsc_planner *planner);
/* Values to steps (lower.c). */
void nsc_plan_lower(nsc_planner *planner);
/* Arena offsets by liveness (place.c). */
void nsc_plan_place(nsc_planner *planner);

nsc_status nsc_plan_no_memory(nsc_planner *planner);
/* The value whose memory `value` is: flatten moves nothing. */
const nsc_value *nsc_plan_source(const nsc_value *value);

#endif
