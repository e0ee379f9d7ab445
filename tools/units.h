/* SPDX-License-Identifier: Apache-2.0 */
/* Large numbers, short, for people. Each gives text. */
#ifndef NASCENT_TOOLS_UNITS_H
#define NASCENT_TOOLS_UNITS_H

#include <stdint.h>

enum { NSC_UNIT_TEXT = 32 };

/* "20 B", "1.95 KiB" */
const char *nsc_bytes_text(uint64_t bytes, char text[NSC_UNIT_TEXT]);
/* "64 FLOP", "20.5 kFLOP" */
const char *nsc_flops_text(uint64_t flops, char text[NSC_UNIT_TEXT]);

#endif
