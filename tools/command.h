/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a subcommand is: a row of a table. Its command line, --help, manual page and completion all come from the row, so
 * a new subcommand is one file that defines its nsc_command, a line in the table of main.c, and its name in meson.build.
 */
#ifndef NASCENT_TOOLS_COMMAND_H
#define NASCENT_TOOLS_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include <nascent/nascent.h>

/* Exit codes. */
#define NSC_EXIT_OK 0
#define NSC_EXIT_FAILED 1
#define NSC_EXIT_USAGE 2
#define NSC_EXIT_UNAVAILABLE 77 /* what is asked for is not on this machine: test runners count it as skipped */

#define NSC_MOST_OPTIONS 16 /* options of a subcommand */
#define NSC_MOST_GIVEN 64   /* times that an option may be given: a model has that many inputs or outputs */
#define NSC_MOST_OPERANDS 2

typedef enum nsc_option_kind {
    NSC_OPTION_FLAG = 0,
    NSC_OPTION_TEXT,
    NSC_OPTION_FILE, /* a text; completion offers files */
    NSC_OPTION_WHOLE,
    NSC_OPTION_SHAPE /* 2x20, or NAME=2x20 */
} nsc_option_kind;

typedef struct nsc_option {
    const char *name;     /* without its dashes; NULL ends a table */
    const char *argument; /* what stands for its value in the help; NULL: a flag */
    nsc_option_kind kind;
    int required;
    size_t most;              /* how often it may be given; 0 means once */
    uint64_t low, high;       /* of a whole number; high 0: no limit but 64 bits */
    uint64_t initial;         /* of a whole number that is not given */
    const char *const *words; /* of a text: the only ones that may be said, ended by NULL; NULL: any */
    const char *help;
} nsc_option;

typedef enum nsc_operand_kind { NSC_OPERAND_WORD = 0, NSC_OPERAND_FILE, NSC_OPERAND_COMMAND } nsc_operand_kind;

/* A word without dashes. */
typedef struct nsc_operand {
    const char *name; /* as in the help; NULL ends a table */
    nsc_operand_kind kind;
    int optional;
    const char *help;
} nsc_operand;

/* A command line that works, with what it is for; text NULL ends a table. */
typedef struct nsc_example {
    const char *text, *help;
} nsc_example;

typedef struct nsc_value_given {
    const char *text; /* as it was given */
    uint64_t whole;
    nsc_shape shape;
} nsc_value_given;

typedef struct nsc_given {
    size_t count;
    nsc_value_given values[NSC_MOST_GIVEN];
} nsc_given;

typedef struct nsc_command nsc_command;

/* A command line that was understood. options are in the order of the command's table. */
typedef struct nsc_arguments {
    const nsc_command *command;
    const char *operands[NSC_MOST_OPERANDS]; /* NULL: not given */
    nsc_given options[NSC_MOST_OPTIONS];
} nsc_arguments;

struct nsc_command {
    const char *name;
    const char *purpose;     /* a line without a full stop; NULL: for this program's own use, and shown nowhere */
    const char *description; /* paragraphs, separated by empty lines */
    const nsc_operand *operands;
    const nsc_option *options; /* --help is understood everywhere and stands in no table */
    const nsc_example *examples;
    const char *done, *failed, *unavailable; /* what exit codes 0, 1 and 77 mean; NULL: the usual, never 77 */
    int uses_device;                         /* the variables that choose a backend matter */
    int (*run)(const nsc_arguments *arguments);
};

/* All subcommands, ended by NULL (main.c). */
extern const nsc_command *const nsc_commands[];
/* NULL: there is none of that name. */
const nsc_command *nsc_command_find(const char *name);

/* Options that several subcommands have, in the words of all. */
#define NSC_INPUT_SHAPE_HELP \
    "the shape of an input: 2x20, or ?x20 where a size is unknown; once for each input, in their order or by name"
#define NSC_INPUT_SHAPE_OPTION                                                                         \
    {                                                                                                  \
        .name = "input", .argument = "[NAME=]SHAPE", .kind = NSC_OPTION_SHAPE, .most = NSC_MOST_GIVEN, \
        .help = NSC_INPUT_SHAPE_HELP                                                                   \
    }
#define NSC_BACKEND_OPTION                                                                                   \
    {                                                                                                        \
        .name = "backend", .argument = "CHOICE", .kind = NSC_OPTION_TEXT,                                    \
        .help = "the backend and device, as in NASCENT_BACKEND, and stronger than it: reference, opencl:gpu" \
    }
#define NSC_JSON_OPTION                                                                      \
    {                                                                                        \
        .name = "json", .help = "one JSON object on standard output, and nothing else there" \
    }

/* parse.c: reads argv[1] to argv[argc - 1]. 1: *arguments is filled. 0: *code is the exit code, and what is wrong was
 * said (or --help was asked for and given). */
int nsc_parse(const nsc_command *command, int argc, char **argv, nsc_arguments *arguments, int *code);

/* The values of an option, by its index in the table. */
int nsc_is_given(const nsc_arguments *arguments, size_t option);
const char *nsc_text_given(const nsc_arguments *arguments, size_t option); /* NULL: not given */
uint64_t nsc_whole_given(const nsc_arguments *arguments, size_t option);

#endif
