/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks that are one operation each: what all of them have in common. */
#ifndef NSC_CORE_BLOCK_OPERATION_H
#define NSC_CORE_BLOCK_OPERATION_H

#include <nascent/operation_blocks.h>

#include "core/block/block.h"

typedef struct nsc_list {
    int count;
    int64_t items[NSC_MAX_RANK];
} nsc_list;

/* The arguments of the operation; each uses some, and leaves the others 0. */
typedef struct nsc_arguments {
    int axis;
    int keep;
    int64_t start, stop, step;
    int64_t count; /* parts, or a depth */
    nsc_list list; /* sizes, axes, or elements in front */
    nsc_list after;
    nsc_pad_mode mode;
    nsc_dtype dtype;
    float value; /* of a border, or a rate */
} nsc_arguments;

typedef struct nsc_operation {
    nsc_block base;
    nsc_arguments arguments;
} nsc_operation;

/* The class of an operation: its kind, and its forward. */
#define NSC_OPERATION_CLASS(KIND, FORWARD)                                                         \
    {                                                                                              \
        .kind = (KIND), .forward = (FORWARD), .options = offsetof(struct nsc_operation, arguments) \
    }

nsc_block *nsc_operation_new(const nsc_block_class *class, size_t inputs, size_t outputs,
                             const nsc_arguments *arguments);
/* The shape of x has as many axes as the block was declared for; else the trace fails. */
bool nsc_operation_rank(nsc_trace *trace, const nsc_value *x, int declared);
/* count axes, each -8 to 7, at most 8, into list; else block becomes an error block. */
void nsc_operation_axes(nsc_block *block, const int *axes, size_t count);
/* Of a block of such a class. */
const nsc_arguments *nsc_arguments_of(const nsc_block *block);

#endif
