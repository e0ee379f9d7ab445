/* SPDX-License-Identifier: Apache-2.0 */
/* Every operation in every state of a parameter: what it answers, which state follows, and that a refusal changes
 * nothing. test_model_table --print prints the table (docs/parameters.md has it). */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The states: D declared without a request, P with one (pending), R initialized; 0 a size is unknown, 1 none is; R- has
 * no gradient. */
enum { D0, D1, P0, P1, R, R_MINUS, STATES };
static const char *const state_names[STATES] = {"D0", "D1", "P0", "P1", "R", "R-"};

typedef struct fixture {
    nsc_context *context, *other;
    nsc_block *net, *partner;
    nsc_parameter *weight; /* 0.weight, (4, 3) when all is known */
    char file[64];
} fixture;

static void fixture_make(fixture *f, int state)
{
    const int known = state == D1 || state == P1;
    *f = (fixture){.context = model_context(0), .other = model_open(0, NULL)};
    snprintf(f->file, sizeof f->file, "/tmp/nascent-table-%ld", (long)getpid());
    f->net = nsc_sequential(nsc_dense(4, .in_units = known ? 3 : 0), nsc_dense(2));
    f->partner = nsc_sequential(nsc_dense(4, .in_units = 3));
    f->weight = model_parameter(f->net, "0.weight");
    if (state >= P0)
        ASSERT_OK(nsc_initialize(f->net, f->context, NULL));
    if (state >= R) {
        nsc_tensor *x = INPUT(f->context, 1, 2, 3);
        free(model_forward(f->net, x, NULL));
        nsc_tensor_release(x);
    }
    if (state == R_MINUS)
        ASSERT_OK(nsc_parameter_request_gradient(f->weight, NSC_GRADIENT_NONE));
}

static void fixture_drop(fixture *f)
{
    unlink(f->file);
    nsc_release(f->net);
    nsc_release(f->partner);
    ASSERT_OK(nsc_context_close(f->other));
}

/* ---- what is compared -------------------------------------------------------------------------------------------- */

typedef struct snapshot {
    int state, rank, requested, gradient, frozen;
    int64_t dims[NSC_MAX_RANK];
    float learning_rate, weight_decay, values[12];
    uint64_t generation;
    nsc_context *context;
} snapshot;

static snapshot take(const nsc_parameter *parameter)
{
    snapshot s;
    memset(&s, 0, sizeof s); /* compared as bytes */
    s.state = nsc_parameter_get_state(parameter);
    s.rank = nsc_parameter_shape(parameter, s.dims);
    s.requested = nsc_parameter_requested(parameter);
    s.gradient = nsc_parameter_gradient_request(parameter);
    s.frozen = nsc_parameter_frozen(parameter);
    s.learning_rate = nsc_parameter_learning_rate_multiplier(parameter);
    s.weight_decay = nsc_parameter_weight_decay_multiplier(parameter);
    s.generation = nsc_parameter_generation(parameter);
    s.context = nsc_parameter_context(parameter);
    if (s.state == NSC_INITIALIZED && s.rank == 2 && s.dims[0] * s.dims[1] == 12)
        ASSERT_OK(nsc_parameter_read(parameter, s.values, sizeof s.values));
    return s;
}

static const char *state_of(const nsc_parameter *parameter)
{
    const nsc_parameter_state state = nsc_parameter_get_state(parameter);
    if (state == NSC_INITIALIZED)
        return nsc_parameter_gradient_request(parameter) == NSC_GRADIENT_NONE ? "R-" : "R";
    return state_names[(nsc_parameter_requested(parameter) ? P0 : D0) + (state == NSC_SHAPE_KNOWN)];
}

/* ---- the operations ---------------------------------------------------------------------------------------------- */

static nsc_status run_width(fixture *f, int64_t width)
{
    nsc_tensor *x = INPUT(f->context, 1, 2, width), *y = NULL;
    nsc_status status = nsc_forward(f->net, x, &y);
    nsc_tensor_release(x);
    nsc_tensor_release(y);
    return status;
}

static nsc_status set_value(fixture *f, nsc_context *context, nsc_dtype dtype, int rank, const int64_t *dims)
{
    nsc_tensor *value = NULL;
    float data[32] = {0};
    ASSERT_OK(nsc_tensor_from(context, dtype, rank, dims, data, &value));
    nsc_status status = nsc_parameter_set(f->weight, value);
    nsc_tensor_release(value);
    return status;
}

static nsc_status load(fixture *f, nsc_context *context, nsc_dtype dtype, int rank, const int64_t *dims)
{
    static const float data[32] = {1.0f, 2.0f};
    nsc_array array = {.name = "0.weight", .dtype = dtype, .rank = rank, .data = data};
    memcpy(array.dims, dims, (size_t)rank * sizeof *dims);
    array.bytes = model_elements(rank, dims) * nsc_dtype_size(dtype);
    ASSERT_OK(nsc_safetensors_write(f->file, &array, 1, NULL, 0));
    nsc_load_options options = {.size = sizeof options, .allow_missing = 1};
    return nsc_load(f->net, context, f->file, &options, NULL);
}

static void ignore(void *user, nsc_parameter *parameter, nsc_parameter_event event)
{
    (void)user, (void)parameter, (void)event;
}

#define OPERATION(NAME, EXPRESSION)         \
    static nsc_status do_##NAME(fixture *f) \
    {                                       \
        return (EXPRESSION);                \
    }

OPERATION(initialize, nsc_initialize(f->net, f->context, NULL))
OPERATION(force, nsc_initialize(f->net, f->context,
                                &(nsc_initialize_options){.size = sizeof(nsc_initialize_options), .force = 1}))
OPERATION(elsewhere, nsc_initialize(f->net, f->other, NULL))
OPERATION(reinitialize, nsc_reinitialize(f->net, NULL))
OPERATION(infer, nsc_infer_shapes(f->net, &SHAPE(7, 3), 1))
OPERATION(infer_other, nsc_infer_shapes(f->net, &SHAPE(7, 5), 1))
OPERATION(forward, run_width(f, 3))
OPERATION(forward_other, run_width(f, 5))
OPERATION(bytes, nsc_parameter_bytes(f->weight, &(uint64_t){0}))
OPERATION(set, set_value(f, f->context, NSC_FLOAT32, DIMS(4, 3)))
OPERATION(set_size, set_value(f, f->context, NSC_FLOAT32, DIMS(5, 3)))
OPERATION(set_rank, set_value(f, f->context, NSC_FLOAT32, DIMS(4, 3, 2)))
OPERATION(set_dtype, set_value(f, f->context, NSC_INT32, DIMS(4, 3)))
OPERATION(set_elsewhere, set_value(f, f->other, NSC_FLOAT32, DIMS(4, 3)))
OPERATION(load, load(f, f->context, NSC_FLOAT32, DIMS(4, 3)))
OPERATION(load_size, load(f, f->context, NSC_FLOAT32, DIMS(5, 3)))
OPERATION(load_lower, load(f, f->context, NSC_FLOAT32, DIMS(4)))
OPERATION(load_higher, load(f, f->context, NSC_FLOAT32, DIMS(4, 3, 2)))
OPERATION(load_dtype, load(f, f->context, NSC_INT32, DIMS(4, 3)))
OPERATION(load_elsewhere, load(f, f->other, NSC_FLOAT32, DIMS(4, 3)))
OPERATION(save, nsc_save(f->net, f->file, NULL))
OPERATION(move, nsc_move(f->net, NULL, f->other))
OPERATION(gradient_none, nsc_parameter_request_gradient(f->weight, NSC_GRADIENT_NONE))
OPERATION(gradient_write, nsc_parameter_request_gradient(f->weight, NSC_GRADIENT_WRITE))
OPERATION(gradient_bad, nsc_parameter_request_gradient(f->weight, (nsc_gradient_request)7))
OPERATION(freeze, nsc_parameter_freeze(f->weight, 1))
OPERATION(multipliers, nsc_parameter_set_multipliers(f->weight, 0.5f, 0.0f))
OPERATION(multipliers_bad, nsc_parameter_set_multipliers(f->weight, -0.5f, 0.0f))
OPERATION(tie, nsc_parameter_tie(f->weight, model_parameter(f->partner, "0.weight")))
OPERATION(tie_bad, nsc_parameter_tie(f->weight, model_parameter(f->partner, "0.bias")))
OPERATION(forget, nsc_parameter_forget(f->weight))
OPERATION(forget_dimension, nsc_parameter_forget_dimension(f->weight, 1))
OPERATION(forget_declared, nsc_parameter_forget_dimension(f->weight, 0))
OPERATION(observe, nsc_parameter_observe(f->weight, ignore, NULL))
OPERATION(explain, nsc_explain(f->net, "0.weight", NULL, 0))

static nsc_status do_read(fixture *f)
{
    float values[12];
    return nsc_parameter_read(f->weight, values, sizeof values);
}

static nsc_status do_value(fixture *f)
{
    nsc_tensor *tensor = NULL;
    nsc_status status = nsc_parameter_value(f->weight, &tensor);
    nsc_tensor_release(tensor);
    return status;
}

/* An entry is the state that follows, or the code of the refusal. */
static const struct row {
    const char *name;
    nsc_status (*run)(fixture *f);
    const char *expected[STATES];
} rows[] = {
    {"nsc_initialize", do_initialize, {"P0", "P1", "P0", "P1", "R", "R-"}},
    {"nsc_initialize, force", do_force, {"P0", "P1", "P0", "P1", "R", "R-"}},
    {"nsc_initialize, another device", do_elsewhere, {"P0", "P1", "P0", "P1", "WRONG_DEVICE", "WRONG_DEVICE"}},
    {"nsc_reinitialize", do_reinitialize, {"D0", "D1", "P0", "P1", "R", "R-"}},
    {"nsc_infer_shapes, fits", do_infer, {"D1", "D1", "P1", "P1", "R", "R-"}},
    {"nsc_infer_shapes, another width",
     do_infer_other,
     {"D1", "SHAPE_CONFLICT", "P1", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT"}},
    {"nsc_forward, fits", do_forward, {"NOT_REQUESTED", "NOT_REQUESTED", "R", "R", "R", "R-"}},
    {"nsc_forward, another width",
     do_forward_other,
     {"NOT_REQUESTED", "SHAPE_CONFLICT", "R", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT"}},
    {"nsc_parameter_read", do_read, {"NOT_REQUESTED", "NOT_REQUESTED", "PENDING", "PENDING", "R", "R-"}},
    {"nsc_parameter_value", do_value, {"NOT_REQUESTED", "NOT_REQUESTED", "PENDING", "PENDING", "R", "R-"}},
    {"nsc_parameter_bytes", do_bytes, {"PENDING", "D1", "PENDING", "P1", "R", "R-"}},
    {"set, fits", do_set, {"R", "R", "R", "R", "R", "R-"}},
    {"set, wrong size",
     do_set_size,
     {"SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT"}},
    {"set, wrong rank",
     do_set_rank,
     {"SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT"}},
    {"set, wrong dtype",
     do_set_dtype,
     {"WRONG_DTYPE", "WRONG_DTYPE", "WRONG_DTYPE", "WRONG_DTYPE", "WRONG_DTYPE", "WRONG_DTYPE"}},
    {"set, from another device",
     do_set_elsewhere,
     {"R", "R", "WRONG_DEVICE", "WRONG_DEVICE", "WRONG_DEVICE", "WRONG_DEVICE"}},
    {"load, fits", do_load, {"R", "R", "R", "R", "R", "R-"}},
    {"load, wrong size",
     do_load_size,
     {"SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT"}},
    {"load, lower rank",
     do_load_lower,
     {"SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT"}},
    {"load, higher rank",
     do_load_higher,
     {"SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT"}},
    {"load, wrong dtype",
     do_load_dtype,
     {"WRONG_DTYPE", "WRONG_DTYPE", "WRONG_DTYPE", "WRONG_DTYPE", "WRONG_DTYPE", "WRONG_DTYPE"}},
    {"load, another device",
     do_load_elsewhere,
     {"R", "R", "WRONG_DEVICE", "WRONG_DEVICE", "WRONG_DEVICE", "WRONG_DEVICE"}},
    {"nsc_save", do_save, {"D0", "D1", "P0", "P1", "R", "R-"}},
    {"nsc_move", do_move, {"D0", "D1", "P0", "P1", "R", "R-"}},
    {"gradient request: none", do_gradient_none, {"D0", "D1", "P0", "P1", "R-", "R-"}},
    {"gradient request: write", do_gradient_write, {"D0", "D1", "P0", "P1", "R", "R"}},
    {"gradient request: no such", do_gradient_bad, {"INVALID", "INVALID", "INVALID", "INVALID", "INVALID", "INVALID"}},
    {"freeze", do_freeze, {"D0", "D1", "P0", "P1", "R", "R-"}},
    {"multipliers", do_multipliers, {"D0", "D1", "P0", "P1", "R", "R-"}},
    {"multipliers, negative", do_multipliers_bad, {"INVALID", "INVALID", "INVALID", "INVALID", "INVALID", "INVALID"}},
    {"tie, fits", do_tie, {"D1", "D1", "P1", "P1", "INVALID", "INVALID"}},
    {"tie, another rank",
     do_tie_bad,
     {"SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "SHAPE_CONFLICT", "INVALID", "INVALID"}},
    {"forget", do_forget, {"D0", "D1", "P0", "P1", "P0", "P0"}},
    {"forget dimension 1", do_forget_dimension, {"D0", "INVALID", "P0", "INVALID", "P0", "P0"}},
    {"forget dimension 0 (declared)",
     do_forget_declared,
     {"INVALID", "INVALID", "INVALID", "INVALID", "INVALID", "INVALID"}},
    {"observe", do_observe, {"D0", "D1", "P0", "P1", "R", "R-"}},
    {"explain", do_explain, {"D0", "D1", "P0", "P1", "R", "R-"}},
};

static const char *cell(const struct row *row, int state, int *changed)
{
    fixture f;
    fixture_make(&f, state);
    const snapshot before = take(f.weight);
    const nsc_status status = row->run(&f);
    const snapshot after = take(f.weight);
    const char *result = status == NSC_OK ? state_of(f.weight) : nsc_status_name(status) + strlen("NSC_");
    *changed = status != NSC_OK && memcmp(&before, &after, sizeof before) != 0;
    fixture_drop(&f);
    return result;
}

START_TEST(test_every_operation_in_every_state)
{
    for (int state = 0; state < STATES; state++) {
        int changed;
        const char *result = cell(&rows[_i], state, &changed);
        ck_assert_msg(strcmp(result, rows[_i].expected[state]) == 0, "%s in %s gives %s, not %s\n%s", rows[_i].name,
                      state_names[state], result, rows[_i].expected[state], model_all_errors());
        ck_assert_msg(!changed, "%s in %s is refused (%s), and something changed", rows[_i].name, state_names[state],
                      result);
    }
}
END_TEST

/* A test, since check's assertions work nowhere else. */
START_TEST(print_table)
{
    int changed;
    printf("%-32s", "operation");
    for (int state = 0; state < STATES; state++)
        printf("  %-14s", state_names[state]);
    printf("\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        printf("%-32s", rows[i].name);
        for (int state = 0; state < STATES; state++)
            printf(state + 1 < STATES ? "  %-14s" : "  %s", cell(&rows[i], state, &changed));
        printf("\n");
    }
}
END_TEST

int main(int argc, char **argv)
{
    TCase *tests = model_begin("operation x state");
    if (argc == 2 && strcmp(argv[1], "--print") == 0)
        tcase_add_test(tests, print_table);
    tcase_add_loop_test(tests, test_every_operation_in_every_state, 0, (int)(sizeof rows / sizeof *rows));
    return model_end();
}
