/* SPDX-License-Identifier: Apache-2.0 */
/* The library that a plug-in misses. */
extern int gone;
int gone = 1;
