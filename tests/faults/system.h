/* SPDX-License-Identifier: Apache-2.0 */
/* A file system that fails, for the objects of this program (the linker's --wrap): open, read, write, fsync, close,
 * rename and fstat. unlink always works. */
#ifndef TESTS_FAULTS_SYSTEM_H
#define TESTS_FAULTS_SYSTEM_H

#include <stdbool.h>

/* The nth call from now on fails, once; 0: none does. */
void system_fail_at(long n);
/* The nth call and every later one fail. */
void system_fail_from(long n);
/* Has that call been made? */
bool system_failed(void);
/* The process ends at the nth call from now on, as if it were killed there. */
void system_die_at(long n);
/* Room for so many bytes: what is beyond is not written, and then there is none; -1: no limit. */
void system_room(long bytes);
/* Every call is interrupted once before it works, and a read or write does half of what it is asked. */
void system_hesitate(bool hesitate);

#endif
