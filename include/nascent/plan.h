/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Graphs and plans, to be looked at: what was declared, and what a device would run. `nascent graph` draws them.
 *
 * Structs are filled up to the size that is given; later versions append fields. Texts and arrays in them are owned by the
 * proposal or the plan. A proposal is used by one thread at a time, and so is the making and releasing of a plan; any
 * threads may read a plan.
 */
#ifndef NASCENT_PLAN_H
#define NASCENT_PLAN_H

#include <nascent/block.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NSC_NO_INDEX ((size_t)-1)

/* ---- what was declared ------------------------------------------------------------------------------------------- */

/* One value of the graph of a proposal. Operands come before their readers. */
typedef struct nsc_node_info {
    const char *operation; /* "input", "parameter", "product", "relu", "reshape", ... */
    const char *text; /* what else it is given: "axis 1", of an input its index, of leaky_relu "0.01"; "" for nothing */
    const char *path; /* of the block that asked for it; of a parameter: its own. "" for the root */
    const char *block; /* the kind of that block: "dense" */
    nsc_shape shape;   /* NSC_UNKNOWN where a size is not known */
    const size_t *operands;
    size_t operand_count;
} nsc_node_info;
NSC_API size_t nsc_proposal_node_count(const nsc_proposal *proposal);
/* Errors: INVALID, NO_MEMORY. */
NSC_API nsc_status nsc_proposal_node(nsc_proposal *proposal, size_t index, nsc_node_info *info, size_t size);
/* Which node is output index; NSC_NO_INDEX where there is no such output. */
NSC_API size_t nsc_proposal_output_node(const nsc_proposal *proposal, size_t index);

/* ---- what a device would run ------------------------------------------------------------------------------------- */

/* A plan without values. What is fused follows from what the device accepts, so all programs of the plan are built. */
typedef struct nsc_plan_view nsc_plan_view;
/* Every size of the proposal must be known. The plan does not need the proposal afterwards; the caller owns *plan, and
 * releases it before the context is closed. Errors: INVALID, PENDING (an unknown size), UNSUPPORTED, NO_MEMORY, and those of
 * preparing. */
NSC_API nsc_status nsc_plan_view_create(nsc_proposal *proposal, nsc_context *context, nsc_plan_view **plan);
/* NULL is allowed. */
NSC_API void nsc_plan_view_release(nsc_plan_view *plan);

typedef struct nsc_plan_info {
    size_t steps;         /* launches of one run */
    size_t storages;      /* places in memory that the steps name, in the order in which they do */
    uint64_t arena_bytes; /* of the intermediate values of one run */
    uint64_t bound_bytes; /* the largest sum of intermediate bytes that live at one step: no arena can be smaller */
    uint64_t flops, bytes_read, bytes_written; /* sums over the steps, counted as in profile.h */
} nsc_plan_info;
NSC_API nsc_status nsc_plan_view_info(const nsc_plan_view *plan, nsc_plan_info *info, size_t size);

typedef struct nsc_step_info {
    const char *operation; /* the kind: "gemm_epilogue" */
    const char *text;      /* what it computes, in the names of the storages; a @ b is a product; may be "",
                            * and is cut after 1023 bytes */
    const char *path;      /* of the block whose value it makes */
    const char *block;
    const char *shape; /* "(2,20)x(20,256)" */
    uint64_t flops, bytes_read, bytes_written;
    const size_t *reads; /* storages, each once */
    size_t read_count;
    const size_t *writes;
    size_t write_count;
} nsc_step_info;
NSC_API nsc_status nsc_plan_view_step(const nsc_plan_view *plan, size_t index, nsc_step_info *info, size_t size);

/* place is "input", "output", "parameter"; "arena"; "random": in the arena, with uniform numbers that the host draws before a
 * run; or "indices": the table 0, 1, 2, ... */
typedef struct nsc_storage_info {
    const char *name; /* in texts: "input 0", "output 0", "0.weight", "#3" */
    const char *place;
    size_t index; /* of the input, output or parameter */
    uint64_t bytes;
    uint64_t offset; /* in the arena; 0 elsewhere */
    size_t shares;   /* the storage whose place in the arena it takes over, when the step that writes it is the last to
                         * read that; itself if none. Others that live at the same time do not overlap. */
    size_t first, last; /* steps between which it is written and read */
} nsc_storage_info;
NSC_API nsc_status nsc_plan_view_storage(const nsc_plan_view *plan, size_t index, nsc_storage_info *info, size_t size);

#ifdef __cplusplus
}
#endif

#endif
