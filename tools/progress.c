/* SPDX-License-Identifier: Apache-2.0 */
/* A thread of its own draws the line: most of what takes long is a single call of the library. */
#include "progress.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "terminal.h"

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    int shown; /* the thread is there; changed by the using thread alone */
    int ends;
    char text[192];
    struct timespec since;
} line = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* write, not stdio: a child process may be made at any time, and must not inherit a lock. */
static void put(const char *text, size_t length)
{
    while (length > 0) {
        const ssize_t done = write(STDERR_FILENO, text, length);
        if (done <= 0)
            return;
        text += done;
        length -= (size_t)done;
    }
}

static void draw(void)
{
    char text[256], whole[300];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(text, sizeof text, "%s ... %lld s", line.text, (long long)(now.tv_sec - line.since.tv_sec));
    const size_t columns = nsc_width(stderr);
    const int length = snprintf(whole, sizeof whole, "\r%.*s\033[K", (int)(columns > 240 ? 240 : columns - 1), text);
    put(whole, (size_t)length);
}

static void *keep_drawing(void *unused)
{
    pthread_mutex_lock(&line.lock);
    while (!line.ends) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 1;
        pthread_cond_timedwait(&line.changed, &line.lock, &until);
        if (!line.ends)
            draw();
    }
    pthread_mutex_unlock(&line.lock);
    return unused;
}

void nsc_progress(const char *format, ...)
{
    va_list list;
    if (!nsc_is_terminal(stderr))
        return;
    pthread_mutex_lock(&line.lock);
    va_start(list, format);
    vsnprintf(line.text, sizeof line.text, format, list);
    va_end(list);
    if (line.shown) {
        pthread_cond_signal(&line.changed);
    } else {
        line.ends = 0;
        clock_gettime(CLOCK_MONOTONIC, &line.since);
        draw();
        line.shown = pthread_create(&line.thread, NULL, keep_drawing, NULL) == 0;
    }
    pthread_mutex_unlock(&line.lock);
}

void nsc_progress_end(void)
{
    if (!line.shown)
        return;
    pthread_mutex_lock(&line.lock);
    line.ends = 1;
    pthread_cond_signal(&line.changed);
    pthread_mutex_unlock(&line.lock);
    pthread_join(line.thread, NULL);
    line.shown = 0;
    put("\r\033[K", 4);
}
