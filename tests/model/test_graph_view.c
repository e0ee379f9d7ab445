/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs as they are looked at from outside: the values and the layers of what was declared. */
#include "support.h"

#include <stdio.h>
#include <string.h>

static nsc_proposal *propose(nsc_block *net, nsc_shape shape)
{
    nsc_proposal *proposal = NULL;
    ASSERT_OK(nsc_propose(net, NSC_INFERENCE, &shape, 1, &proposal));
    return proposal;
}

static nsc_node_info node_at(nsc_proposal *proposal, size_t index)
{
    nsc_node_info node;
    ASSERT_OK(nsc_proposal_node(proposal, index, &node, sizeof node));
    return node;
}

START_TEST(test_the_nodes_of_a_net)
{
    static const struct {
        const char *operation, *text, *path, *block;
        int rank;
        int64_t dims[2];
        size_t operand_count, operands[2];
    } want[] = {{"input", "0", "", "", 2, {-1, 20}, 0, {0}},
                {"parameter", "", "0.weight", "dense", 2, {4, 20}, 0, {0}},
                {"parameter", "", "0.bias", "dense", 1, {4}, 0, {0}},
                {"transpose", "order 1 0", "0", "dense", 2, {20, 4}, 1, {1}},
                {"product", "", "0", "dense", 2, {-1, 4}, 2, {0, 3}},
                {"add", "", "0", "dense", 2, {-1, 4}, 2, {4, 2}},
                {"leaky_relu", "0.25", "soft", "activation", 2, {-1, 4}, 1, {5}}};
    nsc_block *net = nsc_sequential(nsc_dense(4), nsc_named("soft", nsc_activate(NSC_LEAKY_RELU, .alpha = 0.25f)));
    nsc_proposal *proposal = propose(net, SHAPE(-1, 20));
    ck_assert_uint_eq(nsc_proposal_node_count(proposal), sizeof want / sizeof *want);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        nsc_node_info node = node_at(proposal, i);
        ck_assert_str_eq(node.operation, want[i].operation);
        ck_assert_str_eq(node.text, want[i].text);
        ck_assert_str_eq(node.path, want[i].path);
        ck_assert_str_eq(node.block, want[i].block);
        ck_assert(model_same_shape(&node.shape, want[i].rank, want[i].dims));
        ck_assert_int_eq(node.shape.dtype, NSC_FLOAT32);
        ck_assert_uint_eq(node.operand_count, want[i].operand_count);
        for (size_t o = 0; o < node.operand_count; o++)
            ck_assert_uint_eq(node.operands[o], want[i].operands[o]);
        ck_assert_ptr_eq(node_at(proposal, i).operands, node.operands); /* made once */
    }
    ck_assert_uint_eq(nsc_proposal_output_node(proposal, 0), 6);
    ck_assert_uint_eq(nsc_proposal_output_node(proposal, 1), NSC_NO_INDEX);
    nsc_proposal_release(proposal);
    nsc_release(net);
}
END_TEST

/* One of each operation that has something to tell beside its operands. */
static nsc_status tells(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                        size_t out_count)
{
    (void)trace, (void)user, (void)in_count, (void)out_count;
    nsc_value *x = in[0], *parts[2];
    x = nsc_op_transpose(x, (int[]){2, 0, 1});                    /* (6, 2, 4) */
    x = nsc_op_slice(x, 0, 1, NSC_END, 2);                        /* (3, 2, 4) */
    x = nsc_op_slice(x, 0, 0, 2, 1);                              /* (2, 2, 4) */
    nsc_op_split(x, 2, 2, parts);                                 /* (2, 2, 2) twice */
    x = nsc_op_concat((nsc_value *[]){parts[1], parts[0]}, 2, 1); /* (2, 4, 2) */
    x = nsc_op_clip(x, -0.5f, 2);
    x = nsc_op_sum(x, (int[]){0, 2}, 2, 1); /* (1, 4, 1) */
    x = nsc_op_max(x, (int[]){0}, 1, 0);    /* (4, 1) */
    x = nsc_op_cumulative_sum(x, 0);
    x = nsc_op_cast(x, NSC_INT32);
    out[0] = nsc_op_cast(x, NSC_FLOAT32);
    return NSC_OK;
}

START_TEST(test_what_operations_are_given)
{
    static const char *const want[] = {"input 0",
                                       "transpose order 2 0 1",
                                       "slice axis 0, 1::2",
                                       "slice axis 0, 0:2:1",
                                       "split axis 2, part 0",
                                       "split axis 2, part 1",
                                       "concat axis 1",
                                       "clip -0.5, 2",
                                       "sum axes 0 2, kept",
                                       "max axes 0",
                                       "cumulative_sum axis 0",
                                       "cast to int32",
                                       "cast to float32"};
    nsc_block *net = nsc_custom(tells);
    nsc_proposal *proposal = propose(net, SHAPE(2, 4, 6));
    size_t at = 0;
    for (size_t i = 0; i < nsc_proposal_node_count(proposal) && at < sizeof want / sizeof *want; i++) {
        nsc_node_info node = node_at(proposal, i);
        char text[128];
        snprintf(text, sizeof text, "%s %s", node.operation, node.text);
        for (size_t o = 0; o < node.operand_count; o++)
            ck_assert_uint_lt(node.operands[o], i);
        if (strcmp(node.operation, "reshape") != 0) /* how axes are kept is not the subject */
            ck_assert_str_eq(text, want[at++]);
    }
    ck_assert_uint_eq(at, sizeof want / sizeof *want);
    ck_assert_int_eq(node_at(proposal, nsc_proposal_output_node(proposal, 0)).shape.dtype, NSC_FLOAT32);
    nsc_proposal_release(proposal);
    nsc_release(net);
}
END_TEST

typedef struct layers {
    size_t count;
    nsc_layer_info layers[8];
} layers;

static int keep_layer(void *user, const nsc_layer_info *layer)
{
    layers *all = user;
    ck_assert_uint_lt(all->count, 8);
    all->layers[all->count++] = *layer;
    return all->count == 3; /* stops */
}

START_TEST(test_layers)
{
    nsc_block *shared = nsc_dense(20, .no_flatten = 1);
    nsc_block *net = nsc_sequential(nsc_retain(shared), nsc_retain(shared), nsc_activate(NSC_RELU), nsc_dense(3));
    layers all = {0};
    nsc_proposal *proposal = propose(net, SHAPE(-1, 20));
    ASSERT_OK(nsc_layers_each(proposal, keep_layer, &all));
    ck_assert_uint_eq(all.count, 3);
    ck_assert_str_eq(all.layers[0].kind, "dense");
    ck_assert_str_eq(all.layers[0].state, "mixed"); /* the bias is known */
    ck_assert(model_same_shape(&all.layers[0].output, 2, (int64_t[]){-1, 20}));
    ck_assert_uint_eq(all.layers[0].parameters, 2);
    ck_assert_uint_eq(all.layers[0].elements, 420);
    ck_assert_uint_eq(all.layers[0].bytes, 1680);
    ck_assert_uint_eq(all.layers[0].unknown, 0);
    ck_assert_uint_eq(all.layers[1].parameters, 0); /* counted at the first use */
    ck_assert_str_eq(all.layers[1].state, "");
    ck_assert_str_eq(all.layers[2].kind, "activation");
    ASSERT_STATUS(nsc_layers_each(NULL, keep_layer, &all), NSC_INVALID);
    ASSERT_STATUS(nsc_layers_each(proposal, NULL, NULL), NSC_INVALID);
    nsc_proposal_release(proposal);
    nsc_release(shared);
    nsc_release(net);
}
END_TEST

START_TEST(test_misuse)
{
    nsc_block *net = nsc_dense(4);
    nsc_proposal *proposal = propose(net, SHAPE(6, 20));
    nsc_node_info node;
    ck_assert_uint_eq(nsc_proposal_node_count(NULL), 0);
    ck_assert_uint_eq(nsc_proposal_output_node(NULL, 0), NSC_NO_INDEX);
    ASSERT_STATUS(nsc_proposal_node(NULL, 0, &node, sizeof node), NSC_INVALID);
    ASSERT_STATUS(nsc_proposal_node(proposal, 0, NULL, sizeof node), NSC_INVALID);
    ASSERT_STATUS(nsc_proposal_node(proposal, nsc_proposal_node_count(proposal), &node, sizeof node), NSC_INVALID);
    ASSERT_STATUS(nsc_proposal_node(proposal, NSC_NO_INDEX, &node, sizeof node), NSC_INVALID);
    /* An older program's struct ends earlier. */
    memset(&node, 0x55, sizeof node);
    ASSERT_OK(nsc_proposal_node(proposal, 0, &node, offsetof(nsc_node_info, path)));
    ck_assert_str_eq(node.operation, "input");
    ck_assert_mem_eq(&node.path, "\x55\x55\x55\x55", 4);
    nsc_proposal_release(proposal);
    nsc_release(net);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("graphs, looked at");
    tcase_add_test(tests, test_the_nodes_of_a_net);
    tcase_add_test(tests, test_what_operations_are_given);
    tcase_add_test(tests, test_layers);
    tcase_add_test(tests, test_misuse);
    return model_end();
}
