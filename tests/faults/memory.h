/* SPDX-License-Identifier: Apache-2.0 */
/* Host memory that fails on the nth request, for the objects of this program (the linker's --wrap) and for cJSON. */
#ifndef TESTS_FAULTS_MEMORY_H
#define TESTS_FAULTS_MEMORY_H

#include <stdbool.h>

/* The nth request from now on fails, once; 0: none does. */
void memory_fail_at(long n);
/* The nth request and every later one fail. */
void memory_fail_from(long n);
/* Has that request been made? */
bool memory_failed(void);
/* Counts a request of a library that stands for one: is it to fail? Sets errno. */
bool memory_request(void);
/* Lets cJSON ask here as well; before it is used. */
void memory_take_json(void);

#endif
