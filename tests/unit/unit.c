/* SPDX-License-Identifier: Apache-2.0 */
/* The main of the unit test programs. */
#include "unit.h"

int main(void)
{
    Suite *suite = suite_create("unit");
    TCase *tests = tcase_create("core");
    unit_tests(tests);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
