/* SPDX-License-Identifier: Apache-2.0 */
/* bench [CHOICE...]: times of the library beside named peers, in one run. A choice is one as in NASCENT_BACKEND; without
 * any, every backend that is here. Ends non-zero when something could not be measured. */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#include <nascent/device.h>

#define MAX_TARGETS 8

typedef struct target {
    nsc_context *context;
    char choice[256];
    char label[32];
    int clblast; /* the peer runs on this device too */
    uint32_t index;
} target;

typedef struct targets {
    target list[MAX_TARGETS];
    size_t count;
} targets;

static int open_target(targets *all, const char *choice, int required)
{
    if (all->count == MAX_TARGETS)
        return 0;
    target *t = &all->list[all->count];
    if (nsc_context_open(&t->context, choice) != NSC_OK) {
        fprintf(stderr, "bench: %s: %s\n", choice, nsc_last_error(NULL));
        return required;
    }
    const nsc_device_info *device = nsc_context_device(t->context);
    snprintf(t->choice, sizeof t->choice, "%s", choice);
    t->index = device->index;
    t->clblast = bench_clblast_known() && strcmp(device->backend, "opencl") == 0;
    snprintf(t->label, sizeof t->label, "%s:%u", device->backend, (unsigned)device->index);
    printf("%-12s %s (%s, %s, driver %s)\n", t->label, device->name, device->kind, device->platform, device->driver);
    all->count++;
    return 0;
}

static int visit(void *user, const char *name, const char *file, int installed)
{
    (void)file;
    (void)installed;
    return open_target(user, name, 0);
}

static int products(targets *all)
{
    static const bench_size sizes[] = {{10000, 256, 784}, {512, 512, 512}, {128, 10, 64}, {509, 251, 769}};
    enum { SIZES = sizeof sizes / sizeof sizes[0] };
    bench_times device_peer[MAX_TARGETS][SIZES] = {0};
    int failed = 0;
    for (size_t t = 0; t < all->count; t++) /* before any product of ours: parameters are the process's */
        for (size_t s = 0; s < SIZES && all->list[t].clblast; s++)
            failed |= bench_clblast(all->list[t].index, &sizes[s], &device_peer[t][s]);
    for (size_t s = 0; s < SIZES; s++) {
        const double operations = 2.0 * (double)sizes[s].m * (double)sizes[s].n * (double)sizes[s].k;
        bench_times host_peer, times;
        char text[64];
        snprintf(text, sizeof text, "gemm %lldx%lldx%lld", (long long)sizes[s].m, (long long)sizes[s].n,
                 (long long)sizes[s].k);
        bench_head(text);
        failed |= bench_blas(&sizes[s], &host_peer);
        if (host_peer.median > 0)
            bench_row("OpenBLAS, host", &host_peer, operations, host_peer.median, 0);
        for (size_t t = 0; t < all->count; t++) {
            const bench_times *peer = &device_peer[t][s];
            snprintf(text, sizeof text, "CLBlast, %s", all->list[t].label);
            if (peer->median > 0)
                bench_row(text, peer, operations, host_peer.median, peer->median);
            if (bench_product(all->list[t].context, &sizes[s], &times) != 0)
                failed = 1;
            else
                bench_row(all->list[t].label, &times, operations, host_peer.median, peer->median);
        }
    }
    return failed;
}

/* Dense, bias and relu in one launch, beside the composed form: the same library without the kind. */
static int fusion(targets *all)
{
    static const bench_size sizes[] = {{1000, 256, 784}, {2, 256, 20}};
    int failed = 0;
    printf("\n%-26s %12s %12s %9s\n", "dense + bias + relu", "fused us", "composed us", "x faster");
    for (size_t t = 0; t < all->count; t++) {
        const target *at = &all->list[t];
        nsc_context *composed;
        bench_times whole, parts;
        if (!(nsc_context_device(at->context)->optional_kinds & NSC_BACKEND_KIND_BIT(NSC_BACKEND_GEMM_EPILOGUE))) {
            printf("  %-24s has no fused kind\n", at->label);
            continue;
        }
        if (nsc_context_open(&composed, at->choice, .compose = "gemm_epilogue") != NSC_OK)
            return 1;
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            char text[64];
            snprintf(text, sizeof text, "%s %lldx%lldx%lld", at->label, (long long)sizes[s].m, (long long)sizes[s].n,
                     (long long)sizes[s].k);
            if (bench_dense(at->context, &sizes[s], &whole) != 0 || bench_dense(composed, &sizes[s], &parts) != 0)
                failed = 1;
            else
                printf("  %-24s %12.1f %12.1f %9.3f\n", text, 1e6 * whole.median, 1e6 * parts.median,
                       parts.median / whole.median);
        }
        failed |= nsc_context_close(composed) != NSC_OK;
    }
    return failed;
}

static int small_net(targets *all)
{
    int failed = 0;
    bench_head("book's net, (2, 20)");
    for (size_t t = 0; t < all->count; t++)
        for (int wait_each = 1; wait_each >= 0; wait_each--) {
            char text[64];
            bench_times times;
            snprintf(text, sizeof text, "%s %s", all->list[t].label, wait_each ? "waited each" : "queue full");
            if (bench_book(all->list[t].context, wait_each, &times) != 0)
                failed = 1;
            else
                bench_row(text, &times, 0, 0, 0);
        }
    return failed;
}

int main(int count, char **arguments)
{
    targets all = {.count = 0};
    int failed = 0;
    printf("OpenBLAS     %s\n", bench_blas_name()[0] ? bench_blas_name() : "not built in");
    if (count > 1)
        for (int i = 1; i < count; i++)
            failed |= open_target(&all, arguments[i], 1);
    else
        failed |= nsc_backends_each(visit, &all) != NSC_OK;
    failed |= all.count == 0;
    failed |= products(&all);
    failed |= fusion(&all);
    failed |= small_net(&all);
    for (size_t t = 0; t < all.count; t++)
        failed |= nsc_context_close(all.list[t].context) != NSC_OK;
    return failed;
}
