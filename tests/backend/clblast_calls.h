/* SPDX-License-Identifier: Apache-2.0 */
/* The calls into CLBlast that the backend makes, noted on the way (the linker wraps them: meson.build). Any thread may
 * call these; the notes are kept in the order in which calls began. */
#ifndef NSC_TESTS_BACKEND_CLBLAST_CALLS_H
#define NSC_TESTS_BACKEND_CLBLAST_CALLS_H

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#include <stdbool.h>
#include <stddef.h>

typedef enum clblast_entry { CLBLAST_GEMM, CLBLAST_TEMP, CLBLAST_OVERRIDE, CLBLAST_CLEAR } clblast_entry;

typedef struct clblast_call {
    clblast_entry entry;
    int code;            /* what CLBlast answered */
    cl_device_id device; /* all but CLBLAST_CLEAR */
    char kernel[24];     /* CLBLAST_OVERRIDE */
    size_t gemmk;        /* CLBLAST_OVERRIDE of Xgemm: the value of GEMMK; SIZE_MAX: it was not given */
    size_t m, n, k;      /* CLBLAST_GEMM, CLBLAST_TEMP */
    size_t last; /* CLBLAST_GEMM: the largest index of an element in a, b and c, counted from the buffer's start */
    size_t needed, given; /* CLBLAST_GEMM: bytes of the temporary buffer */
} clblast_call;

void clblast_calls_forget(void);
/* Their number; *calls stays until they are forgotten. */
size_t clblast_calls(const clblast_call **calls);
/* The most calls that were inside CLBlast at once since they were forgotten. */
unsigned clblast_calls_together(void);
/* on: every call takes a few ms, so that two that may meet do meet. */
void clblast_calls_linger(bool on);

#endif
