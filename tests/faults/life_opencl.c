/* SPDX-License-Identifier: Apache-2.0 */
/* A call site is a line of code with the whole stack above it, so each step of the life has its own. A site that is passed
 * many times (arguments, launches) fails at its first and at its last passage: between them the same code sees the same
 * things. For the same reason a site that failed in one place does not fail again in the next. */
#include "life_opencl.h"

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/layer/client.h"

enum { MANY = 4096 };

static layer_client layer;

void life_opencl_find(void)
{
    layer_find(&layer);
}

void life_opencl_check_held(const char *what)
{
    long count;
    const char *name;
    for (int i = 0; (name = layer.held(i, &count)) != NULL; i++)
        ck_assert_msg(count == 0, "%s: %ld references to %s are left", what, count, name);
}

/* ---- one fault --------------------------------------------------------------------------------------------------- */

typedef struct opencl_fault {
    nsc_layer_site site;
    nsc_layer_fault layer;
    nsc_status answer; /* what a step must then say */
    char name[128], wrong[256];
} opencl_fault;

/* CLBlast is one call for us: what it calls is in its answer only. */
static bool by_clblast(const opencl_fault *fault)
{
    return strstr(fault->site.caller, "libclblast") != NULL;
}

static void strike(void *user)
{
    layer.set(&((opencl_fault *)user)->layer);
}

static bool struck(void *user)
{
    (void)user;
    return layer.failed() != NULL;
}

static void disarm(void *user)
{
    (void)user;
    layer.set(NULL);
}

/* The call that failed, or where all later ones fail any of them, and the code. CLBlast answers with codes of its own as
 * well. */
static const char *check(void *user, nsc_status status, const char *text)
{
    opencl_fault *fault = user;
    char number[16];
    snprintf(number, sizeof number, "(%d)", fault->layer.code);
    const bool clblast = strstr(text, "CLBlast") != NULL && (by_clblast(fault) || fault->layer.forever);
    bool named = clblast || strstr(text, fault->site.call) != NULL;
    for (const char *at = text; !named && fault->layer.forever && (at = strstr(at, "cl")) != NULL; at += 2)
        named = at[2] >= 'A' && at[2] <= 'Z';
    if (!named)
        snprintf(fault->wrong, sizeof fault->wrong, "the call is not in the text");
    else if (!clblast && strstr(text, number) == NULL)
        snprintf(fault->wrong, sizeof fault->wrong, "%s is not in the text", number);
    else if (status != fault->answer && !(clblast && status == NSC_FAILED))
        snprintf(fault->wrong, sizeof fault->wrong, "not %s", nsc_status_name(fault->answer));
    else
        return NULL;
    return fault->wrong;
}

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(name, *names) != 0)
        names++;
    return *names != NULL;
}

/* What a life can do without, so that nobody need say more than a line in the log; it must then end as if nothing had
 * been. */
static bool dispensable(const opencl_fault *fault, const life_outcome *got)
{
    /* The program cache, and a build from it: the source is compiled. The times of a profile: they are not known. The ends
     * of things: they end. */
    static const char *const cache[] = {"clGetProgramInfo", "clCreateProgramWithBinary", "clCreateKernelsInProgram",
                                        "clBuildProgram", NULL};
    static const char *const times[] = {"clEnqueueMarkerWithWaitList", "clGetEventProfilingInfo", "clFinish",
                                        "clCreateCommandQueue", NULL};
    static const char *const profile[] = {"profile", "profiled forward", "profiled read", "stop", NULL};
    const char *call = fault->site.call;
    if (got->warned || strcmp(got->where, "close") == 0 || strncmp(call, "clRelease", 9) == 0)
        return true;
    if (is_one_of(call, cache) || (is_one_of(call, times) && is_one_of(got->where, profile)))
        return true;
    /* The pool gives back what it holds and asks again. */
    return strcmp(call, "clCreateBuffer") == 0 && fault->answer == NSC_NO_MEMORY && !fault->layer.forever;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

typedef struct code {
    nsc_status answer;
    bool forever;
    int codes[3]; /* alike for us: taken in turn */
} code;

static const code codes[] = {
    {NSC_NO_MEMORY, false, {CL_OUT_OF_HOST_MEMORY, CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_RESOURCES}},
    {NSC_NO_MEMORY, true, {CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_RESOURCES, CL_OUT_OF_HOST_MEMORY}},
    {NSC_DEVICE_LOST, false, {CL_INVALID_COMMAND_QUEUE, CL_DEVICE_NOT_AVAILABLE, CL_INVALID_CONTEXT}},
    {NSC_FAILED, false, {CL_INVALID_OPERATION, CL_INVALID_VALUE, CL_INVALID_OPERATION}},
};

static opencl_fault make(const nsc_layer_site *site, unsigned long n, const code *how, size_t turn)
{
    int number = how->codes[turn % 3];
    if (how->answer == NSC_FAILED && strcmp(site->call, "clBuildProgram") == 0)
        number = CL_BUILD_PROGRAM_FAILURE;
    opencl_fault fault = {.site = *site, .answer = how->answer};
    fault.layer = (nsc_layer_fault){.n = n, .forever = how->forever, .code = number};
    snprintf(fault.name, sizeof fault.name, "%s, call %lu of OpenCL, %s %d", site->call, n,
             how->forever ? "and all later ones answer" : "answers", number);
    return fault;
}

static void empty(const char *path)
{
    char file[512];
    DIR *files = opendir(path);
    for (struct dirent *entry; files != NULL && (entry = readdir(files)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (unlink(file) != 0) {
            empty(file);
            rmdir(file);
        }
    }
    if (files != NULL)
        closedir(files);
}

typedef struct way {
    const char *name;
    life_place place;
    float bound; /* of differences between results */
    bool fresh;  /* the program cache is emptied before each life */
    bool gpu;    /* every device says that it is one: so products are CLBlast's */
} way;

static void live(const way *how, const life_fault *by, life_outcome *outcome)
{
    if (how->fresh)
        empty(how->place.cache_dir);
    life_live(&how->place, by, outcome);
    life_opencl_check_held(by == NULL ? "undisturbed" : by->name);
}

/* A release has no answer for us, so one code tells all. A last passage differs from the first in what is there already,
 * which the code does not change. CLBlast is one call for us, which ends at its first failure: what fails in it later, or
 * again, is told by its own sites. */
static bool worthwhile(const opencl_fault *fault, bool last, size_t how)
{
    if (last && (fault->site.last == fault->site.first || how > 0))
        return false;
    if (by_clblast(fault) && (last || fault->layer.forever))
        return false;
    return how == 0 || strncmp(fault->site.call, "clRelease", 9) != 0;
}

static void strike_one(const way *how, const opencl_fault *fault, const life_outcome *whole)
{
    opencl_fault mine = *fault;
    life_outcome got;
    const life_fault by = {mine.name, &mine, strike, struck, disarm, check};
    live(how, &by, &got);
    ck_assert_msg(got.where != NULL, "%s: it did not come", mine.name);
    ck_assert_msg(got.noticed || dispensable(&mine, &got), "%s, in %s: nobody said so", mine.name, got.where);
    life_check_results(&got, whole, how->bound, mine.name);
}

static bool failed_before(const nsc_layer_site *site)
{
    static unsigned long long hashes[MANY];
    static size_t count;
    for (size_t i = 0; i < count; i++)
        if (hashes[i] == site->hash)
            return true;
    ck_assert_uint_lt(count, MANY);
    hashes[count++] = site->hash;
    return false;
}

static unsigned long strike_all(const way *how)
{
    static nsc_layer_site sites[MANY];
    const nsc_layer_site *noted;
    life_outcome whole, again;
    unsigned long failed = 0;
    size_t fresh = 0;
    layer.claim_gpu(how->gpu);
    /* Fills caches: a device that was checked before builds its programs in other groups. */
    for (int i = 0; i < 2; i++)
        live(how, NULL, &whole);
    layer.set(NULL);
    layer.record(1);
    live(how, NULL, &whole);
    layer.record(0);
    const size_t count = layer.sites(&noted);
    ck_assert_uint_lt(count, MANY);
    memcpy(sites, noted, count * sizeof *sites);
    for (size_t i = 0; i < count; i++) {
        if (failed_before(&sites[i]))
            continue;
        fresh++;
        for (size_t j = 0; j < 2 * sizeof codes / sizeof *codes; j++) {
            const bool last = j % 2 == 1;
            const opencl_fault fault = make(&sites[i], last ? sites[i].last : sites[i].first, &codes[j / 2], i);
            if (!worthwhile(&fault, last, j / 2))
                continue;
            strike_one(how, &fault, &whole);
            failed++;
        }
    }
    live(how, NULL, &again);
    life_check_results(&again, &whole, how->bound, "undisturbed, at the end");
    layer.claim_gpu(0);
    printf("%s, %s: %lu failures of %zu call sites; %zu have failed before\n", how->place.backend, how->name, failed,
           fresh, count - fresh);
    ck_assert_uint_gt(failed, 0);
    return failed;
}

unsigned long life_opencl_run(const char *backend)
{
    char folder[] = "/tmp/nascent-life-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    const way ways[] = {
        {"with cached programs", {.backend = backend, .cache_dir = folder}, 0, false, false},
        {"compiling", {.backend = backend, .cache_dir = folder}, 0, true, false},
        {"by CLBlast", {backend, "gemm_epilogue", folder, true}, 1e-5f, false, true},
    };
    unsigned long failed = 0;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        failed += strike_all(&ways[i]);
    empty(folder);
    ck_assert_int_eq(rmdir(folder), 0);
    return failed;
}
