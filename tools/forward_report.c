/* SPDX-License-Identifier: Apache-2.0 */
/* What comes out of a run: files, a table, JSON. */
#include <inttypes.h>
#include <stdio.h>

#include "array.h"
#include "forward.h"
#include "json.h"
#include "places.h"
#include "say.h"
#include "table.h"
#include "values.h"

enum { FIRST = 4 }; /* values that are shown */

int nsc_forward_write(const nsc_forward_run *run)
{
    for (size_t i = 0; i < run->outs.count; i++) {
        const nsc_forward_output *output = &run->outputs[i];
        nsc_array array = {
            .name = "", .dtype = output->dtype, .rank = output->rank, .data = output->values, .bytes = output->bytes};
        for (int axis = 0; axis < output->rank; axis++)
            array.dims[axis] = output->dims[axis];
        if (run->output_files[i] != NULL && nsc_npy_write(run->output_files[i], &array) != NSC_OK)
            return nsc_say_refused("name another file with --output");
    }
    return NSC_EXIT_OK;
}

/* "-" where there is no finite element. */
static const char *number_text(char text[32], const nsc_array_facts *facts, double value)
{
    if (facts->finite > 0)
        snprintf(text, 32, "%.6g", value);
    else
        snprintf(text, 32, "-");
    return text;
}

static int add_row(nsc_table *table, const nsc_forward_run *run, size_t i)
{
    const nsc_forward_output *output = &run->outputs[i];
    const nsc_array_facts facts = nsc_array_look(output->values, output->dtype, output->count);
    char shape[128], min[32], mean[32], max[32], first[160] = "-";
    size_t used = 0;
    for (size_t at = 0; at < output->count && at < FIRST; at++)
        used += (size_t)snprintf(first + used, sizeof first - used, "%s%.6g", at > 0 ? " " : "",
                                 nsc_array_value(output->values, output->dtype, at));
    if (output->count > FIRST)
        snprintf(first + used, sizeof first - used, " ...");
    const char *cells[] = {run->outs.names[i],
                           nsc_shape_text(output->rank, output->dims, shape, sizeof shape),
                           nsc_dtype_name(output->dtype),
                           number_text(min, &facts, facts.min),
                           number_text(mean, &facts, facts.mean),
                           number_text(max, &facts, facts.max),
                           first,
                           run->output_files[i] != NULL ? run->output_files[i] : "-"};
    return nsc_table_row(table, cells);
}

int nsc_forward_table(const nsc_forward_run *run)
{
    nsc_table table = {.columns = 8};
    const char *head[] = {"output", "shape", "dtype", "min", "mean", "max", "first values", "file"};
    int good = nsc_table_row(&table, head);
    for (size_t i = 0; i < run->outs.count && good; i++)
        good = add_row(&table, run, i);
    nsc_table_print(&table, stdout, "");
    if (!good)
        return nsc_say_failed("no memory for the table of the outputs; free some");
    for (size_t i = 0; i < run->outs.count; i++) {
        const nsc_array_facts facts =
            nsc_array_look(run->outputs[i].values, run->outputs[i].dtype, run->outputs[i].count);
        if (facts.nan + facts.infinite > 0)
            printf("%s: %" PRIu64 " elements are nan, %" PRIu64 " infinite; min, mean and max are of the others\n",
                   run->outs.names[i], facts.nan, facts.infinite);
    }
    if (run->times.repeat > 0)
        printf("first run %.3f ms; %" PRIu64 " more: min %.3f ms, median %.3f ms\n", 1e3 * run->times.first,
               run->times.repeat, 1e3 * run->times.min, 1e3 * run->times.median);
    return run->profile.runs > 0 ? nsc_forward_profile_table(run) : NSC_EXIT_OK;
}

static void add_number(cJSON *to, const char *key, const nsc_array_facts *facts, double value)
{
    cJSON_AddItemToObject(to, key, facts->finite > 0 ? nsc_json_number(value) : cJSON_CreateNull());
}

static cJSON *output_json(const nsc_forward_run *run, size_t i)
{
    const nsc_forward_output *output = &run->outputs[i];
    const nsc_array_facts facts = nsc_array_look(output->values, output->dtype, output->count);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", run->outs.names[i]);
    nsc_json_add_text(object, "file", run->output_files[i]);
    cJSON_AddItemToObject(object, "shape", nsc_json_shape(output->rank, output->dims));
    cJSON_AddStringToObject(object, "dtype", nsc_dtype_name(output->dtype));
    add_number(object, "min", &facts, facts.min);
    add_number(object, "mean", &facts, facts.mean);
    add_number(object, "max", &facts, facts.max);
    nsc_json_add_whole(object, "nan", facts.nan);
    nsc_json_add_whole(object, "infinite", facts.infinite);
    cJSON *first = cJSON_AddArrayToObject(object, "first");
    for (size_t at = 0; at < output->count && at < FIRST; at++)
        cJSON_AddItemToArray(first, nsc_json_number(nsc_array_value(output->values, output->dtype, at)));
    return object;
}

int nsc_forward_json(const nsc_forward_run *run)
{
    cJSON *whole = nsc_json_new();
    cJSON_AddStringToObject(whole, "model", run->model_file);
    nsc_json_add_text(whole, "weights", run->weights_file);
    if (run->seed != NULL)
        nsc_json_add_whole(whole, "seed", *run->seed);
    else
        cJSON_AddNullToObject(whole, "seed");
    nsc_json_add_device(whole, run->model.context);
    cJSON *inputs = cJSON_AddArrayToObject(whole, "inputs"), *outputs = cJSON_AddArrayToObject(whole, "outputs");
    for (size_t i = 0; i < run->ins.count; i++) {
        cJSON *input = cJSON_CreateObject();
        cJSON_AddStringToObject(input, "name", run->ins.names[i]);
        cJSON_AddStringToObject(input, "file", run->input_files[i]);
        cJSON_AddItemToObject(input, "shape", nsc_json_shape(run->arrays[i]->rank, run->arrays[i]->dims));
        cJSON_AddStringToObject(input, "dtype", nsc_dtype_name(run->arrays[i]->dtype));
        cJSON_AddItemToArray(inputs, input);
    }
    for (size_t i = 0; i < run->outs.count; i++)
        cJSON_AddItemToArray(outputs, output_json(run, i));
    cJSON *times =
        run->times.repeat > 0 ? cJSON_AddObjectToObject(whole, "times") : cJSON_AddNullToObject(whole, "times");
    if (run->times.repeat > 0) {
        nsc_json_add_whole(times, "repeat", run->times.repeat);
        cJSON_AddItemToObject(times, "first", nsc_json_number(run->times.first));
        cJSON_AddItemToObject(times, "min", nsc_json_number(run->times.min));
        cJSON_AddItemToObject(times, "median", nsc_json_number(run->times.median));
    }
    cJSON_AddItemToObject(whole, "profile", run->profile.runs > 0 ? nsc_forward_profile_json(run) : cJSON_CreateNull());
    return nsc_json_print(whole);
}
