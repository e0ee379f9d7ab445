/* SPDX-License-Identifier: Apache-2.0 */
/* The pool: classes, reuse, accounting, the way out when memory ends. */
#include "core/error.h"
#include "device.h"

static uint64_t in_use, peak, held;

START_TEST(blocks_are_used_again)
{
    fake_reset();
    ck_assert_int_eq(open_fake(), NSC_OK);
    nsc_memory *a, *b, *none;
    ck_assert_int_eq(nsc_pool_take(&device, 1000, &a), NSC_OK);
    ck_assert_uint_eq(a->bytes, 1000);
    ck_assert_uint_ge(a->capacity, 1000);
    nsc_backend_buffer *buffer = a->buffer;
    nsc_pool_give(a);
    ck_assert_int_eq(nsc_pool_take(&device, 999, &b), NSC_OK);
    ck_assert_ptr_eq(b->buffer, buffer);
    ck_assert_uint_eq(atomic_load(&device.counters.allocations), 1);
    ck_assert_int_eq(nsc_pool_take(&device, 0, &none), NSC_OK);
    ck_assert_ptr_null(none->buffer);
    nsc_pool_usage(&device, &in_use, &peak, &held);
    ck_assert(in_use == b->capacity && peak == in_use && held == in_use);
    nsc_pool_give(none);
    nsc_pool_give(b);
    nsc_pool_give(NULL);
    nsc_pool_usage(&device, &in_use, &peak, &held);
    ck_assert(in_use == 0 && peak == held && held > 0);
    nsc_pool_trim(&device);
    nsc_pool_usage(&device, &in_use, &peak, &held);
    ck_assert(held == 0 && fake.buffers == 0);
    close_fake();
}
END_TEST

START_TEST(a_class_wastes_less_than_a_quarter)
{
    fake_reset();
    ck_assert_int_eq(open_fake(), NSC_OK);
    for (uint64_t bytes = 1; bytes <= device.limits.max_buffer_bytes; bytes += 1 + bytes / 37) {
        nsc_memory *memory;
        ck_assert_int_eq(nsc_pool_take(&device, bytes, &memory), NSC_OK);
        ck_assert_uint_ge(memory->capacity, bytes);
        ck_assert_uint_le(memory->capacity, device.limits.max_buffer_bytes);
        ck_assert(memory->capacity == 512 || (memory->capacity - bytes) * 4 < bytes);
        nsc_pool_give(memory);
    }
    close_fake();
}
END_TEST

START_TEST(idle_blocks_make_room)
{
    fake_reset();
    fake.byte_limit = 8192;
    ck_assert_int_eq(open_fake(), NSC_OK);
    nsc_memory *a, *b;
    ck_assert_int_eq(nsc_pool_take(&device, 4096, &a), NSC_OK);
    nsc_pool_give(a);
    ck_assert_int_eq(nsc_pool_take(&device, 7000, &b), NSC_OK);
    ck_assert_int_eq(nsc_pool_take(&device, 4096, &a), NSC_NO_MEMORY);
    ck_assert_ptr_null(a);
    assert_says(nsc_error_text(5), "taking 4096 bytes from the pool of fake:0 'Fake', which has 7168 in use");
    nsc_pool_give(b);
    ck_assert_int_eq(nsc_pool_take(&device, 4096, &a), NSC_OK);
    nsc_pool_give(a);
    ck_assert_int_eq(nsc_pool_take(&device, (1 << 20) + 1, &a), NSC_UNSUPPORTED);
    close_fake();
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, blocks_are_used_again);
    tcase_add_test(to, a_class_wastes_less_than_a_quarter);
    tcase_add_test(to, idle_blocks_make_room);
}
