/* SPDX-License-Identifier: Apache-2.0 */
/* The solver alone: unions, products, sums and broadcasts over hand-made dimensions, in every order. */
#include "core/graph/trace.h"

#include <stdlib.h>

#include "unit.h"

static nsc_trace trace;
static nsc_value holder = {.node = NSC_NODE_INPUT, .rank = 1};

static void begin(void)
{
    memset(&trace, 0, sizeof trace);
    nsc_dim_new(&trace, NSC_UNKNOWN, NULL); /* as a walk does: what an error gives */
}

static void end(void)
{
    free(trace.dims);
    free(trace.equations);
    free(trace.conflicts);
    nsc_arena_clear(&trace.arena);
}

static uint32_t dim(int64_t size)
{
    return nsc_dim_new(&trace, size, size < 0 ? NULL : "the test");
}

static void equate(nsc_equation_kind kind, uint32_t result, const uint32_t *terms, uint32_t count)
{
    nsc_value *value = nsc_arena_take(&trace.arena, sizeof *value);
    *value = holder;
    value->dims[0] = result;
    nsc_dim_equation(&trace, kind, value, 0, terms, count);
}

static void join(uint32_t a, uint32_t b)
{
    nsc_value of_a = holder, of_b = holder;
    of_a.dims[0] = a;
    of_b.dims[0] = b;
    nsc_dim_equal(&trace, &of_a, 0, &of_b, 0);
}

START_TEST(a_union_spreads_a_size)
{
    begin();
    uint32_t a = dim(-1), b = dim(-1), c = dim(-1), d = dim(7);
    join(a, b);
    join(c, d);
    ck_assert_int_eq(nsc_dim_size(&trace, a), -1);
    ck_assert_str_eq(nsc_dim_origin(&trace, a), "unknown");
    join(b, c);
    join(a, d);
    ck_assert_int_eq(nsc_dim_size(&trace, a), 7);
    ck_assert_str_eq(nsc_dim_origin(&trace, a), "the test");
    ck_assert_uint_eq(trace.conflict_count, 0);
    join(a, dim(8));
    ck_assert_uint_eq(trace.conflict_count, 1);
    assert_says(trace.conflicts[0], "input 0, axis 0: 7 (the test) against 8 (the test)");
    join(a, dim(8));
    ck_assert_uint_eq(trace.conflict_count, 1); /* told once */
    join(a, dim(9));
    ck_assert_uint_eq(trace.conflict_count, 2);
    end();
}
END_TEST

static int64_t solve_arithmetic(nsc_equation_kind kind, int64_t result, int64_t a, int64_t b, int which)
{
    begin();
    uint32_t dims[3] = {dim(result), dim(a), dim(b)};
    equate(kind, dims[0], dims + 1, 2);
    nsc_trace_solve(&trace);
    int64_t size = trace.status != NSC_OK ? -3 : (trace.conflict_count > 0 ? -2 : nsc_dim_size(&trace, dims[which]));
    end();
    return size;
}

START_TEST(products_both_ways)
{
    const nsc_equation_kind product = NSC_EQUATION_PRODUCT;
    ck_assert_int_eq(solve_arithmetic(product, -1, 3, 4, 0), 12);
    ck_assert_int_eq(solve_arithmetic(product, 12, -1, 4, 1), 3);
    ck_assert_int_eq(solve_arithmetic(product, 12, 3, -1, 2), 4);
    ck_assert_int_eq(solve_arithmetic(product, 0, 3, -1, 2), 0);
    ck_assert_int_eq(solve_arithmetic(product, 13, 3, -1, 2), -2);
    ck_assert_int_eq(solve_arithmetic(product, 13, 3, 4, 0), -2);
    ck_assert_int_eq(solve_arithmetic(product, -1, 3, -1, 0), -1);
    ck_assert_int_eq(solve_arithmetic(product, -1, 0, -1, 0), 0); /* whatever the other is */
    ck_assert_int_eq(solve_arithmetic(product, 0, 0, -1, 2), -1);
    ck_assert_int_eq(solve_arithmetic(product, 5, 0, -1, 2), -2);
    ck_assert_int_eq(solve_arithmetic(product, -1, INT64_C(1) << 32, INT64_C(1) << 31, 0), -3);
    ck_assert_int_eq(solve_arithmetic(product, -1, INT64_C(1) << 32, INT64_C(1) << 30, 0), INT64_C(1) << 62);
}
END_TEST

START_TEST(sums_both_ways)
{
    const nsc_equation_kind sum = NSC_EQUATION_SUM;
    ck_assert_int_eq(solve_arithmetic(sum, -1, 3, 4, 0), 7);
    ck_assert_int_eq(solve_arithmetic(sum, 7, -1, 4, 1), 3);
    ck_assert_int_eq(solve_arithmetic(sum, 4, 4, -1, 2), 0);
    ck_assert_int_eq(solve_arithmetic(sum, 3, 4, -1, 2), -2);
    ck_assert_int_eq(solve_arithmetic(sum, 8, 3, 4, 0), -2);
    ck_assert_int_eq(solve_arithmetic(sum, -1, 3, -1, 2), -1);
    ck_assert_int_eq(solve_arithmetic(sum, -1, INT64_MAX, 1, 0), -3);
}
END_TEST

START_TEST(broadcasts_and_their_default)
{
    static const struct {
        int64_t given[3], wanted[3]; /* result, a, b; wanted[0] -2: a conflict */
    } cases[] = {{{-1, 1, 1}, {1, 1, 1}},    {{-1, 5, 1}, {5, 5, 1}},     {{-1, 5, 5}, {5, 5, 5}},
                 {{-1, 0, 1}, {0, 0, 1}},    {{-1, 5, 6}, {-2}},          {{-1, 0, 5}, {-2}},
                 {{5, 1, 1}, {-2}},          {{6, 5, 1}, {-2}},           {{1, -1, -1}, {1, 1, 1}},
                 {{5, 1, -1}, {5, 1, 5}},    {{1, -1, 1}, {1, 1, 1}},     {{1, -1, 2}, {-2}},
                 {{-1, 5, -1}, {5, 5, 5}},   {{-1, 0, -1}, {0, 0, 0}},    {{5, -1, -1}, {5, 5, 5}},
                 {{-1, 1, -1}, {-1, 1, -1}}, {{-1, -1, -1}, {-1, -1, -1}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int swap = 0; swap < 2; swap++) {
            begin();
            uint32_t result = dim(cases[i].given[0]), a = dim(cases[i].given[1]), b = dim(cases[i].given[2]);
            equate(NSC_EQUATION_BROADCAST, result, swap ? (uint32_t[]){b, a} : (uint32_t[]){a, b}, 2);
            nsc_trace_solve(&trace);
            ck_assert_int_eq(trace.status, NSC_OK);
            ck_assert_msg((trace.conflict_count > 0) == (cases[i].wanted[0] == -2), "case %zu", i);
            if (cases[i].wanted[0] != -2)
                ck_assert_msg(nsc_dim_size(&trace, result) == cases[i].wanted[0] &&
                                  nsc_dim_size(&trace, a) == cases[i].wanted[1] &&
                                  nsc_dim_size(&trace, b) == cases[i].wanted[2],
                              "case %zu", i);
            end();
        }
}
END_TEST

/* ---- orders ----------------------------------------------------------------------------------------------------- */

static uint64_t state;

static uint32_t below(uint32_t bound) /* SplitMix64 */
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 32) % bound;
}

enum { DIMS = 9, CONSTRAINTS = 7 };
typedef struct constraint {
    int kind; /* -1: a union */
    uint32_t dims[3];
} constraint;
typedef struct outcome {
    nsc_status status;
    bool conflict;
    int64_t sizes[DIMS];
} outcome;

static outcome solve_in_order(const int64_t *sizes, const constraint *constraints, const int *order, bool swap)
{
    outcome solved = {0};
    uint32_t dims[DIMS];
    begin();
    for (int i = 0; i < DIMS; i++)
        dims[i] = dim(sizes[i]);
    for (int i = 0; i < CONSTRAINTS; i++) {
        const constraint *c = &constraints[order[i]];
        uint32_t of[3] = {dims[c->dims[0]], dims[c->dims[1]], dims[c->dims[2]]};
        if (c->kind < 0)
            join(of[swap], of[!swap]);
        else
            equate((nsc_equation_kind)c->kind, of[0], swap ? (uint32_t[]){of[2], of[1]} : of + 1, 2);
    }
    nsc_trace_solve(&trace);
    solved.status = trace.status;
    solved.conflict = trace.conflict_count > 0;
    for (int i = 0; i < DIMS && trace.status == NSC_OK && !solved.conflict; i++)
        solved.sizes[i] = nsc_dim_size(&trace, dims[i]);
    end();
    return solved;
}

START_TEST(the_order_of_equations_changes_nothing)
{
    int clean = 0, conflicts = 0;
    state = 20240607;
    for (int round = 0; round < 20000; round++) {
        int64_t sizes[DIMS];
        constraint constraints[CONSTRAINTS];
        int order[CONSTRAINTS];
        for (int i = 0; i < DIMS; i++)
            sizes[i] = below(2) ? -1 : (int64_t)below(5);
        for (int i = 0; i < CONSTRAINTS; i++) {
            order[i] = i;
            constraints[i].kind = (int)below(4) - 1;
            for (int t = 0; t < 3; t++)
                constraints[i].dims[t] = below(DIMS);
        }
        outcome first = solve_in_order(sizes, constraints, order, false);
        clean += !first.conflict;
        conflicts += first.conflict;
        for (int again = 0; again < 6; again++) {
            for (int i = CONSTRAINTS - 1; i > 0; i--) {
                int j = (int)below((uint32_t)i + 1), kept = order[i];
                order[i] = order[j];
                order[j] = kept;
            }
            outcome other = solve_in_order(sizes, constraints, order, again % 2 == 1);
            ck_assert_msg(first.status == other.status && first.conflict == other.conflict &&
                              memcmp(first.sizes, other.sizes, sizeof first.sizes) == 0,
                          "round %d, permutation %d", round, again);
        }
    }
    ck_assert(clean > 1000 && conflicts > 1000);
}
END_TEST

/* Two parts that a default could decide, and each would decide the other. */
START_TEST(defaults_do_not_race)
{
    for (int swap = 0; swap < 2; swap++) {
        begin();
        uint32_t u = dim(-1), v = dim(-1), five = dim(5), results[2] = {dim(-1), dim(-1)};
        equate(NSC_EQUATION_SUM, dim(6), (uint32_t[]){u, v}, 2);
        equate(NSC_EQUATION_BROADCAST, results[0], (uint32_t[]){swap ? u : v, five}, 2);
        equate(NSC_EQUATION_BROADCAST, results[1], (uint32_t[]){swap ? v : u, five}, 2);
        nsc_trace_solve(&trace);
        ck_assert_uint_eq(trace.conflict_count, 1);
        end();
        /* What is known decides before what is not: u is 5, so v is 1, and nothing joins u and v. */
        begin();
        u = dim(-1), v = dim(-1), five = dim(5);
        equate(NSC_EQUATION_SUM, dim(6), (uint32_t[]){u, v}, 2);
        uint32_t both = dim(-1), wide = dim(-1);
        if (swap)
            equate(NSC_EQUATION_BROADCAST, wide, (uint32_t[]){u, five}, 2);
        equate(NSC_EQUATION_BROADCAST, both, (uint32_t[]){u, v}, 2);
        if (!swap)
            equate(NSC_EQUATION_BROADCAST, wide, (uint32_t[]){u, five}, 2);
        nsc_trace_solve(&trace);
        ck_assert_uint_eq(trace.conflict_count, 0);
        ck_assert_int_eq(nsc_dim_size(&trace, u), 5);
        ck_assert_int_eq(nsc_dim_size(&trace, v), 1);
        ck_assert_int_eq(nsc_dim_size(&trace, both), 5);
        end();
    }
}
END_TEST

/* Merges partial shapes in this order (an index may repeat); false: a conflict. */
static bool merge(int rank, int64_t shapes[3][NSC_MAX_RANK], const int *order, int count, int64_t *merged)
{
    begin();
    nsc_value values[3] = {holder, holder, holder};
    for (int s = 0; s < 3; s++)
        for (int axis = 0; axis < rank; axis++)
            values[s].dims[axis] = dim(shapes[s][axis]);
    for (int i = 1; i < count; i++)
        for (int axis = 0; axis < rank; axis++)
            nsc_dim_equal(&trace, &values[order[i - 1]], axis, &values[order[i]], axis);
    for (int axis = 0; axis < rank; axis++)
        merged[axis] = nsc_dim_size(&trace, values[order[0]].dims[axis]);
    bool agreed = trace.conflict_count == 0;
    end();
    return agreed;
}

START_TEST(merging_obeys_its_laws)
{
    static const int orders[][5] = {
        {0, 1, 2, 2, 2}, {2, 1, 0, 0, 0}, {1, 0, 2, 2, 2}, {0, 2, 1, 1, 1}, {2, 0, 1, 2, 0}};
    state = 7;
    for (int rank = 0; rank <= NSC_MAX_RANK; rank++)
        for (int round = 0; round < 300; round++) {
            int64_t shapes[3][NSC_MAX_RANK], first[NSC_MAX_RANK] = {0}, other[NSC_MAX_RANK] = {0};
            for (int s = 0; s < 3; s++)
                for (int axis = 0; axis < rank; axis++) /* mostly what agrees: the axis's own size */
                    shapes[s][axis] = below(2) ? -1 : (below(8 * (uint32_t)rank) == 0 ? 99 : axis);
            bool agreed = merge(rank, shapes, orders[0], 3, first);
            for (size_t o = 0; o < sizeof orders / sizeof *orders; o++) {
                ck_assert_int_eq(merge(rank, shapes, orders[o], 5, other), agreed);
                if (agreed)
                    ck_assert_mem_eq(first, other, sizeof first);
            }
        }
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, a_union_spreads_a_size);
    tcase_add_test(to, products_both_ways);
    tcase_add_test(to, sums_both_ways);
    tcase_add_test(to, broadcasts_and_their_default);
    tcase_add_test(to, the_order_of_equations_changes_nothing);
    tcase_add_test(to, defaults_do_not_race);
    tcase_add_test(to, merging_obeys_its_laws);
}
