/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles through the public header: what is recorded is what the context counts. No time is compared with anything but
 * other times of the same profile. */
#include "support.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool on_opencl(int index)
{
    return strcmp(model_backend_name(index), "opencl") == 0;
}

static nsc_block *a_net(void)
{
    return nsc_sequential(nsc_dense(256, .activation = NSC_RELU), nsc_named("head", nsc_dense(10)),
                          nsc_activate(NSC_SOFTMAX));
}

/* ---- records ---------------------------------------------------------------------------------------------------- */

enum { MOST = 512 };
static nsc_profile_record records[MOST];
static size_t record_count;

static int keep(void *user, const nsc_profile_record *record)
{
    (void)user;
    ck_assert_uint_lt(record_count, MOST);
    ck_assert_int_ge(record->duration_ns, 0);
    ck_assert_int_ge(record->start_ns, 0);
    ck_assert(record->name[0] != 0 && record->path != NULL && record->block != NULL && record->shape != NULL);
    records[record_count++] = *record;
    return 0;
}

static size_t count_of(nsc_profile_kind kind, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < record_count; i++)
        count += records[i].kind == kind && (name == NULL || strcmp(records[i].name, name) == 0);
    return count;
}

static const nsc_profile_record *first_of(const char *name, const char *path)
{
    for (size_t i = 0; i < record_count; i++)
        if (strcmp(records[i].name, name) == 0 && strcmp(records[i].path, path) == 0)
            return &records[i];
    ck_abort_msg("no %s of '%s' was recorded", name, path);
}

/* Two forwards of a net, the first of which makes everything, each with its read. */
static void two_forwards(nsc_context *context, nsc_block *net, float *result, size_t bytes)
{
    nsc_tensor *x = INPUT(context, 1, 2, 20), *y = NULL;
    ASSERT_OK(nsc_initialize(net, context, NULL));
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(nsc_forward(net, x, &y));
        ASSERT_OK(nsc_tensor_read(y, result, bytes));
    }
    nsc_tensor_release(x);
    nsc_tensor_release(y);
}

static nsc_statistics statistics_of(nsc_context *context)
{
    nsc_statistics now;
    ASSERT_OK(nsc_context_statistics(context, &now, sizeof now));
    return now;
}

START_TEST(test_what_is_recorded_is_what_is_counted)
{
    nsc_context *context = model_context(_i);
    float plain[20], profiled[20];
    nsc_block *net = a_net();
    two_forwards(context, net, plain, sizeof plain);
    nsc_release(net);
    net = a_net();
    ASSERT_OK(nsc_profile_start(context));
    nsc_statistics before = statistics_of(context);
    two_forwards(context, net, profiled, sizeof profiled);
    ASSERT_OK(nsc_profile_stop(context));
    nsc_statistics after = statistics_of(context);
    ck_assert(memcmp(plain, profiled, sizeof plain) == 0);
    record_count = 0;
    ASSERT_OK(nsc_profile_each(context, keep, NULL));

    nsc_profile_summary summary;
    ASSERT_OK(nsc_profile_summarize(context, &summary, sizeof summary));
    ck_assert_uint_eq(summary.records, record_count);
    ck_assert_uint_eq(summary.dropped, 0);
    ck_assert_int_gt(summary.duration_ns, 0);
    ck_assert_uint_eq(summary.launches, after.launches - before.launches);
    ck_assert_uint_eq(count_of(NSC_PROFILE_LAUNCH, NULL), summary.launches);
    ck_assert_uint_eq(count_of(NSC_PROFILE_UPLOAD, NULL), after.uploads - before.uploads);
    ck_assert_uint_eq(count_of(NSC_PROFILE_DOWNLOAD, NULL), after.downloads - before.downloads);
    ck_assert_uint_eq(count_of(NSC_PROFILE_WAIT, NULL), after.finishes - before.finishes);
    ck_assert_uint_gt(count_of(NSC_PROFILE_MEMORY, NULL), 0);
    ck_assert_uint_eq(count_of(NSC_PROFILE_PHASE, "trace"), 1);
    ck_assert_uint_eq(count_of(NSC_PROFILE_PHASE, "commit"), 1);
    ck_assert_uint_eq(count_of(NSC_PROFILE_PHASE, "plan"), 1);
    ck_assert_uint_eq(count_of(NSC_PROFILE_PHASE, "prepare"), 2); /* for the commit and for the plan */
    ck_assert_uint_eq(count_of(NSC_PROFILE_PHASE, "first forward"), 1);
    ck_assert_uint_eq(count_of(NSC_PROFILE_PHASE, "run"), 3);

    uint64_t up = 0, down = 0, prepared = 0, built = 0, loaded = 0;
    for (size_t i = 0; i < record_count; i++) {
        up += records[i].kind == NSC_PROFILE_UPLOAD ? records[i].bytes_written : 0;
        down += records[i].kind == NSC_PROFILE_DOWNLOAD ? records[i].bytes_read : 0;
        prepared += records[i].operations;
        built += records[i].programs_built;
        loaded += records[i].programs_loaded;
    }
    ck_assert_uint_eq(up, after.upload_bytes - before.upload_bytes);
    ck_assert_uint_eq(down, after.download_bytes - before.download_bytes);
    ck_assert_uint_eq(prepared, after.prepared - before.prepared);
    ck_assert_uint_eq(built, after.programs_built - before.programs_built);
    ck_assert_uint_eq(loaded, after.programs_loaded - before.programs_loaded);
    nsc_release(net);
}
END_TEST

START_TEST(test_launches_say_what_and_whose_they_are)
{
    if (model_is_plain(_i))
        return; /* it has other launches: test_composed_layers */
    nsc_context *context = model_context(_i);
    float result[20];
    nsc_block *net = a_net();
    ASSERT_OK(nsc_profile_start(context));
    two_forwards(context, net, result, sizeof result);
    ASSERT_OK(nsc_profile_stop(context));
    record_count = 0;
    ASSERT_OK(nsc_profile_each(context, keep, NULL));

    const nsc_profile_record *first = first_of("gemm_epilogue", "0"), *head = first_of("gemm_epilogue", "head");
    ck_assert_str_eq(first->block, "dense");
    ck_assert_str_eq(first->shape, "(2,20)x(20,256)");
    ck_assert_uint_eq(first->flops, 2 * 2 * 20 * 256 + 2 * 512); /* the bias and relu */
    ck_assert_uint_eq(first->bytes_read, (2 * 20 + 20 * 256 + 256) * 4);
    ck_assert_uint_eq(first->bytes_written, 2 * 256 * 4);
    ck_assert_str_eq(head->shape, "(2,256)x(256,10)");
    ck_assert_uint_eq(head->flops, 2 * 2 * 256 * 10 + 20);
    const nsc_profile_record *softmax = first_of("softmax", "2");
    ck_assert_str_eq(softmax->block, "activation");
    ck_assert_str_eq(softmax->shape, "(2,10)");
    ck_assert_str_eq(first_of("random", "0.weight")->shape, "(5120)");
    ck_assert_str_eq(first_of("map", "head.bias")->block, "");

    /* Nothing begins before what it came after, and a queue in order does one thing at a time. */
    int64_t host = 0, device = 0;
    for (size_t i = 0; i < record_count; i++) {
        if (records[i].kind != NSC_PROFILE_LAUNCH)
            continue;
        ck_assert_int_ge(records[i].start_ns, host);
        host = records[i].start_ns + records[i].duration_ns;
        if (!on_opencl(_i)) {
            ck_assert_int_eq(records[i].device_duration_ns, NSC_PROFILE_UNKNOWN);
            continue;
        }
        ck_assert_int_ge(records[i].device_duration_ns, 0);
        ck_assert_int_ge(records[i].device_start_ns, device);
        device = records[i].device_start_ns + records[i].device_duration_ns;
    }
    nsc_release(net);
}
END_TEST

/* A product and a map instead of one kernel: on OpenCL that may be several kernels of CLBlast, timed as one. */
START_TEST(test_composed_layers)
{
    nsc_context *context = model_open(_i, &(nsc_context_options){.compose = "gemm_epilogue"});
    float result[20];
    nsc_block *net = a_net();
    ASSERT_OK(nsc_profile_start(context));
    two_forwards(context, net, result, sizeof result);
    ASSERT_OK(nsc_profile_stop(context));
    record_count = 0;
    ASSERT_OK(nsc_profile_each(context, keep, NULL));
    const nsc_profile_record *gemm = first_of("gemm", "0");
    ck_assert_str_eq(gemm->block, "dense");
    ck_assert_uint_eq(gemm->flops, 2 * 2 * 20 * 256);
    ck_assert_str_eq(first_of("map", "0")->shape, "(2,256)");
    ck_assert((gemm->device_duration_ns >= 0) == on_opencl(_i));
    nsc_release(net);
    ASSERT_OK(nsc_context_close(context));
}
END_TEST

typedef struct totals {
    uint64_t launches, flops;
    double share;
    bool first;
} totals;

static int add_total(void *user, const nsc_profile_total *total)
{
    totals *sum = user;
    if (strcmp(total->path, "0") == 0) {
        ck_assert_str_eq(total->name, "gemm_epilogue");
        ck_assert_uint_eq(total->launches, 2);
        ck_assert_uint_eq(total->flops, 2 * (20480 + 1024));
        sum->first = true;
    }
    ck_assert(total->share >= 0 && total->share <= 1);
    ck_assert_int_ge(total->host_ns, 0);
    sum->launches += total->launches;
    sum->flops += total->flops;
    sum->share += total->share;
    return 0;
}

START_TEST(test_totals)
{
    if (model_is_plain(_i))
        return; /* it has other launches: test_composed_layers */
    nsc_context *context = model_context(_i);
    float result[20];
    nsc_block *net = a_net();
    ASSERT_OK(nsc_profile_start(context));
    two_forwards(context, net, result, sizeof result);
    ASSERT_OK(nsc_profile_stop(context));
    record_count = 0;
    ASSERT_OK(nsc_profile_each(context, keep, NULL));
    totals sum = {0};
    ASSERT_OK(nsc_profile_totals(context, add_total, &sum));
    uint64_t flops = 0;
    for (size_t i = 0; i < record_count; i++)
        flops += records[i].flops;
    ck_assert(sum.first);
    ck_assert_uint_eq(sum.launches, count_of(NSC_PROFILE_LAUNCH, NULL));
    ck_assert_uint_eq(sum.flops, flops);
    ck_assert(fabs(sum.share - 1) < 1e-9);
    nsc_release(net);
}
END_TEST

static int stop_at_once(void *user, const nsc_profile_record *record)
{
    (void)record;
    ++*(int *)user;
    return 1;
}

START_TEST(test_misuse)
{
    nsc_context *context = model_open(_i, NULL);
    nsc_profile_summary summary;
    totals sum = {0};
    int calls = 0;
    ASSERT_STATUS(nsc_profile_start(NULL), NSC_INVALID);
    ASSERT_STATUS(nsc_profile_stop(NULL), NSC_INVALID);
    ASSERT_STATUS(nsc_profile_each(NULL, keep, NULL), NSC_INVALID);
    ASSERT_STATUS(nsc_profile_write(NULL, "x"), NSC_INVALID);
    ASSERT_STATUS(nsc_profile_stop(context), NSC_INVALID);
    ASSERT_STATUS(nsc_profile_each(context, keep, NULL), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(context), "no profile was made");
    ASSERT_OK(nsc_profile_start(context));
    ASSERT_STATUS(nsc_profile_start(context), NSC_INVALID);
    ASSERT_STATUS(nsc_profile_totals(context, add_total, &sum), NSC_INVALID);
    ASSERT_STATUS(nsc_profile_summarize(context, &summary, sizeof summary), NSC_INVALID);
    ASSERT_STATUS(nsc_profile_write(context, "/tmp/nascent-never.json"), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(context), "nsc_profile_write", "still on");
    ASSERT_OK(nsc_context_finish(context));
    ASSERT_OK(nsc_profile_stop(context));
    ASSERT_STATUS(nsc_profile_stop(context), NSC_INVALID);
    ASSERT_STATUS(nsc_profile_each(context, NULL, NULL), NSC_INVALID);
    ASSERT_STATUS(nsc_profile_totals(context, NULL, NULL), NSC_INVALID);
    ASSERT_STATUS(nsc_profile_summarize(context, NULL, 8), NSC_INVALID);
    ASSERT_STATUS(nsc_profile_write(context, NULL), NSC_INVALID);
    ASSERT_STATUS(nsc_profile_write(context, ""), NSC_INVALID);
    ASSERT_OK(nsc_profile_each(context, stop_at_once, &calls));
    ck_assert_int_eq(calls, 1);
    ASSERT_OK(nsc_profile_start(context)); /* and one that is closed while it is on */
    ASSERT_OK(nsc_context_close(context));
}
END_TEST

int main(void)
{
    TCase *tests = model_begin("profile");
    EACH_BACKEND(tests, test_what_is_recorded_is_what_is_counted);
    EACH_BACKEND(tests, test_launches_say_what_and_whose_they_are);
    EACH_BACKEND(tests, test_composed_layers);
    EACH_BACKEND(tests, test_totals);
    EACH_BACKEND(tests, test_misuse);
    return model_end();
}
