/* SPDX-License-Identifier: Apache-2.0 */
/* The cases of the OpenCL table test, and the device that they share: opened once, since drivers are slow to open and do
 * not survive a fork. */
#ifndef NSC_TESTS_BACKEND_SUITES_H
#define NSC_TESTS_BACKEND_SUITES_H

#include <check.h>

#include "host.h"

extern test_bench suite_bench;
extern test_host suite_host;

TCase *opencl_map_cases(void);
TCase *opencl_compute_cases(void);
TCase *opencl_device_cases(void);
TCase *opencl_timing_cases(void);

#endif
