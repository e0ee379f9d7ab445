/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the status codes. */
#include <nascent/status.h>

const char *nsc_status_name(nsc_status status)
{
    switch (status) {
    case NSC_OK:
        return "NSC_OK";
    case NSC_INVALID:
        return "NSC_INVALID";
    case NSC_NO_MEMORY:
        return "NSC_NO_MEMORY";
    case NSC_UNSUPPORTED:
        return "NSC_UNSUPPORTED";
    case NSC_UNAVAILABLE:
        return "NSC_UNAVAILABLE";
    case NSC_REFUSED:
        return "NSC_REFUSED";
    case NSC_DEVICE_LOST:
        return "NSC_DEVICE_LOST";
    case NSC_NOT_REQUESTED:
        return "NSC_NOT_REQUESTED";
    case NSC_PENDING:
        return "NSC_PENDING";
    case NSC_SHAPE_CONFLICT:
        return "NSC_SHAPE_CONFLICT";
    case NSC_NO_GRADIENT:
        return "NSC_NO_GRADIENT";
    case NSC_WRONG_DEVICE:
        return "NSC_WRONG_DEVICE";
    case NSC_WRONG_DTYPE:
        return "NSC_WRONG_DTYPE";
    case NSC_IO:
        return "NSC_IO";
    case NSC_FAILED:
        return "NSC_FAILED";
    }
    return "NSC_?";
}
