/* SPDX-License-Identifier: Apache-2.0 */
/* The fully connected layer. */
#include <inttypes.h>

#include "core/block/block.h"
#include "core/param/initializer.h"

typedef struct dense {
    nsc_block base;
    nsc_dense_options options;
} dense;

static nsc_status dense_forward(nsc_trace *trace, nsc_block *block, nsc_value *const *in, size_t in_count,
                                nsc_value **out, size_t out_count)
{
    const nsc_dense_options *o = &((const dense *)block)->options;
    (void)in_count, (void)out_count;
    nsc_value *x = o->no_flatten ? in[0] : nsc_op_flatten(in[0]);
    nsc_value *weight = nsc_op_parameter(trace, block->parameters[0]);
    nsc_value *bias = block->parameter_count > 1 ? nsc_op_parameter(trace, block->parameters[1]) : NULL;
    out[0] = nsc_op_activation(nsc_op_linear(x, weight, bias), o->activation);
    return NSC_OK;
}

static const nsc_block_class dense_class = {
    .kind = "dense", .forward = dense_forward, .options = offsetof(struct dense, options)};

nsc_block *nsc_dense_create(const nsc_dense_options *options, size_t size)
{
    nsc_dense_options o;
    nsc_options_copy(&o, sizeof o, options, size);
    nsc_block *block = nsc_block_new(sizeof(dense), &dense_class);
    if (nsc_block_static(block))
        return block;
    if (o.name != NULL)
        nsc_named(o.name, block);
    o.name = NULL; /* the caller's */
    ((dense *)block)->options = o;
    if (o.units == 0 || (o.units < 0 && o.units != NSC_DIM_ZERO))
        return nsc_block_fail(block, NSC_INVALID, "units is %" PRId64 "; it must be given, 1 or more, or NSC_DIM_ZERO",
                              o.units);
    if (o.in_units < 0 && o.in_units != NSC_DIM_ZERO)
        return nsc_block_fail(block, NSC_INVALID,
                              "in_units is %" PRId64 "; leave it out to infer it, or give 1 or more, or NSC_DIM_ZERO",
                              o.in_units);
    if (nsc_activation_name(o.activation) == NULL)
        return nsc_block_fail(block, NSC_INVALID, "%d is no activation", (int)o.activation);
    char text[160];
    if (!nsc_initializer_valid(&o.weight_init, text, sizeof text) ||
        !nsc_initializer_valid(&o.bias_init, text, sizeof text))
        return nsc_block_fail(block, NSC_INVALID, "%s", text);
    int64_t units = o.units == NSC_DIM_ZERO ? 0 : o.units;
    int64_t in_units = o.in_units == NSC_DIM_ZERO ? 0 : (o.in_units == 0 ? NSC_UNKNOWN : o.in_units);
    if (!nsc_initializer_suits(&o.weight_init, NSC_ROLE_WEIGHT, 2, (int64_t[]){units, in_units}, NULL, text,
                               sizeof text))
        return nsc_block_fail(block, NSC_INVALID, "weight_init: %s", text);
    if (!nsc_initializer_suits(&o.bias_init, NSC_ROLE_BIAS, 1, &units, NULL, text, sizeof text))
        return nsc_block_fail(block, NSC_INVALID, "bias_init: %s", text);
    nsc_initializer bias = o.bias_init.kind == NSC_INIT_DEFAULT ? nsc_zeros() : o.bias_init;
    nsc_block_own(block, nsc_parameter_new(&(nsc_parameter_declaration){.name = "weight",
                                                                        .kind = "dense",
                                                                        .remedy = "in_units",
                                                                        .dtype = NSC_FLOAT32,
                                                                        .rank = 2,
                                                                        .dims = (int64_t[]){units, in_units},
                                                                        .init = o.weight_init,
                                                                        .role = NSC_ROLE_WEIGHT}));
    if (!o.no_bias)
        nsc_block_own(block, nsc_parameter_new(&(nsc_parameter_declaration){.name = "bias",
                                                                            .kind = "dense",
                                                                            .dtype = NSC_FLOAT32,
                                                                            .rank = 1,
                                                                            .dims = &units,
                                                                            .init = bias,
                                                                            .role = NSC_ROLE_BIAS}));
    return block;
}
