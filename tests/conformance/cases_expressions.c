/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random expressions over all operations, ranks, strides, dtypes, scalars and several outputs. Each map is run alone, and
 * every second batch of them again, prepared together, which is how a backend that has two ways of running a map is made
 * to use both. Compilers take a tenth of a second for each kernel, so a program holds many expressions: an output is
 * (which == 0 ? e0 : -0) + (which == 1 ? e1 : -0) + ..., where which is the last input and x + -0 is x.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "conformance.h"

enum { CASES = 10, BATCH = 16, ELEMENTS = 256, ROOM = 4 * ELEMENTS, VIEWS = 8, PACKED = 8 };

/* A map with the values it works on. */
typedef struct sample {
    expression program;
    nsc_backend_map map;
    nsc_dtype in[NSC_BACKEND_MAX_INPUTS], out[NSC_BACKEND_MAX_OUTPUTS];
    float scalars[NSC_BACKEND_MAX_SCALARS];
    uint32_t packed[NSC_BACKEND_MAX_OUTPUTS]; /* expressions of each output */
    uint32_t seen[NSC_BACKEND_MAX_OUTPUTS];   /* a bit for each that an element was made from */
} sample;

typedef struct batch {
    sample samples[BATCH];
    uint32_t count, expressions;
    bool twice; /* together as well */
    /* ROOM elements of 4 bytes for each view of each sample. */
    unsigned char inputs[BATCH * VIEWS * ROOM * 4], alone[BATCH * VIEWS * ROOM * 4], together[BATCH * VIEWS * ROOM * 4];
} batch;

/* SplitMix64. */
static uint32_t draw(uint64_t *state, uint32_t below)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

static float draw_float(uint64_t *state)
{
    static const float special[] = {0.0f, -0.0f, 1, -1, 0.5f, 2, 88, -104, 1e30f, -1e-30f, INFINITY, -INFINITY, NAN};

    if (draw(state, 16) == 0)
        return special[draw(state, sizeof special / sizeof *special)];
    return (float)((int)draw(state, 1u << 20) - (1 << 19)) * 0x1p-17f; /* [-4, 4) */
}

/* ---- programs ---- */

/* The temporaries that are set lie in *set, a bit each. */
static void add_leaf(expression *e, uint64_t *state, uint32_t set)
{
    static const float constants[] = {0, 1, -1, 2, 0.5f, 3, -0.0f, 0.044715f, -104, INFINITY};
    const uint32_t kind = draw(state, 20);

    if (kind < 4 && set) {
        uint32_t temporary = draw(state, NSC_BACKEND_MAX_TEMPS);

        while (!(set & 1u << temporary))
            temporary = (temporary + 1) % NSC_BACKEND_MAX_TEMPS;
        expression_add(e, NSC_OP_GET, (uint16_t)temporary);
    } else if (kind < 7 && e->head.scalar_count > 0) {
        expression_add(e, NSC_OP_SCALAR, (uint16_t)draw(state, e->head.scalar_count));
    } else if (kind < 11 && e->head.immediate_count < NSC_BACKEND_MAX_IMMEDIATES) {
        expression_immediate(e, draw(state, 2) ? constants[draw(state, sizeof constants / sizeof *constants)]
                                               : draw_float(state));
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

/* The immediates that choose: 0, 1, ... PACKED - 1, -0. */
static void add_choices(expression *e)
{
    for (int i = 0; i < PACKED; i++)
        e->immediates[i] = (float)i;
    e->immediates[PACKED] = -0.0f;
    e->head.immediate_count = PACKED + 1;
}

/* At most `most` expressions, in code up to `limit`; gives how many. One has at most 40 ops, so 110 instructions. */
static uint32_t add_output(expression *e, uint64_t *state, uint32_t *set, uint32_t most, uint32_t limit)
{
    uint32_t count = 0;

    if (most == 1) {
        add_tree(e, state, set, 1 + draw(state, 40), 0);
        return 1;
    }
    expression_add(e, NSC_OP_IMMEDIATE, PACKED);
    do {
        expression_add(e, NSC_OP_LOAD, (uint16_t)(e->head.input_count - 1));
        expression_add(e, NSC_OP_IMMEDIATE, (uint16_t)count);
        expression_add(e, NSC_OP_EQUAL, 0);
        add_tree(e, state, set, 1 + draw(state, draw(state, 16) ? 7 : 40), 2);
        expression_add(e, NSC_OP_IMMEDIATE, PACKED);
        expression_add(e, NSC_OP_SELECT, 0);
        expression_add(e, NSC_OP_ADD, 0);
    } while (++count < most && e->head.code_count + 110 < limit);
    return count;
}

/* Outputs of at most `most` expressions each; gives how many there are. */
static uint32_t make_program(sample *s, uint64_t *state, uint32_t outputs, uint32_t most)
{
    expression *e = &s->program;
    const uint32_t inputs = 1 + draw(state, draw(state, 8) ? 4 : NSC_BACKEND_MAX_INPUTS);
    uint32_t set = 0, count = 0;

    expression_start(e, inputs, outputs, draw(state, 3) ? draw(state, 4) : 0);
    add_choices(e);
    for (uint32_t i = 0; i < outputs; i++) {
        s->packed[i] = add_output(e, state, &set, most, NSC_BACKEND_MAX_CODE / outputs * (i + 1));
        expression_add(e, NSC_OP_STORE, (uint16_t)i);
        count += s->packed[i];
    }
    return count;
}

/* The expression that an element of an output shows, as text: "x0 2 mul". A temporary may be set further up. */
static void program_text(const expression *e, uint32_t output, uint32_t which, char *text, size_t capacity)
{
    static const char *const moves[] = {[NSC_OP_LOAD] = "x",      [NSC_OP_IMMEDIATE] = "", [NSC_OP_SCALAR] = "s",
                                        [NSC_OP_STORE] = "store", [NSC_OP_SET] = "set",    [NSC_OP_GET] = "get"};
    size_t length = 0;
    uint32_t stores = 0, choices = 0;

    text[0] = 0;
    for (uint32_t i = 0; i < e->head.code_count && length < capacity; i++) {
        const nsc_backend_instruction *c = &e->code[i];
        int wrote = 0;

        choices += c->op == NSC_OP_IMMEDIATE && c->arg < PACKED; /* in front of the expression of that number */
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

/* ---- views ---- */

static nsc_dtype draw_dtype(uint64_t *state)
{
    static const nsc_dtype dtypes[] = {NSC_INT32, NSC_UINT32, NSC_UINT8};

    return draw(state, 3) ? NSC_FLOAT32 : dtypes[draw(state, 3)];
}

/* Dims in any order in memory, with gaps; a source may be broadcast or run backwards. It starts at the slot-th part of
 * its buffer. */
static nsc_backend_view make_view(uint64_t *state, uint32_t slot, nsc_dtype dtype, uint32_t rank, const int64_t *dims,
                                  bool source)
{
    nsc_backend_view view = view_of(source ? 0 : 1, dtype, rank, dims);
    int64_t stride = draw(state, 3) ? 1 : 1 + draw(state, 3);
    uint32_t order[NSC_BACKEND_MAX_RANK];

    view.offset = (int64_t)slot * ROOM * 4 / (int64_t)nsc_dtype_size(dtype) + draw(state, 8);
    for (uint32_t d = 0; d < rank; d++)
        order[d] = rank - 1 - d;
    for (uint32_t d = rank; d > 1 && draw(state, 2); d--) {
        const uint32_t other = draw(state, d), moved = order[d - 1];

        order[d - 1] = order[other];
        order[other] = moved;
    }
    for (uint32_t d = 0; d < rank; d++) {
        const uint32_t k = order[d];

        view.strides[k] = source && draw(state, 4) == 0 ? 0 : stride;
        if (view.strides[k] == 0)
            continue;
        stride *= dims[k];
        if (source && draw(state, 6) == 0) {
            view.offset += (dims[k] - 1) * view.strides[k];
            view.strides[k] = -view.strides[k];
        }
    }
    return view;
}

static void fill_slot(uint64_t *state, unsigned char *slot, nsc_dtype dtype)
{
    for (int i = 0; i < ROOM; i++) {
        const float value = draw_float(state);
        const uint32_t word = draw(state, 8) ? draw(state, 40) - (dtype == NSC_INT32 ? 20 : 0)
                                             : draw(state, 65536) << 16 | draw(state, 65536);

        memcpy(slot + i * 4, dtype == NSC_FLOAT32 ? (const void *)&value : (const void *)&word, 4);
        if (dtype == NSC_UINT8)
            memset(slot + i * 4, (int)(word & 0xff), 4), slot[i * 4 + 1] = (unsigned char)(word >> 8);
    }
}

static void make_sample(batch *b, uint64_t *state, uint64_t most)
{
    const uint32_t at = b->count++, rank = draw(state, NSC_BACKEND_MAX_RANK + 1);
    const uint32_t wanted = draw(state, 8) ? NSC_BACKEND_MAX_OUTPUTS : 1 + draw(state, 3);
    const uint32_t outputs = most < wanted ? (uint32_t)most : wanted;
    sample *s = &b->samples[at];
    int64_t dims[NSC_BACKEND_MAX_RANK], count = 1;

    memset(s, 0, sizeof *s);
    for (uint32_t d = 0; d < rank; d++) {
        const uint32_t room = (uint32_t)(ELEMENTS / count);

        dims[d] = rank < 4 && room > 8 ? room / 2 - draw(state, room / 4) : 1 + draw(state, room < 5 ? room : 4);
        count *= dims[d];
    }
    /* Every expression should get its elements. */
    b->expressions += make_program(s, state, outputs, count < 48 || most < 4 * PACKED ? 1 : PACKED);
    s->map = map_of(&s->program);
    for (uint32_t i = 0; i < s->map.input_count; i++) {
        const uint32_t slot = at * VIEWS + i;
        const bool which = i + 1 == s->map.input_count && s->packed[0] > 1;
        unsigned char *data = b->inputs + (size_t)slot * ROOM * 4;

        s->in[i] = which ? NSC_UINT8 : draw_dtype(state);
        s->map.inputs[i] = make_view(state, slot, s->in[i], rank, dims, !which);
        s->map.inputs[i].buffer = 0;
        fill_slot(state, data, s->in[i]);
        for (int k = 0; which && k < ROOM * 4; k++)
            data[k] = (unsigned char)draw(state, PACKED);
    }
    for (uint32_t i = 0; i < outputs; i++) {
        s->out[i] = draw(state, 8) ? NSC_FLOAT32 : draw_dtype(state);
        s->map.outputs[i] = make_view(state, at * VIEWS + i, s->out[i], rank, dims, false);
    }
    for (uint32_t i = 0; i < s->program.head.scalar_count; i++)
        s->scalars[i] = draw_float(state);
}

/* ---- the reference ---- */

/* Integers to float are rounded once, as loads are. */
static float load(const unsigned char *data, nsc_dtype dtype, int64_t index)
{
    float number;
    uint32_t word;
    int32_t integer;

    if (dtype == NSC_UINT8)
        return data[index];
    memcpy(&number, data + index * 4, 4);
    memcpy(&word, data + index * 4, 4);
    memcpy(&integer, data + index * 4, 4);
    return dtype == NSC_FLOAT32 ? number : dtype == NSC_INT32 ? (float)integer : (float)word;
}

static double stored(const unsigned char *data, nsc_dtype dtype, int64_t index)
{
    uint32_t word;
    int32_t integer;

    if (dtype == NSC_UINT8 || dtype == NSC_FLOAT32)
        return load(data, dtype, index);
    memcpy(&word, data + index * 4, 4);
    memcpy(&integer, data + index * 4, 4);
    return dtype == NSC_INT32 ? (double)integer : (double)word;
}

static void reference(const sample *s, const unsigned char *inputs, int64_t index, range *outputs)
{
    range stack[NSC_BACKEND_MAX_STACK + 2], temporaries[NSC_BACKEND_MAX_TEMPS];
    const expression *e = &s->program;
    uint32_t depth = 0;

    for (uint32_t i = 0; i < e->head.code_count; i++) {
        const uint16_t op = e->code[i].op, arg = e->code[i].arg;

        switch (op) {
        case NSC_OP_LOAD:
            stack[depth++] = range_of(load(inputs, s->in[arg], element_at(&s->map.inputs[arg], index)));
            break;
        case NSC_OP_IMMEDIATE:
            stack[depth++] = range_of(e->immediates[arg]);
            break;
        case NSC_OP_SCALAR:
            stack[depth++] = range_of(s->scalars[arg]);
            break;
        case NSC_OP_STORE:
            outputs[arg] = range_stored(stack[--depth], s->out[arg]);
            break;
        case NSC_OP_SET:
            temporaries[arg] = stack[depth - 1];
            break;
        case NSC_OP_GET:
            stack[depth++] = temporaries[arg];
            break;
        default:
            depth -= op_operands(op);
            stack[depth] = range_apply(op, &stack[depth]);
            depth++;
        }
    }
}

/* Which of the expressions of an output an element shows; PACKED: none, it is -0. */
static uint32_t shown(const batch *b, const sample *s, uint32_t output, int64_t index)
{
    const uint32_t last = s->map.input_count - 1;

    if (s->packed[0] == 1)
        return 0;
    const uint32_t which = b->inputs[element_at(&s->map.inputs[last], index)];

    return which < s->packed[output] ? which : PACKED;
}

static bool check_element(target *t, const batch *b, sample *s, int64_t index)
{
    range outputs[NSC_BACKEND_MAX_OUTPUTS];

    reference(s, b->inputs, index, outputs);
    for (uint32_t o = 0; o < s->map.output_count; o++) {
        const int64_t at = element_at(&s->map.outputs[o], index);
        const uint32_t which = shown(b, s, o, index);

        s->seen[o] |= 1u << which & ((1u << PACKED) - 1);
        t->tally.values++;
        t->tally.tight += range_tight(&outputs[o]);
        t->tally.torn += outputs[o].torn;
        for (int form = 0; form < (b->twice ? 2 : 1); form++) {
            const double got = stored(form ? b->together : b->alone, s->out[o], at);
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

/* ---- running ---- */

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

static void random_expressions(target *t, int number)
{
    const uint64_t total = t->expressions, first = total * (uint64_t)number / CASES;
    uint64_t left = total * (uint64_t)(number + 1) / CASES - first;
    uint64_t state = t->seed * 0x9e3779b97f4a7c15u + (uint64_t)number;
    batch *b = memory(t, sizeof *b);

    while (left > 0) {
        b->count = b->expressions = 0;
        while (b->count < BATCH && b->expressions < left)
            make_sample(b, &state, left - b->expressions);
        b->twice = t->tally.together * 2 <= t->tally.expressions;
        if (!run_batch(t, b))
            return;
        for (uint32_t i = 0; i < b->count; i++) {
            const nsc_backend_view *out = &b->samples[i].map.outputs[0];

            for (int64_t e = 0; e < element_count(out->rank, out->dims); e++)
                if (!check_element(t, b, &b->samples[i], e))
                    return;
        }
        const uint64_t count = seen(b);

        t->tally.expressions += count;
        t->tally.together += b->twice ? count : 0;
        t->tally.maps += b->count;
        left -= count;
        release_tensors(t);
    }
}

const conformance_case cases_expressions[] = {
    {"expressions", "random.0", random_expressions, 0},
    {"expressions", "random.1", random_expressions, 1},
    {"expressions", "random.2", random_expressions, 2},
    {"expressions", "random.3", random_expressions, 3},
    {"expressions", "random.4", random_expressions, 4},
    {"expressions", "random.5", random_expressions, 5},
    {"expressions", "random.6", random_expressions, 6},
    {"expressions", "random.7", random_expressions, 7},
    {"expressions", "random.8", random_expressions, 8},
    {"expressions", "random.9", random_expressions, 9},
    {0},
};
