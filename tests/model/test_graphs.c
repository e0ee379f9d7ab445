/* SPDX-License-Identifier: Apache-2.0 */
/* Residuals, repeats, graphs and operations as blocks, on every backend: against double precision, and against custom
 * blocks that call the operations themselves. */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES(...)              \
    .nodes = (nsc_graph_node[]) \
    {                           \
        __VA_ARGS__,            \
        {                       \
            NULL, NULL, NULL    \
        }                       \
    }
#define OUTPUTS(...)                \
    .outputs = (nsc_graph_output[]) \
    {                               \
        __VA_ARGS__,                \
        {                           \
            NULL, NULL              \
        }                           \
    }

static const nsc_initialize_options random_all = {
    .size = sizeof random_all, .seed = 5, .init = {.kind = NSC_INIT_UNIFORM, .a = -0.5f, .b = 0.5f}};

/* activation(x weight^T + bias) of the dense layer at path. */
static oracle dense(nsc_block *net, const char *path, const oracle *x, nsc_activation activation)
{
    char name[64];
    snprintf(name, sizeof name, "%s.weight", path);
    oracle weight = oracle_parameter(model_parameter(net, name));
    snprintf(name, sizeof name, "%s.bias", path);
    oracle bias = oracle_parameter(model_parameter(net, name)), sum = oracle_linear(x, &weight, &bias),
           y = oracle_activation(&sum, activation);
    oracle_free(&weight);
    oracle_free(&bias);
    oracle_free(&sum);
    return y;
}

START_TEST(test_residual)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_residual(nsc_dense(33, .activation = NSC_TANH, .bias_init = nsc_uniform(1)), nsc_dense(7));
    nsc_tensor *x = INPUT(context, 1, 5, 7), *y = NULL;
    ASSERT_OK(nsc_initialize(net, context, &random_all));
    ASSERT_OK(nsc_forward(net, x, &y));
    oracle of_x = oracle_tensor(x), hidden = dense(net, "0", &of_x, NSC_TANH),
           branch = dense(net, "1", &hidden, NSC_IDENTITY), expected = oracle_binary('+', &of_x, &branch);
    oracle_check(&expected, y, "residual");
    oracle_free(&of_x);
    oracle_free(&hidden);
    oracle_free(&branch);
    oracle_free(&expected);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(net);
}
END_TEST

static nsc_block *make_residual(void *user, size_t index)
{
    (void)user, (void)index;
    return nsc_residual(nsc_dense(6, .activation = NSC_SIGMOID));
}

START_TEST(test_repeat)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_repeat(3, make_residual, NULL);
    nsc_tensor *x = INPUT(context, 2, 4, 6), *y = NULL;
    ASSERT_OK(nsc_initialize(net, context, &random_all));
    ASSERT_OK(nsc_forward(net, x, &y));
    ck_assert(!model_same_value(model_parameter(net, "0.0.weight"), model_parameter(net, "1.0.weight")));
    oracle value = oracle_tensor(x);
    for (int i = 0; i < 3; i++) {
        char path[8];
        snprintf(path, sizeof path, "%d.0", i);
        oracle branch = dense(net, path, &value, NSC_SIGMOID), sum = oracle_binary('+', &value, &branch);
        oracle_free(&branch);
        oracle_free(&value);
        value = sum;
    }
    oracle_check(&value, y, "repeat");
    oracle_free(&value);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(net);
}
END_TEST

START_TEST(test_graph)
{
    nsc_context *context = model_context(_i);
    nsc_block *net =
        nsc_graph(.inputs = "x y",
                  NODES({"both", nsc_concat_inputs(3, 1), "sum b product"}, {"sum", nsc_add_inputs(3), "a b a"},
                        {"a", nsc_dense(9, .activation = NSC_RELU), "x"}, {"b", nsc_dense(9), "y"},
                        {"product", nsc_multiply_inputs(2), "sum a"}, {"head", nsc_dense(4), "both"}),
                  OUTPUTS({"scores", "head"}, {"code", "sum"}, {"first", "x"}));
    nsc_tensor *x = INPUT(context, 3, 5, 7), *y = INPUT(context, 4, 5, 3), *out[3] = {NULL, NULL, NULL};
    ASSERT_OK(nsc_initialize(net, context, &random_all));
    for (int run = 0; run < 2; run++) {
        ASSERT_OK(nsc_run(net, NSC_INFERENCE, (const nsc_tensor *const[]){x, y}, 2, out, 3));
        oracle of_x = oracle_tensor(x), of_y = oracle_tensor(y), a = dense(net, "a", &of_x, NSC_RELU),
               b = dense(net, "b", &of_y, NSC_IDENTITY), first = oracle_binary('+', &a, &b),
               sum = oracle_binary('+', &first, &a), product = oracle_binary('*', &sum, &a),
               both = oracle_concat((oracle[]){sum, b, product}, 3, 1), head = dense(net, "head", &both, NSC_IDENTITY);
        oracle_check(&head, out[0], "scores");
        oracle_check(&sum, out[1], "code");
        oracle_check(&of_x, out[2], "first");
        oracle *all[] = {&of_x, &of_y, &a, &b, &first, &sum, &product, &both, &head};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            oracle_free(all[i]);
    }
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    for (int i = 0; i < 3; i++)
        nsc_tensor_release(out[i]);
    nsc_release(net);
}
END_TEST

/* ---- operations as blocks: what the operation itself gives ------------------------------------------------------- */

enum {
    MATMUL,
    GATHER,
    STACK,
    RESHAPE,
    TRANSPOSE,
    REVERSE,
    SLICE,
    SPLIT,
    PAD,
    EXPAND,
    SUM,
    MEAN,
    MAX,
    MIN,
    CAST,
    ONE_HOT,
    SQUEEZE,
    LOG_SOFTMAX,
    ELU,
    DROPOUT,
    COUNT
};

static const int64_t before[] = {0, 1, 2}, after[] = {1, 0, 3};
static const int64_t shape[] = {NSC_DIM_SAME, 2, NSC_UNKNOWN};
static const int turned[] = {2, 0, -2}, ends[] = {0, -1};

static nsc_block *block_of(int what)
{
    switch (what) {
    case MATMUL:
        return nsc_matmul();
    case GATHER:
        return nsc_gather(1);
    case STACK:
        return nsc_stack_inputs(2, 1);
    case RESHAPE:
        return nsc_reshape(3, shape);
    case TRANSPOSE:
        return nsc_transpose(3, turned);
    case REVERSE:
        return nsc_transpose(0, NULL);
    case SLICE:
        return nsc_slice(2, -1, NSC_END, -2);
    case SPLIT:
        return nsc_split(1, 2);
    case PAD:
        return nsc_pad(3, before, after, NSC_PAD_CONSTANT, 0.5f);
    case EXPAND:
        return nsc_expand_dims(-1);
    case SUM:
        return nsc_sum(ends, 2, 0);
    case MEAN:
        return nsc_mean(NULL, 0, 1);
    case MAX:
        return nsc_max(ends, 1, 1);
    case MIN:
        return nsc_min(ends + 1, 1, 0);
    case CAST:
        return nsc_cast(NSC_INT32);
    case ONE_HOT:
        return nsc_one_hot(3);
    case SQUEEZE:
        return nsc_sequential(nsc_expand_dims(0), nsc_squeeze(0));
    case LOG_SOFTMAX:
        return nsc_activate(NSC_LOG_SOFTMAX, .axis = 1);
    case ELU:
        return nsc_activate(NSC_ELU, .alpha = 0.25f);
    default:
        return nsc_dropout(0.25f);
    }
}

static nsc_status operate(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                          size_t out_count)
{
    (void)trace, (void)in_count;
    nsc_value *x = in[0];
    switch (*(const int *)user) {
    case MATMUL:
        out[0] = nsc_op_matmul(x, in[1]);
        break;
    case GATHER:
        out[0] = nsc_op_gather(x, in[1], 1);
        break;
    case STACK:
        out[0] = nsc_op_stack(in, 2, 1);
        break;
    case RESHAPE:
        out[0] = nsc_op_reshape(x, 3, shape);
        break;
    case TRANSPOSE:
        out[0] = nsc_op_transpose(x, turned);
        break;
    case REVERSE:
        out[0] = nsc_op_transpose(x, NULL);
        break;
    case SLICE:
        out[0] = nsc_op_slice(x, 2, -1, NSC_END, -2);
        break;
    case SPLIT:
        nsc_op_split(x, 1, out_count, out);
        break;
    case PAD:
        out[0] = nsc_op_pad(x, before, after, NSC_PAD_CONSTANT, 0.5f);
        break;
    case EXPAND:
        out[0] = nsc_op_expand_dims(x, -1);
        break;
    case SUM:
        out[0] = nsc_op_sum(x, ends, 2, 0);
        break;
    case MEAN:
        out[0] = nsc_op_mean(x, NULL, 0, 1);
        break;
    case MAX:
        out[0] = nsc_op_max(x, ends, 1, 1);
        break;
    case MIN:
        out[0] = nsc_op_min(x, ends + 1, 1, 0);
        break;
    case CAST:
        out[0] = nsc_op_cast(x, NSC_INT32);
        break;
    case ONE_HOT:
        out[0] = nsc_op_one_hot(x, 3);
        break;
    case SQUEEZE:
        out[0] = x;
        break;
    case LOG_SOFTMAX:
        out[0] = nsc_op_log_softmax(x, 1);
        break;
    case ELU:
        out[0] = nsc_op_activation_alpha(x, NSC_ELU, 0.25f);
        break;
    default:
        out[0] = nsc_op_dropout(x, 0.25f);
    }
    return NSC_OK;
}

static void run(nsc_block *net, const nsc_tensor *const *in, nsc_tensor **out)
{
    ASSERT_OK(nsc_set_random(net, 9, 0));
    ASSERT_OK(nsc_run(net, NSC_TRAINING, in, nsc_input_count(net), out, nsc_output_count(net)));
}

static void same_tensor(const nsc_tensor *a, const nsc_tensor *b, const char *what)
{
    const int rank = nsc_tensor_rank(a);
    ck_assert_int_eq(nsc_tensor_dtype(a), nsc_tensor_dtype(b));
    ck_assert_int_eq(rank, nsc_tensor_rank(b));
    ck_assert(rank == 0 || memcmp(nsc_tensor_dims(a), nsc_tensor_dims(b), (size_t)rank * sizeof(int64_t)) == 0);
    const size_t bytes = nsc_tensor_bytes(a);
    ck_assert_uint_eq(bytes, nsc_tensor_bytes(b));
    ck_assert_uint_gt(bytes, 0);
    unsigned char mine[2][4096];
    ck_assert_uint_le(bytes, sizeof mine[0]);
    ASSERT_OK(nsc_tensor_read(a, mine[0], bytes));
    ASSERT_OK(nsc_tensor_read(b, mine[1], bytes));
    ck_assert_msg(memcmp(mine[0], mine[1], bytes) == 0, "%s", what);
}

START_TEST(test_operations)
{
    nsc_context *context = model_context(_i);
    for (int what = 0; what < COUNT; what++) {
        nsc_block *net = block_of(what);
        const char *kind = what == SQUEEZE ? "squeeze" : "operation";
        nsc_block *same =
            nsc_custom(operate, .user = &what, .inputs = nsc_input_count(net), .outputs = nsc_output_count(net));
        nsc_tensor *x = INPUT(context, 6, 3, 4, 5), *other = NULL, *out[2][2] = {{NULL, NULL}, {NULL, NULL}};
        if (what == ONE_HOT) {
            nsc_tensor_release(x);
            ASSERT_OK(nsc_tensor_from(context, NSC_INT32, 2, (int64_t[]){2, 3}, (int32_t[]){0, 2, 1, -1, 3, 2}, &x));
        }
        if (what == MATMUL)
            other = INPUT(context, 7, 5, 2);
        else if (what == GATHER)
            ASSERT_OK(nsc_tensor_from(context, NSC_INT32, 1, (int64_t[]){3}, (int32_t[]){3, 0, 1}, &other));
        else
            other = INPUT(context, 7, 3, 4, 5);
        run(net, (const nsc_tensor *const[]){x, other}, out[0]);
        run(same, (const nsc_tensor *const[]){x, other}, out[1]);
        for (size_t i = 0; i < nsc_output_count(net); i++) {
            same_tensor(out[0][i], out[1][i], kind);
            nsc_tensor_release(out[0][i]);
            nsc_tensor_release(out[1][i]);
        }
        nsc_tensor_release(x);
        nsc_tensor_release(other);
        nsc_release(net);
        nsc_release(same);
    }
}
END_TEST

START_TEST(test_parts_in_a_graph)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = nsc_graph(
        NODES({"parts", nsc_split(1, 3), "input"}, {"turned", nsc_concat_inputs(3, 1), "parts:2 parts parts:1"}),
        OUTPUTS({"output", "turned"}));
    const float data[] = {1, 2, 3, 4, 5, 6}, wanted[] = {3, 1, 2, 6, 4, 5};
    nsc_tensor *x = TENSOR(context, data, 2, 3);
    size_t count;
    float *y = model_forward(net, x, &count);
    ck_assert_uint_eq(count, 6);
    ck_assert(memcmp(y, wanted, sizeof wanted) == 0);
    free(y);
    nsc_tensor_release(x);
    nsc_release(net);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("graphs");
    EACH_BACKEND(tests, test_residual);
    EACH_BACKEND(tests, test_repeat);
    EACH_BACKEND(tests, test_graph);
    EACH_BACKEND(tests, test_operations);
    EACH_BACKEND(tests, test_parts_in_a_graph);
    return model_end();
}
