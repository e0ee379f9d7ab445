/* SPDX-License-Identifier: Apache-2.0 */
/* The IDX reader. Memory grows with what was really read, so a header cannot make it ask for more than the file holds. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include <nascent/io.h>

#include "core/error.h"

#define MAX_RANK 4
#define MAX_BYTES (UINT64_C(1) << 32)
#define FIRST_CHUNK ((size_t)1 << 16)
#define TYPE_UBYTE 0x08

struct nsc_idx {
    int rank;
    int64_t dims[MAX_RANK];
    size_t bytes;
    unsigned char *data;
};

static const char *type_name(unsigned type)
{
    switch (type) {
    case TYPE_UBYTE:
        return "unsigned byte";
    case 0x09:
        return "signed byte";
    case 0x0B:
        return "16-bit integer";
    case 0x0C:
        return "32-bit integer";
    case 0x0D:
        return "32-bit float";
    case 0x0E:
        return "64-bit float";
    }
    return NULL;
}

/* Reads up to `bytes`; *got tells how many there were before the end. */
static nsc_status take(gzFile file, const char *path, void *target, size_t bytes, size_t *got)
{
    *got = 0;
    while (*got < bytes) {
        size_t want = bytes - *got;
        int n = gzread(file, (unsigned char *)target + *got, want < FIRST_CHUNK ? (unsigned)want : FIRST_CHUNK);
        int code;

        if (n < 0) {
            const char *text = gzerror(file, &code);

            return nsc_fail(0, NSC_IO, "%s: reading stopped near byte %lld: %s", path, (long long)gztell(file),
                            code == Z_ERRNO ? strerror(errno) : text);
        }
        if (n == 0) {
            /* An incomplete gzip stream shows only here. */
            const char *text = gzerror(file, &code);

            if (code != Z_OK && code != Z_STREAM_END)
                return nsc_fail(0, NSC_IO, "%s: the compressed data ends too early: %s", path, text);
            return NSC_OK;
        }
        *got += (size_t)n;
    }
    return NSC_OK;
}

static nsc_status read_header(gzFile file, const char *path, nsc_idx *idx, uint64_t *expected)
{
    unsigned char head[4], size[4 * MAX_RANK];
    size_t got;
    nsc_status status = take(file, path, head, sizeof head, &got);

    if (status != NSC_OK)
        return status;
    if (got < sizeof head)
        return nsc_fail(0, NSC_IO, "%s: offset 0: expected a magic number of 4 bytes, found %zu", path, got);
    if (head[0] != 0 || head[1] != 0 || !type_name(head[2]) || head[3] == 0)
        return nsc_fail(0, NSC_IO,
                        "%s: offset 0: expected an IDX magic number (00 00 08 and the number of dimensions), "
                        "found %02x %02x %02x %02x",
                        path, head[0], head[1], head[2], head[3]);
    if (head[2] != TYPE_UBYTE)
        return nsc_fail(0, NSC_UNSUPPORTED,
                        "%s: offset 2: expected elements of type unsigned byte (08), found %s (%02x)", path,
                        type_name(head[2]), head[2]);
    if (head[3] > MAX_RANK)
        return nsc_fail(0, NSC_UNSUPPORTED, "%s: offset 3: expected 1 to %d dimensions, found %d", path, MAX_RANK,
                        head[3]);
    idx->rank = head[3];
    status = take(file, path, size, 4 * (size_t)idx->rank, &got);
    if (status != NSC_OK)
        return status;
    if (got < 4 * (size_t)idx->rank)
        return nsc_fail(0, NSC_IO, "%s: offset 4: expected %d bytes of sizes, found %zu", path, 4 * idx->rank, got);
    *expected = 1;
    int zero = 0;

    for (int d = 0; d < idx->rank; d++) {
        const unsigned char *p = size + 4 * d;
        uint32_t dim = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];

        idx->dims[d] = dim;
        zero |= dim == 0;
        if (dim != 0 && *expected > MAX_BYTES / dim)
            return nsc_fail(0, NSC_UNSUPPORTED,
                            "%s: offset %d: expected at most 2^32 elements, found size %u in dimension %d", path,
                            4 + 4 * d, dim, d);
        if (dim != 0)
            *expected *= dim;
    }
    if (zero)
        *expected = 0;
    if (*expected > SIZE_MAX - 1)
        return nsc_fail(0, NSC_NO_MEMORY, "%s: %llu elements do not fit in memory", path,
                        (unsigned long long)*expected);
    return NSC_OK;
}

/* The elements, and the end of the file behind them. */
static nsc_status read_data(gzFile file, const char *path, nsc_idx *idx, size_t expected)
{
    size_t capacity = 0, got = 0;
    unsigned char extra;
    nsc_status status;

    while (idx->bytes < expected || capacity == 0) {
        size_t room = capacity ? (capacity > expected / 2 ? expected : capacity * 2) : FIRST_CHUNK;

        room = room < expected ? room : expected;
        unsigned char *grown = realloc(idx->data, room ? room : 1);

        if (!grown)
            return nsc_fail(0, NSC_NO_MEMORY, "%s: no memory for %zu bytes", path, room);
        idx->data = grown;
        capacity = room ? room : 1;
        status = take(file, path, idx->data + idx->bytes, room - idx->bytes, &got);
        if (status != NSC_OK)
            return status;
        idx->bytes += got;
        if (idx->bytes < room)
            return nsc_fail(0, NSC_IO, "%s: offset %d: expected %zu bytes of elements, found %zu", path,
                            4 + 4 * idx->rank, expected, idx->bytes);
    }
    status = take(file, path, &extra, 1, &got);
    if (status == NSC_OK && got > 0)
        return nsc_fail(0, NSC_IO, "%s: offset %llu: expected the end of the file, found more bytes", path,
                        4ull + 4ull * (unsigned)idx->rank + expected);
    return status;
}

/* A regular file, opened for zlib; NULL with the error set. */
static gzFile open_file(const char *path, nsc_status *status)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &info) != 0) {
        *status = nsc_fail(0, NSC_IO, "%s: cannot be opened: %s", path, strerror(errno));
    } else if (!S_ISREG(info.st_mode)) {
        *status = nsc_fail(0, NSC_IO, "%s: expected a regular file, found %s", path,
                           S_ISDIR(info.st_mode) ? "a directory" : "something else");
    } else {
        gzFile file = gzdopen(fd, "rb");

        if (file)
            return file;
        *status = nsc_fail(0, NSC_NO_MEMORY, "%s: no memory to read it", path);
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

nsc_status nsc_idx_open(const char *path, nsc_idx **idx)
{
    nsc_status status = NSC_OK;
    uint64_t expected = 0;

    if (!idx)
        return nsc_fail(0, NSC_INVALID, "nsc_idx_open: idx is NULL: give room for the result");
    *idx = NULL;
    if (!path)
        return nsc_fail(0, NSC_INVALID, "nsc_idx_open: path is NULL: give the name of a file");
    gzFile file = open_file(path, &status);

    if (!file)
        return status;
    nsc_idx *made = calloc(1, sizeof *made);

    status = made ? read_header(file, path, made, &expected) : nsc_fail(0, NSC_NO_MEMORY, "%s: no memory", path);
    if (status == NSC_OK)
        status = read_data(file, path, made, (size_t)expected);
    (void)gzclose_r(file);
    if (status != NSC_OK) {
        nsc_idx_close(made);
        return status;
    }
    *idx = made;
    return NSC_OK;
}

void nsc_idx_close(nsc_idx *idx)
{
    if (!idx)
        return;
    free(idx->data);
    free(idx);
}

int nsc_idx_rank(const nsc_idx *idx)
{
    return idx->rank;
}

const int64_t *nsc_idx_dims(const nsc_idx *idx)
{
    return idx->dims;
}

const unsigned char *nsc_idx_data(const nsc_idx *idx)
{
    return idx->data;
}

size_t nsc_idx_bytes(const nsc_idx *idx)
{
    return idx->bytes;
}
