/* SPDX-License-Identifier: Apache-2.0 */
/* Status codes and the visibility of symbols. Every function that can fail returns an nsc_status; the text behind it is
 * read with nsc_last_error (context.h). */
#ifndef NASCENT_STATUS_H
#define NASCENT_STATUS_H

#if defined(__GNUC__)
#define NSC_API __attribute__((visibility("default")))
#else
#define NSC_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* One code for each remedy. */
typedef enum nsc_status {
    NSC_OK = 0,
    NSC_INVALID,        /* an argument is wrong: mend the call */
    NSC_NO_MEMORY,      /* host or device memory ran out: nothing was changed */
    NSC_UNSUPPORTED,    /* legal, but not possible here */
    NSC_UNAVAILABLE,    /* the backend or device asked for is not on this machine */
    NSC_REFUSED,        /* a plug-in, name or file that breaks a rule */
    NSC_DEVICE_LOST,    /* the device is gone: close the context and open another */
    NSC_NOT_REQUESTED,  /* a value is wanted that nobody asked to initialise: call nsc_initialize */
    NSC_PENDING,        /* requested, but a dimension is unknown: run a forward, or declare it */
    NSC_SHAPE_CONFLICT, /* two sizes for one dimension: the text names both and who said them */
    NSC_NO_GRADIENT,    /* a gradient is wanted where none is kept */
    NSC_WRONG_DEVICE,   /* an object of another context */
    NSC_WRONG_DTYPE,    /* an element type that this operation does not take */
    NSC_IO,             /* a file cannot be read, or is not what it says it is */
    NSC_FAILED          /* anything else: the text has the cause */
} nsc_status;

/* "NSC_PENDING" and so on; "NSC_?" for a number that is no code. Static. */
NSC_API const char *nsc_status_name(nsc_status status);

#ifdef __cplusplus
}
#endif

#endif
