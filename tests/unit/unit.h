/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test program shares: its main, but for the list of its tests. */
#ifndef NSC_TESTS_UNIT_H
#define NSC_TESTS_UNIT_H

#include <check.h>
#include <string.h>

/* Each program defines it. */
void unit_tests(TCase *to);

/* text contains part. */
#define assert_says(TEXT, PART) ck_assert_msg(strstr((TEXT), (PART)) != NULL, "expected '%s' in: %s", (PART), (TEXT))

#endif
