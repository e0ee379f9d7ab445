/* SPDX-License-Identifier: Apache-2.0 */
/* The picture of a graph, or of a plan. */
#include "graph_dot.h"

#include <stdlib.h>

const char *nsc_graph_last_name(const char *path)
{
    const size_t owner = nsc_graph_owner(path);
    return owner > 0 ? path + owner + 1 : path;
}

char *nsc_graph_dot(const nsc_graph_shown *shown, size_t *length)
{
    char *text = NULL;
    nsc_picture picture = {.to = open_memstream(&text, length)};
    if (picture.to == NULL)
        return NULL;
    if (shown->plan != NULL)
        nsc_graph_draw_planned(&picture, shown);
    else
        nsc_graph_draw_declared(&picture, shown);
    nsc_picture_end(&picture);
    if (fclose(picture.to) == 0 && !picture.failed)
        return text;
    free(text);
    return NULL;
}
