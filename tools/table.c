/* SPDX-License-Identifier: Apache-2.0 */
/* Aligned columns. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "terminal.h"

/* Characters, not bytes: continuation bytes of UTF-8 have no width. */
static size_t width(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

int nsc_table_row(nsc_table *table, const char *const *cells)
{
    if (table->count == table->capacity) {
        size_t capacity = table->capacity ? table->capacity * 2 : 16;
        char **grown = realloc(table->cells, capacity * table->columns * sizeof *grown);
        if (!grown)
            return 0;
        table->cells = grown;
        table->capacity = capacity;
    }
    char **row = table->cells + table->count * table->columns;
    for (size_t i = 0; i < table->columns; i++)
        if (!(row[i] = strdup(cells[i]))) {
            while (i-- > 0)
                free(row[i]);
            return 0;
        }
    table->count++;
    return 1;
}

void nsc_table_print(nsc_table *table, FILE *to, const char *indent)
{
    size_t widths[NSC_TABLE_COLUMNS] = {0};
    for (size_t i = 0; i < table->count * table->columns; i++)
        if (width(table->cells[i]) > widths[i % table->columns])
            widths[i % table->columns] = width(table->cells[i]);
    for (size_t row = 0; row < table->count; row++) {
        fprintf(to, "%s%s", indent, row == 0 ? nsc_bold(to) : "");
        for (size_t i = 0; i < table->columns; i++) {
            char *cell = table->cells[row * table->columns + i];
            size_t padding = i + 1 < table->columns ? widths[i] - width(cell) + 2 : 0;
            fprintf(to, "%s%*s", cell, (int)padding, "");
            free(cell);
        }
        fprintf(to, "%s\n", row == 0 ? nsc_plain(to) : "");
    }
    free(table->cells);
    *table = (nsc_table){.columns = table->columns};
}
