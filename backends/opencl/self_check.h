/* SPDX-License-Identifier: Apache-2.0 */
/* The self-checks: one operation each, on a small image of memory, and what must come out of it. */
#ifndef NSC_BACKEND_OPENCL_SELF_CHECK_H
#define NSC_BACKEND_OPENCL_SELF_CHECK_H

#include "opencl.h"

/* The image: floats, the same at every check. Results lie from NSC_CL_CHECK_OUT on, inputs before. */
#define NSC_CL_CHECK_OUT 5120
#define NSC_CL_CHECK_RESULTS 4096
#define NSC_CL_CHECK_VALUES (NSC_CL_CHECK_OUT + NSC_CL_CHECK_RESULTS + 64)

typedef union nsc_cl_check_operation {
    nsc_backend_operation head;
    nsc_backend_map map;
    nsc_backend_reduce reduce;
    nsc_backend_gemm gemm;
    nsc_backend_random random;
    nsc_backend_gemm_epilogue epilogue;
    nsc_backend_gather gather;
    nsc_backend_softmax softmax;
} nsc_cl_check_operation;

typedef struct nsc_cl_check {
    const char *what; /* as in texts */
    uint32_t kind;
    bool required;
    uint32_t form;  /* which of the kind's checks */
    uint32_t count; /* of results */
    void (*describe)(uint32_t form, nsc_cl_check_operation *operation);
    /* Result i, and how far from it the device's may be. */
    double (*expected)(const nsc_backend_host *host, uint32_t form, const float *image, uint32_t i, double *bound);
} nsc_cl_check;

#define NSC_CL_CHECKS 12
/* Required kinds first. */
extern const nsc_cl_check nsc_cl_checks[NSC_CL_CHECKS];
void nsc_cl_check_image(float *image);

#endif
