/* SPDX-License-Identifier: Apache-2.0 */
/* The plans that a net keeps: a new batch size is one more plan and no program; bounds in number and bytes hold. */
#include "support.h"

#include <string.h>

static nsc_block *a_net(void)
{
    nsc_block *body = nsc_sequential(nsc_dense(16, .activation = NSC_GELU), nsc_dense(16));
    return nsc_sequential(nsc_dense(16, .activation = NSC_RELU), nsc_add_branches(nsc_identity(), body),
                          nsc_dense(4, .activation = NSC_SOFTMAX));
}

static nsc_statistics statistics_of(nsc_context *context)
{
    nsc_statistics statistics;
    ASSERT_OK(nsc_context_statistics(context, &statistics, sizeof statistics));
    return statistics;
}

static void forward(nsc_block *net, nsc_context *context, int64_t batch)
{
    nsc_tensor *y = NULL, *x = INPUT(context, 1, batch, 20);
    ASSERT_OK(nsc_forward(net, x, &y));
    nsc_tensor_release(y);
    nsc_tensor_release(x);
}

START_TEST(another_batch_size_builds_nothing)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = a_net();
    ASSERT_OK(nsc_initialize(net, context, NULL));
    forward(net, context, 8);
    nsc_statistics before = statistics_of(context);
    forward(net, context, 13);
    nsc_statistics after = statistics_of(context);
    ck_assert_uint_eq(after.plans, before.plans + 1);
    ck_assert_uint_eq(after.programs_built, before.programs_built);
    ck_assert_uint_eq(after.programs_loaded, before.programs_loaded);
    forward(net, context, 8); /* kept */
    ck_assert_uint_eq(statistics_of(context).plans, after.plans);
    nsc_release(net);
}
END_TEST

START_TEST(a_hundred_batch_sizes_stay_inside_the_bound)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = a_net();
    size_t plans = 0;
    uint64_t bytes = 0;
    ASSERT_OK(nsc_initialize(net, context, NULL));
    for (int64_t batch = 1; batch <= 100; batch++) {
        forward(net, context, batch);
        ASSERT_OK(nsc_plan_usage(net, &plans, &bytes));
        ck_assert_uint_le(plans, 32);
        ck_assert_uint_eq(plans, batch < 32 ? (size_t)batch : 32);
        ck_assert_uint_gt(bytes, 0);
    }
    nsc_release(net);
}
END_TEST

/* The one used longest ago goes, the one used last stays, whatever its size. */
START_TEST(bounds_are_the_users)
{
    nsc_context *context = model_context(_i);
    nsc_block *net = a_net();
    size_t plans = 0;
    uint64_t bytes = 0, two;
    ASSERT_OK(nsc_initialize(net, context, NULL));
    ASSERT_OK(nsc_set_plan_bounds(net, 2, 0));
    forward(net, context, 1);
    forward(net, context, 2);
    forward(net, context, 1);
    forward(net, context, 3); /* instead of 2 */
    uint64_t made = statistics_of(context).plans;
    forward(net, context, 1);
    forward(net, context, 3);
    ck_assert_uint_eq(statistics_of(context).plans, made);
    forward(net, context, 2);
    ck_assert_uint_eq(statistics_of(context).plans, made + 1);
    ASSERT_OK(nsc_plan_usage(net, &plans, &two));
    ck_assert_uint_eq(plans, 2);

    ASSERT_OK(nsc_set_plan_bounds(net, 0, two)); /* bytes: what two small ones need is less than the next one does */
    forward(net, context, 4000);
    ASSERT_OK(nsc_plan_usage(net, &plans, &bytes));
    ck_assert_uint_eq(plans, 1);
    ck_assert_uint_gt(bytes, two);
    ASSERT_OK(nsc_set_plan_bounds(net, 0, 0));
    forward(net, context, 5);
    ASSERT_OK(nsc_plan_usage(net, &plans, NULL));
    ck_assert_uint_eq(plans, 2);
    ASSERT_STATUS(nsc_set_plan_bounds(NULL, 1, 1), NSC_INVALID);
    ASSERT_STATUS(nsc_plan_usage(NULL, &plans, &bytes), NSC_INVALID);
    nsc_release(net);
}
END_TEST

/* What a net keeps on the device goes back with it. */
START_TEST(memory_goes_with_the_net)
{
    nsc_context *context = model_context(_i);
    uint64_t before = statistics_of(context).bytes_in_use;
    nsc_block *net = a_net();
    ASSERT_OK(nsc_initialize(net, context, NULL));
    for (int64_t batch = 1; batch <= 5; batch++)
        forward(net, context, batch * 100);
    ck_assert_uint_gt(statistics_of(context).bytes_in_use, before);
    nsc_release(net);
    ck_assert_uint_eq(statistics_of(context).bytes_in_use, before);
}
END_TEST

int main(void)
{
    TCase *cases = model_begin("plans");
    EACH_BACKEND(cases, another_batch_size_builds_nothing);
    EACH_BACKEND(cases, a_hundred_batch_sizes_stay_inside_the_bound);
    EACH_BACKEND(cases, bounds_are_the_users);
    EACH_BACKEND(cases, memory_goes_with_the_net);
    return model_end();
}
