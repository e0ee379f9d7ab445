/* SPDX-License-Identifier: Apache-2.0 */
/* The nascent command: finds the subcommand. */
#include <stdio.h>
#include <string.h>

#include "tools.h"

static const struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} subcommands[] = {
    {"devices", nsc_tool_devices, "list every backend and device, what would be chosen, and why"},
    {"conformance", nsc_tool_conformance, "test a backend on a device against double precision"},
    {"summary", nsc_tool_summary, "show the parameters of a model, and with an input its layers"},
    {"explain", nsc_tool_explain, "explain a parameter of a model: what is known, what is missing"},
    {"init", nsc_tool_init, "initialise a model into a file"},
};
#define COUNT (sizeof subcommands / sizeof subcommands[0])

static void help(FILE *to)
{
    fprintf(to, "usage: nascent SUBCOMMAND [ARGUMENT ...]\n"
                "       nascent --help | --version\n\nsubcommands:\n");
    for (size_t i = 0; i < COUNT; i++)
        fprintf(to, "  %-12s %s\n", subcommands[i].name, subcommands[i].help);
    fprintf(to, "\nnascent SUBCOMMAND --help tells more.\n"
                "exit codes: 0 done, 1 failed, 2 the command line is wrong, 77 not on this machine\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        help(stderr);
        return NSC_TOOL_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help(stdout);
        return NSC_TOOL_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("nascent %s\n", NASCENT_VERSION);
        return NSC_TOOL_OK;
    }
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(argv[1], subcommands[i].name) == 0)
            return subcommands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "nascent: there is no subcommand '%s'; say one of:", argv[1]);
    for (size_t i = 0; i < COUNT; i++)
        fprintf(stderr, "%s %s", i ? "," : "", subcommands[i].name);
    fprintf(stderr, "\n");
    return NSC_TOOL_USAGE;
}
