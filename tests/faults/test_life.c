/* SPDX-License-Identifier: Apache-2.0 */
/* One life of a net (life.h) in which each OpenCL call, each call of the backend's table and each request for host
 * memory is refused in turn, until none is left. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "life.h"
#include "memory.h"
#ifdef HAVE_OPENCL
#include "life_opencl.h"
#endif

static unsigned long opencl_calls, table_calls, requests;

static bool is_here(const char *backend)
{
    nsc_context *context;
    const nsc_status status = nsc_context_open(&context, backend);
    if (status == NSC_UNAVAILABLE || status == NSC_INVALID) {
        printf("%s: not here\n", backend);
        return false;
    }
    ck_assert_msg(status == NSC_OK, "%s", nsc_last_error(NULL));
    ck_assert_int_eq(nsc_context_close(context), NSC_OK);
    return true;
}

/* For n = 1, 2, ... until it is not reached: how often it struck. n is what by->user points to. */
static unsigned long strike_each(const life_place *place, const life_fault *by)
{
    long *n = by->user;
    life_outcome whole, got;
    unsigned long struck = 0;
    life_live(place, NULL, &whole);
    for (*n = 1;; ++*n) {
        char name[128];
        snprintf(name, sizeof name, "%s %ld", by->name, *n);
        life_fault one = *by;
        one.name = name;
        life_live(place, &one, &got);
#ifdef HAVE_OPENCL
        life_opencl_check_held(name);
#endif
        life_check_results(&got, &whole, 0, name);
        if (got.where == NULL)
            break;
        struck++;
    }
    printf("%s: %s: %lu\n", place->backend, by->name, struck);
    return struck;
}

/* ---- host memory ------------------------------------------------------------------------------------------------- */

static void refuse_memory(void *user)
{
    memory_fail_at(*(long *)user);
}

static bool memory_was_refused(void *user)
{
    (void)user;
    return memory_failed();
}

static void grant_memory(void *user)
{
    (void)user;
    memory_fail_at(0);
}

static const char *check_memory(void *user, nsc_status status, const char *text)
{
    (void)user;
    if (status != NSC_NO_MEMORY && status != NSC_FAILED)
        return "not NO_MEMORY";
    return text[0] == 0 ? "an error without words" : NULL;
}

static void check_requests(const char *backend)
{
    long n;
    const life_place place = {.backend = backend};
    const life_fault by = {
        "host memory refused at request", &n, refuse_memory, memory_was_refused, grant_memory, check_memory};
    if (!is_here(backend))
        return;
    const unsigned long count = strike_each(&place, &by);
    ck_assert_uint_gt(count, 100);
    requests += count;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static const char *broken = ""; /* the backend whose table can fail */

#define QUERY(NAME)                                                                         \
    const nsc_backend_table *__real_nsc_backend_query_##NAME(const nsc_backend_host *host); \
    const nsc_backend_table *__wrap_nsc_backend_query_##NAME(const nsc_backend_host *host); \
    const nsc_backend_table *__wrap_nsc_backend_query_##NAME(const nsc_backend_host *host)  \
    {                                                                                       \
        const nsc_backend_table *table = __real_nsc_backend_query_##NAME(host);             \
        return strcmp(broken, #NAME) == 0 ? device_table(table) : table;                    \
    }
QUERY(reference)
#ifdef HAVE_OPENCL_BUILTIN
QUERY(opencl)
#endif

static void break_at(void *user)
{
    device_fail_at(*(long *)user);
}

static void break_from(void *user)
{
    device_fail_from(*(long *)user);
}

static bool has_broken(void *user)
{
    (void)user;
    return device_failed();
}

static void repair(void *user)
{
    (void)user;
    device_fail_at(0);
}

static nsc_status expected;

static const char *check_table(void *user, nsc_status status, const char *text)
{
    (void)user;
    if (status != expected)
        return nsc_status_name(expected);
    return strstr(text, ":0") == NULL && strstr(text, broken) == NULL ? "it does not say where" : NULL;
}

static void check_tables(const char *backend)
{
    static const struct {
        const char *name;
        void (*strike)(void *user);
        nsc_backend_status answer;
        nsc_status expected;
    } ways[] = {{"the device out of memory at call", break_at, NSC_BACKEND_NO_MEMORY, NSC_NO_MEMORY},
                {"the device out of memory from call", break_from, NSC_BACKEND_NO_MEMORY, NSC_NO_MEMORY},
                {"the device failing at call", break_at, NSC_BACKEND_FAILED, NSC_FAILED},
                {"the device lost at call", break_at, NSC_BACKEND_LOST, NSC_DEVICE_LOST}};
    long n;
    const life_place place = {.backend = backend};
    if (!is_here(backend))
        return;
    broken = backend;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const life_fault by = {ways[i].name, &n, ways[i].strike, has_broken, repair, check_table};
        device_answer(ways[i].answer);
        expected = ways[i].expected;
        const unsigned long count = strike_each(&place, &by);
        ck_assert_uint_gt(count, 20);
        table_calls += count;
    }
    broken = "";
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

START_TEST(test_requests)
{
    check_requests("reference");
    check_requests("opencl");
}
END_TEST

START_TEST(test_tables)
{
    check_tables("reference");
#ifdef HAVE_OPENCL_BUILTIN
    check_tables("opencl");
#endif
}
END_TEST

#ifdef HAVE_OPENCL
START_TEST(test_opencl)
{
    if (is_here("opencl"))
        opencl_calls += life_opencl_run("opencl");
}
END_TEST
#endif

static void add(Suite *suite, const char *name, const TTest *test)
{
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, 0); /* life.c has a deadline for each life */
#ifdef HAVE_OPENCL
    tcase_add_unchecked_fixture(tests, life_opencl_find, NULL);
#endif
    tcase_add_test(tests, test);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    memory_take_json();
    Suite *suite = suite_create("faults");
#ifdef HAVE_OPENCL
    add(suite, "opencl", test_opencl);
#endif
    add(suite, "tables", test_tables);
    add(suite, "requests", test_requests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); /* drivers do not survive a fork */
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (failed == 0)
        printf("faults injected: %lu OpenCL calls, %lu table calls, %lu host requests; all survived\n", opencl_calls,
               table_calls, requests);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
