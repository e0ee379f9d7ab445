/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes with a time-out. */
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

typedef struct child {
    char *const *argv;
    int itself;        /* this program once more; else argv[0] is another */
    int input, errors; /* of another program */
    unsigned seconds;
} child;

enum { CANNOT = 126, NO_PROGRAM = 127 }; /* exit codes, as of a shell */

/* What a driver prints goes to standard error: standard output is the parent's, and may be JSON. */
static void become_itself(char *const *argv, int answer)
{
    if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        _exit(CANNOT);
    if (answer == NSC_CHILD_ANSWER)
        fcntl(answer, F_SETFD, 0);
    else if (dup2(answer, NSC_CHILD_ANSWER) < 0)
        _exit(CANNOT);
    execv("/proc/self/exe", argv);
    _exit(NO_PROGRAM);
}

static void become_another(const child *c, int answer)
{
    if (dup2(c->input, STDIN_FILENO) < 0 || dup2(answer, STDOUT_FILENO) < 0 || dup2(c->errors, STDERR_FILENO) < 0)
        _exit(CANNOT);
    execvp(c->argv[0], c->argv);
    _exit(errno == ENOENT ? NO_PROGRAM : CANNOT);
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
static int await(pid_t process, long deadline, int *state)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    for (;;) {
        pid_t ended = waitpid(process, state, WNOHANG);
        if (ended == process || (ended < 0 && errno != EINTR))
            return 1;
        if (milliseconds() >= deadline)
            break;
        nanosleep(&pause, NULL);
    }
    kill(process, SIGKILL);
    while (waitpid(process, state, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

/* What it wrote, or NULL; *state is as from waitpid, and 0 where it was not started. */
static char *run(const child *c, int *state, char *why, size_t capacity)
{
    const char *who = c->itself ? "the driver" : c->argv[0];
    int ends[2];
    *state = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        snprintf(why, capacity, "no pipe: %s", strerror(errno));
        return NULL;
    }
    fflush(NULL);
    pid_t process = fork();
    if (process == 0 && c->itself)
        become_itself(c->argv, ends[1]);
    else if (process == 0)
        become_another(c, ends[1]);
    close(ends[1]);
    if (process < 0) {
        snprintf(why, capacity, "no child process: %s", strerror(errno));
        close(ends[0]);
        return NULL;
    }
    long deadline = milliseconds() + (long)c->seconds * 1000L;
    char *text = NULL;
    outcome read_as = collect(ends[0], deadline, &text);
    int in_time = await(process, read_as == NO_MEMORY ? 0 : deadline, state);
    close(ends[0]);
    if (read_as == ENDED && in_time && WIFEXITED(*state) && WEXITSTATUS(*state) == 0)
        return text;
    free(text);
    if (read_as == NO_MEMORY)
        snprintf(why, capacity, "no memory for the answer of the child process");
    else if (!in_time || read_as == LATE)
        snprintf(why, capacity, "no answer within %u seconds: %s hangs", c->seconds, who);
    else if (WIFSIGNALED(*state))
        snprintf(why, capacity, "%s ended the process with signal %d (%s)", who, WTERMSIG(*state),
                 strsignal(WTERMSIG(*state)));
    else
        snprintf(why, capacity, "%s ended the process with exit code %d", who, WEXITSTATUS(*state));
    return NULL;
}

char *nsc_child_ask(char *const *argv, unsigned seconds, char *why, size_t capacity)
{
    const child c = {.argv = argv, .itself = 1, .seconds = seconds};
    int state;
    return run(&c, &state, why, capacity);
}

char *nsc_child_filter(char *const *argv, int input, int errors, unsigned seconds, int *missing, char *why,
                       size_t capacity)
{
    const child c = {.argv = argv, .input = input, .errors = errors, .seconds = seconds};
    int state;
    char *text = run(&c, &state, why, capacity);
    *missing = text == NULL && WIFEXITED(state) && WEXITSTATUS(state) == NO_PROGRAM;
    return text;
}
