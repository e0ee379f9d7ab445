/* SPDX-License-Identifier: Apache-2.0 */
/* gemm, and gemm with an epilogue: a tile of c at a time, its sums in double precision over ascending k, rounded to
 * float once. Tiles of a and b are copied out, so that the inner loop does not know about strides. */
#include "reference.h"

#define ROWS 32
#define COLUMNS 64
#define DEPTH 64

_Static_assert(COLUMNS <= REFERENCE_BLOCK, "a row of a tile must fit in a lane");

typedef struct matrix {
    const float *data;
    int64_t row_stride, column_stride;
} matrix;

typedef struct tile {
    int64_t row, column;    /* of its first element in c */
    uint32_t rows, columns; /* used */
    double sums[ROWS][COLUMNS];
} tile;

static matrix matrix_of(const reference_launch *launch, const nsc_backend_view *view, int64_t batch)
{
    uint32_t first = view->rank - 2; /* 1 behind a batch */
    const float *data = reference_data(launch, view);

    return (matrix){.data = data + (first ? batch * view->strides[0] : 0),
                    .row_stride = view->strides[first],
                    .column_stride = view->strides[first + 1]};
}

static uint32_t at_most(int64_t rest, uint32_t limit)
{
    return rest < limit ? (uint32_t)rest : limit;
}

/* The sums of a b for one tile of c. */
static void multiply(matrix a, matrix b, int64_t k, tile *t)
{
    double packed[DEPTH][COLUMNS];

    for (uint32_t i = 0; i < ROWS; i++)
        for (uint32_t j = 0; j < COLUMNS; j++)
            t->sums[i][j] = 0.0;
    for (int64_t p = 0; p < k; p += DEPTH) {
        uint32_t depth = at_most(k - p, DEPTH);

        for (uint32_t q = 0; q < depth; q++)
            for (uint32_t j = 0; j < COLUMNS; j++)
                packed[q][j] =
                    j < t->columns ? b.data[(p + q) * b.row_stride + (t->column + j) * b.column_stride] : 0.0;
        for (uint32_t i = 0; i < t->rows; i++) {
            const float *row = a.data + (t->row + i) * a.row_stride + p * a.column_stride;

            for (uint32_t q = 0; q < depth; q++) {
                double factor = row[q * a.column_stride];

                for (uint32_t j = 0; j < COLUMNS; j++)
                    t->sums[i][j] += factor * packed[q][j];
            }
        }
    }
}

void reference_gemm(const nsc_backend_step *step, const reference_launch *launch)
{
    const nsc_backend_gemm *gemm = &step->operation.gemm;
    uint32_t first = gemm->c.rank - 2;
    int64_t batches = first ? gemm->c.dims[0] : 1;
    int64_t m = gemm->c.dims[first], n = gemm->c.dims[first + 1], k = gemm->a.dims[first + 1];
    double alpha = gemm->alpha, beta = gemm->beta;
    tile t;

    for (int64_t batch = 0; batch < batches; batch++) {
        matrix a = matrix_of(launch, &gemm->a, batch), b = matrix_of(launch, &gemm->b, batch);
        float *c = (float *)reference_data(launch, &gemm->c) + (first ? batch * gemm->c.strides[0] : 0);

        for (t.row = 0; t.row < m; t.row += ROWS) {
            for (t.column = 0; t.column < n; t.column += COLUMNS) {
                t.rows = at_most(m - t.row, ROWS);
                t.columns = at_most(n - t.column, COLUMNS);
                multiply(a, b, k, &t);
                for (uint32_t i = 0; i < t.rows; i++) {
                    float *row = c + (t.row + i) * gemm->c.strides[first] + t.column;

                    for (uint32_t j = 0; j < t.columns; j++) {
                        double value = alpha * t.sums[i][j];

                        row[j] = (float)(gemm->beta == 0.0f ? value : value + beta * row[j]);
                    }
                }
            }
        }
    }
}

void reference_gemm_epilogue(const nsc_backend_step *step, const reference_launch *launch)
{
    const nsc_backend_gemm_epilogue *gemm = &step->operation.epilogue;
    int64_t m = gemm->c.dims[0], n = gemm->c.dims[1], k = gemm->a.dims[1];
    matrix a = matrix_of(launch, &gemm->a, 0), b = matrix_of(launch, &gemm->b, 0);
    reference_block block = {.rank = 2, .dims = gemm->c.dims};
    reference_lane product, result;
    reference_input inputs[NSC_BACKEND_MAX_INPUTS + 1] = {{.lane = &product}};
    tile t;

    for (uint32_t i = 0; i < gemm->input_count; i++)
        inputs[i + 1].view = &gemm->inputs[i];
    for (t.row = 0; t.row < m; t.row += ROWS) {
        for (t.column = 0; t.column < n; t.column += COLUMNS) {
            t.rows = at_most(m - t.row, ROWS);
            t.columns = at_most(n - t.column, COLUMNS);
            multiply(a, b, k, &t);
            for (uint32_t i = 0; i < t.rows; i++) {
                for (uint32_t j = 0; j < t.columns; j++)
                    product.f[j] = (float)t.sums[i][j];
                block.start = (t.row + i) * n + t.column;
                block.count = t.columns;
                reference_evaluate(&step->program, launch, inputs, &block, &result);
                reference_store(launch, &gemm->c, &block, false, &result);
            }
        }
    }
}
