/* SPDX-License-Identifier: Apache-2.0 */
/* Law 1: merging partial shapes is commutative, associative and idempotent and only refines, for every rank from 0 to 8
 * and for an unknown one. Ties merge; an independent merge says what must come of them. */
#include "unit.h"

#include <string.h>

#include "core/param/parameter.h"

enum { TRIPLES = 4000 };

typedef struct partial {
    int rank; /* -1: unknown */
    int64_t dims[NSC_MAX_RANK];
} partial;

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* Related shapes are common, so that merges succeed often enough. */
static partial draw(uint64_t *state, const partial *like)
{
    static const int64_t sizes[] = {-1, -1, 0, 1, 2, 7};
    partial shape;
    memset(&shape, 0, sizeof shape);
    shape.rank =
        next(state) % 8 == 0 ? -1 : (like->rank >= 0 && next(state) % 8 != 0 ? like->rank : (int)(next(state) % 9));
    for (int i = 0; i < shape.rank; i++) {
        const int64_t size = sizes[next(state) % 6];
        const bool keep = like->rank == shape.rank && next(state) % 16 != 0;
        shape.dims[i] = keep && size >= 0 ? like->dims[i] : size;
    }
    return shape;
}

/* The model: false for a conflict. */
static bool merge(const partial *a, const partial *b, partial *out)
{
    *out = a->rank < 0 ? *b : *a;
    if (a->rank < 0 || b->rank < 0)
        return true;
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++) {
        if (a->dims[i] >= 0 && b->dims[i] >= 0 && a->dims[i] != b->dims[i])
            return false;
        out->dims[i] = a->dims[i] >= 0 ? a->dims[i] : b->dims[i];
    }
    return true;
}

static nsc_parameter *declare(const partial *shape)
{
    nsc_parameter *parameter = nsc_parameter_new(&(nsc_parameter_declaration){
        .name = "w", .kind = "test", .dtype = NSC_FLOAT32, .rank = shape->rank, .dims = shape->dims});
    ck_assert_ptr_nonnull(parameter);
    return parameter;
}

static bool has_shape(const nsc_parameter *parameter, const partial *want)
{
    int64_t dims[NSC_MAX_RANK];
    const int rank = nsc_parameter_shape(parameter, dims);
    return rank == want->rank && (rank <= 0 || memcmp(dims, want->dims, (size_t)rank * sizeof *dims) == 0);
}

/* Everything that was known is still so. */
static bool refines(const partial *more, const partial *less)
{
    partial both;
    memset(&both, 0, sizeof both);
    return merge(more, less, &both) && both.rank == more->rank &&
           (both.rank <= 0 || memcmp(both.dims, more->dims, (size_t)both.rank * sizeof *both.dims) == 0);
}

/* Ties shapes in this order; true and the result, or false where one tie was refused. */
static bool tie_all(const partial *shapes, const int *order, partial *result)
{
    nsc_parameter *p[3];
    bool done = true;
    for (int i = 0; i < 3; i++)
        p[i] = declare(&shapes[order[i]]);
    for (int i = 1; i < 3 && done; i++) {
        partial before;
        memset(&before, 0, sizeof before);
        before.rank = nsc_parameter_shape(p[0], before.dims);
        const nsc_status status = nsc_parameter_tie(p[0], p[i]);
        done = status == NSC_OK;
        if (done) {
            ck_assert_int_eq(nsc_parameter_tie(p[0], p[i]), NSC_OK); /* once more is nothing more */
        } else {
            ck_assert_int_eq(status, NSC_SHAPE_CONFLICT);
            ck_assert(has_shape(p[0], &before) && has_shape(p[i], &shapes[order[i]]));
        }
    }
    memset(result, 0, sizeof *result);
    result->rank = nsc_parameter_shape(p[0], result->dims);
    for (int i = 0; i < 3; i++) {
        if (done)
            ck_assert(has_shape(p[i], result));
        nsc_parameter_release(p[i]);
    }
    return done;
}

START_TEST(test_a14_merging_is_commutative_associative_idempotent_and_only_refines)
{
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    uint64_t state = 20261124;
    int merged = 0, refused = 0, ranks[NSC_MAX_RANK + 2] = {0};
    for (int triple = 0; triple < TRIPLES; triple++) {
        partial shapes[3], two, all, result;
        memset(&all, 0, sizeof all);
        all.rank = -1;
        shapes[0] = draw(&state, &all);
        shapes[1] = draw(&state, &shapes[0]);
        shapes[2] = draw(&state, &shapes[next(&state) % 2]);
        const bool possible = merge(&shapes[0], &shapes[1], &two) && merge(&two, &shapes[2], &all);
        merged += possible;
        refused += !possible;
        ranks[shapes[0].rank + 1]++;
        for (int i = 0; i < 6; i++) {
            ck_assert_int_eq(tie_all(shapes, orders[i], &result), possible);
            if (!possible)
                continue;
            ck_assert(result.rank == all.rank &&
                      (all.rank <= 0 || memcmp(result.dims, all.dims, (size_t)all.rank * sizeof *all.dims) == 0));
            for (int j = 0; j < 3; j++)
                ck_assert(refines(&result, &shapes[j]));
        }
        const int same[3] = {0, 0, 0};
        ck_assert(tie_all(shapes, same, &result)); /* with itself: itself */
        ck_assert(result.rank == shapes[0].rank && refines(&shapes[0], &result));
    }
    ck_assert_int_gt(merged, TRIPLES / 8); /* both outcomes, and every rank, really took place */
    ck_assert_int_gt(refused, TRIPLES / 8);
    for (int i = 0; i < NSC_MAX_RANK + 2; i++)
        ck_assert_int_gt(ranks[i], TRIPLES / 40);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, test_a14_merging_is_commutative_associative_idempotent_and_only_refines);
}
