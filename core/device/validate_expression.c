/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier of expressions. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/device/validate.h"
#include "core/error.h"

typedef struct verifier {
    const nsc_backend_expression *expression;
    char *text;
    size_t capacity;
    uint32_t at; /* the instruction looked at */
    uint32_t depth, deepest;
    uint32_t temps_set, outputs_stored;
    bool raw_on_top;
} verifier;

static bool NSC_PRINTF(2, 3) refuse(const verifier *v, const char *format, ...)
{
    char rule[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(rule, sizeof rule, format, arguments);
    va_end(arguments);
    snprintf(v->text, v->capacity, "expression, instruction %u: %s", v->at, rule);
    return false;
}

/* How many operands an operation takes; -1: there is no such operation. */
static int operands(uint16_t op)
{
    if (op >= NSC_OP_NEG && op <= NSC_OP_COS)
        return 1;
    if (op >= NSC_OP_ADD && op <= NSC_OP_LESS_EQUAL)
        return 2;
    if (op == NSC_OP_SELECT || op == NSC_OP_FMA)
        return 3;
    return -1;
}

static bool pop(verifier *v, uint32_t count)
{
    if (v->depth < count)
        return refuse(v, "takes %u operands from a stack of %u", count, v->depth);
    v->depth -= count;
    return true;
}

static bool push(verifier *v)
{
    v->depth++;
    if (v->depth > v->deepest)
        v->deepest = v->depth;
    return v->depth <= NSC_BACKEND_MAX_STACK || refuse(v, "the stack is deeper than %d", NSC_BACKEND_MAX_STACK);
}

static bool below(const verifier *v, uint16_t arg, uint32_t count, const char *what)
{
    return arg < count || refuse(v, "%s %u of %u", what, arg, count);
}

static bool store(verifier *v, uint16_t output)
{
    if (!below(v, output, v->expression->output_count, "output"))
        return false;
    if (v->outputs_stored & (1u << output))
        return refuse(v, "output %u is stored twice", output);
    v->outputs_stored |= 1u << output;
    return pop(v, 1);
}

static bool verify_one(verifier *v, nsc_backend_instruction instruction)
{
    const nsc_backend_expression *e = v->expression;
    uint16_t arg = instruction.arg;
    if (v->raw_on_top && instruction.op != NSC_OP_STORE_RAW)
        return refuse(v, "raw bits can only be stored by STORE_RAW, at once");
    bool raw = v->raw_on_top;
    v->raw_on_top = false;
    switch (instruction.op) {
    case NSC_OP_LOAD_RAW:
        v->raw_on_top = true;
        return below(v, arg, e->input_count, "input") && push(v);
    case NSC_OP_LOAD:
        return below(v, arg, e->input_count, "input") && push(v);
    case NSC_OP_IMMEDIATE:
        return below(v, arg, e->immediate_count, "immediate") && push(v);
    case NSC_OP_SCALAR:
        return below(v, arg, e->scalar_count, "scalar") && push(v);
    case NSC_OP_STORE_RAW:
        if (!raw)
            return refuse(v, "STORE_RAW without LOAD_RAW right before it");
        return store(v, arg);
    case NSC_OP_STORE:
        return store(v, arg);
    case NSC_OP_SET:
        if (!below(v, arg, NSC_BACKEND_MAX_TEMPS, "temporary") || !pop(v, 1))
            return false;
        v->temps_set |= 1u << arg;
        return push(v);
    case NSC_OP_GET:
        if (!below(v, arg, NSC_BACKEND_MAX_TEMPS, "temporary"))
            return false;
        if (!(v->temps_set & (1u << arg)))
            return refuse(v, "temporary %u is read before it is set", arg);
        return push(v);
    default:
        break;
    }
    int taken = operands(instruction.op);
    if (taken < 0)
        return refuse(v, "there is no operation %u in version 1", instruction.op);
    if (arg != 0)
        return refuse(v, "operation %u takes no argument, and has %u", instruction.op, arg);
    return pop(v, (uint32_t)taken) && push(v);
}

/* The rules that need no instruction. */
static const char *counts_rule(const nsc_backend_expression *e)
{
    if (e->struct_size < NSC_BACKEND_SIZE_TO(nsc_backend_expression, stack_depth))
        return "struct_size is too short";
    if (e->version != 1)
        return "the version is not 1";
    if (e->code_count == 0 || e->code_count > NSC_BACKEND_MAX_CODE || !e->code)
        return "code is missing, empty or too long";
    if (e->immediate_count > NSC_BACKEND_MAX_IMMEDIATES || (e->immediate_count > 0 && !e->immediates))
        return "immediates are missing or too many";
    if (e->input_count > NSC_BACKEND_MAX_INPUTS)
        return "too many inputs";
    if (e->output_count == 0 || e->output_count > NSC_BACKEND_MAX_OUTPUTS)
        return "no outputs, or too many";
    if (e->scalar_count > NSC_BACKEND_MAX_SCALARS)
        return "too many scalars";
    return NULL;
}

bool nsc_expression_valid(const nsc_backend_expression *expression, char *text, size_t capacity)
{
    if (!expression) {
        snprintf(text, capacity, "expression: there is none");
        return false;
    }
    const char *rule = counts_rule(expression);
    if (rule) {
        snprintf(text, capacity, "expression: %s", rule);
        return false;
    }
    verifier v = {.expression = expression, .text = text, .capacity = capacity};
    for (; v.at < expression->code_count; v.at++)
        if (!verify_one(&v, expression->code[v.at]))
            return false;
    if (v.depth != 0) {
        snprintf(text, capacity, "expression: it ends with %u values on the stack", v.depth);
        return false;
    }
    for (uint32_t i = 0; i < expression->output_count; i++)
        if (!(v.outputs_stored & (1u << i))) {
            snprintf(text, capacity, "expression: output %u is never stored", i);
            return false;
        }
    if (v.deepest != expression->stack_depth) {
        snprintf(text, capacity, "expression: stack_depth is %u, and should be %u", expression->stack_depth, v.deepest);
        return false;
    }
    return true;
}
