/* SPDX-License-Identifier: Apache-2.0 */
/* The one form of errors. */
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "progress.h"
#include "terminal.h"

static const char *running;

void nsc_say_for(const char *subcommand)
{
    running = subcommand;
}

static void begin(void)
{
    nsc_progress_end();
    fprintf(stderr, "%snascent%s%s:%s ", nsc_red(stderr), running ? " " : "", running ? running : "",
            nsc_plain(stderr));
}

int nsc_say_usage(const char *format, ...)
{
    va_list list;
    begin();
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fprintf(stderr, " (nascent%s%s --help tells more)\n", running ? " " : "", running ? running : "");
    return NSC_EXIT_USAGE;
}

int nsc_say_failed(const char *format, ...)
{
    va_list list;
    begin();
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fprintf(stderr, "\n");
    return NSC_EXIT_FAILED;
}

int nsc_say_refused(const char *remedy)
{
    const char *chain = nsc_last_error(NULL);
    const size_t first = strcspn(chain, "\n");
    const char *own = strstr(chain, "; say ");
    begin();
    fprintf(stderr, "%.*s", (int)first, chain);
    if (own == NULL || own > chain + first)
        fprintf(stderr, "; %s", remedy);
    fprintf(stderr, "\n");
    for (const char *line = chain + first; *line; line += strcspn(line, "\n")) {
        line++;
        if (*line && *line != '\n')
            fprintf(stderr, "  %.*s\n", (int)strcspn(line, "\n"), line);
    }
    return NSC_EXIT_FAILED;
}

int nsc_say_writable(const char *option, const char *file)
{
    const char *slash = strrchr(file, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(file, slash == file ? 1 : (size_t)(slash - file));
    struct stat about;
    int good = 0;
    if (folder == NULL)
        nsc_say_failed("no memory for the name of a folder, --%s; free some", option);
    else if (stat(folder, &about) != 0)
        nsc_say_failed("%s: the folder cannot be used, --%s %s: %s; make it, or name another", folder, option, file,
                       strerror(errno));
    else if (!S_ISDIR(about.st_mode))
        nsc_say_failed("%s: this is no folder, --%s %s; name a file in a folder", folder, option, file);
    else if (access(folder, W_OK | X_OK) != 0)
        nsc_say_failed("%s: the folder cannot be written to, --%s %s: %s; name another", folder, option, file,
                       strerror(errno));
    else if (stat(file, &about) == 0 && S_ISDIR(about.st_mode))
        nsc_say_failed("%s: this is a folder, --%s; name a file in it", file, option);
    else if (stat(file, &about) == 0 && !S_ISREG(about.st_mode))
        nsc_say_failed("%s: this is a device or a pipe, --%s; name a file, which is replaced as a whole", file, option);
    else
        good = 1;
    free(folder);
    return good;
}
