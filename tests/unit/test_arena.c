/* SPDX-License-Identifier: Apache-2.0 */
/* Host memory: the arena, growing arrays, the map. */
#include "core/memory.h"

#include <stdlib.h>

#include "unit.h"

START_TEST(pieces_are_aligned_zeroed_and_apart)
{
    enum { PIECES = 600 };
    nsc_arena arena = {0};
    unsigned char *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = nsc_arena_take(&arena, i);
        ck_assert_ptr_nonnull(pieces[i]);
        ck_assert_uint_eq((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t b = 0; b < i; b++)
            ck_assert_uint_eq(pieces[i][b], 0);
        memset(pieces[i], (int)(i % 251 + 1), i);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t b = 0; b < i; b++)
            ck_assert_uint_eq(pieces[i][b], i % 251 + 1);
    nsc_arena_clear(&arena);
    ck_assert_ptr_null(arena.chunks);
    nsc_arena_clear(&arena);
}
END_TEST

START_TEST(large_pieces_have_room)
{
    nsc_arena arena = {0};
    size_t sizes[] = {16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 1 << 20, 3};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *piece = nsc_arena_take(&arena, sizes[i]);
        ck_assert_ptr_nonnull(piece);
        ck_assert(piece[0] == 0 && piece[sizes[i] - 1] == 0);
        memset(piece, 0xff, sizes[i]);
    }
    struct nsc_arena_chunk *before = arena.chunks;
    ck_assert_ptr_null(nsc_arena_take(&arena, SIZE_MAX));
    ck_assert_ptr_null(nsc_arena_take(&arena, SIZE_MAX / 2 + 1));
    ck_assert_ptr_eq(arena.chunks, before);
    nsc_arena_clear(&arena);
}
END_TEST

START_TEST(texts_of_any_length)
{
    nsc_arena arena = {0};
    ck_assert_str_eq(nsc_arena_format(&arena, "%s", ""), "");
    ck_assert_str_eq(nsc_arena_format(&arena, "%d of %s", -3, "four"), "-3 of four");
    const char *wide = nsc_arena_format(&arena, "%*d", 40000, 7);
    ck_assert_uint_eq(strlen(wide), 40000);
    ck_assert_int_eq(wide[39999], '7');
    nsc_arena_clear(&arena);
}
END_TEST

START_TEST(arrays_grow_and_keep)
{
    uint64_t *items = NULL;
    size_t capacity = 0;
    for (size_t i = 0; i < 1000; i++) {
        size_t before = capacity;
        ck_assert(nsc_grow((void **)&items, &capacity, i, sizeof *items));
        ck_assert(capacity > i);
        ck_assert(before > i ? capacity == before : capacity == (before == 0 ? 8 : 2 * before));
        items[i] = i * i;
    }
    for (size_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(items[i], i * i);
    uint64_t *kept = items;
    size_t full = capacity;
    ck_assert(!nsc_grow((void **)&items, &capacity, capacity, SIZE_MAX / capacity));
    ck_assert(items == kept && capacity == full);
    free(items);
}
END_TEST

START_TEST(a_map_finds_what_was_put)
{
    enum { KEYS = 5000 };
    static char keys[2 * KEYS];
    nsc_map map = {0};
    uint32_t value = 77;
    ck_assert(!nsc_map_get(&map, keys, &value));
    for (uint32_t i = 0; i < KEYS; i++) {
        ck_assert(nsc_map_put(&map, &keys[2 * i], i));
        ck_assert_uint_eq(map.count, i + 1);
        ck_assert_uint_le(map.count * 2, map.capacity);
        ck_assert_uint_eq(map.capacity & (map.capacity - 1), 0);
    }
    for (uint32_t i = 0; i < KEYS; i += 3)
        ck_assert(nsc_map_put(&map, &keys[2 * i], i + KEYS));
    ck_assert_uint_eq(map.count, KEYS);
    for (uint32_t i = 0; i < KEYS; i++) {
        ck_assert(nsc_map_get(&map, &keys[2 * i], &value));
        ck_assert_uint_eq(value, i % 3 == 0 ? i + KEYS : i);
        value = 77;
        ck_assert(!nsc_map_get(&map, &keys[2 * i + 1], &value));
        ck_assert_uint_eq(value, 77);
    }
    nsc_map_clear(&map);
    ck_assert(map.entries == NULL && map.count == 0 && !nsc_map_get(&map, keys, &value));
    ck_assert(nsc_map_put(&map, keys, 1) && nsc_map_get(&map, keys, &value) && value == 1);
    nsc_map_clear(&map);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, pieces_are_aligned_zeroed_and_apart);
    tcase_add_test(to, large_pieces_have_room);
    tcase_add_test(to, texts_of_any_length);
    tcase_add_test(to, arrays_grow_and_keep);
    tcase_add_test(to, a_map_finds_what_was_put);
}
