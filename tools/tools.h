/* SPDX-License-Identifier: Apache-2.0 */
/* What the subcommands of the nascent command share. */
#ifndef NASCENT_TOOLS_H
#define NASCENT_TOOLS_H

/* Exit codes. */
#define NSC_TOOL_OK 0
#define NSC_TOOL_FAILED 1
#define NSC_TOOL_USAGE 2
#define NSC_TOOL_UNAVAILABLE 77 /* what is asked for is not on this machine: test runners count it as skipped */

/* A subcommand: argv[0] is its own name. The result is the exit code. */
int nsc_tool_devices(int argc, char **argv);
int nsc_tool_conformance(int argc, char **argv);
int nsc_tool_summary(int argc, char **argv);
int nsc_tool_explain(int argc, char **argv);
int nsc_tool_init(int argc, char **argv);

#endif
