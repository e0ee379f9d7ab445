/* SPDX-License-Identifier: Apache-2.0 */
/* The core of the fuzz programs comes without a backend: what they read needs no device. */
#include "core/device/builtin.h"

#include <stddef.h>

const nsc_backend_query_function nsc_builtin_backends[] = {NULL};
