/* SPDX-License-Identifier: Apache-2.0 */
/* Host memory that fails on the nth request, for the objects of this program (the linker's --wrap). */
#ifndef TESTS_FAULTS_MEMORY_H
#define TESTS_FAULTS_MEMORY_H

#include <stdbool.h>

/* The nth request from now on fails, once; 0: none does. */
void memory_fail_at(long n);
/* Has that request been made? */
bool memory_failed(void);

#endif
