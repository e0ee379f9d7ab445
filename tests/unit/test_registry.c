/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing: what moves on, what stops, and what is told. */
#include "core/device/registry.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/device/catalog.h"
#include "core/device/enumerate.h"
#include "core/error.h"
#include "unit.h"

static nsc_device device;
static nsc_report report;
static nsc_log quiet = {.sink = nsc_log_to_stderr, .level = NSC_LOG_NONE};
static nsc_registry_request request = {.source = "TEST", .backend_path = PLUGINS};

static nsc_status choose(const char *choice)
{
    free(report.text);
    report = (nsc_report){0};
    request.choice = choice;
    request.settings = (nsc_device_settings){.owner = 5, .log = &quiet};
    return nsc_registry_choose(&request, &device, &report);
}

START_TEST(what_is_named_is_used)
{
    ck_assert_int_eq(choose("good"), NSC_OK);
    ck_assert_str_eq(device.title, "good:0 'plug-in'");
    ck_assert_str_eq(device.file, PLUGINS "/libnascent-backend-good.so");
    nsc_device_close(&device);
    ck_assert_int_eq(choose("good:LUG"), NSC_OK);
    nsc_device_close(&device);
    ck_assert_int_eq(choose("good:cpu"), NSC_OK);
    nsc_device_close(&device);
    ck_assert_int_eq(choose(PLUGINS "/libnascent-backend-othername.so:0"), NSC_OK);
    nsc_device_close(&device);
}
END_TEST

static void keep(void *user, nsc_log_level level, const char *text)
{
    (void)level;
    snprintf(user, 512, "%s", text);
}

START_TEST(what_was_passed_over_is_told_by_name)
{
    static char said[512];
    const nsc_log loud = {.sink = keep, .user = said, .level = NSC_LOG_WARNING};
    const nsc_log silent = quiet;
    quiet = loud;
    ck_assert_int_eq(choose("good:7,good:gpu,shorter"), NSC_OK);
    quiet = silent;
    assert_says(said, "choice 3, 'shorter', is taken; not here: choice 1, 'good:7': no device '7'");
    assert_says(said, "; choice 2, 'good:gpu': no device 'gpu'");
    nsc_device_close(&device);
}
END_TEST

START_TEST(only_no_such_device_moves_on)
{
    ck_assert_int_eq(choose("good:7,good:gpu,longer:nothing,shorter"), NSC_OK);
    ck_assert_str_eq(device.title, "shorter:0 'plug-in'");
    assert_says(report.text, "choice 1, 'good:7': no device '7' (devices: 0 'plug-in')");
    assert_says(report.text, "choice 4, 'shorter': shorter:0 'plug-in' is used");
    nsc_device_close(&device);
    ck_assert_int_eq(choose("good:7,good:gpu"), NSC_UNAVAILABLE);
    assert_says(nsc_error_text(0),
                "TEST: no such device is here: choice 1, 'good:7': no device '7' (devices: 0 'plug-in'); "
                "choice 2, 'good:gpu': no device 'gpu' (devices: 0 'plug-in')");
    ck_assert_int_eq(choose("good:7"), NSC_UNAVAILABLE);
    ck_assert_str_eq(nsc_error_text(0), "TEST is 'good:7': no device '7' (devices: 0 'plug-in')");
}
END_TEST

START_TEST(everything_else_stops)
{
    ck_assert_int_eq(choose("opncl,good"), NSC_INVALID);
    assert_says(nsc_error_text(0), "there is no backend 'opncl'; say one of: ");
    assert_says(nsc_error_text(0), "shorter");
    ck_assert_int_eq(choose("major,good"), NSC_REFUSED);
    ck_assert_int_eq(choose("limits,good"), NSC_REFUSED);
    assert_says(nsc_error_text(0), "alignment");
    ck_assert_int_eq(choose("/nowhere/x.so,good"), NSC_INVALID);
    ck_assert_str_eq(nsc_error_text(0), "TEST, choice 1, '/nowhere/x.so': there is no such file");
    ck_assert_int_eq(choose("/nowhere/x.so"), NSC_INVALID);
    ck_assert_str_eq(nsc_error_text(0), "TEST is '/nowhere/x.so': there is no such file");
    ck_assert_int_eq(choose("good,"), NSC_INVALID);
    assert_says(nsc_error_text(0), "TEST cannot be read: choice 2");
    assert_says(nsc_error_text(0), "; the backends here: reference");
    assert_says(nsc_error_text(0), "shorter");
    request.names_only = true;
    ck_assert_int_eq(choose(PLUGINS "/libnascent-backend-good.so"), NSC_REFUSED);
    request.names_only = false;
}
END_TEST

START_TEST(built_ins_come_before_files)
{
    ck_assert_int_eq(choose("reference"), NSC_OK);
    ck_assert_ptr_null(device.file);
    nsc_device_close(&device);
    ck_assert_int_eq(choose(PLUGINS "/libnascent-backend-reference.so"), NSC_OK);
    ck_assert_ptr_nonnull(device.file);
    nsc_device_close(&device);
}
END_TEST

START_TEST(the_default_needs_a_rank_and_an_installed_place)
{
    ck_assert_int_eq(choose(NULL), NSC_OK);
    ck_assert_ptr_null(strstr(report.text, "good"));
    ck_assert_int_gt(device.info.auto_rank, 0);
    nsc_device_close(&device);
    request.backend_path = NULL;
    request.plugin_dir = PLUGINS;
    ck_assert_int_eq(choose("auto"), NSC_OK);
    assert_says(report.text, "good:0 'plug-in': rank 0, never chosen by default");
    assert_says(report.text, "major: " PLUGINS);
    ck_assert_ptr_null(device.file);
    nsc_device_close(&device);
    request.backend_path = PLUGINS;
    request.plugin_dir = NULL;
}
END_TEST

static bool in_this_process(const char *path)
{
    void *library = dlopen(path, RTLD_NOLOAD | RTLD_LAZY);
    if (library)
        dlclose(library);
    return library != NULL;
}

/* The best device there is takes part in the default only where it is installed; elsewhere it is not even loaded. */
START_TEST(only_the_installed_folder_takes_part_in_the_default)
{
    static const char file[] = RANKED "/libnascent-backend-ranked.so";
    request.backend_path = RANKED;
    ck_assert_int_eq(choose("auto"), NSC_OK);
    ck_assert_str_ne(device.table.name, "ranked");
    ck_assert_ptr_null(strstr(report.text, "ranked:"));
    nsc_device_close(&device);
    ck_assert(!in_this_process(file));
    ck_assert_int_eq(choose("ranked"), NSC_OK);
    ck_assert_str_eq(device.file, file);
    nsc_device_close(&device);
    ck_assert(in_this_process(file));
    request.backend_path = NULL;
    request.plugin_dir = RANKED;
    ck_assert_int_eq(choose(NULL), NSC_OK);
    ck_assert_str_eq(device.file, file);
    assert_says(report.text, "ranked:0 'plug-in': rank 1000");
    nsc_device_close(&device);
    request.backend_path = PLUGINS;
    request.plugin_dir = NULL;
}
END_TEST

/* Nothing of what was refused is left: not its name, nor its rank, nor a device. */
START_TEST(a_refused_plugin_leaves_nothing)
{
    static const nsc_device none;
    request.backend_path = NULL;
    request.plugin_dir = PLUGINS; /* with all that break a rule */
    ck_assert_int_eq(choose("major"), NSC_REFUSED);
    ck_assert_int_eq(memcmp(&device, &none, sizeof none), 0);
    ck_assert_int_eq(choose("auto"), NSC_OK);
    assert_says(report.text, "ABI major: expected 1, found 99");
    ck_assert_ptr_null(strstr(report.text, "major:0"));
    nsc_device_close(&device);
    ck_assert_int_eq(choose("good"), NSC_OK);
    nsc_device_close(&device);
    request.backend_path = PLUGINS;
    request.plugin_dir = NULL;
}
END_TEST

START_TEST(a_name_is_taken_by_the_first)
{
    request.backend_path = PLUGINS ":" PLUGINS;
    request.plugin_dir = RANKED;
    ck_assert_int_eq(choose("good"), NSC_OK);
    ck_assert_str_eq(device.file, PLUGINS "/libnascent-backend-good.so");
    assert_says(report.text,
                RANKED "/libnascent-backend-good.so: name: expected one that is not taken, found 'good', which "
                       "is that of " PLUGINS "/libnascent-backend-good.so (say the path to use this file)");
    assert_says(report.text, PLUGINS "/libnascent-backend-reference.so: name: expected one that is not taken, found "
                                     "'reference', which is built in");
    ck_assert_ptr_null(strstr(report.text, PLUGINS "/libnascent-backend-good.so: name"));
    nsc_device_close(&device);
    ck_assert_int_eq(choose(RANKED "/libnascent-backend-good.so"), NSC_OK);
    ck_assert_str_eq(device.file, RANKED "/libnascent-backend-good.so");
    nsc_device_close(&device);
    request.backend_path = PLUGINS;
    request.plugin_dir = NULL;
}
END_TEST

static nsc_status pick(const char *text, uint32_t *index, char *why)
{
    static nsc_backend_info infos[3] = {{.name = "Alpha One", .kind = NSC_BACKEND_CPU, .auto_rank = 1},
                                        {.name = "Alpha Two", .kind = NSC_BACKEND_GPU, .auto_rank = 3},
                                        {.name = "Beta", .kind = NSC_BACKEND_GPU, .auto_rank = 3}};
    const nsc_device_list list = {.infos = infos, .count = 3};
    nsc_choice choice = {0};
    size_t position = 0;
    ck_assert(nsc_choices_valid(text, why, 600) && nsc_choice_next(text, &position, &choice));
    return nsc_devices_pick(&list, &choice, index, why, 600);
}

START_TEST(devices_are_picked)
{
    char why[600];
    uint32_t index;
    ck_assert(pick("x", &index, why) == NSC_OK && index == 1);
    ck_assert(pick("x:gpu", &index, why) == NSC_OK && index == 1);
    ck_assert(pick("x:cpu", &index, why) == NSC_OK && index == 0);
    ck_assert(pick("x:beta", &index, why) == NSC_OK && index == 2);
    ck_assert(pick("x:2", &index, why) == NSC_OK && index == 2);
    ck_assert_int_eq(pick("x:alpha", &index, why), NSC_INVALID);
    assert_says(why, "'alpha' is in the names of 2 devices: 0 'Alpha One', 1 'Alpha Two'");
    ck_assert_int_eq(pick("x:3", &index, why), NSC_UNAVAILABLE);
    ck_assert_int_eq(pick("x:gamma", &index, why), NSC_UNAVAILABLE);
    assert_says(why, "2 'Beta'");
}
END_TEST

static void forget(void)
{
    free(report.text);
}

void unit_tests(TCase *to)
{
    atexit(forget);
    tcase_add_test(to, what_is_named_is_used);
    tcase_add_test(to, what_was_passed_over_is_told_by_name);
    tcase_add_test(to, only_no_such_device_moves_on);
    tcase_add_test(to, everything_else_stops);
    tcase_add_test(to, built_ins_come_before_files);
    tcase_add_test(to, the_default_needs_a_rank_and_an_installed_place);
    tcase_add_test(to, only_the_installed_folder_takes_part_in_the_default);
    tcase_add_test(to, a_refused_plugin_leaves_nothing);
    tcase_add_test(to, a_name_is_taken_by_the_first);
    tcase_add_test(to, devices_are_picked);
}
