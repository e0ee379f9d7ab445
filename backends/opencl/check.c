/* SPDX-License-Identifier: Apache-2.0 */
/* Self-checks at open: the generator against the host bit for bit, and a map round trip. What passed is remembered in
 * the host's program cache, so that the next open builds nothing. CLBlast is tried when it is first needed (blast.c). */
#include "opencl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES 4096

static const nsc_backend_dtype f32 = {NSC_BACKEND_FLOAT, 32, 1};

static size_t record_key(const nsc_backend_device *device, char *key, size_t capacity)
{
    uint64_t hash = NSC_CL_HASH_START;
    hash = nsc_cl_hash(hash, nsc_kernel_prelude, strlen(nsc_kernel_prelude));
    hash = nsc_cl_hash(hash, nsc_kernel_random, strlen(nsc_kernel_random));
    hash = nsc_cl_hash(hash, device->host->normal_table, NSC_BACKEND_NORMAL_TABLE_COUNT * sizeof(int32_t));
    int length = snprintf(key, capacity, "opencl check 1\n%s\n%016llx", device->identity, (unsigned long long)hash);
    return length < 0 || (size_t)length >= capacity ? 0 : (size_t)length;
}

static nsc_backend_view whole(uint32_t buffer)
{
    return (nsc_backend_view){.buffer = buffer, .rank = 1, .dtype = f32, .dims = {VALUES}, .strides = {1}};
}

/* Runs one step over a buffer of VALUES floats and reads it. */
static nsc_backend_status run(nsc_backend_device *device, const nsc_backend_operation *operation, float *values)
{
    nsc_backend_buffer *buffer = NULL;
    nsc_backend_step *step = NULL;
    nsc_backend_status status = nsc_cl_alloc(device, VALUES * sizeof(float), &buffer);
    if (status == NSC_BACKEND_OK)
        status = nsc_cl_prepare(device, operation, &step);
    if (status == NSC_BACKEND_OK) {
        const nsc_backend_binding binding = {buffer, 0};
        status = nsc_cl_launch(device, NULL, step, &binding, 1, NULL, 0);
        if (status == NSC_BACKEND_OK)
            status = nsc_cl_read(device, NULL, buffer, 0, VALUES * sizeof(float), values);
        nsc_cl_release(device, step);
    }
    if (buffer)
        nsc_cl_free(device, buffer);
    return status;
}

static nsc_backend_status check_random(nsc_backend_device *device, uint32_t distribution, float *values, bool *right)
{
    const nsc_backend_random random = {.struct_size = NSC_BACKEND_RANDOM_SIZE,
                                       .kind = NSC_BACKEND_RANDOM,
                                       .distribution = distribution,
                                       .seed = 0x0123456789abcdefu,
                                       .stream = 0xfedcba9876543210u,
                                       .first = 3,
                                       .scale = 0.0625f,
                                       .shift = 0.75f,
                                       .output = whole(0)};
    nsc_backend_status status = run(device, (const nsc_backend_operation *)&random, values);
    *right = status == NSC_BACKEND_OK;
    for (uint64_t i = 0; i < VALUES && *right; i++) {
        uint32_t words[4];
        const uint64_t element = random.first + i;
        nsc_cl_philox(random.seed, random.stream, element / 4, words);
        uint32_t word = words[element % 4];
        if (distribution == NSC_BACKEND_TRUNCATED_NORMAL)
            word = nsc_cl_truncated(word);
        const float variate = nsc_cl_normal(word, device->host->normal_table);
        const float expected = fmaf(variate, random.scale, random.shift);
        *right = memcmp(&expected, &values[i], sizeof expected) == 0;
    }
    return status;
}

/* A constant over every element. */
static nsc_backend_status check_map(nsc_backend_device *device, float *values, bool *right)
{
    static const nsc_backend_instruction code[] = {{NSC_OP_IMMEDIATE, 0}, {NSC_OP_STORE, 0}};
    static const float three[] = {3.0f};
    const nsc_backend_expression expression = {.struct_size = sizeof expression,
                                               .version = 1,
                                               .code_count = 2,
                                               .immediate_count = 1,
                                               .code = code,
                                               .immediates = three,
                                               .output_count = 1,
                                               .stack_depth = 1};
    nsc_backend_map map = {
        .struct_size = NSC_BACKEND_MAP_SIZE, .kind = NSC_BACKEND_MAP, .expression = &expression, .output_count = 1};
    map.outputs[0] = whole(0);
    nsc_backend_status status = run(device, (const nsc_backend_operation *)&map, values);
    *right = status == NSC_BACKEND_OK;
    for (int i = 0; i < VALUES && *right; i++)
        *right = values[i] == 3.0f;
    return status;
}

static nsc_backend_status check_kinds(nsc_backend_device *device, uint32_t *kinds)
{
    static const char passed[] = "passed";
    const nsc_backend_host *host = device->host;
    char key[1024], record[sizeof passed] = "";
    bool random_right, map_right = false;
    size_t key_bytes = record_key(device, key, sizeof key);
    if (key_bytes && host->cache_get(host->context, key, key_bytes, record, sizeof record) == sizeof passed &&
        memcmp(record, passed, sizeof passed) == 0)
        return NSC_BACKEND_OK;
    float *values = malloc(VALUES * sizeof *values);
    if (!values)
        return nsc_cl_fail(host, "malloc", "self-check", CL_OUT_OF_HOST_MEMORY);
    nsc_backend_status random = check_random(device, NSC_BACKEND_NORMAL, values, &random_right);
    if (random_right)
        random = check_random(device, NSC_BACKEND_TRUNCATED_NORMAL, values, &random_right);
    nsc_backend_status status = random;
    /* A generator that cannot be built is as useless as a wrong one, only the map is required; but the want of memory or
     * of the device says nothing about the generator. */
    if (random != NSC_BACKEND_NO_MEMORY && random != NSC_BACKEND_LOST)
        status = check_map(device, values, &map_right);
    free(values);
    if (status != NSC_BACKEND_OK)
        return status;
    if (!map_right)
        return nsc_cl_fail_text(host, NSC_BACKEND_FAILED, "self-check: this device computes a constant wrong");
    if (!random_right) {
        *kinds &= ~NSC_BACKEND_KIND_BIT(NSC_BACKEND_RANDOM);
        nsc_cl_note(device, random == NSC_BACKEND_OK ? "random off: the generator's values differ from the host's"
                                                     : "random off: the generator fails on this device");
    } else if (key_bytes) {
        host->cache_put(host->context, key, key_bytes, passed, sizeof passed);
    }
    return NSC_BACKEND_OK;
}

nsc_backend_status nsc_cl_check_device(nsc_backend_device *device, uint32_t *kinds)
{
    nsc_backend_status status = check_kinds(device, kinds);
    return status == NSC_BACKEND_OK ? nsc_cl_blast_check(device) : status;
}
