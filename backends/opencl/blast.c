/* SPDX-License-Identifier: Apache-2.0 */
/* GEMM by CLBlast, kept to what is safe in it: only the form that is given its temporary buffer (its own allocations
 * kill the process when they fail), always under the process lock (its first use is not thread-safe), always with
 * parameters of ours (its database holds sets that compute wrong), and only after both of its paths were compared with
 * the host. */
#include "opencl.h"

#include <clblast_c.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PARAMETERS 16

typedef struct parameter_set {
    const char *kernel;
    size_t count;
    const char *names[MAX_PARAMETERS];
    size_t values[MAX_PARAMETERS];
} parameter_set;

#define SETS 7
#define XGEMM_NAMES                                                                                                  \
    {                                                                                                                \
        "GEMMK", "KREG", "KWG", "KWI", "MDIMA", "MDIMC", "MWG", "NDIMB", "NDIMC", "NWG", "SA", "SB", "STRM", "STRN", \
            "VWM", "VWN"                                                                                             \
    }
#define DIRECT_NAMES                                                                          \
    {                                                                                         \
        "KWID", "MDIMAD", "MDIMCD", "NDIMBD", "NDIMCD", "PADA", "PADB", "VWMD", "VWND", "WGD" \
    }

/* 64 work-items and 8.5 KB of local memory; both paths. GEMMK = 1 computes wrong in CLBlast before 1.6.3. */
#define WIDE_GROUP 64
#define WIDE_LOCAL 8704
#define WIDE_INDIRECT 256
#define WIDE_BUFFER ((WIDE_INDIRECT + 5) * (WIDE_INDIRECT + 3) * 4) /* the largest matrix of its trial */
static const parameter_set wide_sets[SETS] = {
    {"Xgemm", 16, XGEMM_NAMES, {0, 1, 16, 2, 8, 8, 32, 8, 8, 32, 1, 1, 0, 0, 2, 2}},
    {"XgemmDirect", 10, DIRECT_NAMES, {2, 8, 8, 8, 8, 1, 1, 2, 2, 32}},
    {"GemmRoutine", 1, {"XGEMM_MIN_INDIRECT_SIZE"}, {WIDE_INDIRECT}},
    {"Copy", 4, {"COPY_DIMX", "COPY_DIMY", "COPY_VW", "COPY_WPT"}, {8, 8, 1, 1}},
    {"Pad", 4, {"PAD_DIMX", "PAD_DIMY", "PAD_WPTX", "PAD_WPTY"}, {8, 8, 1, 1}},
    {"Transpose", 4, {"TRA_DIM", "TRA_PAD", "TRA_SHUFFLE", "TRA_WPT"}, {8, 0, 0, 1}},
    {"Padtranspose", 3, {"PADTRA_PAD", "PADTRA_TILE", "PADTRA_WPT"}, {0, 8, 1}},
};

/* 16 work-items and 1 KB; the direct path always (2,000,000 cubed is the largest threshold that 64 bits hold). */
#define SMALL_GROUP 16
#define SMALL_LOCAL 1024
static const parameter_set small_sets[SETS] = {
    {"Xgemm", 16, XGEMM_NAMES, {0, 1, 4, 1, 4, 4, 4, 4, 4, 4, 0, 0, 0, 0, 1, 1}},
    {"XgemmDirect", 10, DIRECT_NAMES, {1, 4, 4, 4, 4, 0, 0, 1, 1, 4}},
    {"GemmRoutine", 1, {"XGEMM_MIN_INDIRECT_SIZE"}, {2000000}},
    {"Copy", 4, {"COPY_DIMX", "COPY_DIMY", "COPY_VW", "COPY_WPT"}, {4, 4, 1, 1}},
    {"Pad", 4, {"PAD_DIMX", "PAD_DIMY", "PAD_WPTX", "PAD_WPTY"}, {4, 4, 1, 1}},
    {"Transpose", 4, {"TRA_DIM", "TRA_PAD", "TRA_SHUFFLE", "TRA_WPT"}, {4, 0, 0, 1}},
    {"Padtranspose", 3, {"PADTRA_PAD", "PADTRA_TILE", "PADTRA_WPT"}, {0, 4, 1}},
};

/* Devices open in this process; guarded by the process lock. CLBlast's caches are cleared with the last one. */
static unsigned open_devices;

void nsc_cl_blast_open(void)
{
    pthread_mutex_lock(&nsc_cl_process_lock);
    open_devices++;
    pthread_mutex_unlock(&nsc_cl_process_lock);
}

void nsc_cl_blast_close(nsc_backend_device *device)
{
    if (device->blast_temp)
        clReleaseMemObject(device->blast_temp);
    pthread_mutex_lock(&nsc_cl_process_lock);
    if (--open_devices == 0)
        CLBlastClearCache();
    pthread_mutex_unlock(&nsc_cl_process_lock);
}

static CLBlastTranspose transpose(const nsc_cl_matrix *matrix)
{
    return matrix->transposed ? CLBlastTransposeYes : CLBlastTransposeNo;
}

static CLBlastStatusCode enqueue(nsc_backend_device *device, const nsc_backend_step *step, const cl_mem *memory,
                                 const size_t *offset, cl_event *event)
{
    pthread_mutex_lock(&nsc_cl_process_lock);
    CLBlastStatusCode code = CLBlastSgemmWithTempBuffer(
        CLBlastLayoutRowMajor, transpose(&step->a), transpose(&step->b), step->m, step->n, step->k, step->alpha,
        memory[0], offset[0], step->a.ld, memory[1], offset[1], step->b.ld, step->beta, memory[2], offset[2],
        step->c.ld, &device->queue, event, device->blast_temp);
    pthread_mutex_unlock(&nsc_cl_process_lock);
    return code;
}

/* Makes the shared buffer large enough for the step; UNSUPPORTED where no buffer may be that large. An offset makes CLBlast
 * copy a matrix, so 1 asks for the most that a launch can need. */
static nsc_backend_status reserve(nsc_backend_device *device, const nsc_backend_step *step)
{
    size_t bytes = 0;
    cl_int code;
    pthread_mutex_lock(&nsc_cl_process_lock);
    CLBlastStatusCode asked =
        CLBlastSGemmTempBufferSize(CLBlastLayoutRowMajor, transpose(&step->a), transpose(&step->b), step->m, step->n,
                                   step->k, 1, step->a.ld, 1, step->b.ld, 1, step->c.ld, &device->queue, &bytes);
    pthread_mutex_unlock(&nsc_cl_process_lock);
    if (asked != CLBlastSuccess)
        return nsc_cl_fail(device->host, "CLBlastSGemmTempBufferSize", "gemm", (cl_int)asked);
    if (bytes > device->max_buffer)
        return NSC_BACKEND_UNSUPPORTED;
    if (bytes < 4)
        bytes = 4; /* the direct path uses none, but takes a valid one */
    if (bytes <= device->blast_temp_bytes)
        return NSC_BACKEND_OK;
    cl_mem grown = clCreateBuffer(device->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    if (!grown)
        return nsc_cl_fail(device->host, "clCreateBuffer", "CLBlast", code);
    if (device->blast_temp)
        clReleaseMemObject(device->blast_temp); /* the driver keeps it for work that is enqueued */
    device->blast_temp = grown;
    device->blast_temp_bytes = bytes;
    return NSC_BACKEND_OK;
}

/* ---- the trial ---- */

static float sample(size_t i, uint32_t salt)
{
    return (float)((int)((i * 2654435761u + salt) >> 7 & 15) - 7); /* small integers: every sum is exact */
}

/* One GEMM into host[2], from matrices of samples. */
static nsc_backend_status multiply(nsc_backend_device *device, const nsc_backend_step *step, float *const host[3],
                                   const size_t sizes[3], size_t margin)
{
    cl_mem memory[3] = {NULL, NULL, NULL};
    const size_t offset[3] = {0, 0, margin};
    cl_int code = CL_SUCCESS;
    nsc_backend_status status = NSC_BACKEND_OK;
    for (uint32_t i = 0; i < 3 && status == NSC_BACKEND_OK; i++) {
        for (size_t j = 0; j < sizes[i]; j++)
            host[i][j] = sample(j, i);
        memory[i] = clCreateBuffer(device->context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, sizes[i] * sizeof(float),
                                   host[i], &code);
        if (!memory[i])
            status = nsc_cl_fail(device->host, "clCreateBuffer", "CLBlast", code);
    }
    if (status == NSC_BACKEND_OK)
        status = reserve(device, step);
    if (status == NSC_BACKEND_OK) {
        code = (cl_int)enqueue(device, step, memory, offset, NULL);
        if (code != CL_SUCCESS)
            status = nsc_cl_fail(device->host, "CLBlastSgemmWithTempBuffer", "self-check", code);
    }
    if (status == NSC_BACKEND_OK) {
        code =
            clEnqueueReadBuffer(device->queue, memory[2], CL_TRUE, 0, sizes[2] * sizeof(float), host[2], 0, NULL, NULL);
        if (code != CL_SUCCESS)
            status = nsc_cl_fail(device->host, "clEnqueueReadBuffer", "CLBlast", code);
    }
    for (int i = 0; i < 3; i++)
        if (memory[i])
            clReleaseMemObject(memory[i]);
    return status;
}

/* One GEMM against the host on rows at both ends and in the middle; UNSUPPORTED: it is wrong. What lies around C must
 * stay. */
static nsc_backend_status trial(nsc_backend_device *device, size_t m, size_t n, size_t k, bool ta, bool tb)
{
    const size_t margin = 8, sizes[3] = {m * k, k * n, margin + m * n + margin};
    const nsc_backend_step step = {.m = m,
                                   .n = n,
                                   .k = k,
                                   .alpha = 2.0f,
                                   .beta = -1.0f,
                                   .a = {ta, ta ? m : k},
                                   .b = {tb, tb ? k : n},
                                   .c = {false, n}};
    float *all = malloc((sizes[0] + sizes[1] + sizes[2]) * sizeof *all);
    if (!all)
        return nsc_cl_fail(device->host, "malloc", "CLBlast", CL_OUT_OF_HOST_MEMORY);
    float *const host[3] = {all, all + sizes[0], all + sizes[0] + sizes[1]};
    nsc_backend_status status = multiply(device, &step, host, sizes, margin);
    bool right = status == NSC_BACKEND_OK;
    for (size_t i = 0; right && i < margin; i++)
        right = host[2][i] == sample(i, 2) && host[2][margin + m * n + i] == sample(margin + m * n + i, 2);
    const size_t rows[3] = {0, m / 2, m - 1};
    for (size_t r = 0; right && r < 3; r++)
        for (size_t j = 0; right && j < n; j++) {
            const size_t i = rows[r];
            double sum = 0;
            for (size_t p = 0; p < k; p++)
                sum += (double)host[0][ta ? p * m + i : i * k + p] * (double)host[1][tb ? j * k + p : p * n + j];
            right = (double)host[2][margin + i * n + j] == 2 * sum - (double)sample(margin + i * n + j, 2);
        }
    free(all);
    return status == NSC_BACKEND_OK && !right ? NSC_BACKEND_UNSUPPORTED : status;
}

static nsc_backend_status override_all(nsc_backend_device *device, const parameter_set *sets)
{
    CLBlastStatusCode code = CLBlastSuccess;
    pthread_mutex_lock(&nsc_cl_process_lock);
    for (size_t i = 0; i < SETS && code == CLBlastSuccess; i++) {
        const char *names[MAX_PARAMETERS];
        memcpy(names, sets[i].names, sizeof names);
        code = CLBlastOverrideParameters(device->id, sets[i].kernel, CLBlastPrecisionSingle, sets[i].count, names,
                                         sets[i].values);
    }
    pthread_mutex_unlock(&nsc_cl_process_lock);
    return code == CLBlastSuccess ? NSC_BACKEND_OK
                                  : nsc_cl_fail(device->host, "CLBlastOverrideParameters", NULL, (cl_int)code);
}

/* At the first GEMM, since the trial is also what builds CLBlast's program, so that launches build nothing. The parameters
 * are set once: a change would build again. The want of memory or of the device says nothing about CLBlast: it is given
 * back, and nothing is decided. */
static nsc_backend_status try_out(nsc_backend_device *device)
{
    static const struct {
        size_t m, n, k;
        bool ta, tb;
    } direct[] = {
        {37, 29, 53, false, false}, {29, 37, 53, true, false}, {37, 29, 53, false, true}, {29, 37, 53, true, true}};
    const bool wide = device->max_group >= WIDE_GROUP && device->max_items[0] >= 16 && device->max_items[1] >= 16 &&
                      device->local_bytes >= WIDE_LOCAL && device->max_buffer >= WIDE_BUFFER;
    const bool small = device->max_group >= SMALL_GROUP && device->max_items[0] >= 4 && device->max_items[1] >= 4 &&
                       device->local_bytes >= SMALL_LOCAL;
    const char *why = "CLBlast off: work-groups or local memory too small for it";
    nsc_backend_status status = NSC_BACKEND_UNSUPPORTED;
    if (wide || small) {
        why = "CLBlast off: it refused our parameters";
        status = override_all(device, wide ? wide_sets : small_sets);
    }
    for (size_t i = 0; i < sizeof direct / sizeof *direct && status == NSC_BACKEND_OK; i++) {
        why = "CLBlast off: its direct GEMM fails or is wrong on this device";
        status = trial(device, direct[i].m, direct[i].n, direct[i].k, direct[i].ta, direct[i].tb);
    }
    if (wide && status == NSC_BACKEND_OK) {
        why = "CLBlast off: its indirect GEMM fails or is wrong on this device";
        status = trial(device, WIDE_INDIRECT + 3, WIDE_INDIRECT + 1, WIDE_INDIRECT + 5, false, true);
    }
    if (status == NSC_BACKEND_NO_MEMORY || status == NSC_BACKEND_LOST)
        return status;
    device->blast = status == NSC_BACKEND_OK ? NSC_CL_BLAST_ON : NSC_CL_BLAST_OFF;
    if (status != NSC_BACKEND_OK)
        nsc_cl_note(device, why);
    return NSC_BACKEND_OK;
}

static size_t record_key(const nsc_backend_device *device, char *key, size_t capacity)
{
    uint64_t hash = NSC_CL_HASH_START;
    for (size_t i = 0; i < SETS; i++) {
        hash = nsc_cl_hash(hash, wide_sets[i].values, sizeof wide_sets[i].values);
        hash = nsc_cl_hash(hash, small_sets[i].values, sizeof small_sets[i].values);
    }
    int length =
        snprintf(key, capacity, "opencl clblast 1\n%s\n%d.%d.%d %016llx", device->identity, CLBLAST_VERSION_MAJOR,
                 CLBLAST_VERSION_MINOR, CLBLAST_VERSION_PATCH, (unsigned long long)hash);
    return length < 0 || (size_t)length >= capacity ? 0 : (size_t)length;
}

/* Not on CPUs: there products are our own kernel's, and a first build takes seconds. */
nsc_backend_status nsc_cl_blast_check(nsc_backend_device *device)
{
    static const char passed[] = "passed";
    const nsc_backend_host *host = device->host;
    char key[1024], record[sizeof passed] = "";
    const size_t key_bytes = record_key(device, key, sizeof key);
    if (device->blocks)
        return NSC_BACKEND_OK;
    if (key_bytes && host->cache_get(host->context, key, key_bytes, record, sizeof record) == sizeof passed &&
        memcmp(record, passed, sizeof passed) == 0)
        return NSC_BACKEND_OK;
    nsc_backend_status status = try_out(device);
    if (status == NSC_BACKEND_OK && device->blast == NSC_CL_BLAST_ON && key_bytes)
        host->cache_put(host->context, key, key_bytes, passed, sizeof passed);
    return status;
}

/* ---- steps ---- */

/* A row-major matrix with a leading dimension, or the transpose of one. */
static bool matrix_of(const nsc_backend_view *view, nsc_cl_matrix *matrix)
{
    const int64_t *d = view->dims, *s = view->strides;
    if (s[1] == 1 && s[0] >= d[1])
        *matrix = (nsc_cl_matrix){false, (size_t)s[0]};
    else if (s[0] == 1 && s[1] >= d[0])
        *matrix = (nsc_cl_matrix){true, (size_t)s[1]};
    else
        return false;
    return true;
}

/* Offset and extent in 31 bits. What launch binds adds to the offset, but no buffer is that large (NSC_CL_MAX_BUFFER). */
static bool narrow(const nsc_backend_view *view)
{
    const int64_t *d = view->dims, *s = view->strides;
    nsc_cl_geometry geometry = {.rank = 2, .dims = {d[0], d[1]}};
    nsc_cl_geometry_add(&geometry, s);
    return !nsc_cl_geometry_wide(&geometry) && view->offset <= INT32_MAX - (d[0] - 1) * s[0] - (d[1] - 1) * s[1];
}

nsc_backend_status nsc_cl_blast_describe(nsc_backend_device *device, const nsc_backend_gemm *gemm,
                                         nsc_backend_step *step)
{
    nsc_backend_step mine = {.m = (size_t)gemm->c.dims[0],
                             .n = (size_t)gemm->c.dims[1],
                             .k = (size_t)gemm->a.dims[1],
                             .alpha = gemm->alpha,
                             .beta = gemm->beta};
    if (device->blast == NSC_CL_BLAST_OFF || mine.k == 0 || !narrow(&gemm->a) || !narrow(&gemm->b) ||
        !narrow(&gemm->c) || !matrix_of(&gemm->a, &mine.a) || !matrix_of(&gemm->b, &mine.b) ||
        !matrix_of(&gemm->c, &mine.c) || mine.c.transposed)
        return NSC_BACKEND_OK;
    nsc_backend_status status = device->blast == NSC_CL_BLAST_UNTRIED ? try_out(device) : NSC_BACKEND_OK;
    if (status == NSC_BACKEND_OK && device->blast == NSC_CL_BLAST_ON)
        status = reserve(device, &mine);
    if (status == NSC_BACKEND_NO_MEMORY || status == NSC_BACKEND_FAILED)
        nsc_cl_log(device->host, NSC_BACKEND_LOG_WARNING,
                   "CLBlast %s: this gemm runs on our own kernel, the next tries again",
                   status == NSC_BACKEND_NO_MEMORY ? "has no memory" : "fails");
    if (status != NSC_BACKEND_OK || device->blast != NSC_CL_BLAST_ON)
        return status == NSC_BACKEND_LOST ? status : NSC_BACKEND_OK;
    step->blast = true;
    step->m = mine.m;
    step->n = mine.n;
    step->k = mine.k;
    step->alpha = mine.alpha;
    step->beta = mine.beta;
    step->a = mine.a;
    step->b = mine.b;
    step->c = mine.c;
    nsc_cl_operand_add(step, &gemm->a);
    nsc_cl_operand_add(step, &gemm->b);
    nsc_cl_operand_add(step, &gemm->c);
    return NSC_BACKEND_OK;
}

nsc_backend_status nsc_cl_blast_launch(nsc_backend_device *device, const nsc_backend_step *step,
                                       const nsc_backend_binding *bindings, cl_event *event)
{
    cl_mem memory[3];
    size_t offset[3];
    for (int i = 0; i < 3; i++) {
        const nsc_cl_operand *operand = &step->operands[i];
        memory[i] = bindings[operand->buffer].buffer->memory;
        offset[i] = (size_t)(bindings[operand->buffer].offset / operand->bytes) + (size_t)operand->offset;
    }
    CLBlastStatusCode code = enqueue(device, step, memory, offset, event);
    return code == CLBlastSuccess ? NSC_BACKEND_OK
                                  : nsc_cl_fail(device->host, "CLBlastSgemmWithTempBuffer", step->what, (cl_int)code);
}
