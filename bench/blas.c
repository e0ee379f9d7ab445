/* SPDX-License-Identifier: Apache-2.0 */
/* The peer on the host: OpenBLAS, where it was found when this was built. */
#include "bench.h"

#include <stdlib.h>

#ifdef BENCH_OPENBLAS
#include <cblas.h>

typedef struct product {
    const bench_size *size;
    float *a, *b, *c;
} product;

const char *bench_blas_name(void)
{
    return openblas_get_config();
}

static int multiply(void *user, unsigned count)
{
    const product *p = user;
    const bench_size *s = p->size;
    for (unsigned i = 0; i < count; i++)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)s->m, (blasint)s->n, (blasint)s->k, 1.0f, p->a,
                    (blasint)s->k, p->b, (blasint)s->k, 0.0f, p->c, (blasint)s->n);
    return 0;
}

int bench_blas(const bench_size *size, bench_times *times)
{
    product p = {size, bench_data((size_t)(size->m * size->k)), bench_data((size_t)(size->n * size->k)),
                 bench_data((size_t)(size->m * size->n))};
    const int failed = !p.a || !p.b || !p.c || bench_measure(multiply, &p, times);
    free(p.a);
    free(p.b);
    free(p.c);
    return failed;
}
#else
const char *bench_blas_name(void)
{
    return "";
}

int bench_blas(const bench_size *size, bench_times *times)
{
    (void)size;
    *times = (bench_times){0};
    return 0;
}
#endif
