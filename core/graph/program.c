/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/program.h"

#include <string.h>

/* How an op changes the depth of the stack. */
static int depth_change(uint16_t op)
{
    if (op == NSC_OP_LOAD || op == NSC_OP_LOAD_RAW || op == NSC_OP_IMMEDIATE || op == NSC_OP_SCALAR || op == NSC_OP_GET)
        return 1;
    if (op == NSC_OP_STORE || op == NSC_OP_STORE_RAW)
        return -1;
    if (op >= NSC_OP_SELECT)
        return -2;
    return op >= NSC_OP_ADD ? -1 : 0;
}

void nsc_program_emit(nsc_program *program, uint16_t op, uint32_t arg)
{
    program->depth += depth_change(op);
    if (program->depth > program->deepest)
        program->deepest = program->depth;
    if (program->code_count == NSC_BACKEND_MAX_CODE || program->deepest > NSC_BACKEND_MAX_STACK || arg > UINT16_MAX) {
        program->outgrown = true;
        return;
    }
    program->code[program->code_count++] = (nsc_backend_instruction){op, (uint16_t)arg};
}

void nsc_program_immediate(nsc_program *program, float value)
{
    uint32_t at = 0;
    while (at < program->immediate_count && memcmp(&program->immediates[at], &value, sizeof value) != 0)
        at++;
    if (at == NSC_BACKEND_MAX_IMMEDIATES) {
        program->outgrown = true;
        return;
    }
    if (at == program->immediate_count)
        program->immediates[program->immediate_count++] = value;
    nsc_program_emit(program, NSC_OP_IMMEDIATE, at);
}

/* How many scalars it reads. */
static uint32_t scalar_count(const nsc_program *program)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < program->code_count; i++)
        if (program->code[i].op == NSC_OP_SCALAR && program->code[i].arg >= count)
            count = program->code[i].arg + 1u;
    return count;
}

const nsc_backend_expression *nsc_program_finish(const nsc_program *program, nsc_arena *arena, uint32_t inputs,
                                                 uint32_t outputs)
{
    nsc_backend_expression *expression = nsc_arena_take(arena, sizeof *expression);
    nsc_backend_instruction *code = nsc_arena_take(arena, (program->code_count + 1) * sizeof *code);
    float *immediates = nsc_arena_take(arena, (program->immediate_count + 1) * sizeof *immediates);
    if (expression == NULL || code == NULL || immediates == NULL)
        return NULL;
    memcpy(code, program->code, program->code_count * sizeof *code);
    memcpy(immediates, program->immediates, program->immediate_count * sizeof *immediates);
    *expression = (nsc_backend_expression){
        .struct_size = NSC_BACKEND_SIZE_TO(nsc_backend_expression, stack_depth),
        .version = 1,
        .code_count = program->code_count,
        .immediate_count = program->immediate_count,
        .code = code,
        .immediates = immediates,
        .input_count = inputs,
        .output_count = outputs,
        .scalar_count = scalar_count(program),
        .stack_depth = (uint32_t)program->deepest,
    };
    return expression;
}
