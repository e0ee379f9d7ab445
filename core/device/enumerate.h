/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of a loaded backend, and which of them a choice means. */
#ifndef NSC_CORE_DEVICE_ENUMERATE_H
#define NSC_CORE_DEVICE_ENUMERATE_H

#include <nascent/backend.h>
#include <nascent/status.h>

#include "core/device/choice.h"
#include "core/log.h"

typedef struct nsc_device_list {
    nsc_backend_info *infos; /* every text ends */
    uint32_t count;
} nsc_device_list;

/* enumerate and open are called under this lock, one thread at a time in the process. */
void nsc_backends_lock(void);
void nsc_backends_unlock(void);

/* Asks for all devices. UNAVAILABLE when there is none; else NO_MEMORY, REFUSED, FAILED; why has the reason. */
nsc_status nsc_devices_list(nsc_device_list *list, const nsc_backend_table *table, const nsc_log *log, char *why,
                            size_t capacity);
void nsc_devices_clear(nsc_device_list *list);

/* The device that the choice means: the one of that index; the first gpu or cpu; the one whose name contains the text,
 * upper and lower case alike; with no device named the one of the highest auto_rank, of equals the first.
 * UNAVAILABLE: none; INVALID: several. */
nsc_status nsc_devices_pick(const nsc_device_list *list, const nsc_choice *choice, uint32_t *index, char *why,
                            size_t capacity);

#endif
