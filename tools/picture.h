/* SPDX-License-Identifier: Apache-2.0 */
/* Boxes in nested clusters, and edges between them, in the language of Graphviz. */
#ifndef NASCENT_TOOLS_PICTURE_H
#define NASCENT_TOOLS_PICTURE_H

#include <stddef.h>
#include <stdio.h>

typedef enum nsc_look { NSC_LOOK_VALUE, NSC_LOOK_PARAMETER, NSC_LOOK_INPUT, NSC_LOOK_OUTPUT } nsc_look;

typedef struct nsc_box {
    char kind; /* with number: what it is called in the file, "n3" */
    size_t number;
    nsc_look look;
    const char *path; /* of the block that it is in, path_length bytes; 0: in none */
    size_t path_length;
    const char *block; /* the kind of that block; NULL: not known */
    char *lines;       /* HTML-like text, to be freed */
} nsc_box;

typedef struct nsc_picture {
    FILE *to;
    nsc_box *boxes;
    size_t count, capacity;
    int failed; /* no memory */
} nsc_picture;

/* Adds a box of that path, with lines that nsc_picture_text made; NULL lines: memory is gone. */
void nsc_picture_box(nsc_picture *picture, const nsc_box *box);
/* All boxes, a cluster a block, and what begins the picture. Empties the list. */
void nsc_picture_boxes(nsc_picture *picture, const char *title);
/* from and to are boxes; label "" for none. */
void nsc_picture_edge(nsc_picture *picture, char from_kind, size_t from, char to_kind, size_t to, const char *label);
/* The box `to` stands below `from`; nothing is drawn. */
void nsc_picture_below(nsc_picture *picture, char from_kind, size_t from, char to_kind, size_t to);
void nsc_picture_end(nsc_picture *picture);

/* The lines of a box: a heading, then smaller lines, NULL ends them. Empty ones are left out, long ones are broken at spaces
 * and cut after three. To be freed; NULL: no memory. */
char *nsc_picture_text(const char *heading, const char *const *lines);

#endif
