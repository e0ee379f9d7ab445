/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of NASCENT_BACKEND. */
#include "core/device/choice.h"

#include <stdio.h>

#include "unit.h"

static nsc_choice parse(const char *text, size_t which)
{
    char why[256];
    ck_assert_msg(nsc_choices_valid(text, why, sizeof why), "%s: %s", text, why);
    nsc_choice choice = {0};
    size_t position = 0;
    for (size_t i = 0; i <= which; i++)
        ck_assert(nsc_choice_next(text, &position, &choice));
    return choice;
}

static int is(const char *span, size_t length, const char *text)
{
    return strlen(text) == length && memcmp(span, text, length) == 0;
}

START_TEST(names_and_devices)
{
    nsc_choice c = parse("reference", 0);
    ck_assert(is(c.name, c.name_length, "reference") && !c.is_path && c.by == NSC_CHOICE_ANY);
    c = parse("opencl:2,reference", 0);
    ck_assert(is(c.name, c.name_length, "opencl") && c.by == NSC_CHOICE_INDEX && c.index == 2);
    c = parse("opencl:2,reference", 1);
    ck_assert(is(c.name, c.name_length, "reference") && c.by == NSC_CHOICE_ANY && c.position == 2);
    ck_assert_int_eq(parse("a:gpu", 0).by, NSC_CHOICE_GPU);
    ck_assert_int_eq(parse("a:cpu", 0).by, NSC_CHOICE_CPU);
    c = parse("a_1:Radeon / RX:7", 0);
    ck_assert(c.by == NSC_CHOICE_TEXT && is(c.device, c.device_length, "Radeon / RX:7"));
    ck_assert_uint_eq(parse("a:4294967295", 0).index, 4294967295u);
    ck_assert(nsc_choice_is_auto("auto"));
}
END_TEST

START_TEST(paths)
{
    nsc_choice c = parse("/opt/a:b/x.so", 0);
    ck_assert(c.is_path && is(c.name, c.name_length, "/opt/a:b/x.so") && c.by == NSC_CHOICE_ANY);
    c = parse("/opt/x:y.so:1", 0);
    ck_assert(c.is_path && is(c.name, c.name_length, "/opt/x:y.so") && c.by == NSC_CHOICE_INDEX && c.index == 1);
}
END_TEST

START_TEST(the_end_of_the_list)
{
    nsc_choice c = {0};
    size_t position = 0;
    ck_assert(nsc_choice_next("a,b", &position, &c));
    ck_assert(nsc_choice_next("a,b", &position, &c));
    ck_assert(!nsc_choice_next("a,b", &position, &c));
}
END_TEST

START_TEST(errors_name_position_and_rule)
{
    static const char *const wrong[][2] = {
        {"", "choice 1"},
        {",a", "choice 1"},
        {"a,", "choice 2"},
        {"a,,b", "is empty"},
        {"OpenCL", "well-formed"},
        {"a, b", "choice 2"},
        {"a:", "nothing after"},
        {"a:4294967296", "large"},
        {"a:99999999999999999999999", "large"},
        {"auto,a", "alone"},
        {"a,auto", "choice 2"},
        {"auto:0", "alone"},
        {"./x.so", "not absolute"},
        {"x.so", "write the absolute path"},
        {"lib/x.so", "not absolute"},
        {"/opt/x", ".so"},
        {"/opt/a,b/x.so", "comma"},
        {"/.so", ".so"},
        {":1", "well-formed"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char why[256] = "";
        ck_assert_msg(!nsc_choices_valid(wrong[i][0], why, sizeof why), "%s", wrong[i][0]);
        assert_says(why, wrong[i][1]);
    }
}
END_TEST

/* Every short text over the grammar's own letters: the parser ends, and what it accepts it splits within the text. */
START_TEST(any_text_is_taken_or_refused)
{
    static const char letters[] = "a0,:/ A.so";
    char text[8];
    unsigned long accepted = 0;
    for (unsigned long n = 0; n < 1000000; n++) {
        size_t length = 0;
        for (unsigned long rest = n; rest > 0 && length < 7; rest /= 10)
            text[length++] = letters[rest % 10];
        text[length] = 0;
        char why[200];
        if (!nsc_choices_valid(text, why, sizeof why))
            continue;
        accepted++;
        nsc_choice c = {0};
        size_t position = 0, total = 0;
        while (nsc_choice_next(text, &position, &c)) {
            ck_assert(c.name_length > 0 && c.name >= text && c.name + c.name_length <= text + length);
            total += c.text_length + 1;
        }
        ck_assert_uint_eq(total, length + 1);
    }
    ck_assert_uint_gt(accepted, 1000);
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, names_and_devices);
    tcase_add_test(to, paths);
    tcase_add_test(to, the_end_of_the_list);
    tcase_add_test(to, errors_name_position_and_rule);
    tcase_add_test(to, any_text_is_taken_or_refused);
}
