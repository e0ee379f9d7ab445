/* SPDX-License-Identifier: Apache-2.0 */
/* Views and data for random programs, and the reference. */
#include <math.h>
#include <string.h>

#include "samples.h"

uint32_t draw(uint64_t *state, uint32_t below)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

float draw_float(uint64_t *state)
{
    static const float special[] = {0.0f, -0.0f, 1, -1, 0.5f, 2, 88, -104, 1e30f, -1e-30f, INFINITY, -INFINITY, NAN};

    if (draw(state, 16) == 0)
        return special[draw(state, sizeof special / sizeof *special)];
    return (float)((int)draw(state, 1u << 20) - (1 << 19)) * 0x1p-17f; /* [-4, 4) */
}

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

/* Views and data for the program of the last sample. The which of packed expressions is in the last input. */
static void fill_sample(batch *b, uint64_t *state, uint32_t rank, const int64_t *dims)
{
    const uint32_t at = b->count - 1;
    sample *s = &b->samples[at];

    s->map = map_of(&s->program);
    for (uint32_t i = 0; i < s->map.input_count; i++) {
        const uint32_t slot = at * VIEWS + i;
        const bool which = s->choosing && i + 1 == s->map.input_count;
        unsigned char *data = b->inputs + (size_t)slot * ROOM * 4;

        s->in[i] = which ? NSC_UINT8 : draw_dtype(state);
        s->map.inputs[i] = make_view(state, slot, s->in[i], rank, dims, !which);
        s->map.inputs[i].buffer = 0;
        fill_slot(state, data, s->in[i]);
        for (int k = 0; which && k < ROOM * 4; k++)
            data[k] = (unsigned char)draw(state, PACKED);
    }
    for (uint32_t i = 0; i < s->map.output_count; i++) {
        s->out[i] = draw(state, 8) ? NSC_FLOAT32 : draw_dtype(state);
        s->map.outputs[i] = make_view(state, at * VIEWS + i, s->out[i], rank, dims, false);
    }
    for (uint32_t i = 0; i < s->program.head.scalar_count; i++)
        s->scalars[i] = draw_float(state);
}

void add_random_sample(batch *b, uint64_t *state, uint64_t most)
{
    const uint32_t at = b->count++, rank = draw(state, NSC_BACKEND_MAX_RANK + 1);
    const uint32_t wanted = draw(state, 8) ? NSC_BACKEND_MAX_OUTPUTS : 1 + draw(state, 3);
    const uint32_t outputs = most < wanted ? (uint32_t)most : wanted;
    sample *s = &b->samples[at];
    int64_t dims[NSC_BACKEND_MAX_RANK], count = 1;

    memset(s, 0, sizeof *s);
    for (uint32_t d = 0; d < rank; d++) {
        const uint32_t room = (uint32_t)(ELEMENTS / count);

        dims[d] =
            d + 1 == rank && draw(state, 16) ? room - draw(state, room / 2 + 1) : 1 + draw(state, room < 5 ? room : 5);
        count *= dims[d];
    }
    if (rank > 1) { /* the largest anywhere */
        const uint32_t other = draw(state, rank);
        const int64_t last = dims[rank - 1];

        dims[rank - 1] = dims[other];
        dims[other] = last;
    }
    const uint64_t each = count < 48 ? 1 : most / outputs; /* every expression should get its elements */

    b->expressions += random_program(s, state, outputs, each < PACKED ? (uint32_t)each : PACKED);
    fill_sample(b, state, rank, dims);
}

bool add_constant_sample(batch *b, uint64_t *state, uint32_t *next)
{
    const int64_t dims[1] = {ELEMENTS};
    sample *s = &b->samples[b->count];

    memset(s, 0, sizeof *s);
    const uint32_t count = constant_program(s, next);

    if (count == 0)
        return false;
    b->count++;
    b->expressions += count;
    fill_sample(b, state, 1, dims);
    return true;
}

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

double sample_stored(const sample *s, const unsigned char *memory, uint32_t output, int64_t index)
{
    const int64_t at = element_at(&s->map.outputs[output], index);
    const nsc_dtype dtype = s->out[output];
    uint32_t word;
    int32_t integer;

    if (dtype == NSC_UINT8 || dtype == NSC_FLOAT32)
        return load(memory, dtype, at);
    memcpy(&word, memory + at * 4, 4);
    memcpy(&integer, memory + at * 4, 4);
    return dtype == NSC_INT32 ? (double)integer : (double)word;
}

void sample_reference(const batch *b, const sample *s, int64_t index, range *outputs)
{
    range stack[NSC_BACKEND_MAX_STACK + 2], temporaries[NSC_BACKEND_MAX_TEMPS];
    const expression *e = &s->program;
    uint32_t depth = 0;

    for (uint32_t i = 0; i < e->head.code_count; i++) {
        const uint16_t op = e->code[i].op, arg = e->code[i].arg;

        switch (op) {
        case NSC_OP_LOAD:
            stack[depth++] = range_of(load(b->inputs, s->in[arg], element_at(&s->map.inputs[arg], index)));
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

uint32_t sample_shows(const batch *b, const sample *s, uint32_t output, int64_t index)
{
    const uint32_t last = s->map.input_count - 1;

    if (!s->choosing)
        return 0;
    const uint32_t which = b->inputs[element_at(&s->map.inputs[last], index)];

    return which < s->packed[output] ? which : PACKED;
}
