/* SPDX-License-Identifier: Apache-2.0 */
/* Martens 2010 (Deep learning via Hessian-free optimization, ICML), section 5: in each column as many zeros as asked
 * for, the rest normal. Which rows are zero is drawn from a second stream, so that the normals are those of
 * nsc_normal. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/param/initializer.h"
#include "core/param/random.h"

/* FNV-1a goes on where the path's hash ends. */
static uint64_t second_stream(const char *path)
{
    uint64_t hash = nsc_hash_path(path);
    for (const char *p = "#sparse"; *p != '\0'; p++)
        hash = (hash ^ (unsigned char)*p) * 0x100000001b3u;
    return hash;
}

static int compare_words(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The product is rounded to float, so that 0.1 of 10 rows is 1. */
static size_t zeros_of(float sparsity, int64_t rows)
{
    float zeros = ceilf(sparsity * (float)rows);
    return zeros >= (float)rows ? (size_t)rows : (size_t)zeros;
}

/* One column's words, in the order of its rows, and sorted. */
typedef struct column {
    uint32_t *words, *sorted;
} column;

static void column_draw(const nsc_fill_job *job, uint64_t stream, uint64_t index, column *c)
{
    size_t rows = (size_t)job->dims[0];
    for (size_t row = 0; row < rows; row++)
        nsc_random_words(job->seed, stream, row * (uint64_t)job->dims[1] + index, 1, &c->words[row]);
    memcpy(c->sorted, c->words, rows * sizeof *c->words);
    qsort(c->sorted, rows, sizeof *c->sorted, compare_words);
}

/* The rows with the smallest words are zero; among equal words, the first rows. */
static void column_clear(const nsc_fill_job *job, uint64_t index, size_t zeros, const column *c, size_t count,
                         float *values)
{
    uint32_t limit = c->sorted[zeros - 1];
    size_t equal = 0;
    for (size_t i = zeros; i > 0 && c->sorted[i - 1] == limit; i--)
        equal++;
    for (size_t row = 0; row < (size_t)job->dims[0]; row++) {
        uint64_t element = row * (uint64_t)job->dims[1] + index;
        bool zero = c->words[row] < limit;
        if (c->words[row] == limit && equal > 0) {
            zero = true;
            equal--;
        }
        if (zero && element >= job->first && element - job->first < count)
            values[element - job->first] = 0.0f;
    }
}

bool nsc_fill_sparse(const nsc_fill_job *job, size_t count, float *values)
{
    size_t zeros = zeros_of(job->init->a, job->dims[0]);
    uint64_t columns = (uint64_t)job->dims[1], stream = second_stream(job->path);
    nsc_random_normal(job->seed, job->stream, job->first, count, nsc_flushed(job->init->b), 0.0f, values);
    if (zeros == 0 || count == 0)
        return true;
    column c = {malloc((size_t)job->dims[0] * sizeof(uint32_t)), malloc((size_t)job->dims[0] * sizeof(uint32_t))};
    bool made = c.words != NULL && c.sorted != NULL;
    for (uint64_t i = 0; made && i < columns && i < count; i++) {
        uint64_t index = (job->first + i) % columns;
        column_draw(job, stream, index, &c);
        column_clear(job, index, zeros, &c, count, values);
    }
    free(c.sorted);
    free(c.words);
    return made;
}
