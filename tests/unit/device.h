/* SPDX-License-Identifier: Apache-2.0 */
/* An open device of the controllable backend. */
#ifndef NSC_TESTS_DEVICE_H
#define NSC_TESTS_DEVICE_H

#include "core/device/open.h"
#include "fake_backend.h"
#include "unit.h"

static nsc_device device;
static char why[1024];
static nsc_log device_log = {.sink = nsc_log_to_stderr, .level = NSC_LOG_ERROR};

static inline nsc_status open_fake(void)
{
    const nsc_device_settings settings = {.owner = 5, .log = &device_log};
    const nsc_backend_info info = {.struct_size = NSC_BACKEND_INFO_SIZE, .name = "Fake"};
    return nsc_device_open(&device, &fake_table, NULL, 0, &info, &settings, why, sizeof why);
}

/* Closes it; nothing is left in the backend. */
static inline void close_fake(void)
{
    nsc_device_close(&device);
    ck_assert_int_eq(fake.opened, 0);
    ck_assert_int_eq(fake.buffers, 0);
    ck_assert_int_eq(fake.steps, 0);
}

#endif
