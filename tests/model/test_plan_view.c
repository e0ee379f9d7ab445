/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs and plans as they are looked at from outside, on every backend: what was declared, and what a run then really
 * launches. */
#include "support.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what was declared ----------------------------------------------------------------------------------------------- */

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

/* ---- plans ----------------------------------------------------------------------------------------------------------- */

static nsc_plan_view *view_of(nsc_context *context, nsc_block *net, nsc_shape shape, nsc_mode mode)
{
    nsc_proposal *proposal = NULL;
    nsc_plan_view *view = NULL;
    ASSERT_OK(nsc_propose(net, mode, &shape, 1, &proposal));
    ASSERT_OK(nsc_plan_view_create(proposal, context, &view));
    nsc_proposal_release(proposal); /* the plan does not need it */
    return view;
}

static nsc_plan_info info_of(const nsc_plan_view *view)
{
    nsc_plan_info info;
    ASSERT_OK(nsc_plan_view_info(view, &info, sizeof info));
    return info;
}

static nsc_step_info step_at(const nsc_plan_view *view, size_t index)
{
    nsc_step_info step;
    ASSERT_OK(nsc_plan_view_step(view, index, &step, sizeof step));
    return step;
}

static nsc_storage_info storage_at(const nsc_plan_view *view, size_t index)
{
    nsc_storage_info storage;
    ASSERT_OK(nsc_plan_view_storage(view, index, &storage, sizeof storage));
    return storage;
}

static bool names(const size_t *list, size_t count, size_t number)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == number)
            return true;
    return false;
}

static bool in_arena(const nsc_storage_info *storage)
{
    return strcmp(storage->place, "arena") == 0 || strcmp(storage->place, "random") == 0;
}

/* first and last are those of the steps; intermediate values are written before they are read, lie within the arena, and
 * overlap only where one takes over the place of the other; the sums are those of the steps; the bound holds. */
static void check_view(const nsc_plan_view *view)
{
    nsc_plan_info info = info_of(view), sums = {0};
    uint64_t most = 0, end = 0;
    for (size_t s = 0; s < info.steps; s++) {
        nsc_step_info step = step_at(view, s);
        ck_assert(step.operation[0] != 0 && step.shape[0] == '(' && step.write_count > 0);
        sums.flops += step.flops;
        sums.bytes_read += step.bytes_read;
        sums.bytes_written += step.bytes_written;
        uint64_t live = 0;
        for (size_t i = 0; i < info.storages; i++) {
            nsc_storage_info storage = storage_at(view, i);
            bool written = names(step.writes, step.write_count, i), read = names(step.reads, step.read_count, i);
            if (read || written)
                ck_assert(storage.first <= s && s <= storage.last);
            if (strcmp(storage.place, "arena") == 0 && s == storage.first)
                ck_assert(written && !read);
            /* What takes over a place counts while it lives, and the one before it no longer. */
            bool taken_over = false;
            for (size_t j = 0; j < info.storages; j++)
                taken_over = taken_over || (j != i && storage_at(view, j).shares == storage.shares &&
                                            storage_at(view, j).first <= s && s <= storage_at(view, j).last && j > i);
            if (in_arena(&storage) && storage.first <= s && s <= storage.last && !taken_over)
                live += storage.bytes;
        }
        most = live > most ? live : most;
    }
    for (size_t i = 0; i < info.storages; i++) {
        nsc_storage_info a = storage_at(view, i);
        ck_assert_uint_le(a.first, a.last);
        ck_assert_uint_lt(a.last, info.steps);
        ck_assert_uint_lt(a.shares, info.storages);
        ck_assert_uint_gt(a.bytes, 0);
        if (!in_arena(&a))
            ck_assert(a.shares == i && a.offset == 0);
        else
            end = a.offset + a.bytes > end ? a.offset + a.bytes : end;
        for (size_t j = 0; j < i && in_arena(&a); j++) {
            nsc_storage_info b = storage_at(view, j);
            bool together = in_arena(&b) && a.shares != b.shares && a.first <= b.last && b.first <= a.last;
            ck_assert(!together || a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset);
        }
    }
    ck_assert_uint_eq(sums.flops, info.flops);
    ck_assert_uint_eq(sums.bytes_read, info.bytes_read);
    ck_assert_uint_eq(sums.bytes_written, info.bytes_written);
    ck_assert_uint_eq(info.arena_bytes, end);
    ck_assert_uint_eq(info.bound_bytes, most);
    ck_assert_uint_ge(info.arena_bytes, info.bound_bytes);
}

static nsc_block *a_residual_net(void)
{
    return nsc_sequential(nsc_dense(16, .activation = NSC_RELU),
                          nsc_residual(nsc_dense(32, .activation = NSC_GELU), nsc_dense(16)),
                          nsc_residual(nsc_dense(32, .activation = NSC_TANH), nsc_dense(16)),
                          nsc_named("head", nsc_dense(5, .activation = NSC_SOFTMAX)));
}

static nsc_status sorts(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                        size_t out_count)
{
    (void)trace, (void)user, (void)in_count, (void)out_count;
    nsc_value *where = nsc_op_argmax(in[0], 1, 0), *rows = nsc_op_cast(where, NSC_INT32);
    nsc_value *picked = nsc_op_gather(nsc_op_transpose(in[0], (int[]){1, 0}), rows, 0);
    out[0] = nsc_op_concat((nsc_value *[]){picked, nsc_op_exp(nsc_op_mul(picked, picked))}, 2, 1);
    return NSC_OK;
}

/* Nets that take a (6, 20), by number. */
enum { NETS = 6 };
static nsc_block *net_of(int number)
{
    switch (number) {
    case 0:
        return nsc_sequential(nsc_dense(8, .activation = NSC_RELU), nsc_dense(3));
    case 1:
        return a_residual_net();
    case 2:
        return nsc_custom(sorts);
    case 3:
        return nsc_concat_branches(1, nsc_dense(4, .activation = NSC_MISH), nsc_identity(),
                                   nsc_activate(NSC_LOG_SOFTMAX));
    case 4:
        return nsc_identity();
    default:
        return nsc_sequential(nsc_dropout(0.5f), nsc_dense(4));
    }
}

typedef struct totals {
    uint64_t launches, flops, bytes_read, bytes_written;
    const nsc_plan_view *view;
} totals;

static int add_total(void *user, const nsc_profile_total *total)
{
    totals *all = user;
    uint64_t found = 0;
    for (size_t i = 0; i < info_of(all->view).steps; i++) {
        nsc_step_info step = step_at(all->view, i);
        found += strcmp(step.operation, total->name) == 0 && strcmp(step.path, total->path) == 0 &&
                 strcmp(step.block, total->block) == 0 && strcmp(step.shape, total->shape) == 0;
    }
    ck_assert_uint_ge(found, total->launches); /* several steps may look the same */
    all->launches += total->launches;
    all->flops += total->flops;
    all->bytes_read += total->bytes_read;
    all->bytes_written += total->bytes_written;
    return 0;
}

/* The plan is made before the net has a value, and again after it was run; a run launches what it says. */
static void check_runs(nsc_context *context, int number, nsc_mode mode)
{
    nsc_block *net = net_of(number);
    nsc_tensor *x = INPUT(context, 1, 6, 20), *y = NULL;
    nsc_plan_view *view = view_of(context, net, SHAPE(6, 20), mode);
    nsc_plan_info info = info_of(view);
    check_view(view);
    ASSERT_OK(nsc_initialize(net, context, NULL));
    ASSERT_OK(nsc_run(net, mode, (const nsc_tensor *[]){x}, 1, &y, 1));
    ASSERT_OK(nsc_profile_start(context));
    ASSERT_OK(nsc_run(net, mode, (const nsc_tensor *[]){x}, 1, &y, 1));
    ASSERT_OK(nsc_profile_stop(context));
    totals all = {.view = view};
    ASSERT_OK(nsc_profile_totals(context, add_total, &all));
    ck_assert_uint_eq(all.launches, info.steps);
    ck_assert_uint_eq(all.flops, info.flops);
    ck_assert_uint_eq(all.bytes_read, info.bytes_read);
    ck_assert_uint_eq(all.bytes_written, info.bytes_written);
    nsc_plan_view *after = view_of(context, net, SHAPE(6, 20), mode);
    nsc_plan_info again = info_of(after);
    ck_assert(memcmp(&again, &info, sizeof info) == 0);
    nsc_plan_view_release(after);
    nsc_plan_view_release(view);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_release(net);
}

START_TEST(test_a_run_launches_what_the_plan_says)
{
    for (int number = 0; number < NETS; number++) {
        check_runs(model_context(_i), number, NSC_INFERENCE);
        check_runs(model_context(_i), number, NSC_TRAINING);
    }
}
END_TEST

START_TEST(test_the_same_where_optional_kinds_are_refused)
{
    nsc_context_options options = {.backend = model_backend_name(_i), .compose = "all"};
    nsc_context *context = model_open(_i, &options);
    for (int number = 0; number < NETS; number++)
        check_runs(context, number, NSC_TRAINING);
    ASSERT_OK(nsc_context_close(context));
}
END_TEST

static void expect_text(nsc_context *context, nsc_block *net, size_t index, const char *operation, const char *text)
{
    nsc_plan_view *view = view_of(context, net, SHAPE(6, 20), NSC_INFERENCE);
    nsc_step_info step = step_at(view, index);
    ck_assert_str_eq(step.operation, operation);
    ck_assert_str_eq(step.text, text);
    nsc_plan_view_release(view);
    nsc_release(net);
}

START_TEST(test_texts)
{
    nsc_context_options native = {.backend = model_backend_name(_i), .compose = ""},
                        composed = {.backend = model_backend_name(_i), .compose = "all"};
    nsc_context *context = model_open(_i, &native);
    if (nsc_context_device(context)->optional_kinds >> 5 & 1) {
        expect_text(context, nsc_dense(3, .activation = NSC_RELU), 0, "gemm_epilogue",
                    "max(0, (input 0 @ weight) + bias)");
        expect_text(context, nsc_residual(nsc_dense(20)), 0, "gemm_epilogue",
                    "(input 0 @ 0.weight) + 0.bias + input 0");
    }
    if (nsc_context_device(context)->optional_kinds >> 7 & 1)
        expect_text(context, nsc_activate(NSC_SOFTMAX), 0, "softmax", "softmax(input 0)");
    ASSERT_OK(nsc_context_close(context));
    context = model_open(_i, &composed);
    expect_text(context, nsc_dense(3, .no_bias = 1), 0, "gemm", "input 0 @ weight");
    expect_text(context, nsc_dense(3, .activation = NSC_RELU), 1, "map", "max(0, output 0 + bias)");
    expect_text(context, nsc_activate(NSC_RELU), 0, "map", "max(0, input 0)");
    expect_text(context, nsc_sum((int[]){1}, 1, 0), 0, "reduce", "sum(input 0)");
    expect_text(context, nsc_identity(), 0, "map", "input 0");
    ASSERT_OK(nsc_context_close(context));
}
END_TEST

START_TEST(test_storages)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = net_of(0);
    nsc_plan_view *view = view_of(context, net, SHAPE(6, 20), NSC_INFERENCE);
    static const struct {
        const char *name, *place;
        uint64_t bytes;
    } want[] = {{"input 0", "input", 480},     {"0.weight", "parameter", 640}, {"0.bias", "parameter", 32},
                {"1.weight", "parameter", 96}, {"1.bias", "parameter", 12},    {"output 0", "output", 72}};
    for (size_t w = 0; w < sizeof want / sizeof *want; w++) {
        size_t found = 0;
        for (size_t i = 0; i < info_of(view).storages; i++) {
            nsc_storage_info storage = storage_at(view, i);
            if (strcmp(storage.name, want[w].name) != 0)
                continue;
            found++;
            ck_assert_str_eq(storage.place, want[w].place);
            ck_assert_uint_eq(storage.bytes, want[w].bytes);
        }
        ck_assert_uint_eq(found, 1);
    }
    for (size_t i = 0; i < info_of(view).storages; i++) {
        char name[32];
        snprintf(name, sizeof name, "#%zu", i);
        nsc_storage_info storage = storage_at(view, i);
        if (in_arena(&storage))
            ck_assert_str_eq(storage.name, name);
    }
    nsc_plan_view_release(view);
    nsc_release(net);
}
END_TEST

/* ---- misuse ---------------------------------------------------------------------------------------------------------- */

START_TEST(test_unknown_sizes)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = net_of(0);
    nsc_proposal *proposal = propose(net, SHAPE(-1, 20));
    nsc_plan_view *view = (nsc_plan_view *)net;
    ASSERT_STATUS(nsc_plan_view_create(proposal, context, &view), NSC_PENDING);
    ck_assert_ptr_null(view);
    ASSERT_SAYS(nsc_last_error(context), "input 0", "(-1, 20)");
    nsc_proposal_release(proposal);
    view = view_of(context, net, SHAPE(0, 20), NSC_INFERENCE); /* no rows: nothing to run */
    ck_assert_uint_eq(info_of(view).steps, 0);
    ck_assert_uint_eq(info_of(view).storages, 0);
    ck_assert_uint_eq(info_of(view).arena_bytes, 0);
    nsc_plan_view_release(view);
    nsc_release(net);
}
END_TEST

START_TEST(test_a_context_is_held)
{
    nsc_context_options options = {.backend = model_backend_name(_i)};
    nsc_context *context = model_open(_i, &options);
    nsc_block *net = net_of(1);
    nsc_plan_view *view = view_of(context, net, SHAPE(6, 20), NSC_INFERENCE);
    nsc_release(net); /* the plan needs no tree */
    ASSERT_STATUS(nsc_context_close(context), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(context), "plans", "release them first");
    check_view(view);
    nsc_plan_view_release(view);
    ASSERT_OK(nsc_context_close(context));
}
END_TEST

START_TEST(test_misuse)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = net_of(0);
    nsc_proposal *proposal = propose(net, SHAPE(6, 20));
    nsc_plan_view *view = (nsc_plan_view *)net;
    nsc_node_info node;
    nsc_plan_info info;
    nsc_step_info step;
    nsc_storage_info storage;
    ck_assert_uint_eq(nsc_proposal_node_count(NULL), 0);
    ck_assert_uint_eq(nsc_proposal_output_node(NULL, 0), NSC_NO_INDEX);
    ASSERT_STATUS(nsc_proposal_node(NULL, 0, &node, sizeof node), NSC_INVALID);
    ASSERT_STATUS(nsc_proposal_node(proposal, 0, NULL, sizeof node), NSC_INVALID);
    ASSERT_STATUS(nsc_proposal_node(proposal, nsc_proposal_node_count(proposal), &node, sizeof node), NSC_INVALID);
    ASSERT_STATUS(nsc_proposal_node(proposal, NSC_NO_INDEX, &node, sizeof node), NSC_INVALID);
    ASSERT_STATUS(nsc_plan_view_create(NULL, context, &view), NSC_INVALID);
    ck_assert_ptr_null(view);
    view = (nsc_plan_view *)net;
    ASSERT_STATUS(nsc_plan_view_create(proposal, NULL, &view), NSC_INVALID);
    ck_assert_ptr_null(view);
    ASSERT_STATUS(nsc_plan_view_create(proposal, context, NULL), NSC_INVALID);
    ASSERT_OK(nsc_plan_view_create(proposal, context, &view));
    ASSERT_STATUS(nsc_plan_view_info(NULL, &info, sizeof info), NSC_INVALID);
    ASSERT_STATUS(nsc_plan_view_info(view, NULL, sizeof info), NSC_INVALID);
    ASSERT_OK(nsc_plan_view_info(view, &info, sizeof info));
    ASSERT_STATUS(nsc_plan_view_step(NULL, 0, &step, sizeof step), NSC_INVALID);
    ASSERT_STATUS(nsc_plan_view_step(view, 0, NULL, sizeof step), NSC_INVALID);
    ASSERT_STATUS(nsc_plan_view_step(view, info.steps, &step, sizeof step), NSC_INVALID);
    ASSERT_STATUS(nsc_plan_view_storage(NULL, 0, &storage, sizeof storage), NSC_INVALID);
    ASSERT_STATUS(nsc_plan_view_storage(view, 0, NULL, sizeof storage), NSC_INVALID);
    ASSERT_STATUS(nsc_plan_view_storage(view, info.storages, &storage, sizeof storage), NSC_INVALID);
    ASSERT_SAYS(model_either(context), "nsc_plan_view_storage", "no such index");
    /* An older program's struct ends earlier. */
    memset(&step, 0x55, sizeof step);
    ASSERT_OK(nsc_plan_view_step(view, 0, &step, offsetof(nsc_step_info, path)));
    ck_assert_str_eq(step.operation, step_at(view, 0).operation);
    ck_assert_mem_eq(&step.path, "\x55\x55\x55\x55", 4);
    memset(&node, 0x55, sizeof node);
    ASSERT_OK(nsc_proposal_node(proposal, 0, &node, offsetof(nsc_node_info, path)));
    ck_assert_str_eq(node.operation, "input");
    ck_assert_mem_eq(&node.path, "\x55\x55\x55\x55", 4);
    nsc_plan_view_release(view);
    nsc_plan_view_release(NULL);
    nsc_proposal_release(proposal);
    nsc_release(net);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("graphs and plans, looked at");
    tcase_add_test(tests, test_the_nodes_of_a_net);
    tcase_add_test(tests, test_what_operations_are_given);
    tcase_add_test(tests, test_layers);
    EACH_BACKEND(tests, test_a_run_launches_what_the_plan_says);
    EACH_BACKEND(tests, test_the_same_where_optional_kinds_are_refused);
    EACH_BACKEND(tests, test_texts);
    EACH_BACKEND(tests, test_storages);
    EACH_BACKEND(tests, test_unknown_sizes);
    EACH_BACKEND(tests, test_a_context_is_held);
    EACH_BACKEND(tests, test_misuse);
    return model_end();
}
