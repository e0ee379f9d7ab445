/* SPDX-License-Identifier: Apache-2.0 */
/* Everything an application needs. Not included: <nascent/backend.h> and <nascent/device.h>, for backends and tools. */
#ifndef NASCENT_H
#define NASCENT_H

#include <nascent/archive.h>
#include <nascent/block.h>
#include <nascent/checkpoint.h>
#include <nascent/context.h>
#include <nascent/graph.h>
#include <nascent/io.h>
#include <nascent/model.h>
#include <nascent/operation_blocks.h>
#include <nascent/operations.h>
#include <nascent/parameter.h>
#include <nascent/plan.h>
#include <nascent/profile.h>
#include <nascent/random.h>
#include <nascent/status.h>
#include <nascent/tensor.h>
#include <nascent/trace.h>

#endif
