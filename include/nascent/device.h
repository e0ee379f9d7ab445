/* SPDX-License-Identifier: Apache-2.0 */
/* Backends and devices seen from outside: what is here, what would be chosen, and operations on an open device.
 * For tools and for the conformance program; a model needs none of it. */
#ifndef NASCENT_DEVICE_H
#define NASCENT_DEVICE_H

#include <nascent/backend.h>
#include <nascent/context.h>
#include <nascent/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One backend that could be named: built in, or a file libnascent-backend-NAME.so in NASCENT_BACKEND_PATH or in the
 * installed plug-in folder. file is NULL for a built-in. Nothing is loaded. Calls visit for each, in the order in which
 * names are looked up; stops when visit returns other than 0. */
typedef int (*nsc_backend_visit)(void *user, const char *name, const char *file, int installed);
NSC_API nsc_status nsc_backends_each(nsc_backend_visit visit, void *user);

/* The devices of one backend, named as in NASCENT_BACKEND without a device. Loads it; opens each device for its limits
 * when open is not 0. Errors: INVALID, REFUSED, UNAVAILABLE (no platform or no device), FAILED; the text says which
 * rule of which file, or what is missing (nsc_last_error(NULL)). problem is NULL, or why this device cannot be opened. */
typedef int (*nsc_device_visit)(void *user, const nsc_device_info *device, const char *problem);
NSC_API nsc_status nsc_devices_each(const char *backend, int open, nsc_device_visit visit, void *user);

/* Runs one operation of backend.h, natively, and waits for nothing: operands[i] is bound to buffer index i. The
 * descriptor is checked (INVALID), the kinds that the device does not offer are UNSUPPORTED. */
NSC_API nsc_status nsc_operation_run(nsc_context *context, const nsc_backend_operation *operation,
                                     nsc_tensor *const *operands, uint32_t operand_count, const float *scalars,
                                     uint32_t scalar_count);

/* One call of those below: operands[i] is bound to buffer index i. Everything is only read, and belongs to the caller. */
typedef struct nsc_operation_call {
    const nsc_backend_operation *operation;
    nsc_tensor *const *operands;
    const float *scalars;
    uint32_t operand_count, scalar_count;
} nsc_operation_call;

/* nsc_operation_run for each, in order, prepared together: what a backend has to build is built at once. A backend may
 * run a small operation that comes alone in another way than one of several (opencl interprets it instead of building a
 * kernel). All are checked before the first runs. */
NSC_API nsc_status nsc_operations_run(nsc_context *context, const nsc_operation_call *calls, size_t count);

/* 1 if the expression keeps every rule of backend.h, else 0 and the rule in text. */
NSC_API int nsc_expression_check(const nsc_backend_expression *expression, char *text, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
