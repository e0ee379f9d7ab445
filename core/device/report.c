/* SPDX-License-Identifier: Apache-2.0 */
/* A text that grows line by line. */
#include "core/device/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int reserve(nsc_report *report, size_t more)
{
    size_t wanted = report->length + more;
    if (wanted <= report->capacity)
        return 1;
    size_t capacity = wanted * 2;
    char *text = realloc(report->text, capacity);
    if (!text)
        return 0;
    report->text = text;
    report->capacity = capacity;
    return 1;
}

void nsc_report_line(nsc_report *report, const char *format, ...)
{
    char line[1280];
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(line, sizeof line, format, arguments) < 0)
        line[0] = 0;
    va_end(arguments);
    size_t length = strlen(line);
    if (!reserve(report, length + 2))
        return;
    if (report->length > 0)
        report->text[report->length++] = '\n';
    for (size_t i = 0; i < length; i++)
        report->text[report->length++] = line[i];
    report->text[report->length] = 0;
}
