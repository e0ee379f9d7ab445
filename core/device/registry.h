/* SPDX-License-Identifier: Apache-2.0 */
/* From a choice to an open device, with the whole story. */
#ifndef NSC_CORE_DEVICE_REGISTRY_H
#define NSC_CORE_DEVICE_REGISTRY_H

#include "core/device/open.h"
#include "core/device/report.h"

typedef struct nsc_registry_request {
    const char *choice;       /* a list as in NASCENT_BACKEND; NULL or "auto": the default */
    const char *source;       /* who said it, for texts */
    const char *backend_path; /* NULL: none */
    const char *plugin_dir;   /* NULL: none */
    bool names_only;          /* paths are refused: they come from the environment of an elevated process */
    nsc_device_settings settings;
} nsc_registry_request;

/* On failure nothing is left open and the error chain of owner 0 has the cause. The report is written in both cases.
 * Errors: INVALID (grammar, unknown name, ambiguous text), UNAVAILABLE (no device for any choice), REFUSED, and what open
 * answered. */
nsc_status nsc_registry_choose(const nsc_registry_request *request, nsc_device *device, nsc_report *report);

#endif
