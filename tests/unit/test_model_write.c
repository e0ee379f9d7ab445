/* SPDX-License-Identifier: Apache-2.0 */
/* Writing model descriptions: the text, word for word, and what cannot be written. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "model_text.h"

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
#define HEAD "{\n  \"nascent\": 1,\n"

/* net gives this text, which reads as a net that gives it again. */
static void writes(nsc_block *net, const char *wanted)
{
    char *text = NULL;
    ck_assert_msg(nsc_model_format(net, &text) == NSC_OK, "%s", nsc_last_error(NULL));
    ck_assert_str_eq(text, wanted);
    nsc_release(net);
    net = accepted(text);
    free(text);
    ck_assert_msg(nsc_model_format(net, &text) == NSC_OK, "%s", nsc_last_error(NULL));
    ck_assert_str_eq(text, wanted);
    free(text);
    nsc_release(net);
}

static void unwritable(nsc_block *net, nsc_status status, const char *words)
{
    char *text = (char *)&status;
    ck_assert_int_eq(nsc_model_format(net, &text), status);
    ck_assert_ptr_null(text);
    ck_assert_str_eq(nsc_last_error(NULL), words);
    nsc_release(net);
}

START_TEST(layers)
{
    writes(nsc_sequential(nsc_named("a", nsc_flatten()), nsc_dense(256, .activation = NSC_RELU), nsc_dense(10)),
           HEAD "  \"nodes\": [\n"
                "    {\"name\": \"a\", \"kind\": \"flatten\"},\n"
                "    {\"kind\": \"dense\", \"units\": 256, \"activation\": \"relu\"},\n"
                "    {\"kind\": \"dense\", \"units\": 10}\n"
                "  ]\n}\n");
    writes(nsc_sequential_create((nsc_block *[]){NULL}), HEAD "  \"nodes\": []\n}\n");
    writes(nsc_sequential(nsc_dense(NSC_DIM_ZERO, .in_units = NSC_DIM_ZERO, .no_bias = 1, .no_flatten = 1)), HEAD
           "  \"nodes\": [\n    {\"kind\": \"dense\", \"units\": 0, \"in_units\": 0, \"bias\": false, \"flatten\": "
           "false}\n  ]\n}\n");
    writes(nsc_sequential(nsc_activate(NSC_SOFTMAX, .axis = -2), nsc_activate(NSC_IDENTITY), nsc_identity()),
           HEAD "  \"nodes\": [\n"
                "    {\"kind\": \"activation\", \"activation\": \"softmax\", \"axis\": -2},\n"
                "    {\"kind\": \"activation\", \"activation\": \"identity\"},\n"
                "    {\"kind\": \"identity\"}\n"
                "  ]\n}\n");
    writes(nsc_dense(7, .name = "only"),
           HEAD "  \"block\": {\"name\": \"only\", \"kind\": \"dense\", \"units\": 7}\n}\n");
    writes(nsc_named("body", nsc_sequential(nsc_flatten())),
           HEAD "  \"name\": \"body\",\n  \"nodes\": [\n    {\"kind\": \"flatten\"}\n  ]\n}\n");
}
END_TEST

static void writes_initializer(nsc_initializer init, const char *wanted)
{
    char text[512];
    snprintf(text, sizeof text,
             HEAD "  \"block\": {\"kind\": \"dense\", \"units\": 4, \"weight_init\": {\"kind\": %s}}\n}\n", wanted);
    writes(nsc_dense(4, .weight_init = init), text);
}

START_TEST(initializers)
{
    writes_initializer(nsc_zeros(), "\"zeros\"");
    writes_initializer(nsc_constant(-0.0f), "\"constant\", \"value\": -0");
    writes_initializer(nsc_ones(), "\"ones\"");
    writes_initializer(nsc_constant(0.1f), "\"constant\", \"value\": 0.1");
    writes_initializer(nsc_constant(16777217.0f), "\"constant\", \"value\": 16777216");
    writes_initializer(nsc_constant(1e30f), "\"constant\", \"value\": 1e+30");
    writes_initializer(nsc_constant(3.4028234e38f), "\"constant\", \"value\": 3.4028234663852886e+38");
    writes_initializer(nsc_constant(1.4e-45f), "\"constant\", \"value\": 1e-45");
    writes_initializer(nsc_uniform(0.07f), "\"uniform\", \"scale\": 0.07");
    writes_initializer(nsc_normal(0.01f), "\"normal\", \"sigma\": 0.01");
    writes_initializer(nsc_truncated_normal(0.02f), "\"truncated_normal\", \"sigma\": 0.02");
    writes_initializer(nsc_xavier(), "\"xavier\"");
    writes_initializer(nsc_lecun(), "\"lecun\"");
    writes_initializer(nsc_he(NSC_FAN_IN, 0), "\"he\"");
    writes_initializer(nsc_he(NSC_FAN_OUT, 0), "\"he\", \"factor\": \"out\"");
    /* More than 110 columns are too many for one line. */
    writes(nsc_dense(4, .weight_init = nsc_he(NSC_FAN_IN, 0.01f)),
           HEAD "  \"block\": {\n    \"kind\": \"dense\",\n    \"units\": 4,\n    \"weight_init\": {\"kind\": "
                "\"variance_scaling\", \"draw\": \"normal\", \"factor\": \"in\", \"magnitude\": 1.9998}\n  }\n}\n");
    writes_initializer(nsc_variance_scaling(NSC_DRAW_UNIFORM, NSC_FAN_AVERAGE, 1), "\"variance_scaling\"");
    writes_initializer(nsc_orthogonal(1), "\"orthogonal\"");
    writes_initializer(nsc_orthogonal(1.5f), "\"orthogonal\", \"gain\": 1.5");
    writes_initializer(nsc_identity_matrix(1), "\"identity\"");
    writes_initializer(nsc_sparse(0.1f, 0.5f), "\"sparse\", \"sparsity\": 0.1, \"sigma\": 0.5");
    writes(nsc_dense(4, .bias_init = nsc_lstm_bias(1)),
           HEAD "  \"block\": {\"kind\": \"dense\", \"units\": 4, \"bias_init\": {\"kind\": \"lstm_bias\"}}\n}\n");
}
END_TEST

START_TEST(containers)
{
    writes(nsc_residual(nsc_dense(4), nsc_named("last", nsc_dense(3))),
           HEAD "  \"block\": {\n    \"kind\": \"residual\",\n    \"nodes\": [\n"
                "      {\"kind\": \"dense\", \"units\": 4},\n"
                "      {\"name\": \"last\", \"kind\": \"dense\", \"units\": 3}\n    ]\n  }\n}\n");
    writes(nsc_sequential(nsc_add_branches(nsc_identity(), nsc_dense(3)),
                          nsc_concat_branches(-1, nsc_identity(), nsc_flatten())),
           HEAD "  \"nodes\": [\n    {\n      \"kind\": \"add_branches\",\n      \"nodes\": [\n"
                "        {\"kind\": \"identity\"},\n        {\"kind\": \"dense\", \"units\": 3}\n      ]\n    },\n"
                "    {\n      \"kind\": \"concat_branches\",\n      \"axis\": -1,\n      \"nodes\": [\n"
                "        {\"kind\": \"identity\"},\n        {\"kind\": \"flatten\"}\n      ]\n    }\n  ]\n}\n");
}
END_TEST

static nsc_block *equal_blocks(void *user, size_t index)
{
    (void)user, (void)index;
    return nsc_dense(4);
}

static nsc_block *growing_blocks(void *user, size_t index)
{
    (void)user;
    return nsc_dense((int64_t)index + 1);
}

static nsc_block *named_blocks(void *user, size_t index)
{
    (void)user;
    return nsc_named(index == 0 ? "a" : "b", nsc_identity());
}

START_TEST(repeats)
{
    writes(nsc_repeat(3, equal_blocks, NULL), HEAD
           "  \"block\": {\"kind\": \"repeat\", \"count\": 3, \"block\": {\"kind\": \"dense\", \"units\": 4}}\n}\n");
    /* What differs is written as what it is. */
    writes(nsc_repeat(2, growing_blocks, NULL), HEAD "  \"nodes\": [\n"
                                                     "    {\"kind\": \"dense\", \"units\": 1},\n"
                                                     "    {\"kind\": \"dense\", \"units\": 2}\n"
                                                     "  ]\n}\n");
    writes(nsc_named("r", nsc_repeat(2, named_blocks, NULL)), HEAD "  \"name\": \"r\",\n  \"nodes\": [\n"
                                                                   "    {\"name\": \"a\", \"kind\": \"identity\"},\n"
                                                                   "    {\"name\": \"b\", \"kind\": \"identity\"}\n"
                                                                   "  ]\n}\n");
    writes(nsc_sequential(nsc_repeat(0, equal_blocks, NULL)),
           HEAD "  \"nodes\": [\n    {\"kind\": \"sequential\", \"nodes\": []}\n  ]\n}\n");
}
END_TEST

START_TEST(graphs)
{
    writes(nsc_graph(.inputs = "x y",
                     NODES({"sum", nsc_add_inputs(2), "b a"}, {"a", nsc_dense(4), "x:0"}, {"2", nsc_identity(), "a"},
                           {"b", nsc_dense(4), "y"}),
                     OUTPUTS({"all", "sum"}, {"a'", "2"}), .name = "two"),
           HEAD
           "  \"name\": \"two\",\n  \"inputs\": [\"x\", \"y\"],\n  \"outputs\": [\"all\", \"a'\"],\n  \"nodes\": [\n"
           "    {\"name\": \"sum\", \"kind\": \"add\"},\n"
           "    {\"name\": \"a\", \"kind\": \"dense\", \"units\": 4},\n"
           "    {\"kind\": \"identity\"},\n"
           "    {\"name\": \"b\", \"kind\": \"dense\", \"units\": 4}\n  ],\n"
           "  \"edges\": [[\"b\", \"sum\"], [\"a\", \"sum\"], [\"x\", \"a\"], [\"a\", \"2\"], [\"y\", \"b\"], "
           "[\"sum\", \"all\"], [\"2\", \"a'\"]]\n}\n");
    /* Alone in a file a chain would be a sequential. */
    writes(nsc_graph(NODES({"b", nsc_identity(), "a"}, {"a", nsc_flatten(), "input"}), OUTPUTS({"output", "b"})),
           HEAD "  \"inputs\": [\"input\"],\n  \"nodes\": [\n    {\"name\": \"b\", \"kind\": \"identity\"},\n"
                "    {\"name\": \"a\", \"kind\": \"flatten\"}\n  ],\n"
                "  \"edges\": [[\"a\", \"b\"], [\"input\", \"a\"], [\"b\", \"output\"]]\n}\n");
    writes(nsc_sequential(nsc_graph(NODES({"a", nsc_multiply_inputs(2), "input input"}), OUTPUTS({"output", "a"}))),
           HEAD "  \"nodes\": [\n    {\n      \"kind\": \"graph\",\n      \"nodes\": [\n"
                "        {\"name\": \"a\", \"kind\": \"multiply\"}\n      ],\n"
                "      \"edges\": [[\"input\", \"a\"], [\"input\", \"a\"], [\"a\", \"output\"]]\n    }\n  ]\n}\n");
    writes(nsc_graph(.inputs = "x", NODES({"input", nsc_identity(), "x"}, {"a", nsc_concat_inputs(2, 1), "input x"}),
                     OUTPUTS({"output", "a"})),
           HEAD "  \"inputs\": [\"x\"],\n  \"nodes\": [\n    {\"name\": \"input\", \"kind\": \"identity\"},\n"
                "    {\"name\": \"a\", \"kind\": \"concat\", \"axis\": 1}\n  ],\n  \"edges\": [[\"x\", \"input\"], "
                "[\"input\", \"a\"], [\"x\", \"a\"], [\"a\", \"output\"]]\n}\n");
}
END_TEST

START_TEST(operations)
{
    static const int64_t dims[] = {NSC_DIM_SAME, 0, NSC_UNKNOWN}, counts[] = {0, 1};
    static const int axes[] = {-1, 0};
    writes(nsc_sequential(nsc_reshape(3, dims), nsc_reshape(0, NULL), nsc_transpose(2, axes), nsc_transpose(0, NULL),
                          nsc_slice(1, 0, NSC_END, 1), nsc_slice(-1, -2, 7, -3), nsc_split(1, 3),
                          nsc_pad(2, counts, counts, NSC_PAD_CONSTANT, 0),
                          nsc_pad(0, NULL, NULL, NSC_PAD_REFLECT, -0.5f), nsc_expand_dims(0), nsc_squeeze(1),
                          nsc_sum(NULL, 0, 0), nsc_mean(axes, 2, 1), nsc_max(axes, 1, 0), nsc_min(NULL, 0, 1),
                          nsc_dropout(0), nsc_cast(NSC_UINT8), nsc_one_hot(4), nsc_activate(NSC_CELU, .alpha = -0.3f)),
           HEAD "  \"nodes\": [\n"
                "    {\"kind\": \"reshape\", \"dims\": [\"same\", 0, -1]},\n"
                "    {\"kind\": \"reshape\", \"dims\": []},\n"
                "    {\"kind\": \"transpose\", \"axes\": [-1, 0]},\n"
                "    {\"kind\": \"transpose\"},\n"
                "    {\"kind\": \"slice\", \"axis\": 1},\n"
                "    {\"kind\": \"slice\", \"axis\": -1, \"start\": -2, \"stop\": 7, \"step\": -3},\n"
                "    {\"kind\": \"split\", \"axis\": 1, \"count\": 3},\n"
                "    {\"kind\": \"pad\", \"before\": [0, 1], \"after\": [0, 1]},\n"
                "    {\"kind\": \"pad\", \"before\": [], \"after\": [], \"mode\": \"reflect\", \"value\": -0.5},\n"
                "    {\"kind\": \"expand_dims\", \"axis\": 0},\n"
                "    {\"kind\": \"squeeze\", \"axis\": 1},\n"
                "    {\"kind\": \"sum\"},\n"
                "    {\"kind\": \"mean\", \"axes\": [-1, 0], \"keep\": true},\n"
                "    {\"kind\": \"max\", \"axes\": [-1]},\n"
                "    {\"kind\": \"min\", \"keep\": true},\n"
                "    {\"kind\": \"dropout\", \"rate\": 0},\n"
                "    {\"kind\": \"cast\", \"dtype\": \"uint8\"},\n"
                "    {\"kind\": \"one_hot\", \"depth\": 4},\n"
                "    {\"kind\": \"activation\", \"activation\": \"celu\", \"alpha\": -0.3}\n"
                "  ]\n}\n");
    writes(
        nsc_graph(.inputs = "x y",
                  NODES({"m", nsc_matmul(), "x y"}, {"g", nsc_gather(-1), "m y"}, {"s", nsc_stack_inputs(2, 0), "g m"}),
                  OUTPUTS({"output", "s"})),
        HEAD "  \"inputs\": [\"x\", \"y\"],\n  \"nodes\": [\n"
             "    {\"name\": \"m\", \"kind\": \"matmul\"},\n"
             "    {\"name\": \"g\", \"kind\": \"gather\", \"axis\": -1},\n"
             "    {\"name\": \"s\", \"kind\": \"stack\", \"axis\": 0}\n  ],\n"
             "  \"edges\": [[\"x\", \"m\"], [\"y\", \"m\"], [\"m\", \"g\"], [\"y\", \"g\"], [\"g\", \"s\"], [\"m\", "
             "\"s\"], [\"s\", \"output\"]]\n}\n");
}
END_TEST

/* Every activation has a name, which is read again. */
START_TEST(activations)
{
    char text[256];
    for (int i = 0; nsc_activation_name((nsc_activation)i) != NULL; i++) {
        const char *name = nsc_activation_name((nsc_activation)i);
        snprintf(text, sizeof text, HEAD "  \"block\": {\"kind\": \"activation\", \"activation\": \"%s\"}\n}\n", name);
        writes(nsc_activate((nsc_activation)i), text);
        if (i == NSC_IDENTITY)
            continue;
        snprintf(text, sizeof text,
                 HEAD "  \"block\": {\"kind\": \"dense\", \"units\": 2, \"activation\": \"%s\"}\n}\n", name);
        writes(nsc_dense(2, .activation = (nsc_activation)i), text);
    }
}
END_TEST

static nsc_status forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                          size_t out_count)
{
    (void)trace, (void)user, (void)in_count, (void)out_count;
    out[0] = in[0];
    return NSC_OK;
}

static nsc_status fill(void *user, const nsc_fill *what)
{
    (void)user, (void)what;
    return NSC_OK;
}

START_TEST(refusals)
{
    static const float values[4] = {0};
#define CALL "nsc_model_format: "
    unwritable(NULL, NSC_INVALID, CALL "block is NULL");
    unwritable(nsc_sequential(nsc_flatten(), nsc_dense(0)), NSC_INVALID,
               CALL "1 (dense): units is 0; it must be given, 1 or more, or NSC_DIM_ZERO");
    unwritable(nsc_sequential(nsc_named("body", nsc_residual(nsc_custom(forward, .kind = "dense")))), NSC_UNSUPPORTED,
               CALL "body.0 (dense): custom blocks cannot be written: a description holds only what can be read back");
    unwritable(nsc_custom(forward), NSC_UNSUPPORTED,
               CALL
               "the net (custom): custom blocks cannot be written: a description holds only what can be read back");
    unwritable(nsc_sequential(nsc_dense(2, .weight_init = nsc_callback(fill, NULL))), NSC_UNSUPPORTED,
               CALL "0 (dense): weight_init is the initialiser \"callback\", which a description cannot hold");
    unwritable(nsc_dense(4, .bias_init = nsc_array_values(1, (int64_t[]){4}, values)), NSC_UNSUPPORTED,
               CALL "the net (dense): bias_init is the initialiser \"array (4)\", which a description cannot hold");
    nsc_initializer skew = nsc_uniform(1.0f);
    skew.a = 0.0f;
    unwritable(nsc_dense(4, .weight_init = skew), NSC_UNSUPPORTED,
               CALL
               "the net (dense): weight_init is the initialiser \"uniform [0, 1)\", which a description cannot hold");
    unwritable(nsc_dense(4, .weight_init = nsc_constant(INFINITY)), NSC_UNSUPPORTED,
               CALL "the net (dense): weight_init has a value that is not finite, which JSON cannot hold");
    unwritable(nsc_dense(4, .in_units = INT64_C(9007199254740992)), NSC_UNSUPPORTED,
               CALL "the net (dense): in_units is 9007199254740992; a description holds integers up to 2^53 - 1");
    static const int64_t one[] = {1};
    static const int64_t large[] = {NSC_UNKNOWN, INT64_C(9007199254740992)};
    unwritable(nsc_reshape(2, large), NSC_UNSUPPORTED,
               CALL "the net (reshape): dims has 9007199254740992; a description holds integers up to 2^53 - 1");
    unwritable(nsc_pad(1, one, one, NSC_PAD_CONSTANT, -INFINITY), NSC_UNSUPPORTED,
               CALL "the net (pad): value is -inf, which JSON cannot hold");
    unwritable(nsc_sequential(nsc_named("output", nsc_flatten())), NSC_UNSUPPORTED,
               CALL "output (flatten): a description calls something else \"output\": rename the block");
    unwritable(nsc_sequential(nsc_named("a\xff", nsc_flatten())), NSC_UNSUPPORTED,
               CALL "a\xff (flatten): a name is no UTF-8, which JSON is");
    unwritable(nsc_graph(.inputs = "\xed\xa0\x80", OUTPUTS({"y", "\xed\xa0\x80"})), NSC_UNSUPPORTED,
               CALL "the net (graph): a name is no UTF-8, which JSON is");
    nsc_block *shared = nsc_dense(3);
    unwritable(nsc_sequential(nsc_named("a", nsc_sequential(shared)), nsc_retain(shared)), NSC_UNSUPPORTED,
               CALL "1.weight is a.0.weight: a description cannot hold shared blocks or ties");
    nsc_block *net = nsc_sequential(nsc_dense(3), nsc_dense(3));
    ck_assert_int_eq(nsc_parameter_tie(nsc_find_parameter(net, "1.bias"), nsc_find_parameter(net, "0.bias")), NSC_OK);
    unwritable(net, NSC_UNSUPPORTED, CALL "1.bias is 0.bias: a description cannot hold shared blocks or ties");
    ck_assert_int_eq(nsc_model_format(net, NULL), NSC_INVALID);
    ck_assert_int_eq(nsc_model_write(NULL, "m.json"), NSC_INVALID);
    ck_assert_str_eq(nsc_last_error(NULL), "nsc_model_write: block is NULL");
    /* A shared block without parameters is as good as two. */
    shared = nsc_flatten();
    writes(nsc_sequential(shared, nsc_retain(shared)),
           HEAD "  \"nodes\": [\n    {\"kind\": \"flatten\"},\n    {\"kind\": \"flatten\"}\n  ]\n}\n");
}
END_TEST

START_TEST(limits)
{
    nsc_block *net = nsc_identity();
    for (int i = 0; i < 32; i++) /* each but the outermost is two brackets */
        net = nsc_sequential(net);
    char *text = NULL;
    ck_assert_int_eq(nsc_model_format(net, &text), NSC_UNSUPPORTED); /* 32 times two, and those of the identity */
    ck_assert_str_eq(nsc_last_error(NULL), "nsc_model_format: the net (sequential): nests deeper than the 64 brackets "
                                           "that a description may have");
    nsc_release(net);
    net = nsc_sequential_create((nsc_block *[]){NULL});
    for (int i = 0; i < 31; i++)
        net = nsc_sequential(net);
    ck_assert_int_eq(nsc_model_format(net, &text), NSC_OK);
    nsc_release(accepted(text));
    free(text);
    nsc_release(net);
    for (size_t count = 9999; count <= 10000; count++) {
        net = nsc_sequential(nsc_repeat(count, equal_blocks, NULL));
        const nsc_status status = nsc_model_format(net, &text);
        ck_assert_int_eq(status, count == 9999 ? NSC_OK : NSC_UNSUPPORTED);
        if (status == NSC_OK)
            nsc_release(accepted(text));
        else
            ck_assert_str_eq(nsc_last_error(NULL), "nsc_model_format: 0.9999 (dense): is one block too many: a "
                                                   "description has at most 10000");
        free(text);
        nsc_release(net);
    }
}
END_TEST

/* The decimal point is a point. */
START_TEST(locales)
{
    static const char *const commas[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    for (size_t i = 0; i < sizeof commas / sizeof commas[0]; i++)
        if (setlocale(LC_NUMERIC, commas[i]) != NULL)
            break;
    if (localeconv()->decimal_point[0] != ',')
        fprintf(stderr, "locales: none with a decimal comma is here\n");
    writes_initializer(nsc_constant(0.125f), "\"constant\", \"value\": 0.125");
    setlocale(LC_NUMERIC, "C");
}
END_TEST

START_TEST(files)
{
    char folder[] = "/tmp/nascent-model-XXXXXX", file[64], missing[64];
    struct stat info;
    nsc_block *net = nsc_sequential(nsc_dense(3)), *custom = nsc_custom(forward), *read = NULL;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/m.json", folder);
    snprintf(missing, sizeof missing, "%s/none/m.json", folder);
    ck_assert_int_eq(nsc_model_write(net, file), NSC_OK);
    ck_assert_int_eq(nsc_model_read(file, &read), NSC_OK);
    has(read, "0.weight", 2, (int64_t[]){3, -1});
    ck_assert_int_eq(nsc_model_write(net, missing), NSC_IO);
    ck_assert_int_eq(nsc_model_write(net, NULL), NSC_INVALID);
    /* What cannot be written leaves what is there. */
    ck_assert_int_eq(stat(file, &info), 0);
    const off_t size = info.st_size;
    ck_assert_int_eq(nsc_model_write(custom, file), NSC_UNSUPPORTED);
    ck_assert_int_eq(stat(file, &info), 0);
    ck_assert_int_eq(info.st_size, size);
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left there */
    nsc_release(net);
    nsc_release(custom);
    nsc_release(read);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model writing");
    TCase *cases = tcase_create("model writing");

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, layers);
    tcase_add_test(cases, initializers);
    tcase_add_test(cases, containers);
    tcase_add_test(cases, repeats);
    tcase_add_test(cases, graphs);
    tcase_add_test(cases, operations);
    tcase_add_test(cases, activations);
    tcase_add_test(cases, refusals);
    tcase_add_test(cases, limits);
    tcase_add_test(cases, locales);
    tcase_add_test(cases, files);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed != 0;
}
