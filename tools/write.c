/* SPDX-License-Identifier: Apache-2.0 */
/* Files, written as a whole. */
#include "write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "say.h"

/* The descriptor becomes the file's, or is closed. 0: errno says why not. */
static int fill(int descriptor, const char *text, size_t length)
{
    const mode_t mask = umask(0);
    umask(mask);
    FILE *to = fdopen(descriptor, "w");
    if (to == NULL) {
        close(descriptor);
        return 0;
    }
    int good = fchmod(descriptor, 0666 & ~mask) == 0 && fwrite(text, 1, length, to) == length && fflush(to) == 0 &&
               fsync(descriptor) == 0;
    const int error = errno;
    if (fclose(to) != 0 && good)
        return 0;
    errno = good ? errno : error;
    return good;
}

int nsc_write_file(const char *option, const char *file, const char *text, size_t length)
{
    if (!nsc_say_writable(option, file))
        return NSC_EXIT_FAILED;
    const size_t room = strlen(file) + sizeof ".XXXXXX";
    char *temporary = malloc(room);
    if (temporary == NULL)
        return nsc_say_failed("%s: no memory for its name, --%s; free some", file, option);
    snprintf(temporary, room, "%s.XXXXXX", file);
    const int descriptor = mkstemp(temporary);
    const int good = descriptor >= 0 && fill(descriptor, text, length) && rename(temporary, file) == 0;
    const int error = errno;
    if (!good && descriptor >= 0)
        unlink(temporary);
    free(temporary);
    if (!good)
        return nsc_say_failed("%s: cannot be written, --%s: %s; free some space, or name another file", file, option,
                              strerror(error));
    return NSC_EXIT_OK;
}
