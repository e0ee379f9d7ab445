/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random programs. Compilers take a tenth of a second for each kernel, so a program holds many expressions: an output is
 * (which == 0 ? e0 : -0) + (which == 1 ? e1 : -0) + ..., where which is the last input and x + -0 is x.
 */
#include <math.h>
#include <stdio.h>

#include "samples.h"

/* The temporaries that are set lie in *set, a bit each. */
static void add_leaf(expression *e, uint64_t *state, uint32_t set)
{
    static const float usual[] = {0, 1, -1, 2, 0.5f, 3, -0.0f, 0.044715f, -104, INFINITY};
    const uint32_t kind = draw(state, 20);

    if (kind < 4 && set) {
        uint32_t temporary = draw(state, NSC_BACKEND_MAX_TEMPS);

        while (!(set & 1u << temporary))
            temporary = (temporary + 1) % NSC_BACKEND_MAX_TEMPS;
        expression_add(e, NSC_OP_GET, (uint16_t)temporary);
    } else if (kind < 7 && e->head.scalar_count > 0) {
        expression_add(e, NSC_OP_SCALAR, (uint16_t)draw(state, e->head.scalar_count));
    } else if (kind < 11 && e->head.immediate_count < NSC_BACKEND_MAX_IMMEDIATES) {
        expression_immediate(e, draw(state, 2) ? usual[draw(state, sizeof usual / sizeof *usual)] : draw_float(state));
    } else {
        expression_add(e, NSC_OP_LOAD, (uint16_t)draw(state, e->head.input_count));
    }
}

static void add_tree(expression *e, uint64_t *state, uint32_t *set, uint32_t size, uint32_t depth)
{
    uint16_t op;

    if (size == 0 || depth + 3 > NSC_BACKEND_MAX_STACK) {
        add_leaf(e, state, *set);
        return;
    }
    do
        op = (uint16_t)draw(state, NSC_OP_FMA + 1);
    while (!op_name(op) || (op_ulps(op) > 2.5 && draw(state, 4))); /* compilers take long over those */
    size--;
    for (uint32_t o = 0; o < op_operands(op); o++) {
        const uint32_t share = o + 1 == op_operands(op) ? size : draw(state, size + 1);

        add_tree(e, state, set, share, depth + o);
        size -= share;
    }
    expression_add(e, op, 0);
    if (draw(state, 6) == 0) {
        const uint32_t temporary = draw(state, NSC_BACKEND_MAX_TEMPS);

        expression_add(e, NSC_OP_SET, (uint16_t)temporary);
        *set |= 1u << temporary;
    }
}

/* What a compiler may take for a number that it knows, and fail over. */
static const float constants[] = {NAN, INFINITY, -INFINITY, 3e9f};
enum { CONSTANTS = sizeof constants / sizeof *constants };

/* How many expressions of one op, a constant and inputs there are, up to an op. */
static uint32_t constant_expressions(uint16_t op)
{
    uint32_t count = 0;

    for (uint16_t o = 0; o < op; o++)
        count += op_operands(o) * CONSTANTS;
    return count;
}

static void add_constant_expression(expression *e, uint32_t number)
{
    uint16_t op = 0;

    while (number >= constant_expressions(op + 1))
        op++;
    number -= constant_expressions(op);
    for (uint32_t o = 0; o < op_operands(op); o++)
        if (o == number / CONSTANTS)
            expression_add(e, NSC_OP_IMMEDIATE, (uint16_t)(PACKED + 1 + number % CONSTANTS));
        else
            expression_add(e, NSC_OP_LOAD, 0);
    expression_add(e, op, 0);
}

/* The immediates that choose: 0, 1, ... PACKED - 1, -0. */
static void add_choices(expression *e)
{
    for (int i = 0; i < PACKED; i++)
        e->immediates[i] = (float)i;
    e->immediates[PACKED] = -0.0f;
    e->head.immediate_count = PACKED + 1;
}

/* At most `most` expressions, in code up to `limit`; gives how many. Of size ops one has at most 2 size + 1 leaves and size
 * SETs, and around it come 9 instructions. */
static uint32_t add_choice(expression *e, uint64_t *state, uint32_t *set, uint32_t *next, uint32_t most, uint32_t limit)
{
    uint32_t count = 0;

    expression_add(e, NSC_OP_IMMEDIATE, PACKED);
    do {
        const uint32_t size = next ? 1 : 1 + draw(state, draw(state, 16) ? 7 : 24);

        if (count > 0 && e->head.code_count + 4 * size + 10 > limit)
            break;
        expression_add(e, NSC_OP_LOAD, (uint16_t)(e->head.input_count - 1));
        expression_add(e, NSC_OP_IMMEDIATE, (uint16_t)count);
        expression_add(e, NSC_OP_EQUAL, 0);
        if (next)
            add_constant_expression(e, (*next)++);
        else
            add_tree(e, state, set, size, 2);
        expression_add(e, NSC_OP_IMMEDIATE, PACKED);
        expression_add(e, NSC_OP_SELECT, 0);
        expression_add(e, NSC_OP_ADD, 0);
    } while (++count < most);
    return count;
}

uint32_t random_program(sample *s, uint64_t *state, uint32_t outputs, uint32_t most)
{
    const uint32_t share = NSC_BACKEND_MAX_CODE / outputs;
    expression *e = &s->program;
    const uint32_t inputs = 1 + draw(state, draw(state, 8) ? 4 : NSC_BACKEND_MAX_INPUTS);
    uint32_t set = 0, count = 0;

    expression_start(e, inputs, outputs, draw(state, 3) ? draw(state, 4) : 0);
    add_choices(e);
    s->choosing = most > 1;
    for (uint32_t i = 0; i < outputs; i++) {
        s->packed[i] = 1;
        if (s->choosing)
            s->packed[i] = add_choice(e, state, &set, NULL, most, share * (i + 1));
        else
            add_tree(e, state, &set, 1 + draw(state, 24), 0);
        expression_add(e, NSC_OP_STORE, (uint16_t)i);
        count += s->packed[i];
    }
    return count;
}

uint32_t constant_program(sample *s, uint32_t *next)
{
    const uint32_t left = constant_expressions(NSC_OP_FMA + 1) - *next, start = *next;
    const uint32_t outputs =
        left < NSC_BACKEND_MAX_OUTPUTS * PACKED ? (left + PACKED - 1) / PACKED : NSC_BACKEND_MAX_OUTPUTS;
    expression *e = &s->program;

    expression_start(e, 2, outputs, 0);
    add_choices(e);
    s->choosing = true;
    for (uint32_t i = 0; i < CONSTANTS; i++)
        e->immediates[e->head.immediate_count++] = constants[i];
    for (uint32_t i = 0; i < outputs; i++) {
        const uint32_t most = left - (*next - start);

        s->packed[i] = add_choice(e, NULL, NULL, next, most < PACKED ? most : PACKED, NSC_BACKEND_MAX_CODE);
        expression_add(e, NSC_OP_STORE, (uint16_t)i);
    }
    return *next - start;
}

void program_text(const expression *e, uint32_t output, uint32_t which, char *text, size_t capacity)
{
    static const char *const moves[] = {[NSC_OP_LOAD] = "x",      [NSC_OP_IMMEDIATE] = "", [NSC_OP_SCALAR] = "s",
                                        [NSC_OP_STORE] = "store", [NSC_OP_SET] = "set",    [NSC_OP_GET] = "get"};
    size_t length = 0;
    uint32_t stores = 0, choices = 0;

    text[0] = 0;
    for (uint32_t i = 0; i < e->head.code_count && length < capacity; i++) {
        const nsc_backend_instruction *c = &e->code[i];
        int wrote = 0;

        /* A number that chooses stands in front of its expression. */
        choices += c->op == NSC_OP_IMMEDIATE && c->arg < PACKED;
        if (stores == output && (choices == 0 || choices - 1 == which)) {
            if (op_name(c->op))
                wrote = snprintf(text + length, capacity - length, "%s ", op_name(c->op));
            else if (c->op == NSC_OP_IMMEDIATE)
                wrote = snprintf(text + length, capacity - length, "%.9g ", (double)e->immediates[c->arg]);
            else
                wrote = snprintf(text + length, capacity - length, "%s%u ", moves[c->op], c->arg);
        }
        if (c->op == NSC_OP_STORE)
            stores++, choices = 0;
        length += (size_t)wrote;
    }
}
