/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

static atomic_long until; /* requests left until the one that fails; 0: none */
static atomic_bool failed, forever;

static void fail_at(long n, bool later_ones_too)
{
    atomic_store(&failed, false);
    atomic_store(&forever, later_ones_too);
    atomic_store(&until, n);
}

void memory_fail_at(long n)
{
    fail_at(n, false);
}

void memory_fail_from(long n)
{
    fail_at(n, true);
}

bool memory_failed(void)
{
    return atomic_load(&failed);
}

bool memory_request(void)
{
    const bool again = atomic_load(&failed) && atomic_load(&forever);
    if (!again && (atomic_load(&until) == 0 || atomic_fetch_sub(&until, 1) != 1))
        return false;
    atomic_store(&failed, true);
    errno = ENOMEM;
    return true;
}

#define WRAP(RESULT, NAME, PARAMETERS, ARGUMENTS, FAILURE)             \
    RESULT __real_##NAME PARAMETERS;                                   \
    RESULT __wrap_##NAME PARAMETERS;                                   \
    RESULT __wrap_##NAME PARAMETERS                                    \
    {                                                                  \
        return memory_request() ? (FAILURE) : __real_##NAME ARGUMENTS; \
    }

WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAP(void *, realloc, (void *memory, size_t size), (memory, size), NULL)
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size), NULL)
WRAP(int, posix_memalign, (void **memory, size_t alignment, size_t size), (memory, alignment, size), ENOMEM)
WRAP(char *, strdup, (const char *text), (text), NULL)
WRAP(char *, strndup, (const char *text, size_t size), (text, size), NULL)

static void *json_take(size_t size)
{
    return malloc(size);
}

void memory_take_json(void)
{
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = json_take, .free_fn = free});
}
