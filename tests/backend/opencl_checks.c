/* SPDX-License-Identifier: Apache-2.0 */
/* The self-checks at open. The layer (tests/layer) makes the driver compile something else than it was given, one kernel
 * at a time: an optional kind that is then wrong is not offered and the note says so, a required one fails the open. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host.h"
#include "opencl.h"
#include "tests/layer/client.h"

static layer_client layer;

#define BIT(KIND) NSC_BACKEND_KIND_BIT(NSC_BACKEND_##KIND)
#define ALL_KINDS (BIT(RANDOM) | BIT(GEMM_EPILOGUE) | BIT(GATHER) | BIT(SOFTMAX))

typedef struct spoil {
    const char *name, *text, *instead;
    uint32_t off;     /* the kind that goes; 0: the open fails */
    const char *said; /* in the note, or in the failure */
    bool gpu;         /* the kernel is one for GPUs */
} spoil;

static const spoil spoils[] = {
    {"softmax, wrong scale", "to[i * g.out] /= sum", "to[i * g.out] /= 2.0f * sum", BIT(SOFTMAX),
     "softmax off: its result ", false},
    {"softmax, logarithm", "top - shift", "top + shift", BIT(SOFTMAX), "softmax off: its result ", false},
    {"softmax across items", "lane < half_way", "lane + 1 < half_way", BIT(SOFTMAX), "softmax off: its result ", true},
    {"softmax, stray write", "to[i * g.out] /= sum;", "to[i * g.out] /= sum; if (row == 0) to[-1] = 99.0f;",
     BIT(SOFTMAX), "softmax off: it writes where it must not", false},
    {"softmax, not built", "NSC_ACROSS(top, nsc_max);", "this is no C;", BIT(SOFTMAX),
     "softmax off: it cannot be built", false},
    {"gather, last line", "(long)g.last)", "(long)g.last - 1)", BIT(GATHER), "gather off: its result ", false},
    {"gather, first line", "clamp((long)indices[indices_offset + c * g.place], (long)0,",
     "clamp((long)indices[indices_offset + c * g.place], (long)1,", BIT(GATHER), "gather off: its result ", false},
    {"epilogue", "NSC_ELEMENT(SUM", "NSC_ELEMENT((SUM) + 1.0f", BIT(GEMM_EPILOGUE), "gemm_epilogue off: its result ",
     false},
    {"random, words", "round < 10", "round < 9", BIT(RANDOM), "random off: its result ", false},
    {"random, uniform", "(float)(word >> 8)", "(float)(word >> 7)", BIT(RANDOM), "random off: its result ", false},
    {"random, normal", "z = v ? z", "z = v > 9u ? z + 1", BIT(RANDOM), "random off: its result ", false},
    {"random, truncated", "(97711073u + ", "(97711072u + ", BIT(RANDOM), "random off: its result ", false},
    {"map, tail", "if (x >= g.d[NSC_LAST]", "if (x + 1 >= g.d[NSC_LAST]", 0, "this device computes map wrong", false},
    {"map, not built", "if (x >= g.d[NSC_LAST]", "this is no C", 0, "clBuildProgram", false},
    {"reduce, tree", "half_way = items / 2", "half_way = items / 4", 0, "this device computes reduce wrong", false},
    {"reduce, plain", "min(j0 + 64, g.elements)", "min(j0 + 64, g.elements - 1)", 0,
     "this device computes reduce wrong", false},
    {"gemm, beta", "+ g.beta * *(C)", "", 0, "this device computes gemm wrong", false},
    {"gemm blocks", "kk < depth; kk++", "kk < depth - 1; kk++", 0, "this device computes gemm wrong", false},
    {"gemm tiles", "kk < NSC_DEPTH; kk++", "kk < NSC_DEPTH - 1; kk++", 0, "this device computes gemm wrong", true},
};

static nsc_backend_status open_spoilt(const spoil *s, test_bench *bench, test_host *host)
{
    layer.claim_gpu(s->gpu);
    layer.spoil(s->text, s->instead);
    nsc_backend_status status = test_bench_try(bench, host);
    ck_assert_msg(layer.spoilt() > 0, "%s: no kernel has \"%s\"", s->name, s->text);
    layer.spoil(NULL, NULL);
    return status;
}

/* The same device without the fault has everything: a failure is not remembered, what passed is. The layer's work shows in
 * binaries, which a driver with another fault would have under another version. */
static void check_healthy(const spoil *s, test_host *host)
{
    test_host_forget(host, "opencl program");
    for (int i = 0; i < 2; i++) {
        test_bench bench;
        test_bench_open(&bench, host);
        ck_assert_msg(bench.limits.note[0] == 0, "%s: then \"%s\"", s->name, bench.limits.note);
        ck_assert_uint_eq(bench.limits.optional_kinds, ALL_KINDS);
        const nsc_backend_stats stats = test_bench_stats(&bench);
        ck_assert_uint_eq(stats.programs_built, i == 0); /* all checks in one program */
        ck_assert_uint_eq(stats.programs_loaded, 0);
        test_bench_close(&bench);
    }
}

START_TEST(checks_find_a_wrong_kernel)
{
    const spoil *s = &spoils[_i];
    test_bench bench;
    test_host host;
    test_host_init(&host);
    const nsc_backend_status status = open_spoilt(s, &bench, &host);
    if (s->off) {
        ck_assert_msg(status == NSC_BACKEND_OK, "%s: %d %s", s->name, status, host.failure);
        ck_assert_msg(strncmp(bench.limits.note, s->said, strlen(s->said)) == 0, "%s: \"%s\"", s->name,
                      bench.limits.note);
        ck_assert_msg(!strchr(bench.limits.note, ';'), "%s: \"%s\"", s->name, bench.limits.note);
        ck_assert_uint_eq(bench.limits.optional_kinds, ALL_KINDS & ~s->off);
        ck_assert_uint_ge(host.warnings, 1);
        test_bench_close(&bench);
    } else {
        ck_assert_msg(status == NSC_BACKEND_FAILED, "%s: %d %s", s->name, status, host.failure);
        ck_assert_ptr_null(bench.device);
        ck_assert_msg(strstr(host.failure, s->said) != NULL, "%s: \"%s\"", s->name, host.failure);
    }
    layer.claim_gpu(0);
    if (!s->gpu) /* else another device */
        check_healthy(s, &host);
    test_host_free(&host);
}
END_TEST

/* The want of memory, or of the device, decides nothing and fails the open; what came of it is not remembered. */
START_TEST(checks_decide_nothing_without_memory)
{
    static const int codes[] = {CL_OUT_OF_RESOURCES, CL_DEVICE_NOT_AVAILABLE};
    static const nsc_backend_status statuses[] = {NSC_BACKEND_NO_MEMORY, NSC_BACKEND_LOST};
    test_host host;
    test_host_init(&host);
    for (size_t c = 0; c < 2; c++)
        for (unsigned long n = 1; n <= 12; n += 5) {
            test_bench bench;
            layer.set(&(nsc_layer_fault){.call = "clEnqueueNDRangeKernel", .n = n, .code = codes[c]});
            ck_assert_int_eq(test_bench_try(&bench, &host), statuses[c]);
            ck_assert_ptr_nonnull(layer.failed());
            ck_assert_ptr_nonnull(strstr(host.failure, "clEnqueueNDRangeKernel"));
            layer.set(NULL);
        }
    check_healthy(&(spoil){.name = "without memory"}, &host);
    test_host_free(&host);
}
END_TEST

int main(void)
{
    layer_find(&layer);
    Suite *suite = suite_create("self-checks");
    TCase *tests = tcase_create("checks");
    tcase_add_loop_test(tests, checks_find_a_wrong_kernel, 0, (int)(sizeof spoils / sizeof *spoils));
    tcase_add_test(tests, checks_decide_nothing_without_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); /* drivers do not survive a fork */
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
