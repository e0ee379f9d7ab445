/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of node in a model description: their keys, and how a block is made of them. */
#include <stddef.h>
#include <string.h>

#include <nascent/graph.h>
#include <nascent/operation_blocks.h>

#include "core/io/model.h"

#define END                               \
    {                                     \
        NULL, NSC_FIELD_SIZE, 0, false, 0 \
    }
#define REQUIRED true
#define OPTIONAL false
#define DENSE(KEY, TYPE, MEMBER, NEED)                                             \
    {                                                                              \
        KEY, NSC_FIELD_##TYPE, offsetof(struct nsc_dense_options, MEMBER), NEED, 0 \
    }
#define ACTIVATION(KEY, TYPE, MEMBER, NEED)                                             \
    {                                                                                   \
        KEY, NSC_FIELD_##TYPE, offsetof(struct nsc_activation_options, MEMBER), NEED, 0 \
    }
#define ARGUMENT(KEY, TYPE, MEMBER, NEED)                                      \
    {                                                                          \
        KEY, NSC_FIELD_##TYPE, offsetof(struct nsc_arguments, MEMBER), NEED, 0 \
    }
#define PART(KEY, TYPE, NEED)             \
    {                                     \
        KEY, NSC_FIELD_##TYPE, 0, NEED, 0 \
    }

static const nsc_model_field none[] = {END};
static const nsc_model_field nodes_fields[] = {PART("nodes", ARRAY, REQUIRED), END};
static const nsc_model_field sequential_fields[] = {PART("nodes", ARRAY, REQUIRED), PART("edges", ARRAY, OPTIONAL),
                                                    END};
static const nsc_model_field graph_fields[] = {PART("inputs", ARRAY, OPTIONAL), PART("outputs", ARRAY, OPTIONAL),
                                               PART("nodes", ARRAY, REQUIRED), PART("edges", ARRAY, REQUIRED), END};
static const nsc_model_field repeat_fields[] = {ARGUMENT("count", COUNT, count, REQUIRED),
                                                PART("block", OBJECT, REQUIRED), END};
static const nsc_model_field concat_branches_fields[] = {ARGUMENT("axis", AXIS, axis, REQUIRED),
                                                         PART("nodes", ARRAY, REQUIRED), END};
static const nsc_model_field dense_fields[] = {DENSE("units", SIZE, units, REQUIRED),
                                               DENSE("in_units", SIZE, in_units, OPTIONAL),
                                               DENSE("activation", ACTIVATION, activation, OPTIONAL),
                                               DENSE("bias", NO, no_bias, OPTIONAL),
                                               DENSE("flatten", NO, no_flatten, OPTIONAL),
                                               DENSE("weight_init", INITIALIZER, weight_init, OPTIONAL),
                                               DENSE("bias_init", INITIALIZER, bias_init, OPTIONAL),
                                               END};
static const nsc_model_field activation_fields[] = {ACTIVATION("activation", ACTIVATION, activation, REQUIRED),
                                                    ACTIVATION("axis", AXIS_NOT_0, axis, OPTIONAL),
                                                    ACTIVATION("alpha", NUMBER_NOT_0, alpha, OPTIONAL), END};
static const nsc_model_field axis_fields[] = {ARGUMENT("axis", AXIS, axis, REQUIRED), END};
static const nsc_model_field reshape_fields[] = {ARGUMENT("dims", DIMS, list, REQUIRED), END};
static const nsc_model_field transpose_fields[] = {ARGUMENT("axes", AXES, list, OPTIONAL), END};
static const nsc_model_field slice_fields[] = {
    ARGUMENT("axis", AXIS, axis, REQUIRED),
    ARGUMENT("start", INTEGER, start, OPTIONAL),
    ARGUMENT("stop", STOP, stop, OPTIONAL),
    {"step", NSC_FIELD_INTEGER, offsetof(struct nsc_arguments, step), OPTIONAL, 1},
    END};
static const nsc_model_field split_fields[] = {ARGUMENT("axis", AXIS, axis, REQUIRED),
                                               ARGUMENT("count", COUNT, count, REQUIRED), END};
static const nsc_model_field pad_fields[] = {
    ARGUMENT("before", COUNTS, list, REQUIRED), ARGUMENT("after", COUNTS, after, REQUIRED),
    ARGUMENT("mode", PAD_MODE, mode, OPTIONAL), ARGUMENT("value", NUMBER, value, OPTIONAL), END};
static const nsc_model_field reduce_fields[] = {ARGUMENT("axes", AXES, list, OPTIONAL),
                                                ARGUMENT("keep", YES, keep, OPTIONAL), END};
static const nsc_model_field dropout_fields[] = {ARGUMENT("rate", NUMBER, value, REQUIRED), END};
static const nsc_model_field cast_fields[] = {ARGUMENT("dtype", DTYPE, dtype, REQUIRED), END};
static const nsc_model_field one_hot_fields[] = {ARGUMENT("depth", COUNT, count, REQUIRED), END};

/* ---- how each is made --------------------------------------------------------------------------------------------- */

#define MAKE(NAME) static nsc_block *make_##NAME(const nsc_model_options *o, size_t inputs, nsc_block *const *blocks)

MAKE(sequential)
{
    (void)o, (void)inputs;
    return nsc_sequential_create(blocks);
}

MAKE(residual)
{
    (void)o, (void)inputs;
    return nsc_residual_create(blocks);
}

MAKE(add_branches)
{
    (void)o, (void)inputs;
    return nsc_add_branches_create(blocks);
}

MAKE(concat_branches)
{
    (void)inputs;
    return nsc_concat_branches_create(o->arguments.axis, blocks);
}

MAKE(dense)
{
    (void)inputs, (void)blocks;
    return nsc_dense_create(&o->dense, sizeof o->dense);
}

MAKE(activation)
{
    (void)inputs, (void)blocks;
    return nsc_activation_create(&o->activation, sizeof o->activation);
}

MAKE(flatten)
{
    (void)o, (void)inputs, (void)blocks;
    return nsc_flatten();
}

MAKE(identity)
{
    (void)o, (void)inputs, (void)blocks;
    return nsc_identity();
}

MAKE(add)
{
    (void)o, (void)blocks;
    return nsc_add_inputs(inputs);
}

MAKE(multiply)
{
    (void)o, (void)blocks;
    return nsc_multiply_inputs(inputs);
}

MAKE(concat)
{
    (void)blocks;
    return nsc_concat_inputs(inputs, o->arguments.axis);
}

MAKE(stack)
{
    (void)blocks;
    return nsc_stack_inputs(inputs, o->arguments.axis);
}

MAKE(matmul)
{
    (void)o, (void)inputs, (void)blocks;
    return nsc_matmul();
}

MAKE(gather)
{
    (void)inputs, (void)blocks;
    return nsc_gather(o->arguments.axis);
}

MAKE(reshape)
{
    (void)inputs, (void)blocks;
    return nsc_reshape(o->arguments.list.count, o->arguments.list.items);
}

/* The axes of a list as ints. */
static size_t axes_of(const nsc_model_options *o, int axes[NSC_MAX_RANK])
{
    for (int i = 0; i < o->arguments.list.count; i++)
        axes[i] = (int)o->arguments.list.items[i];
    return (size_t)o->arguments.list.count;
}

MAKE(transpose)
{
    (void)inputs, (void)blocks;
    int axes[NSC_MAX_RANK];
    const size_t count = axes_of(o, axes);
    return nsc_transpose((int)count, axes);
}

MAKE(slice)
{
    (void)inputs, (void)blocks;
    return nsc_slice(o->arguments.axis, o->arguments.start, o->arguments.stop, o->arguments.step);
}

MAKE(split)
{
    (void)inputs, (void)blocks;
    return nsc_split(o->arguments.axis, (size_t)o->arguments.count);
}

MAKE(pad)
{
    const nsc_arguments *a = &o->arguments;
    (void)inputs, (void)blocks;
    /* Lists of two lengths fit no rank, and NULL none either. */
    return nsc_pad(a->list.count, a->list.items, a->after.count == a->list.count ? a->after.items : NULL, a->mode,
                   a->value);
}

MAKE(expand_dims)
{
    (void)inputs, (void)blocks;
    return nsc_expand_dims(o->arguments.axis);
}

MAKE(squeeze)
{
    (void)inputs, (void)blocks;
    return nsc_squeeze(o->arguments.axis);
}

MAKE(sum)
{
    (void)inputs, (void)blocks;
    int axes[NSC_MAX_RANK];
    const size_t count = axes_of(o, axes);
    return nsc_sum(axes, count, o->arguments.keep);
}

MAKE(mean)
{
    (void)inputs, (void)blocks;
    int axes[NSC_MAX_RANK];
    const size_t count = axes_of(o, axes);
    return nsc_mean(axes, count, o->arguments.keep);
}

MAKE(max)
{
    (void)inputs, (void)blocks;
    int axes[NSC_MAX_RANK];
    const size_t count = axes_of(o, axes);
    return nsc_max(axes, count, o->arguments.keep);
}

MAKE(min)
{
    (void)inputs, (void)blocks;
    int axes[NSC_MAX_RANK];
    const size_t count = axes_of(o, axes);
    return nsc_min(axes, count, o->arguments.keep);
}

MAKE(dropout)
{
    (void)inputs, (void)blocks;
    return nsc_dropout(o->arguments.value);
}

MAKE(cast)
{
    (void)inputs, (void)blocks;
    return nsc_cast(o->arguments.dtype);
}

MAKE(one_hot)
{
    (void)inputs, (void)blocks;
    return nsc_one_hot(o->arguments.count);
}

/* ---- the table ---------------------------------------------------------------------------------------------------- */

static const nsc_model_kind kinds[] = {
    {"sequential", NSC_FORM_CHAIN, sequential_fields, make_sequential},
    {"graph", NSC_FORM_GRAPH, graph_fields, NULL},
    {"residual", NSC_FORM_NODES, nodes_fields, make_residual},
    {"repeat", NSC_FORM_REPEAT, repeat_fields, NULL},
    {"add_branches", NSC_FORM_NODES, nodes_fields, make_add_branches},
    {"concat_branches", NSC_FORM_NODES, concat_branches_fields, make_concat_branches},
    {"dense", NSC_FORM_LEAF, dense_fields, make_dense},
    {"activation", NSC_FORM_LEAF, activation_fields, make_activation},
    {"flatten", NSC_FORM_LEAF, none, make_flatten},
    {"identity", NSC_FORM_LEAF, none, make_identity},
    {"add", NSC_FORM_LEAF, none, make_add},
    {"multiply", NSC_FORM_LEAF, none, make_multiply},
    {"concat", NSC_FORM_LEAF, axis_fields, make_concat},
    {"stack", NSC_FORM_LEAF, axis_fields, make_stack},
    {"matmul", NSC_FORM_LEAF, none, make_matmul},
    {"gather", NSC_FORM_LEAF, axis_fields, make_gather},
    {"reshape", NSC_FORM_LEAF, reshape_fields, make_reshape},
    {"transpose", NSC_FORM_LEAF, transpose_fields, make_transpose},
    {"slice", NSC_FORM_LEAF, slice_fields, make_slice},
    {"split", NSC_FORM_LEAF, split_fields, make_split},
    {"pad", NSC_FORM_LEAF, pad_fields, make_pad},
    {"expand_dims", NSC_FORM_LEAF, axis_fields, make_expand_dims},
    {"squeeze", NSC_FORM_LEAF, axis_fields, make_squeeze},
    {"sum", NSC_FORM_LEAF, reduce_fields, make_sum},
    {"mean", NSC_FORM_LEAF, reduce_fields, make_mean},
    {"max", NSC_FORM_LEAF, reduce_fields, make_max},
    {"min", NSC_FORM_LEAF, reduce_fields, make_min},
    {"dropout", NSC_FORM_LEAF, dropout_fields, make_dropout},
    {"cast", NSC_FORM_LEAF, cast_fields, make_cast},
    {"one_hot", NSC_FORM_LEAF, one_hot_fields, make_one_hot},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

const nsc_model_kind *nsc_model_kind_find(const char *name)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

const char *nsc_model_kind_advice(const char *name, char *text, size_t capacity)
{
    const char *names[KINDS + 1] = {NULL};
    for (size_t i = 0; i < KINDS; i++)
        names[i] = kinds[i].name;
    return nsc_words_advice(name, names, text, capacity);
}
