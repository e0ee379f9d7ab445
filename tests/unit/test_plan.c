/* SPDX-License-Identifier: Apache-2.0 */
/* Plans on the reference: how many steps, how much memory, and where it lies. */
#include "plans.h"

#include <nascent/nascent.h>

#include "unit.h"

#define SHAPE(...)                                                         \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]) \
    {                                                                      \
        __VA_ARGS__                                                        \
    }

static uint32_t kind_of(size_t step)
{
    return plan->steps[step].operation->kind;
}

START_TEST(a_dense_layer_is_one_step_or_two)
{
    for (int composed = 0; composed < 2; composed++) {
        open_context(composed ? "gemm_epilogue" : "");
        nsc_block *net = nsc_dense(4, .activation = NSC_RELU);
        make_plan(net, SHAPE(2, 3));
        bool native = nsc_device_offers(&context->device, NSC_BACKEND_GEMM_EPILOGUE);
        ck_assert_int_eq(native, !composed);
        ck_assert_uint_eq(plan->step_count, native ? 1 : 2);
        ck_assert_uint_eq(kind_of(0), native ? NSC_BACKEND_GEMM_EPILOGUE : NSC_BACKEND_GEMM);
        ck_assert_uint_eq(plan->arena_bytes, 0);
        end(net);
    }
}
END_TEST

START_TEST(without_bias_and_activation_it_is_a_product)
{
    open_context("");
    nsc_block *net = nsc_dense(4, .no_bias = 1);
    make_plan(net, SHAPE(2, 3));
    ck_assert(plan->step_count == 1 && kind_of(0) == NSC_BACKEND_GEMM);
    end(net);
}
END_TEST

START_TEST(an_empty_sum_is_zero)
{
    open_context("");
    nsc_block *net = nsc_dense(4, .no_bias = 1);
    make_plan(net, SHAPE(2, 0));
    ck_assert(plan->step_count == 1 && kind_of(0) == NSC_BACKEND_MAP);
    ck_assert_uint_eq(((const nsc_backend_map *)plan->steps[0].operation)->input_count, 0);
    end(net);
    open_context("");
    net = nsc_dense(4, .activation = NSC_RELU);
    make_plan(net, SHAPE(2, 0));
    ck_assert(plan->step_count == 2 && kind_of(0) == NSC_BACKEND_MAP && kind_of(1) == NSC_BACKEND_MAP);
    end(net);
    open_context("");
    net = nsc_dense(4, .activation = NSC_SOFTMAX);
    make_plan(net, SHAPE(0, 3));
    ck_assert(plan->step_count == 0 && plan->arena_bytes == 0);
    end(net);
}
END_TEST

START_TEST(a_residual_block)
{
    open_context("");
    nsc_block *net = nsc_sequential(
        nsc_add_branches(nsc_identity(), nsc_sequential(nsc_dense(8, .activation = NSC_RELU), nsc_dense(8))),
        nsc_activate(NSC_RELU));
    make_plan(net, SHAPE(2, 8));
    ck_assert_uint_eq(plan->step_count, 2); /* bias, sum and relu ride on the second product */
    ck_assert_uint_eq(plan->arena_bytes, 2 * 8 * sizeof(float));
    check_arena();
    end(net);
}
END_TEST

START_TEST(a_softmax_is_three_steps)
{
    open_context("softmax");
    nsc_block *net = nsc_activate(NSC_SOFTMAX, .axis = 1);
    make_plan(net, SHAPE(5, 3, 2));
    ck_assert_uint_eq(plan->step_count, 3);
    ck_assert(kind_of(0) == NSC_BACKEND_REDUCE && kind_of(1) == NSC_BACKEND_REDUCE && kind_of(2) == NSC_BACKEND_MAP);
    uint64_t alignment = context->device.limits.alignment, kept = 5 * 2 * sizeof(float);
    ck_assert_uint_eq(plan->arena_bytes, (kept + alignment - 1) / alignment * alignment + kept);
    check_arena();
    end(net);
}
END_TEST

START_TEST(parts_are_computed_into_their_concatenation)
{
    open_context("");
    nsc_block *net = nsc_concat_branches(1, nsc_identity(), nsc_dense(3), nsc_dense(NSC_DIM_ZERO));
    make_plan(net, SHAPE(2, 4));
    ck_assert_uint_eq(plan->step_count,
                      2); /* a product into its place, and a copy of the input; nothing of the third */
    ck_assert_uint_eq(kind_of(0), NSC_BACKEND_GEMM_EPILOGUE);
    const nsc_backend_gemm_epilogue *part = (const nsc_backend_gemm_epilogue *)plan->steps[0].operation;
    ck_assert_int_eq(part->c.offset, 4);
    ck_assert_int_eq(part->c.strides[0], 7);
    check_arena();
    end(net);
}
END_TEST

START_TEST(flatten_costs_nothing)
{
    open_context("");
    nsc_block *net = nsc_sequential(nsc_flatten(), nsc_dense(3), nsc_flatten());
    make_plan(net, SHAPE(2, 4, 5));
    ck_assert_uint_eq(plan->step_count, 1);
    end(net);
    open_context("");
    net = nsc_flatten(); /* alone it is an input given out: one copy */
    make_plan(net, SHAPE(2, 4, 5));
    ck_assert_uint_eq(plan->step_count, 1);
    end(net);
}
END_TEST

/* ---- graphs of one's own ---------------------------------------------------------------------------------------- */

typedef enum shape_of_net { DEAD, TWICE, WIDE, DEEP, STAIRS } shape_of_net;

static nsc_status build(nsc_trace *of, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                        size_t out_count)
{
    nsc_value *x = in[0], *y = x;
    (void)of, (void)in_count, (void)out_count;
    switch (*(const shape_of_net *)user) {
    case DEAD:
        nsc_op_softmax(nsc_op_tanh(x), 0);
        out[0] = nsc_op_relu(x);
        break;
    case TWICE: /* tanh is read by two that cannot be one program with it */
        y = nsc_op_tanh(x);
        out[0] = nsc_op_add(nsc_op_relu(y), nsc_op_softmax(y, -1));
        break;
    case WIDE: /* x + softmax(x) + softmax(softmax(x)) + ...: twelve leaves */
        out[0] = x;
        for (int i = 0; i < 11; i++) {
            y = nsc_op_softmax(y, -1);
            out[0] = nsc_op_add(out[0], y);
        }
        break;
    case DEEP: /* x + (x + (x + ...)) */
        for (int i = 0; i < 40; i++)
            y = nsc_op_add(x, y == x ? x : nsc_op_mul(y, x));
        out[0] = y;
        break;
    case STAIRS: /* softmax after softmax: each is used up at once */
        for (int i = 0; i < 6; i++)
            y = nsc_op_softmax(nsc_op_tanh(y), -1);
        out[0] = y;
        break;
    }
    return NSC_OK;
}

static nsc_block *net_of(shape_of_net *which, size_t outputs)
{
    return nsc_custom(build, .user = which, .outputs = outputs);
}

START_TEST(what_nobody_reads_gives_no_step)
{
    shape_of_net which = DEAD;
    open_context("");
    nsc_block *net = net_of(&which, 1);
    make_plan(net, SHAPE(2, 3));
    ck_assert(plan->step_count == 1 && plan->arena_bytes == 0);
    end(net);
}
END_TEST

START_TEST(what_is_read_twice_is_stored)
{
    shape_of_net which = TWICE;
    open_context("softmax");
    nsc_block *net = net_of(&which, 1);
    make_plan(net, SHAPE(64, 64));
    ck_assert_uint_eq(plan->step_count, 5); /* tanh; max, sum, quotient; relu and sum */
    check_arena();
    end(net);
}
END_TEST

START_TEST(softmaxes_share_memory)
{
    shape_of_net which = STAIRS;
    open_context("softmax");
    nsc_block *net = net_of(&which, 1);
    make_plan(net, SHAPE(64, 64));
    ck_assert_uint_eq(plan->step_count, 6 * 4);
    /* one matrix, written over in place, and a maximum and a sum for each row */
    ck_assert_uint_eq(plan->arena_bytes, (64 * 64 + 64 + 64) * sizeof(float));
    check_arena();
    end(net);
}
END_TEST

static void check_values(shape_of_net which, const float *x, const float *wanted, size_t count)
{
    nsc_block *net = net_of(&which, 1);
    nsc_tensor *in = NULL, *out = NULL;
    float values[16];
    ck_assert_int_eq(nsc_tensor_from(context, NSC_FLOAT32, 2, (int64_t[]){1, (int64_t)count}, x, &in), NSC_OK);
    ck_assert_int_eq(nsc_forward(net, in, &out), NSC_OK);
    ck_assert_int_eq(nsc_tensor_read(out, values, count * sizeof *values), NSC_OK);
    for (size_t i = 0; i < count; i++)
        ck_assert_float_eq_tol(values[i], wanted[i], 1e-5f);
    nsc_tensor_release(in);
    nsc_tensor_release(out);
    nsc_release(net);
}

START_TEST(a_chain_with_too_many_inputs_is_cut)
{
    shape_of_net which = WIDE;
    open_context("softmax");
    nsc_block *net = net_of(&which, 1);
    make_plan(net, SHAPE(64, 64));
    size_t sums = plan->step_count - 11 * 3;
    ck_assert_uint_eq(sums, 2); /* eight leaves, then the other four and that sum */
    for (size_t s = 0; s < plan->step_count; s++)
        if (kind_of(s) == NSC_BACKEND_MAP)
            ck_assert_uint_le(((const nsc_backend_map *)plan->steps[s].operation)->input_count, NSC_BACKEND_MAX_INPUTS);
    check_arena();
    check_values(WIDE, (float[]){3.0f}, (float[]){14.0f}, 1); /* a softmax over one element is 1 */
    end(net);
}
END_TEST

START_TEST(a_chain_too_deep_is_cut)
{
    shape_of_net which = DEEP;
    const float x[3] = {0.5f, -0.25f, 0.0f};
    float wanted[3];
    open_context("");
    nsc_block *net = net_of(&which, 1);
    make_plan(net, SHAPE(2, 3));
    ck_assert_uint_ge(plan->step_count, 2);
    for (size_t s = 0; s < plan->step_count; s++) {
        const nsc_backend_map *map = (const nsc_backend_map *)plan->steps[s].operation;
        ck_assert_uint_le(map->expression->stack_depth, NSC_BACKEND_MAX_STACK);
        ck_assert_uint_le(map->expression->code_count, NSC_BACKEND_MAX_CODE);
    }
    check_arena();
    for (int i = 0; i < 3; i++) {
        wanted[i] = 2.0f * x[i];
        for (int step = 1; step < 40; step++)
            wanted[i] = x[i] + wanted[i] * x[i];
    }
    check_values(DEEP, x, wanted, 3);
    end(net);
}
END_TEST

static nsc_status give_out(nsc_trace *of, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                           size_t out_count)
{
    (void)in_count, (void)out_count;
    out[0] = out[1] = nsc_op_relu(in[0]);
    out[2] = in[0];
    out[3] = nsc_op_parameter(of, *(nsc_parameter **)user);
    return NSC_OK;
}

START_TEST(outputs_that_lie_elsewhere_are_copied)
{
    nsc_parameter *weight = NULL;
    open_context("");
    nsc_block *net = nsc_custom(give_out, .user = &weight, .outputs = 4);
    weight = nsc_declare(net, "weight", .rank = 1, .dims = (int64_t[]){3}, .init = nsc_ones());
    make_plan(net, SHAPE(2));
    ck_assert(plan->step_count == 4 && plan->arena_bytes == 0);
    uint32_t written = 0;
    for (size_t s = 0; s < 4; s++) {
        const nsc_backend_map *map = (const nsc_backend_map *)plan->steps[s].operation;
        const nsc_storage *target = &plan->storages[plan->steps[s].storages[map->outputs[0].buffer]];
        ck_assert_int_eq(target->place, NSC_PLACE_OUTPUT);
        written |= 1u << target->index;
    }
    ck_assert_uint_eq(written, 15);
    end(net);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, a_dense_layer_is_one_step_or_two);
    tcase_add_test(to, without_bias_and_activation_it_is_a_product);
    tcase_add_test(to, an_empty_sum_is_zero);
    tcase_add_test(to, a_residual_block);
    tcase_add_test(to, a_softmax_is_three_steps);
    tcase_add_test(to, parts_are_computed_into_their_concatenation);
    tcase_add_test(to, flatten_costs_nothing);
    tcase_add_test(to, what_nobody_reads_gives_no_step);
    tcase_add_test(to, what_is_read_twice_is_stored);
    tcase_add_test(to, softmaxes_share_memory);
    tcase_add_test(to, a_chain_with_too_many_inputs_is_cut);
    tcase_add_test(to, a_chain_too_deep_is_cut);
    tcase_add_test(to, outputs_that_lie_elsewhere_are_copied);
}
