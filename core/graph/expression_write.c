/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From terms to a program. The deeper operand goes first where the op allows it (Sethi and Ullman, J. ACM 17, 1970), so
 * the stack stays shallow. A term that is read more than once is computed once and kept in a temporary while that saves
 * work; when more than 8 would be alive, the one that is cheapest to compute again is.
 */
#include <string.h>

#include "core/graph/term.h"

/* More terms than these do not fit into any program. */
enum { LIMIT = NSC_BACKEND_MAX_CODE + NSC_BACKEND_MAX_IMMEDIATES + NSC_BACKEND_MAX_INPUTS + NSC_BACKEND_MAX_SCALARS };

typedef struct written {
    nsc_term term;
    uint32_t readers; /* edges to it */
    uint32_t work;    /* cost of its instructions, capped */
    uint32_t depth;
    uint32_t visits; /* how often the emission asks for it, capped */
    bool kept;       /* in a temporary, once computed */
    int temporary;   /* -1: not yet */
} written;

typedef struct writer {
    const nsc_expression *expression;
    nsc_program program;
    written terms[LIMIT]; /* descending: readers come before their operands */
    size_t count;
    written *holders[NSC_BACKEND_MAX_TEMPS];
    written *victim; /* temporaries ran out: it will be computed again */
} writer;

static uint32_t capped(uint64_t number)
{
    return number > UINT16_MAX ? UINT16_MAX : (uint32_t)number;
}

static written *find(writer *w, nsc_term term)
{
    size_t low = 0, high = w->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (w->terms[middle].term > term)
            low = middle + 1;
        else
            high = middle;
    }
    return &w->terms[low];
}

/* One more reader of term. false: too many terms. */
static bool add_reader(writer *w, nsc_term term)
{
    written *at = find(w, term);
    const size_t behind = (size_t)(w->terms + w->count - at);
    if (behind == 0 || at->term != term) {
        if (w->count == LIMIT)
            return false;
        memmove(at + 1, at, behind * sizeof *at);
        *at = (written){.term = term};
        w->count++;
    }
    at->readers++;
    return true;
}

static const nsc_term_node *node_of(const writer *w, const written *at)
{
    return &w->expression->terms[at->term];
}

static bool collect(writer *w, const nsc_term *outputs, uint32_t output_count)
{
    for (uint32_t i = 0; i < output_count; i++)
        if (outputs[i] >= w->expression->count || !add_reader(w, outputs[i]))
            return false;
    for (size_t i = 0; i < w->count; i++) {
        const nsc_term_node *node = node_of(w, &w->terms[i]);
        for (unsigned o = 0; o < nsc_op_arity(node->op); o++)
            if (!add_reader(w, node->operands[o]))
                return false;
    }
    return true;
}

/* The operands in the order of evaluation. */
static unsigned ordered(writer *w, const nsc_term_node *node, written *operands[3])
{
    const unsigned arity = nsc_op_arity(node->op);
    for (unsigned o = 0; o < arity; o++)
        operands[o] = find(w, node->operands[o]);
    if (nsc_op_commutes(node->op) && operands[1]->depth > operands[0]->depth) {
        written *deeper = operands[1];
        operands[1] = operands[0];
        operands[0] = deeper;
    }
    return arity;
}

/* Work and depth, from the leaves up, and what is worth a temporary: with SET and GET it takes work + readers, computed
 * again work * readers. */
static void weigh(writer *w)
{
    for (size_t i = w->count; i-- > 0;) {
        written *at = &w->terms[i], *operands[3];
        const unsigned arity = ordered(w, node_of(w, at), operands);
        uint64_t work = nsc_op_cost(node_of(w, at)->op);
        at->depth = 1;
        for (unsigned o = 0; o < arity; o++) {
            work += operands[o]->kept ? 1 : operands[o]->work;
            if (operands[o]->depth + o > at->depth)
                at->depth = operands[o]->depth + o;
        }
        at->work = capped(work);
        at->kept = arity > 0 && (uint64_t)at->work * at->readers > (uint64_t)at->work + at->readers;
    }
}

static void count_visits(writer *w, const nsc_term *outputs, uint32_t output_count)
{
    for (size_t i = 0; i < w->count; i++) {
        w->terms[i].visits = 0;
        w->terms[i].temporary = -1;
    }
    memset(w->holders, 0, sizeof w->holders);
    for (uint32_t i = 0; i < output_count; i++)
        find(w, outputs[i])->visits++;
    for (size_t i = 0; i < w->count; i++) {
        const written *at = &w->terms[i];
        const nsc_term_node *node = node_of(w, at);
        for (unsigned o = 0; o < nsc_op_arity(node->op); o++) {
            written *operand = find(w, node->operands[o]);
            operand->visits = capped((uint64_t)operand->visits + (at->kept ? 1 : at->visits));
        }
    }
}

/* Work that computing it again adds. */
static uint64_t regret(const written *at)
{
    return (uint64_t)at->work * at->readers - at->work - at->readers;
}

static void keep(writer *w, written *at)
{
    written *cheapest = at;
    for (int i = 0; i < NSC_BACKEND_MAX_TEMPS; i++) {
        if (w->holders[i] == NULL) {
            w->holders[i] = at;
            at->temporary = i;
            nsc_program_emit(&w->program, NSC_OP_SET, (uint32_t)i);
            return;
        }
        if (regret(w->holders[i]) < regret(cheapest))
            cheapest = w->holders[i];
    }
    w->victim = cheapest;
}

static void emit_leaf(writer *w, const nsc_term_node *node)
{
    if (node->op == NSC_OP_IMMEDIATE)
        nsc_program_immediate(&w->program, node->value);
    else
        nsc_program_emit(&w->program, node->op, node->arg);
}

static void emit(writer *w, written *at)
{
    const nsc_term_node *node = node_of(w, at);
    written *operands[3];
    if (w->victim != NULL || w->program.outgrown)
        return;
    if (nsc_op_is_leaf(node->op)) {
        emit_leaf(w, node);
        return;
    }
    at->visits--;
    if (at->temporary >= 0) {
        nsc_program_emit(&w->program, NSC_OP_GET, (uint32_t)at->temporary);
        if (at->visits == 0)
            w->holders[at->temporary] = NULL;
        return;
    }
    const unsigned arity = ordered(w, node, operands);
    for (unsigned o = 0; o < arity; o++)
        emit(w, operands[o]);
    nsc_program_emit(&w->program, node->op, 0);
    if (at->kept && at->visits > 0)
        keep(w, at);
}

bool nsc_expression_write(const nsc_expression *expression, const nsc_term *outputs, uint32_t output_count,
                          nsc_program *program)
{
    writer w = {.expression = expression};
    if (expression->failed)
        return false;
    if (!collect(&w, outputs, output_count)) {
        program->outgrown = true;
        return false;
    }
    weigh(&w);
    do {
        w.program = *program;
        w.victim = NULL;
        count_visits(&w, outputs, output_count);
        for (uint32_t i = 0; i < output_count; i++) {
            emit(&w, find(&w, outputs[i]));
            if (w.victim != NULL)
                break;
            nsc_program_emit(&w.program, NSC_OP_STORE, i);
        }
        if (w.victim != NULL)
            w.victim->kept = false;
    } while (w.victim != NULL);
    if (w.program.outgrown)
        program->outgrown = true;
    else
        *program = w.program;
    return !program->outgrown;
}
