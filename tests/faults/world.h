/* SPDX-License-Identifier: Apache-2.0 */
/* What a scenario lives in: two contexts, a net or two, a folder; and a text that shows all of it. */
#ifndef TESTS_FAULTS_WORLD_H
#define TESTS_FAULTS_WORLD_H

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nascent/nascent.h>

enum { WORLD_ROWS = 3, WORLD_WIDTH = 5, WORLD_TEXT = 1 << 16 };

/* A text that grows in a fixed place. */
typedef struct world_text {
    size_t length;
    char text[WORLD_TEXT];
} world_text;

typedef struct world {
    nsc_context *context, *other; /* of one backend; kept */
    nsc_block *net, *second;      /* released at the end; either may be NULL */
    nsc_tensor *value;            /* the same */
    const char *folder;
    char file[96];     /* in the folder */
    world_text events; /* what observers of net were told */
    world_text told;   /* what the call answered */
    const char *wrong; /* what it must not have done */
} world;

void world_say(world_text *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "NAME=HASH of bytes". */
void world_say_bytes(world_text *to, const char *name, const void *bytes, size_t count);

/* Two contexts of a backend; false where there is no such device. device: the calls into it can fail (device.h). */
bool world_open(world *w, const char *backend, bool device);
void world_close(world *w);
/* Empties the folder and the texts, and releases what there is; nothing may be left in use on the contexts. */
void world_clear(world *w);

/* first: dense 4 (orthogonal); 1: a custom block x a + b + c, a and b of one unknown size, c a constant; 2 and 3: dense
 * 4 without bias, tied to each other if wished; 4: dense 3. The input is (n, 5). Observed when it is w->net. */
nsc_block *world_net(world *w, bool tied);
void world_request(const world *w, nsc_block *net, uint64_t seed);
/* One forward. */
void world_run(const world *w, nsc_block *net);
void world_observe(world *w);

/* All there is to see: parameters with states, shapes, origins, requests, attributes, ties and values; events; the
 * tensor; files. */
void world_show(const world *w, world_text *text);

#endif
