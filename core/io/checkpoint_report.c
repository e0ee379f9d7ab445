/* SPDX-License-Identifier: Apache-2.0 */
/* What a load found, entry by entry. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/io/checkpoint.h"

struct nsc_load_report {
    nsc_arena arena; /* of the texts */
    nsc_load_entry *entries;
    size_t count, capacity;
    size_t counts[NSC_LOAD_CONFLICT + 1];
};

nsc_load_report *nsc_load_report_new(void)
{
    return calloc(1, sizeof(nsc_load_report));
}

void nsc_load_report_release(nsc_load_report *report)
{
    if (report == NULL)
        return;
    nsc_arena_clear(&report->arena);
    free(report->entries);
    free(report);
}

bool nsc_load_report_add(nsc_load_report *report, nsc_load_kind kind, const char *path, const char *text)
{
    const char *own_path = nsc_arena_format(&report->arena, "%s", path);
    const char *own_text = nsc_arena_format(&report->arena, "%s", text);
    if (own_path == NULL || own_text == NULL ||
        !nsc_grow((void **)&report->entries, &report->capacity, report->count, sizeof *report->entries))
        return false;
    report->entries[report->count++] = (nsc_load_entry){.kind = kind, .path = own_path, .text = own_text};
    report->counts[kind]++;
    return true;
}

size_t nsc_load_report_kind_count(const nsc_load_report *report, nsc_load_kind kind)
{
    return report->counts[kind];
}

size_t nsc_load_report_count(const nsc_load_report *report)
{
    return report == NULL ? 0 : report->count;
}

const nsc_load_entry *nsc_load_report_entry(const nsc_load_report *report, size_t index)
{
    return report == NULL || index >= report->count ? NULL : &report->entries[index];
}

static bool print_entries(const nsc_load_report *report, FILE *file, bool loaded, int width)
{
    static const char *const words[] = {[NSC_LOAD_LOADED] = "loaded",
                                        [NSC_LOAD_MISSING] = "missing",
                                        [NSC_LOAD_EXTRA] = "extra",
                                        [NSC_LOAD_CONFLICT] = "conflict"};
    for (size_t i = 0; i < report->count; i++) {
        const nsc_load_entry *entry = &report->entries[i];
        if ((entry->kind == NSC_LOAD_LOADED) != loaded)
            continue;
        const bool told = entry->text[0] != 0;
        if (fprintf(file, "%-8s  %-*s%s%s\n", words[entry->kind], told ? width : 0, entry->path, told ? "  " : "",
                    entry->text) < 0)
            return false;
    }
    return true;
}

nsc_status nsc_print_load_report(const nsc_load_report *report, FILE *file)
{
    int width = 0;
    if (report == NULL || file == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_print_load_report: %s is NULL", report == NULL ? "report" : "file");
    for (size_t i = 0; i < report->count; i++) {
        const size_t length = strlen(report->entries[i].path);
        width = length > (size_t)width && length < 200 ? (int)length : width;
    }
    if (!print_entries(report, file, false, width) || !print_entries(report, file, true, width) ||
        fprintf(file, "%zu loaded, %zu missing, %zu extra, %zu conflicting\n", report->counts[NSC_LOAD_LOADED],
                report->counts[NSC_LOAD_MISSING], report->counts[NSC_LOAD_EXTRA],
                report->counts[NSC_LOAD_CONFLICT]) < 0)
        return nsc_fail(0, NSC_IO, "nsc_print_load_report: the report could not be written whole");
    return NSC_OK;
}
