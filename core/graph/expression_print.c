/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions for people: infix with few parentheses. Sums and products are grouped as they are computed. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/graph/term.h"

/* How strongly a form binds. */
enum { COMPARES, ADDS, MULTIPLIES, NEGATES, STANDS };
/* Deeper than this a term is "...": nobody reads it. */
enum { MAX_NESTING = 100 };

typedef struct printer {
    const nsc_expression *expression;
    const char *const *names;
    uint32_t *shared; /* by term: 0, or 1 + its number; names are given when it is printed */
    char *text;
    size_t capacity, length;
    int nesting;
} printer;

static void NSC_PRINTF(2, 3) say(printer *p, const char *format, ...)
{
    va_list list;
    if (p->length + 1 >= p->capacity)
        return;
    va_start(list, format);
    const int wanted = vsnprintf(p->text + p->length, p->capacity - p->length, format, list);
    va_end(list);
    if (wanted > 0)
        p->length += (size_t)wanted;
    if (p->length >= p->capacity)
        p->length = p->capacity - 1;
}

static const char *function_name(uint16_t op)
{
    static const char *const names[] = {
        [NSC_OP_ABS] = "abs",     [NSC_OP_EXP] = "exp",       [NSC_OP_LOG] = "log",     [NSC_OP_SQRT] = "sqrt",
        [NSC_OP_RSQRT] = "rsqrt", [NSC_OP_TANH] = "tanh",     [NSC_OP_ERF] = "erf",     [NSC_OP_FLOOR] = "floor",
        [NSC_OP_CEIL] = "ceil",   [NSC_OP_RINT] = "rint",     [NSC_OP_EXPM1] = "expm1", [NSC_OP_LOG1P] = "log1p",
        [NSC_OP_SIN] = "sin",     [NSC_OP_COS] = "cos",       [NSC_OP_MAX] = "max",     [NSC_OP_MIN] = "min",
        [NSC_OP_POW] = "pow",     [NSC_OP_SELECT] = "select", [NSC_OP_FMA] = "fma"};
    return names[op];
}

/* The sign between two operands; NULL: it is written as a function. */
static const char *infix(uint16_t op, int *binds)
{
    *binds = op == NSC_OP_ADD || op == NSC_OP_SUB ? ADDS : nsc_op_compares(op) ? COMPARES : MULTIPLIES;
    switch (op) {
    case NSC_OP_ADD:
        return "+";
    case NSC_OP_SUB:
        return "-";
    case NSC_OP_MUL:
        return "*";
    case NSC_OP_DIV:
        return "/";
    case NSC_OP_EQUAL:
        return "==";
    case NSC_OP_LESS:
        return "<";
    case NSC_OP_LESS_EQUAL:
        return "<=";
    default:
        return NULL;
    }
}

/* The fewest digits that give this float again. */
static void print_number(printer *p, float value)
{
    char digits[32];
    if (isnan(value)) {
        say(p, "nan");
        return;
    }
    for (int precision = 1; precision <= 9; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, (double)value);
        if (strtof(digits, NULL) == value)
            break;
    }
    say(p, "%s", digits);
}

static void print_term(printer *p, nsc_term term, int binds);

/* With parentheses where it binds less than its surroundings. */
static void print_infix(printer *p, const nsc_term_node *node, int around)
{
    int binds;
    const char *sign = infix(node->op, &binds);
    say(p, "%s", binds < around ? "(" : "");
    print_term(p, node->operands[0], binds == COMPARES ? ADDS : binds);
    say(p, " %s ", sign);
    print_term(p, node->operands[1], binds + 1);
    say(p, "%s", binds < around ? ")" : "");
}

static void print_body(printer *p, nsc_term term, int around)
{
    const nsc_term_node *node = &p->expression->terms[term];
    int binds;
    if (node->op == NSC_OP_LOAD && p->names != NULL && p->names[node->arg] != NULL)
        say(p, "%s", p->names[node->arg]);
    else if (node->op == NSC_OP_LOAD || node->op == NSC_OP_SCALAR)
        say(p, node->op == NSC_OP_LOAD ? "x%u" : "s%u", node->arg);
    else if (node->op == NSC_OP_IMMEDIATE)
        print_number(p, node->value);
    else if (node->op == NSC_OP_NEG) {
        say(p, NEGATES < around ? "(-" : "-");
        print_term(p, node->operands[0], STANDS);
        say(p, NEGATES < around ? ")" : "");
    } else if (infix(node->op, &binds) != NULL)
        print_infix(p, node, around);
    else {
        say(p, "%s(", function_name(node->op));
        for (unsigned o = 0; o < nsc_op_arity(node->op); o++) {
            say(p, o > 0 ? ", " : "");
            print_term(p, node->operands[o], COMPARES);
        }
        say(p, ")");
    }
}

static void print_term(printer *p, nsc_term term, int around)
{
    if (p->shared[term] > 0) {
        say(p, "t%u", p->shared[term] - 1);
        return;
    }
    if (++p->nesting > MAX_NESTING)
        say(p, "...");
    else
        print_body(p, term, around);
    p->nesting--;
}

/* Counts the readers of the terms reached; those with more than one are printed first, operands before readers. */
static void print_shared(printer *p, const bool *reached, uint32_t *readers, nsc_term term)
{
    uint32_t number = 0;
    for (size_t i = 0; i <= term; i++)
        for (unsigned o = 0; reached[i] && o < nsc_op_arity(p->expression->terms[i].op); o++)
            readers[p->expression->terms[i].operands[o]]++;
    for (size_t i = 0; i < term; i++) {
        if (!reached[i] || readers[i] < 2 || nsc_op_is_leaf(p->expression->terms[i].op))
            continue;
        say(p, "t%u = ", number);
        print_term(p, (nsc_term)i, COMPARES);
        say(p, "; ");
        p->shared[i] = ++number;
    }
}

bool nsc_expression_print(const nsc_expression *expression, nsc_term term, const char *const *names, char *text,
                          size_t capacity)
{
    printer p = {.expression = expression, .names = names, .text = text, .capacity = capacity};
    if (capacity == 0)
        return true;
    text[0] = 0;
    bool *reached = nsc_term_reach(expression, term);
    uint32_t *readers = reached == NULL ? NULL : calloc((size_t)term + 1, sizeof *readers);
    p.shared = readers == NULL ? NULL : calloc((size_t)term + 1, sizeof *p.shared);
    const bool done = p.shared != NULL;
    if (done) {
        print_shared(&p, reached, readers, term);
        print_term(&p, term, COMPARES);
    }
    free(p.shared);
    free(readers);
    free(reached);
    return done;
}
