/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters inside: cells that are joined, what forget restores, commits. */
#include "core/param/parameter.h"

#include <nascent/nascent.h>

#include "core/param/commit.h"
#include "core/param/initializer.h"
#include "unit.h"

static nsc_context *context;

static nsc_parameter *declare(const char *name, int rank, const int64_t *dims)
{
    nsc_parameter *parameter = nsc_parameter_new(
        &(nsc_parameter_declaration){.name = name, .kind = "test", .dtype = NSC_FLOAT32, .rank = rank, .dims = dims});
    ck_assert_ptr_nonnull(parameter);
    return parameter;
}

static void check_shape(const nsc_parameter *parameter, int64_t a, int64_t b)
{
    int64_t dims[NSC_MAX_RANK];
    ck_assert_int_eq(nsc_parameter_shape(parameter, dims), 2);
    ck_assert_int_eq(dims[0], a);
    ck_assert_int_eq(dims[1], b);
}

static void learn(nsc_parameter *parameter, int64_t a, int64_t b)
{
    const nsc_shape_update update = {parameter, 2, {a, b}, {a < 0 ? NULL : "learnt", b < 0 ? NULL : "learnt"}};
    ck_assert_int_eq(nsc_commit_shapes(0, &update, 1), NSC_OK);
}

static const char *origin(const nsc_parameter *parameter, int axis)
{
    static char text[128];
    ck_assert_uint_eq(nsc_parameter_origin(parameter, axis, text, sizeof text), strlen(text));
    return text;
}

START_TEST(a_cell_lives_as_long_as_it_is_held)
{
    nsc_cell *cell = nsc_cell_new(NSC_UNKNOWN);
    nsc_parameter *a = nsc_parameter_new(&(nsc_parameter_declaration){.name = "a",
                                                                      .kind = "test",
                                                                      .dtype = NSC_FLOAT32,
                                                                      .rank = 2,
                                                                      .dims = (int64_t[]){-1, 3},
                                                                      .cells = (nsc_cell *[]){cell, NULL}});
    nsc_parameter *b = nsc_parameter_new(&(nsc_parameter_declaration){.name = "b",
                                                                      .kind = "test",
                                                                      .dtype = NSC_FLOAT32,
                                                                      .rank = 2,
                                                                      .dims = (int64_t[]){-1, -1},
                                                                      .cells = (nsc_cell *[]){cell, cell}});
    ck_assert_uint_eq(cell->references, 4);
    learn(a, 5, 3);
    check_shape(b, 5, 5);
    ck_assert_str_eq(origin(b, 1), "learnt");
    ck_assert_str_eq(origin(a, 1), "declared by test");
    nsc_parameter_release(a);
    ck_assert_uint_eq(cell->references, 3);
    nsc_parameter_release(b);
    ck_assert_uint_eq(cell->references, 1);
    nsc_cell_release(cell);
}
END_TEST

START_TEST(a_tie_joins_cells_and_forget_keeps_it)
{
    nsc_parameter *a = declare("a", 2, (int64_t[]){-1, 3}), *b = declare("b", 2, (int64_t[]){4, -1});
    ck_assert_int_eq(nsc_parameter_tie(a, b), NSC_OK);
    ck_assert_int_eq(nsc_parameter_tie(a, b), NSC_OK); /* again, and the other way: they are one already */
    ck_assert_int_eq(nsc_parameter_tie(b, a), NSC_OK);
    ck_assert_ptr_eq(nsc_parameter_resolve(a), b);
    check_shape(a, 4, 3);
    check_shape(b, 4, 3);
    nsc_parameters_lock();
    nsc_parameter_forget_locked(b);
    nsc_parameters_unlock();
    check_shape(a, 4, 3); /* both declarations hold for the one that they are */
    nsc_parameter_release(b);
    check_shape(a, 4, 3);
    nsc_parameter_release(a);
}
END_TEST

START_TEST(a_tie_that_conflicts_joins_nothing)
{
    nsc_parameter *a = declare("a", 2, (int64_t[]){-1, 3}), *b = declare("b", 2, (int64_t[]){4, 5});
    ck_assert_int_eq(nsc_parameter_tie(a, b), NSC_SHAPE_CONFLICT);
    assert_says(nsc_last_error(NULL), "a, axis 1: 3 (declared by test) against 5 (b, declared by test)");
    check_shape(a, -1, 3);
    ck_assert_ptr_eq(nsc_parameter_resolve(a), a);
    ck_assert(a->axes[0]->joined == NULL && b->axes[0]->joined == NULL);
    nsc_parameter_release(a);
    nsc_parameter_release(b);
}
END_TEST

START_TEST(forget_restores_the_declaration)
{
    nsc_parameter *a = declare("a", 2, (int64_t[]){-1, 3}), *free_rank = declare("b", NSC_UNKNOWN, NULL);
    uint64_t generation = nsc_parameter_generation(a);
    learn(a, 5, 9); /* what is known stays: a caller has checked that it agrees */
    learn(free_rank, 5, -1);
    check_shape(a, 5, 3);
    check_shape(free_rank, 5, -1);
    ck_assert_int_eq(nsc_parameter_get_state(a), NSC_SHAPE_KNOWN);
    ck_assert_int_eq(nsc_parameter_get_state(free_rank), NSC_DECLARED);
    nsc_parameters_lock();
    nsc_parameter_forget_locked(a);
    nsc_parameter_forget_locked(free_rank);
    nsc_parameters_unlock();
    check_shape(a, -1, 3);
    ck_assert_str_eq(origin(a, 0), "");
    ck_assert_int_eq(nsc_parameter_shape(free_rank, NULL), NSC_UNKNOWN);
    ck_assert_uint_gt(nsc_parameter_generation(a), generation);
    nsc_parameter_release(a);
    nsc_parameter_release(free_rank);
}
END_TEST

START_TEST(a_commit_of_nothing)
{
    nsc_statistics before, after;
    ck_assert_int_eq(nsc_context_open(&context, "reference"), NSC_OK);
    nsc_context_statistics(context, &before, sizeof before);
    ck_assert_int_eq(nsc_commit_shapes(0, NULL, 0), NSC_OK);
    ck_assert_int_eq(nsc_commit_values(context, NULL, 0), NSC_OK);
    ck_assert_int_eq(nsc_fill_tensors(context, NULL, 0), NSC_OK);
    nsc_commit_drop(NULL);
    nsc_context_statistics(context, &after, sizeof after);
    ck_assert(after.commits == before.commits && after.finishes == before.finishes &&
              after.launches == before.launches && after.bytes_in_use == before.bytes_in_use);
    ck_assert_int_eq(nsc_context_close(context), NSC_OK);
}
END_TEST

START_TEST(a_dropped_commit_leaves_no_trace)
{
    ck_assert_int_eq(nsc_context_open(&context, "reference"), NSC_OK);
    nsc_parameter *a = declare("a", 2, (int64_t[]){-1, 3});
    char path[] = "a";
    const nsc_request request = {.context = 1, .init = nsc_ones(), .path = path};
    const nsc_commit_item item = {.shape = {a, 2, {2, 3}, {"learnt", NULL}}, .request = &request};
    nsc_commit *commit = NULL;
    ck_assert_int_eq(nsc_commit_make(context, &item, 1, &commit), NSC_OK);
    ck_assert_ptr_nonnull(nsc_commit_value(commit, 0));
    check_shape(a, -1, 3);
    nsc_commit_drop(commit);
    check_shape(a, -1, 3);
    ck_assert_uint_eq(nsc_parameter_generation(a), 0);
    ck_assert_int_eq(nsc_commit_values(context, &item, 1), NSC_OK);
    check_shape(a, 2, 3);
    ck_assert_uint_eq(a->axes[0]->values, 1);
    float values[6];
    ck_assert_int_eq(nsc_parameter_read(a, values, sizeof values), NSC_OK);
    for (int i = 0; i < 6; i++)
        ck_assert(values[i] == 1.0f);
    ck_assert_int_eq(nsc_parameter_generation(a), 1);
    nsc_parameter_release(a);
    ck_assert_int_eq(nsc_context_close(context), NSC_OK);
}
END_TEST

START_TEST(initialisers_that_fill_nothing)
{
    const nsc_initializer bad[] = {{.kind = NSC_INIT_UNIFORM, .a = 1.0f, .b = -1.0f},
                                   {.kind = NSC_INIT_UNIFORM, .a = -3e38f, .b = 3e38f},
                                   {.kind = NSC_INIT_NORMAL, .b = -1.0f},
                                   {.kind = NSC_INIT_CALLBACK},
                                   {.kind = (nsc_initializer_kind)99}};
    char text[160];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        text[0] = 0;
        ck_assert(!nsc_initializer_valid(&bad[i], text, sizeof text));
        ck_assert_int_ne(text[0], 0);
    }
    const nsc_initializer good[] = {{0}, nsc_zeros(), nsc_uniform(0.0f), nsc_normal(0.0f)};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert(nsc_initializer_valid(&good[i], text, sizeof text));
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, a_cell_lives_as_long_as_it_is_held);
    tcase_add_test(to, a_tie_joins_cells_and_forget_keeps_it);
    tcase_add_test(to, a_tie_that_conflicts_joins_nothing);
    tcase_add_test(to, forget_restores_the_declaration);
    tcase_add_test(to, a_commit_of_nothing);
    tcase_add_test(to, a_dropped_commit_leaves_no_trace);
    tcase_add_test(to, initialisers_that_fill_nothing);
}
