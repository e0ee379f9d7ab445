/* SPDX-License-Identifier: Apache-2.0 */
/* Aligned columns. */
#ifndef NASCENT_TOOLS_TABLE_H
#define NASCENT_TOOLS_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define NSC_TABLE_COLUMNS 8

typedef struct nsc_table {
    size_t columns; /* at most NSC_TABLE_COLUMNS */
    size_t count, capacity;
    char **cells; /* count rows of `columns` texts */
} nsc_table;

/* Adds a row; the texts are copied. 0 when there is no memory. */
int nsc_table_row(nsc_table *table, const char *const *cells);
/* Writes all rows, the first in bold on a terminal, and clears the table. */
void nsc_table_print(nsc_table *table, FILE *to, const char *indent);

#endif
