/* SPDX-License-Identifier: Apache-2.0 */
/* npz: a zip archive of npy files, by libzip. */
#include "core/io/archive.h"

#ifndef NSC_HAVE_LIBZIP

nsc_status nsc_npz_parse(nsc_archive *archive, const char *name)
{
    (void)archive;
    return nsc_fail(0, NSC_UNSUPPORTED, "%s: an npz file, and this library was built without libzip", name);
}

nsc_status nsc_npz_write(const char *file, const nsc_array *arrays, size_t count)
{
    (void)arrays, (void)count;
    return nsc_fail(0, NSC_UNSUPPORTED, "%s: npz cannot be written: this library was built without libzip",
                    file == NULL ? "" : file);
}

#else

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zip.h>

#include "core/io/file.h"

#define FIRST_CHUNK ((size_t)1 << 16)
#define MAX_EXPANSION 1100 /* deflate cannot do more than 1032 */
#define MAX_MEMBERS 65535
#define SUFFIX ".npy"

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* Where a member's local header is cannot be asked of libzip: messages name the member, and the place of its name. */
static size_t place_of(const nsc_archive *archive, const char *member)
{
    const unsigned char *found = memmem(archive->bytes, archive->length, member, strlen(member));
    return found == NULL ? 0 : (size_t)(found - archive->bytes);
}

static nsc_status refuse_member(const nsc_archive *archive, const char *name, const char *member, zip_error_t *error)
{
    if (zip_error_code_zip(error) == ZIP_ER_MEMORY)
        return nsc_archive_no_memory(name);
    return nsc_archive_refuse(name, NSC_IO, place_of(archive, member), "member %.80s: %s", member,
                              zip_error_strerror(error));
}

/* All bytes of a member into the arena; the sizes in the archive are not believed. */
static nsc_status inflate_member(nsc_archive *archive, const char *name, const char *member, zip_file_t *stream,
                                 uint64_t limit, unsigned char **bytes, size_t *length)
{
    size_t capacity = FIRST_CHUNK, used = 0;
    nsc_status status = NSC_OK;
    unsigned char *buffer = malloc(capacity);
    while (status == NSC_OK) {
        if (buffer == NULL) {
            status = nsc_archive_no_memory(name);
            break;
        }
        zip_int64_t got = zip_fread(stream, buffer + used, capacity - used);
        if (got < 0)
            status = refuse_member(archive, name, member, zip_file_get_error(stream));
        if (got <= 0)
            break;
        used += (size_t)got;
        if (used > limit)
            status = nsc_archive_refuse(name, NSC_IO, place_of(archive, member),
                                        "member %.80s expands beyond all proportion", member);
        if (used == capacity) {
            unsigned char *larger = realloc(buffer, capacity *= 2);
            if (larger == NULL)
                free(buffer);
            buffer = larger;
        }
    }
    *bytes = status == NSC_OK ? nsc_arena_take(&archive->arena, used + 1) : NULL;
    if (status == NSC_OK && *bytes == NULL)
        status = nsc_archive_no_memory(name);
    if (status == NSC_OK)
        memcpy(*bytes, buffer, used);
    free(buffer);
    *length = used;
    return status;
}

static nsc_status read_member(nsc_archive *archive, const char *name, zip_t *zip, zip_uint64_t index)
{
    zip_stat_t about;
    unsigned char *bytes;
    size_t length;
    const char *member = zip_get_name(zip, index, ZIP_FL_ENC_RAW);
    const size_t suffix = strlen(SUFFIX), named = member == NULL ? 0 : strlen(member);
    if (named <= suffix || strcmp(member + named - suffix, SUFFIX) != 0)
        return nsc_archive_refuse(name, NSC_IO, member == NULL ? 0 : place_of(archive, member),
                                  "member %.80s is no .npy file", member == NULL ? "without a name" : member);
    char *array_name = nsc_arena_take(&archive->arena, named - suffix + 1);
    if (array_name == NULL)
        return nsc_archive_no_memory(name);
    memcpy(array_name, member, named - suffix);
    if (zip_stat_index(zip, index, 0, &about) != 0)
        return refuse_member(archive, name, member, zip_get_error(zip));
    if ((about.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && about.encryption_method != ZIP_EM_NONE)
        return nsc_archive_refuse(name, NSC_UNSUPPORTED, place_of(archive, member), "member %.80s is encrypted",
                                  member);
    zip_file_t *stream = zip_fopen_index(zip, index, 0);
    if (stream == NULL)
        return refuse_member(archive, name, member, zip_get_error(zip));
    const uint64_t limit = (uint64_t)archive->length * MAX_EXPANSION + FIRST_CHUNK;
    nsc_status status = inflate_member(archive, name, member, stream, limit, &bytes, &length);
    if (zip_fclose(stream) != 0 && status == NSC_OK)
        status = nsc_archive_refuse(name, NSC_IO, place_of(archive, member), "member %.80s is damaged", member);
    if (status != NSC_OK)
        return status;
    status = nsc_npy_parse(archive, name, array_name, bytes, length, 0);
    return status == NSC_OK ? NSC_OK
                            : nsc_fail_while(0, status,
                                             "reading member %.80s, near byte %zu of %s (offsets within the "
                                             "member)",
                                             member, place_of(archive, member), name);
}

nsc_status nsc_npz_parse(nsc_archive *archive, const char *name)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(archive->bytes, archive->length, 0, &error);
    zip_t *zip = source == NULL ? NULL : zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (zip == NULL) {
        nsc_status status =
            zip_error_code_zip(&error) == ZIP_ER_MEMORY
                ? nsc_archive_no_memory(name)
                : nsc_archive_refuse(name, NSC_IO, 0, "no whole zip archive: %s", zip_error_strerror(&error));
        zip_source_free(source);
        zip_error_fini(&error);
        return status;
    }
    nsc_status status = NSC_OK;
    const zip_int64_t members = zip_get_num_entries(zip, 0);
    if (members > MAX_MEMBERS)
        status = nsc_archive_refuse(name, NSC_UNSUPPORTED, 0, "more than %d members", MAX_MEMBERS);
    for (zip_int64_t i = 0; i < members && status == NSC_OK; i++)
        status = read_member(archive, name, zip, (zip_uint64_t)i);
    zip_discard(zip);
    zip_error_fini(&error);
    if (status == NSC_OK && archive->count > 0) {
        status = nsc_archive_check_names(name, archive->arrays, archive->count);
        if (status == NSC_INVALID)
            status = nsc_archive_refuse(name, NSC_IO, 0, "two members have one name");
    }
    return status;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static nsc_status write_failed(const char *file, zip_error_t *error)
{
    if (zip_error_code_zip(error) == ZIP_ER_MEMORY)
        return nsc_fail(0, NSC_NO_MEMORY, "%s: no host memory for a zip archive", file);
    return nsc_fail(0, NSC_IO, "%s: the zip archive could not be made: %s", file, zip_error_strerror(error));
}

/* A stored member with a fixed date, so that equal arrays give equal bytes. Where it fails, zip has the reason. */
static bool add_member(zip_t *zip, const nsc_array *array, const char *member)
{
    char header[NSC_NPY_HEADER];
    const size_t length = nsc_npy_header(array, header);
    unsigned char *bytes = malloc(length + array->bytes);
    if (bytes == NULL) {
        zip_error_set(zip_get_error(zip), ZIP_ER_MEMORY, 0);
        return false;
    }
    memcpy(bytes, header, length);
    if (array->bytes > 0)
        memcpy(bytes + length, array->data, array->bytes);
    zip_source_t *source = zip_source_buffer(zip, bytes, length + array->bytes, 1);
    if (source == NULL) {
        free(bytes);
        return false;
    }
    zip_int64_t index = zip_file_add(zip, member, source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(source);
        return false;
    }
    return zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0) == 0 &&
           zip_file_set_dostime(zip, (zip_uint64_t)index, 0, 0x21, 0) == 0; /* 1980-01-01, as NumPy */
}

static nsc_status take_bytes(const char *file, zip_source_t *source)
{
    zip_stat_t about = {.size = 0};
    nsc_status status;
    if (zip_source_open(source) != 0)
        return write_failed(file, zip_source_error(source));
    const bool known = zip_source_stat(source, &about) == 0 && (about.valid & ZIP_STAT_SIZE) != 0;
    unsigned char *bytes = malloc(about.size + 1);
    if (bytes == NULL) {
        status = nsc_fail(0, NSC_NO_MEMORY, "%s: no host memory for %zu bytes", file, (size_t)about.size);
    } else if (!known || zip_source_read(source, bytes, about.size) != (zip_int64_t)about.size) {
        status = write_failed(file, zip_source_error(source));
    } else {
        const nsc_file_part part = {bytes, (size_t)about.size};
        status = nsc_file_write(file, &part, 1);
    }
    free(bytes);
    zip_source_close(source);
    return status;
}

nsc_status nsc_npz_write(const char *file, const nsc_array *arrays, size_t count)
{
    zip_error_t error;
    if (file == NULL || (arrays == NULL && count > 0))
        return nsc_fail(0, NSC_INVALID, "nsc_npz_write: %s is NULL", file == NULL ? "file" : "arrays");
    if (count == 0)
        return nsc_fail(0, NSC_INVALID, "%s: an npz file holds at least one array", file);
    nsc_status status = nsc_archive_check_names(file, arrays, count);
    for (size_t i = 0; i < count && status == NSC_OK; i++)
        status = nsc_archive_check(file, &arrays[i]);
    if (status != NSC_OK)
        return status;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *zip = source == NULL ? NULL : zip_open_from_source(source, ZIP_TRUNCATE, &error);
    if (zip == NULL) {
        status = write_failed(file, &error);
        zip_source_free(source);
        zip_error_fini(&error);
        return status;
    }
    zip_source_keep(source);
    bool done = true;
    for (size_t i = 0; i < count && done; i++) {
        const size_t capacity = strlen(arrays[i].name) + sizeof SUFFIX;
        char *member = malloc(capacity);
        if (member != NULL)
            snprintf(member, capacity, "%s" SUFFIX, arrays[i].name);
        else
            zip_error_set(zip_get_error(zip), ZIP_ER_MEMORY, 0);
        done = member != NULL && add_member(zip, &arrays[i], member);
        free(member);
    }
    if (done && zip_close(zip) == 0) {
        status = take_bytes(file, source);
    } else {
        status = write_failed(file, zip_get_error(zip));
        zip_discard(zip);
    }
    zip_source_free(source);
    zip_error_fini(&error);
    return status;
}

#endif
