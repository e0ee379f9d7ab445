/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic and text of shapes. */
#include "core/shape.h"

#include "unit.h"

static const int64_t up[8] = {2, 3, 4, 5, 6, 7, 8, 9};

START_TEST(texts)
{
    char text[NSC_SHAPE_TEXT];
    int64_t lowest[8];
    ck_assert_str_eq(nsc_shape_text(text, -1, NULL), "(?)");
    ck_assert_str_eq(nsc_shape_text(text, 0, NULL), "()");
    ck_assert_str_eq(nsc_shape_text(text, 1, (int64_t[]){0}), "(0)");
    ck_assert_str_eq(nsc_shape_text(text, 2, (int64_t[]){2, -1}), "(2, -1)");
    ck_assert_str_eq(nsc_shape_text(text, 8, up), "(2, 3, 4, 5, 6, 7, 8, 9)");
    for (int i = 0; i < 8; i++)
        lowest[i] = INT64_MIN;
    ck_assert_uint_eq(strlen(nsc_shape_text(text, 8, lowest)), 8 * 20 + 7 * 2 + 2);
}
END_TEST

START_TEST(counts)
{
    uint64_t count = 99, product = 1;
    for (int rank = 0; rank <= 8; rank++) {
        ck_assert(nsc_shape_count(rank, up, &count));
        ck_assert_uint_eq(count, product);
        product *= (uint64_t)(rank + 2);
    }
    ck_assert(nsc_shape_count(3, (int64_t[]){4, 0, 5}, &count) && count == 0);
    ck_assert(nsc_shape_count(2, (int64_t[]){INT64_MAX, 1}, &count) && count == INT64_MAX);
    ck_assert(!nsc_shape_count(2, (int64_t[]){INT64_MAX, 2}, &count)); /* fits in 64 bits, not in 63 */
    ck_assert(!nsc_shape_count(2, (int64_t[]){INT64_MAX, 3}, &count));
    ck_assert(!nsc_shape_count(3, (int64_t[]){INT64_C(1) << 40, INT64_C(1) << 40, 0}, &count));
    ck_assert(!nsc_shape_count(3, (int64_t[]){0, INT64_C(1) << 40, INT64_C(1) << 40}, &count));
    ck_assert(!nsc_shape_count(2, (int64_t[]){2, -1}, &count));
    ck_assert(!nsc_shape_count(2, (int64_t[]){0, -1}, &count));
}
END_TEST

START_TEST(known_and_equal)
{
    ck_assert(!nsc_shape_known(-1, NULL) && nsc_shape_known(0, NULL));
    for (int rank = 1; rank <= 8; rank++)
        for (int axis = 0; axis < rank; axis++) {
            int64_t dims[8];
            memcpy(dims, up, sizeof dims);
            ck_assert(nsc_shape_known(rank, dims) && nsc_shape_equal(rank, dims, up));
            dims[axis] = -1;
            ck_assert(!nsc_shape_known(rank, dims) && !nsc_shape_equal(rank, dims, up));
            ck_assert(nsc_shape_known(axis, dims) && nsc_shape_equal(axis, dims, up)); /* only the first count */
            dims[axis] = 0;
            ck_assert(nsc_shape_known(rank, dims));
        }
}
END_TEST

START_TEST(strides_of_every_rank)
{
    for (int rank = 0; rank <= 8; rank++) {
        int64_t strides[9] = {[8] = -7}, step = 1;
        strides[rank] = -7;
        nsc_shape_strides(rank, up, strides);
        for (int axis = rank - 1; axis >= 0; axis--) {
            ck_assert_int_eq(strides[axis], step);
            step *= up[axis];
        }
        ck_assert_int_eq(strides[rank], -7);
    }
    int64_t strides[3];
    nsc_shape_strides(3, (int64_t[]){2, 0, 3}, strides);
    ck_assert(strides[0] == 3 && strides[1] == 3 && strides[2] == 1);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, texts);
    tcase_add_test(to, counts);
    tcase_add_test(to, known_and_equal);
    tcase_add_test(to, strides_of_every_rank);
}
