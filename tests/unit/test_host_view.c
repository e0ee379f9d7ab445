/* SPDX-License-Identifier: Apache-2.0 */
/* Views of device memory by the host: mapped once, refused where not offered, and never in the way of the pool. */
#include <pthread.h>

#include "core/error.h"
#include "device.h"

static void open_with_views(void)
{
    fake_reset();
    fake_offer_optional(1);
    ck_assert_int_eq(open_fake(), NSC_OK);
}

static void close_views(void)
{
    close_fake();
    fake_offer_optional(0);
}

static nsc_memory *memory_of(const char *text, uint64_t bytes)
{
    nsc_memory *memory = NULL;
    ck_assert_int_eq(nsc_pool_take(&device, bytes, &memory), NSC_OK);
    ck_assert_int_eq(nsc_device_write(&device, memory->buffer, 0, bytes, text), NSC_OK);
    return memory;
}

static void fail_at(const char *entry, nsc_backend_status result, const char *said)
{
    fake.entry = entry;
    fake.nth = 1;
    fake.calls = 0;
    fake.result = result;
    fake.said = said;
}

START_TEST(views_of_one_memory_share_one_mapping)
{
    open_with_views();
    nsc_memory *memory = memory_of("hello", 6), *other = memory_of("there", 6);
    const void *first = NULL, *second = NULL, *third = NULL;
    nsc_status status = NSC_FAILED;
    ck_assert_int_eq(nsc_memory_view(memory, &first), NSC_OK);
    ck_assert_int_eq(nsc_memory_view(memory, &second), NSC_OK);
    ck_assert_ptr_eq(first, second);
    ck_assert_str_eq(first, "hello");
    ck_assert_int_eq(fake.mapped, 1);
    ck_assert_int_eq(nsc_memory_view(other, &third), NSC_OK);
    ck_assert_str_eq(third, "there");
    ck_assert_int_eq(fake.mapped, 2);
    ck_assert(nsc_memory_end_view(memory, &status) && status == NSC_OK);
    ck_assert_uint_eq(atomic_load(&memory->views), 1);
    ck_assert_int_eq(fake.mapped, 2);
    ck_assert(nsc_memory_end_view(memory, &status) && status == NSC_OK);
    ck_assert(nsc_memory_end_view(other, &status) && status == NSC_OK);
    ck_assert_int_eq(fake.mapped, 0);
    ck_assert(!nsc_memory_end_view(memory, &status)); /* one too many */
    ck_assert_uint_eq(atomic_load(&memory->views), 0);
    ck_assert_uint_eq(atomic_load(&device.counters.downloads), 0);
    nsc_pool_give(memory);
    nsc_pool_give(other);
    close_views();
}
END_TEST

START_TEST(memory_without_bytes_has_no_pointer)
{
    open_with_views();
    nsc_memory *none = NULL;
    const void *data = &none;
    nsc_status status = NSC_FAILED;
    ck_assert_int_eq(nsc_pool_take(&device, 0, &none), NSC_OK);
    ck_assert_int_eq(nsc_memory_view(none, &data), NSC_OK);
    ck_assert_ptr_null(data);
    ck_assert_int_eq(fake.mapped, 0);
    ck_assert(nsc_memory_end_view(none, &status) && status == NSC_OK);
    ck_assert(!nsc_memory_end_view(none, &status));
    nsc_pool_give(none);
    close_views();
}
END_TEST

/* Both entries, or none: what cannot be ended is not begun. */
START_TEST(what_is_not_offered_is_told)
{
    open_with_views();
    nsc_memory *memory = memory_of("hello", 6);
    const nsc_backend_table offered = device.table;
    const void *data = memory;
    for (int lacks = 1; lacks <= 3; lacks++) {
        device.table = offered;
        device.table.map_host = lacks & 1 ? NULL : offered.map_host;
        device.table.unmap_host = lacks & 2 ? NULL : offered.unmap_host;
        data = memory;
        ck_assert_int_eq(nsc_memory_view(memory, &data), NSC_UNSUPPORTED);
        ck_assert_ptr_null(data);
        ck_assert_str_eq(nsc_error_text(5), "the host does not reach that memory without a copy\n"
                                            "viewing 6 bytes of fake:0 'Fake': read a copy of them (nsc_tensor_read)");
    }
    device.table = offered;
    fail_at("map_host", NSC_BACKEND_UNSUPPORTED, "memory of its own");
    ck_assert_int_eq(nsc_memory_view(memory, &data), NSC_UNSUPPORTED);
    assert_says(nsc_error_text(5), "memory of its own\n");
    assert_says(nsc_error_text(5), "nsc_tensor_read");
    ck_assert(atomic_load(&memory->views) == 0 && fake.mapped == 0);
    nsc_pool_give(memory);
    close_views();
}
END_TEST

START_TEST(a_failed_view_is_none)
{
    open_with_views();
    nsc_memory *memory = memory_of("hello", 6);
    const void *data = memory;
    nsc_status status = NSC_OK;
    fail_at("map_host", NSC_BACKEND_FAILED, "no page left");
    ck_assert_int_eq(nsc_memory_view(memory, &data), NSC_FAILED);
    ck_assert_str_eq(nsc_error_text(5), "no page left\nviewing 6 bytes of fake:0 'Fake'");
    ck_assert_ptr_null(data);
    ck_assert(!nsc_memory_end_view(memory, &status));
    ck_assert_int_eq(nsc_memory_view(memory, &data), NSC_OK); /* the next one may work */
    ck_assert(nsc_memory_end_view(memory, &status) && status == NSC_OK);
    fake.no_pointer = 1;
    ck_assert_int_eq(nsc_memory_view(memory, &data), NSC_FAILED);
    assert_says(nsc_error_text(5), "gave no pointer");
    ck_assert(!nsc_memory_end_view(memory, &status));
    ck_assert_int_eq(nsc_device_map(&device, NULL, 0, 1, &data), NSC_INVALID);
    ck_assert_int_eq(nsc_device_map(&device, memory->buffer, UINT64_MAX, 2, &data), NSC_INVALID);
    nsc_pool_give(memory);
    close_views();
}
END_TEST

/* The view has ended, but nobody else gets memory that may still be mapped. */
START_TEST(a_buffer_that_stays_mapped_is_not_used_again)
{
    open_with_views();
    nsc_memory *memory = memory_of("hello", 6), *next = NULL;
    const void *data = NULL;
    nsc_status status = NSC_OK;
    uint64_t in_use, peak, held;
    ck_assert_int_eq(nsc_memory_view(memory, &data), NSC_OK);
    fail_at("unmap_host", NSC_BACKEND_FAILED, "stuck");
    ck_assert(nsc_memory_end_view(memory, &status));
    ck_assert_int_eq(status, NSC_FAILED);
    ck_assert_str_eq(nsc_error_text(5), "stuck\nending a view of memory of fake:0 'Fake'");
    ck_assert_uint_eq(atomic_load(&memory->views), 0);
    ck_assert_int_eq(fake.buffers, 1);
    nsc_pool_give(memory);
    ck_assert_int_eq(fake.buffers, 0);
    nsc_pool_usage(&device, &in_use, &peak, &held);
    ck_assert(in_use == 0 && held == 0);
    ck_assert_int_eq(nsc_pool_take(&device, 6, &next), NSC_OK);
    ck_assert_uint_eq(atomic_load(&device.counters.allocations), 2);
    nsc_pool_give(next);
    close_views();
}
END_TEST

START_TEST(a_view_ends_on_a_lost_device)
{
    open_with_views();
    nsc_memory *memory = memory_of("hello", 6), *other = memory_of("there", 6);
    const void *data = NULL;
    nsc_status status = NSC_OK;
    ck_assert_int_eq(nsc_memory_view(memory, &data), NSC_OK);
    fail_at("map_host", NSC_BACKEND_LOST, "it fell out");
    ck_assert_int_eq(nsc_memory_view(other, &data), NSC_DEVICE_LOST);
    ck_assert_int_eq(nsc_memory_view(other, &data), NSC_DEVICE_LOST);
    assert_says(nsc_error_text(5), "lost before");
    ck_assert_int_eq(nsc_memory_view(memory, &data), NSC_OK); /* it is mapped */
    ck_assert(nsc_memory_end_view(memory, &status) && status == NSC_OK);
    ck_assert(nsc_memory_end_view(memory, &status) && status == NSC_OK);
    ck_assert_int_eq(fake.mapped, 0);
    nsc_pool_give(memory);
    nsc_pool_give(other);
    close_views();
}
END_TEST

static void *look(void *user)
{
    const void *data = NULL;
    nsc_status status = NSC_OK;
    for (int i = 0; i < 2000; i++) {
        if (nsc_memory_view(user, &data) != NSC_OK || memcmp(data, "hello", 6) != 0)
            return user;
        if (!nsc_memory_end_view(user, &status) || status != NSC_OK)
            return user;
    }
    return NULL;
}

/* Also where a backend may be called from all of them at once. */
START_TEST(threads_share_one_mapping)
{
    open_with_views();
    device.limits.flags |= _i ? NSC_BACKEND_QUEUES_CONCURRENT : 0;
    nsc_memory *memory = memory_of("hello", 6);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, look, memory), 0);
    for (int i = 0; i < 4; i++) {
        void *failed = memory;
        pthread_join(threads[i], &failed);
        ck_assert_ptr_null(failed);
    }
    ck_assert(fake.mapped == 0 && fake.most_mapped == 1);
    ck_assert_uint_eq(atomic_load(&memory->views), 0);
    nsc_pool_give(memory);
    close_views();
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, views_of_one_memory_share_one_mapping);
    tcase_add_test(to, memory_without_bytes_has_no_pointer);
    tcase_add_test(to, what_is_not_offered_is_told);
    tcase_add_test(to, a_failed_view_is_none);
    tcase_add_test(to, a_buffer_that_stays_mapped_is_not_used_again);
    tcase_add_test(to, a_view_ends_on_a_lost_device);
    tcase_add_loop_test(to, threads_share_one_mapping, 0, 2);
}
