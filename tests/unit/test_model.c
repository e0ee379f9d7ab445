/* SPDX-License-Identifier: Apache-2.0 */
/* Model descriptions: what good ones give, and how bad ones are refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "model_text.h"

START_TEST(chain_without_edges)
{
    nsc_block *net = accepted(MODEL(DENSE("256") ", " DENSE("10")));
    has(net, "0.weight", 2, (int64_t[]){256, -1});
    has(net, "0.bias", 1, (int64_t[]){256});
    has(net, "1.weight", 2, (int64_t[]){10, -1});
    const nsc_shape input = {.rank = 2, .dims = {2, 20}};
    ck_assert_int_eq(nsc_infer_shapes(net, &input, 1), NSC_OK);
    has(net, "0.weight", 2, (int64_t[]){256, 20});
    has(net, "1.weight", 2, (int64_t[]){10, 256});
    nsc_release(net);
    nsc_release(accepted("{\"nascent\": 1, \"nodes\": []}\n"));
}
END_TEST

/* The edges give the order, the positions the names. */
START_TEST(edges_order)
{
    nsc_block *net = accepted("{\"nascent\": 1, \"nodes\": [" DENSE(
        "3") ", {\"name\": \"b\", \"kind\": \"dense\", "
             "\"units\": 5}], \"edges\": [[\"0\", \"output\"], [\"b\", \"0\"], [\"input\", \"b\"]]}");
    const nsc_shape input = {.rank = 2, .dims = {2, 7}};
    ck_assert_int_eq(nsc_infer_shapes(net, &input, 1), NSC_OK);
    has(net, "b.weight", 2, (int64_t[]){5, 7});
    has(net, "0.weight", 2, (int64_t[]){3, 5});
    nsc_release(net);
}
END_TEST

START_TEST(every_key)
{
    nsc_block *net = accepted(MODEL(
        "{\"kind\": \"sequential\", \"name\": \"body\", \"nodes\": [{\"kind\": \"dense\", \"units\": 4, \"in_units\": "
        "6, \"activation\": \"tanh\", \"bias\": false, \"flatten\": false, \"weight_init\": {\"kind\": \"uniform\", "
        "\"scale\": 0.5}}, {\"kind\": \"flatten\"}, {\"kind\": \"identity\"}]}, {\"kind\": \"dense\", \"units\": 0, "
        "\"bias_init\": {\"kind\": \"ones\"}}, {\"kind\": \"activation\", \"activation\": \"softmax\", \"axis\": -1}"));
    has(net, "body.0.weight", 2, (int64_t[]){4, 6});
    ck_assert_ptr_null(nsc_find_parameter(net, "body.0.bias"));
    has(net, "1.weight", 2, (int64_t[]){0, -1});
    nsc_release(net);
}
END_TEST

START_TEST(every_activation)
{
    static const char *const names[] = {"identity", "relu", "sigmoid", "tanh", "gelu", "softmax"};
    char text[256];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(text, sizeof text, MODEL("{\"kind\": \"activation\", \"activation\": \"%s\"}"), names[i]);
        nsc_release(accepted(text));
    }
}
END_TEST

START_TEST(every_initializer)
{
    static const char *const all[] = {"{\"kind\": \"zeros\"}",
                                      "{\"kind\": \"ones\"}",
                                      "{\"kind\": \"constant\", \"value\": 2}",
                                      "{\"kind\": \"uniform\", \"scale\": 0.07}",
                                      "{\"kind\": \"normal\", \"sigma\": 0.01}",
                                      "{\"kind\": \"truncated_normal\", \"sigma\": 0.01}",
                                      "{\"kind\": \"variance_scaling\", \"draw\": \"normal\", \"factor\": \"out\"}",
                                      "{\"kind\": \"variance_scaling\", \"magnitude\": 2}",
                                      "{\"kind\": \"xavier\"}",
                                      "{\"kind\": \"he\", \"factor\": \"out\", \"slope\": 0.01}",
                                      "{\"kind\": \"lecun\"}",
                                      "{\"kind\": \"orthogonal\", \"gain\": 1.5}",
                                      "{\"kind\": \"identity\"}",
                                      "{\"kind\": \"sparse\", \"sparsity\": 0.1, \"sigma\": 0.01}"};
    char text[512];
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        snprintf(text, sizeof text, MODEL("{\"kind\": \"dense\", \"units\": 3, \"weight_init\": %s}"), all[i]);
        nsc_release(accepted(text));
    }
}
END_TEST

static void refused_initializer(const char *init, nsc_status status, const char *words)
{
    char text[512];
    snprintf(text, sizeof text, MODEL("{\"kind\": \"dense\", \"units\": 3, \"weight_init\": %s}"), init);
    refused(text, status, words);
}

START_TEST(wrong_initializers)
{
    refused_initializer("3", NSC_INVALID, "nodes[0].weight_init must be an object");
    refused_initializer("{\"kind\": \"xavir\"}", NSC_UNSUPPORTED,
                        "nodes[0].weight_init has kind \"xavir\", which is no initialiser; say xavier");
    refused_initializer("{}", NSC_INVALID,
                        "nodes[0].weight_init has no kind; say one of: zeros, ones, constant, uniform, normal, "
                        "truncated_normal, variance_scaling, xavier, he, lecun, orthogonal, identity, dirac, bilinear, "
                        "lstm_bias, sparse");
    refused_initializer("{\"kind\": \"uniform\"}", NSC_INVALID,
                        "nodes[0].weight_init has no scale, which uniform needs");
    refused_initializer("{\"kind\": \"uniform\", \"scal\": 1}", NSC_INVALID,
                        "nodes[0].weight_init.scal is not a key of uniform; say scale");
    refused_initializer("{\"kind\": \"uniform\", \"scale\": 1e60}", NSC_INVALID,
                        "nodes[0].weight_init.scale must be a number within the range of float32");
    refused_initializer("{\"kind\": \"he\", \"factor\": \"inn\"}", NSC_INVALID,
                        "nodes[0].weight_init.factor is \"inn\"; say in");
}
END_TEST

START_TEST(wrong_keys)
{
    refused(MODEL(DENSE("1") ", " DENSE("1") ", {\"kind\": \"dense\", \"unit\": 3}"), NSC_INVALID,
            "nodes[2].unit is not a key of dense; say units");
    refused(MODEL("{\"kind\": \"flatten\", \"units\": 3}"), NSC_INVALID,
            "nodes[0].units is not a key of flatten; say one of: name, kind");
    refused(MODEL("{\"kind\": \"dense\", \"units\": 3, \"units\": 4}"), NSC_INVALID,
            "nodes[0].units stands there twice");
    refused("{\"nascent\": 1, \"nodes\": [], \"nodes\": []}", NSC_INVALID, "nodes stands there twice");
    refused("{\"nascent\": 1, \"node\": []}", NSC_INVALID, "node is not a key of a model; say nodes");
    refused("{\"nascent\": 1}", NSC_INVALID, "has no nodes, an array");
    refused(MODEL("{\"kind\": \"dense\"}"), NSC_INVALID, "nodes[0] has no units, which dense needs");
    refused(MODEL("{\"kind\": \"sequential\", \"nodes\": [{\"kind\": \"activation\"}]}"), NSC_INVALID,
            "nodes[0].nodes[0] has no activation, which activation needs");
    refused(MODEL("{\"kind\": \"conv\"}"), NSC_UNSUPPORTED,
            "nodes[0].kind is \"conv\", which this version does not know; say one of: " KINDS);
    refused(MODEL("{}"), NSC_INVALID, "nodes[0] has no kind; say one of: " KINDS);
    refused(MODEL("7"), NSC_INVALID, "nodes[0] must be an object");
}
END_TEST

START_TEST(wrong_values)
{
    static const char *const numbers[] = {"2.5", "9007199254740993", "1e300", "\"2\"", "true", "null"};
    char text[256];
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        snprintf(text, sizeof text, MODEL("{\"kind\": \"dense\", \"units\": %s}"), numbers[i]);
        refused(text, NSC_INVALID, "nodes[0].units must be an integer between -(2^53 - 1) and 2^53 - 1");
    }
    refused(MODEL(DENSE("-1")), NSC_INVALID, "nodes[0].units is -1; a size is 0 or more");
    refused(MODEL("{\"kind\": \"dense\", \"units\": 2, \"bias\": 1}"), NSC_INVALID,
            "nodes[0].bias must be true or false");
    refused(MODEL("{\"kind\": \"dense\", \"units\": 2, \"activation\": \"rleu\"}"), NSC_INVALID,
            "nodes[0].activation is \"rleu\", which is no activation; say relu");
    refused(MODEL("{\"kind\": \"activation\", \"activation\": \"relu\", \"axis\": 1}"), NSC_INVALID,
            "nodes[0] (activation) cannot be made: axis is for softmax and log_softmax; relu works element by element");
    refused(MODEL("{\"kind\": \"activation\", \"activation\": \"softmax\", \"axis\": 0}"), NSC_INVALID,
            "nodes[0].axis is 0; it is -8 to 7, and not 0, the batch");
}
END_TEST

START_TEST(wrong_names)
{
    static const char *const names[] = {"", "a.b", "a b", "input", "output"};
    char text[256];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(text, sizeof text, MODEL(NAMED("%s")), names[i]);
        refused(text, NSC_INVALID,
                "nodes[0].name cannot name a node: 1 to 128 characters, no dot, no space, not input or output");
    }
    refused(MODEL(NAMED("a") ", " NAMED("b") ", " NAMED("a")), NSC_INVALID,
            "nodes has two nodes named \"a\"; a node without a name has its position");
    refused(MODEL(NAMED("1") ", " DENSE("2")), NSC_INVALID,
            "nodes has two nodes named \"1\"; a node without a name has its position");
}
END_TEST

START_TEST(wrong_text)
{
    refused("", NSC_IO, "is empty");
    refused("{\n\"nascent\": 1,\n\"nodes\": [}", NSC_IO, "line 3: is no JSON from here on");
    refused("{\"nascent\": 1, \"nodes\": []}\n{", NSC_IO, "line 2: more text behind the end of the model");
    refused("[]", NSC_INVALID, "is no model description: its outermost object has no \"nascent\": 1");
    refused("{\"nascent\": 2, \"layers\": []}", NSC_UNSUPPORTED, "has version 2; this library reads version 1");
    refused(MODEL(NAMED("a\\u0000b")), NSC_INVALID, "line 1: \\u0000 in a text is refused");
    nsc_block *net = NULL;
    const char zero[] = "{\"nascent\": 1, \"nodes\": [\0]}";
    ck_assert_int_eq(nsc_model_parse("m", zero, sizeof zero - 1, &net), NSC_IO);
    ck_assert_str_eq(nsc_last_error(NULL), "m: offset 25: a zero byte is no JSON");
    ck_assert_int_eq(nsc_model_parse("m", "{}", 2, NULL), NSC_INVALID);
    ck_assert_int_eq(nsc_model_parse(NULL, "{}", 2, &net), NSC_INVALID);
    ck_assert_int_eq(nsc_model_parse("m", NULL, 2, &net), NSC_INVALID);
}
END_TEST

/* Sequentials within each other, `levels` of them; each is two brackets. */
static char *nest(int levels)
{
    char *text = malloc((size_t)levels * 64 + 64), *at = text;
    ck_assert_ptr_nonnull(text);
    at += sprintf(at, "{\"nascent\": 1, \"nodes\": [");
    for (int i = 1; i < levels; i++)
        at += sprintf(at, "{\"kind\": \"sequential\", \"nodes\": [");
    for (int i = 0; i < levels; i++)
        at += sprintf(at, "]}");
    return text;
}

START_TEST(limits)
{
    char *text = nest(32);
    nsc_release(accepted(text));
    free(text);
    text = nest(33);
    refused(text, NSC_INVALID, "line 1: nested deeper than 64");
    free(text);
    text = nest(100000);
    refused(text, NSC_INVALID, "line 1: nested deeper than 64");
    free(text);

    enum { MOST = 10000 };
    static const char node[] = "{\"kind\": \"identity\"},";
    text = malloc((MOST + 1) * (sizeof node - 1) + 64);
    ck_assert_ptr_nonnull(text);
    for (int more = 0; more < 2; more++) {
        char *at = text + sprintf(text, "{\"nascent\": 1, \"nodes\": [");
        for (int i = 0; i < MOST + more; i++)
            at += sprintf(at, "%s", node);
        strcpy(at - 1, "]}");
        if (more)
            refused(text, NSC_INVALID, "has 10001 nodes; a model has at most 10000");
        else
            nsc_release(accepted(text));
    }
    free(text);
}
END_TEST

/* Each beginning of a good text is refused with a text. */
START_TEST(every_truncation)
{
    static const char text[] = "{\"nascent\": 1, \"nodes\": [{\"kind\": \"dense\", \"units\": 3, \"weight_init\": "
                               "{\"kind\": \"zeros\"}}], \"edges\": [[\"input\", \"0\"], [\"0\", \"output\"]]}";
    nsc_release(accepted(text));
    for (size_t length = 0; length + 1 < sizeof text; length++) {
        nsc_block *net = NULL;
        char *part = malloc(length + 1); /* of this size, so that a sanitizer sees a read behind it */
        ck_assert_ptr_nonnull(part);
        memcpy(part, text, length);
        ck_assert_int_eq(nsc_model_parse("m", part, length, &net), NSC_IO);
        ck_assert_ptr_null(net);
        free(part);
    }
}
END_TEST

START_TEST(files)
{
    const char *source = getenv("NASCENT_SOURCE_DIR");
    char name[4096];
    nsc_block *net = NULL;
    snprintf(name, sizeof name, "%s/examples/data/mlp.json", source ? source : ".");
    ck_assert_msg(nsc_model_read(name, &net) == NSC_OK, "%s", nsc_last_error(NULL));
    has(net, "0.weight", 2, (int64_t[]){256, -1});
    nsc_release(net);
    snprintf(name, sizeof name, "%s/examples/data/nested.json", source ? source : ".");
    ck_assert_msg(nsc_model_read(name, &net) == NSC_OK, "%s", nsc_last_error(NULL));
    has(net, "features.wide.weight", 2, (int64_t[]){64, -1});
    nsc_release(net);
    ck_assert_int_eq(nsc_model_read("/nowhere/m.json", &net), NSC_IO);
    ck_assert_ptr_null(net);
    ck_assert_str_eq(nsc_last_error(NULL), "/nowhere/m.json: cannot be opened: No such file or directory");
    ck_assert_int_eq(nsc_model_read("/tmp", &net), NSC_IO);
    ck_assert_str_eq(nsc_last_error(NULL), "/tmp: expected a regular file, found a directory");
    ck_assert_int_eq(nsc_model_read(NULL, &net), NSC_INVALID);
    ck_assert_int_eq(nsc_model_read("/tmp", NULL), NSC_INVALID);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model");
    TCase *cases = tcase_create("model");

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, chain_without_edges);
    tcase_add_test(cases, edges_order);
    tcase_add_test(cases, every_key);
    tcase_add_test(cases, every_activation);
    tcase_add_test(cases, every_initializer);
    tcase_add_test(cases, wrong_initializers);
    tcase_add_test(cases, wrong_keys);
    tcase_add_test(cases, wrong_values);
    tcase_add_test(cases, wrong_names);
    tcase_add_test(cases, wrong_text);
    tcase_add_test(cases, limits);
    tcase_add_test(cases, every_truncation);
    tcase_add_test(cases, files);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed != 0;
}
