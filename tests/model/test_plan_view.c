/* SPDX-License-Identifier: Apache-2.0 */
/* Plans as they are looked at from outside, on every backend, and what a run then really launches. */
#include "support.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static nsc_proposal *propose(nsc_block *net, nsc_shape shape)
{
    nsc_proposal *proposal = NULL;
    ASSERT_OK(nsc_propose(net, NSC_INFERENCE, &shape, 1, &proposal));
    return proposal;
}

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

START_TEST(test_values_are_not_held)
{
    nsc_context *context = model_open(_i, NULL), *other = model_open(_i, NULL);
    nsc_block *net = net_of(0);
    ASSERT_OK(nsc_infer_shapes(net, &SHAPE(6, 20), 1));
    ASSERT_OK(nsc_initialize(net, other, NULL));
    nsc_plan_view *view = view_of(context, net, SHAPE(6, 20), NSC_INFERENCE);
    nsc_release(net);
    ASSERT_OK(nsc_context_close(other));
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
    nsc_plan_info info;
    nsc_step_info step;
    nsc_storage_info storage;
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
    nsc_plan_view_release(view);
    nsc_plan_view_release(NULL);
    nsc_proposal_release(proposal);
    nsc_release(net);
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("plans, looked at");
    EACH_BACKEND(tests, test_a_run_launches_what_the_plan_says);
    EACH_BACKEND(tests, test_the_same_where_optional_kinds_are_refused);
    EACH_BACKEND(tests, test_texts);
    EACH_BACKEND(tests, test_storages);
    EACH_BACKEND(tests, test_unknown_sizes);
    EACH_BACKEND(tests, test_a_context_is_held);
    EACH_BACKEND(tests, test_values_are_not_held);
    EACH_BACKEND(tests, test_misuse);
    return model_end();
}
