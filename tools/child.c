/* SPDX-License-Identifier: Apache-2.0 */
/* A child process with a time-out. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

/* What a driver prints goes to standard error: standard output is the parent's, and may be JSON. */
static void become(char *const *argv, int answer)
{
    if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        _exit(126);
    if (answer == NSC_CHILD_ANSWER)
        fcntl(answer, F_SETFD, 0);
    else if (dup2(answer, NSC_CHILD_ANSWER) < 0)
        _exit(126);
    execv("/proc/self/exe", argv);
    _exit(127);
}

typedef enum outcome { ENDED, LATE, NO_MEMORY } outcome;

/* Reads until the other end is closed. */
static outcome collect(int from, long deadline, char **text)
{
    size_t length = 0, capacity = 0;
    for (;;) {
        if (capacity - length < 4096) {
            capacity = capacity * 2 + 8192;
            char *grown = realloc(*text, capacity);
            if (!grown)
                return NO_MEMORY;
            *text = grown;
        }
        (*text)[length] = 0;
        long left = deadline - milliseconds();
        struct pollfd ready = {.fd = from, .events = POLLIN};
        if (left <= 0 || poll(&ready, 1, (int)left) == 0)
            return LATE;
        ssize_t got = read(from, *text + length, capacity - length - 1);
        if (got == 0)
            return ENDED;
        if (got > 0)
            length += (size_t)got;
        else if (errno != EINTR)
            return ENDED;
    }
}

/* Waits until the child has ended; past the deadline it is killed. 0: it had to be. */
static int await(pid_t child, long deadline, int *state)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    for (;;) {
        pid_t ended = waitpid(child, state, WNOHANG);
        if (ended == child || (ended < 0 && errno != EINTR))
            return 1;
        if (milliseconds() >= deadline)
            break;
        nanosleep(&pause, NULL);
    }
    kill(child, SIGKILL);
    while (waitpid(child, state, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

char *nsc_child_ask(char *const *argv, unsigned seconds, char *why, size_t capacity)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        snprintf(why, capacity, "no pipe: %s", strerror(errno));
        return NULL;
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        become(argv, ends[1]);
    close(ends[1]);
    if (child < 0) {
        snprintf(why, capacity, "no child process: %s", strerror(errno));
        close(ends[0]);
        return NULL;
    }
    long deadline = milliseconds() + (long)seconds * 1000L;
    char *text = NULL;
    int state = 0;
    outcome read_as = collect(ends[0], deadline, &text);
    int in_time = await(child, read_as == NO_MEMORY ? 0 : deadline, &state);
    close(ends[0]);
    if (read_as == ENDED && in_time && WIFEXITED(state) && WEXITSTATUS(state) == 0)
        return text;
    free(text);
    if (read_as == NO_MEMORY)
        snprintf(why, capacity, "no memory for the answer of the child process");
    else if (!in_time || read_as == LATE)
        snprintf(why, capacity, "no answer within %u seconds: the driver hangs", seconds);
    else if (WIFSIGNALED(state))
        snprintf(why, capacity, "the driver ended the process with signal %d (%s)", WTERMSIG(state),
                 strsignal(WTERMSIG(state)));
    else
        snprintf(why, capacity, "the driver ended the process with exit code %d", WEXITSTATUS(state));
    return NULL;
}
