/* SPDX-License-Identifier: Apache-2.0 */
/* The linker's --wrap sends every undefined reference to malloc, and so on, in the objects of this program (core, the
 * built-in backends and the test) to the functions below. Shared libraries are linked already, so what the C library, a
 * driver or CLBlast allocates inside itself is not seen: exactly our calls are. The names are also in meson.build. */
#include "interpose.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_int counting;
static atomic_ulong calls;
static _Atomic(const char *) last;

void interpose_start(void)
{
    atomic_store(&calls, 0);
    atomic_store(&last, NULL);
    atomic_store(&counting, 1);
}

unsigned long interpose_stop(const char **name)
{
    atomic_store(&counting, 0);
    if (name != NULL)
        *name = atomic_load(&last);
    return atomic_load(&calls);
}

static void seen(const char *name)
{
    if (!atomic_load_explicit(&counting, memory_order_relaxed))
        return;
    atomic_fetch_add(&calls, 1);
    atomic_store(&last, name);
}

#define WRAP(RESULT, NAME, PARAMETERS, ARGUMENTS) \
    RESULT __real_##NAME PARAMETERS;              \
    RESULT __wrap_##NAME PARAMETERS;              \
    RESULT __wrap_##NAME PARAMETERS               \
    {                                             \
        seen(#NAME);                              \
        return __real_##NAME ARGUMENTS;           \
    }

WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, (void *memory, size_t size), (memory, size))
WRAP(void *, reallocarray, (void *memory, size_t count, size_t size), (memory, count, size))
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
WRAP(int, posix_memalign, (void **memory, size_t alignment, size_t size), (memory, alignment, size))
WRAP(char *, strdup, (const char *text), (text))
WRAP(char *, strndup, (const char *text, size_t size), (text, size))
WRAP(int, vsnprintf, (char *text, size_t size, const char *format, va_list list), (text, size, format, list))
WRAP(int, vsprintf, (char *text, const char *format, va_list list), (text, format, list))
WRAP(int, vfprintf, (FILE * file, const char *format, va_list list), (file, format, list))
WRAP(int, vasprintf, (char **text, const char *format, va_list list), (text, format, list))
WRAP(int, puts, (const char *text), (text))
WRAP(int, fputs, (const char *text, FILE *file), (text, file))
WRAP(size_t, fwrite, (const void *data, size_t size, size_t count, FILE *file), (data, size, count, file))
WRAP(FILE *, open_memstream, (char **text, size_t *size), (text, size))

/* The variadic ones hand on their list. */
#define WRAP_LIST(NAME, LIST_NAME, LAST, PARAMETERS, ...) \
    int __wrap_##NAME PARAMETERS;                         \
    int __wrap_##NAME PARAMETERS                          \
    {                                                     \
        va_list list;                                     \
        va_start(list, LAST);                             \
        seen(#NAME);                                      \
        int result = __real_##LIST_NAME(__VA_ARGS__);     \
        va_end(list);                                     \
        return result;                                    \
    }

WRAP_LIST(snprintf, vsnprintf, format, (char *text, size_t size, const char *format, ...), text, size, format, list)
WRAP_LIST(sprintf, vsprintf, format, (char *text, const char *format, ...), text, format, list)
WRAP_LIST(fprintf, vfprintf, format, (FILE * file, const char *format, ...), file, format, list)
WRAP_LIST(printf, vfprintf, format, (const char *format, ...), stdout, format, list)
WRAP_LIST(asprintf, vasprintf, format, (char **text, const char *format, ...), text, format, list)
