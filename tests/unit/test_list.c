/* SPDX-License-Identifier: Apache-2.0 */
/* <nascent/device.h>: which backends can be named, and the devices of one. */
#include <nascent/device.h>

#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

typedef struct seen {
    int calls, stop_at; /* visit answers 1 at this call; 0: never */
    int good, reference, problems;
    char last[64], file[512], problem[512];
    nsc_device_info info; /* numbers only: the texts end with the visit */
} seen;

static int see_backend(void *user, const char *name, const char *file, int installed)
{
    seen *all = user;
    snprintf(all->last, sizeof all->last, "%s", name);
    if (strcmp(name, "good") == 0) {
        all->good++;
        ck_assert_str_eq(file, PLUGINS "/libnascent-backend-good.so");
        ck_assert(!installed);
    }
    if (strcmp(name, "reference") == 0) {
        all->reference++;
        ck_assert_ptr_null(file);
        ck_assert(installed);
    }
    return ++all->calls == all->stop_at;
}

static int see_device(void *user, const nsc_device_info *device, const char *problem)
{
    seen *all = user;
    ck_assert(device->backend && device->kind && device->name && device->vendor && device->platform && device->driver &&
              device->id);
    snprintf(all->last, sizeof all->last, "%s", device->name);
    snprintf(all->file, sizeof all->file, "%s", device->file ? device->file : "");
    snprintf(all->problem, sizeof all->problem, "%s", problem ? problem : "");
    all->problems += problem != NULL;
    all->info = *device;
    return ++all->calls == all->stop_at;
}

START_TEST(backends_are_told_once_each)
{
    seen all = {0}, one = {.stop_at = 1};
    ck_assert_int_eq(nsc_backends_each(see_backend, &all), NSC_OK);
    ck_assert_int_eq(all.good, 1);
    ck_assert_int_eq(all.reference, 1); /* the plug-in of the same name comes later and has no say */
    ck_assert_int_gt(all.calls, 10);
    ck_assert_int_eq(nsc_backends_each(see_backend, &one), NSC_OK);
    ck_assert_int_eq(one.calls, 1);
    ck_assert_int_eq(nsc_backends_each(NULL, NULL), NSC_INVALID);
    assert_says(nsc_last_error(NULL), "nothing to call");
}
END_TEST

START_TEST(devices_of_a_name)
{
    seen all = {0}, closed = {0};
    ck_assert_int_eq(nsc_devices_each("good", 1, see_device, &all), NSC_OK);
    ck_assert_int_eq(all.calls, 1);
    ck_assert_int_eq(all.problems, 0);
    ck_assert_str_eq(all.last, "plug-in");
    ck_assert_str_eq(all.file, PLUGINS "/libnascent-backend-good.so");
    ck_assert_uint_eq(all.info.index, 0);
    ck_assert_uint_eq(all.info.alignment, 64);
    ck_assert_uint_eq(all.info.max_buffer_bytes, 1 << 20);

    ck_assert_int_eq(nsc_devices_each("good", 0, see_device, &closed), NSC_OK);
    ck_assert_str_eq(closed.last, "plug-in");
    ck_assert_uint_eq(closed.info.alignment, 0);
    ck_assert_uint_eq(closed.info.max_buffer_bytes, 0);
    ck_assert_ptr_null(closed.info.note);
}
END_TEST

START_TEST(devices_of_a_file)
{
    seen all = {0};
    ck_assert_int_eq(nsc_devices_each(PLUGINS "/libnascent-backend-othername.so", 1, see_device, &all), NSC_OK);
    ck_assert_int_eq(all.calls, 1);
    ck_assert_str_eq(all.file, PLUGINS "/libnascent-backend-othername.so");
    ck_assert_int_eq(nsc_devices_each("/nowhere/x.so", 0, see_device, &all), NSC_INVALID);
    assert_says(nsc_last_error(NULL), "/nowhere/x.so");
    ck_assert_int_eq(all.calls, 1);
}
END_TEST

START_TEST(devices_of_a_built_in)
{
    seen all = {.stop_at = 1};
    ck_assert_int_eq(nsc_devices_each("reference", 1, see_device, &all), NSC_OK);
    ck_assert_int_eq(all.calls, 1);
    ck_assert_str_eq(all.file, "");
    ck_assert_str_eq(all.info.kind, "cpu");
}
END_TEST

/* A device that cannot be opened is told with its reason; unopened it is only told. */
START_TEST(a_device_with_a_problem)
{
    seen opened = {0}, closed = {0};
    ck_assert_int_eq(nsc_devices_each("limits", 1, see_device, &opened), NSC_OK);
    ck_assert_int_eq(opened.calls, 1);
    ck_assert_int_eq(opened.problems, 1);
    assert_says(opened.problem, "alignment");
    ck_assert_uint_eq(opened.info.alignment, 0);
    ck_assert_int_eq(nsc_devices_each("limits", 0, see_device, &closed), NSC_OK);
    ck_assert_int_eq(closed.problems, 0);
}
END_TEST

START_TEST(what_cannot_be_listed)
{
    static const struct {
        const char *backend;
        nsc_status status;
        const char *says;
    } bad[] = {
        {NULL, NSC_INVALID, "no backend"},
        {"opncl", NSC_INVALID, "there is no backend 'opncl'; say one of: "},
        {"", NSC_INVALID, "neither the name"},
        {"auto", NSC_INVALID, "'auto' is neither the name"},
        {"good:0", NSC_INVALID, "'good:0' is neither the name"},
        {"good,longer", NSC_INVALID, "'good,longer' is neither the name"},
        {"Good", NSC_INVALID, "neither the name"},
        {"major", NSC_REFUSED, "ABI major: expected 1, found 99"},
        {"query", NSC_REFUSED, "the moon is not full"},
        {"needy", NSC_UNAVAILABLE, "libnascent-gone.so.9"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        seen all = {0};
        ck_assert_int_eq(nsc_devices_each(bad[i].backend, 1, see_device, &all), bad[i].status);
        assert_says(nsc_last_error(NULL), bad[i].says);
        ck_assert_int_eq(all.calls, 0);
    }
    ck_assert_int_eq(nsc_devices_each("good", 1, NULL, NULL), NSC_INVALID);
    assert_says(nsc_last_error(NULL), "nothing to call");
}
END_TEST

START_TEST(a_plugin_without_its_library_moves_on)
{
    nsc_context *context;
    ck_assert_int_eq(nsc_context_open(&context, "needy,good", .log_level = NSC_LOG_ERROR), NSC_OK);
    ck_assert_str_eq(nsc_context_device(context)->backend, "good");
    assert_says(nsc_context_report(context), "choice 1, 'needy': ");
    assert_says(nsc_context_report(context), "libnascent-gone.so.9");
    ck_assert_int_eq(nsc_context_close(context), NSC_OK);
    ck_assert_int_eq(nsc_context_open(&context, "needy", .log_level = NSC_LOG_ERROR), NSC_UNAVAILABLE);
    assert_says(nsc_last_error(NULL), "libnascent-gone.so.9");
}
END_TEST

void unit_tests(TCase *to)
{
    setenv("NASCENT_BACKEND_PATH", PLUGINS, 1);
    tcase_add_test(to, backends_are_told_once_each);
    tcase_add_test(to, devices_of_a_name);
    tcase_add_test(to, devices_of_a_file);
    tcase_add_test(to, devices_of_a_built_in);
    tcase_add_test(to, a_device_with_a_problem);
    tcase_add_test(to, what_cannot_be_listed);
    tcase_add_test(to, a_plugin_without_its_library_moves_on);
}
