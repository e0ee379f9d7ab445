/* SPDX-License-Identifier: Apache-2.0 */
/* Random expressions over all operations, ranks, strides, dtypes, scalars and several outputs. Each map is run alone, and
 * every second batch of them again, prepared together, which is how a backend that has two ways of running a map is made
 * to use both. */
#include <string.h>

#include "samples.h"

enum { CASES = 10 };

static bool check_element(target *t, const batch *b, sample *s, int64_t index)
{
    range outputs[NSC_BACKEND_MAX_OUTPUTS];

    sample_reference(b, s, index, outputs);
    for (uint32_t o = 0; o < s->map.output_count; o++) {
        const uint32_t which = sample_shows(b, s, o, index);

        s->seen[o] |= 1u << which & ((1u << PACKED) - 1);
        t->tally.values++;
        t->tally.tight += range_tight(&outputs[o]);
        t->tally.torn += outputs[o].torn;
        for (int form = 0; form < (b->twice ? 2 : 1); form++) {
            const double got = sample_stored(s, form ? b->together : b->alone, o, index);
            char text[400];

            if (range_has(&outputs[o], got))
                continue;
            program_text(&s->program, o, which, text, sizeof text);
            fail(t, "%s, output %u, element %lld: %.9g is not in [%.9g, %.9g]%s%s; %s", form ? "together" : "alone", o,
                 (long long)index, got, outputs[o].lo, outputs[o].hi, outputs[o].number ? "" : " (no number)",
                 outputs[o].nan ? " or NaN" : "", text);
            return false;
        }
    }
    return true;
}

static uint64_t programs(const target *t)
{
    nsc_statistics statistics = {0};

    nsc_context_statistics(t->context, &statistics, sizeof statistics);
    return statistics.programs_built + statistics.programs_loaded;
}

static bool run_together(target *t, batch *b, const nsc_operation_call *calls, nsc_tensor **operands)
{
    const uint64_t before = programs(t);

    memset(b->together, 0xa5, sizeof b->together);
    operands[1] = tensor(t, NSC_FLOAT32, BATCH * VIEWS * ROOM, b->together);
    if (!operands[1])
        return false;
    if (nsc_operations_run(t->context, calls, b->count) != NSC_OK) {
        fail(t, "the operations failed: %s", nsc_last_error(t->context));
        return false;
    }
    t->tally.built_together += programs(t) - before;
    return read_back(t, operands[1], b->together);
}

static bool run_batch(target *t, batch *b)
{
    const int64_t words = BATCH * VIEWS * ROOM;
    nsc_operation_call calls[BATCH];
    nsc_tensor *operands[2] = {tensor(t, NSC_FLOAT32, words, b->inputs), NULL};
    const uint64_t before = programs(t);

    memset(b->alone, 0xa5, sizeof b->alone);
    operands[1] = tensor(t, NSC_FLOAT32, words, b->alone);
    for (uint32_t i = 0; i < b->count; i++) {
        sample *s = &b->samples[i];

        calls[i] = (nsc_operation_call){.operation = (const nsc_backend_operation *)(const void *)&s->map,
                                        .operands = operands,
                                        .operand_count = 2,
                                        .scalars = s->scalars,
                                        .scalar_count = s->program.head.scalar_count};
        if (!run(t, &s->map, operands, 2, s->scalars, s->program.head.scalar_count))
            return false;
    }
    if (!read_back(t, operands[1], b->alone))
        return false;
    t->tally.built_alone += programs(t) - before;
    return !b->twice || run_together(t, b, calls, operands);
}

/* The expressions that were seen. */
static uint64_t seen(const batch *b)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < b->count; i++)
        for (uint32_t o = 0; o < NSC_BACKEND_MAX_OUTPUTS; o++)
            for (uint32_t bits = b->samples[i].seen[o]; bits; bits &= bits - 1)
                count++;
    return count;
}

static bool check_batch(target *t, batch *b)
{
    for (uint32_t i = 0; i < b->count; i++) {
        const nsc_backend_view *out = &b->samples[i].map.outputs[0];

        for (int64_t e = 0; e < element_count(out->rank, out->dims); e++)
            if (!check_element(t, b, &b->samples[i], e))
                return false;
    }
    return true;
}

/* Every op with a constant that is NaN, infinite or large, in every place. */
static void constant_expressions(target *t, int number)
{
    batch *b = memory(t, sizeof *b);
    uint64_t state = t->seed;
    uint32_t next = 0;

    (void)number;
    while (b->count < BATCH && add_constant_sample(b, &state, &next))
        b->twice = true;
    if (run_batch(t, b) && check_batch(t, b) && seen(b) < b->expressions)
        fail(t, "%u of %u expressions were seen", (unsigned)seen(b), b->expressions);
}

static void random_expressions(target *t, int number)
{
    const uint64_t total = t->expressions, first = total * (uint64_t)number / CASES;
    uint64_t left = total * (uint64_t)(number + 1) / CASES - first;
    uint64_t state = t->seed * 0x9e3779b97f4a7c15u + (uint64_t)number;
    batch *b = memory(t, sizeof *b);

    while (left > 0) {
        b->count = b->expressions = 0;
        while (b->count < BATCH && b->expressions < left)
            add_random_sample(b, &state, left - b->expressions);
        b->twice = t->tally.together * 2 <= t->tally.expressions;
        if (!run_batch(t, b) || !check_batch(t, b))
            return;
        const uint64_t count = seen(b);

        t->tally.expressions += count;
        t->tally.together += b->twice ? count : 0;
        t->tally.maps += b->count;
        left -= count;
        release_tensors(t);
    }
}

static const conformance_case cases[] = {
    {"expressions", "constants", constant_expressions, 0}, {"expressions", "random.0", random_expressions, 0},
    {"expressions", "random.1", random_expressions, 1},    {"expressions", "random.2", random_expressions, 2},
    {"expressions", "random.3", random_expressions, 3},    {"expressions", "random.4", random_expressions, 4},
    {"expressions", "random.5", random_expressions, 5},    {"expressions", "random.6", random_expressions, 6},
    {"expressions", "random.7", random_expressions, 7},    {"expressions", "random.8", random_expressions, 8},
    {"expressions", "random.9", random_expressions, 9},    {0},
};

const conformance_group group_expressions = {.cases = cases};
