/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions made of bytes, and a machine that runs them with every rule of backend.h checked again, its own way. */
#ifndef NSC_TESTS_FUZZ_EXPRESSION_H
#define NSC_TESTS_FUZZ_EXPRESSION_H

#include "core/device/validate.h"
#include "fuzz.h"

typedef struct fuzz_expression {
    nsc_backend_expression expression;
    nsc_backend_instruction *code; /* as long as code_count says, so that a read beyond it is seen */
    float *immediates;
} fuzz_expression;

/* Never fails: what the bytes do not say is 0. */
void fuzz_expression_read(fuzz_reader *reader, fuzz_expression *made);
void fuzz_expression_free(fuzz_expression *made);
/* Runs an accepted expression. */
void fuzz_expression_run(const nsc_backend_expression *expression);

#endif
