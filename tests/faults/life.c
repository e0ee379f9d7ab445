/* SPDX-License-Identifier: Apache-2.0 */
#include "life.h"

#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECONDS = 300 }; /* for one life: compilers are slow when all is busy */

typedef struct life {
    const life_place *place;
    nsc_context *context;
    nsc_block *net;
    nsc_parameter *parameters[4]; /* of the custom block */
    nsc_tensor *x, *y;
    float (*results)[LIFE_RESULT];
    char text[512];    /* why there is no net */
    const char *wrong; /* told at the end: an assertion asks for memory, which may be refused just now */
} life;

/* ---- the net: every kind of operation --------------------------------------------------------------------------- */

/* softmax(h w), rows taken by their numbers, against their means, scaled. */
static nsc_status mix_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                              size_t out_count)
{
    static const int last[] = {1};
    nsc_parameter **parameters = user;
    (void)in_count, (void)out_count;
    nsc_value *rows = nsc_op_cast(nsc_op_parameter(trace, parameters[1]), NSC_INT32);
    nsc_value *product = nsc_op_matmul(in[0], nsc_op_parameter(trace, parameters[0]));
    nsc_value *taken = nsc_op_gather(nsc_op_softmax(product, 1), rows, 0);
    nsc_value *centred = nsc_op_sub(taken, nsc_op_mean(taken, last, 1, 1));
    out[0] =
        nsc_op_add(nsc_op_mul(centred, nsc_op_parameter(trace, parameters[2])), nsc_op_parameter(trace, parameters[3]));
    return NSC_OK;
}

static nsc_block *mix(life *one)
{
    static const int64_t product[] = {NSC_UNKNOWN, LIFE_OUTPUTS}, rows[] = {LIFE_ROWS}, width[] = {NSC_UNKNOWN};
    static const char *const names[] = {"width"};
    static const float order[LIFE_ROWS] = {2, 0, 1};
    nsc_block *block = nsc_custom(mix_forward, .user = one->parameters, .kind = "mix");
    one->parameters[0] = nsc_declare(block, "w", .rank = 2, .dims = product);
    one->parameters[1] = nsc_declare_constant(block, "rows", 1, rows, order);
    one->parameters[2] = nsc_declare(block, "a", .rank = 1, .dims = width, .dim_names = names, .init = nsc_ones());
    one->parameters[3] = nsc_declare(block, "b", .rank = 1, .dims = width, .dim_names = names);
    return block;
}

/* ---- steps ------------------------------------------------------------------------------------------------------ */

static atomic_bool warned;

static void take_log(void *user, nsc_log_level level, const char *text)
{
    (void)user, (void)text;
    if (level <= NSC_LOG_WARNING)
        atomic_store(&warned, true);
}

static nsc_status step_open(life *one)
{
    return nsc_context_open(&one->context, one->place->backend, .compose = one->place->compose,
                            .cache_dir = one->place->cache_dir, .log = take_log);
}

static nsc_status step_build(life *one)
{
    one->net = nsc_sequential(nsc_named("first", nsc_dense(6, .activation = NSC_GELU)),
                              nsc_add_branches(nsc_identity(), nsc_dense(6, .activation = NSC_RELU)), mix(one));
    nsc_status status = nsc_block_check(one->net, one->text, sizeof one->text);
    if (status != NSC_OK) {
        nsc_release(one->net);
        one->net = NULL;
    }
    return status;
}

static nsc_status step_request(life *one)
{
    const nsc_initialize_options options = {.size = sizeof options, .seed = 7, .init = nsc_normal(0.5f)};
    return nsc_initialize(one->net, one->context, &options);
}

static nsc_status step_propose(life *one)
{
    const nsc_shape shape = {.rank = 2, .dims = {NSC_UNKNOWN, LIFE_WIDTH}};
    nsc_proposal *proposal;
    nsc_status status = nsc_propose(one->net, NSC_INFERENCE, &shape, 1, &proposal);
    nsc_proposal_release(proposal);
    return status;
}

static nsc_status step_input(life *one)
{
    static const int64_t dims[] = {LIFE_ROWS, LIFE_WIDTH};
    float data[LIFE_ROWS * LIFE_WIDTH];
    for (int i = 0; i < LIFE_ROWS * LIFE_WIDTH; i++)
        data[i] = (float)(i % 7) * 0.25f - 0.5f;
    return nsc_tensor_from(one->context, NSC_FLOAT32, 2, dims, data, &one->x);
}

static nsc_status step_forward(life *one)
{
    return nsc_forward(one->net, one->x, &one->y);
}

static nsc_status step_read_first(life *one)
{
    return nsc_tensor_read(one->y, one->results[0], sizeof one->results[0]);
}

static nsc_status step_read_profiled(life *one)
{
    return nsc_tensor_read(one->y, one->results[1], sizeof one->results[1]);
}

static nsc_status step_read_last(life *one)
{
    return nsc_tensor_read(one->y, one->results[2], sizeof one->results[2]);
}

static nsc_status step_view(life *one)
{
    const void *data;
    const nsc_status status = nsc_tensor_view(one->y, &data);
    if (status == NSC_OK && memcmp(data, one->results[0], sizeof one->results[0]) != 0)
        one->wrong = "a view shows other values than a read";
    return status;
}

static nsc_status step_end_view(life *one)
{
    return nsc_tensor_end_view(one->y);
}

/* A map by itself: of the size that the opencl backend interprets. */
static nsc_status step_operation(life *one)
{
    static const nsc_backend_instruction code[] = {
        {NSC_OP_LOAD, 0}, {NSC_OP_SCALAR, 0}, {NSC_OP_MUL, 0}, {NSC_OP_ABS, 0}, {NSC_OP_STORE, 0}};
    static const int64_t dims[] = {LIFE_RESULT};
    const float scalar = -2;
    const nsc_backend_expression expression = {.struct_size = sizeof expression,
                                               .version = 1,
                                               .code_count = 5,
                                               .code = code,
                                               .input_count = 1,
                                               .output_count = 1,
                                               .scalar_count = 1,
                                               .stack_depth = 2};
    nsc_backend_map map = {.struct_size = NSC_BACKEND_MAP_SIZE,
                           .kind = NSC_BACKEND_MAP,
                           .expression = &expression,
                           .input_count = 1,
                           .output_count = 1};
    map.inputs[0] = map.outputs[0] =
        (nsc_backend_view){.rank = 1, .dtype = {NSC_BACKEND_FLOAT, 32, 1}, .dims = {LIFE_RESULT}, .strides = {1}};
    map.outputs[0].buffer = 1;
    nsc_tensor *operands[] = {one->y, NULL};
    nsc_status status = nsc_tensor_create(one->context, NSC_FLOAT32, 1, dims, &operands[1]);
    if (status == NSC_OK)
        status =
            nsc_operation_run(one->context, (const nsc_backend_operation *)(const void *)&map, operands, 2, &scalar, 1);
    if (status == NSC_OK)
        status = nsc_tensor_read(operands[1], one->results[3], sizeof one->results[3]);
    nsc_tensor_release(operands[1]);
    return status;
}

/* Large enough for the indirect path of CLBlast, which begins at 256 cubed. The product of ones is exact. */
static nsc_status step_product(life *one)
{
    enum { N = 260 };
    static const int64_t dims[] = {N, N};
    static float ones[N * N], result[N * N];
    nsc_backend_gemm gemm = {.struct_size = NSC_BACKEND_GEMM_SIZE, .kind = NSC_BACKEND_GEMM, .alpha = 1};
    nsc_tensor *operands[3] = {NULL, NULL, NULL};
    nsc_status status = NSC_OK;
    if (!one->place->blast)
        return NSC_OK;
    for (int i = 0; i < N * N; i++)
        ones[i] = 1;
    gemm.a = gemm.b = gemm.c =
        (nsc_backend_view){.rank = 2, .dtype = {NSC_BACKEND_FLOAT, 32, 1}, .dims = {N, N}, .strides = {N, 1}};
    gemm.b.buffer = 1;
    gemm.c.buffer = 2;
    for (int i = 0; i < 3 && status == NSC_OK; i++)
        status = nsc_tensor_from(one->context, NSC_FLOAT32, 2, dims, ones, &operands[i]);
    if (status == NSC_OK)
        status =
            nsc_operation_run(one->context, (const nsc_backend_operation *)(const void *)&gemm, operands, 3, NULL, 0);
    if (status == NSC_OK)
        status = nsc_tensor_read(operands[2], result, sizeof result);
    for (int i = 0; i < N * N && status == NSC_OK; i++)
        if (result[i] != N)
            one->wrong = "a product of ones is wrong";
    for (int i = 0; i < 3; i++)
        nsc_tensor_release(operands[i]);
    return status;
}

static nsc_status step_profile(life *one)
{
    return nsc_profile_start(one->context);
}

static nsc_status step_stop(life *one)
{
    return nsc_profile_stop(one->context);
}

static int any_total(void *user, const nsc_profile_total *total)
{
    (void)user, (void)total;
    return 0;
}

static nsc_status step_totals(life *one)
{
    return nsc_profile_totals(one->context, any_total, NULL);
}

static nsc_status step_write(life *one)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/nascent-life-%ld.json", (long)getpid());
    nsc_status status = nsc_profile_write(one->context, path);
    remove(path);
    return status;
}

static nsc_status step_reinitialize(life *one)
{
    return nsc_reinitialize(one->net, NULL);
}

static nsc_status step_set(life *one)
{
    static const int64_t dims[] = {LIFE_OUTPUTS};
    const float ones[LIFE_OUTPUTS] = {1, 1, 1, 1};
    nsc_tensor *value = NULL;
    nsc_status status = nsc_tensor_from(one->context, NSC_FLOAT32, 1, dims, ones, &value);
    if (status == NSC_OK)
        status = nsc_parameter_set(nsc_find_parameter(one->net, "2.b"), value);
    nsc_tensor_release(value);
    return status;
}

static nsc_status step_forget(life *one)
{
    return nsc_forget(one->net);
}

static nsc_status step_shapes(life *one)
{
    const nsc_shape shape = {.rank = 2, .dims = {LIFE_ROWS, LIFE_WIDTH}};
    return nsc_infer_shapes(one->net, &shape, 1);
}

/* once: it is over after a failure as well, and says so. */
static const struct {
    const char *name;
    nsc_status (*run)(life *one);
    bool once;
} steps[] = {
    {"open", step_open, false},
    {"build", step_build, false},
    {"request", step_request, false},
    {"propose", step_propose, false},
    {"input", step_input, false},
    {"first forward", step_forward, false},
    {"read", step_read_first, false},
    {"view", step_view, false},
    {"end view", step_end_view, true},
    {"operation", step_operation, false},
    {"product", step_product, false},
    {"profile", step_profile, false},
    {"profiled forward", step_forward, false},
    {"profiled read", step_read_profiled, false},
    {"stop", step_stop, true},
    {"totals", step_totals, false},
    {"write", step_write, false},
    {"initialise again", step_reinitialize, false},
    {"set", step_set, false},
    {"forget", step_forget, false},
    {"infer shapes", step_shapes, false},
    {"request again", step_request, false},
    {"last forward", step_forward, false},
    {"last read", step_read_last, false},
};
enum { STEPS = sizeof steps / sizeof *steps };

/* ---- living ----------------------------------------------------------------------------------------------------- */

static int check_legal(void *user, const char *path, nsc_parameter *parameter)
{
    int64_t dims[NSC_MAX_RANK];
    int rank = nsc_parameter_shape(parameter, dims);
    bool known = rank >= 0;
    const bool *lost = user;
    for (int i = 0; i < rank; i++)
        known = known && dims[i] >= 0;
    nsc_parameter_state state = nsc_parameter_get_state(parameter);
    ck_assert_msg(known == (state != NSC_DECLARED), "%s: a state that its shape contradicts", path);
    if (state == NSC_INITIALIZED) {
        float value[64];
        size_t count = 1;
        for (int i = 0; i < rank; i++)
            count *= (size_t)dims[i];
        ck_assert_uint_le(count, 64);
        const nsc_status status = nsc_parameter_read(parameter, value, count * sizeof *value);
        ck_assert_msg(status == (*lost ? NSC_DEVICE_LOST : NSC_OK), "%s: reading it gives %s", path,
                      nsc_status_name(status));
    }
    return 0;
}

/* A step has failed. false: the device is lost. */
static bool recover(life *one, size_t step, const life_fault *by, nsc_status status)
{
    const bool struck = by != NULL && by->struck(by->user);
    const char *text = steps[step].run == step_build ? one->text : nsc_last_error(NULL);
    if (by != NULL)
        by->disarm(by->user);
    ck_assert_msg(struck, "%s: %s, though nothing failed: %s", steps[step].name, nsc_status_name(status), text);
    const char *wrong = by->check(by->user, status, text);
    ck_assert_msg(wrong == NULL, "%s, %s: %s: %s: %s", steps[step].name, by->name, nsc_status_name(status), wrong,
                  text);
    const bool lost = status == NSC_DEVICE_LOST && one->context != NULL;
    if (one->net != NULL)
        nsc_parameters_each(one->net, check_legal, &(bool){lost});
    if (lost || steps[step].once)
        return !lost;
    status = steps[step].run(one);
    ck_assert_msg(status == NSC_OK, "%s, again after %s: %s: %s", steps[step].name, by->name, nsc_status_name(status),
                  nsc_last_error(NULL));
    return true;
}

static char now[256]; /* what is being tried */

static void out_of_time(int number)
{
    (void)number;
    if (write(STDERR_FILENO, "a life that does not end: ", 26) < 0 || write(STDERR_FILENO, now, strlen(now)) < 0)
        abort();
    _exit(EXIT_FAILURE);
}

void life_live(const life_place *place, const life_fault *by, life_outcome *outcome)
{
    life one = {.place = place, .results = outcome->results};
    *outcome = (life_outcome){.where = NULL};
    atomic_store(&warned, false);
    snprintf(now, sizeof now, "%s, %s\n", place->backend, by == NULL ? "undisturbed" : by->name);
    signal(SIGALRM, out_of_time);
    alarm(SECONDS);
    if (by != NULL)
        by->strike(by->user);
    for (size_t i = 0; i < STEPS && !outcome->lost; i++) {
        const nsc_status status = steps[i].run(&one);
        if (outcome->where == NULL && by != NULL && by->struck(by->user))
            outcome->where = steps[i].name;
        if (status == NSC_OK)
            continue;
        outcome->noticed = true;
        outcome->lost = !recover(&one, i, by, status);
    }
    nsc_tensor_release(one.x);
    nsc_tensor_release(one.y);
    nsc_release(one.net);
    const nsc_status status = nsc_context_close(one.context);
    if (by != NULL) {
        if (outcome->where == NULL && by->struck(by->user))
            outcome->where = "close";
        by->disarm(by->user);
    }
    alarm(0);
    outcome->warned = atomic_load(&warned);
    ck_assert_msg(status == NSC_OK, "%s: something is left: %s", by == NULL ? "undisturbed" : by->name,
                  nsc_last_error(NULL));
    ck_assert_msg(one.wrong == NULL, "%s: %s", by == NULL ? "undisturbed" : by->name, one.wrong);
}

void life_check_results(const life_outcome *got, const life_outcome *whole, float bound, const char *name)
{
    for (int i = 0; i < LIFE_RESULTS && !got->lost; i++)
        for (int j = 0; j < LIFE_RESULT; j++)
            ck_assert_msg(fabsf(got->results[i][j] - whole->results[i][j]) <= bound,
                          "%s: element %d of result %d is %g, not %g", name, j, i, (double)got->results[i][j],
                          (double)whole->results[i][j]);
}
