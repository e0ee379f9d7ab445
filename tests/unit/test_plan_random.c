/* SPDX-License-Identifier: Apache-2.0 */
/* What holds of every plan, of random graphs (tests/model/graph.h). */
#include <stdio.h>

#include <nascent/nascent.h>

#include "../model/graph.h"
#include "plans.h"
#include "unit.h"

enum { PLANS = 1200 };

static void check_all(const char *compose, uint64_t first)
{
    open_context(compose);
    for (uint64_t seed = first; seed < first + PLANS; seed++) {
        nsc_shape shapes[GRAPH_MAX_NODES];
        size_t inputs = 0;
        graph *of = graph_random(seed, 5 + (int)(seed % 26));
        nsc_block *net = graph_block(of, shapes, &inputs);
        make_plan_of(net, shapes, inputs);
        check_plan();
        end_plan();
        nsc_release(net);
        graph_free(of);
    }
    ck_assert_int_eq(nsc_context_close(context), NSC_OK);
}

START_TEST(every_plan_reads_what_was_written)
{
    check_all("", 0);
}
END_TEST

START_TEST(every_composed_plan_does)
{
    check_all("all", PLANS);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_set_timeout(to, 0);
    tcase_add_test(to, every_plan_reads_what_was_written);
    tcase_add_test(to, every_composed_plan_does);
}
