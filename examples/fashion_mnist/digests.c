/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters as read back from a device, and their digests against the committed ones. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../sha256.h"

static int read_one(void *user, const char *path, nsc_parameter *parameter)
{
    values *all = user;
    all->failed = 1; /* until this one is there */
    if (all->count == MAX_PARAMETERS)
        return 1;
    value *v = &all->each[all->count];
    snprintf(v->path, sizeof v->path, "%s", path);
    v->rank = nsc_parameter_shape(parameter, v->dims);
    v->count = 1;
    for (int i = 0; i < v->rank; i++)
        v->count *= (size_t)v->dims[i];
    v->elements = malloc(v->count * sizeof(float));
    if (!v->elements || nsc_parameter_read(parameter, v->elements, v->count * sizeof(float)) != NSC_OK)
        return 1;
    sha256_hex(v->elements, v->count * sizeof(float), v->digest);
    all->count++;
    all->failed = 0;
    return 0;
}

int values_read(nsc_block *net, values *all)
{
    memset(all, 0, sizeof *all);
    nsc_status status = nsc_parameters_each(net, read_one, all);
    if (status == NSC_OK && all->count > 0 && !all->failed)
        return 1;
    fprintf(stderr, "the parameters cannot be read back\n");
    return 0;
}

void values_free(values *all)
{
    for (size_t i = 0; i < MAX_PARAMETERS; i++)
        free(all->each[i].elements);
    memset(all, 0, sizeof *all);
}

/* The committed digest of a parameter, or 0 when the file has none. A line is: set path digest. */
static int committed(FILE *file, const char *set_name, const char *path, char digest[65])
{
    char line[256], set[64], name[64];
    rewind(file);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "%63s %63s %64s", set, name, digest) == 3 && strcmp(set, set_name) == 0 &&
            strcmp(name, path) == 0)
            return 1;
    return 0;
}

int values_check(const values *all, const char *set_name)
{
    FILE *file = fopen(DATA_DIR "/digests.txt", "r");
    if (!file) {
        perror(DATA_DIR "/digests.txt");
        return 0;
    }
    size_t equal = 0;
    for (size_t i = 0; i < all->count; i++) {
        const value *v = &all->each[i];
        char want[65] = "";
        int same = committed(file, set_name, v->path, want) && strcmp(want, v->digest) == 0;
        equal += same;
        printf("  sha256 %-9s %s%s\n", v->path, v->digest, same ? "" : " DIFFERS from the committed one");
    }
    fclose(file);
    printf("  %zu of %zu digests are the committed ones\n", equal, all->count);
    return equal == all->count;
}

int values_equal(const values *a, const values *b)
{
    int equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++)
        equal = strcmp(a->each[i].digest, b->each[i].digest) == 0;
    return equal;
}
