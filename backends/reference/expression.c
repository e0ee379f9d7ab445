/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions: one instruction at a time over a block of elements, on a stack of lanes. */
#include <string.h>

#include "reference.h"

/* Operands taken by an instruction that computes; 0: unknown here. */
static uint32_t operands(uint16_t op)
{
    if (op >= NSC_OP_NEG && op <= NSC_OP_COS)
        return 1;
    if (op >= NSC_OP_ADD && op <= NSC_OP_LESS_EQUAL)
        return 2;
    if (op == NSC_OP_SELECT || op == NSC_OP_FMA)
        return 3;
    return 0;
}

nsc_backend_status reference_program_copy(reference_program *program, const nsc_backend_expression *expression)
{
    nsc_backend_expression taken;

    if (!nsc_backend_take(&taken, NSC_BACKEND_SIZE_TO(nsc_backend_expression, stack_depth), expression) ||
        taken.version != 1)
        return NSC_BACKEND_UNSUPPORTED;
    for (uint32_t i = 0; i < taken.code_count; i++) {
        uint16_t op = taken.code[i].op;

        if ((op < NSC_OP_LOAD || op > NSC_OP_GET) && operands(op) == 0)
            return NSC_BACKEND_UNSUPPORTED;
        program->code[i] = taken.code[i];
    }
    program->code_count = taken.code_count;
    for (uint32_t i = 0; i < taken.immediate_count; i++)
        program->immediates[i] = taken.immediates[i];
    return NSC_BACKEND_OK;
}

bool reference_program_has(const reference_program *program, uint16_t op)
{
    for (uint32_t i = 0; i < program->code_count; i++)
        if (program->code[i].op == op)
            return true;
    return false;
}

static void fill(reference_lane *lane, uint32_t count, float value)
{
    for (uint32_t i = 0; i < count; i++)
        lane->f[i] = value;
}

void reference_evaluate(const reference_program *program, const reference_launch *launch, const reference_input *inputs,
                        const reference_block *block, reference_lane *outputs)
{
    reference_lane stack[NSC_BACKEND_MAX_STACK], temporaries[NSC_BACKEND_MAX_TEMPS];
    size_t bytes = block->count * sizeof(float);
    uint32_t depth = 0;

    for (uint32_t i = 0; i < program->code_count; i++) {
        uint16_t op = program->code[i].op, arg = program->code[i].arg;

        switch (op) {
        case NSC_OP_LOAD:
        case NSC_OP_LOAD_RAW:
            if (inputs[arg].view)
                reference_load(launch, inputs[arg].view, block, op == NSC_OP_LOAD_RAW, &stack[depth]);
            else
                memcpy(&stack[depth], inputs[arg].lane, bytes);
            depth++;
            break;
        case NSC_OP_IMMEDIATE:
            fill(&stack[depth++], block->count, program->immediates[arg]);
            break;
        case NSC_OP_SCALAR:
            fill(&stack[depth++], block->count, launch->scalars[arg]);
            break;
        case NSC_OP_STORE:
        case NSC_OP_STORE_RAW:
            /* Kept until the block is done: an output may be an input in place. */
            memcpy(&outputs[arg], &stack[--depth], bytes);
            break;
        case NSC_OP_SET:
            memcpy(&temporaries[arg], &stack[depth - 1], bytes);
            break;
        case NSC_OP_GET:
            memcpy(&stack[depth++], &temporaries[arg], bytes);
            break;
        default: {
            depth -= operands(op);
            /* The operands not taken are not read: any lane of the stack will do. */
            const float *a = stack[depth].f;
            const float *b = stack[operands(op) > 1 ? depth + 1 : depth].f;
            const float *c = stack[operands(op) > 2 ? depth + 2 : depth].f;

            reference_apply(op, block->count, a, b, c, stack[depth].f);
            depth++;
        }
        }
    }
}
