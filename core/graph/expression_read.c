/* SPDX-License-Identifier: Apache-2.0 */
/* From a program back to terms: run on a stack of terms. */
#include "core/device/validate.h"
#include "core/graph/term.h"

bool nsc_expression_read(nsc_expression *expression, const nsc_backend_expression *program, nsc_term *outputs)
{
    nsc_term stack[NSC_BACKEND_MAX_STACK + 2] = {0}, temporaries[NSC_BACKEND_MAX_TEMPS] = {0};
    char why[192];
    uint32_t depth = 0;
    if (!nsc_expression_valid(program, why, sizeof why))
        return false;
    for (uint32_t i = 0; i < program->code_count; i++) {
        const nsc_backend_instruction instruction = program->code[i];
        switch (instruction.op) {
        case NSC_OP_LOAD:
        case NSC_OP_LOAD_RAW:
            stack[depth++] = nsc_term_input(expression, instruction.arg);
            break;
        case NSC_OP_IMMEDIATE:
            stack[depth++] = nsc_term_constant(expression, program->immediates[instruction.arg]);
            break;
        case NSC_OP_SCALAR:
            stack[depth++] = nsc_term_scalar(expression, instruction.arg);
            break;
        case NSC_OP_STORE:
        case NSC_OP_STORE_RAW:
            outputs[instruction.arg] = stack[--depth];
            break;
        case NSC_OP_SET:
            temporaries[instruction.arg] = stack[depth - 1];
            break;
        case NSC_OP_GET:
            stack[depth++] = temporaries[instruction.arg];
            break;
        default:
            depth -= nsc_op_arity(instruction.op);
            stack[depth] = nsc_term_apply(expression, instruction.op, stack[depth], stack[depth + 1], stack[depth + 2]);
            depth++;
        }
    }
    return !expression->failed;
}
