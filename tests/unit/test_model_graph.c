/* SPDX-License-Identifier: Apache-2.0 */
/* Model descriptions: edges, graphs and containers. */
#include <stdio.h>

#include <check.h>

#include "model_text.h"

/* Edges of the outermost object, and of a sequential in it. */
static void refused_edges(const char *edges, nsc_status status, const char *words)
{
    char text[512];
    snprintf(text, sizeof text, "{\"nascent\": 1, \"nodes\": [" NAMED("a") ", " NAMED("b") "], \"edges\": [%s]}",
             edges);
    refused(text, status, words);
}

static void refused_chain(const char *edges)
{
    char text[512];
    snprintf(text, sizeof text,
             MODEL("{\"kind\": \"sequential\", \"nodes\": [" NAMED("a") ", " NAMED("b") "], \"edges\": [%s]}"), edges);
    refused(text, NSC_INVALID,
            "nodes[0].edges form no chain from \"input\" to \"output\" through every node: make it a graph");
}

START_TEST(wrong_edges)
{
    refused_edges("[\"input\", \"a\"], [\"a\", \"c\"]", NSC_INVALID,
                  "edges[1] names \"c\", which is no node or output; say one of: a, b");
    refused_edges("[\"inptu\", \"a\"]", NSC_INVALID, "edges[0] names \"inptu\", which is no node or input; say input");
    refused_edges("[\"a b\", \"a\"]", NSC_INVALID, "edges[0] names \"a b\", which is no node or input; say a");
    refused_edges("[\"a\"]", NSC_INVALID, "edges[0] must be two names, [\"from\", \"to\"]");
    refused_edges("[\"a\", 1]", NSC_INVALID, "edges[0] must be two names, [\"from\", \"to\"]");
    refused_edges("{\"a\": \"a\", \"b\": \"b\"}", NSC_INVALID, "edges[0] must be two names, [\"from\", \"to\"]");
    refused_edges("[\"a\", \"b\", \"a\"]", NSC_INVALID, "edges[0] must be two names, [\"from\", \"to\"]");
    refused_edges("[\"a\", \"input\"]", NSC_INVALID, "edges[0] goes to \"input\", an input");
    refused_edges("[\"output\", \"a\"]", NSC_INVALID, "edges[0] goes out of \"output\", an output");
    refused_edges("[\"input\", \"b\"], [\"a\", \"b\"]", NSC_INVALID,
                  "cannot be made: node \"a\" (identity) has 1 input, 0 given");
    refused_edges("[\"input\", \"a\"], [\"a\", \"output\"]", NSC_INVALID,
                  "cannot be made: node \"b\" (identity) has 1 input, 0 given");
    refused_edges("[\"input\", \"a\"], [\"input\", \"b\"], [\"a\", \"output\"]", NSC_INVALID,
                  "cannot be made: nobody takes from node \"b\": leave it out, or make it an output");
    refused_edges("[\"input\", \"a\"], [\"a\", \"output\"], [\"b\", \"b\"]", NSC_INVALID,
                  "cannot be made: the nodes form a circle: \"b\" takes from \"b\"");
    refused_edges("[\"a\", \"b\"], [\"b\", \"a\"]", NSC_INVALID,
                  "cannot be made: output \"output\" takes from 0 places; it needs one");
    refused_edges("[\"input\", \"a\"], [\"input\", \"b\"], [\"a\", \"output\"], [\"b\", \"output\"]", NSC_INVALID,
                  "cannot be made: output \"output\" takes from 2 places; it needs one");
    refused_edges("[\"input\", \"a\"], [\"a:1\", \"b\"], [\"b\", \"output\"]", NSC_INVALID,
                  "cannot be made: node \"b\" takes from \"a:1\"; \"a\" has 1 output, counted from 0");
    refused_edges("", NSC_INVALID, "cannot be made: node \"a\" (identity) has 1 input, 0 given");
    refused("{\"nascent\": 1, \"nodes\": [], \"edges\": []}", NSC_INVALID,
            "cannot be made: output \"output\" takes from 0 places; it needs one");
    refused_chain("[\"input\", \"a\"], [\"a\", \"output\"]");
    refused_chain("[\"input\", \"a\"], [\"a\", \"b\"], [\"a\", \"output\"]");
    refused_chain("[\"input\", \"a\"], [\"a\", \"output\"], [\"b\", \"b\"]");
    refused_chain("[\"input\", \"a\"], [\"a\", \"b\"], [\"b\", \"a\"]");
    refused_chain("[\"input\", \"a\"], [\"a\", \"b\"], [\"b\", \"c\"]");
    refused_chain("[\"input\", \"a\"], [\"a\", \"b\"], [\"b\"]");
    refused_chain("");
    nsc_release(accepted("{\"nascent\": 1, \"nodes\": [], \"edges\": [[\"input\", \"output\"]]}"));
}
END_TEST

#define TWO_INPUTS "\"inputs\": [\"x\", \"y\"], "
#define SUM "{\"kind\": \"add\", \"name\": \"sum\"}"

START_TEST(graphs)
{
    nsc_block *net = accepted("{\"nascent\": 1, " TWO_INPUTS "\"outputs\": [\"a\", \"b\"], \"nodes\": [" SUM
                              ", {\"kind\": \"dense\", \"units\": 3}, {\"kind\": \"dense\", \"units\": 3}], \"edges\": "
                              "[[\"2\", \"sum\"], [\"1\", \"sum\"], [\"x\", \"1\"], [\"y\", \"2\"], [\"sum\", \"a\"], "
                              "[\"1:0\", \"b\"], [\"x\", \"sum\"]]}");
    const nsc_shape inputs[] = {{.rank = 2, .dims = {7, 3}}, {.rank = 2, .dims = {7, 5}}};
    ck_assert_uint_eq(nsc_input_count(net), 2);
    ck_assert_str_eq(nsc_input_name(net, 1), "y");
    ck_assert_str_eq(nsc_output_name(net, 1), "b");
    ck_assert_int_eq(nsc_infer_shapes(net, inputs, 2), NSC_OK);
    has(net, "1.weight", 2, (int64_t[]){3, 3});
    has(net, "2.weight", 2, (int64_t[]){3, 5});
    nsc_release(net);
    /* A node may be called input where that is free, and a name may have a colon. */
    nsc_release(accepted("{\"nascent\": 1, \"inputs\": [\"x\"], \"nodes\": [" NAMED("input") ", " NAMED(
        "a:1") "], \"edges\": [[\"x\", \"a:1\"], [\"a:1\", \"input\"], [\"input\", \"output\"]]}"));
    nsc_release(accepted(MODEL("{\"kind\": \"graph\", \"nodes\": [" SUM "], \"edges\": [[\"input\", \"sum\"], "
                               "[\"input\", \"sum\"], [\"sum\", \"output\"]]}")));
}
END_TEST

START_TEST(wrong_graphs)
{
    refused("{\"nascent\": 1, " TWO_INPUTS "\"nodes\": []}", NSC_INVALID,
            "has no edges, which lead from the inputs to the outputs");
    refused("{\"nascent\": 1, \"inputs\": [\"x\", 3], \"nodes\": [], \"edges\": []}", NSC_INVALID,
            "inputs[1] must be a name: 1 to 128 characters, no dot, no space");
    refused("{\"nascent\": 1, \"outputs\": [\"x y\"], \"nodes\": [], \"edges\": []}", NSC_INVALID,
            "outputs[0] must be a name: 1 to 128 characters, no dot, no space");
    refused("{\"nascent\": 1, \"inputs\": [], \"nodes\": [], \"edges\": []}", NSC_INVALID,
            "inputs must have a name, or be left out");
    refused("{\"nascent\": 1, \"inputs\": [\"x\", \"x\"], \"nodes\": [], \"edges\": [[\"x\", \"output\"]]}",
            NSC_INVALID, "cannot be made: \"x\" stands twice: inputs, nodes and outputs need names of their own");
    refused("{\"nascent\": 1, " TWO_INPUTS "\"nodes\": [" SUM "], \"edges\": [[\"x\", \"sum\"], [\"sum\", "
            "\"output\"]]}",
            NSC_INVALID, "nodes[0] (add) cannot be made: 1 input; it merges 2 to 64");
    refused("{\"nascent\": 1, " TWO_INPUTS "\"nodes\": [], \"edges\": [[\"x\", \"output\"]]}", NSC_INVALID,
            "cannot be made: nobody takes from input \"y\": leave it out, or make it an output");
    refused("{\"nascent\": 1, " TWO_INPUTS "\"nodes\": [], \"edges\": [[\"x\", \"y\"]]}", NSC_INVALID,
            "edges[0] goes to \"y\", an input");
    refused(MODEL("{\"kind\": \"graph\", \"nodes\": []}"), NSC_INVALID, "nodes[0] has no edges, which graph needs");
    refused(MODEL(SUM), NSC_INVALID, "nodes[0] (add) cannot be made: 1 input; it merges 2 to 64");
    refused(MODEL("{\"kind\": \"graph\", \"nodes\": [" NAMED("a") "], \"edges\": [[\"input\", \"a\"], [\"b\", "
                                                                  "\"output\"]]}"),
            NSC_INVALID, "nodes[0].edges[1] names \"b\", which is no node or input; say one of: input, a");
}
END_TEST

START_TEST(containers)
{
    nsc_block *net = accepted(MODEL("{\"kind\": \"residual\", \"nodes\": [" DENSE("8") ", " DENSE(
        "5") "]}, {\"kind\": \"repeat\", \"name\": "
             "\"deep\", \"count\": 3, \"block\": {\"kind\": \"residual\", \"nodes\": [" DENSE(
                 "5") "]}}, "
                      "{\"kind\": \"add_branches\", \"nodes\": [{\"kind\": \"identity\"}, " DENSE(
                          "5") "]}, {\"kind\": "
                               "\"concat_branches\", \"axis\": 1, \"nodes\": [{\"kind\": \"identity\"}, " DENSE(
                                   "4") "]}, " DENSE("2")));
    const nsc_shape input = {.rank = 2, .dims = {2, 5}};
    ck_assert_int_eq(nsc_infer_shapes(net, &input, 1), NSC_OK);
    has(net, "0.1.weight", 2, (int64_t[]){5, 8});
    has(net, "deep.2.0.weight", 2, (int64_t[]){5, 5});
    ck_assert_ptr_ne(nsc_find_parameter(net, "deep.1.0.weight"), nsc_find_parameter(net, "deep.2.0.weight"));
    has(net, "2.1.weight", 2, (int64_t[]){5, 5});
    has(net, "4.weight", 2, (int64_t[]){2, 9});
    nsc_release(net);
    net = accepted("{\"nascent\": 1, \"block\": {\"kind\": \"dense\", \"name\": \"only\", \"units\": 3}}");
    has(net, "weight", 2, (int64_t[]){3, -1});
    net = nsc_sequential(net);
    has(net, "only.weight", 2, (int64_t[]){3, -1});
    nsc_release(net);
    net = nsc_sequential(accepted("{\"nascent\": 1, \"name\": \"body\", \"nodes\": [" DENSE("3") "]}"));
    has(net, "body.0.weight", 2, (int64_t[]){3, -1});
    nsc_release(net);
}
END_TEST

#define REPEAT(COUNT, BLOCK) "{\"kind\": \"repeat\", \"count\": " COUNT ", \"block\": " BLOCK "}"

START_TEST(wrong_containers)
{
    refused(MODEL("{\"kind\": \"residual\", \"nodes\": []}"), NSC_INVALID,
            "nodes[0] (residual) cannot be made: there are no blocks to add to x");
    refused(MODEL("{\"kind\": \"residual\"}"), NSC_INVALID, "nodes[0] has no nodes, which residual needs");
    refused(MODEL("{\"kind\": \"add_branches\", \"nodes\": []}"), NSC_INVALID,
            "nodes[0] (add_branches) cannot be made: there are no branches");
    refused(MODEL("{\"kind\": \"concat_branches\", \"nodes\": []}"), NSC_INVALID,
            "nodes[0] has no axis, which concat_branches needs");
    refused(MODEL("{\"kind\": \"concat_branches\", \"axis\": 8, \"nodes\": []}"), NSC_INVALID,
            "nodes[0].axis is 8; it is -8 to 7");
    refused(MODEL(REPEAT("0", DENSE("1"))), NSC_INVALID, "nodes[0].count is 0; it is 1 or more");
    refused(MODEL("{\"kind\": \"repeat\", \"count\": 2}"), NSC_INVALID, "nodes[0] has no block, which repeat needs");
    refused(MODEL(REPEAT("2", "[]")), NSC_INVALID, "nodes[0].block must be an object");
    refused(MODEL(REPEAT("2", DENSE("-1"))), NSC_INVALID, "nodes[0].block.units is -1; a size is 0 or more");
    refused(MODEL(REPEAT("2", NAMED("a"))), NSC_INVALID,
            "nodes[0].block.name is not possible: what is repeated has its position as its name");
    refused(MODEL(REPEAT("10001", DENSE("1"))), NSC_INVALID,
            "nodes[0].count is 10001; a model has at most 10000 nodes");
    refused(MODEL(REPEAT("10000", DENSE("1"))), NSC_INVALID,
            "nodes[0].block is one node too many: a model has at most 10000");
    refused(MODEL(REPEAT("100", REPEAT("1000", DENSE("1")))), NSC_INVALID,
            "nodes[0].block.block is one node too many: a model has at most 10000");
    nsc_release(accepted(MODEL(REPEAT("9999", "{\"kind\": \"identity\"}"))));
    refused("{\"nascent\": 1, \"block\": {\"kind\": \"flatten\"}, \"nodes\": []}", NSC_INVALID,
            "block stands beside nodes: it is a whole net, with keys of its own");
    refused("{\"nascent\": 1, \"block\": {\"kind\": \"flatten\", \"name\": \"a.b\"}}", NSC_INVALID,
            "cannot be made: \"a.b\" cannot name a block: 1 to 128 characters, no dot, no space");
    refused("{\"nascent\": 1, \"name\": \"a.b\", \"nodes\": []}", NSC_INVALID,
            "name cannot name a block: 1 to 128 characters, no dot, no space");
}
END_TEST

START_TEST(operations)
{
    nsc_block *net = accepted(MODEL(
        "{\"kind\": \"reshape\", \"dims\": [\"same\", 2, -1]}, {\"kind\": \"transpose\", \"axes\": [0, 2, 1]}, "
        "{\"kind\": \"slice\", \"axis\": 1, \"start\": 1}, {\"kind\": \"pad\", \"before\": [0, 0, 1], \"after\": [0, "
        "0, "
        "2], \"mode\": \"edge\"}, {\"kind\": \"expand_dims\", \"axis\": -1}, {\"kind\": \"squeeze\", \"axis\": 3}, "
        "{\"kind\": \"dropout\", \"rate\": 0.5}, {\"kind\": \"activation\", \"activation\": \"elu\", \"alpha\": 2}, "
        "{\"kind\": \"activation\", \"activation\": \"log_softmax\", \"axis\": 1}, {\"kind\": \"mean\", \"axes\": "
        "[-1], "
        "\"keep\": true}, {\"kind\": \"transpose\"}, {\"kind\": \"cast\", \"dtype\": \"int32\"}, {\"kind\": "
        "\"one_hot\", "
        "\"depth\": 5}, {\"kind\": \"max\"}"));
    const nsc_shape input = {.rank = 2, .dims = {3, 8}};
    ck_assert_msg(nsc_infer_shapes(net, &input, 1) == NSC_OK, "%s", nsc_last_error(NULL));
    nsc_release(net);
    net =
        accepted("{\"nascent\": 1, \"nodes\": [{\"name\": \"parts\", \"kind\": \"split\", \"axis\": 1, \"count\": 2}, "
                 "{\"name\": \"stack\", \"kind\": \"stack\", \"axis\": 1}, {\"name\": \"product\", \"kind\": "
                 "\"matmul\"}], \"edges\": [[\"input\", \"parts\"], [\"parts:1\", \"stack\"], [\"parts:0\", "
                 "\"stack\"], [\"parts\", \"product\"], [\"stack\", \"product\"], [\"product\", \"output\"]]}");
    nsc_release(net);
}
END_TEST

START_TEST(wrong_operations)
{
    refused(MODEL("{\"kind\": \"reshape\"}"), NSC_INVALID, "nodes[0] has no dims, which reshape needs");
    refused(MODEL("{\"kind\": \"reshape\", \"dims\": [1, \"sam\"]}"), NSC_INVALID,
            "nodes[0].dims has element 1, which is not a size of 0 or more, -1 or \"same\"");
    refused(MODEL("{\"kind\": \"reshape\", \"dims\": [-2]}"), NSC_INVALID,
            "nodes[0].dims has element 0, which is not a size of 0 or more, -1 or \"same\"");
    refused(MODEL("{\"kind\": \"reshape\", \"dims\": [1, 1, 1, 1, 1, 1, 1, 1, 1]}"), NSC_INVALID,
            "nodes[0].dims has more than 8 elements");
    refused(MODEL("{\"kind\": \"reshape\", \"dims\": [-1, -1]}"), NSC_INVALID,
            "nodes[0] (reshape) cannot be made: size -1 of axis 1; it is 0 or more, NSC_DIM_SAME, or for one axis "
            "NSC_UNKNOWN");
    refused(MODEL("{\"kind\": \"transpose\", \"axes\": [0, 8]}"), NSC_INVALID,
            "nodes[0].axes has element 1, which is not an axis, -8 to 7");
    refused(MODEL("{\"kind\": \"slice\", \"axis\": 1, \"step\": 0}"), NSC_INVALID,
            "nodes[0] (slice) cannot be made: step is 0; it is 1 or more, or negative");
    refused(MODEL("{\"kind\": \"split\", \"axis\": 1, \"count\": 65}"), NSC_INVALID,
            "nodes[0] (split) cannot be made: 65 parts; it splits into 1 to 64");
    refused(MODEL("{\"kind\": \"pad\", \"before\": [1], \"after\": [1, 1]}"), NSC_INVALID,
            "nodes[0] (pad) cannot be made: rank 1; it is 0 to 8 with that many sizes before and after");
    refused(MODEL("{\"kind\": \"pad\", \"before\": [1], \"after\": [-1]}"), NSC_INVALID,
            "nodes[0].after has element 0, which is not a whole number, 0 or more");
    refused(MODEL("{\"kind\": \"pad\", \"before\": [1], \"after\": [1], \"mode\": \"edg\"}"), NSC_INVALID,
            "nodes[0].mode is \"edg\", which is no mode; say edge");
    refused(MODEL("{\"kind\": \"dropout\", \"rate\": 1}"), NSC_INVALID,
            "nodes[0] (dropout) cannot be made: rate is 1; it is 0 or more, and less than 1");
    refused(MODEL("{\"kind\": \"cast\", \"dtype\": \"double\"}"), NSC_INVALID,
            "nodes[0].dtype is \"double\", which is no element type; say one of: float32, int32, uint32, uint8");
    refused(MODEL("{\"kind\": \"activation\", \"activation\": \"elu\", \"alpha\": 0}"), NSC_INVALID,
            "nodes[0].alpha is 0 in float32: leave it out for the default, or take relu");
    refused(MODEL("{\"kind\": \"activation\", \"activation\": \"relu\", \"alpha\": 1}"), NSC_INVALID,
            "nodes[0] (activation) cannot be made: alpha is for leaky_relu, elu and celu; relu has none");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model graphs");
    TCase *cases = tcase_create("model graphs");

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, wrong_edges);
    tcase_add_test(cases, graphs);
    tcase_add_test(cases, wrong_graphs);
    tcase_add_test(cases, containers);
    tcase_add_test(cases, wrong_containers);
    tcase_add_test(cases, operations);
    tcase_add_test(cases, wrong_operations);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed != 0;
}
