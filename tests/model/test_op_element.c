/* SPDX-License-Identifier: Apache-2.0 */
/* Every element-wise operation: all ranks, sizes 0 and 1, broadcasting, special values. */
#include "alone.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof(ARRAY)[0])

/* With the values that are in the domain, mostly. */
static const struct {
    graph_op op;
    double low, high;
} unaries[] = {
    {G_NEG, -3, 3},       {G_ABS, -3, 3},   {G_EXP, -20, 20},   {G_EXPM1, -3, 3}, {G_LOG, 0, 5},
    {G_LOG1P, -1, 5},     {G_SQRT, 0, 9},   {G_RSQRT, 0.01, 9}, {G_ERF, -4, 4},   {G_SIN, -50, 50},
    {G_COS, -50, 50},     {G_FLOOR, -9, 9}, {G_CEIL, -9, 9},    {G_RINT, -9, 9},  {G_RELU, -3, 3},
    {G_SIGMOID, -20, 20}, {G_TANH, -5, 5},  {G_GELU, -6, 6},    {G_CLIP, -3, 3},  {G_LOG, -1, 1},
};

/* A finite lattice around everything where a function changes its form, and what is no number. */
static const double special[] = {
    NAN,       INFINITY, -INFINITY, 0.0,        -0.0,        0x1p-149, -0x1p-149,     0x1p-127,    0x1p-126,
    -0x1p-126, FLT_MAX,  -FLT_MAX,  1,          -1,          0.5,      -0.5,          1.5,         -1.5,
    2.5,       -2.5,     3,         -3,         1e-20,       -1e-20,   1e30,          -1e30,       88.5,
    -88.5,     104,      -104,      0x1p23 + 1, -0x1p23 - 1, 0x1p24,   0x1.fffffep-1, 0x1.000002p0};
enum { SPECIALS = COUNT(special) };

static graph_node node_of(graph_op op)
{
    return (graph_node){.op = op, .numbers = {-1.25f, 0.75f}};
}

START_TEST(one_operand_of_any_shape)
{
    for (size_t i = 0; i < COUNT(unaries); i++)
        for (const leaf *shape = alone_shapes; shape->rank >= 0; shape++) {
            leaf x = *shape;
            x.low = unaries[i].low;
            x.high = unaries[i].high;
            alone_check(_i, node_of(unaries[i].op), &x, 1);
        }
}
END_TEST

START_TEST(one_operand_that_is_special)
{
    leaf x = {.rank = 1, .dims = {SPECIALS}, .values = special};
    for (size_t i = 0; i < COUNT(unaries); i++)
        alone_check(_i, node_of(unaries[i].op), &x, 1);
}
END_TEST

START_TEST(activations_of_any_shape_and_value)
{
    static const double widths[] = {0x1p-100, 1e-3, 1, 8, 100, 1e30};
    for (int activation = 0; activation <= NSC_HARD_TANH; activation++) {
        graph_node node = {.op = G_ACTIVATION, .activation = (nsc_activation)activation};
        int softmax = activation == NSC_SOFTMAX || activation == NSC_LOG_SOFTMAX;
        for (const leaf *shape = alone_shapes; shape->rank >= 0; shape++)
            if (shape->rank > 0 || !softmax)
                alone_check(_i, node, shape, 1);
        for (size_t w = 0; w < COUNT(widths); w++)
            alone_check(_i, node, &(leaf){.rank = 2, .dims = {7, 11}, .low = -widths[w], .high = widths[w]}, 1);
        leaf x = {.rank = 2, .dims = {SPECIALS, 1}, .values = special};
        alone_check(_i, node, &x, 1);
    }
}
END_TEST

START_TEST(activations_with_alpha)
{
    static const nsc_activation kinds[] = {NSC_LEAKY_RELU, NSC_ELU, NSC_CELU};
    static const float alphas[] = {0.01f, 0.5f, 1.0f, 3.0f, -0.5f};
    leaf specials = {.rank = 1, .dims = {SPECIALS}, .values = special};
    for (size_t i = 0; i < COUNT(kinds); i++)
        for (size_t a = 0; a < COUNT(alphas); a++) {
            graph_node node = {.op = G_ACTIVATION_ALPHA, .activation = kinds[i], .numbers = {alphas[a], 0}};
            alone_check(_i, node, &(leaf)LEAF(5, 31), 1);
            if (alphas[a] > 0)
                alone_check(_i, node, &specials, 1);
        }
}
END_TEST

static const leaf pairs[][2] = {
    {SCALAR, SCALAR},
    {LEAF(1), LEAF(1)},
    {LEAF(1027), LEAF(1027)},
    {LEAF(3, 5), SCALAR},
    {SCALAR, LEAF(3, 5)},
    {LEAF(3, 5), LEAF(5)},
    {LEAF(5), LEAF(3, 5)},
    {LEAF(3, 5), LEAF(1, 5)},
    {LEAF(3, 5), LEAF(3, 1)},
    {LEAF(3, 1), LEAF(1, 5)},
    {LEAF(2, 3, 4), LEAF(3, 4)},
    {LEAF(2, 1, 4), LEAF(1, 3, 1)},
    {LEAF(2, 3, 4, 5), LEAF(2, 1, 4, 1)},
    {LEAF(2, 3, 1, 5, 2), LEAF(4, 1, 2)},
    {LEAF(2, 1, 3, 1, 2, 1, 2, 3), LEAF(1, 2, 1, 3, 1, 2, 2, 1)},
    {LEAF(2, 2, 2, 2, 2, 2, 2, 2), LEAF(2)},
    {LEAF(0, 5), LEAF(5)},
    {LEAF(3, 0), LEAF(1, 0)},
    {LEAF(3, 0), LEAF(3, 1)},
    {LEAF(0), LEAF(1)},
};

START_TEST(two_operands_broadcast)
{
    for (graph_op op = G_ADD; op <= G_PRELU; op++)
        for (size_t i = 0; i < COUNT(pairs); i++) {
            leaf x[2] = {pairs[i][0], pairs[i][1]};
            x[0].low = op == G_POW ? 0.1 : -2;
            alone_check(_i, node_of(op), x, 2);
        }
}
END_TEST

START_TEST(two_operands_that_are_equal_somewhere)
{
    for (graph_op op = G_ADD; op <= G_PRELU; op++) {
        static const double a[] = {1, 2, 3, -1, 0, -2, 4, 4}, b[] = {1, 3, 2, -1, -0.0, -2, 4, -4};
        leaf x[2] = {{.rank = 1, .dims = {8}, .values = a}, {.rank = 1, .dims = {8}, .values = b}};
        alone_check(_i, node_of(op), x, 2);
    }
}
END_TEST

/* Every special value against every one, by broadcasting. */
START_TEST(two_operands_that_are_special)
{
    for (graph_op op = G_ADD; op <= G_PRELU; op++) {
        leaf x[2] = {{.rank = 2, .dims = {SPECIALS, 1}, .values = special},
                     {.rank = 2, .dims = {1, SPECIALS}, .values = special}};
        alone_check(_i, node_of(op), x, 2);
    }
}
END_TEST

START_TEST(where_broadcasts_and_takes_nan_for_true)
{
    static const double conditions[] = {1, 0, -0.0, NAN, INFINITY, -INFINITY, 0.25};
    for (size_t i = 0; i < COUNT(pairs); i++) {
        leaf x[3] = {pairs[i][0], pairs[i][1], pairs[i][0]};
        x[0].dtype = 0;
        alone_check(_i, node_of(G_WHERE), x, 3);
    }
    leaf x[3] = {{.rank = 1, .dims = {7}, .values = conditions}, LEAF(7), LEAF(3, 7)};
    alone_check(_i, node_of(G_WHERE), x, 3);
    leaf only[3] = {{.rank = 2, .dims = {7, 1}, .values = conditions},
                    {.rank = 2, .dims = {1, SPECIALS}, .values = special},
                    SCALAR};
    alone_check(_i, node_of(G_WHERE), only, 3);
}
END_TEST

START_TEST(casts_truncate_and_saturate)
{
    static const nsc_dtype dtypes[] = {NSC_FLOAT32, NSC_INT32, NSC_UINT32, NSC_UINT8};
    static const double floats[] = {0,     0.5,   -0.5, 0.999,    -0.999,    1.5,    -1.5,    254.9,
                                    255.9, 256,   -1,   1e9,      -1e9,      0x1p31, -0x1p31, 0x1p32,
                                    1e30,  -1e30, NAN,  INFINITY, -INFINITY, 0x1p24, 3e9,     -3e9};
    static const double signeds[] = {0, 1, -1, 255, 256, 0x1p24, 0x1p24 + 1, -0x1p24 - 1, 0x1p31 - 1, -0x1p31};
    static const double unsigneds[] = {0, 1, 255, 256, 0x1p24 + 1, 0x1p31, 0x1p32 - 1};
    static const double bytes[] = {0, 1, 127, 128, 255};
    const leaf from[] = {{.dtype = NSC_FLOAT32, .rank = 1, .dims = {COUNT(floats)}, .values = floats},
                         {.dtype = NSC_INT32, .rank = 1, .dims = {COUNT(signeds)}, .values = signeds},
                         {.dtype = NSC_UINT32, .rank = 1, .dims = {COUNT(unsigneds)}, .values = unsigneds},
                         {.dtype = NSC_UINT8, .rank = 1, .dims = {COUNT(bytes)}, .values = bytes}};
    for (size_t i = 0; i < COUNT(from); i++)
        for (size_t to = 0; to < COUNT(dtypes); to++) {
            graph_node node = {.op = G_CAST, .dtype = dtypes[to]};
            alone_check(_i, node, &from[i], 1);
            for (const leaf *shape = alone_shapes; shape->rank >= 0; shape++) {
                leaf x = *shape;
                x.dtype = from[i].dtype;
                x.low = x.dtype == NSC_FLOAT32 ? -300 : 0;
                x.high = x.dtype == NSC_UINT8 ? 256 : 300;
                alone_check(_i, node, &x, 1);
            }
        }
}
END_TEST

START_TEST(dropout_is_the_identity_in_inference)
{
    for (const leaf *shape = alone_shapes; shape->rank >= 0; shape++)
        alone_check(_i, (graph_node){.op = G_DROPOUT, .numbers = {0.5f, 0}}, shape, 1);
}
END_TEST

static nsc_status square_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                                 size_t out_count)
{
    (void)trace, (void)user, (void)in_count, (void)out_count;
    out[0] = nsc_op_mul(in[0], in[1]);
    return NSC_OK;
}

START_TEST(a_tensor_may_be_two_inputs)
{
    nsc_tensor *x = INPUT(model_context(_i), 1, 4, 7), *y = NULL;
    nsc_block *block = nsc_custom(square_forward, .inputs = 2);
    ASSERT_OK(nsc_run(block, NSC_INFERENCE, (const nsc_tensor *[]){x, x}, 2, &y, 1));
    oracle of_x = oracle_tensor(x), expected = oracle_binary('*', &of_x, &of_x);
    oracle_check(&expected, y, "x * x");
    oracle_free(&of_x);
    oracle_free(&expected);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(block);
}
END_TEST

/* Signs of zeros are not compared elsewhere. */
static nsc_status zeros_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                                size_t out_count)
{
    (void)trace, (void)user, (void)in_count, (void)out_count;
    nsc_value *x = in[0];
    out[0] = nsc_op_neg(x);
    out[1] = nsc_op_abs(x);
    out[2] = nsc_op_mul(x, nsc_op_constant(trace, 3));
    out[3] = nsc_op_transpose(x, NULL);
    out[4] = nsc_op_rint(x);
    out[5] = nsc_op_add(x, nsc_op_constant(trace, 0));
    return NSC_OK;
}

START_TEST(zeros_keep_their_signs)
{
    static const float x[] = {0.0f, -0.0f};
    static const int negative[6][2] = {{1, 0}, {0, 0}, {0, 1}, {0, 1}, {0, 1}, {0, 0}};
    nsc_tensor *in = TENSOR(model_context(_i), x, 1, 2), *out[6] = {NULL};
    nsc_block *block = nsc_custom(zeros_forward, .outputs = 6);
    ASSERT_OK(nsc_run(block, NSC_INFERENCE, (const nsc_tensor *[]){in}, 1, out, 6));
    for (int i = 0; i < 6; i++) {
        float *values = model_read(out[i]);
        for (int j = 0; j < 2; j++)
            ck_assert_msg(values[j] == 0 && (signbit(values[j]) != 0) == negative[i][j], "output %d of %g is %g", i,
                          (double)x[j], (double)values[j]);
        free(values);
        nsc_tensor_release(out[i]);
    }
    nsc_tensor_release(in);
    nsc_release(block);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("op_element");
    EACH_BACKEND(tests, one_operand_of_any_shape);
    EACH_BACKEND(tests, one_operand_that_is_special);
    EACH_BACKEND(tests, activations_of_any_shape_and_value);
    EACH_BACKEND(tests, activations_with_alpha);
    EACH_BACKEND(tests, two_operands_broadcast);
    EACH_BACKEND(tests, two_operands_that_are_equal_somewhere);
    EACH_BACKEND(tests, two_operands_that_are_special);
    EACH_BACKEND(tests, where_broadcasts_and_takes_nan_for_true);
    EACH_BACKEND(tests, casts_truncate_and_saturate);
    EACH_BACKEND(tests, dropout_is_the_identity_in_inference);
    EACH_BACKEND(tests, a_tensor_may_be_two_inputs);
    EACH_BACKEND(tests, zeros_keep_their_signs);
    return model_end();
}
