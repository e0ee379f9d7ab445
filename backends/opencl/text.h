/* SPDX-License-Identifier: Apache-2.0 */
/* A growing text for generated sources. A failure for want of memory sticks, so that one test at the end is enough. */
#ifndef NSC_BACKEND_OPENCL_TEXT_H
#define NSC_BACKEND_OPENCL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct nsc_cl_text {
    char *data; /* ended by 0; NULL while empty */
    size_t length, capacity;
    bool failed;
} nsc_cl_text;

void nsc_cl_text_add(nsc_cl_text *text, const char *piece);
void nsc_cl_text_format(nsc_cl_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void nsc_cl_text_free(nsc_cl_text *text);

#endif
