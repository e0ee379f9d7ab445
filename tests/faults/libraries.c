/* SPDX-License-Identifier: Apache-2.0 */
/* Libraries whose own requests for memory are not seen: a call that makes one counts as a request (the linker's
 * --wrap), and fails as the library would. */
#include <regex.h>
#include <stddef.h>

#include "memory.h"

int __real_regcomp(regex_t *regex, const char *text, int flags);
int __wrap_regcomp(regex_t *regex, const char *text, int flags);
int __wrap_regcomp(regex_t *regex, const char *text, int flags)
{
    return memory_request() ? REG_ESPACE : __real_regcomp(regex, text, flags);
}

#ifdef HAVE_LIBZIP

#include <zip.h>

#define WRAP_ZIP(RESULT, NAME, PARAMETERS, ARGUMENTS, ERROR, FAILURE) \
    RESULT __real_##NAME PARAMETERS;                                  \
    RESULT __wrap_##NAME PARAMETERS;                                  \
    RESULT __wrap_##NAME PARAMETERS                                   \
    {                                                                 \
        if (!memory_request())                                        \
            return __real_##NAME ARGUMENTS;                           \
        zip_error_set(ERROR, ZIP_ER_MEMORY, 0);                       \
        return FAILURE;                                               \
    }

WRAP_ZIP(zip_source_t *, zip_source_buffer_create, (const void *data, zip_uint64_t size, int give, zip_error_t *error),
         (data, size, give, error), error, NULL)
WRAP_ZIP(zip_t *, zip_open_from_source, (zip_source_t * source, int flags, zip_error_t *error), (source, flags, error),
         error, NULL)
WRAP_ZIP(zip_source_t *, zip_source_buffer, (zip_t * zip, const void *data, zip_uint64_t size, int give),
         (zip, data, size, give), zip_get_error(zip), NULL)
WRAP_ZIP(zip_int64_t, zip_file_add, (zip_t * zip, const char *name, zip_source_t *source, zip_flags_t flags),
         (zip, name, source, flags), zip_get_error(zip), -1)
WRAP_ZIP(int, zip_set_file_compression, (zip_t * zip, zip_uint64_t index, zip_int32_t method, zip_uint32_t flags),
         (zip, index, method, flags), zip_get_error(zip), -1)
WRAP_ZIP(int, zip_file_set_dostime,
         (zip_t * zip, zip_uint64_t index, zip_uint16_t time, zip_uint16_t date, zip_flags_t flags),
         (zip, index, time, date, flags), zip_get_error(zip), -1)
WRAP_ZIP(int, zip_close, (zip_t * zip), (zip), zip_get_error(zip), -1)
WRAP_ZIP(int, zip_source_open, (zip_source_t * source), (source), zip_source_error(source), -1)
WRAP_ZIP(int, zip_stat_index, (zip_t * zip, zip_uint64_t index, zip_flags_t flags, zip_stat_t *about),
         (zip, index, flags, about), zip_get_error(zip), -1)
WRAP_ZIP(zip_file_t *, zip_fopen_index, (zip_t * zip, zip_uint64_t index, zip_flags_t flags), (zip, index, flags),
         zip_get_error(zip), NULL)
WRAP_ZIP(zip_int64_t, zip_fread, (zip_file_t * stream, void *data, zip_uint64_t size), (stream, data, size),
         zip_file_get_error(stream), -1)

#endif
