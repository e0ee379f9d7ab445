/* SPDX-License-Identifier: Apache-2.0 */
/* Matrices of every layout that is legal, and products of them in double precision. */
#include "products.h"

#include <math.h>

static const int64_t sizes[][3] = {{1, 1, 1},     {2, 3, 5},      {1, 1, 997},    {997, 1, 1},   {1, 997, 1},
                                   {17, 31, 13},  {4, 4, 4},      {16, 16, 16},   {7, 127, 3},   {64, 64, 64},
                                   {127, 61, 97}, {1, 257, 300},  {301, 1, 7},    {61, 5, 251},  {3, 251, 61},
                                   {63, 65, 2},   {128, 128, 32}, {251, 127, 31}, {997, 13, 11}, {13, 997, 11},
                                   {11, 13, 997}, {130, 129, 515}};
const char *const product_shapes[] = {"1x1x1",     "2x3x5",     "1x1x997",   "997x1x1",     "1x997x1",    "17x31x13",
                                      "4x4x4",     "16x16x16",  "7x127x3",   "64x64x64",    "127x61x97",  "1x257x300",
                                      "301x1x7",   "61x5x251",  "3x251x61",  "63x65x2",     "128x128x32", "251x127x31",
                                      "997x13x11", "13x997x11", "11x13x997", "130x129x515", NULL};
const char *const product_strides[] = {"rows", "padded", NULL};

int64_t product_cost(int shape)
{
    return sizes[shape][0] * sizes[shape][1] * sizes[shape][2];
}

/* A matrix in a buffer: row-major or transposed, with a larger leading dimension and an offset when padded. */
static nsc_backend_view matrix(uint32_t buffer, int64_t batch, int64_t rows, int64_t columns, bool transposed,
                               bool padded)
{
    const int64_t dims[3] = {batch, rows, columns}, leading = (transposed ? rows : columns) + (padded ? 3 : 0);
    const uint32_t rank = batch ? 3 : 2;
    nsc_backend_view view = view_of(buffer, NSC_FLOAT32, rank, batch ? dims : dims + 1);

    view.offset = padded ? 5 : 0;
    view.strides[rank - 2] = transposed ? 1 : leading;
    view.strides[rank - 1] = transposed ? leading : 1;
    if (batch)
        view.strides[0] = leading * (transposed ? columns : rows) + (padded ? 7 : 0);
    return view;
}

static int64_t room_of(const nsc_backend_view *view)
{
    int64_t room = view->offset + 1;

    for (uint32_t d = 0; d < view->rank; d++)
        room += (view->dims[d] - 1) * view->strides[d];
    return room;
}

void product_make(target *t, product *p, int shape, int transposes, bool padded, int64_t batch)
{
    *p = (product){.batch = batch, .m = sizes[shape][0], .n = sizes[shape][1], .k = sizes[shape][2]};
    p->a = matrix(0, batch, p->m, p->k, transposes & 1, padded);
    p->b = matrix(1, batch, p->k, p->n, transposes & 2, padded);
    p->c = matrix(2, batch, p->m, p->n, false, padded);
    p->x = numbers(t, 0, room_of(&p->a), -1, 1);
    p->y = numbers(t, 1, room_of(&p->b), -1, 1);
    p->room = room_of(&p->c) + 4;
    p->before = numbers(t, 2, p->room, -1, 1);
    p->after = memory(t, (size_t)p->room * sizeof(float));
    p->operands[0] = tensor(t, NSC_FLOAT32, room_of(&p->a), p->x);
    p->operands[1] = tensor(t, NSC_FLOAT32, room_of(&p->b), p->y);
}

double product_element(const product *p, int64_t of, int64_t row, int64_t column, double *magnitudes)
{
    const uint32_t last = p->a.rank - 1;
    const float *x = p->x + p->a.offset + row * p->a.strides[last - 1] + (p->batch ? of * p->a.strides[0] : 0);
    const float *y = p->y + p->b.offset + column * p->b.strides[last] + (p->batch ? of * p->b.strides[0] : 0);
    double sum = 0, sizes_of_terms = 0;

    for (int64_t q = 0; q < p->k; q++, x += p->a.strides[last], y += p->b.strides[last - 1]) {
        const double term = (double)*x * *y;

        sum += term;
        sizes_of_terms += fabs(term);
    }
    *magnitudes = sizes_of_terms;
    return sum;
}

void product_gaps(target *t, const product *p)
{
    unsigned char *written = memory(t, (size_t)p->room);

    for (int64_t i = 0; i < element_count(p->c.rank, p->c.dims); i++)
        written[element_at(&p->c, i)] = 1;
    for (int64_t i = 0; i < p->room; i++)
        if (!written[i] && bits_of(p->after[i]) != bits_of(p->before[i])) {
            fail(t, "the result's buffer was changed outside of the result, at %lld", (long long)i);
            return;
        }
}
