/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures for Graphviz. */
#include "picture.h"

#include <stdlib.h>
#include <string.h>

enum { WIDEST = 44, MOST_LINES = 3 };

/* ---- texts ------------------------------------------------------------------------------------------------------- */

static void put_escaped(FILE *to, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        switch (text[i]) {
        case '&':
            fputs("&amp;", to);
            break;
        case '<':
            fputs("&lt;", to);
            break;
        case '>':
            fputs("&gt;", to);
            break;
        case '"':
            fputs("&quot;", to);
            break;
        default:
            fputc((unsigned char)text[i] < ' ' ? ' ' : text[i], to);
        }
}

/* How much of text is one line: up to the last space, or within a character of UTF-8 up to its start. */
static size_t line_length(const char *text)
{
    size_t length = strlen(text), at = WIDEST;
    if (length <= WIDEST)
        return length;
    while (at > WIDEST / 2 && text[at] != ' ')
        at--;
    if (text[at] == ' ')
        return at;
    for (at = WIDEST; ((unsigned char)text[at] & 0xc0) == 0x80; at--)
        ;
    return at;
}

static void put_lines(FILE *to, const char *text)
{
    for (int line = 0; *text != 0; line++) {
        const size_t length = line_length(text);
        const int cut = line == MOST_LINES - 1 && text[length] != 0;
        fputs("<br/><font point-size=\"9\">", to);
        put_escaped(to, text, length);
        fputs(cut ? " &#8230;</font>" : "</font>", to);
        if (cut)
            return;
        text += length;
        text += strspn(text, " ");
    }
}

char *nsc_picture_text(const char *heading, const char *const *lines)
{
    char *text = NULL;
    size_t length;
    FILE *to = open_memstream(&text, &length);
    if (to == NULL)
        return NULL;
    fputs("<b>", to);
    put_escaped(to, heading, strlen(heading));
    fputs("</b>", to);
    for (; *lines != NULL; lines++)
        put_lines(to, *lines);
    if (fclose(to) == 0)
        return text;
    free(text);
    return NULL;
}

/* ---- boxes ------------------------------------------------------------------------------------------------------- */

void nsc_picture_box(nsc_picture *picture, const nsc_box *box)
{
    if (box->lines != NULL && picture->count == picture->capacity) {
        const size_t capacity = picture->capacity > 0 ? picture->capacity * 2 : 64;
        nsc_box *grown = realloc(picture->boxes, capacity * sizeof *grown);
        if (grown != NULL) {
            picture->boxes = grown;
            picture->capacity = capacity;
        }
    }
    if (box->lines != NULL && picture->count < picture->capacity) {
        picture->boxes[picture->count++] = *box;
        return;
    }
    picture->failed = 1;
    free(box->lines);
}

/* What stands in one block is together: a dot is less than any other character of a name. */
static int by_path(const void *a, const void *b)
{
    const nsc_box *x = a, *y = b;
    size_t i = 0;
    while (i < x->path_length && i < y->path_length && x->path[i] == y->path[i])
        i++;
    const int left = i == x->path_length ? 0 : x->path[i] == '.' ? 1 : 2 + (unsigned char)x->path[i];
    const int right = i == y->path_length ? 0 : y->path[i] == '.' ? 1 : 2 + (unsigned char)y->path[i];
    if (left != right)
        return left - right;
    if (x->kind != y->kind)
        return x->kind - y->kind;
    return (x->number > y->number) - (x->number < y->number);
}

static void put_box(FILE *to, const nsc_box *box)
{
    static const char *const looks[] = {
        [NSC_LOOK_VALUE] = "",
        [NSC_LOOK_PARAMETER] =
            ", fillcolor=\"#fafafa\", color=\"#b8c0c8\", fontcolor=\"#6a737d\", style=\"filled,dashed\"",
        [NSC_LOOK_INPUT] = ", shape=ellipse, style=filled, fillcolor=\"#d5e8f7\", color=\"#3572a5\"",
        [NSC_LOOK_OUTPUT] = ", shape=ellipse, style=filled, fillcolor=\"#d9f0dc\", color=\"#2e7d32\""};
    fprintf(to, "  %c%zu [label=<%s>%s];\n", box->kind, box->number, box->lines, looks[box->look]);
}

/* The kind of the block at this path, if a box that stands in it knows it. */
static const char *block_at(const nsc_picture *picture, const char *path, size_t length)
{
    for (size_t i = 0; i < picture->count; i++) {
        const nsc_box *box = &picture->boxes[i];
        if (box->block != NULL && box->path_length == length && memcmp(box->path, path, length) == 0)
            return box->block;
    }
    return NULL;
}

static size_t next_end(const char *path, size_t from, size_t length)
{
    while (from < length && path[from] != '.')
        from++;
    return from;
}

static void open_clusters(nsc_picture *picture, const char *path, size_t from, size_t length, size_t *number)
{
    while (from < length) {
        const size_t end = next_end(path, from, length);
        const char *block = block_at(picture, path, end);
        fprintf(picture->to, "  subgraph cluster_%zu {\n  label=<<b>", (*number)++);
        put_escaped(picture->to, path + from, end - from);
        fputs("</b>", picture->to);
        if (block != NULL) {
            fputs("&#160;", picture->to); /* SVG drops a space at the end of a bold word */
            put_escaped(picture->to, block, strlen(block));
        }
        fputs(">;\n", picture->to);
        from = end + 1;
    }
}

/* Closes what of the path at hand is not in the next one. The result is where the next one goes on. */
static size_t close_clusters(FILE *to, const char *path, size_t length, const char *next, size_t next_length)
{
    size_t common = 0, at = 0;
    while (at < length && at < next_length) {
        const size_t end = next_end(path, at, length), next_at = next_end(next, at, next_length);
        if (end != next_at || memcmp(path + at, next + at, end - at) != 0)
            break;
        common = at = end + 1;
    }
    for (at = common; at < length; at = next_end(path, at, length) + 1)
        fputs("  }\n", to);
    return common;
}

void nsc_picture_boxes(nsc_picture *picture, const char *title)
{
    FILE *to = picture->to;
    const char *path = "";
    size_t length = 0, clusters = 0;
    fputs("digraph nascent {\n  graph [label=<", to);
    for (size_t end; *title != 0; title += end + (title[end] != 0)) {
        end = strcspn(title, "\n");
        put_escaped(to, title, end);
        fputs("<br/>", to);
    }
    fputs(">, labelloc=t, fontname=\"Helvetica\", fontsize=12, style=\"rounded,filled\", fillcolor=\"#f4f6f8\", "
          "color=\"#c4ccd4\", nodesep=0.3, ranksep=0.35];\n"
          "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\", color=\"#57606a\", "
          "fontname=\"Helvetica\", "
          "fontsize=11, margin=\"0.12,0.06\", height=0.3];\n"
          "  edge [color=\"#57606a\", fontname=\"Helvetica\", fontsize=9, fontcolor=\"#57606a\", arrowsize=0.6];\n",
          to);
    if (picture->count > 0)
        qsort(picture->boxes, picture->count, sizeof *picture->boxes, by_path);
    for (size_t i = 0; i < picture->count; i++) {
        const nsc_box *box = &picture->boxes[i];
        const size_t common = close_clusters(to, path, length, box->path, box->path_length);
        path = box->path;
        length = box->path_length;
        open_clusters(picture, path, common, length, &clusters);
        put_box(to, box);
    }
    close_clusters(to, path, length, "", 0);
    for (size_t i = 0; i < picture->count; i++)
        free(picture->boxes[i].lines);
    free(picture->boxes);
    picture->boxes = NULL;
    picture->count = picture->capacity = 0;
}

void nsc_picture_edge(nsc_picture *picture, char from_kind, size_t from, char to_kind, size_t to, const char *label)
{
    fprintf(picture->to, "  %c%zu -> %c%zu", from_kind, from, to_kind, to);
    if (*label != 0) {
        fputs(" [label=<&#160;", picture->to);
        put_escaped(picture->to, label, strlen(label));
        fputs(">]", picture->to);
    }
    fputs(";\n", picture->to);
}

void nsc_picture_below(nsc_picture *picture, char from_kind, size_t from, char to_kind, size_t to)
{
    fprintf(picture->to, "  %c%zu -> %c%zu [style=invis];\n", from_kind, from, to_kind, to);
}

void nsc_picture_end(nsc_picture *picture)
{
    fputs("}\n", picture->to);
}
