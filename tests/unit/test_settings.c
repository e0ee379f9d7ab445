/* SPDX-License-Identifier: Apache-2.0 */
/* The values of the variables, and what the environment gives. */
#include "core/settings.h"

#include <stdlib.h>

#include <nascent/backend.h>

#include "core/env.h"
#include "core/setup.h"
#include "unit.h"

static char why[256];

START_TEST(log_levels)
{
    nsc_log_level level;
    ck_assert(nsc_parse_log("error", &level, why, sizeof why) && level == NSC_LOG_ERROR);
    ck_assert(nsc_parse_log("debug", &level, why, sizeof why) && level == NSC_LOG_DEBUG);
    ck_assert(!nsc_parse_log("warn", &level, why, sizeof why));
    assert_says(why, "'warn' is none of error, warning, info, debug");
}
END_TEST

START_TEST(kinds_to_compose)
{
    uint32_t kinds,
        random = NSC_BACKEND_KIND_BIT(NSC_BACKEND_RANDOM), epilogue = NSC_BACKEND_KIND_BIT(NSC_BACKEND_GEMM_EPILOGUE),
        gather = NSC_BACKEND_KIND_BIT(NSC_BACKEND_GATHER), softmax = NSC_BACKEND_KIND_BIT(NSC_BACKEND_SOFTMAX);
    ck_assert(nsc_parse_compose("all", &kinds, why, sizeof why) && kinds == (random | epilogue | gather | softmax));
    ck_assert(nsc_parse_compose("none", &kinds, why, sizeof why) && kinds == 0);
    ck_assert(nsc_parse_compose("random", &kinds, why, sizeof why) && kinds == random);
    ck_assert(nsc_parse_compose("gemm_epilogue,random", &kinds, why, sizeof why) && kinds == (random | epilogue));
    ck_assert(nsc_parse_compose("softmax,gather", &kinds, why, sizeof why) && kinds == (gather | softmax));
    ck_assert(!nsc_parse_compose("randon", &kinds, why, sizeof why));
    assert_says(why, "'randon' is no optional kind; say all, none, or any of random, gemm_epilogue, gather, softmax");
    ck_assert(!nsc_parse_compose("random,gemm", &kinds, why, sizeof why));
    assert_says(why, "'gemm' is required");
    ck_assert(!nsc_parse_compose("random,", &kinds, why, sizeof why));
}
END_TEST

START_TEST(threads_and_directories)
{
    uint32_t threads;
    bool off;
    ck_assert(nsc_parse_threads("4096", &threads, why, sizeof why) && threads == 4096);
    static const char *const wrong[] = {"0", "4097", "-1", "1x", "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert(!nsc_parse_threads(wrong[i], &threads, why, sizeof why));
        assert_says(why, wrong[i]);
    }
    ck_assert(nsc_parse_cache_dir("off", &off, why, sizeof why) && off);
    ck_assert(nsc_parse_cache_dir("/c", &off, why, sizeof why) && !off);
    ck_assert(!nsc_parse_cache_dir("c", &off, why, sizeof why));
    ck_assert(nsc_parse_backend_path("/a::/b:", why, sizeof why));
    ck_assert(!nsc_parse_backend_path("/a:b", why, sizeof why));
    assert_says(why, "'b'");
}
END_TEST

START_TEST(directories_one_by_one)
{
    size_t position = 0;
    const char *start;
    ck_assert_uint_eq(nsc_next_directory("/a::/bc:", &position, &start), 2);
    ck_assert_uint_eq(nsc_next_directory("/a::/bc:", &position, &start), 3);
    ck_assert_int_eq(memcmp(start, "/bc", 3), 0);
    ck_assert_uint_eq(nsc_next_directory("/a::/bc:", &position, &start), 0);
}
END_TEST

START_TEST(files_of_timelines)
{
    static const char *const names[][2] = {{"t.json", "t.3.json"},     {"/a.b/t", "/a.b/t.3"}, {"a/.json", "a/.json.3"},
                                           {"t.tar.gz", "t.tar.3.gz"}, {".", "..3"},           {"t.", "t.3."}};
    char name[NSC_TRACE_BYTES], text[NSC_TRACE_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert(nsc_parse_trace(names[i][0], why, sizeof why));
        nsc_trace_name(names[i][0], 1, name);
        ck_assert_str_eq(name, names[i][0]);
        nsc_trace_name(names[i][0], 3, name);
        ck_assert_str_eq(name, names[i][1]);
    }
    ck_assert(!nsc_parse_trace("", why, sizeof why));
    ck_assert(!nsc_parse_trace("a/", why, sizeof why));
    ck_assert_str_eq(why, "'a/' names no file: say the path of a file");
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = 0;
    ck_assert(!nsc_parse_trace(text, why, sizeof why));
    assert_says(why, "is too long");
}
END_TEST

START_TEST(an_empty_variable_is_unset)
{
    nsc_env env;
    setenv("NASCENT_BACKEND", "", 1);
    setenv("NASCENT_THREADS", "3", 1);
    nsc_env_read(&env);
    ck_assert_ptr_null(env.backend);
    ck_assert_str_eq(env.threads, "3");
    ck_assert(!env.elevated);
    unsetenv("NASCENT_THREADS");
}
END_TEST

START_TEST(options_are_stronger_than_variables)
{
    nsc_setup setup;
    setenv("NASCENT_BACKEND", "variable", 1);
    setenv("NASCENT_THREADS", "3", 1);
    setenv("NASCENT_CACHE_DIR", "/variable", 1);
    ck_assert_int_eq(nsc_setup_read(&setup, NULL), NSC_OK);
    ck_assert(setup.choice_from_env);
    ck_assert_str_eq(setup.choice, "variable");
    ck_assert_str_eq(setup.cache_dir, "/variable");
    ck_assert_uint_eq(setup.threads, 3);
    nsc_context_options options = {.backend = "option", .threads = 5, .cache_dir = "off"};
    ck_assert_int_eq(nsc_setup_read(&setup, &options), NSC_OK);
    ck_assert(!setup.choice_from_env);
    ck_assert_str_eq(setup.choice, "option");
    ck_assert_str_eq(setup.cache_dir, "");
    ck_assert_uint_eq(setup.threads, 5);
    setenv("NASCENT_THREADS", "many", 1);
    ck_assert_int_eq(nsc_setup_read(&setup, NULL), NSC_INVALID);
    assert_says(nsc_error_text(0), "NASCENT_THREADS: 'many'");
    unsetenv("NASCENT_THREADS");
    unsetenv("NASCENT_BACKEND");
    unsetenv("NASCENT_CACHE_DIR");
    setenv("XDG_CACHE_HOME", "/xdg", 1);
    ck_assert_int_eq(nsc_setup_read(&setup, NULL), NSC_OK);
    ck_assert_str_eq(setup.cache_dir, "/xdg/nascent");
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", "/home/a", 1);
    ck_assert_int_eq(nsc_setup_read(&setup, NULL), NSC_OK);
    ck_assert_str_eq(setup.cache_dir, "/home/a/.cache/nascent");
}
END_TEST

void unit_tests(TCase *to)
{
    tcase_add_test(to, log_levels);
    tcase_add_test(to, kinds_to_compose);
    tcase_add_test(to, threads_and_directories);
    tcase_add_test(to, directories_one_by_one);
    tcase_add_test(to, files_of_timelines);
    tcase_add_test(to, an_empty_variable_is_unset);
    tcase_add_test(to, options_are_stronger_than_variables);
}
