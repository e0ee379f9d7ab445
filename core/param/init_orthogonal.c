/* SPDX-License-Identifier: Apache-2.0 */
/* Saxe, McClelland and Ganguli 2014: the Q of a normal matrix, by Householder's method (Golub, Van Loan: Matrix
 * Computations, 5.2) in double precision. Every sum has one order and sqrt is rounded alike everywhere, so the bits are
 * the same on every machine. A wide matrix is decomposed transposed. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/param/initializer.h"
#include "core/param/random.h"

/* A row-major matrix of at least as many rows as columns, decomposed in place: below the diagonal of column k lies
 * v (v[k] = 1 is not stored), and H(k) = 1 - tau v v^T. */
typedef struct tall {
    size_t rows, columns;
    double *at;
    double *tau, *sign, *row; /* columns long each; sign: of R's diagonal */
} tall;

/* H(k) applied to columns from `first` on; v[k] = 1, whatever is stored there. */
static void reflect(tall *m, size_t k, size_t first)
{
    size_t n = m->columns;
    const double *pivot = m->at + k * n;
    for (size_t j = first; j < n; j++)
        m->row[j] = pivot[j];
    for (size_t i = k + 1; i < m->rows; i++) {
        const double *row = m->at + i * n;
        double v = row[k];
        for (size_t j = first; j < n; j++)
            m->row[j] += v * row[j];
    }
    for (size_t j = first; j < n; j++) {
        m->row[j] *= m->tau[k];
        m->at[k * n + j] -= m->row[j];
    }
    for (size_t i = k + 1; i < m->rows; i++) {
        double *row = m->at + i * n, v = row[k];
        for (size_t j = first; j < n; j++)
            row[j] -= v * m->row[j];
    }
}

static void decompose(tall *m)
{
    size_t n = m->columns;
    for (size_t k = 0; k < n; k++) {
        double square = 0.0, head = m->at[k * n + k];
        for (size_t i = k; i < m->rows; i++)
            square += m->at[i * n + k] * m->at[i * n + k];
        double length = sqrt(square), diagonal = head > 0.0 ? -length : length;
        m->sign[k] = diagonal < 0.0 ? -1.0 : 1.0;
        m->tau[k] = 0.0; /* a column of zeros stays */
        if (length == 0.0)
            continue;
        m->tau[k] = (diagonal - head) / diagonal;
        for (size_t i = k + 1; i < m->rows; i++)
            m->at[i * n + k] /= head - diagonal;
        reflect(m, k, k + 1);
    }
}

/* The reflections, multiplied out from the last, become the first columns of Q. */
static void assemble(tall *m)
{
    size_t n = m->columns;
    for (size_t k = n; k-- > 0;) {
        for (size_t j = k + 1; j < n; j++)
            m->at[k * n + j] = 0.0;
        reflect(m, k, k + 1);
        for (size_t i = 0; i < k; i++)
            m->at[i * n + k] = 0.0;
        m->at[k * n + k] = 1.0 - m->tau[k];
        for (size_t i = k + 1; i < m->rows; i++)
            m->at[i * n + k] *= -m->tau[k];
    }
}

bool nsc_fill_orthogonal(const nsc_fill_job *job, size_t count, float *values)
{
    size_t height = (size_t)job->dims[0], width = 1;
    for (int i = 1; i < job->rank; i++)
        width *= (size_t)job->dims[i];
    bool wide = width > height;
    tall m = {.rows = wide ? width : height, .columns = wide ? height : width};
    if (count == 0)
        return true;
    float *drawn = calloc(height * width, sizeof *drawn);
    m.at = calloc(height * width, sizeof *m.at);
    m.tau = calloc(m.columns, 3 * sizeof *m.tau);
    bool made = drawn != NULL && m.at != NULL && m.tau != NULL;
    if (made) {
        m.sign = m.tau + m.columns;
        m.row = m.sign + m.columns;
        nsc_random_normal(job->seed, job->stream, 0, height * width, 1.0f, 0.0f, drawn);
        for (size_t i = 0; i < height; i++)
            for (size_t j = 0; j < width; j++)
                m.at[wide ? j * height + i : i * width + j] = (double)drawn[i * width + j];
        decompose(&m);
        assemble(&m);
    }
    for (size_t k = 0; made && k < count; k++) {
        size_t element = (size_t)job->first + k, i = element / width, j = element % width;
        double q = wide ? m.at[j * height + i] * m.sign[i] : m.at[element] * m.sign[j];
        values[k] = nsc_flushed((float)(q * (double)job->init->a));
    }
    free(m.tau);
    free(m.at);
    free(drawn);
    return made;
}
