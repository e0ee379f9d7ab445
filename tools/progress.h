/* SPDX-License-Identifier: Apache-2.0 */
/* One line on standard error that says what is being done and for how long, while it is being done. Only where standard
 * error is a terminal; elsewhere these do nothing. One thread uses them. */
#ifndef NASCENT_TOOLS_PROGRESS_H
#define NASCENT_TOOLS_PROGRESS_H

/* Shows the line, or changes it. The seconds since it was first shown count up by themselves. */
void nsc_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Takes the line away, so that something else may be written. */
void nsc_progress_end(void);

#endif
