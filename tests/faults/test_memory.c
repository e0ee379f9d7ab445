/* SPDX-License-Identifier: Apache-2.0 */
/* One life of a net, with the nth request for host memory refused, for n = 1, 2, ... until none is left to refuse: each
 * time a clear error, every parameter in a legal state, and the same call works the next time, with the same result. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nascent/nascent.h>

#include "memory.h"

enum { ROWS = 3, WIDTH = 5, OUTPUTS = 7 };

typedef struct life_state {
    const char *backend;
    nsc_context *context;
    nsc_block *net;
    nsc_tensor *x, *y;
    float result[ROWS * OUTPUTS];
} life_state;

static nsc_status scale_forward(nsc_trace *trace, void *user, nsc_value *const *in, size_t in_count, nsc_value **out,
                                size_t out_count)
{
    nsc_parameter **parameters = user;
    (void)in_count, (void)out_count;
    out[0] =
        nsc_op_add(nsc_op_mul(in[0], nsc_op_parameter(trace, parameters[0])), nsc_op_parameter(trace, parameters[1]));
    return NSC_OK;
}

/* y = x a + b, with one unknown dimension shared by a and b. */
static nsc_block *scale(void)
{
    static nsc_parameter *parameters[2]; /* one life at a time */
    static const int64_t unknown[] = {NSC_UNKNOWN};
    static const char *const names[] = {"width"};
    nsc_block *block = nsc_custom(scale_forward, .user = parameters, .kind = "scale");
    parameters[0] = nsc_declare(block, "a", .rank = 1, .dims = unknown, .dim_names = names, .init = nsc_ones());
    parameters[1] = nsc_declare(block, "b", .rank = 1, .dims = unknown, .dim_names = names);
    return block;
}

static nsc_status step_open(life_state *life)
{
    return nsc_context_open(&life->context, life->backend);
}

static nsc_status step_build(life_state *life)
{
    life->net =
        nsc_sequential(nsc_named("first", nsc_dense(6, .activation = NSC_GELU)), scale(),
                       nsc_add_branches(nsc_identity(), nsc_dense(6, .activation = NSC_RELU)),
                       nsc_concat_branches(1, nsc_dense(4), nsc_sequential(nsc_dense(3), nsc_activate(NSC_SIGMOID))),
                       nsc_activate(NSC_SOFTMAX));
    nsc_status status = nsc_block_check(life->net, NULL, 0);
    if (status != NSC_OK) {
        nsc_release(life->net);
        life->net = NULL;
    }
    return status;
}

static nsc_status step_input(life_state *life)
{
    static const int64_t dims[] = {ROWS, WIDTH};
    float data[ROWS * WIDTH];
    for (int i = 0; i < ROWS * WIDTH; i++)
        data[i] = (float)(i % 7) * 0.25f - 0.5f;
    return nsc_tensor_from(life->context, NSC_FLOAT32, 2, dims, data, &life->x);
}

static nsc_status step_request(life_state *life)
{
    const nsc_initialize_options options = {.size = sizeof options, .seed = 7, .init = nsc_normal(0.5f)};
    return nsc_initialize(life->net, life->context, &options);
}

static nsc_status step_propose(life_state *life)
{
    const nsc_shape shape = {.rank = 2, .dims = {NSC_UNKNOWN, WIDTH}};
    nsc_proposal *proposal;
    nsc_status status = nsc_propose(life->net, NSC_INFERENCE, &shape, 1, &proposal);
    nsc_proposal_release(proposal);
    return status;
}

static nsc_status step_forward(life_state *life)
{
    return nsc_forward(life->net, life->x, &life->y);
}

static nsc_status step_forget(life_state *life)
{
    return nsc_forget(life->net);
}

static nsc_status step_shapes(life_state *life)
{
    const nsc_shape shape = {.rank = 2, .dims = {ROWS, WIDTH}};
    return nsc_infer_shapes(life->net, &shape, 1);
}

static nsc_status step_set(life_state *life)
{
    static const int64_t dims[] = {6};
    const float ones[6] = {1, 1, 1, 1, 1, 1};
    nsc_tensor *value = NULL;
    nsc_status status = nsc_tensor_from(life->context, NSC_FLOAT32, 1, dims, ones, &value);
    if (status == NSC_OK)
        status = nsc_parameter_set(nsc_find_parameter(life->net, "1.a"), value);
    nsc_tensor_release(value);
    return status;
}

static nsc_status step_read(life_state *life)
{
    return nsc_tensor_read(life->y, life->result, sizeof life->result);
}

static nsc_status step_profile(life_state *life)
{
    return nsc_profile_start(life->context);
}

static nsc_status step_stop(life_state *life)
{
    return nsc_profile_stop(life->context);
}

static int any_total(void *user, const nsc_profile_total *total)
{
    (void)user, (void)total;
    return 0;
}

static nsc_status step_totals(life_state *life)
{
    return nsc_profile_totals(life->context, any_total, NULL);
}

static nsc_status step_write(life_state *life)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/nascent-profile-%ld.json", (long)getpid());
    nsc_status status = nsc_profile_write(life->context, path);
    remove(path);
    return status;
}

static const struct {
    const char *name;
    nsc_status (*run)(life_state *life);
} steps[] = {
    {"open", step_open},       {"build", step_build},     {"input", step_input},     {"request", step_request},
    {"propose", step_propose}, {"forward", step_forward}, {"forget", step_forget},   {"infer shapes", step_shapes},
    {"request", step_request}, {"set", step_set},         {"forward", step_forward}, {"read", step_read},
    {"profile", step_profile}, {"forward", step_forward}, {"read", step_read},       {"stop", step_stop},
    {"totals", step_totals},   {"write", step_write},
};

static int check_legal(void *user, const char *path, nsc_parameter *parameter)
{
    int64_t dims[NSC_MAX_RANK];
    int rank = nsc_parameter_shape(parameter, dims);
    bool known = rank >= 0;
    (void)user;
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
        ck_assert_int_eq(nsc_parameter_read(parameter, value, count * sizeof *value), NSC_OK);
    }
    return 0;
}

static void no_log(void *user, nsc_log_level level, const char *text)
{
    (void)user, (void)level, (void)text;
}

/* Lives once; the nth request (0: none) is refused. true when it was made. */
static bool live(life_state *life, long n)
{
    bool refused = false;
    memory_fail_at(n);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        nsc_status status = steps[i].run(life);
        refused = memory_failed();
        if (status == NSC_OK)
            continue; /* what can be done without (a cache, a log line) may be refused without harm */
        ck_assert_msg(refused, "%s: %s, though no request was refused: %s", steps[i].name, nsc_status_name(status),
                      nsc_last_error(life->context));
        ck_assert_msg(status == NSC_NO_MEMORY || status == NSC_FAILED, "%s, request %ld refused: %s", steps[i].name, n,
                      nsc_status_name(status));
        if (steps[i].run != step_build)
            ck_assert_msg(nsc_last_error(life->context)[0] != 0 || nsc_last_error(NULL)[0] != 0,
                          "%s, request %ld refused: an error without words", steps[i].name, n);
        if (life->net != NULL)
            nsc_parameters_each(life->net, check_legal, NULL);
        status = steps[i].run(life);
        ck_assert_msg(status == NSC_OK, "%s, again after request %ld was refused: %s: %s", steps[i].name, n,
                      nsc_status_name(status), nsc_last_error(life->context));
    }
    memory_fail_at(0);
    nsc_tensor_release(life->x);
    nsc_tensor_release(life->y);
    nsc_release(life->net);
    ck_assert_msg(nsc_context_close(life->context) == NSC_OK, "request %ld refused: something is left: %s", n,
                  nsc_last_error(life->context));
    return refused;
}

static void check_backend(const char *backend)
{
    life_state whole = {.backend = backend};
    long n = 0;
    live(&whole, 0);
    for (bool refused = true; refused;) {
        life_state life = {.backend = backend};
        refused = live(&life, ++n);
        ck_assert_msg(memcmp(life.result, whole.result, sizeof whole.result) == 0,
                      "request %ld refused: another result afterwards", n);
    }
    printf("%s: %ld requests for memory refused, one at a time\n", backend, n - 1);
    ck_assert_int_gt(n, 100);
}

/* A context that NASCENT_TRACE records: it opens or says why, and closes in any case; the file is whole or not there. */
START_TEST(test_a_timeline)
{
    char path[64];
    bool refused = true;
    long n = 0, written = 0;
    snprintf(path, sizeof path, "/tmp/nascent-trace-%ld", (long)getpid());
    setenv("NASCENT_TRACE", path, 1);
    while (refused) {
        nsc_context *context = NULL;
        const nsc_context_options options = {.backend = "reference", .log = no_log};
        char name[96];
        /* A context that does not open takes no number. */
        if (written == 0)
            snprintf(name, sizeof name, "%s", path);
        else
            snprintf(name, sizeof name, "%s.%ld", path, written + 1);
        memory_fail_at(++n);
        nsc_status status = nsc_context_create(&context, &options, sizeof options);
        bool opened = status == NSC_OK, told = nsc_last_error(NULL)[0] != 0;
        refused = memory_failed();
        nsc_status closed = nsc_context_close(context);
        bool refused_in_all = memory_failed();
        memory_fail_at(0);
        ck_assert_msg(opened || (refused && told), "request %ld: %s", n, nsc_status_name(status));
        ck_assert_int_eq(closed, NSC_OK);
        refused = refused_in_all;
        FILE *file = fopen(name, "rb");
        ck_assert_msg(file == NULL || opened, "request %ld: a file of a context that did not open", n);
        ck_assert_msg(file != NULL || refused, "request %ld: no file, though no request was refused", n);
        if (file != NULL) {
            char last[5] = "";
            ck_assert_int_eq(fseek(file, -4, SEEK_END), 0);
            ck_assert_uint_eq(fread(last, 1, 4, file), 4);
            ck_assert_str_eq(last, "\"}}\n");
            fclose(file);
            remove(name);
        }
        written += opened;
    }
    unsetenv("NASCENT_TRACE");
    ck_assert_int_gt(n, 10);
}
END_TEST

START_TEST(test_reference)
{
    check_backend("reference");
}
END_TEST

START_TEST(test_opencl)
{
    nsc_context *context;
    nsc_status status = nsc_context_open(&context, "opencl");
    if (status == NSC_UNAVAILABLE || status == NSC_INVALID) {
        printf("opencl: not here\n");
        return;
    }
    ck_assert_int_eq(status, NSC_OK);
    nsc_context_close(context);
    check_backend("opencl");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("faults");
    TCase *tcase = tcase_create("memory");
    tcase_add_test(tcase, test_a_timeline);
    tcase_add_test(tcase, test_reference);
    tcase_add_test(tcase, test_opencl);
    tcase_set_timeout(tcase, 0);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); /* drivers do not survive a fork */
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
