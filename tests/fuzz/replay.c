/* SPDX-License-Identifier: Apache-2.0 */
/* replay FOLDER: runs one fuzz target on nothing, on every seed in FOLDER and on 2,000 mutations of each, always the
 * same, so that every compiler and sanitizer has a share in the fuzzing. */
#include <dirent.h>

#include "fuzz.h"

#define MUTATIONS 2000
#define MAX_SEED 4096

typedef struct input {
    uint8_t bytes[2 * MAX_SEED];
    size_t size;
} input;

static uint64_t state = 0x9e3779b97f4a7c15u;

/* Marsaglia's xorshift64; the result is below `below`. */
static size_t draw(size_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)((state >> 11) % below);
}

/* From a block as long as the input, so that the address sanitizer sees a read beyond it. */
static void run(const input *in)
{
    uint8_t *copy = malloc(in->size + (in->size == 0));
    REQUIRE(copy);
    memcpy(copy, in->bytes, in->size);
    LLVMFuzzerTestOneInput(copy, in->size);
    free(copy);
}

static void insert(input *in, size_t at, const uint8_t *bytes, size_t count)
{
    memmove(in->bytes + at + count, in->bytes + at, in->size - at);
    memcpy(in->bytes + at, bytes, count);
    in->size += count;
}

static void mutate(input *in, const input *other)
{
    static const uint8_t telling[] = {0, 1, 2, 3, 0x7f, 0x80, 0xef, 0xf0, 0xf7, 0xfe, 0xff, ',', ':', '/', '0', '9'};
    uint8_t piece[64];
    const size_t at = in->size ? draw(in->size) : 0;
    const size_t room = sizeof in->bytes - in->size, span = 1 + draw(sizeof piece);
    switch (in->size ? draw(7) : 3) {
    case 0:
        in->bytes[at] ^= (uint8_t)(1u << draw(8));
        break;
    case 1:
        in->bytes[at] = telling[draw(sizeof telling)];
        break;
    case 2:
        in->bytes[at] = (uint8_t)(in->bytes[at] + (draw(2) ? 1 : 255));
        break;
    case 3:
        piece[0] = draw(2) ? telling[draw(sizeof telling)] : (uint8_t)draw(256);
        if (room > 0)
            insert(in, at, piece, 1);
        break;
    case 4: { /* leave out */
        const size_t count = at + span < in->size ? span : in->size - at;
        memmove(in->bytes + at, in->bytes + at + count, in->size - at - count);
        in->size -= count;
        break;
    }
    case 5: { /* repeat */
        const size_t count = at + span < in->size ? span : in->size - at;
        memcpy(piece, in->bytes + at, count);
        if (room >= count)
            insert(in, draw(in->size), piece, count);
        break;
    }
    default: { /* the end of another seed */
        const size_t from = other->size ? draw(other->size) : 0;
        in->size = at + other->size - from;
        memcpy(in->bytes + at, other->bytes + from, other->size - from);
        break;
    }
    }
    if (in->size > MAX_SEED)
        in->size = MAX_SEED;
}

static void load(input *in, const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    REQUIRE(file);
    in->size = fread(in->bytes, 1, sizeof in->bytes, file);
    fclose(file);
    REQUIRE(in->size > 0 && in->size <= MAX_SEED);
}

static int is_seed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int count, char **arguments)
{
    struct dirent **names = NULL;
    const int found = count == 2 ? scandir(arguments[1], &names, is_seed, alphasort) : -1;
    if (found <= 0) {
        fprintf(stderr, "usage: replay FOLDER, with at least one seed in it\n");
        return 2;
    }
    const size_t seeds = (size_t)found;
    input *seed = calloc(seeds, sizeof *seed), *changed = calloc(1, sizeof *changed);
    REQUIRE(seed && changed);
    run(changed); /* nothing */
    for (size_t i = 0; i < seeds; i++) {
        load(&seed[i], arguments[1], names[i]->d_name);
        run(&seed[i]);
    }
    for (size_t i = 0; i < seeds; i++)
        for (int n = 0; n < MUTATIONS; n++) {
            *changed = seed[i];
            for (size_t times = 1 + draw(6); times > 0; times--)
                mutate(changed, &seed[draw(seeds)]);
            run(changed);
        }
    printf("%zu seeds, %zu inputs\n", seeds, 1 + seeds * (1 + MUTATIONS));
    for (size_t i = 0; i < seeds; i++)
        free(names[i]);
    free(names);
    free(seed);
    free(changed);
    return 0;
}
