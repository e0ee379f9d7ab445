/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the status codes. */
#include <nascent/status.h>

#include "unit.h"

START_TEST(every_code_has_a_name_of_its_own)
{
    for (int i = NSC_OK; i <= NSC_FAILED; i++) {
        ck_assert_int_eq(strncmp(nsc_status_name((nsc_status)i), "NSC_", 4), 0);
        ck_assert_str_ne(nsc_status_name((nsc_status)i), "NSC_?");
        for (int j = NSC_OK; j < i; j++)
            ck_assert_str_ne(nsc_status_name((nsc_status)i), nsc_status_name((nsc_status)j));
    }
    ck_assert_str_eq(nsc_status_name(NSC_PENDING), "NSC_PENDING");
    ck_assert_str_eq(nsc_status_name((nsc_status)(NSC_FAILED + 1)), "NSC_?");
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, every_code_has_a_name_of_its_own);
}
