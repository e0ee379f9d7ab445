/* SPDX-License-Identifier: Apache-2.0 */
/* Terminals. NO_COLOR (no-color.org) and TERM are read here: they are about the command's output, not the library's. */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NARROWEST = 20, USUAL = 80 };

int nsc_is_terminal(FILE *to)
{
    const char *kind = getenv("TERM");
    return isatty(fileno(to)) && (kind == NULL || strcmp(kind, "dumb") != 0);
}

static const char *colour(FILE *to, const char *sequence)
{
    const char *none = getenv("NO_COLOR");
    return nsc_is_terminal(to) && (none == NULL || *none == 0) ? sequence : "";
}

const char *nsc_bold(FILE *to)
{
    return colour(to, "\033[1m");
}

const char *nsc_red(FILE *to)
{
    return colour(to, "\033[31m");
}

const char *nsc_green(FILE *to)
{
    return colour(to, "\033[32m");
}

const char *nsc_plain(FILE *to)
{
    return colour(to, "\033[0m");
}

size_t nsc_width(FILE *to)
{
    struct winsize size;
    if (isatty(fileno(to)) && ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col >= NARROWEST)
        return size.ws_col;
    return USUAL;
}

void nsc_print_wrapped(FILE *to, const char *text, size_t column)
{
    const size_t columns = nsc_width(to);
    size_t used = column;
    int begun = 0;
    while (*text) {
        const size_t length = strcspn(text, " \n");
        if (length > 0) {
            if (begun && used + 1 + length > columns) {
                fprintf(to, "\n%*s", (int)column, "");
                used = column;
                begun = 0;
            }
            if (begun)
                fputc(' ', to);
            for (size_t i = 0; i < length; i++)
                fputc(text[i] == NSC_HARD_SPACE ? ' ' : text[i], to);
            used += length + (begun ? 1 : 0);
            begun = 1;
            text += length;
        }
        if (*text == '\n') {
            fprintf(to, "\n%*s", text[1] && text[1] != '\n' ? (int)column : 0, "");
            used = column;
            begun = 0;
        }
        text += *text != 0;
    }
    fprintf(to, "\n");
}
