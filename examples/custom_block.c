/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Custom blocks, written against the installed headers only:
 *
 *     cc -std=c11 custom_block.c $(pkg-config --cflags --libs nascent) -lm -o custom_block
 *
 * "mix" scales its input by one parameter, shifts it by another and hands it to a nested custom block. Both parameters
 * have one unknown size, which they share: whichever becomes known first fixes the other. The nested block, "gate",
 * multiplies its input with the sigmoid of a dense layer of it, and refuses inputs of rank 1 with its own words.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <nascent/nascent.h>

/* ---- gate: x * sigmoid(dense(x)) --------------------------------------------------------------------------------- */

static nsc_status gate_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                               size_t out_count)
{
    (void)in_count;
    (void)out_count;
    int64_t dims[NSC_MAX_RANK];
    if (nsc_value_shape(in[0], dims) == 1)
        return nsc_trace_fail(trace, NSC_INVALID, "it takes a batch, rank 2: got a vector");
    out[0] = nsc_op_mul(in[0], nsc_op_call(trace, user, in[0]));
    return NSC_OK;
}

static nsc_block *gate(int64_t units)
{
    nsc_block *dense = nsc_dense(units, .activation = NSC_SIGMOID);
    nsc_block *block = nsc_custom(gate_forward, .user = dense, .kind = "gate");
    nsc_add_child(block, "dense", dense); /* the block owns it from here on */
    return block;
}

/* ---- mix: gate(x * scale + shift) -------------------------------------------------------------------------------- */

typedef struct mix_parts {
    nsc_parameter *scale, *shift; /* belong to the block */
    nsc_block *gate;
} mix_parts;

static nsc_status mix_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                              size_t out_count)
{
    (void)in_count;
    (void)out_count;
    const mix_parts *parts = user;
    nsc_value *scale = nsc_op_parameter(trace, parts->scale);
    nsc_value *shift = nsc_op_parameter(trace, parts->shift);
    out[0] = nsc_op_call(trace, parts->gate, nsc_op_add(nsc_op_mul(in[0], scale), shift));
    return NSC_OK;
}

static nsc_block *mix(int64_t units)
{
    mix_parts *parts = calloc(1, sizeof *parts);
    /* Without parts the options are wrong on purpose: no forward gives an error block, never NULL. */
    nsc_block *block = nsc_custom(parts ? mix_forward : NULL, .user = parts, .destroy = free, .kind = "mix");
    if (!parts)
        return block;
    const int64_t features[] = {NSC_UNKNOWN};
    const char *const names[] = {"features"};
    parts->scale = nsc_declare(block, "scale", .rank = 1, .dims = features, .dim_names = names, .init = nsc_ones());
    parts->shift = nsc_declare(block, "shift", .rank = 1, .dims = features, .dim_names = names, .init = nsc_zeros());
    parts->gate = nsc_add_child(block, "gate", gate(units));
    return block;
}

/* ---- the program ------------------------------------------------------------------------------------------------- */

/* A batch of n rows (n, 6), or without rows a vector (6). */
static nsc_status forward(nsc_context *context, nsc_block *net, int64_t rows, float *out)
{
    float values[4 * 6];
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        values[i] = (float)i / 10;
    const int64_t batch[] = {rows, 6}, vector[] = {6};
    nsc_tensor *x = NULL, *y = NULL;
    nsc_status status = nsc_tensor_from(context, NSC_FLOAT32, rows ? 2 : 1, rows ? batch : vector, values, &x);
    if (status == NSC_OK)
        status = nsc_forward(net, x, &y);
    if (status == NSC_OK)
        status = nsc_tensor_read(y, out, nsc_tensor_bytes(y));
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    return status;
}

static int check(int good, const char *what)
{
    if (!good)
        fprintf(stderr, "custom_block: %s\n", what);
    return good;
}

static int try_all(nsc_context *context, nsc_block *net)
{
    float out[4 * 6];
    if (!check(nsc_initialize(net, context, NULL) == NSC_OK, nsc_last_error(context)))
        return 0;

    /* The error of the nested block comes back with its code, and nothing was changed by it. */
    nsc_status status = forward(context, net, 0, out);
    printf("a vector: %s: %s\n", nsc_status_name(status), nsc_last_error(context));
    if (!check(status == NSC_INVALID, "the nested block's error is lost"))
        return 0;
    if (!check(nsc_parameter_get_state(nsc_find_parameter(net, "scale")) == NSC_DECLARED, "a failure changed a shape"))
        return 0;

    if (!check(forward(context, net, 4, out) == NSC_OK, nsc_last_error(context)))
        return 0;
    nsc_print_parameters(net, stdout);
    float weight[36], gated = 0;
    if (!check(nsc_parameter_read(nsc_find_parameter(net, "gate.dense.weight"), weight, sizeof weight) == NSC_OK,
               nsc_last_error(context)))
        return 0;
    for (int j = 0; j < 6; j++) /* scale is 1 and shift is 0, so the gate sees x itself */
        gated += weight[6 + j] * (float)j / 10;
    float expected = 0.1f / (1 + expf(-gated));
    printf("output (4, 6), element (0, 1): %.6f, expected %.6f\n", (double)out[1], (double)expected);
    return check(fabsf(out[1] - expected) < 1e-6f, "a wrong output");
}

int main(void)
{
    nsc_context *context = NULL;
    if (nsc_context_open(&context, NULL) != NSC_OK)
        return !check(0, nsc_last_error(NULL));
    nsc_block *net = mix(6);
    int good = try_all(context, net);
    nsc_release(net);
    good = check(nsc_context_close(context) == NSC_OK, nsc_last_error(context)) && good;
    return good ? 0 : 1;
}
