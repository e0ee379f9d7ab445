/* SPDX-License-Identifier: Apache-2.0 */
/* NSC_LAYER_SHADOWS keeps Oclgrind 21.10 from calling values uninitialised that were written. It loses the room for what
 * it knows of a buffer when the host writes a part of it (tests/matrix/reproducers/shadows.c), and has too little of it for a
 * buffer that gets the number of a smaller one that is gone. So a buffer that is written in part is
 * read and written whole, and none is given back. The price: what lies behind such a write counts as written, and what is
 * used after its release is not seen. */
#include "chain.h"

#include <stdlib.h>
#include <string.h>

static struct _cl_icd_dispatch mine;
static const struct _cl_icd_dispatch *next;

static cl_int CL_API_CALL write_buffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset,
                                       size_t bytes, const void *source, cl_uint count, const cl_event *wait,
                                       cl_event *event)
{
    size_t size = 0;
    cl_int code = next->clGetMemObjectInfo(buffer, CL_MEM_SIZE, sizeof size, &size, NULL);
    if (code != CL_SUCCESS || bytes >= size || offset > size - bytes)
        return next->clEnqueueWriteBuffer(queue, buffer, blocking, offset, bytes, source, count, wait, event);
    char *whole = malloc(size);
    if (!whole)
        return CL_OUT_OF_HOST_MEMORY;
    code = next->clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, size, whole, count, wait, NULL);
    memcpy(whole + offset, source, bytes);
    if (code == CL_SUCCESS)
        code = next->clEnqueueWriteBuffer(queue, buffer, CL_TRUE, 0, size, whole, 0, NULL, event);
    free(whole);
    return code;
}

/* Not the last reference either way: kernels hold some, too. */
static cl_int CL_API_CALL release_buffer(cl_mem buffer)
{
    return buffer ? CL_SUCCESS : CL_INVALID_MEM_OBJECT;
}

const struct _cl_icd_dispatch *nsc_layer_shadows(const struct _cl_icd_dispatch *target, cl_uint entries)
{
    if (!getenv("NSC_LAYER_SHADOWS"))
        return target;
    next = target;
    memcpy(&mine, target, entries * sizeof(void *));
    mine.clEnqueueWriteBuffer = write_buffer;
    mine.clReleaseMemObject = release_buffer;
    return &mine;
}
