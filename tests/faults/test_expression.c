/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions, with the nth request for host memory refused: the failure is remembered, later calls are no-ops. */
#include <check.h>
#include <math.h>

#include "core/graph/expression.h"
#include "memory.h"

/* An expression, a copy of it with another input, and the derivative of that, read back from its program. */
static bool build(nsc_expression *e, nsc_expression *copy)
{
    static nsc_program program;
    nsc_arena arena = {0};
    nsc_term term = nsc_term_input(e, 0), outputs[NSC_BACKEND_MAX_OUTPUTS] = {0};
    for (int i = 0; i < 40; i++)
        term = nsc_term_apply(e, i % 2 ? NSC_OP_TANH : NSC_OP_MUL, term, nsc_term_constant(e, (float)i + 2), 0);
    const nsc_term input = nsc_term_input(copy, 1);
    term = nsc_term_derivative(copy, nsc_term_substitute(copy, e, term, &input, 1), 1);
    program = (nsc_program){0};
    const bool written = nsc_expression_write(copy, &term, 1, &program);
    const nsc_backend_expression *finished = written ? nsc_program_finish(&program, &arena, 2, 1) : NULL;
    const bool read = finished != NULL && nsc_expression_read(copy, finished, outputs);
    nsc_arena_clear(&arena);
    return read && outputs[0] == term;
}

START_TEST(the_nth_request_fails)
{
    long n = 1;
    for (;; n++) {
        nsc_expression e = {0}, copy = {0};
        memory_fail_at(n);
        const bool built = build(&e, &copy);
        const bool failed = memory_failed();
        memory_fail_at(0);
        ck_assert(built == !failed);
        if (e.failed || copy.failed) {
            nsc_expression *broken = copy.failed ? &copy : &e;
            const size_t count = broken->count;
            nsc_program program = {0};
            const nsc_term none = nsc_term_input(broken, 5);
            char text[8] = "before";
            ck_assert_uint_eq(none, 0);
            ck_assert_uint_eq(nsc_term_apply(broken, NSC_OP_ADD, 0, 0, 0), 0);
            ck_assert_uint_eq(nsc_term_derivative(broken, 0, 0), 0);
            ck_assert_uint_eq(broken->count, count);
            ck_assert(!nsc_expression_write(broken, &none, 1, &program) && !program.outgrown);
            ck_assert(isnan(nsc_term_evaluate(broken, 0, NULL, NULL)));
            nsc_expression_print(broken, 0, NULL, text, sizeof text);
            ck_assert_str_eq(text, "");
        }
        nsc_expression_clear(&e);
        nsc_expression_clear(&copy);
        if (!failed)
            break;
    }
    ck_assert_int_gt(n, 20);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("faults");
    TCase *tests = tcase_create("expression");
    tcase_add_test(tests, the_nth_request_fails);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
