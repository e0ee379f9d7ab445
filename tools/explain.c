/* SPDX-License-Identifier: Apache-2.0 */
/* nascent explain: one parameter in words, wrapped to the terminal. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "model.h"
#include "tools.h"

enum { NARROWEST = 20, USUAL = 80 };

static void help(void)
{
    printf("usage: nascent explain MODEL PATH [--input 2x20] [--weights FILE] [--backend CHOICE]\n\n"
           "Explains a parameter: its state, its shape, what is missing and what supplies it, and what fills it.\n\n"
           "  --input    the shape of an input, ?x20 where a size is unknown; once for each input\n"
           "  --weights  a checkpoint that is loaded first\n"
           "  --backend  where the weights live: a choice as in NASCENT_BACKEND, and stronger than it\n");
}

static size_t width(void)
{
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= NARROWEST)
        return size.ws_col;
    return USUAL;
}

/* Breaks at spaces; a word longer than a line stands alone. */
static void print_wrapped(const char *text, size_t columns)
{
    size_t used = 0;
    while (*text) {
        const size_t length = strcspn(text, " \n");
        if (length > 0) {
            if (used > 0 && used + 1 + length > columns) {
                printf("\n");
                used = 0;
            }
            printf("%s%.*s", used > 0 ? " " : "", (int)length, text);
            used += length + (used > 0);
            text += length;
        }
        if (*text == '\n') {
            printf("\n");
            used = 0;
        }
        text += *text != 0;
    }
    printf("\n");
}

typedef struct search {
    const nsc_parameter *wanted;
    char text[256];
} search;

static int find_initializer(void *user, size_t rule, const char *path, nsc_parameter *parameter,
                            const nsc_initializer *init)
{
    search *s = user;
    (void)rule, (void)path;
    if (parameter != s->wanted)
        return 0;
    nsc_initializer_describe(init, s->text, sizeof s->text);
    return 1;
}

static nsc_status explain(nsc_block *net, const char *path)
{
    const nsc_initialize_options options = {.size = sizeof options};
    char text[4096];
    nsc_status status = nsc_explain(net, path, text, sizeof text);
    if (status != NSC_OK)
        return status;
    search s = {.wanted = nsc_find_parameter(net, path)};
    status = nsc_rules_each(net, &options, find_initializer, &s);
    if (status != NSC_OK)
        return status;
    print_wrapped(text, width());
    printf("filled by: %s\n", s.text);
    return NSC_OK;
}

int nsc_tool_explain(int argc, char **argv)
{
    nsc_model_arguments arguments;
    nsc_loaded loaded = {0};
    int code;
    if (!nsc_model_command_line(argc, argv, NSC_TOOL_PATH | NSC_TOOL_INPUT | NSC_TOOL_WEIGHTS | NSC_TOOL_BACKEND, help,
                                &arguments, &code))
        return code;
    code = NSC_TOOL_FAILED;
    if (nsc_load_model(&arguments, 0, &loaded))
        code = explain(loaded.net, arguments.path) == NSC_OK ? NSC_TOOL_OK : nsc_tool_failed();
    nsc_loaded_close(&loaded);
    return code;
}
