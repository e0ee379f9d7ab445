/* SPDX-License-Identifier: Apache-2.0 */
/* Writing an expression of backend.h. A program that outgrows a limit is marked, and its writer stores a part first. */
#ifndef NSC_CORE_GRAPH_PROGRAM_H
#define NSC_CORE_GRAPH_PROGRAM_H

#include <stdbool.h>

#include <nascent/backend.h>

#include "core/memory.h"

typedef struct nsc_program {
    nsc_backend_instruction code[NSC_BACKEND_MAX_CODE];
    float immediates[NSC_BACKEND_MAX_IMMEDIATES];
    uint32_t code_count, immediate_count;
    int depth, deepest;
    bool outgrown;
} nsc_program;

void nsc_program_emit(nsc_program *program, uint16_t op, uint32_t arg);
void nsc_program_immediate(nsc_program *program, float value);
/* A copy in the arena; NULL when memory is gone. */
const nsc_backend_expression *nsc_program_finish(const nsc_program *program, nsc_arena *arena, uint32_t inputs,
                                                 uint32_t outputs);

#endif
