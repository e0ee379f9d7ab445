/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks as a tree: walks, paths, depth, sharing; the plans that a net keeps. */
#include "core/block/block.h"

#include <nascent/nascent.h>
#include <stdio.h>

#include "unit.h"

typedef struct visits {
    char text[512];
    int stop_after; /* 0: never */
    int count;
} visits;

static bool note(visits *to, const char *path)
{
    size_t used = strlen(to->text);
    snprintf(to->text + used, sizeof to->text - used, "[%s]", path);
    return ++to->count != to->stop_after;
}

static bool note_block(void *user, const char *path, nsc_block *block)
{
    (void)block;
    return note(user, path);
}

static bool note_parameter(void *user, const char *path, nsc_parameter *parameter)
{
    (void)parameter;
    return note(user, path);
}

START_TEST(a_walk_names_everything_once)
{
    nsc_block *shared = nsc_dense(2, .no_bias = 1);
    nsc_block *net =
        nsc_sequential(nsc_named("in", nsc_dense(3)), nsc_sequential(nsc_retain(shared), nsc_identity()), shared);
    visits blocks = {.count = 0}, parameters = {.count = 0}, stopped = {.stop_after = 2};
    ck_assert_int_eq(nsc_block_walk(net, &(nsc_walk){.user = &blocks, .block = note_block}), NSC_OK);
    ck_assert_str_eq(blocks.text, "[][in][1][1.0][1.1]");
    ck_assert_int_eq(nsc_block_walk(net, &(nsc_walk){.user = &parameters, .parameter = note_parameter}), NSC_OK);
    ck_assert_str_eq(parameters.text, "[in.weight][in.bias][1.0.weight]");
    ck_assert_int_eq(nsc_block_walk(net, &(nsc_walk){.user = &stopped, .block = note_block}), NSC_FAILED);
    ck_assert_str_eq(stopped.text, "[][in]");
    ck_assert_ptr_eq(nsc_find_parameter(net, "2.weight"), nsc_find_parameter(net, "1.0.weight"));
    ck_assert_ptr_null(nsc_find_parameter(net, "0.weight")); /* it has a name */
    ck_assert_ptr_null(nsc_find_parameter(net, "in"));
    ck_assert_ptr_null(nsc_find_parameter(net, "in.weight."));
    nsc_release(net);
}
END_TEST

static nsc_block *nested(int depth)
{
    nsc_block *block = nsc_identity();
    for (int i = 0; i < depth; i++)
        block = nsc_sequential(block);
    return block;
}

START_TEST(a_tree_has_a_depth)
{
    char text[512];
    nsc_proposal *proposal = NULL;
    const nsc_shape shape = {.rank = 1, .dims = {3}};
    nsc_block *deepest = nested(200), *deeper = nested(201), *far = nested(3000);
    ck_assert_int_eq(nsc_block_check(deepest, text, sizeof text), NSC_OK);
    ck_assert_int_eq(nsc_propose(deepest, NSC_INFERENCE, &shape, 1, &proposal), NSC_OK);
    nsc_proposal_release(proposal);
    ck_assert_int_eq(nsc_block_check(deeper, text, sizeof text), NSC_INVALID);
    assert_says(text, "deeper than 200");
    ck_assert_int_eq(nsc_block_check(far, text, sizeof text), NSC_INVALID);
    ck_assert_int_eq(nsc_propose(far, NSC_INFERENCE, &shape, 1, &proposal), NSC_INVALID);
    ck_assert_ptr_null(proposal);
    assert_says(nsc_last_error(NULL), "too deep a tree");
    nsc_release(deepest);
    nsc_release(deeper);
    nsc_release(far);
}
END_TEST

START_TEST(a_path_has_a_length)
{
    char name[129], text[512];
    memset(name, 'n', 128);
    name[128] = 0;
    nsc_block *block = nsc_identity();
    for (int i = 0; i < 40; i++)
        block = nsc_sequential(nsc_named(name, block));
    ck_assert_int_eq(nsc_block_check(block, text, sizeof text), NSC_INVALID);
    assert_says(text, "...nnn");
    assert_says(text, "too long a path");
    nsc_release(block);
}
END_TEST

static nsc_status pass(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                       size_t out_count)
{
    (void)trace, (void)user, (void)in_count, (void)out_count;
    out[0] = in[0];
    return NSC_OK;
}

START_TEST(a_cycle_is_refused)
{
    char text[512];
    nsc_block *outer = nsc_custom(pass), *inner = nsc_custom(pass);
    nsc_add_child(outer, NULL, inner);
    nsc_add_child(inner, NULL, nsc_retain(outer));
    ck_assert_int_eq(nsc_block_check(outer, text, sizeof text), NSC_INVALID);
    assert_says(text, "a block cannot contain itself");
    assert_says(text, "0 (");
    nsc_release(outer);
    nsc_block *self = nsc_custom(pass);
    nsc_add_child(self, NULL, self);
    ck_assert_int_eq(nsc_block_check(self, text, sizeof text), NSC_INVALID);
    nsc_release(self);
}
END_TEST

START_TEST(names)
{
    char text[512];
    const char *bad[] = {"", "a.b", "a b", "tab\t", "\x7f"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert(!nsc_name_valid(bad[i]));
    ck_assert(nsc_name_valid("a") && nsc_name_valid("K\xc3\xb6nig-3/[x]"));
    nsc_block *net = nsc_sequential(nsc_named("1", nsc_identity()), nsc_identity()); /* the position of the second */
    ck_assert_int_eq(nsc_block_check(net, text, sizeof text), NSC_INVALID);
    assert_says(text, "children 0 and 1 are both named \"1\"");
    nsc_release(net);
    nsc_block *custom = nsc_custom(pass);
    nsc_add_child(custom, "given", nsc_named("own", nsc_identity())); /* the parent's word wins */
    ck_assert_str_eq(nsc_child_name(custom, 0, text), "given");
    ck_assert_int_eq(nsc_block_check(custom, NULL, 0), NSC_OK);
    nsc_release(custom);
}
END_TEST

START_TEST(a_structure_moves_its_stamp)
{
    nsc_block *block = nsc_custom(pass);
    uint64_t stamp = atomic_load(&block->stamp);
    nsc_add_child(block, NULL, nsc_identity());
    ck_assert_uint_gt(atomic_load(&block->stamp), stamp);
    stamp = atomic_load(&block->stamp);
    ck_assert_ptr_nonnull(nsc_declare(block, "w", .rank = 0));
    ck_assert_uint_gt(atomic_load(&block->stamp), stamp);
    nsc_release(block);
}
END_TEST

/* ---- plans ------------------------------------------------------------------------------------------------------ */

static nsc_context *context;

static nsc_statistics statistics(void)
{
    nsc_statistics now;
    ck_assert_int_eq(nsc_context_statistics(context, &now, sizeof now), NSC_OK);
    return now;
}

static void run(nsc_block *net, int64_t rows)
{
    static const float data[32 * 3];
    nsc_tensor *x = NULL, *y = NULL;
    ck_assert_int_eq(nsc_tensor_from(context, NSC_FLOAT32, 2, (int64_t[]){rows, 3}, data, &x), NSC_OK);
    ck_assert_int_eq(nsc_forward(net, x, &y), NSC_OK);
    ck_assert_int_eq(nsc_context_finish(context), NSC_OK);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
}

START_TEST(a_net_keeps_as_many_plans_as_it_may)
{
    ck_assert_int_eq(nsc_context_open(&context, "reference"), NSC_OK);
    nsc_block *net = nsc_dense(4, .activation = NSC_TANH);
    ck_assert_int_eq(nsc_initialize(net, context, NULL), NSC_OK);
    ck_assert_int_eq(nsc_set_plan_bounds(net, 16, 0), NSC_OK);
    for (int64_t rows = 1; rows <= 16; rows++)
        run(net, rows);
    nsc_statistics before = statistics();
    ck_assert(before.plans == 16 && before.executors == 16 && before.commits == 1);
    ck_assert_uint_eq(before.launches, 16 + 2); /* and a fill for each of two parameters */
    for (int64_t rows = 1; rows <= 16; rows++)
        run(net, rows);
    nsc_statistics after = statistics();
    ck_assert(after.plans == 16 && after.executors == 16 && after.prepared == before.prepared);
    ck_assert_uint_eq(after.launches, before.launches + 16);
    run(net, 17); /* 1 was used longest ago */
    run(net, 2);
    ck_assert_uint_eq(statistics().plans, 17);
    run(net, 1);
    ck_assert_uint_eq(statistics().plans, 18);
    run(net, 2); /* used again since: 3 went instead */
    ck_assert_uint_eq(statistics().plans, 18);
    run(net, 3);
    ck_assert(statistics().plans == 19 && statistics().executors == 19);
    nsc_release(net);
    ck_assert_int_eq(nsc_context_close(context), NSC_OK);
}
END_TEST

START_TEST(a_stale_plan_is_made_again)
{
    ck_assert_int_eq(nsc_context_open(&context, "reference"), NSC_OK);
    nsc_block *net = nsc_dense(4);
    nsc_tensor *weight = NULL;
    const float zeros[12] = {0};
    ck_assert_int_eq(nsc_initialize(net, context, NULL), NSC_OK);
    run(net, 2);
    run(net, 2);
    ck_assert_uint_eq(statistics().plans, 1);
    ck_assert_int_eq(nsc_tensor_from(context, NSC_FLOAT32, 2, (int64_t[]){4, 3}, zeros, &weight), NSC_OK);
    ck_assert_int_eq(nsc_parameter_set(nsc_find_parameter(net, "weight"), weight), NSC_OK);
    nsc_tensor_release(weight);
    run(net, 2);
    run(net, 2);
    ck_assert(statistics().plans == 2 && statistics().executors == 2);
    nsc_release(net);
    ck_assert_int_eq(nsc_context_close(context), NSC_OK);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, a_walk_names_everything_once);
    tcase_add_test(to, a_tree_has_a_depth);
    tcase_add_test(to, a_path_has_a_length);
    tcase_add_test(to, a_cycle_is_refused);
    tcase_add_test(to, names);
    tcase_add_test(to, a_structure_moves_its_stamp);
    tcase_add_test(to, a_net_keeps_as_many_plans_as_it_may);
    tcase_add_test(to, a_stale_plan_is_made_again);
}
