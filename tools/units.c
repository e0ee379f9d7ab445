/* SPDX-License-Identifier: Apache-2.0 */
#include "units.h"

#include <inttypes.h>
#include <stdio.h>

/* Three digits, more only where the whole part has more. */
static const char *scaled(uint64_t number, double base, const char *const *units, char text[NSC_UNIT_TEXT])
{
    double value = (double)number;
    int unit = 0;
    while (value >= base && units[unit + 1] != NULL) {
        value /= base;
        unit++;
    }
    if (unit == 0)
        snprintf(text, NSC_UNIT_TEXT, "%" PRIu64 " %s", number, units[0]);
    else
        snprintf(text, NSC_UNIT_TEXT, "%.*f %s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, units[unit]);
    return text;
}

const char *nsc_bytes_text(uint64_t bytes, char text[NSC_UNIT_TEXT])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", NULL};
    return scaled(bytes, 1024, units, text);
}

const char *nsc_flops_text(uint64_t flops, char text[NSC_UNIT_TEXT])
{
    static const char *const units[] = {"FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP", NULL};
    return scaled(flops, 1000, units, text);
}
