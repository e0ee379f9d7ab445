/* SPDX-License-Identifier: Apache-2.0 */
/* Every operation on symbolic values, alone, on every backend, against double precision. */
#include "oracle.h"

#include <stdio.h>
#include <string.h>

typedef struct call {
    enum { BINARY, LINEAR, ACTIVATION, SOFTMAX, FLATTEN, CONCAT } kind;
    char operation; /* of BINARY */
    nsc_activation activation;
    int axis;
} call;

static nsc_status call_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                               size_t out_count)
{
    const call *own = user;
    (void)trace;
    (void)out_count;
    switch (own->kind) {
    case BINARY:
        out[0] = own->operation == '+'   ? nsc_op_add(in[0], in[1])
                 : own->operation == '-' ? nsc_op_sub(in[0], in[1])
                                         : nsc_op_mul(in[0], in[1]);
        break;
    case LINEAR:
        out[0] = nsc_op_linear(in[0], in[1], in_count > 2 ? in[2] : NULL);
        break;
    case ACTIVATION:
        out[0] = nsc_op_activation(in[0], own->activation);
        break;
    case SOFTMAX:
        out[0] = nsc_op_softmax(in[0], own->axis);
        break;
    case FLATTEN:
        out[0] = nsc_op_flatten(in[0]);
        break;
    case CONCAT:
        out[0] = nsc_op_concat(in, in_count, own->axis);
        break;
    }
    return NSC_OK;
}

/* Runs one operation on the inputs, which it takes over, and checks the result, which it also takes over. */
static void check(call own, nsc_tensor **inputs, size_t count, oracle expected, const char *what)
{
    nsc_block *block = nsc_custom(call_forward, .user = &own, .inputs = count);
    const nsc_tensor *in[8];
    for (size_t i = 0; i < count; i++)
        in[i] = inputs[i];
    nsc_tensor *y = NULL;
    ASSERT_OK(nsc_run(block, NSC_INFERENCE, in, count, &y, 1));
    oracle_check(&expected, y, what);
    oracle_free(&expected);
    nsc_tensor_release(y);
    for (size_t i = 0; i < count; i++)
        nsc_tensor_release(inputs[i]);
    nsc_release(block);
}

typedef struct shape {
    int rank;
    int64_t dims[NSC_MAX_RANK];
} shape;

/* Values spread over signs and magnitudes. */
static nsc_tensor *spread(nsc_context *context, uint64_t seed, const shape *of, float width)
{
    static float values[1 << 16];
    size_t count = model_elements(of->rank, of->dims);
    ck_assert_uint_le(count, sizeof values / sizeof values[0]);
    for (size_t i = 0; i < count; i++)
        values[i] = model_random_float(&seed, -width, width);
    return model_tensor(context, 0, values, of->rank, of->dims);
}

START_TEST(test_add_sub_mul_with_broadcasting)
{
    static const shape pairs[][2] = {
        {{0, {0}}, {0, {0}}},
        {{1, {1}}, {1, {1}}},
        {{1, {1027}}, {1, {1027}}},
        {{2, {3, 5}}, {0, {0}}},
        {{0, {0}}, {2, {3, 5}}},
        {{2, {3, 5}}, {1, {5}}},
        {{1, {5}}, {2, {3, 5}}},
        {{2, {3, 5}}, {2, {1, 5}}},
        {{2, {3, 5}}, {2, {3, 1}}},
        {{2, {3, 1}}, {2, {1, 5}}},
        {{3, {2, 3, 4}}, {2, {3, 4}}},
        {{3, {2, 1, 4}}, {3, {1, 3, 1}}},
        {{4, {2, 3, 4, 5}}, {4, {2, 1, 4, 1}}},
        {{5, {2, 3, 1, 5, 2}}, {3, {4, 1, 2}}},
        {{8, {2, 1, 3, 1, 2, 1, 2, 3}}, {8, {1, 2, 1, 3, 1, 2, 2, 1}}},
        {{8, {2, 2, 2, 2, 2, 2, 2, 2}}, {1, {2}}},
        {{2, {0, 5}}, {1, {5}}},
        {{2, {3, 0}}, {2, {1, 0}}},
        {{2, {3, 0}}, {2, {3, 1}}},
    };
    nsc_context *context = model_context(_i);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        for (const char *operation = "+-*"; *operation != '\0'; operation++) {
            nsc_tensor *in[2] = {spread(context, i, &pairs[i][0], 3.0f), spread(context, i + 100, &pairs[i][1], 3.0f)};
            oracle a = oracle_tensor(in[0]), b = oracle_tensor(in[1]);
            char what[32];
            snprintf(what, sizeof what, "pair %zu, %c", i, *operation);
            check((call){.kind = BINARY, .operation = *operation}, in, 2, oracle_binary(*operation, &a, &b), what);
            oracle_free(&a);
            oracle_free(&b);
        }
}
END_TEST

START_TEST(test_an_operand_used_twice)
{
    nsc_context *context = model_context(_i);
    nsc_tensor *x = INPUT(context, 1, 4, 7);
    nsc_tensor *in[2] = {x, nsc_tensor_retain(x)};
    oracle a = oracle_tensor(x);
    check((call){.kind = BINARY, .operation = '*'}, in, 2, oracle_binary('*', &a, &a), "x * x");
    oracle_free(&a);
}
END_TEST

START_TEST(test_linear)
{
    /* x, units: the last size of x is k */
    static const struct {
        shape x;
        int64_t units;
    } cases[] = {
        {{1, {1}}, 1},       {{1, {7}}, 5},        {{2, {1, 1}}, 1},      {{2, {2, 3}}, 5},
        {{2, {7, 33}}, 65},  {{2, {64, 128}}, 96}, {{2, {130, 257}}, 31}, {{2, {1, 300}}, 17},
        {{2, {200, 1}}, 9},  {{3, {2, 3, 4}}, 5},  {{3, {5, 1, 16}}, 16}, {{4, {2, 2, 3, 8}}, 6},
        {{2, {0, 3}}, 4},    {{2, {4, 3}}, 0},     {{2, {4, 0}}, 3},      {{2, {0, 0}}, 3},
        {{3, {2, 0, 3}}, 4}, {{1, {0}}, 2},        {{2, {33, 17}}, 1},    {{8, {1, 2, 1, 2, 1, 2, 1, 5}}, 3},
    };
    nsc_context *context = model_context(_i);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t inputs = 2; inputs <= 3; inputs++) {
            int64_t k = cases[i].x.dims[cases[i].x.rank - 1], units = cases[i].units;
            nsc_tensor *in[3] = {spread(context, i, &cases[i].x, 2.0f), INPUT(context, i + 50, units, k),
                                 inputs > 2 ? INPUT(context, i + 90, units) : NULL};
            oracle x = oracle_tensor(in[0]), weight = oracle_tensor(in[1]), bias = {0};
            if (inputs > 2)
                bias = oracle_tensor(in[2]);
            char what[48];
            snprintf(what, sizeof what, "linear case %zu, %zu operands", i, inputs);
            check((call){.kind = LINEAR}, in, inputs, oracle_linear(&x, &weight, inputs > 2 ? &bias : NULL), what);
            oracle_free(&x);
            oracle_free(&weight);
            oracle_free(&bias);
        }
}
END_TEST

START_TEST(test_activations)
{
    static const nsc_activation all[] = {NSC_IDENTITY, NSC_RELU, NSC_SIGMOID, NSC_TANH, NSC_GELU};
    static const float widths[] = {0x1p-100f, 1e-3f, 1.0f, 8.0f, 100.0f, 1e30f};
    static const shape of = {3, {5, 7, 11}}, scalar = {0, {0}}, empty = {2, {3, 0}};
    nsc_context *context = model_context(_i);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char what[48];
        for (size_t j = 0; j < sizeof widths / sizeof widths[0] + 2; j++) {
            size_t last = sizeof widths / sizeof widths[0];
            nsc_tensor *x = spread(context, j, j == last ? &scalar : j > last ? &empty : &of, widths[j < last ? j : 2]);
            oracle of_x = oracle_tensor(x);
            snprintf(what, sizeof what, "activation %d, inputs %zu", (int)all[i], j);
            check((call){.kind = ACTIVATION, .activation = all[i]}, &x, 1, oracle_activation(&of_x, all[i]), what);
            oracle_free(&of_x);
        }
    }
}
END_TEST

START_TEST(test_softmax_over_every_axis)
{
    static const shape shapes[] = {{1, {1}},       {1, {37}},      {2, {5, 9}},
                                   {2, {3, 1000}}, {3, {4, 3, 5}}, {4, {2, 3, 4, 5}},
                                   {2, {0, 4}},    {3, {2, 0, 3}}, {8, {2, 1, 2, 3, 1, 2, 2, 3}}};
    static const float widths[] = {1.0f, 90.0f, 1e4f};
    nsc_context *context = model_context(_i);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (int axis = -shapes[i].rank; axis < shapes[i].rank; axis++)
            for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
                nsc_tensor *x = spread(context, i + w, &shapes[i], widths[w]);
                oracle of_x = oracle_tensor(x);
                char what[48];
                snprintf(what, sizeof what, "softmax, shape %zu, axis %d, width %zu", i, axis, w);
                check((call){.kind = SOFTMAX, .axis = axis}, &x, 1,
                      oracle_softmax(&of_x, axis < 0 ? axis + shapes[i].rank : axis), what);
                oracle_free(&of_x);
            }
}
END_TEST

START_TEST(test_flatten)
{
    static const shape shapes[] = {{1, {4}},       {2, {3, 5}}, {3, {2, 3, 4}}, {8, {2, 1, 2, 1, 3, 1, 2, 1}},
                                   {3, {0, 3, 4}}, {1, {0}},    {3, {2, 0, 4}}};
    nsc_context *context = model_context(_i);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        nsc_tensor *x = spread(context, i, &shapes[i], 1.0f);
        oracle of_x = oracle_tensor(x);
        check((call){.kind = FLATTEN}, &x, 1, oracle_flatten(&of_x), "flatten");
        oracle_free(&of_x);
    }
}
END_TEST

START_TEST(test_concat_over_every_axis)
{
    static const shape shapes[] = {{1, {3}}, {2, {3, 4}}, {3, {2, 3, 4}}, {5, {2, 1, 3, 2, 2}}, {2, {0, 2}}};
    nsc_context *context = model_context(_i);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (int axis = -shapes[i].rank; axis < shapes[i].rank; axis++)
            for (size_t count = 1; count <= 4; count++) {
                int from_start = axis < 0 ? axis + shapes[i].rank : axis;
                nsc_tensor *in[4];
                oracle parts[4];
                for (size_t j = 0; j < count; j++) {
                    shape of = shapes[i];
                    of.dims[from_start] = (int64_t)((j + 1) % 3) * 2; /* 2, 4, 0, 2 */
                    in[j] = spread(context, i + j, &of, 1.0f);
                    parts[j] = oracle_tensor(in[j]);
                }
                char what[48];
                snprintf(what, sizeof what, "concat of %zu, shape %zu, axis %d", count, i, axis);
                check((call){.kind = CONCAT, .axis = axis}, in, count, oracle_concat(parts, (int)count, from_start),
                      what);
                for (size_t j = 0; j < count; j++)
                    oracle_free(&parts[j]);
            }
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("operations");
    EACH_BACKEND(tests, test_add_sub_mul_with_broadcasting);
    EACH_BACKEND(tests, test_an_operand_used_twice);
    EACH_BACKEND(tests, test_linear);
    EACH_BACKEND(tests, test_activations);
    EACH_BACKEND(tests, test_softmax_over_every_axis);
    EACH_BACKEND(tests, test_flatten);
    EACH_BACKEND(tests, test_concat_over_every_axis);
    return model_end();
}
