/* SPDX-License-Identifier: Apache-2.0 */
/* Counts allocations and formatting by the objects that are linked into the program, and by nobody else. */
#ifndef TESTS_MODEL_INTERPOSE_H
#define TESTS_MODEL_INTERPOSE_H

/* Counting starts at 0, for all threads. */
void interpose_start(void);
/* Stops, and gives the calls seen; *name is the last one's ("malloc"), NULL when there was none. */
unsigned long interpose_stop(const char **name);

#endif
