/* SPDX-License-Identifier: Apache-2.0 */
/* Every initialiser on the reference backend: its values, its slices, and what it is refused for. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nascent/context.h>
#include <nascent/random.h>

#include "core/param/initializer.h"
#include "examples/sha256.h"
#include "unit.h"

#define LARGEST 20000

static nsc_context *context;

/* Elements first to first + count - 1, through the public call. */
static nsc_status fill(nsc_initializer init, const nsc_fill_scope *scope, uint64_t first, int64_t count, float *out)
{
    nsc_tensor *tensor;
    ck_assert_int_eq(nsc_tensor_create(context, NSC_FLOAT32, 1, &count, &tensor), NSC_OK);
    nsc_status status = nsc_initializer_fill(&init, scope, first, tensor);
    if (status == NSC_OK)
        ck_assert_int_eq(nsc_tensor_read(tensor, out, (size_t)count * sizeof *out), NSC_OK);
    nsc_tensor_release(tensor);
    return status;
}

static void open_reference(void)
{
    ck_assert_int_eq(nsc_context_open(&context, "reference"), NSC_OK);
}

static void close_reference(void)
{
    ck_assert_int_eq(nsc_context_close(context), NSC_OK);
}

static void check_scale(nsc_initializer init, int rank, const int64_t *dims, nsc_fans fans, nsc_fill_kind kind,
                        double expected, double printed)
{
    nsc_fill_rule rule = nsc_fill_resolve(&init, rank, dims, &fans);
    double scale = (double)rule.scale / (kind == NSC_FILL_UNIFORM ? 2.0 : 1.0);
    ck_assert_int_eq(rule.kind, kind);
    ck_assert_double_eq_tol(scale, expected, 1e-7 * expected);
    ck_assert_double_eq_tol(scale, printed, 5e-7);
    ck_assert(rule.shift == (kind == NSC_FILL_UNIFORM ? -(float)expected : 0.0f));
}

START_TEST(reference_scales)
{
    const nsc_fans common = {0};
    const int64_t dense[] = {64, 100}, conv[] = {64, 3, 7, 7}, small[] = {128, 10};
    const nsc_draw u = NSC_DRAW_UNIFORM, n = NSC_DRAW_NORMAL;
    check_scale(nsc_xavier(), 2, dense, common, NSC_FILL_UNIFORM, sqrt(3.0 / 82), 0.191273);
    check_scale(nsc_variance_scaling(u, NSC_FAN_IN, 3), 2, dense, common, NSC_FILL_UNIFORM, sqrt(3.0 / 100), 0.173205);
    check_scale(nsc_variance_scaling(u, NSC_FAN_OUT, 3), 2, dense, common, NSC_FILL_UNIFORM, sqrt(3.0 / 64), 0.216506);
    check_scale(nsc_xavier(), 4, conv, common, NSC_FILL_UNIFORM, sqrt(3.0 / (67 * 49 / 2.0)), 0.0427504);
    check_scale(nsc_variance_scaling(n, NSC_FAN_IN, 2), 4, conv, common, NSC_FILL_NORMAL, sqrt(2.0 / 147), 0.1166424);
    check_scale(nsc_variance_scaling(u, NSC_FAN_AVERAGE, 2.24f), 2, small, common, NSC_FILL_UNIFORM, sqrt(2.24 / 69),
                0.180177);
    check_scale(nsc_he(NSC_FAN_AVERAGE, 0.25f), 2, dense, common, NSC_FILL_NORMAL, sqrt(2 / 1.0625 / 82), 0.1515108);
    check_scale(nsc_he(NSC_FAN_IN, 0.0f), 2, dense, common, NSC_FILL_NORMAL, sqrt(2.0 / 100), 0.1414214);
    check_scale(nsc_lecun(), 2, dense, common, NSC_FILL_NORMAL, 0.1, 0.1);
}
END_TEST

START_TEST(declared_fans)
{
    const int64_t transposed[] = {3, 64, 7, 7}, last[] = {64, 7, 7, 3}, grouped[] = {64, 8, 3, 3}, packed[] = {400, 50};
    const nsc_draw n = NSC_DRAW_NORMAL;
    const nsc_initializer in = nsc_variance_scaling(n, NSC_FAN_IN, 2), out = nsc_variance_scaling(n, NSC_FAN_OUT, 2);
    const nsc_fans swapped = {.in_axes = 0xd, .out_axes = 0xe};
    check_scale(in, 4, transposed, swapped, NSC_FILL_NORMAL, sqrt(2.0 / 147), 0.1166424);
    check_scale(out, 4, transposed, swapped, NSC_FILL_NORMAL, sqrt(2.0 / (64 * 49)), 0.0252538);
    const nsc_fans channels_last = {.in_axes = 0xe, .out_axes = 0x7};
    check_scale(in, 4, last, channels_last, NSC_FILL_NORMAL, sqrt(2.0 / 147), 0.1166424);
    check_scale(out, 4, last, channels_last, NSC_FILL_NORMAL, sqrt(2.0 / (64 * 49)), 0.0252538);
    const nsc_fans groups = {.out_divisor = 4};
    check_scale(in, 4, grouped, groups, NSC_FILL_NORMAL, sqrt(2.0 / 72), 0.1666667);
    check_scale(out, 4, grouped, groups, NSC_FILL_NORMAL, sqrt(2.0 / 144), 0.1178511);
    const nsc_fans gates = {.out_divisor = 4};
    check_scale(nsc_xavier(), 2, packed, gates, NSC_FILL_UNIFORM, sqrt(3.0 / 75), 0.2);
    const nsc_fans vector = {.in_axes = 1, .out_axes = 1, .in_divisor = 2};
    check_scale(nsc_xavier(), 1, packed, vector, NSC_FILL_UNIFORM, sqrt(3.0 / 300), 0.1);
}
END_TEST

static void check_orthogonal(int64_t rows, int64_t columns, int64_t depth)
{
    const int64_t dims[] = {rows, columns, depth};
    const nsc_fill_scope scope = {.seed = 7, .path = "q", .rank = 3, .dims = dims};
    static float q[LARGEST];
    int64_t width = columns * depth, few = rows < width ? rows : width, many = rows < width ? width : rows;
    ck_assert_int_eq(fill(nsc_orthogonal(1.5f), &scope, 0, rows * width, q), NSC_OK);
    for (int64_t i = 0; i < few; i++)
        for (int64_t j = 0; j < few; j++) {
            double sum = 0;
            for (int64_t k = 0; k < many; k++)
                sum += rows < width ? (double)q[i * width + k] * (double)q[j * width + k]
                                    : (double)q[k * width + i] * (double)q[k * width + j];
            ck_assert_double_eq_tol(sum / 2.25, i == j, 1e-6);
        }
}

START_TEST(orthogonal_gram)
{
    check_orthogonal(60, 40, 1);
    check_orthogonal(40, 30, 2);
    check_orthogonal(32, 8, 4);
    check_orthogonal(1, 1, 1);
    check_orthogonal(1, 9, 1);
}
END_TEST

/* The diagonal of R = Q^T A is positive: Q is the only one there is. */
START_TEST(orthogonal_is_unique)
{
    enum { ROWS = 7, COLUMNS = 4 };
    const nsc_fill_scope scope = {.seed = 3, .path = "q", .rank = 2, .dims = (int64_t[]){ROWS, COLUMNS}};
    float a[ROWS * COLUMNS], q[ROWS * COLUMNS];
    ck_assert_int_eq(fill(nsc_normal(1), &scope, 0, ROWS * COLUMNS, a), NSC_OK);
    ck_assert_int_eq(fill(nsc_orthogonal(1), &scope, 0, ROWS * COLUMNS, q), NSC_OK);
    for (int i = 0; i < COLUMNS; i++)
        for (int j = 0; j <= i; j++) {
            double r = 0;
            for (int k = 0; k < ROWS; k++)
                r += (double)q[k * COLUMNS + i] * (double)a[k * COLUMNS + j];
            ck_assert_msg(i == j ? r > 1e-3 : fabs(r) < 1e-6, "R[%d][%d] is %g", i, j, r);
        }
}
END_TEST

START_TEST(bilinear)
{
    static const float four[] = {0.25f, 0.75f, 0.75f, 0.25f}, three[] = {0.25f, 0.75f, 0.75f};
    float got[2 * 16];
    const nsc_fill_scope even = {.path = "w", .rank = 4, .dims = (int64_t[]){2, 1, 4, 4}};
    ck_assert_int_eq(fill(nsc_bilinear(), &even, 0, 32, got), NSC_OK);
    for (int i = 0; i < 32; i++)
        ck_assert(got[i] == four[i % 16 / 4] * four[i % 4]);
    const nsc_fill_scope odd = {.path = "w", .rank = 4, .dims = (int64_t[]){1, 1, 3, 3}};
    ck_assert_int_eq(fill(nsc_bilinear(), &odd, 0, 9, got), NSC_OK);
    for (int i = 0; i < 9; i++)
        ck_assert(got[i] == three[i / 3] * three[i % 3]);
}
END_TEST

START_TEST(lstm_bias)
{
    float got[12];
    const nsc_fill_scope twelve = {.path = "b", .rank = 1, .dims = (int64_t[]){12}};
    ck_assert_int_eq(fill(nsc_lstm_bias(1.5f), &twelve, 0, 12, got), NSC_OK);
    for (int i = 0; i < 12; i++)
        ck_assert(got[i] == (i >= 3 && i <= 5 ? 1.5f : 0.0f));
    const nsc_fill_scope ten = {.path = "b", .rank = 1, .dims = (int64_t[]){10}};
    ck_assert_int_eq(fill(nsc_lstm_bias(1), &ten, 0, 10, got), NSC_OK);
    for (int i = 0; i < 10; i++)
        ck_assert(got[i] == (i == 2 || i == 3 ? 1.0f : 0.0f));
}
END_TEST

START_TEST(identity_and_dirac)
{
    float got[6 * 3 * 9];
    const nsc_fill_scope wide = {.path = "w", .rank = 2, .dims = (int64_t[]){3, 4}};
    ck_assert_int_eq(fill(nsc_identity_matrix(2), &wide, 0, 12, got), NSC_OK);
    for (int i = 0; i < 12; i++)
        ck_assert(got[i] == (i / 4 == i % 4 ? 2.0f : 0.0f));
    const nsc_fill_scope kernel = {.path = "w", .rank = 4, .dims = (int64_t[]){6, 3, 3, 3}};
    ck_assert_int_eq(fill(nsc_dirac(2), &kernel, 0, 162, got), NSC_OK);
    for (int i = 0; i < 162; i++)
        ck_assert(got[i] == (i / 27 % 3 == i / 9 % 3 && i % 9 == 4 ? 1.0f : 0.0f));
    /* More outputs in a group than inputs: those beyond stay 0. */
    const nsc_fill_scope tall = {.path = "w", .rank = 3, .dims = (int64_t[]){4, 3, 1}};
    ck_assert_int_eq(fill(nsc_dirac(0), &tall, 0, 12, got), NSC_OK);
    for (int i = 0; i < 12; i++)
        ck_assert(got[i] == (i / 3 == i % 3 ? 1.0f : 0.0f));
}
END_TEST

static void check_sparse(int64_t rows, int64_t columns, float sparsity, int zeros)
{
    static float got[LARGEST], normal[LARGEST];
    const nsc_fill_scope scope = {.seed = 5, .path = "s", .rank = 2, .dims = (int64_t[]){rows, columns}};
    ck_assert_int_eq(fill(nsc_sparse(sparsity, 0.5f), &scope, 0, rows * columns, got), NSC_OK);
    ck_assert_int_eq(fill(nsc_normal(0.5f), &scope, 0, rows * columns, normal), NSC_OK);
    for (int64_t j = 0; j < columns; j++) {
        int count = 0;
        for (int64_t i = 0; i < rows; i++) {
            float value = got[i * columns + j];
            count += value == 0.0f;
            ck_assert(value == 0.0f || value == normal[i * columns + j]);
        }
        ck_assert_int_eq(count, zeros);
    }
}

START_TEST(sparse_columns)
{
    check_sparse(10, 7, 0.1f, 1);
    check_sparse(100, 30, 0.1f, 10);
    check_sparse(11, 7, 0.1f, 2);
    check_sparse(12, 5, 1.0f, 12);
    check_sparse(12, 5, 0.0f, 0);
    check_sparse(1000, 3, 0.9f, 900);
}
END_TEST

START_TEST(slices_equal_the_whole)
{
    static float values[120], whole[120], part[120];
    const int64_t flat[] = {120}, matrix[] = {12, 10}, kernel[] = {4, 2, 3, 5};
    for (int i = 0; i < 120; i++)
        values[i] = (float)i / 3;
    const struct {
        nsc_initializer init;
        int rank;
        const int64_t *dims;
    } kinds[] = {
        {nsc_constant(3), 2, matrix},
        {nsc_uniform(0.3f), 2, matrix},
        {nsc_normal(0.3f), 2, matrix},
        {nsc_truncated_normal(0.3f), 2, matrix},
        {nsc_xavier(), 4, kernel},
        {nsc_he(NSC_FAN_OUT, 0.1f), 2, matrix},
        {nsc_lecun(), 2, matrix},
        {nsc_variance_scaling(NSC_DRAW_TRUNCATED_NORMAL, NSC_FAN_IN, 1), 2, matrix},
        {nsc_orthogonal(1), 2, matrix},
        {nsc_orthogonal(1), 4, kernel},
        {nsc_identity_matrix(1), 2, matrix},
        {nsc_dirac(2), 4, kernel},
        {nsc_bilinear(), 4, kernel},
        {nsc_lstm_bias(1), 1, flat},
        {nsc_sparse(0.4f, 1), 2, matrix},
        {nsc_array_values(2, matrix, values), 2, matrix},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const nsc_fill_scope scope = {.seed = 11, .path = "w", .rank = kinds[k].rank, .dims = kinds[k].dims};
        ck_assert_int_eq(fill(kinds[k].init, &scope, 0, 120, whole), NSC_OK);
        for (uint64_t first = 0; first < 120; first++) {
            int64_t count = (int64_t)(first * 7 % (120 - first) + 1);
            ck_assert_int_eq(fill(kinds[k].init, &scope, first, count, part), NSC_OK);
            ck_assert_mem_eq(part, whole + first, (size_t)count * sizeof *part);
        }
        ck_assert_int_eq(fill(kinds[k].init, &scope, 119, 2, part), NSC_INVALID);
    }
    ck_assert(whole[50] == values[50]);
}
END_TEST

/* A device without the generator gets the same bits from the host. */
START_TEST(the_host_fills_as_the_device)
{
    const nsc_initializer drawn[] = {nsc_uniform(0.3f), nsc_normal(0.3f), nsc_truncated_normal(0.3f), nsc_xavier(),
                                     nsc_variance_scaling(NSC_DRAW_TRUNCATED_NORMAL, NSC_FAN_OUT, 2)};
    const nsc_fill_scope scope = {.seed = 13, .path = "w", .rank = 2, .dims = (int64_t[]){12, 10}};
    float native[5][50], composed[50];
    for (int k = 0; k < 5; k++)
        ck_assert_int_eq(fill(drawn[k], &scope, 7, 50, native[k]), NSC_OK);
    close_reference();
    ck_assert_int_eq(nsc_context_open(&context, "reference", .compose = "random"), NSC_OK);
    for (int k = 0; k < 5; k++) {
        ck_assert_int_eq(fill(drawn[k], &scope, 7, 50, composed), NSC_OK);
        ck_assert_mem_eq(composed, native[k], sizeof composed);
    }
}
END_TEST

/* A scale under 2^-126 is 0 on every machine. */
START_TEST(small_magnitudes_vanish)
{
    float got[9];
    const nsc_fill_scope scope = {.path = "w", .rank = 2, .dims = (int64_t[]){3, 3}};
    const nsc_initializer tiny[] = {nsc_constant(1e-39f),   nsc_normal(1e-39f),          nsc_truncated_normal(1e-39f),
                                    nsc_orthogonal(1e-39f), nsc_identity_matrix(1e-39f), nsc_sparse(0.5f, 1e-39f)};
    for (size_t k = 0; k < sizeof tiny / sizeof *tiny; k++) {
        ck_assert_int_eq(fill(tiny[k], &scope, 0, 9, got), NSC_OK);
        for (int i = 0; i < 9; i++)
            ck_assert(got[i] == 0.0f);
    }
}
END_TEST

START_TEST(refused_alone)
{
    const int64_t dims[] = {2, 3}, negative[] = {2, -1};
    const float values[6] = {0};
    const nsc_initializer bad[] = {nsc_truncated_normal(-1),
                                   nsc_truncated_normal(INFINITY),
                                   nsc_variance_scaling((nsc_draw)3, NSC_FAN_IN, 1),
                                   nsc_variance_scaling(NSC_DRAW_UNIFORM, (nsc_factor)7, 1),
                                   nsc_variance_scaling(NSC_DRAW_UNIFORM, NSC_FAN_IN, -1),
                                   nsc_he(NSC_FAN_IN, NAN),
                                   nsc_he(NSC_FAN_IN, INFINITY),
                                   nsc_orthogonal(NAN),
                                   nsc_identity_matrix(INFINITY),
                                   nsc_dirac(-1),
                                   nsc_lstm_bias(NAN),
                                   nsc_sparse(-0.1f, 1),
                                   nsc_sparse(1.1f, 1),
                                   nsc_sparse(NAN, 1),
                                   nsc_sparse(0.5f, -1),
                                   nsc_array_values(2, dims, NULL),
                                   nsc_array_values(2, negative, values),
                                   nsc_array_values(9, dims, NULL),
                                   nsc_array_values(2, NULL, values)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[160] = "";
        ck_assert_msg(!nsc_initializer_valid(&bad[i], text, sizeof text), "number %zu is accepted", i);
        ck_assert_int_ne(text[0], 0);
    }
}
END_TEST

static void check_unsuited(nsc_initializer init, nsc_role role, int rank, const int64_t *dims, const nsc_fans *fans,
                           const char *part)
{
    char text[512] = "";
    ck_assert_msg(!nsc_initializer_suits(&init, role, rank, dims, fans, text, sizeof text), "expected: %s", part);
    assert_says(text, part);
}

START_TEST(refused_for_a_parameter)
{
    const int64_t some[] = {6, -1, 3, 3}, shape[] = {6, 2};
    const float values[12] = {0};
    const nsc_fans far = {.in_axes = 1 << 4}, negative = {.in_divisor = -1}, vector = {.in_axes = 1};
    char text[512];
    check_unsuited(
        nsc_xavier(), NSC_ROLE_BIAS, 1, some, NULL,
        "xavier (uniform, average fan, magnitude 3) needs rank 2 or more, or declared fans, this bias has rank 1");
    check_unsuited(nsc_xavier(), NSC_ROLE_BIAS, 1, some, &vector, "rank 2 or more, or declared fans");
    check_unsuited(nsc_lecun(), NSC_ROLE_WEIGHT, 2, some, &far, "axes beyond it");
    check_unsuited(nsc_lecun(), NSC_ROLE_WEIGHT, -1, NULL, &negative, "divisors");
    check_unsuited(nsc_orthogonal(1), NSC_ROLE_WEIGHT, 1, some, NULL, "needs rank 2 or more");
    check_unsuited(nsc_identity_matrix(1), NSC_ROLE_WEIGHT, 4, some, NULL, "needs rank 2, this weight has rank 4");
    check_unsuited(nsc_sparse(0.1f, 1), NSC_ROLE_WEIGHT, 4, some, NULL, "needs rank 2");
    check_unsuited(nsc_bilinear(), NSC_ROLE_WEIGHT, 2, some, NULL, "needs rank 4");
    check_unsuited(nsc_lstm_bias(1), NSC_ROLE_BIAS, 2, some, NULL, "needs rank 1");
    check_unsuited(nsc_dirac(1), NSC_ROLE_WEIGHT, 2, some, NULL, "needs rank 3 or more");
    check_unsuited(nsc_dirac(4), NSC_ROLE_WEIGHT, 4, some, NULL, "multiple of 4, this weight has 6 there");
    check_unsuited(nsc_array_values(2, shape, values), NSC_ROLE_ANY, 4, some, NULL,
                   "needs shape (6, 2), this parameter has shape (6, -1, 3, 3)");
    const int64_t other[] = {5, -1}, open[] = {6, -1};
    check_unsuited(nsc_array_values(2, shape, values), NSC_ROLE_ANY, 2, other, NULL, "(5, -1)");
    const nsc_initializer array = nsc_array_values(2, shape, values), lecun = nsc_lecun(), dirac = nsc_dirac(3);
    ck_assert(nsc_initializer_suits(&array, NSC_ROLE_ANY, 2, open, NULL, text, sizeof text));
    ck_assert(nsc_initializer_suits(&array, NSC_ROLE_ANY, -1, NULL, NULL, text, sizeof text));
    ck_assert(nsc_initializer_suits(&lecun, NSC_ROLE_WEIGHT, 1, some, &vector, text, sizeof text));
    ck_assert(nsc_initializer_suits(&dirac, NSC_ROLE_WEIGHT, 4, some, NULL, text, sizeof text));
}
END_TEST

START_TEST(refused_by_fill)
{
    float got[4];
    const int64_t dims[] = {2, 2}, wrong[] = {2, -1};
    const nsc_fill_scope bare = {.path = "w"}, bad = {.path = "w", .rank = 2, .dims = wrong},
                         deep = {.path = "w", .rank = 9, .dims = dims}, none = {.path = "w", .rank = 2};
    ck_assert_int_eq(fill(nsc_normal(1), &bare, 5, 4, got), NSC_OK);
    ck_assert_int_eq(fill(nsc_xavier(), &bare, 0, 1, got), NSC_INVALID);
    assert_says(nsc_last_error(context), "needs rank 2 or more");
    ck_assert_int_eq(fill(nsc_xavier(), &bad, 0, 4, got), NSC_INVALID);
    ck_assert_int_eq(fill(nsc_normal(1), &deep, 0, 4, got), NSC_INVALID);
    ck_assert_int_eq(fill(nsc_normal(1), &none, 0, 4, got), NSC_INVALID);
}
END_TEST

START_TEST(words)
{
    char text[160];
    const nsc_initializer he = nsc_he(NSC_FAN_IN, 0), cut = nsc_truncated_normal(0.5f), odd = {.kind = 77};
    ck_assert_uint_eq(nsc_initializer_describe(&he, text, sizeof text), strlen("he (normal, fan-in, magnitude 2)"));
    ck_assert_str_eq(text, "he (normal, fan-in, magnitude 2)");
    nsc_initializer_describe(&cut, text, sizeof text);
    ck_assert_str_eq(text, "truncated normal (mean 0, deviation 0.5)");
    nsc_initializer_describe(&odd, text, sizeof text);
    ck_assert_str_eq(text, "no initialiser: kind 77");
    ck_assert_str_eq(nsc_role_name(NSC_ROLE_RUNNING_VARIANCE), "running variance");
    ck_assert_ptr_null(nsc_role_name((nsc_role)99));
}
END_TEST

static nsc_initializer named(const char *name)
{
    static const struct {
        const char *name;
        nsc_initializer (*make)(void);
    } plain[] = {{"xavier", nsc_xavier}, {"lecun", nsc_lecun}};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(name, plain[i].name) == 0)
            return plain[i].make();
    if (strcmp(name, "he") == 0)
        return nsc_he(NSC_FAN_IN, 0);
    if (strcmp(name, "he_leaky") == 0)
        return nsc_he(NSC_FAN_AVERAGE, 0.25f);
    if (strcmp(name, "truncated_scaled") == 0)
        return nsc_variance_scaling(NSC_DRAW_TRUNCATED_NORMAL, NSC_FAN_OUT, 2);
    if (strcmp(name, "sparse") == 0)
        return nsc_sparse(0.1f, 0.5f);
    ck_assert_str_eq(name, "orthogonal");
    return nsc_orthogonal(1.5f);
}

START_TEST(published_vectors)
{
    static float got[LARGEST];
    char line[2048], path[4096];
    const char *source = getenv("NASCENT_SOURCE_DIR");
    int count = 0;
    snprintf(path, sizeof path, "%s/tests/vectors/initializers.txt", source ? source : ".");
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    while (fgets(line, sizeof line, file)) {
        char name[32], parameter[64], digest[65], hex[65];
        unsigned long long seed;
        int64_t dims[4], elements = 1;
        long long read[4];
        int rank, used;
        if (line[0] == '#')
            continue;
        ck_assert_int_eq(sscanf(line, "%31s %llx %63s %d %lldx%lldx%lldx%lld %64s%n", name, &seed, parameter, &rank,
                                &read[0], &read[1], &read[2], &read[3], digest, &used),
                         9);
        for (int i = 0; i < 4; i++)
            elements *= dims[i] = read[i];
        const nsc_fill_scope scope = {.seed = seed, .path = parameter, .rank = rank, .dims = dims};
        ck_assert_int_le(elements, LARGEST);
        ck_assert_int_eq(fill(named(name), &scope, 0, elements, got), NSC_OK);
        char *at = line + used;
        for (int64_t i = 0; i < elements && i < 32; i++) {
            uint32_t want = (uint32_t)strtoul(at, &at, 16), bits;
            memcpy(&bits, &got[i], sizeof bits);
            ck_assert_msg(bits == want, "%s element %d: %08x, the vector has %08x", name, (int)i, bits, want);
        }
        sha256_hex(got, (size_t)elements * 4, hex);
        ck_assert_str_eq(hex, digest);
        count++;
    }
    fclose(file);
    ck_assert_int_eq(count, 14);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_checked_fixture(to, open_reference, close_reference);
    tcase_add_test(to, reference_scales);
    tcase_add_test(to, declared_fans);
    tcase_add_test(to, orthogonal_gram);
    tcase_add_test(to, orthogonal_is_unique);
    tcase_add_test(to, bilinear);
    tcase_add_test(to, lstm_bias);
    tcase_add_test(to, identity_and_dirac);
    tcase_add_test(to, sparse_columns);
    tcase_add_test(to, slices_equal_the_whole);
    tcase_add_test(to, the_host_fills_as_the_device);
    tcase_add_test(to, small_magnitudes_vanish);
    tcase_add_test(to, refused_alone);
    tcase_add_test(to, refused_for_a_parameter);
    tcase_add_test(to, refused_by_fill);
    tcase_add_test(to, words);
    tcase_add_test(to, published_vectors);
}
