/* SPDX-License-Identifier: Apache-2.0 */
/* The nascent command: finds the subcommand. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "help.h"
#include "near.h"
#include "progress.h"
#include "say.h"

/* The table, in the order of the help: a row for each subcommand, whose file defines nsc_command_NAME. */
#define SUBCOMMANDS(ROW) \
    ROW(devices)         \
    ROW(summary)         \
    ROW(graph)           \
    ROW(explain)         \
    ROW(init)            \
    ROW(forward)         \
    ROW(conformance)     \
    ROW(help)            \
    ROW(probe)

#define DECLARE(NAME) extern const nsc_command nsc_command_##NAME;
SUBCOMMANDS(DECLARE)
#define ADDRESS(NAME) &nsc_command_##NAME,
const nsc_command *const nsc_commands[] = {SUBCOMMANDS(ADDRESS) NULL};
enum { COUNT = sizeof nsc_commands / sizeof *nsc_commands - 1 };

const nsc_command *nsc_command_find(const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(name, nsc_commands[i]->name) == 0)
            return nsc_commands[i];
    return NULL;
}

/* A standard stream that is closed would be the number of the first file that is opened, and get what is printed. */
static void open_standard_streams(void)
{
    for (int i = 0; i <= STDERR_FILENO; i++)
        if (fcntl(i, F_GETFD) < 0 && open("/dev/null", i == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            return;
}

static int no_such_command(const char *word)
{
    const char *names[COUNT];
    size_t count = 0;
    for (size_t i = 0; i < COUNT; i++)
        if (nsc_commands[i]->purpose != NULL)
            names[count++] = nsc_commands[i]->name;
    const char *near = nsc_near(word, names, count);
    if (near != NULL)
        return nsc_say_usage("there is no subcommand '%s'; did you mean %s?", word, near);
    return nsc_say_usage("there is no subcommand '%s'; the subcommands are listed by --help", word);
}

static int run(int argc, char **argv)
{
    nsc_arguments arguments;
    int code;
    const nsc_command *command = nsc_command_find(argv[1]);
    if (command == NULL)
        return no_such_command(argv[1]);
    nsc_say_for(command->name);
    return nsc_parse(command, argc - 1, argv + 1, &arguments, &code) ? command->run(&arguments) : code;
}

int main(int argc, char **argv)
{
    int code = NSC_EXIT_OK;
    open_standard_streams();
    if (argc < 2) {
        nsc_help_print(NULL, stderr);
        return NSC_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        nsc_help_print(NULL, stdout);
    else if (strcmp(argv[1], "--version") == 0)
        printf("nascent %s\n", NASCENT_VERSION);
    else
        code = run(argc, argv);
    nsc_progress_end();
    /* What was printed counts when it has arrived. */
    errno = 0;
    if ((ferror(stdout) || fflush(stdout) != 0) && code == NSC_EXIT_OK)
        code = nsc_say_failed("standard output cannot be written%s%s; give it a place that takes what is printed",
                              errno ? ": " : "", errno ? strerror(errno) : "");
    return code;
}
