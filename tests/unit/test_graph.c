/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs, residuals and repeats as declarations: what is refused, in which words, and what paths and shapes come of it. */
#include "core/block/graph.h"

#include <nascent/nascent.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

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

static void refused(nsc_block *block, const char *words)
{
    char text[768];
    ck_assert_int_eq(nsc_block_check(block, text, sizeof text), NSC_INVALID);
    ck_assert_str_eq(text, words);
    nsc_release(block);
}

static nsc_status two_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                              size_t out_count)
{
    (void)trace, (void)user, (void)in_count, (void)out_count;
    out[0] = in[0];
    out[1] = nsc_op_add(in[0], in[0]);
    return NSC_OK;
}

/* x and 2 x. */
static nsc_block *two(void)
{
    return nsc_custom(two_forward, .kind = "two", .outputs = 2);
}

START_TEST(names_are_paths_and_shapes_flow)
{
    nsc_block *net = nsc_graph(.inputs = "x y",
                               NODES({"sum", nsc_add_inputs(3), "b a two:1"}, {"a", nsc_dense(4), "x"},
                                     {"two", two(), "a"}, {"b", nsc_dense(4), "y"}),
                               OUTPUTS({"all", "sum"}, {"twice", "two:1"}, {"same", "two:0"}, {"again", "two"}));
    int64_t dims[NSC_MAX_RANK];
    nsc_proposal *proposal = NULL;
    const nsc_shape inputs[] = {{.rank = 2, .dims = {7, 3}}, {.rank = 2, .dims = {NSC_UNKNOWN, 5}}};
    ck_assert_int_eq(nsc_block_check(net, NULL, 0), NSC_OK);
    ck_assert_uint_eq(nsc_input_count(net), 2);
    ck_assert_uint_eq(nsc_output_count(net), 4);
    ck_assert_str_eq(nsc_input_name(net, 1), "y");
    ck_assert_str_eq(nsc_output_name(net, 3), "again");
    ck_assert_ptr_null(nsc_input_name(net, 2));
    ck_assert_ptr_null(nsc_output_name(net, 4));
    ck_assert_int_eq(nsc_propose(net, NSC_INFERENCE, inputs, 2, &proposal), NSC_OK);
    ck_assert_uint_eq(nsc_proposal_parameter_count(proposal), 4);
    nsc_proposal_release(proposal);
    ck_assert_int_eq(nsc_infer_shapes(net, inputs, 2), NSC_OK);
    ck_assert_int_eq(nsc_parameter_shape(nsc_find_parameter(net, "a.weight"), dims), 2);
    ck_assert_int_eq(dims[1], 3);
    ck_assert_int_eq(nsc_parameter_shape(nsc_find_parameter(net, "b.weight"), dims), 2);
    ck_assert_int_eq(dims[1], 5);
    nsc_release(net);
}
END_TEST

START_TEST(a_message_of_a_trace_has_the_path_of_the_node)
{
    nsc_block *net = nsc_graph(.inputs = "x y", NODES({"a", nsc_dense(4), "x"}, {"sum", nsc_add_inputs(2), "a y"}),
                               OUTPUTS({"z", "sum"}));
    nsc_proposal *proposal = NULL;
    const nsc_shape inputs[] = {{.rank = 2, .dims = {7, 3}}, {.rank = 2, .dims = {7, 5}}};
    ck_assert_int_eq(nsc_propose(net, NSC_INFERENCE, inputs, 2, &proposal), NSC_SHAPE_CONFLICT);
    assert_says(nsc_last_error(NULL), "sum (add)");
    ck_assert_int_eq(nsc_propose(net, NSC_INFERENCE, inputs, 1, &proposal), NSC_INVALID);
    assert_says(nsc_last_error(NULL), "1 inputs given, the net (graph) takes 2");
    nsc_release(net);
}
END_TEST

START_TEST(other_blocks_have_one_name_at_each_end)
{
    nsc_block *one = nsc_dense(3), *several = two();
    ck_assert_str_eq(nsc_input_name(one, 0), "input");
    ck_assert_str_eq(nsc_output_name(one, 0), "output");
    ck_assert_ptr_null(nsc_output_name(several, 0));
    ck_assert_uint_eq(nsc_output_count(several), 2);
    ck_assert_uint_eq(nsc_input_count(NULL), 0);
    ck_assert_uint_eq(nsc_output_count(NULL), 0);
    ck_assert_ptr_null(nsc_input_name(NULL, 0));
    ck_assert_ptr_null(nsc_output_name(NULL, 0));
    nsc_release(one);
    nsc_release(several);
}
END_TEST

#define I nsc_identity()

START_TEST(wrong_names)
{
    refused(nsc_graph_create(NULL, 0), "the net (graph): nsc_graph_create: options is NULL");
    refused(nsc_graph(NODES({"a", I, "input"})),
            "the net (graph): 1 inputs and 0 outputs; a graph has 1 to 64 of each");
    refused(nsc_graph(.inputs = " ", OUTPUTS({"y", "x"})),
            "the net (graph): 0 inputs and 1 outputs; a graph has 1 to 64 of each");
    refused(nsc_graph(NODES({"a.b", I, "input"}), OUTPUTS({"y", "a"})),
            "the net (graph): \"a.b\" cannot name a child: 1 to 128 characters, no dot, no space");
    refused(nsc_graph(.inputs = "x.y", OUTPUTS({"y", "x"})),
            "the net (graph): \"x.y\" cannot name an input or output: 1 to 128 characters, no dot");
    refused(nsc_graph(OUTPUTS({"", "input"})),
            "the net (graph): \"\" cannot name an input or output: 1 to 128 characters, no dot");
    static const char *const twice =
        "the net (graph): \"a\" stands twice: inputs, nodes and outputs need names of their own";
    refused(nsc_graph(.inputs = "a a", OUTPUTS({"y", "a"})), twice);
    refused(nsc_graph(NODES({"a", I, "input"}, {"a", I, "input"}), OUTPUTS({"y", "a"})), twice);
    refused(nsc_graph(.inputs = "a", NODES({"a", I, "a"}), OUTPUTS({"y", "a"})), twice);
    refused(nsc_graph(NODES({"a", I, "input"}), OUTPUTS({"a", "a"})), twice);
    refused(nsc_graph(NODES({"a", NULL, "input"}), OUTPUTS({"y", "a"})), "the net (graph): child 0 is NULL");
}
END_TEST

START_TEST(wrong_sources)
{
    refused(nsc_graph(NODES({"encoder", I, "input"}), OUTPUTS({"y", "encodr"})),
            "the net (graph): output \"y\" takes from \"encodr\", which is no input or node; say encoder");
    refused(nsc_graph(NODES({"encoder", I, "somewhere"}), OUTPUTS({"y", "encoder"})),
            "the net (graph): node \"encoder\" takes from \"somewhere\", which is no input or node; say one of: input, "
            "encoder");
    refused(nsc_graph(NODES({"a", I, "y"}), OUTPUTS({"y", "a"})),
            "the net (graph): node \"a\" takes from \"y\", which is no input or node; say one of: input, a");
    refused(nsc_graph(NODES({"a", I, NULL}), OUTPUTS({"y", "a"})),
            "the net (graph): node \"a\" (identity) has 1 input, 0 given");
    refused(nsc_graph(NODES({"a", nsc_add_inputs(3), "input input"}), OUTPUTS({"y", "a"})),
            "the net (graph): node \"a\" (add) has 3 inputs, 2 given");
    refused(nsc_graph(NODES({"a", I, "input"}), OUTPUTS({"y", "a input"})),
            "the net (graph): output \"y\" takes from 2 places; it needs one");
    refused(nsc_graph(NODES({"a", I, "input"}), OUTPUTS({"y", NULL})),
            "the net (graph): output \"y\" takes from 0 places; it needs one");
    refused(nsc_graph(NODES({"a", I, "input"}), OUTPUTS({"y", "a:1"})),
            "the net (graph): output \"y\" takes from \"a:1\"; \"a\" has 1 output, counted from 0");
    refused(nsc_graph(NODES({"a", two(), "input:1"}), OUTPUTS({"y", "a:1"})),
            "the net (graph): node \"a\" takes from \"input:1\"; \"input\" has 1 output, counted from 0");
    refused(nsc_graph(NODES({"a", two(), "input"}, {"a:1", I, "a"}), OUTPUTS({"y", "a:1"})),
            "the net (graph): output \"y\" takes from \"a:1\", which is a name and also output 1 of \"a\": rename one");
    /* A name with a colon is a name like any other while it means one thing. */
    nsc_block *net = nsc_graph(NODES({"a", I, "input"}, {"a:1", I, "a"}), OUTPUTS({"y", "a:1"}));
    ck_assert_int_eq(nsc_block_check(net, NULL, 0), NSC_OK);
    nsc_release(net);
}
END_TEST

START_TEST(circles_and_what_nobody_uses)
{
    refused(nsc_graph(NODES({"a", I, "a"}), OUTPUTS({"y", "a"})),
            "the net (graph): the nodes form a circle: \"a\" takes from \"a\"");
    refused(nsc_graph(NODES({"in", I, "input"}, {"a", nsc_add_inputs(2), "in c"}, {"b", I, "a"}, {"c", I, "b"}),
                      OUTPUTS({"y", "c"})),
            "the net (graph): the nodes form a circle: \"a\" takes from \"c\" takes from \"b\" takes from \"a\"");
    refused(nsc_graph(NODES({"a", I, "input"}, {"b", I, "a"}), OUTPUTS({"y", "a"})),
            "the net (graph): nobody takes from node \"b\": leave it out, or make it an output");
    refused(nsc_graph(.inputs = "x y", NODES({"a", I, "x"}), OUTPUTS({"z", "a"})),
            "the net (graph): nobody takes from input \"y\": leave it out, or make it an output");
    /* One of several outputs may be left alone. */
    nsc_block *net = nsc_graph(NODES({"a", two(), "input"}), OUTPUTS({"y", "a:1"}));
    ck_assert_int_eq(nsc_block_check(net, NULL, 0), NSC_OK);
    nsc_release(net);
}
END_TEST

/* A long circle is told in part, and 10,000 nodes in the worst order are no burden. */
START_TEST(large_graphs)
{
    enum { COUNT = 10000 };
    nsc_graph_node *nodes = calloc(COUNT + 1, sizeof *nodes);
    char(*names)[16] = calloc(COUNT + 1, sizeof *names);
    char text[768];
    for (int circle = 0; circle < 2; circle++) {
        for (int i = 0; i <= COUNT; i++)
            snprintf(names[i], sizeof names[i], "node%d", i);
        for (int i = 0; i < COUNT; i++)
            nodes[i] = (nsc_graph_node){names[i], nsc_identity(), i + 1 < COUNT ? names[i + 1] : "input"};
        if (circle)
            nodes[COUNT - 1].from = names[0];
        nsc_block *net =
            nsc_graph_create(&(nsc_graph_options){.nodes = nodes, OUTPUTS({"y", "node0"})}, sizeof(nsc_graph_options));
        ck_assert_int_eq(nsc_block_check(net, text, sizeof text), circle ? NSC_INVALID : NSC_OK);
        if (circle)
            assert_says(text, "\"node0\" takes from \"node1\" takes from \"node2\"");
        nsc_release(net);
    }
    free(nodes);
    free(names);
}
END_TEST

START_TEST(failures_still_own_what_they_were_given)
{
    nsc_block *kept = nsc_dense(3);
    nsc_release(nsc_graph(NODES({"a", nsc_retain(kept), "nowhere"}, {"b b", nsc_retain(kept), "a"}, {"c", I, "a"}),
                          OUTPUTS({"y", "b"})));
    nsc_release(nsc_residual(nsc_retain(kept), nsc_named("a.b", nsc_identity())));
    ck_assert_uint_eq(atomic_load(&kept->references), 1);
    nsc_release(kept);
}
END_TEST

static nsc_block *make_dense(void *user, size_t index)
{
    size_t *calls = user;
    ck_assert_uint_eq(index, *calls);
    ++*calls;
    return nsc_dense(5);
}

static nsc_block *make_same(void *user, size_t index)
{
    (void)index;
    return nsc_retain(user);
}

static nsc_block *make_nothing(void *user, size_t index)
{
    (void)user;
    return index < 2 ? nsc_identity() : NULL;
}

START_TEST(repeats)
{
    size_t calls = 0;
    nsc_block *net = nsc_repeat(3, make_dense, &calls), *block = nsc_identity();
    const nsc_shape input = {.rank = 2, .dims = {2, 7}};
    int64_t dims[NSC_MAX_RANK];
    ck_assert_uint_eq(calls, 3);
    ck_assert_int_eq(nsc_infer_shapes(net, &input, 1), NSC_OK);
    ck_assert_ptr_nonnull(nsc_find_parameter(net, "2.bias"));
    ck_assert_ptr_null(nsc_find_parameter(net, "3.bias"));
    nsc_parameter_shape(nsc_find_parameter(net, "0.weight"), dims);
    ck_assert_int_eq(dims[1], 7);
    nsc_parameter_shape(nsc_find_parameter(net, "1.weight"), dims);
    ck_assert_int_eq(dims[1], 5);
    nsc_release(net);
    net = nsc_repeat(2, make_same, block);
    ck_assert_int_eq(nsc_block_check(net, NULL, 0), NSC_OK);
    nsc_release(net);
    nsc_release(block);
    net = nsc_repeat(0, make_nothing, NULL);
    ck_assert_int_eq(nsc_block_check(net, NULL, 0), NSC_OK);
    nsc_release(net);
    refused(nsc_repeat(2, NULL, NULL), "the net (repeat): nsc_repeat: make is NULL");
    refused(nsc_repeat(10001, make_nothing, NULL), "the net (repeat): nsc_repeat: 10001 times; at most 10000");
    refused(nsc_repeat(5, make_nothing, NULL), "the net (repeat): child 2 is NULL");
}
END_TEST

START_TEST(residuals_and_merges)
{
    refused(nsc_residual_create(NULL), "the net (residual): the array of blocks is NULL");
    refused(nsc_residual_create((nsc_block *[]){NULL}), "the net (residual): there are no blocks to add to x");
    refused(nsc_add_inputs(1), "the net (add): 1 input; it merges 2 to 64");
    refused(nsc_multiply_inputs(0), "the net (multiply): 0 inputs; it merges 2 to 64");
    refused(nsc_concat_inputs(65, 1), "the net (concat): 65 inputs; it merges 2 to 64");
    nsc_block *net = nsc_residual(nsc_dense(4, .name = "wide"), nsc_dense(3));
    const nsc_shape input = {.rank = 2, .dims = {2, 3}}, other = {.rank = 2, .dims = {2, 5}};
    ck_assert_int_eq(nsc_infer_shapes(net, &other, 1), NSC_SHAPE_CONFLICT);
    assert_says(nsc_last_error(NULL), "the net (residual)");
    ck_assert_int_eq(nsc_infer_shapes(net, &input, 1), NSC_OK);
    ck_assert_ptr_nonnull(nsc_find_parameter(net, "wide.weight"));
    ck_assert_ptr_nonnull(nsc_find_parameter(net, "1.weight"));
    nsc_release(net);
}
END_TEST

START_TEST(operations_are_checked_when_declared)
{
    static const int64_t negative[] = {0, -1}, zero[] = {0, 0}, twice[] = {-1, -1}, wrong[] = {2, -3};
    static const int axes[] = {0, 8};
#define NET(KIND) "the net (" KIND "): "
    refused(nsc_concat_inputs(2, 8), NET("concat") "axis 8; axes are -8 to 7");
    refused(nsc_stack_inputs(1, 0), NET("stack") "1 input; it merges 2 to 64");
    refused(nsc_gather(-9), NET("gather") "axis -9; axes are -8 to 7");
    refused(nsc_reshape(9, zero), NET("reshape") "rank 9; it is 0 to 8 with that many sizes");
    refused(nsc_reshape(2, NULL), NET("reshape") "rank 2 without sizes; it is 0 to 8 with that many sizes");
    refused(nsc_reshape(2, twice),
            NET("reshape") "size -1 of axis 1; it is 0 or more, NSC_DIM_SAME, or for one axis NSC_UNKNOWN");
    refused(nsc_reshape(2, wrong),
            NET("reshape") "size -3 of axis 1; it is 0 or more, NSC_DIM_SAME, or for one axis NSC_UNKNOWN");
    refused(nsc_transpose(-1, axes), NET("transpose") "rank -1; it is 0 to 8");
    refused(nsc_transpose(2, NULL), NET("transpose") "2 axes, which are NULL; it takes 0 to 8");
    refused(nsc_transpose(2, axes), NET("transpose") "axis 8; axes are -8 to 7");
    refused(nsc_sum(axes, 9, 0), NET("sum") "9 axes; it takes 0 to 8");
    refused(nsc_slice(0, 0, 1, 0), NET("slice") "step is 0; it is 1 or more, or negative");
    refused(nsc_split(0, 0), NET("split") "0 parts; it splits into 1 to 64");
    refused(nsc_split(0, 65), NET("split") "65 parts; it splits into 1 to 64");
    refused(nsc_pad(2, zero, NULL, NSC_PAD_EDGE, 0),
            NET("pad") "rank 2; it is 0 to 8 with that many sizes before and after");
    refused(nsc_pad(2, zero, negative, NSC_PAD_EDGE, 0), NET("pad") "0 before and -1 after axis 1; they are 0 or more");
    refused(nsc_pad(2, zero, zero, (nsc_pad_mode)3, 0), NET("pad") "3 is no mode of padding: use one of nsc_pad_mode");
    refused(nsc_dropout(1.0f), NET("dropout") "rate is 1; it is 0 or more, and less than 1");
    refused(nsc_one_hot(0), NET("one_hot") "depth is 0; it is 1 or more");
    refused(nsc_activate(NSC_RELU, .axis = 1),
            NET("activation") "axis is for softmax and log_softmax; relu works element by element");
    refused(nsc_activate(NSC_SOFTMAX, .axis = 8), NET("activation") "axis 8; axes are -8 to 7");
    refused(nsc_activate(NSC_SELU, .alpha = 1),
            NET("activation") "alpha is for leaky_relu, elu and celu; selu has none");
    refused(nsc_activate((nsc_activation)99), NET("activation") "99 is no activation");
    refused(nsc_dense(3, .activation = (nsc_activation)99), NET("dense") "99 is no activation");
    char text[256];
    nsc_block *block = nsc_cast(NSC_FLOAT64);
    ck_assert_int_eq(nsc_block_check(block, text, sizeof text), NSC_WRONG_DTYPE);
    ck_assert_str_eq(text, NET("cast") "float64; it casts to float32, int32, uint32 and uint8");
    nsc_release(block);
}
END_TEST

START_TEST(operations_say_which_rank_they_need)
{
    static const int64_t sizes[] = {1, 1, 1};
    static const int axes[] = {1, 0};
    const nsc_shape rank3 = {.rank = 3, .dims = {2, 3, 4}}, rank2 = {.rank = 2, .dims = {2, 3}};
    nsc_block *net = nsc_sequential(nsc_transpose(2, axes));
    ck_assert_int_eq(nsc_infer_shapes(net, &rank3, 1), NSC_INVALID);
    ck_assert_str_eq(nsc_last_error(NULL), "0 (transpose): it was declared for rank 2, its input has rank 3");
    ck_assert_int_eq(nsc_infer_shapes(net, &rank2, 1), NSC_OK);
    nsc_release(net);
    net = nsc_pad(3, sizes, sizes, NSC_PAD_CONSTANT, 0);
    ck_assert_int_eq(nsc_infer_shapes(net, &rank2, 1), NSC_INVALID);
    ck_assert_str_eq(nsc_last_error(NULL), "the net (pad): it was declared for rank 3, its input has rank 2");
    nsc_release(net);
}
END_TEST

void unit_tests(TCase *cases)
{
    tcase_add_test(cases, operations_are_checked_when_declared);
    tcase_add_test(cases, operations_say_which_rank_they_need);
    tcase_add_test(cases, names_are_paths_and_shapes_flow);
    tcase_add_test(cases, a_message_of_a_trace_has_the_path_of_the_node);
    tcase_add_test(cases, other_blocks_have_one_name_at_each_end);
    tcase_add_test(cases, wrong_names);
    tcase_add_test(cases, wrong_sources);
    tcase_add_test(cases, circles_and_what_nobody_uses);
    tcase_add_test(cases, large_graphs);
    tcase_add_test(cases, failures_still_own_what_they_were_given);
    tcase_add_test(cases, repeats);
    tcase_add_test(cases, residuals_and_merges);
}
