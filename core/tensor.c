/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tensor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "core/error.h"
#include "core/shape.h"

static const struct {
    nsc_dtype dtype;
    const char *name;
    uint32_t storage;
} dtypes[] = {
    {NSC_FLOAT32, "float32", NSC_BACKEND_HAS_F32}, {NSC_INT32, "int32", NSC_BACKEND_HAS_I32},
    {NSC_UINT32, "uint32", NSC_BACKEND_HAS_U32},   {NSC_UINT8, "uint8", NSC_BACKEND_HAS_U8},
    {NSC_FLOAT16, "float16", NSC_BACKEND_HAS_F16}, {NSC_BFLOAT16, "bfloat16", NSC_BACKEND_HAS_BF16},
    {NSC_FLOAT64, "float64", NSC_BACKEND_HAS_F64}, {NSC_INT64, "int64", NSC_BACKEND_HAS_I64},
};

const char *nsc_dtype_name(nsc_dtype dtype)
{
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (dtypes[i].dtype == dtype)
            return dtypes[i].name;
    return NULL;
}

uint32_t nsc_dtype_storage_bit(nsc_dtype dtype)
{
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (dtypes[i].dtype == dtype)
            return dtypes[i].storage;
    return 0;
}

size_t nsc_dtype_size(nsc_dtype dtype)
{
    return nsc_dtype_name(dtype) == NULL ? 0 : ((unsigned)dtype & 0xff) / 8;
}

nsc_backend_dtype nsc_dtype_to_backend(nsc_dtype dtype)
{
    return (nsc_backend_dtype){(uint8_t)((unsigned)dtype >> 8), (uint8_t)((unsigned)dtype & 0xff), 1};
}

nsc_status nsc_tensor_create(nsc_context *context, nsc_dtype dtype, int rank, const int64_t *dims, nsc_tensor **tensor)
{
    if (tensor == NULL)
        return nsc_fail(context == NULL ? 0 : context->id, NSC_INVALID, "nsc_tensor_create: tensor is NULL");
    *tensor = NULL;
    if (context == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_tensor_create: context is NULL");
    if (rank < 0 || rank > NSC_MAX_RANK || (rank > 0 && dims == NULL))
        return nsc_fail(context->id, NSC_INVALID, "nsc_tensor_create: rank %d%s; it is 0 to %d, with that many sizes",
                        rank, dims == NULL ? " without sizes" : "", NSC_MAX_RANK);
    if (nsc_dtype_name(dtype) == NULL)
        return nsc_fail(context->id, NSC_WRONG_DTYPE, "nsc_tensor_create: %d is no element type", (int)dtype);
    if ((nsc_dtype_storage_bit(dtype) & context->device.limits.storage_dtypes) == 0)
        return nsc_fail(context->id, NSC_WRONG_DTYPE, "nsc_tensor_create: %s does not store %s", context->device.title,
                        nsc_dtype_name(dtype));
    char text[NSC_SHAPE_TEXT];
    uint64_t count = 0, bytes = 0;
    for (int i = 0; i < rank; i++)
        if (dims[i] < 0)
            return nsc_fail(context->id, NSC_INVALID, "nsc_tensor_create: shape %s has a negative size",
                            nsc_shape_text(text, rank, dims));
    if (!nsc_shape_count(rank, dims, &count) || __builtin_mul_overflow(count, nsc_dtype_size(dtype), &bytes) ||
        bytes > SIZE_MAX / 2 || bytes > context->device.limits.max_buffer_bytes)
        return nsc_fail(context->id, NSC_UNSUPPORTED,
                        "nsc_tensor_create: shape %s of %s is larger than a buffer of %s may be (%" PRIu64 " bytes)",
                        nsc_shape_text(text, rank, dims), nsc_dtype_name(dtype), context->device.title,
                        context->device.limits.max_buffer_bytes);
    nsc_tensor *made = calloc(1, sizeof *made);
    if (made == NULL)
        return nsc_fail(context->id, NSC_NO_MEMORY, "nsc_tensor_create: no host memory");
    nsc_status status = nsc_pool_take(&context->device, bytes, &made->memory);
    if (status != NSC_OK) {
        free(made);
        return nsc_fail_while(context->id, status, "creating a tensor %s of %s", nsc_shape_text(text, rank, dims),
                              nsc_dtype_name(dtype));
    }
    atomic_init(&made->references, 1);
    made->context = context;
    made->dtype = dtype;
    made->rank = rank;
    if (rank > 0)
        memcpy(made->dims, dims, (size_t)rank * sizeof *dims);
    made->bytes = (size_t)bytes;
    atomic_fetch_add(&context->users, 1);
    *tensor = made;
    return NSC_OK;
}

nsc_status nsc_tensor_from(nsc_context *context, nsc_dtype dtype, int rank, const int64_t *dims, const void *data,
                           nsc_tensor **tensor)
{
    nsc_status status = nsc_tensor_create(context, dtype, rank, dims, tensor);
    if (status != NSC_OK)
        return status;
    status = nsc_tensor_write(*tensor, data, (*tensor)->bytes);
    if (status != NSC_OK) {
        nsc_tensor_release(*tensor);
        *tensor = NULL;
    }
    return status;
}

/* What write and read ask of their arguments. */
static nsc_status check_transfer(const char *call, const nsc_tensor *tensor, const void *data, size_t bytes)
{
    if (tensor == NULL)
        return nsc_fail(0, NSC_INVALID, "%s: tensor is NULL", call);
    if (bytes != tensor->bytes)
        return nsc_fail(tensor->context->id, NSC_INVALID, "%s: %zu bytes for a tensor of %zu", call, bytes,
                        tensor->bytes);
    if (data == NULL && bytes > 0)
        return nsc_fail(tensor->context->id, NSC_INVALID, "%s: data is NULL", call);
    return NSC_OK;
}

nsc_status nsc_tensor_write(nsc_tensor *tensor, const void *data, size_t bytes)
{
    nsc_status status = check_transfer("nsc_tensor_write", tensor, data, bytes);
    const char *held = status == NSC_OK ? nsc_tensor_held(tensor) : NULL;
    if (held != NULL)
        status = nsc_fail(tensor->context->id, NSC_INVALID, "nsc_tensor_write: the tensor cannot be written, %s", held);
    if (status != NSC_OK || bytes == 0)
        return status;
    return nsc_device_write(&tensor->context->device, tensor->memory->buffer, 0, bytes, data);
}

nsc_status nsc_tensor_read(const nsc_tensor *tensor, void *data, size_t bytes)
{
    nsc_status status = check_transfer("nsc_tensor_read", tensor, data, bytes);
    if (status != NSC_OK || bytes == 0)
        return status;
    return nsc_device_read(&tensor->context->device, tensor->memory->buffer, 0, bytes, data);
}

nsc_status nsc_tensor_view(nsc_tensor *tensor, const void **data)
{
    if (data != NULL)
        *data = NULL;
    if (tensor == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_tensor_view: tensor is NULL");
    if (data == NULL)
        return nsc_fail(tensor->context->id, NSC_INVALID, "nsc_tensor_view: data is NULL");
    nsc_status status = nsc_memory_view(tensor->memory, data);
    if (status == NSC_OK)
        nsc_tensor_retain(tensor);
    return status;
}

nsc_status nsc_tensor_end_view(nsc_tensor *tensor)
{
    nsc_status status;
    if (tensor == NULL)
        return nsc_fail(0, NSC_INVALID, "nsc_tensor_end_view: tensor is NULL");
    if (!nsc_memory_end_view(tensor->memory, &status))
        return nsc_fail(tensor->context->id, NSC_INVALID, "nsc_tensor_end_view: no view of the tensor is open");
    nsc_tensor_release(tensor);
    return status;
}

nsc_tensor *nsc_tensor_retain(nsc_tensor *tensor)
{
    if (tensor != NULL)
        atomic_fetch_add_explicit(&tensor->references, 1, memory_order_relaxed);
    return tensor;
}

void nsc_tensor_release(nsc_tensor *tensor)
{
    if (tensor == NULL || atomic_fetch_sub_explicit(&tensor->references, 1, memory_order_acq_rel) != 1)
        return;
    nsc_pool_give(tensor->memory);
    atomic_fetch_sub(&tensor->context->users, 1);
    free(tensor);
}

nsc_context *nsc_tensor_context(const nsc_tensor *tensor)
{
    return tensor == NULL ? NULL : tensor->context;
}

nsc_dtype nsc_tensor_dtype(const nsc_tensor *tensor)
{
    return tensor == NULL ? (nsc_dtype)0 : tensor->dtype;
}

int nsc_tensor_rank(const nsc_tensor *tensor)
{
    return tensor == NULL ? 0 : tensor->rank;
}

const int64_t *nsc_tensor_dims(const nsc_tensor *tensor)
{
    return tensor == NULL ? NULL : tensor->dims;
}

size_t nsc_tensor_bytes(const nsc_tensor *tensor)
{
    return tensor == NULL ? 0 : tensor->bytes;
}
