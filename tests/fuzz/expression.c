/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions made of bytes, and run. */
#include "fuzz_expression.h"

#define TAKES_CODE 4096 /* above the limit, so that the limit is tried */

/* Bits of the first byte: what is wrong on purpose. */
#define SHORT_STRUCT 1u
#define OTHER_VERSION 2u
#define NO_CODE 4u
#define NO_IMMEDIATES 8u
#define ENDLESS_CODE 16u /* code_count far beyond the limit, and nothing behind it */

void fuzz_expression_read(fuzz_reader *reader, fuzz_expression *made)
{
    const unsigned wrong = fuzz_byte(reader);
    nsc_backend_expression *e = &made->expression;
    *made = (fuzz_expression){0};
    e->struct_size = wrong & SHORT_STRUCT ? (uint32_t)sizeof *e - 1 : (uint32_t)sizeof *e;
    e->version = wrong & OTHER_VERSION ? (uint32_t)fuzz_number(reader) : 1;
    e->input_count = (uint32_t)fuzz_number(reader);
    e->output_count = (uint32_t)fuzz_number(reader);
    e->scalar_count = (uint32_t)fuzz_number(reader);
    e->immediate_count = (uint32_t)fuzz_number(reader);
    e->stack_depth = (uint32_t)fuzz_number(reader);
    int64_t count = fuzz_number(reader);
    e->code_count = count < 0 || count > TAKES_CODE ? TAKES_CODE : (uint32_t)count;
    made->code = malloc(e->code_count * sizeof *made->code + (e->code_count == 0));
    const size_t immediates = e->immediate_count <= TAKES_CODE ? e->immediate_count : 0;
    made->immediates = calloc(immediates + (immediates == 0), sizeof *made->immediates);
    if (!made->code)
        e->code_count = 0;
    for (uint32_t i = 0; i < e->code_count; i++) {
        made->code[i].op = (uint16_t)fuzz_number(reader);
        made->code[i].arg = (uint16_t)fuzz_number(reader);
    }
    e->code = wrong & NO_CODE ? NULL : made->code;
    e->immediates = wrong & NO_IMMEDIATES ? NULL : made->immediates;
    if (wrong & ENDLESS_CODE)
        e->code_count = UINT32_MAX;
}

void fuzz_expression_free(fuzz_expression *made)
{
    free(made->code);
    free(made->immediates);
}

static unsigned operands(unsigned op)
{
    if (op >= NSC_OP_NEG && op <= NSC_OP_COS)
        return 1;
    if (op >= NSC_OP_ADD && op <= NSC_OP_LESS_EQUAL)
        return 2;
    REQUIRE(op == NSC_OP_SELECT || op == NSC_OP_FMA);
    return 3;
}

void fuzz_expression_run(const nsc_backend_expression *e)
{
    enum { NOTHING, NUMBER, RAW } stack[NSC_BACKEND_MAX_STACK] = {NOTHING};
    unsigned depth = 0, deepest = 0, stored[NSC_BACKEND_MAX_OUTPUTS] = {0}, set[NSC_BACKEND_MAX_TEMPS] = {0};
    REQUIRE(e->version == 1 && e->code_count <= NSC_BACKEND_MAX_CODE && e->input_count <= NSC_BACKEND_MAX_INPUTS &&
            e->output_count <= NSC_BACKEND_MAX_OUTPUTS && e->scalar_count <= NSC_BACKEND_MAX_SCALARS &&
            e->immediate_count <= NSC_BACKEND_MAX_IMMEDIATES);
    for (uint32_t i = 0; i < e->code_count; i++) {
        const unsigned op = e->code[i].op, arg = e->code[i].arg;
        const bool stores = op == NSC_OP_STORE || op == NSC_OP_STORE_RAW;
        const bool pushes = op == NSC_OP_LOAD || op == NSC_OP_LOAD_RAW || op == NSC_OP_IMMEDIATE ||
                            op == NSC_OP_SCALAR || op == NSC_OP_GET;
        if (stores || op == NSC_OP_SET) {
            REQUIRE(depth > 0 && stack[depth - 1] == (op == NSC_OP_STORE_RAW ? RAW : NUMBER));
            if (stores)
                REQUIRE(arg < e->output_count && stored[arg]++ == 0);
            else
                REQUIRE(arg < NSC_BACKEND_MAX_TEMPS && ++set[arg]);
            depth -= stores;
        } else if (pushes) {
            if (op == NSC_OP_LOAD || op == NSC_OP_LOAD_RAW)
                REQUIRE(arg < e->input_count);
            else if (op == NSC_OP_IMMEDIATE)
                REQUIRE(arg < e->immediate_count && e->immediates[arg] == 0);
            else if (op == NSC_OP_SCALAR)
                REQUIRE(arg < e->scalar_count);
            else
                REQUIRE(arg < NSC_BACKEND_MAX_TEMPS && set[arg]);
            REQUIRE(depth < NSC_BACKEND_MAX_STACK);
            stack[depth++] = op == NSC_OP_LOAD_RAW ? RAW : NUMBER;
        } else {
            const unsigned taken = operands(op);
            REQUIRE(depth >= taken && arg == 0);
            for (unsigned j = 1; j <= taken; j++)
                REQUIRE(stack[depth - j] == NUMBER);
            depth -= taken - 1;
        }
        deepest = depth > deepest ? depth : deepest;
    }
    REQUIRE(depth == 0 && deepest == e->stack_depth && e->output_count > 0);
    for (uint32_t i = 0; i < e->output_count; i++)
        REQUIRE(stored[i] == 1);
}
