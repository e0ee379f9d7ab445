/* SPDX-License-Identifier: Apache-2.0 */
/* Operations of backend.h on an open device, one and several: order, results, and what is refused. */
#include "support.h"

#include <stdlib.h>

#include <nascent/device.h>

enum { COUNT = 40 };

static const nsc_backend_instruction doubling[] = {{NSC_OP_LOAD, 0},   {NSC_OP_LOAD, 0}, {NSC_OP_ADD, 0},
                                                   {NSC_OP_SCALAR, 0}, {NSC_OP_ADD, 0},  {NSC_OP_STORE, 0}};
static const nsc_backend_expression program = {.struct_size = NSC_BACKEND_SIZE_TO(nsc_backend_expression, stack_depth),
                                               .version = 1,
                                               .code_count = 6,
                                               .code = doubling,
                                               .input_count = 1,
                                               .output_count = 1,
                                               .scalar_count = 1,
                                               .stack_depth = 2};

static nsc_backend_view whole(uint32_t buffer)
{
    return (nsc_backend_view){
        .buffer = buffer, .rank = 1, .dtype = {NSC_BACKEND_FLOAT, 32, 1}, .dims = {COUNT}, .strides = {1}};
}

/* y = 2 x + s, from operand 0 to operand 1. */
static nsc_backend_map map_of(void)
{
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = &program,
                           .input_count = 1,
                           .output_count = 1};
    map.inputs[0] = whole(0);
    map.outputs[0] = whole(1);
    return map;
}

static nsc_operation_call call_of(const nsc_backend_map *map, nsc_tensor *const *operands, const float *scalar)
{
    return (nsc_operation_call){.operation = (const nsc_backend_operation *)(const void *)map,
                                .operands = operands,
                                .operand_count = 2,
                                .scalars = scalar,
                                .scalar_count = 1};
}

START_TEST(test_several_run_in_order)
{
    nsc_context *context = model_context(_i);
    nsc_tensor *x = INPUT(context, 1, COUNT), *y = INPUT(context, 2, COUNT), *z = INPUT(context, 3, COUNT);
    nsc_tensor *first[] = {x, y}, *second[] = {y, z};
    const float one = 1, three = 3;
    const nsc_backend_map map = map_of();
    const nsc_operation_call calls[] = {call_of(&map, first, &one), call_of(&map, second, &three)};
    ASSERT_OK(nsc_operations_run(context, calls, 2));
    float *in = model_read(x), *middle = model_read(y), *out = model_read(z);
    for (int i = 0; i < COUNT; i++) {
        ck_assert(middle[i] == in[i] + in[i] + 1);
        ck_assert(out[i] == middle[i] + middle[i] + 3);
    }
    /* One alone gives the same. */
    ASSERT_OK(nsc_operation_run(context, calls[1].operation, first, 2, &one, 1));
    float *again = model_read(y);
    for (int i = 0; i < COUNT; i++)
        ck_assert(again[i] == middle[i]);
    ASSERT_OK(nsc_operations_run(context, NULL, 0));
    free(in);
    free(middle);
    free(out);
    free(again);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_tensor_release(z);
}
END_TEST

/* The second of two calls is refused for this reason, and the first has not run. */
static void refused(nsc_context *context, nsc_operation_call bad, nsc_status status, const char *reason)
{
    nsc_tensor *x = INPUT(context, 1, COUNT), *y = INPUT(context, 2, COUNT), *operands[] = {x, y};
    const nsc_backend_map map = map_of();
    const float scalar = 1;
    const nsc_operation_call calls[] = {call_of(&map, operands, &scalar), bad};
    float *before = model_read(y);
    ASSERT_STATUS(nsc_operations_run(context, calls, 2), status);
    const char *missing = model_missing(nsc_last_error(context), reason, "operation 2 of 2", NULL);
    ck_assert_msg(missing == NULL, "'%s' is not in: %s", missing, nsc_last_error(context));
    float *after = model_read(y);
    for (int i = 0; i < COUNT; i++)
        ck_assert(before[i] == after[i]);
    free(before);
    free(after);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
}

START_TEST(test_a_bad_one_stops_all)
{
    nsc_context *context = model_context(_i), *other = model_open(_i, NULL);
    nsc_tensor *x = INPUT(context, 1, COUNT), *y = INPUT(context, 2, COUNT), *small = INPUT(context, 3, COUNT - 1);
    nsc_tensor *foreign = INPUT(other, 1, COUNT);
    nsc_tensor *operands[] = {x, y}, *short_of[] = {x, small}, *missing[] = {x, NULL}, *elsewhere[] = {x, foreign};
    const float scalar = 1;
    const nsc_backend_map map = map_of();
    nsc_backend_map wrong = map;
    nsc_operation_call bad = call_of(&map, operands, &scalar);
    bad.operation = NULL;
    refused(context, bad, NSC_INVALID, "operation is NULL");
    refused(context, call_of(&map, NULL, &scalar), NSC_INVALID, "operands is NULL");
    refused(context, call_of(&map, operands, NULL), NSC_INVALID, "scalars is NULL");
    refused(context, call_of(&map, missing, &scalar), NSC_INVALID, "operand 1 is NULL");
    refused(context, call_of(&map, elsewhere, &scalar), NSC_WRONG_DEVICE, "another context");
    refused(context, call_of(&map, short_of, &scalar), NSC_INVALID, "past the end of operand 1");
    wrong.outputs[0].buffer = 2;
    refused(context, call_of(&wrong, operands, &scalar), NSC_INVALID, "on buffer 2, and there are 2 operands");
    wrong = map;
    wrong.kind = 99;
    refused(context, call_of(&wrong, operands, &scalar), NSC_INVALID, "99");
    ASSERT_STATUS(nsc_operations_run(context, NULL, 1), NSC_INVALID);
    ASSERT_STATUS(nsc_operations_run(NULL, NULL, 0), NSC_INVALID);
    ASSERT_STATUS(nsc_operation_run(NULL, bad.operation, operands, 2, &scalar, 1), NSC_INVALID);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    nsc_tensor_release(small);
    nsc_tensor_release(foreign);
    ASSERT_OK(nsc_context_close(other));
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("device operations");
    EACH_BACKEND(tests, test_several_run_in_order);
    EACH_BACKEND(tests, test_a_bad_one_stops_all);
    return model_end();
}
