/* SPDX-License-Identifier: Apache-2.0 */
/* The picture in files; Graphviz makes the SVG. */
#include "graph_write.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "progress.h"
#include "say.h"
#include "write.h"

enum { LONGEST = 300 }; /* seconds */

/* The lines that a child has written, indented. */
static void repeat_lines(FILE *errors)
{
    char line[512];
    rewind(errors);
    while (fgets(line, sizeof line, errors) != NULL)
        if (line[strcspn(line, "\n")] = 0, *line != 0)
            fprintf(stderr, "  %s\n", line);
}

/* dot -Tsvg of the text, to be freed. NULL: *missing, or said. */
static char *lay_out(const char *dot, size_t length, const char *svg_file, int *missing)
{
    char program[] = "dot", form[] = "-Tsvg", *const argv[] = {program, form, NULL};
    char why[256], *svg = NULL;
    FILE *input = tmpfile(), *errors = tmpfile();
    *missing = 0;
    if (input == NULL || errors == NULL || fwrite(dot, 1, length, input) != length || fflush(input) != 0 ||
        lseek(fileno(input), 0, SEEK_SET) != 0) {
        nsc_say_failed("%s: no room for a temporary file, --svg; free some, or give --dot FILE", svg_file);
    } else {
        nsc_progress("dot lays the picture out");
        svg = nsc_child_filter(argv, fileno(input), fileno(errors), LONGEST, missing, why, sizeof why);
        nsc_progress_end();
        if (svg == NULL && !*missing) {
            nsc_say_failed("%s: dot made no picture, --svg: %s; mend Graphviz, or give --dot FILE", svg_file, why);
            repeat_lines(errors);
        }
    }
    if (input != NULL)
        fclose(input);
    if (errors != NULL)
        fclose(errors);
    return svg;
}

/* Where there is no Graphviz. */
static int write_dot_instead(nsc_graph_shown *shown, const char *svg_file, const char *dot, size_t length)
{
    static char name[4096];
    if (shown->dot_file == NULL) {
        if ((size_t)snprintf(name, sizeof name, "%s.dot", svg_file) >= sizeof name)
            return nsc_say_failed("%.60s...: the name is too long, --svg; name another file", svg_file);
        const int code = nsc_write_file("svg", name, dot, length);
        if (code != NSC_EXIT_OK)
            return code;
        shown->dot_file = name;
    }
    fprintf(stderr,
            "nascent graph: there is no dot in PATH, so %s has the picture as DOT text, and %s is not written; install "
            "graphviz\n",
            shown->dot_file, svg_file);
    return NSC_EXIT_OK;
}

int nsc_graph_write(nsc_graph_shown *shown, const char *svg_file, const char *dot_file)
{
    size_t length = 0;
    int missing, code = NSC_EXIT_OK;
    char *svg = NULL, *dot = nsc_graph_dot(shown, &length);
    if (dot == NULL)
        return nsc_say_failed("no memory for the picture; free some, or leave --svg and --dot out");
    if (svg_file != NULL && (svg = lay_out(dot, length, svg_file, &missing)) == NULL && !missing)
        code = NSC_EXIT_FAILED;
    if (code == NSC_EXIT_OK && dot_file != NULL && (code = nsc_write_file("dot", dot_file, dot, length)) == NSC_EXIT_OK)
        shown->dot_file = dot_file;
    if (code == NSC_EXIT_OK && svg != NULL && (code = nsc_write_file("svg", svg_file, svg, strlen(svg))) == NSC_EXIT_OK)
        shown->svg_file = svg_file;
    if (code == NSC_EXIT_OK && svg_file != NULL && svg == NULL)
        code = write_dot_instead(shown, svg_file, dot, length);
    free(svg);
    free(dot);
    return code;
}
