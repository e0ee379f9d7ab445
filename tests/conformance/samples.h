/* SPDX-License-Identifier: Apache-2.0 */
/* Maps with random programs, for cases_expressions.c. */
#ifndef NASCENT_CONFORMANCE_SAMPLES_H
#define NASCENT_CONFORMANCE_SAMPLES_H

#include "conformance.h"

enum { BATCH = 16, ELEMENTS = 256, ROOM = 4 * ELEMENTS, VIEWS = 8, PACKED = 8 };

/* A map with the values it works on. */
typedef struct sample {
    expression program;
    nsc_backend_map map;
    nsc_dtype in[NSC_BACKEND_MAX_INPUTS], out[NSC_BACKEND_MAX_OUTPUTS];
    float scalars[NSC_BACKEND_MAX_SCALARS];
    bool choosing;                            /* the last input chooses among the expressions of an output */
    uint32_t packed[NSC_BACKEND_MAX_OUTPUTS]; /* how many they are */
    uint32_t seen[NSC_BACKEND_MAX_OUTPUTS];   /* a bit for each that an element was made from */
} sample;

typedef struct batch {
    sample samples[BATCH];
    uint32_t count, expressions;
    bool twice; /* together as well */
    /* ROOM elements of 4 bytes for each view of each sample. */
    unsigned char inputs[BATCH * VIEWS * ROOM * 4], alone[BATCH * VIEWS * ROOM * 4], together[BATCH * VIEWS * ROOM * 4];
} batch;

/* Below `below`; SplitMix64. */
uint32_t draw(uint64_t *state, uint32_t below);
/* In [-4, 4), or special. */
float draw_float(uint64_t *state);

/* programs.c */
/* The program of a sample: outputs of at most `most` random expressions each. Gives how many there are. */
uint32_t random_program(sample *s, uint64_t *state, uint32_t outputs, uint32_t most);
/* The same over ops of a constant and an input, the *next-th of them and so on; gives 0 behind the last. */
uint32_t constant_program(sample *s, uint32_t *next);
/* The expression that an element of an output shows, as text: "x0 2 mul". A temporary may be set further up. */
void program_text(const expression *e, uint32_t output, uint32_t which, char *text, size_t capacity);

/* samples.c */
/* One more sample of a batch, of at most `most` expressions. */
void add_random_sample(batch *b, uint64_t *state, uint64_t most);
/* One with constant_program; false: there are no more. */
bool add_constant_sample(batch *b, uint64_t *state, uint32_t *next);
/* What the outputs may be at the index-th element. */
void sample_reference(const batch *b, const sample *s, int64_t index, range *outputs);
/* What an output is there, in memory of the outputs. */
double sample_stored(const sample *s, const unsigned char *memory, uint32_t output, int64_t index);
/* Which of the expressions of an output an element shows; PACKED: none, it is -0. */
uint32_t sample_shows(const batch *b, const sample *s, uint32_t output, int64_t index);

#endif
