/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints, archives and descriptions, with the nth request for host memory refused, the nth call into the device or
 * into the file system failing: an error, nothing changed, no half of a file, and the next try gives the same bytes. */
#include <zlib.h>

#include "device.h"
#include "memory.h"
#include "scenario.h"
#include "system.h"

/* ---- worlds ------------------------------------------------------------------------------------------------------ */

static void put(const world *w, const char *text, size_t length)
{
    FILE *file = fopen(w->file, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, length, file), length);
    fclose(file);
}

/* What is to be replaced: an older file. */
static void prepare_old(world *w)
{
    put(w, "old", 3);
}

static void prepare_declared(world *w)
{
    prepare_old(w);
    w->net = world_net(w, true);
}

static void prepare_pending(world *w)
{
    prepare_declared(w);
    world_request(w, w->net, 7);
}

static void prepare_initialized(world *w)
{
    prepare_pending(w);
    world_run(w, w->net);
}

/* A file of a net that was saved with these options in this state, and a net to load it into. */
static void save(world *w, bool initialized, const nsc_save_options *options)
{
    nsc_block *saved = world_net(w, true);
    world_request(w, saved, 7);
    if (initialized)
        world_run(w, saved);
    nsc_parameter_freeze(nsc_find_parameter(saved, "4.bias"), 1);
    ck_assert_int_eq(nsc_save(saved, w->file, options), NSC_OK);
    nsc_release(saved);
}

static void prepare_load(world *w)
{
    save(w, true, NULL);
    w->net = world_net(w, true);
    world_observe(w);
}

static void prepare_load_over(world *w)
{
    prepare_load(w);
    world_request(w, w->net, 8);
    world_run(w, w->net);
}

static void prepare_load_known(world *w)
{
    const nsc_shape shape = {.rank = 2, .dims = {NSC_UNKNOWN, WORLD_WIDTH}};
    prepare_load(w);
    ck_assert_int_eq(nsc_infer_shapes(w->net, &shape, 1), NSC_OK);
    world_request(w, w->net, 8);
}

static void prepare_load_untied(world *w)
{
    save(w, true, NULL);
    w->net = world_net(w, false);
    world_observe(w);
}

static void prepare_load_pending(world *w)
{
    save(w, false, NULL);
    w->net = world_net(w, true);
    world_observe(w);
}

static void prepare_load_over_pending(world *w)
{
    prepare_load_pending(w);
    world_request(w, w->net, 8);
}

static void prepare_load_prefixed(world *w)
{
    const nsc_save_options options = {.size = sizeof options, .prefix = "encoder."};
    save(w, true, &options);
    w->net = world_net(w, true);
    world_observe(w);
}

#ifdef HAVE_LIBZIP
static void prepare_load_npz(world *w)
{
    const nsc_save_options options = {.size = sizeof options, .format = NSC_FORMAT_NPZ};
    save(w, true, &options);
    w->net = world_net(w, true);
    world_observe(w);
}
#endif

static void prepare_load_conflict(world *w)
{
    const nsc_shape shape = {.rank = 2, .dims = {NSC_UNKNOWN, WORLD_WIDTH + 1}};
    prepare_load(w);
    ck_assert_int_eq(nsc_infer_shapes(w->net, &shape, 1), NSC_OK);
}

static const float floats[6] = {1, 2, 3, 4, 5, 6};
static const unsigned char octets[3] = {7, 8, 9};
static const nsc_array arrays[] = {
    {.name = "a", .dtype = NSC_FLOAT32, .rank = 2, .dims = {2, 3}, .data = floats, .bytes = sizeof floats},
    {.name = "o", .dtype = NSC_UINT8, .rank = 1, .dims = {3}, .data = octets, .bytes = sizeof octets},
    {.name = "empty", .dtype = NSC_FLOAT32, .rank = 2, .dims = {0, 3}},
    {.name = "scalar", .dtype = NSC_FLOAT32, .rank = 0, .data = floats, .bytes = sizeof *floats},
};
enum { ARRAYS = sizeof arrays / sizeof *arrays };
static const nsc_metadata metadata[] = {{"who", "a test"}, {"why", "\"quoted\" \\ \xc3\xbc"}};

static nsc_status act_write_safetensors(world *w)
{
    return nsc_safetensors_write(w->file, arrays, ARRAYS, metadata, 2);
}

static nsc_status act_write_npy(world *w)
{
    return nsc_npy_write(w->file, &arrays[0]);
}

#ifdef HAVE_LIBZIP
static nsc_status act_write_npz(world *w)
{
    return nsc_npz_write(w->file, arrays, ARRAYS);
}
#endif

static void prepare_safetensors(world *w)
{
    ck_assert_int_eq(act_write_safetensors(w), NSC_OK);
}

static void prepare_npy(world *w)
{
    ck_assert_int_eq(act_write_npy(w), NSC_OK);
}

#ifdef HAVE_LIBZIP
static void prepare_npz(world *w)
{
    ck_assert_int_eq(act_write_npz(w), NSC_OK);
}
#endif

static void prepare_model(world *w)
{
    static const char text[] =
        "{\"nascent\":1,\"nodes\":[{\"name\":\"one\",\"kind\":\"dense\",\"units\":4,\"activation\":\"relu\","
        "\"weight_init\":{\"kind\":\"he\",\"slope\":0.1}},{\"name\":\"two\",\"kind\":\"sequential\",\"nodes\":["
        "{\"kind\":\"flatten\"},{\"kind\":\"activation\",\"activation\":\"softmax\",\"axis\":1}]},{\"kind\":"
        "\"dense\",\"units\":3,\"in_units\":4,\"bias\":false}],\"edges\":[[\"input\",\"two\"],[\"two\",\"one\"],"
        "[\"one\",\"2\"],[\"2\",\"output\"]]}";
    put(w, text, strlen(text));
}

static void prepare_graph(world *w)
{
    static const char text[] =
        "{\"nascent\":1,\"name\":\"g\",\"inputs\":[\"x\",\"y\"],\"outputs\":[\"a\",\"b\"],\"nodes\":["
        "{\"kind\":\"repeat\",\"count\":2,\"block\":{\"kind\":\"residual\",\"nodes\":[{\"kind\":\"dense\",\"units\":4}]"
        "}},{\"name\":\"s\",\"kind\":\"split\",\"axis\":1,\"count\":2},{\"name\":\"m\",\"kind\":\"add\"},{\"kind\":"
        "\"concat_branches\",\"axis\":1,\"nodes\":[{\"kind\":\"mean\",\"axes\":[1],\"keep\":true}]},{\"kind\":"
        "\"graph\","
        "\"nodes\":[{\"kind\":\"identity\"}],\"edges\":[[\"input\",\"0\"],[\"0\",\"output\"]]}],\"edges\":[[\"x\","
        "\"0\"],[\"0\",\"s\"],[\"s:1\",\"m\"],[\"y\",\"m\"],[\"m\",\"3\"],[\"3\",\"a\"],[\"s\",\"4\"],[\"4\",\"b\"]]}";
    put(w, text, strlen(text));
}

static void prepare_written(world *w)
{
    prepare_graph(w);
    ck_assert_int_eq(nsc_model_read(w->file, &w->net), NSC_OK);
    prepare_old(w);
}

static void prepare_circle(world *w)
{
    static const char text[] = "{\"nascent\":1,\"nodes\":[{\"kind\":\"identity\"},{\"kind\":\"identity\"}],\"edges\":"
                               "[[\"input\",\"output\"],[\"0\",\"1\"],[\"1\",\"0\"]]}";
    put(w, text, strlen(text));
}

static const unsigned char idx[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4};

static void prepare_idx(world *w)
{
    put(w, (const char *)idx, sizeof idx);
}

static void prepare_idx_gz(world *w)
{
    gzFile file = gzopen(w->file, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, idx, sizeof idx), sizeof idx);
    gzclose(file);
}

/* ---- calls ------------------------------------------------------------------------------------------------------ */

static nsc_status act_save(world *w)
{
    return nsc_save(w->net, w->file, NULL);
}

static nsc_status act_save_selected(world *w)
{
    const nsc_save_options options = {
        .size = sizeof options, .prefix = "encoder.", .where = {.regex = "weight|[abc]$", .glob = "*"}};
    return nsc_save(w->net, w->file, &options);
}

#ifdef HAVE_LIBZIP
static nsc_status act_save_npz(world *w)
{
    const nsc_save_options options = {.size = sizeof options, .format = NSC_FORMAT_NPZ};
    return nsc_save(w->net, w->file, &options);
}
#endif

/* A report comes with a success and with a refusal, and with nothing else. */
static nsc_status load(world *w, nsc_context *context, const nsc_load_options *options)
{
    nsc_load_report *report;
    const nsc_status status = nsc_load(w->net, context, w->file, options, &report);
    const bool refused = status == NSC_SHAPE_CONFLICT || status == NSC_REFUSED;
    if ((status == NSC_OK || refused) != (report != NULL))
        w->wrong = report == NULL ? "a report is missing" : "a report of what did not happen";
    for (size_t i = 0; i < nsc_load_report_count(report); i++) {
        const nsc_load_entry *entry = nsc_load_report_entry(report, i);
        world_say(&w->told, "%d %s %s\n", (int)entry->kind, entry->path, entry->text);
    }
    nsc_load_report_release(report);
    return status;
}

static nsc_status act_load(world *w)
{
    return load(w, w->context, NULL);
}

static nsc_status act_load_nowhere(world *w)
{
    return load(w, NULL, NULL);
}

static nsc_status act_load_selected(world *w)
{
    const nsc_load_options options = {
        .size = sizeof options, .where = {.regex = "^first|^4"}, .allow_extra = 1, .allow_missing = 1};
    return load(w, w->context, &options);
}

static nsc_status act_load_prefixed(world *w)
{
    const nsc_load_options options = {.size = sizeof options, .prefix = "encoder."};
    return load(w, w->context, &options);
}

static nsc_status act_load_renamed(world *w)
{
    static const nsc_rename renames[] = {{"encoder\\.([0-9])\\.(.*)", "\\1.\\2"}, {"encoder\\.(.*)", "\\1"}};
    const nsc_load_options options = {.size = sizeof options, .renames = renames, .rename_count = 2};
    return load(w, w->context, &options);
}

static nsc_status act_open(world *w)
{
    nsc_archive *archive;
    const nsc_status status = nsc_archive_open(w->file, &archive);
    if (status != NSC_OK && archive != NULL)
        w->wrong = "an archive that could not be opened";
    for (size_t i = 0; i < nsc_archive_count(archive); i++) {
        const nsc_array *array = nsc_archive_array(archive, i);
        world_say_bytes(&w->told, array->name, array->data, array->bytes);
    }
    for (size_t i = 0; i < 2 && status == NSC_OK && strcmp(nsc_archive_format(archive), "safetensors") == 0; i++)
        world_say(&w->told, "%s\n", nsc_archive_metadata(archive, metadata[i].key));
    nsc_archive_close(archive);
    return status;
}

static nsc_status act_model(world *w)
{
    return nsc_model_read(w->file, &w->net);
}

static nsc_status act_write_model(world *w)
{
    return nsc_model_write(w->net, w->file);
}

static nsc_status act_format_model(world *w)
{
    char *text;
    const nsc_status status = nsc_model_format(w->net, &text);
    if (text != NULL)
        world_say(&w->told, "%s", text);
    free(text);
    return status;
}

static nsc_status act_idx(world *w)
{
    nsc_idx *opened;
    const nsc_status status = nsc_idx_open(w->file, &opened);
    if (opened != NULL)
        world_say_bytes(&w->told, "idx", nsc_idx_data(opened), nsc_idx_bytes(opened));
    nsc_idx_close(opened);
    return status;
}

static const scenario scenarios[] = {
    {"saving what is declared", prepare_declared, act_save, NSC_OK},
    {"saving what is pending", prepare_pending, act_save, NSC_OK},
    {"saving values", prepare_initialized, act_save, NSC_OK},
    {"saving what is selected", prepare_initialized, act_save_selected, NSC_OK},
    {"loading values", prepare_load, act_load, NSC_OK},
    {"loading over values", prepare_load_over, act_load, NSC_OK},
    {"loading over shapes", prepare_load_known, act_load, NSC_OK},
    {"loading what was tied", prepare_load_untied, act_load, NSC_OK},
    {"loading requests", prepare_load_pending, act_load, NSC_OK},
    {"loading over requests", prepare_load_over_pending, act_load, NSC_OK},
    {"loading without a context", prepare_load_pending, act_load_nowhere, NSC_OK},
    {"loading what is selected", prepare_load_over, act_load_selected, NSC_OK},
    {"loading behind a prefix", prepare_load_prefixed, act_load_prefixed, NSC_OK},
    {"loading by other names", prepare_load_prefixed, act_load_renamed, NSC_OK},
    {"loading what does not fit", prepare_load_conflict, act_load, NSC_SHAPE_CONFLICT},
    {"writing safetensors", prepare_old, act_write_safetensors, NSC_OK},
    {"writing npy", prepare_old, act_write_npy, NSC_OK},
    {"reading safetensors", prepare_safetensors, act_open, NSC_OK},
    {"reading npy", prepare_npy, act_open, NSC_OK},
    {"reading a model", prepare_model, act_model, NSC_OK},
    {"reading a model that is none", prepare_circle, act_model, NSC_INVALID},
    {"reading a graph", prepare_graph, act_model, NSC_OK},
    {"writing a graph", prepare_written, act_write_model, NSC_OK},
    {"a graph as text", prepare_written, act_format_model, NSC_OK},
    {"reading idx", prepare_idx, act_idx, NSC_OK},
    {"reading compressed idx", prepare_idx_gz, act_idx, NSC_OK},
#ifdef HAVE_LIBZIP
    {"saving npz", prepare_initialized, act_save_npz, NSC_OK},
    {"loading npz", prepare_load_npz, act_load, NSC_OK},
    {"writing npz", prepare_old, act_write_npz, NSC_OK},
    {"reading npz", prepare_npz, act_open, NSC_OK},
#endif
};
enum { SCENARIOS = sizeof scenarios / sizeof *scenarios };

#define DEVICE_FAULTS_ELSEWHERE
#define MORE_FAULTS                                                                          \
    {"a call into the file system", system_fail_at, system_failed, NSC_IO, "/file"},         \
    {                                                                                        \
        "all of the file system from call", system_fail_from, system_failed, NSC_IO, "/file" \
    }
#include "main.h"
