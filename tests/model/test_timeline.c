/* SPDX-License-Identifier: Apache-2.0 */
/* Timelines as files, of a profile and of NASCENT_TRACE: every event is what a viewer takes, and there are as many as were
 * counted. */
#include "support.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/nascent-profile-XXXXXX";

static const char *in_folder(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static bool exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0;
}

static bool on_opencl(int index)
{
    return strcmp(model_backend_name(index), "opencl") == 0;
}

static nsc_block *a_net(void)
{
    return nsc_sequential(nsc_dense(256, .activation = NSC_RELU), nsc_named("head", nsc_dense(10)),
                          nsc_activate(NSC_SOFTMAX));
}

/* ---- lives --------------------------------------------------------------------------------------------------------- */

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

/* ---- files ------------------------------------------------------------------------------------------------------ */

static cJSON *parse_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is not there", path);
    static char text[1 << 20];
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    cJSON *whole = cJSON_Parse(text);
    ck_assert_msg(whole != NULL, "%s is no JSON: %.200s", path, cJSON_GetErrorPtr());
    return whole;
}

static double number_of(const cJSON *event, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(event, key);
    ck_assert_msg(cJSON_IsNumber(item), "an event without the number %s", key);
    return item->valuedouble;
}

static const char *text_of(const cJSON *event, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, key));
    ck_assert_msg(text != NULL, "an event without the text %s", key);
    return text;
}

/* Slices of one track lie beside or inside each other. Times are whole nanoseconds. */
static void check_nesting(const cJSON *events)
{
    const cJSON *a, *b;
    cJSON_ArrayForEach(a, events)
    {
        if (strcmp(text_of(a, "ph"), "X") != 0)
            continue;
        long long start = llround(number_of(a, "ts") * 1000), end = start + llround(number_of(a, "dur") * 1000);
        for (b = a->next; b != NULL; b = b->next) {
            if (strcmp(text_of(b, "ph"), "X") != 0 || number_of(a, "tid") != number_of(b, "tid"))
                continue;
            long long other = llround(number_of(b, "ts") * 1000), last = other + llround(number_of(b, "dur") * 1000);
            ck_assert_msg(end <= other || last <= start || (other <= start && end <= last) ||
                              (start <= other && last <= end),
                          "%s and %s cross", text_of(a, "name"), text_of(b, "name"));
        }
    }
}

/* Every event has what the format asks for; gives how many have this category. */
static size_t check_events(const cJSON *whole, const char *category)
{
    const cJSON *event, *events = cJSON_GetObjectItemCaseSensitive(whole, "traceEvents");
    size_t found = 0, processes = 0, threads = 0;
    ck_assert(cJSON_IsArray(events));
    cJSON_ArrayForEach(event, events)
    {
        const char *phase = text_of(event, "ph");
        ck_assert(number_of(event, "pid") == (double)getpid());
        ck_assert(number_of(event, "ts") >= 0 || strcmp(phase, "M") != 0);
        ck_assert(number_of(event, "tid") >= 0);
        ck_assert_str_ne(text_of(event, "name"), "");
        ck_assert(cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(event, "args")));
        if (strcmp(phase, "X") == 0)
            ck_assert(number_of(event, "dur") >= 0);
        else
            ck_assert(strcmp(phase, "C") == 0 || strcmp(phase, "M") == 0);
        processes += strcmp(text_of(event, "name"), "process_name") == 0;
        threads += strcmp(text_of(event, "name"), "thread_name") == 0;
        const cJSON *cat = cJSON_GetObjectItemCaseSensitive(event, "cat");
        found += cat != NULL && strcmp(cat->valuestring, category) == 0;
    }
    ck_assert_uint_eq(processes, 1);
    ck_assert_uint_ge(threads, 1);
    check_nesting(events);
    return found;
}

static const cJSON *event_named(const cJSON *whole, const char *name)
{
    const cJSON *event;
    cJSON_ArrayForEach(event, cJSON_GetObjectItemCaseSensitive(whole, "traceEvents"))
    {
        if (strcmp(text_of(event, "name"), name) == 0)
            return event;
    }
    ck_abort_msg("no event '%s'", name);
}

START_TEST(test_a_file)
{
    if (model_is_plain(_i))
        return; /* it has other launches: the numbers below are of the fused one */
    nsc_context *context = model_context(_i);
    float result[20];
    nsc_block *net =
        nsc_sequential(nsc_dense(256, .activation = NSC_RELU), nsc_named("a\"b\"\\c\xc3\xa9", nsc_dense(10)));
    const char *path = in_folder("profile.json");
    ASSERT_OK(nsc_profile_start(context));
    nsc_statistics before = statistics_of(context);
    two_forwards(context, net, result, sizeof result);
    uint64_t launches = statistics_of(context).launches - before.launches;
    ASSERT_OK(nsc_profile_stop(context));
    ASSERT_STATUS(nsc_profile_write(context, in_folder("missing/profile.json")), NSC_IO);
    ASSERT_SAYS(nsc_last_error(NULL), "missing/profile.json", "No such file or directory");
    ASSERT_STATUS(nsc_profile_write(context, folder), NSC_IO);
    ASSERT_OK(nsc_profile_write(context, path));
    ASSERT_OK(nsc_profile_write(context, path)); /* over the old one */
    cJSON *whole = parse_file(path);
    ck_assert_uint_eq(check_events(whole, "launch"), launches);
    ck_assert_uint_eq(check_events(whole, "device"), on_opencl(_i) ? launches : 0);
    const cJSON *gemm = event_named(whole, "gemm_epilogue 0 (dense) (2,20)x(20,256)");
    const cJSON *args = cJSON_GetObjectItemCaseSensitive(gemm, "args");
    ck_assert(number_of(args, "flops") == 21504);
    ck_assert(number_of(args, "bytes read") == 21664);
    ck_assert(number_of(args, "bytes written") == 2048);
    event_named(whole, "gemm_epilogue a\"b\"\\c\xc3\xa9 (dense) (2,256)x(256,10)");
    event_named(whole, "first forward");
    event_named(whole, "pool, bytes");
    cJSON_Delete(whole);
    unlink(path);
    nsc_release(net);
}
END_TEST

static char log_text[4096];

static void keep_log(void *user, nsc_log_level level, const char *text)
{
    (void)user;
    size_t used = strlen(log_text);
    snprintf(log_text + used, sizeof log_text - used, "%d: %s\n", (int)level, text);
}

static nsc_status open_logged(int index, nsc_context **context)
{
    nsc_context_options options = {.backend = model_backend_name(index), .log = keep_log, .log_level = NSC_LOG_INFO};
    log_text[0] = 0;
    return nsc_context_create(context, &options, sizeof options);
}

START_TEST(test_the_variable)
{
    nsc_context *first, *second;
    float result[20];
    nsc_block *net = a_net();
    char name[64], name_of_second[64], before[256];
    static int number; /* the process counts the files: 1, 2, 3, 4 over both backends */
    snprintf(name, sizeof name, number == 0 ? "trace.json" : "trace.%d.json", number + 1);
    snprintf(name_of_second, sizeof name_of_second, "trace.%d.json", number + 2);
    number += 2;
    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    ck_assert_int_eq(chdir(folder), 0);
    setenv("NASCENT_TRACE", "trace.json", 1);
    ASSERT_OK(open_logged(_i, &first));
    ASSERT_SAYS(log_text, "is recorded, and written to", name);
    ASSERT_OK(open_logged(_i, &second));
    unsetenv("NASCENT_TRACE");
    ck_assert_int_eq(chdir(before), 0); /* a relative path is that of the opening */

    two_forwards(first, net, result, sizeof result);
    nsc_release(net);
    net = a_net();
    ASSERT_OK(nsc_profile_start(first)); /* the program's own profile is a part of it */
    two_forwards(first, net, result, sizeof result);
    ASSERT_OK(nsc_profile_stop(first));
    nsc_release(net);
    uint64_t launches = statistics_of(first).launches;
    nsc_profile_summary summary;
    ASSERT_OK(nsc_profile_summarize(first, &summary, sizeof summary));
    ck_assert_uint_eq(summary.launches * 2, launches);
    ck_assert(!exists(in_folder(name)));
    log_text[0] = 0;
    ASSERT_OK(nsc_context_close(second));
    ASSERT_OK(nsc_context_close(first));
    ASSERT_SAYS(log_text, "events were written to", name, name_of_second);

    cJSON *whole = parse_file(in_folder(name)), *other = parse_file(in_folder(name_of_second));
    ck_assert_uint_eq(check_events(whole, "launch"), launches);
    ck_assert_uint_eq(check_events(whole, "device"), on_opencl(_i) ? launches : 0);
    ck_assert_uint_eq(check_events(other, "launch"), 0);
    event_named(whole, "open");
    event_named(other, "open");
    cJSON_Delete(whole);
    cJSON_Delete(other);
    unlink(in_folder(name));
    unlink(in_folder(name_of_second));
}
END_TEST

START_TEST(test_a_variable_that_cannot_be_followed)
{
    nsc_context *context;
    char path[256];
    setenv("NASCENT_TRACE", in_folder("missing/trace.json"), 1);
    ASSERT_STATUS(open_logged(_i, &context), NSC_IO);
    ck_assert_ptr_null(context);
    ASSERT_SAYS(nsc_last_error(NULL), "NASCENT_TRACE is", "missing/trace.json", "No such file or directory");
    setenv("NASCENT_TRACE", folder, 1);
    ASSERT_STATUS(open_logged(_i, &context), NSC_IO);
    ASSERT_SAYS(nsc_last_error(NULL), "is a folder");
    setenv("NASCENT_TRACE", "/tmp/", 1);
    ASSERT_STATUS(open_logged(_i, &context), NSC_INVALID);
    ASSERT_SAYS(nsc_last_error(NULL), "NASCENT_TRACE: '/tmp/' names no file");
    setenv("NASCENT_TRACE", "/proc/trace.json", 1); /* a folder in which nobody can write, not even root */
    ASSERT_STATUS(open_logged(_i, &context), NSC_IO);
    ASSERT_SAYS(nsc_last_error(NULL), "/proc/trace", "cannot be written");

    /* What goes away later is an error in the log; the context closes. */
    snprintf(path, sizeof path, "%s", in_folder("gone"));
    ck_assert_int_eq(mkdir(path, 0700), 0);
    setenv("NASCENT_TRACE", in_folder("gone/trace.json"), 1);
    ASSERT_OK(open_logged(_i, &context));
    unsetenv("NASCENT_TRACE");
    ck_assert_int_eq(rmdir(path), 0); /* so nothing lies in it until the end */
    log_text[0] = 0;
    ASSERT_OK(nsc_context_close(context));
    ASSERT_SAYS(log_text, "1: NASCENT_TRACE: nothing was written", "gone/trace");
}
END_TEST

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return EXIT_FAILURE;
    TCase *tests = model_begin("timeline");
    EACH_BACKEND(tests, test_a_file);
    EACH_BACKEND(tests, test_the_variable);
    EACH_BACKEND(tests, test_a_variable_that_cannot_be_followed);
    int result = model_end();
    rmdir(folder);
    return result;
}
