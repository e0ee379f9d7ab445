/* SPDX-License-Identifier: Apache-2.0 */
/* What a backend says about a device: is it sane, and how is it told to people? */
#include <stdio.h>
#include <string.h>

#include "core/device/open.h"

#define MAX_ALIGNMENT (1u << 20)

bool nsc_limits_valid(const nsc_backend_limits *limits, char *why, size_t capacity)
{
    const uint32_t dtypes = NSC_BACKEND_HAS_F32 | NSC_BACKEND_HAS_I32 | NSC_BACKEND_HAS_U32 | NSC_BACKEND_HAS_U8;
    if (limits->struct_size != NSC_BACKEND_LIMITS_SIZE)
        snprintf(why, capacity, "limits.struct_size: expected %u as core set it, found %u", NSC_BACKEND_LIMITS_SIZE,
                 limits->struct_size);
    else if ((limits->storage_dtypes & dtypes) != dtypes)
        snprintf(why, capacity, "limits.storage_dtypes: expected f32, i32, u32 and u8 (0x%x), found 0x%x", dtypes,
                 limits->storage_dtypes);
    else if (limits->expression_version < 1)
        snprintf(why, capacity, "limits.expression_version: expected at least 1, found 0");
    else if (limits->max_rank < NSC_BACKEND_MAX_RANK)
        snprintf(why, capacity, "limits.max_rank: expected at least %d, found %u", NSC_BACKEND_MAX_RANK,
                 limits->max_rank);
    else if (limits->alignment == 0 || limits->alignment > MAX_ALIGNMENT ||
             (limits->alignment & (limits->alignment - 1)) != 0)
        snprintf(why, capacity, "limits.alignment: expected a power of two up to %u, found %u", MAX_ALIGNMENT,
                 limits->alignment);
    else if (limits->max_buffer_bytes == 0)
        snprintf(why, capacity, "limits.max_buffer_bytes: expected more than 0, found 0");
    else if (!memchr(limits->note, 0, sizeof limits->note))
        snprintf(why, capacity, "limits.note: expected a text that ends, found none");
    else
        return true;
    return false;
}

static const char *kind_name(uint32_t kind)
{
    switch (kind) {
    case NSC_BACKEND_CPU:
        return "cpu";
    case NSC_BACKEND_GPU:
        return "gpu";
    case NSC_BACKEND_ACCELERATOR:
        return "accelerator";
    default:
        return "other";
    }
}

void nsc_info_describe(const nsc_backend_info *found, const char *backend, const char *file, uint32_t index,
                       nsc_device_info *info)
{
    *info = (nsc_device_info){
        .backend = backend,
        .file = file,
        .index = index,
        .kind = kind_name(found->kind),
        .name = found->name,
        .vendor = found->vendor,
        .platform = found->platform,
        .driver = found->driver,
        .id = found->id,
        .auto_rank = found->auto_rank,
        .memory_bytes = found->memory_bytes,
    };
}

void nsc_device_describe(const nsc_device *device, nsc_device_info *info)
{
    nsc_info_describe(&device->info, device->table.name, device->file, device->index, info);
    const nsc_backend_limits *limits = &device->limits;
    if (limits->memory_bytes > 0)
        info->memory_bytes = limits->memory_bytes;
    info->max_buffer_bytes = limits->max_buffer_bytes;
    info->local_memory_bytes = limits->local_memory_bytes;
    info->max_work_group = limits->max_work_group;
    info->alignment = limits->alignment;
    info->optional_kinds = device->kinds;
    info->threads = limits->threads;
    info->note = limits->note;
}

void nsc_device_title(char *title, size_t capacity, const char *backend, uint32_t index, const nsc_backend_info *info)
{
    snprintf(title, capacity, "%s:%u '%.100s'", backend, index, info->name);
}
