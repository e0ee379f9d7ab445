/* SPDX-License-Identifier: Apache-2.0 */
/* A text that grows line by line: the story of how a device was chosen. When memory ends, so does the text; nothing
 * else depends on it. */
#ifndef NSC_CORE_DEVICE_REPORT_H
#define NSC_CORE_DEVICE_REPORT_H

#include <stddef.h>

#include "core/error.h"

typedef struct nsc_report {
    char *text; /* NULL while empty; lines joined by their ends; freed by the owner */
    size_t length, capacity;
} nsc_report;

void nsc_report_line(nsc_report *report, const char *format, ...) NSC_PRINTF(2, 3);

#endif
