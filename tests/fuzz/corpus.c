/* SPDX-License-Identifier: Apache-2.0 */
/* corpus [--list] FILE: reads every broken file of a corpus (make_corpus.py) with the archive reader. A file that must be
 * refused and is not, or a refusal without a reason, fails. --list prints each file with offset and reason. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/io/archive.h"
#include "core/io/file.h"

typedef struct corpus {
    const unsigned char *at, *end;
} corpus;

static const unsigned char *take(corpus *in, size_t length)
{
    if ((size_t)(in->end - in->at) < length) {
        fprintf(stderr, "corpus: the container ends too early\n");
        exit(2);
    }
    in->at += length;
    return in->at - length;
}

static uint32_t number(corpus *in)
{
    uint32_t value;
    memcpy(&value, take(in, sizeof value), sizeof value);
    return value;
}

int main(int argc, char **argv)
{
    const int list = argc == 3 && strcmp(argv[1], "--list") == 0;
    unsigned char *bytes;
    size_t length, tried = 0, refused = 0, wrong = 0;
    if (argc != 2 + list) {
        fprintf(stderr, "usage: corpus [--list] FILE\n");
        return 2;
    }
    if (nsc_file_read(argv[argc - 1], &bytes, &length) != NSC_OK) {
        fprintf(stderr, "corpus: %s\n", nsc_error_text(0));
        return 2;
    }
    corpus in = {bytes, bytes + length};
    while (in.at < in.end) {
        char name[256];
        nsc_archive *archive = NULL;
        const uint32_t named = number(&in);
        snprintf(name, sizeof name, "%.*s", (int)named, (const char *)take(&in, named));
        const int must = *take(&in, 1);
        const uint32_t size = number(&in);
        const unsigned char *file = take(&in, size);
        tried++;
        if (nsc_archive_parse(name, file, size, &archive) != NSC_OK) {
            refused++;
            if (archive != NULL || strstr(nsc_error_text(0), name) == NULL ||
                strstr(nsc_error_text(0), "byte ") == NULL) {
                wrong++;
                printf("%s: refused without file and offset: %s\n", name, nsc_error_text(0));
            } else if (list) {
                printf("%s\n", nsc_error_text(0));
            }
        } else if (must) {
            wrong++;
            printf("%s: is broken and was not refused\n", name);
        }
        nsc_archive_close(archive);
    }
    printf("%zu files tried, %zu refused, %zu read, %zu wrong\n", tried, refused, tried - refused, wrong);
    free(bytes);
    return wrong > 0 || tried < 5000;
}
