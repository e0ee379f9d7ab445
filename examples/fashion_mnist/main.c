/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A net declared without sizes, over all test images of Fashion-MNIST, on every device of every backend here, or on the
 * one that NASCENT_BACKEND names: its states, the digests of its initial parameters, its speed, and how far the
 * devices agree. Ends non-zero when a digest differs or two devices lie too far apart.
 */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <nascent/device.h>

#define MAX_DEVICES 16

typedef struct choices {
    size_t count;
    char each[MAX_DEVICES][64];
    const char *backend; /* being listed */
} choices;

double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress(const char *what, int64_t done, int64_t total)
{
    if (isatty(STDOUT_FILENO)) {
        printf("\r  %s: %lld of %lld images%s", what, (long long)done, (long long)total,
               done == total ? "\r\033[K" : "");
        fflush(stdout);
    } else if (total >= 4 && done * 4 / total != (done - 1) * 4 / total && done != total) {
        printf("  %s: %lld of %lld images\n", what, (long long)done, (long long)total);
        fflush(stdout);
    }
}

static int add_device(void *user, const nsc_device_info *device, const char *problem)
{
    choices *all = user;
    if (problem)
        printf("%s:%u: left out: %s\n", all->backend, (unsigned)device->index, problem);
    else if (all->count < MAX_DEVICES)
        snprintf(all->each[all->count++], sizeof all->each[0], "%s:%u", all->backend, (unsigned)device->index);
    return 0;
}

static int add_backend(void *user, const char *name, const char *file, int installed)
{
    (void)file;
    (void)installed;
    choices *all = user;
    all->backend = name;
    if (nsc_devices_each(name, 1, add_device, all) != NSC_OK)
        printf("%s: left out: %s\n", name, nsc_last_error(NULL));
    return 0;
}

int main(void)
{
    images set;
    if (!images_load(&set))
        return 1;

    const char *named = getenv("NASCENT_BACKEND");
    choices all = {.count = 0};
    if (named && *named)
        all.count = 1; /* the library reads the variable itself */
    else if (nsc_backends_each(add_backend, &all) != NSC_OK)
        fprintf(stderr, "%s\n", nsc_last_error(NULL));

    pass *passes = calloc(MAX_DEVICES, sizeof *passes);
    int good = passes && all.count > 0;
    size_t done = 0;
    for (; good && done < all.count; done++)
        good = pass_run(all.each[done][0] ? all.each[done] : NULL, &set, done == 0, &passes[done]);

    if (good) {
        putchar('\n');
        for (size_t d = 1; good && d < done; d++)
            if (!values_equal(&passes[d].parameters, &passes[0].parameters)) {
                printf("DIFFERENT initial parameters on %s and %s\n", passes[d].title, passes[0].title);
                good = 0;
            }
        if (good)
            printf("initial parameters: the same bytes on %zu device%s\n", done, done == 1 ? "" : "s");
        good = good && agreement_check(&set, passes, done);
        for (size_t d = 0; d < done; d++)
            printf("speed: %s: %.0f images per second\n", passes[d].title,
                   passes[d].seconds > 0 ? (double)passes[d].steady_images / passes[d].seconds : 0);
    }
    for (size_t d = 0; passes && d < MAX_DEVICES; d++)
        pass_free(&passes[d]);
    free(passes);
    images_free(&set);
    return good ? 0 : 1;
}
