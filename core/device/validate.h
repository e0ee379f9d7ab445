/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of backend.h for expressions and operation descriptors. Pure. */
#ifndef NSC_CORE_DEVICE_VALIDATE_H
#define NSC_CORE_DEVICE_VALIDATE_H

#include <stdbool.h>
#include <stddef.h>

#include <nascent/backend.h>

/* true, or false with the broken rule in text. */
bool nsc_expression_valid(const nsc_backend_expression *expression, char *text, size_t capacity);
bool nsc_operation_valid(const nsc_backend_operation *operation, const nsc_backend_limits *limits, char *text,
                         size_t capacity);
/* "map", "reduce", "gemm", "random", "gemm_epilogue"; NULL for another number. */
const char *nsc_kind_name(uint32_t kind);

#endif
