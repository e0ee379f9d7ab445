/* SPDX-License-Identifier: Apache-2.0 */
/* The images: Fashion-MNIST where Debian's package is installed, else the digits that come with the sources. */
#include "parts.h"

#include <stdio.h>
#include <unistd.h>

#define FASHION_MNIST "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"
#define DIGITS DATA_DIR "/digits-images-idx3-ubyte"

int images_load(images *set)
{
    *set = (images){.name = "fashion-mnist", .white = 255};
    const char *path = FASHION_MNIST;
    if (access(path, R_OK) != 0) {
        printf("no %s (Debian: dataset-fashion-mnist): using the digits that come with the sources\n", path);
        *set = (images){.name = "digits", .white = 16};
        path = DIGITS;
    }
    if (nsc_idx_open(path, &set->file) != NSC_OK || nsc_idx_rank(set->file) != 3) {
        fprintf(stderr, "%s: %s\n", path, set->file ? "not images: the rank is not 3" : nsc_last_error(NULL));
        images_free(set);
        return 0;
    }
    const int64_t *dims = nsc_idx_dims(set->file);
    set->count = dims[0];
    set->height = dims[1];
    set->width = dims[2];
    printf("%lld images of %lld x %lld from %s\n\n", (long long)set->count, (long long)set->height,
           (long long)set->width, path);
    return 1;
}

void images_free(images *set)
{
    nsc_idx_close(set->file);
    set->file = NULL;
}

void images_batch(const images *set, int64_t first, int64_t count, float *out)
{
    size_t each = (size_t)(set->height * set->width), n = (size_t)count * each;
    const unsigned char *pixels = nsc_idx_data(set->file) + (size_t)first * each;
    for (size_t i = 0; i < n; i++)
        out[i] = (float)pixels[i] / set->white;
}
