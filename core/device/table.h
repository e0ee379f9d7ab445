/* SPDX-License-Identifier: Apache-2.0 */
/* From what a query gave to a table that may be used: rules 6 to 11 of the negotiation (loader.h). Calls nothing in it. */
#ifndef NSC_CORE_DEVICE_TABLE_H
#define NSC_CORE_DEVICE_TABLE_H

#include <stddef.h>

#include <nascent/backend.h>
#include <nascent/status.h>

#include "core/error.h"

/* Where a refusal is told: "FILE: RULE: expected ..., found ...". */
typedef struct nsc_negotiation {
    const char *file; /* the path, or "built in" */
    char *why;
    size_t capacity;
} nsc_negotiation;

/* Writes the text; the result is status. */
nsc_status NSC_PRINTF(3, 4) nsc_refuse(const nsc_negotiation *negotiation, nsc_status status, const char *format, ...);

/* Reads no more of *found than its struct_size tells, and of a table of another major only what tells that. *table gets
 * the fields that both sides know, the rest zero; a field that found's end cuts is not known. On REFUSED it keeps what it
 * had. expected is the name that it must give, or NULL. */
nsc_status nsc_table_take(const nsc_negotiation *negotiation, const nsc_backend_table *found, const char *expected,
                          nsc_backend_table *table);

#endif
