/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenCL calls of a life, failed by the layer in OPENCL_LAYERS (tests/layer). */
#ifndef TESTS_FAULTS_LIFE_OPENCL_H
#define TESTS_FAULTS_LIFE_OPENCL_H

#include "life.h"

/* Takes the layer. */
void life_opencl_find(void);
/* Nothing of OpenCL may be left. what: after what. */
void life_opencl_check_held(const char *what);
/* Lives on the backend with each call site failing: the number of calls that failed. */
unsigned long life_opencl_run(const char *backend);

#endif
