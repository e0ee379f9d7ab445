/* SPDX-License-Identifier: Apache-2.0 */
/* CLBlast as it really is: what it must never be asked, and what must be done around it. Each test notes the calls into it
 * (clblast_calls.h) and the calls of OpenCL that it makes (tests/layer). The layer claims that the device is a GPU, or
 * products would not be CLBlast's here. With an argument the program is a child that does one thing alone. */
#include <check.h>
#include <pthread.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "clblast_calls.h"
#include "products.h"

extern char **environ;

static layer_client layer;
static const char *program;
static test_host host;
static void open_gpu(test_bench *bench)
{
    layer.claim_gpu(1);
    test_bench_open(bench, &host);
    layer.claim_gpu(0);
    ck_assert(!bench->device->blocks);
}

/* ---- memory ---- */

/* Direct and indirect; those of 384 need more memory where they are given offsets than where they are not, and more than
 * all that came before. */
static const product_sizes products[] = {
    {1, 1, 1, false, false, 0.0f},       {37, 29, 53, false, false, 0.5f},   {29, 37, 53, true, true, 0.0f},
    {64, 64, 64, true, false, 0.0f},     {300, 257, 259, false, true, 0.0f}, {384, 384, 384, true, false, 0.0f},
    {384, 384, 384, false, true, -1.0f}, {416, 416, 416, true, true, 0.0f},  {448, 448, 448, false, false, 0.5f}};
enum { PRODUCTS = sizeof products / sizeof *products };

START_TEST(clblast_has_no_memory_of_its_own)
{
    test_bench bench;
    const nsc_layer_site *sites;
    const clblast_call *calls;
    size_t direct = 0, indirect = 0, launches = 0;
    layer.set(NULL);
    layer.record(1);
    clblast_calls_forget();
    open_gpu(&bench);
    for (size_t i = 0; i < PRODUCTS; i++)
        product_run(&bench, &layer, &products[i], true);
    test_bench_close(&bench);
    layer.record(0);
    const size_t count = layer.sites(&sites);
    for (size_t i = 0; i < count; i++)
        if (strstr(sites[i].caller, "libclblast")) {
            ck_assert_msg(strcmp(sites[i].call, "clCreateBuffer") != 0, "CLBlast creates a buffer");
            launches += strcmp(sites[i].call, "clEnqueueNDRangeKernel") == 0;
        }
    ck_assert_uint_gt(launches, 0); /* or what calls come from it would not be seen */
    const size_t call_count = clblast_calls(&calls);
    for (size_t i = 0; i < call_count; i++) {
        ck_assert_int_eq(calls[i].code, 0);
        if (calls[i].entry != CLBLAST_GEMM)
            continue;
        ck_assert_uint_ge(calls[i].given, calls[i].needed);
        direct += calls[i].needed == 0;
        indirect += calls[i].needed != 0;
    }
    ck_assert_uint_ge(direct, 4 + 4); /* with the trial's */
    ck_assert_uint_ge(indirect, 5 + 1);
}
END_TEST

/* ---- threads ---- */

enum { THREADS = 8 };

typedef struct worker {
    pthread_t thread;
    test_bench bench;
    test_host host;
    product_operands operands;
    pthread_barrier_t *start;
    nsc_backend_step *step;
    int status;
} worker;

static const product_sizes shared_out = {41, 23, 61, true, false, 0.0f};

static void *work(void *user)
{
    worker *w = user;
    const nsc_backend_gemm gemm = product_gemm(&shared_out);
    pthread_barrier_wait(w->start);
    w->status = w->bench.table->prepare(w->bench.device, (const nsc_backend_operation *)&gemm, &w->step);
    for (int i = 0; i < 3 && w->status == NSC_BACKEND_OK; i++)
        w->status = w->bench.table->launch(w->bench.device, NULL, w->step, w->operands.bindings, 3, NULL, 0);
    return NULL;
}

/* Devices are opened one after the other, as core does, with CLBlast untried; then all threads need it at once, each with
 * a context of its own, in a process that never used it. */
static void first_use(bool linger)
{
    static worker workers[THREADS];
    pthread_barrier_t start;
    clblast_calls_linger(linger);
    ck_assert_int_eq(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (worker *w = workers; w < workers + THREADS; w++) {
        w->start = &start;
        test_host_init(&w->host);
        test_bench_open(&w->bench, &w->host);
        w->bench.device->blocks = false;
        ck_assert_int_eq(w->bench.device->blast, NSC_CL_BLAST_UNTRIED);
        product_make(&w->bench, &w->operands, &shared_out);
    }
    for (worker *w = workers; w < workers + THREADS; w++)
        ck_assert_int_eq(pthread_create(&w->thread, NULL, work, w), 0);
    for (worker *w = workers; w < workers + THREADS; w++)
        pthread_join(w->thread, NULL);
    for (worker *w = workers; w < workers + THREADS; w++) {
        ck_assert_msg(w->status == NSC_BACKEND_OK, "%d %s", w->status, w->host.failure);
        ck_assert(w->step->blast);
        ck_assert(product_right(&w->bench, &w->operands, &shared_out));
        w->bench.table->release(w->bench.device, w->step);
        product_free(&w->bench, &w->operands);
        test_bench_close(&w->bench);
        test_host_free(&w->host);
    }
    pthread_barrier_destroy(&start);
    ck_assert_uint_eq(clblast_calls_together(), 1);
}

START_TEST(child_first_use)
{
    first_use(false);
}
END_TEST

START_TEST(child_first_use_lingering)
{
    first_use(true);
}
END_TEST

/* Starts this program again, by exec: OpenCL does not survive a fork. */
static int child(const char *what, char *const *environment)
{
    char *const arguments[] = {strdup(program), strdup(what), NULL};
    pid_t pid;
    int status = -1;
    ck_assert_int_eq(posix_spawn(&pid, program, NULL, NULL, arguments, environment), 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    free(arguments[0]);
    free(arguments[1]);
    return status;
}

START_TEST(clblast_is_entered_by_one_thread_at_a_time)
{
    static const char *const whats[] = {"first_use_lingering", "first_use", "first_use"};
    for (size_t i = 0; i < sizeof whats / sizeof *whats; i++) {
        const int status = child(whats[i], environ);
        ck_assert_msg(status == 0, "%s ended with %#x", whats[i], (unsigned)status);
    }
}
END_TEST

/* ---- parameters ---- */

static const char *const kernels[] = {"Xgemm", "XgemmDirect", "GemmRoutine",  "Copy",
                                      "Pad",   "Transpose",   "Padtranspose", NULL};

/* Its database has parameters that compute wrong: ours are in force before anything runs, in every life of a device. */
START_TEST(clblast_has_our_parameters_before_its_first_product)
{
    const clblast_call *calls;
    for (int life = 0; life < 2; life++) {
        test_bench bench;
        unsigned long overridden = 0;
        size_t gemms = 0;
        clblast_calls_forget();
        open_gpu(&bench);
        product_run(&bench, &layer, &products[1], true);
        const size_t count = clblast_calls(&calls);
        for (size_t i = 0; i < count; i++) {
            ck_assert_ptr_eq(calls[i].device, bench.device->id);
            if (calls[i].entry == CLBLAST_OVERRIDE) {
                ck_assert_uint_eq(gemms, 0); /* a change would build CLBlast's program again */
                for (int k = 0; kernels[k]; k++)
                    if (strcmp(calls[i].kernel, kernels[k]) == 0)
                        overridden |= 1ul << k;
                if (strcmp(calls[i].kernel, "Xgemm") == 0)
                    ck_assert_uint_eq(calls[i].gemmk, 0);
            } else {
                ck_assert_uint_eq(overridden, (1ul << (sizeof kernels / sizeof *kernels - 1)) - 1);
                gemms += calls[i].entry == CLBLAST_GEMM;
            }
        }
        ck_assert_uint_gt(gemms, 1);
        test_bench_close(&bench);
    }
}
END_TEST

/* ---- sizes ---- */

static size_t gemms_so_far(void)
{
    const clblast_call *calls;
    const size_t count = clblast_calls(&calls);
    size_t gemms = 0;
    for (size_t i = 0; i < count; i++) {
        gemms += calls[i].entry == CLBLAST_GEMM;
        if (calls[i].entry == CLBLAST_GEMM || calls[i].entry == CLBLAST_TEMP) {
            ck_assert_uint_gt(calls[i].m * calls[i].n * calls[i].k, 0);
            ck_assert_uint_le(calls[i].last, INT32_MAX);
        }
    }
    return gemms;
}

/* CLBlast refuses a k of 0, where BLAS scales c. */
START_TEST(clblast_is_not_asked_for_empty_sums)
{
    test_bench bench;
    clblast_calls_forget();
    open_gpu(&bench);
    product_run(&bench, &layer, &products[1], true);
    const size_t before = gemms_so_far();
    product_run(&bench, &layer, &(product_sizes){7, 5, 0, false, false, 0.0f}, false); /* over NaN */
    product_run(&bench, &layer, &(product_sizes){7, 5, 0, false, false, -0.5f}, false);
    product_run(&bench, &layer, &(product_sizes){300, 257, 0, false, true, 3.0f}, false);
    ck_assert_uint_eq(gemms_so_far(), before);
    test_bench_close(&bench);
}
END_TEST

/* Whose is the step that a product leads to? Nothing is launched: no such buffer exists here. */
static bool goes_to_clblast(test_bench *bench, const nsc_backend_gemm *gemm, bool *wide)
{
    nsc_backend_step step = {0};
    ck_assert_int_eq(nsc_cl_gemm_describe(bench->device, gemm, &step), NSC_BACKEND_OK);
    *wide = step.unit.length > 0 && strstr(step.unit.data, "#define NSC_INDEX long") != NULL;
    nsc_cl_text_free(&step.unit);
    free(step.fixed);
    return step.blast;
}

/* CLBlast counts elements in int. */
START_TEST(clblast_is_not_given_what_needs_more_than_31_bits)
{
    static const int64_t far = INT64_C(1) << 31;
    test_bench bench;
    bool wide;
    clblast_calls_forget();
    open_gpu(&bench);
    product_run(&bench, &layer, &products[1], true);
    const size_t before = gemms_so_far();
    nsc_backend_gemm gemm = product_gemm(&(product_sizes){64, 64, 64, false, false, 0.0f});
    ck_assert(goes_to_clblast(&bench, &gemm, &wide));
    nsc_backend_view *const views[] = {&gemm.a, &gemm.b, &gemm.c};
    for (size_t i = 0; i < 3; i++) {
        const nsc_backend_view view = *views[i];
        views[i]->strides[0] = far / 63; /* the last row begins at 2^31 - 1 - 63 or a little less, and is 64 long */
        ck_assert(!goes_to_clblast(&bench, &gemm, &wide));
        ck_assert(wide);
        *views[i] = view;
        views[i]->offset = far - 64; /* what it has is near, but not where it begins */
        ck_assert(!goes_to_clblast(&bench, &gemm, &wide));
        *views[i] = view;
        ck_assert(goes_to_clblast(&bench, &gemm, &wide));
    }
    gemm = product_gemm(&(product_sizes){65536, 65536, 1, false, false, 0.0f});
    ck_assert(!goes_to_clblast(&bench, &gemm, &wide));
    ck_assert(wide);
    gemm = product_gemm(&(product_sizes){1, 1, far, false, false, 0.0f});
    ck_assert(!goes_to_clblast(&bench, &gemm, &wide));
    ck_assert(wide);
    ck_assert_uint_eq(gemms_so_far(), before);
    test_bench_close(&bench);
}
END_TEST

/* The kernel with 64-bit indices, in all its forms. A stride that steps over one line alone may be any: here it alone
 * makes the operation one of 64 bits, in little memory. */
START_TEST(clblast_leaves_sizes_of_64_bits_to_our_own_kernel)
{
    static const product_sizes thin = {1, 70, 45, false, true, 0.5f};
    test_bench bench;
    open_gpu(&bench);
    const bool tiles = bench.device->tiles;
    for (int form = 0; form < 3; form++) {
        nsc_backend_gemm gemm = product_gemm(&thin);
        product_operands x;
        nsc_backend_step *step = NULL;
        bool wide;
        bench.device->tiles = form == 0 && tiles;
        bench.device->blocks = form == 2;
        gemm.a.strides[0] = gemm.c.strides[0] = INT64_C(1) << 40;
        ck_assert(!goes_to_clblast(&bench, &gemm, &wide));
        ck_assert(wide);
        product_make(&bench, &x, &thin);
        ck_assert_int_eq(bench.table->prepare(bench.device, (const nsc_backend_operation *)&gemm, &step), 0);
        ck_assert_int_eq(bench.table->launch(bench.device, NULL, step, x.bindings, 3, NULL, 0), NSC_BACKEND_OK);
        bench.table->release(bench.device, step);
        ck_assert(product_right(&bench, &x, &thin));
        product_free(&bench, &x);
    }
    test_bench_close(&bench);
}
END_TEST

/* ---- its end ---- */

static bool last_is_clear(void)
{
    const clblast_call *calls;
    const size_t count = clblast_calls(&calls);
    return count > 0 && calls[count - 1].entry == CLBLAST_CLEAR;
}

/* What it caches holds contexts, and must be gone before the process ends. It is not ours alone: it goes with the last
 * device. */
START_TEST(clblast_is_cleared_with_the_last_device)
{
    test_bench first, second, third;
    test_host other;
    long contexts = -1;
    test_host_init(&other);
    clblast_calls_forget();
    open_gpu(&first);
    layer.claim_gpu(1);
    test_bench_open(&second, &other);
    layer.claim_gpu(0);
    product_run(&first, &layer, &products[1], true);
    product_run(&second, &layer, &products[4], true);
    test_bench_close(&first);
    ck_assert(!last_is_clear());
    /* An open that fails is none. */
    layer.set(&(nsc_layer_fault){.call = "clCreateCommandQueue", .n = 1, .code = CL_OUT_OF_HOST_MEMORY});
    ck_assert_int_eq(test_bench_try(&third, &other), NSC_BACKEND_NO_MEMORY);
    layer.set(NULL);
    ck_assert(!last_is_clear());
    product_run(&second, &layer, &products[1], true);
    test_bench_close(&second);
    ck_assert(last_is_clear());
    for (int i = 0; layer.held(i, &contexts); i++)
        ck_assert_int_eq(contexts, 0);
    test_host_free(&other);
}
END_TEST

/* Opens every device, multiplies, closes, and ends as programs do. CLBlast serves at least one of them. */
START_TEST(child_life)
{
    test_bench bench;
    uint32_t by_clblast = 0;
    int status;
    layer.claim_gpu(1);
    for (uint32_t index = 0; (status = test_bench_try_at(&bench, &host, index)) == NSC_BACKEND_OK; index++) {
        const bool on = bench.device->blast == NSC_CL_BLAST_ON;
        product_run(&bench, &layer, &products[1], on);
        if (on)
            product_run(&bench, &layer, &products[4], true);
        test_bench_close(&bench);
        by_clblast += on;
    }
    ck_assert_msg(status == NSC_BACKEND_UNAVAILABLE, "open: %d %s", status, host.failure);
    ck_assert_uint_gt(by_clblast, 0);
}
END_TEST

/* Beside other drivers made of LLVM an exit with CLBlast's caches full ends in an abort. */
START_TEST(clblast_leaves_a_process_that_ends_well)
{
    ck_assert_int_eq(child("life", environ), 0);
#ifdef OCLGRIND
    char folder[] = "/tmp/nascent-vendors-XXXXXX", path[64], variable[64];
    static const char *const lines[] = {OCLGRIND, "libpocl.so.2"};
    char *environment[1024] = {variable};
    size_t count = 1;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%d.icd", folder, i);
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        fprintf(file, "%s\n", lines[i]);
        fclose(file);
    }
    snprintf(variable, sizeof variable, "OCL_ICD_VENDORS=%s", folder);
    for (char **v = environ; *v && count < 1023; v++)
        if (strncmp(*v, "OCL_ICD_VENDORS=", 16) != 0)
            environment[count++] = *v;
    const int status = child("life", environment);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%d.icd", folder, i);
        remove(path);
    }
    remove(folder);
    ck_assert_msg(status == 0, "beside Oclgrind it ended with %#x", (unsigned)status);
#endif
}
END_TEST

/* ---- without it ---- */

/* A CLBlast that computes wrong here, or that cannot be built, is found out by the trial and never asked again. */
START_TEST(clblast_that_is_wrong_is_off)
{
    static const struct {
        const char *text, *instead, *note;
    } spoils[] = {
        {"AXPBY(result, alpha, c_value, beta,", "AXPBY(result, alpha, c_value, alpha,", "CLBlast off: its direct GEMM"},
        {"void XgemmDirectTN", "void XgemmDirectXX", "CLBlast off: its direct GEMM"},
        {NULL, NULL, NULL}};
    for (size_t i = 0; spoils[i].note; i++) {
        test_bench bench;
        test_host fresh;
        test_host_init(&fresh);
        layer.spoil(spoils[i].text, spoils[i].instead);
        layer.claim_gpu(1);
        test_bench_open(&bench, &fresh);
        layer.claim_gpu(0);
        ck_assert_uint_gt(layer.spoilt(), 0);
        ck_assert_msg(strstr(bench.limits.note, spoils[i].note) != NULL, "the note is \"%s\"", bench.limits.note);
        const size_t tried = gemms_so_far();
        for (size_t p = 0; p < PRODUCTS; p++)
            product_run(&bench, &layer, &products[p], false);
        ck_assert_uint_eq(gemms_so_far(), tried);
        test_bench_close(&bench);
        layer.spoil(NULL, NULL);
        test_host_free(&fresh);
    }
}
END_TEST

static void add_child(TCase *tests, const char *what)
{
    if (strcmp(what, "life") == 0)
        tcase_add_test(tests, child_life);
    else if (strcmp(what, "first_use") == 0)
        tcase_add_test(tests, child_first_use);
    else
        tcase_add_test(tests, child_first_use_lingering);
}

int main(int argc, char **argv)
{
    program = argv[0];
    layer_find(&layer);
    test_host_init(&host);
    Suite *suite = suite_create("clblast");
    TCase *tests = tcase_create("clblast");
    if (argc > 1) {
        add_child(tests, argv[1]);
    } else {
        tcase_add_test(tests, clblast_has_no_memory_of_its_own);
        tcase_add_test(tests, clblast_is_entered_by_one_thread_at_a_time);
        tcase_add_test(tests, clblast_has_our_parameters_before_its_first_product);
        tcase_add_test(tests, clblast_is_not_asked_for_empty_sums);
        tcase_add_test(tests, clblast_is_not_given_what_needs_more_than_31_bits);
        tcase_add_test(tests, clblast_leaves_sizes_of_64_bits_to_our_own_kernel);
        tcase_add_test(tests, clblast_is_cleared_with_the_last_device);
        tcase_add_test(tests, clblast_leaves_a_process_that_ends_well);
        tcase_add_test(tests, clblast_that_is_wrong_is_off);
    }
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); /* drivers do not survive a fork */
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    test_host_free(&host);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
