/* SPDX-License-Identifier: Apache-2.0 */
/* A device that fails: the calls of an open context into its backend, of which the nth is not made. */
#ifndef TESTS_FAULTS_DEVICE_H
#define TESTS_FAULTS_DEVICE_H

#include <stdbool.h>

#include <nascent/backend.h>
#include <nascent/nascent.h>

/* The table with entries that can fail in front of those given; there is one at a time. */
const nsc_backend_table *device_table(const nsc_backend_table *table);
/* Takes the context's backend; further contexts must be of the same one. */
void device_take(nsc_context *context);
/* Forgets those that were taken. */
void device_leave(void);
/* What a call that fails answers. */
void device_answer(nsc_backend_status answer);
/* The nth call from now on fails, once; 0: none does, and a lost device is found again. */
void device_fail_at(long n);
/* The nth call and every later one fail. */
void device_fail_from(long n);
/* Has that call been made? */
bool device_failed(void);

#endif
