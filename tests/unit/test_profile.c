/* SPDX-License-Identifier: Apache-2.0 */
/* The recorder of a device: what is recorded, what is counted when there is no room, the times that a backend gives. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/device/profile.h"
#include "core/device/work.h"
#include "core/error.h"
#include "core/io/timeline.h"
#include "device.h"

enum { MANY = 5000 }; /* launches in one run, more than a backend keeps the times of */

/* ---- a backend that gives times: launch number n ran from 10 n to 10 n + 3 -------------------------------------- */

static struct {
    nsc_backend_status start, read;
    uint32_t capacity, kept, starts, stops, reads;
    uint64_t tags[2 * MANY], launched;
    bool lies;
} timing;

static nsc_backend_status timing_start(nsc_backend_device *handle, uint32_t capacity)
{
    (void)handle;
    timing.starts++;
    timing.capacity = capacity;
    timing.kept = 0;
    return timing.start;
}

static nsc_backend_status timing_launch(nsc_backend_device *handle, nsc_backend_queue *queue, nsc_backend_step *step,
                                        const nsc_backend_binding *bindings, uint32_t binding_count,
                                        const float *scalars, uint32_t scalar_count, uint64_t tag)
{
    nsc_backend_status status = fake_table.launch(handle, queue, step, bindings, binding_count, scalars, scalar_count);
    if (status == NSC_BACKEND_OK && timing.kept < timing.capacity)
        timing.tags[timing.kept++] = tag;
    return status;
}

static nsc_backend_status timing_read(nsc_backend_device *handle, nsc_backend_time *times, uint32_t *count)
{
    const uint32_t capacity = *count;
    (void)handle;
    timing.reads++;
    for (*count = 0; *count < capacity && timing.kept > 0; ++*count) {
        uint64_t number = ++timing.launched, tag = timing.tags[--timing.kept];
        times[*count] = (nsc_backend_time){
            .tag = timing.lies ? UINT64_MAX - number : tag, .start = 10 * number, .end = 10 * number + 3};
    }
    return timing.read;
}

static void timing_stop(nsc_backend_device *handle)
{
    (void)handle;
    timing.stops++;
}

static void open_with_times(bool offered)
{
    memset(&timing, 0, sizeof timing);
    fake_table.profile_start = offered ? timing_start : NULL;
    fake_table.launch_timed = offered ? timing_launch : NULL;
    fake_table.profile_read = offered ? timing_read : NULL;
    fake_table.profile_stop = offered ? timing_stop : NULL;
    fake_reset();
    ck_assert_int_eq(open_fake(), NSC_OK);
}

/* ---- counting --------------------------------------------------------------------------------------------------- */

typedef struct counts {
    size_t all, launches, timed, runs, waits, uploads, downloads, memory, threads;
    uint64_t dropped;
    bool seen[64];
} counts;

static counts count_all(nsc_profile_user user)
{
    counts total = {0};
    nsc_profile_window window;
    const char *reason;
    bool sane = true;
    ck_assert_msg(nsc_profiler_window(&device, user, &window, &reason), "%s", reason);
    total.dropped = window.dropped;
    for (size_t i = window.first; i < window.end; i++) {
        nsc_profile_record record;
        size_t work;
        if (!nsc_profiler_record(&device, &window, i, &record, &work))
            continue;
        total.all++;
        total.launches += record.kind == NSC_PROFILE_LAUNCH;
        total.runs += record.kind == NSC_PROFILE_PHASE && strcmp(record.name, "run") == 0;
        total.waits += record.kind == NSC_PROFILE_WAIT;
        total.uploads += record.kind == NSC_PROFILE_UPLOAD;
        total.downloads += record.kind == NSC_PROFILE_DOWNLOAD;
        total.memory += record.kind == NSC_PROFILE_MEMORY;
        total.timed += record.device_duration_ns >= 0;
        sane = sane && (record.device_duration_ns == 3 || record.device_duration_ns == NSC_PROFILE_UNKNOWN) &&
               record.start_ns >= 0 && record.duration_ns >= 0 && record.thread >= 1;
        if (record.thread < 64 && !total.seen[record.thread])
            total.threads++;
        if (record.thread < 64)
            total.seen[record.thread] = true;
    }
    ck_assert(sane);
    return total;
}

static nsc_status start(void)
{
    return nsc_profiler_start(&device, NSC_PROFILE_OF_PROGRAM, nsc_profile_now());
}

static nsc_status stop(void)
{
    return nsc_profiler_stop(&device, NSC_PROFILE_OF_PROGRAM);
}

static void fail_at(const char *entry, int nth)
{
    fake.entry = entry;
    fake.nth = nth;
    fake.result = NSC_BACKEND_FAILED;
    fake.calls = 0;
}

START_TEST(off_is_off)
{
    nsc_profile_window window;
    const char *reason;
    open_with_times(true);
    ck_assert(!nsc_profiling(&device));
    ck_assert_int_eq(stop(), NSC_INVALID);
    assert_says(nsc_error_text(5), "is not on: start it first");
    ck_assert(!nsc_profiler_window(&device, NSC_PROFILE_OF_PROGRAM, &window, &reason));
    assert_says(reason, "no profile was made");
    ck_assert_int_eq(start(), NSC_OK);
    ck_assert_int_eq(start(), NSC_INVALID);
    assert_says(nsc_error_text(5), "is on already: stop it first");
    ck_assert(!nsc_profiler_window(&device, NSC_PROFILE_OF_PROGRAM, &window, &reason));
    assert_says(reason, "is still on");
    ck_assert_int_eq(stop(), NSC_OK);
    ck_assert(!nsc_profiling(&device));
    ck_assert_uint_eq(timing.starts, 1);
    ck_assert_uint_eq(timing.stops, 1);
    const nsc_launch launches[3] = {{0}};
    ck_assert_int_eq(nsc_device_run(&device, launches, 3), NSC_OK);
    counts all = count_all(NSC_PROFILE_OF_PROGRAM);
    ck_assert_uint_eq(all.launches, 0);
    ck_assert_uint_eq(all.waits, 1); /* that of stop */
    close_fake();
}
END_TEST

START_TEST(what_is_recorded_is_what_was_counted)
{
    open_with_times(false);
    ck_assert_int_eq(start(), NSC_OK);
    const nsc_launch launches[5] = {{0}};
    ck_assert_int_eq(nsc_device_run(&device, launches, 5), NSC_OK);
    fail_at("launch", 3);
    ck_assert_int_eq(nsc_device_run(&device, launches, 5), NSC_FAILED);
    assert_says(nsc_error_text(5), "launching step 3 of 5 on fake:0");
    fake.entry = NULL;
    nsc_memory *memory;
    char back[4];
    ck_assert_int_eq(nsc_pool_take(&device, 10, &memory), NSC_OK);
    ck_assert_int_eq(nsc_device_write(&device, memory->buffer, 0, 4, "abc"), NSC_OK);
    ck_assert_int_eq(nsc_device_read(&device, memory->buffer, 0, 4, back), NSC_OK);
    fail_at("read", 1);
    ck_assert_int_eq(nsc_device_read(&device, memory->buffer, 0, 4, back), NSC_FAILED);
    fake.entry = NULL;
    ck_assert_int_eq(nsc_device_finish(&device), NSC_OK);
    nsc_pool_give(memory);
    nsc_pool_trim(&device);
    ck_assert_int_eq(stop(), NSC_OK);
    counts all = count_all(NSC_PROFILE_OF_PROGRAM);
    ck_assert_uint_eq(all.launches, 7);
    ck_assert_uint_eq(all.launches, atomic_load(&device.counters.launches));
    ck_assert_uint_eq(all.runs, 2);
    ck_assert_uint_eq(all.uploads, atomic_load(&device.counters.uploads));
    ck_assert_uint_eq(all.downloads, atomic_load(&device.counters.downloads));
    ck_assert_uint_eq(all.waits, atomic_load(&device.counters.finishes));
    ck_assert_uint_eq(all.memory, 3);
    ck_assert_uint_eq(all.timed, 0);
    ck_assert_uint_eq(all.dropped, 0);

    ck_assert_int_eq(start(), NSC_OK); /* forgets all that */
    ck_assert_int_eq(stop(), NSC_OK);
    ck_assert_uint_eq(count_all(NSC_PROFILE_OF_PROGRAM).launches, 0);
    close_fake();
}
END_TEST

START_TEST(times_of_the_device)
{
    static const nsc_launch launches[MANY] = {{0}};
    open_with_times(true);
    ck_assert_int_eq(start(), NSC_OK);
    ck_assert_int_eq(nsc_device_run(&device, launches, MANY), NSC_OK);
    ck_assert_uint_gt(timing.reads, 0); /* the backend keeps fewer */
    ck_assert_int_eq(nsc_device_finish(&device), NSC_OK);
    ck_assert_uint_eq(timing.kept, 0);
    fail_at("launch", 2);
    ck_assert_int_eq(nsc_device_run(&device, launches, 3), NSC_FAILED);
    fake.entry = NULL;
    ck_assert_int_eq(stop(), NSC_OK);
    counts all = count_all(NSC_PROFILE_OF_PROGRAM);
    ck_assert_uint_eq(all.launches, MANY + 1);
    ck_assert_uint_eq(all.timed, MANY + 1);
    close_fake();
}
END_TEST

START_TEST(times_that_do_not_come)
{
    static const nsc_launch launches[10] = {{0}};
    open_with_times(true);
    timing.start = NSC_BACKEND_UNSUPPORTED;
    ck_assert_int_eq(start(), NSC_OK);
    ck_assert_int_eq(nsc_device_run(&device, launches, 10), NSC_OK);
    ck_assert_int_eq(stop(), NSC_OK);
    ck_assert_uint_eq(count_all(NSC_PROFILE_OF_PROGRAM).launches, 10);
    ck_assert_uint_eq(count_all(NSC_PROFILE_OF_PROGRAM).timed, 0);
    ck_assert_uint_eq(timing.stops, 0);

    timing.start = NSC_BACKEND_NO_MEMORY;
    ck_assert_int_eq(start(), NSC_NO_MEMORY);
    assert_says(nsc_error_text(5), "starting a profile on fake:0");
    ck_assert(!nsc_profiling(&device));

    timing.start = NSC_BACKEND_OK;
    for (int i = 0; i < 2; i++) {
        timing.read = i == 0 ? NSC_BACKEND_FAILED : NSC_BACKEND_OK;
        timing.lies = i == 1; /* tags that were never given */
        ck_assert_int_eq(start(), NSC_OK);
        ck_assert_int_eq(nsc_device_run(&device, launches, 10), NSC_OK);
        ck_assert_int_eq(stop(), NSC_OK);
        ck_assert_uint_eq(count_all(NSC_PROFILE_OF_PROGRAM).launches, 10);
        ck_assert_uint_eq(count_all(NSC_PROFILE_OF_PROGRAM).timed, 0);
    }

    fake_table.profile_stop = device.table.profile_stop = NULL; /* three of four are none */
    ck_assert_int_eq(start(), NSC_OK);
    ck_assert_int_eq(nsc_device_run(&device, launches, 10), NSC_OK);
    ck_assert_int_eq(stop(), NSC_OK);
    ck_assert_uint_eq(timing.starts, 4);
    close_fake();
}
END_TEST

START_TEST(a_device_that_fails_at_the_end)
{
    open_with_times(true);
    ck_assert_int_eq(start(), NSC_OK);
    fail_at("finish", 1);
    ck_assert_int_eq(stop(), NSC_FAILED);
    ck_assert(!nsc_profiling(&device));
    ck_assert_uint_eq(timing.stops, 1);
    ck_assert_uint_eq(count_all(NSC_PROFILE_OF_PROGRAM).all, 0);
    close_fake();
}
END_TEST

START_TEST(a_full_recorder_counts)
{
    const nsc_launch launches[5] = {{0}};
    const size_t room = 1 << 20;
    open_with_times(true);
    ck_assert_int_eq(start(), NSC_OK);
    for (size_t i = 0; i < room - 2; i++)
        nsc_profile_memory(&device, i, i);
    ck_assert_int_eq(nsc_device_run(&device, launches, 5), NSC_OK); /* two of the launches find room */
    ck_assert_int_eq(stop(), NSC_OK);
    counts all = count_all(NSC_PROFILE_OF_PROGRAM);
    ck_assert_int_eq(fake.launches, 5);
    ck_assert_uint_eq(all.all, room);
    ck_assert_uint_eq(all.memory, room - 2);
    ck_assert_uint_eq(all.timed, 2);
    ck_assert_uint_eq(all.dropped, 3 + 1 + 1); /* launches, the run, the wait */
    close_fake();
}
END_TEST

START_TEST(the_same_work_has_one_number)
{
    char path[] = "0.1";
    nsc_work works[3];
    nsc_backend_random random = {
        .kind = NSC_BACKEND_RANDOM,
        .distribution = NSC_BACKEND_WORDS,
        .output = {.rank = 1, .dtype = {NSC_BACKEND_UINT, 32, 1}, .dims = {4}, .strides = {1}}};
    for (int i = 0; i < 3; i++) {
        works[i].path = i < 2 ? path : "2";
        works[i].block = "dense";
        nsc_work_describe(&works[i], (const void *)&random);
    }
    open_with_times(false);
    ck_assert_int_eq(start(), NSC_OK);
    const nsc_launch launches[4] = {{.work = &works[0]}, {.work = &works[1]}, {.work = &works[2]}, {0}};
    ck_assert_int_eq(nsc_device_run(&device, launches, 4), NSC_OK);
    path[0] = 'x'; /* the recorder has its own */
    ck_assert_int_eq(stop(), NSC_OK);
    ck_assert_uint_eq(nsc_profiler_works(&device), 2);
    nsc_profile_window window;
    const char *reason;
    ck_assert(nsc_profiler_window(&device, NSC_PROFILE_OF_PROGRAM, &window, &reason));
    static const size_t numbers[] = {0, 0, 1, SIZE_MAX};
    static const char *const paths[] = {"0.1", "0.1", "2", ""}, *const names[] = {"random", "random", "random",
                                                                                  "launch"};
    for (size_t i = 0; i < 4; i++) {
        nsc_profile_record record;
        size_t work;
        ck_assert(nsc_profiler_record(&device, &window, window.first + i, &record, &work));
        ck_assert_uint_eq(work, numbers[i]);
        ck_assert_str_eq(record.path, paths[i]);
        ck_assert_str_eq(record.name, names[i]);
        ck_assert_str_eq(record.shape, i < 3 ? "(4)" : "");
        ck_assert_uint_eq(record.bytes_written, i < 3 ? 16 : 0);
    }
    close_fake();
}
END_TEST

START_TEST(two_users_do_not_disturb_each_other)
{
    const nsc_launch launches[2] = {{0}};
    open_with_times(true);
    ck_assert_int_eq(nsc_profiler_start(&device, NSC_PROFILE_OF_TRACE, nsc_profile_now()), NSC_OK);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(nsc_device_run(&device, launches, 2), NSC_OK);
        ck_assert_int_eq(start(), NSC_OK);
        ck_assert_int_eq(nsc_device_run(&device, launches, 1), NSC_OK);
        ck_assert_int_eq(stop(), NSC_OK);
        ck_assert(nsc_profiling(&device));
        ck_assert_uint_eq(count_all(NSC_PROFILE_OF_PROGRAM).launches, 1);
        ck_assert_uint_eq(count_all(NSC_PROFILE_OF_PROGRAM).timed, 1);
    }
    ck_assert_int_eq(start(), NSC_OK); /* and outlives the other */
    ck_assert_int_eq(nsc_profiler_stop(&device, NSC_PROFILE_OF_TRACE), NSC_OK);
    ck_assert_int_eq(nsc_device_run(&device, launches, 2), NSC_OK);
    ck_assert_int_eq(stop(), NSC_OK);
    ck_assert(!nsc_profiling(&device));
    ck_assert_uint_eq(count_all(NSC_PROFILE_OF_TRACE).launches, 9);
    ck_assert_uint_eq(count_all(NSC_PROFILE_OF_TRACE).timed, 9);
    ck_assert_uint_eq(count_all(NSC_PROFILE_OF_PROGRAM).launches, 2);
    ck_assert_uint_eq(timing.starts, 1);
    ck_assert_uint_eq(timing.stops, 1);
    close_fake();
}
END_TEST

static void read_text(const char *path, char *text, size_t capacity)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, capacity - 1, file)] = 0;
    fclose(file);
}

/* What comes from drivers and from programs may be any bytes. */
START_TEST(a_timeline_quotes_what_it_is_given)
{
    static const struct {
        const char *raw, *quoted;
    } texts[] = {{"plain", "plain"},
                 {"a\"b\\c", "a\\\"b\\\\c"},
                 {"\n\t\x01", "\\u000a\\u0009\\u0001"},
                 {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
                 {"\xff|\xc3|\xc0\xaf|\xe0\x80\x80|", "?|?|??|???|"},
                 {"\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x82", "???|????|??"}};
    char path[] = "/tmp/nascent-timeline-XXXXXX", text[8192], expected[256];
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        nsc_work work = {.path = texts[i].raw, .block = texts[i].raw};
        nsc_work_describe(&work, &(nsc_backend_operation){.kind = 30});
        open_with_times(true);
        snprintf(device.title, sizeof device.title, "%s", texts[i].raw);
        ck_assert_int_eq(start(), NSC_OK);
        ck_assert_int_eq(nsc_device_run(&device, &(nsc_launch){.work = &work}, 1), NSC_OK);
        ck_assert_int_eq(stop(), NSC_OK);
        nsc_profile_window window;
        const char *reason;
        size_t events = 0;
        ck_assert(nsc_profiler_window(&device, NSC_PROFILE_OF_PROGRAM, &window, &reason));
        ck_assert_int_eq(nsc_timeline_write(&device, &window, path, &events), NSC_OK);
        ck_assert_uint_eq(events, 3 + 2 + 1 + 1); /* names of process and two tracks, the launch twice, run, wait */
        read_text(path, text, sizeof text);
        snprintf(expected, sizeof expected, "\"name\":\"operation %s (%s)\"", texts[i].quoted, texts[i].quoted);
        assert_says(text, expected);
        snprintf(expected, sizeof expected, "\"name\":\"nascent on %s\"", texts[i].quoted);
        assert_says(text, expected);
        close_fake();
    }
    unlink(path);
}
END_TEST

static void *run_many(void *unused)
{
    (void)unused;
    static const nsc_launch launches[100] = {{0}};
    for (int i = 0; i < 20; i++)
        nsc_device_run(&device, launches, 100);
    return NULL;
}

static void *start_and_stop(void *unused)
{
    (void)unused;
    for (int i = 0; i < 50; i++) {
        nsc_profile_window window;
        const char *reason;
        start();
        stop();
        nsc_profiler_window(&device, NSC_PROFILE_OF_PROGRAM, &window, &reason);
    }
    return NULL;
}

START_TEST(many_threads)
{
    pthread_t threads[5];
    open_with_times(true);
    ck_assert_int_eq(start(), NSC_OK);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, run_many, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(stop(), NSC_OK);
    counts all = count_all(NSC_PROFILE_OF_PROGRAM);
    ck_assert_uint_eq(all.launches, 4 * 20 * 100);
    ck_assert_uint_eq(all.timed, all.launches);
    ck_assert_uint_eq(all.threads, 5); /* and the one that waits */
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, run_many, NULL);
    pthread_create(&threads[4], NULL, start_and_stop, NULL);
    for (int i = 0; i < 5; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(fake.launches, 2 * 4 * 20 * 100);
    ck_assert_int_eq(atomic_load(&fake.overlaps), 0);
    close_fake();
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, off_is_off);
    tcase_add_test(to, what_is_recorded_is_what_was_counted);
    tcase_add_test(to, times_of_the_device);
    tcase_add_test(to, times_that_do_not_come);
    tcase_add_test(to, a_device_that_fails_at_the_end);
    tcase_add_test(to, a_full_recorder_counts);
    tcase_add_test(to, the_same_work_has_one_number);
    tcase_add_test(to, two_users_do_not_disturb_each_other);
    tcase_add_test(to, a_timeline_quotes_what_it_is_given);
    tcase_add_test(to, many_threads);
}
