/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks without parameters: activations, flatten, identity. */
#include <math.h>

#include "core/block/block.h"

typedef struct activation {
    nsc_block base;
    nsc_activation_options options;
} activation;

static nsc_status activation_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                     nsc_value **out, size_t out_count)
{
    const nsc_activation_options *o = &((const activation *)block)->options;
    (void)trace, (void)in_count, (void)out_count;
    const int axis = o->axis == 0 ? -1 : o->axis;
    if (o->activation == NSC_SOFTMAX)
        out[0] = nsc_op_softmax(in[0], axis);
    else if (o->activation == NSC_LOG_SOFTMAX)
        out[0] = nsc_op_log_softmax(in[0], axis);
    else if (o->alpha != 0)
        out[0] = nsc_op_activation_alpha(in[0], o->activation, o->alpha);
    else
        out[0] = nsc_op_activation(in[0], o->activation);
    return NSC_OK;
}

static const nsc_block_class activation_class = {
    .kind = "activation", .forward = activation_forward, .options = offsetof(struct activation, options)};

nsc_block *nsc_activation_create(const nsc_activation_options *options, size_t size)
{
    nsc_activation_options o;
    nsc_options_copy(&o, sizeof o, options, size);
    nsc_block *block = nsc_block_new(sizeof(activation), &activation_class);
    if (nsc_block_static(block))
        return block;
    if (o.name != NULL)
        nsc_named(o.name, block);
    o.name = NULL; /* the caller's */
    ((activation *)block)->options = o;
    if (options == NULL)
        return nsc_block_fail(block, NSC_INVALID, "nsc_activation_create: options is NULL");
    const char *name = nsc_activation_name(o.activation);
    if (name == NULL)
        return nsc_block_fail(block, NSC_INVALID, "%d is no activation", (int)o.activation);
    if (o.axis != 0 && o.activation != NSC_SOFTMAX && o.activation != NSC_LOG_SOFTMAX)
        return nsc_block_fail(block, NSC_INVALID, "axis is for softmax and log_softmax; %s works element by element",
                              name);
    if (o.axis < -NSC_MAX_RANK || o.axis >= NSC_MAX_RANK)
        return nsc_block_fail(block, NSC_INVALID, "axis %d; axes are -%d to %d", o.axis, NSC_MAX_RANK,
                              NSC_MAX_RANK - 1);
    if (o.alpha != 0 && o.activation != NSC_LEAKY_RELU && o.activation != NSC_ELU && o.activation != NSC_CELU)
        return nsc_block_fail(block, NSC_INVALID, "alpha is for leaky_relu, elu and celu; %s has none", name);
    if (!isfinite(o.alpha))
        return nsc_block_fail(block, NSC_INVALID, "alpha is %g; it is finite", (double)o.alpha);
    return block;
}

static nsc_status flatten_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                  nsc_value **out, size_t out_count)
{
    (void)trace, (void)block, (void)in_count, (void)out_count;
    out[0] = nsc_op_flatten(in[0]);
    return NSC_OK;
}

static nsc_status identity_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                   nsc_value **out, size_t out_count)
{
    (void)trace, (void)block, (void)in_count, (void)out_count;
    out[0] = in[0];
    return NSC_OK;
}

static const nsc_block_class flatten_class = {.kind = "flatten", .forward = flatten_forward};
static const nsc_block_class identity_class = {.kind = "identity", .forward = identity_forward};

nsc_block *nsc_flatten(void)
{
    return nsc_block_new(sizeof(nsc_block), &flatten_class);
}

nsc_block *nsc_identity(void)
{
    return nsc_block_new(sizeof(nsc_block), &identity_class);
}
