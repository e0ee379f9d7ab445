/* SPDX-License-Identifier: Apache-2.0 */
/* The main of a program with scenarios: each fault, and those of MORE_FAULTS, on every backend; on the reference alone
 * those that are not of the device, where DEVICE_FAULTS_ELSEWHERE says that they do not depend on it. */
#ifndef TESTS_FAULTS_MAIN_H
#define TESTS_FAULTS_MAIN_H

static void run_out(long n)
{
    device_answer(NSC_BACKEND_NO_MEMORY);
    device_fail_from(n);
}

static void break_down(long n)
{
    device_answer(NSC_BACKEND_FAILED);
    device_fail_at(n);
}

static void lose(long n)
{
    device_answer(NSC_BACKEND_LOST);
    device_fail_at(n);
}

static const fault faults[] = {{"all memory of the device from call", run_out, device_failed, NSC_NO_MEMORY, ":0"},
                               {"a call into the device", break_down, device_failed, NSC_FAILED, ":0"},
                               {"losing the device at call", lose, device_failed, NSC_DEVICE_LOST, ":0"},
                               {"a request for memory", memory_fail_at, memory_failed, NSC_NO_MEMORY, "memory"},
                               {"all memory from request", memory_fail_from, memory_failed, NSC_NO_MEMORY, "memory"},
#ifdef MORE_FAULTS
                               MORE_FAULTS
#endif
};
#ifdef DEVICE_FAULTS_ELSEWHERE
enum { FAULTS_ELSEWHERE = 3 };
#else
enum { FAULTS_ELSEWHERE = sizeof faults / sizeof *faults };
#endif

static void check_backend(const char *backend, size_t fault_count)
{
    static world w;
    if (!world_open(&w, backend, true))
        return;
    scenario_run_all(&w, scenarios, SCENARIOS, faults, fault_count);
    world_close(&w);
}

START_TEST(test_reference)
{
    check_backend("reference", sizeof faults / sizeof *faults);
}
END_TEST

START_TEST(test_opencl)
{
    check_backend("opencl", FAULTS_ELSEWHERE);
}
END_TEST

int main(void)
{
    memory_take_json();
    Suite *suite = suite_create("faults");
    TCase *tests = tcase_create("scenarios");
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, test_reference);
    tcase_add_test(tests, test_opencl);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); /* drivers do not survive a fork */
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
