/* SPDX-License-Identifier: Apache-2.0 */
/* A child made by fork after OpenCL was used, through the public headers: every way to the device is an error that says so
 * and what to do, none calls the driver (the layer would see it), and the parent goes on. */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nascent/device.h>
#include <nascent/nascent.h>

#include "tests/layer/client.h"

enum { ROWS = 4, WIDTH = 10, UNITS = 5 };

static layer_client layer;

typedef struct world {
    nsc_context *context;
    nsc_block *net, *fresh;
    nsc_tensor *x, *y, *seen, *few, *few_y, *fresh_y;
} world;

static nsc_status create(world *w)
{
    nsc_tensor *t = NULL;
    return nsc_tensor_create(w->context, NSC_FLOAT32, 1, (int64_t[]){12345678}, &t);
}

static nsc_status from(world *w)
{
    nsc_tensor *t = NULL;
    return nsc_tensor_from(w->context, NSC_FLOAT32, 1, (int64_t[]){3}, (float[3]){1, 2, 3}, &t);
}

static nsc_status write_tensor(world *w)
{
    static const float values[ROWS * WIDTH];
    return nsc_tensor_write(w->x, values, sizeof values);
}

static nsc_status read_tensor(world *w)
{
    float values[ROWS * UNITS];
    return nsc_tensor_read(w->y, values, sizeof values);
}

static nsc_status view(world *w)
{
    const void *data;
    return nsc_tensor_view(w->x, &data);
}

static nsc_status end_view(world *w)
{
    return nsc_tensor_end_view(w->seen);
}

static nsc_status launch(world *w)
{
    return nsc_forward(w->net, w->x, &w->y);
}

static nsc_status prepare(world *w)
{
    return nsc_forward(w->net, w->few, &w->few_y); /* another shape: another plan */
}

static nsc_status commit(world *w)
{
    return nsc_forward(w->fresh, w->x, &w->fresh_y);
}

static nsc_status read_parameter(world *w)
{
    float values[UNITS];
    return nsc_parameter_read(nsc_find_parameter(w->net, "0.bias"), values, sizeof values);
}

static nsc_status reinitialize(world *w)
{
    return nsc_reinitialize(w->net, NULL);
}

static nsc_status operate(world *w)
{
    const nsc_backend_dtype f32 = {NSC_BACKEND_FLOAT, 32, 1};
    nsc_backend_random random = {.struct_size = NSC_BACKEND_RANDOM_SIZE,
                                 .kind = NSC_BACKEND_RANDOM,
                                 .distribution = NSC_BACKEND_UNIFORM,
                                 .scale = 1,
                                 .output = {.rank = 1, .dtype = f32, .dims = {ROWS}, .strides = {1}}};
    return nsc_operation_run(w->context, (const nsc_backend_operation *)(const void *)&random, &w->x, 1, NULL, 0);
}

static nsc_status finish(world *w)
{
    return nsc_context_finish(w->context);
}

static nsc_status profile(world *w)
{
    return nsc_profile_start(w->context);
}

static nsc_status open_another(world *w)
{
    nsc_context *context = NULL;
    (void)w;
    return nsc_context_open(&context, "opencl");
}

static int visit(void *user, const nsc_device_info *device, const char *problem)
{
    (void)user, (void)device, (void)problem;
    return 0;
}

static nsc_status enumerate(world *w)
{
    (void)w;
    return nsc_devices_each("opencl", 1, visit, NULL);
}

static const struct way {
    const char *name;
    nsc_status (*go)(world *w);
    bool process; /* its text is not the context's */
} ways[] = {{"nsc_tensor_create", create, false},
            {"nsc_tensor_from", from, false},
            {"nsc_tensor_write", write_tensor, false},
            {"nsc_tensor_read", read_tensor, false},
            {"nsc_tensor_view", view, false},
            {"nsc_tensor_end_view", end_view, false},
            {"nsc_forward", launch, false},
            {"nsc_forward of another shape", prepare, false},
            {"the first nsc_forward", commit, false},
            {"nsc_parameter_read", read_parameter, false},
            {"nsc_reinitialize", reinitialize, false},
            {"nsc_operation_run", operate, false},
            {"nsc_context_finish", finish, false},
            {"nsc_profile_start", profile, false},
            {"nsc_context_open", open_another, true},
            {"nsc_devices_each", enumerate, true}};
enum { WAYS = sizeof ways / sizeof *ways };

static void world_open(world *w)
{
    static float values[ROWS * WIDTH];
    for (int i = 0; i < ROWS * WIDTH; i++)
        values[i] = (float)(i % 7) - 3;
    ck_assert_int_eq(nsc_context_open(&w->context, "opencl"), NSC_OK);
    w->net = nsc_sequential(nsc_dense(UNITS, .activation = NSC_TANH));
    w->fresh = nsc_sequential(nsc_dense(UNITS));
    ck_assert_int_eq(nsc_initialize(w->net, w->context, NULL), NSC_OK);
    ck_assert_int_eq(nsc_initialize(w->fresh, w->context, NULL), NSC_OK);
    ck_assert_int_eq(nsc_tensor_from(w->context, NSC_FLOAT32, 2, (int64_t[]){ROWS, WIDTH}, values, &w->x), NSC_OK);
    ck_assert_int_eq(nsc_tensor_from(w->context, NSC_FLOAT32, 2, (int64_t[]){2, WIDTH}, values, &w->few), NSC_OK);
    ck_assert_int_eq(nsc_tensor_from(w->context, NSC_FLOAT32, 2, (int64_t[]){1, WIDTH}, values, &w->seen), NSC_OK);
    for (int i = 0; i < 2; i++)
        ck_assert_msg(nsc_forward(w->net, w->x, &w->y) == NSC_OK, "%s", nsc_last_error(w->context));
}

/* Everything is given back; the result is what the close said. */
static nsc_status world_close(world *w)
{
    nsc_tensor_release(w->x);
    nsc_tensor_release(w->y);
    nsc_tensor_release(w->seen);
    nsc_tensor_release(w->few);
    nsc_tensor_release(w->few_y);
    nsc_tensor_release(w->fresh_y);
    nsc_release(w->net);
    nsc_release(w->fresh);
    return nsc_context_close(w->context);
}

/* What the child ends with: 0, or the number of the first way that is wrong, from 1 on. No assertion of check here: its
 * messages are the parent's. */
static int child(world *w, bool profiled)
{
    const nsc_layer_site *sites;
    alarm(60);
    layer.set(NULL);
    layer.record(1);
    for (int i = 0; i < WAYS; i++) {
        if (profiled && ways[i].go == profile)
            continue;
        const nsc_status status = ways[i].go(w);
        const char *text = nsc_last_error(ways[i].process ? NULL : w->context);
        if (status != NSC_OK && strstr(text, "forked") != NULL && strstr(text, "by exec") != NULL)
            continue;
        fprintf(stderr, "%s: %s: %s\n", ways[i].name, nsc_status_name(status), text);
        return i + 1;
    }
    if (profiled)
        nsc_profile_stop(w->context); /* it ends, whatever it says */
    if (world_close(w) != NSC_OK)
        return WAYS + 1;
    if (layer.sites(&sites) != 0) {
        fprintf(stderr, "the driver was called: %s\n", sites[0].call);
        return WAYS + 2;
    }
    return 0;
}

/* The second time with a profile that began before the fork. */
START_TEST(forked_children_are_told_so)
{
    world w = {0};
    const bool profiled = _i == 1;
    float before[ROWS * UNITS], after[ROWS * UNITS];
    const void *data;
    int status = -1;
    world_open(&w);
    if (profiled) {
        ck_assert_int_eq(nsc_profile_start(w.context), NSC_OK);
        ck_assert_int_eq(nsc_forward(w.net, w.x, &w.y), NSC_OK);
    }
    ck_assert_int_eq(nsc_tensor_read(w.y, before, sizeof before), NSC_OK);
    ck_assert_int_eq(nsc_tensor_view(w.seen, &data), NSC_OK);
    fflush(NULL);
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        _exit(child(&w, profiled));
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "the child was ended by signal %d", WTERMSIG(status));
    ck_assert_msg(WEXITSTATUS(status) == 0, "the child ended with %d", WEXITSTATUS(status));
    /* And the parent goes on. */
    ck_assert_int_eq(nsc_tensor_end_view(w.seen), NSC_OK);
    ck_assert_msg(nsc_forward(w.net, w.x, &w.y) == NSC_OK, "%s", nsc_last_error(w.context));
    ck_assert_int_eq(nsc_tensor_read(w.y, after, sizeof after), NSC_OK);
    ck_assert_mem_eq(before, after, sizeof before);
    if (profiled)
        ck_assert_int_eq(nsc_profile_stop(w.context), NSC_OK);
    ck_assert_int_eq(prepare(&w), NSC_OK);
    ck_assert_int_eq(commit(&w), NSC_OK);
    ck_assert_int_eq(world_close(&w), NSC_OK);
}
END_TEST

int main(void)
{
    layer_find(&layer);
    Suite *suite = suite_create("forked");
    TCase *tests = tcase_create("forked");
    tcase_add_loop_test(tests, forked_children_are_told_so, 0, 2);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); /* the one fork here is the test's own */
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
