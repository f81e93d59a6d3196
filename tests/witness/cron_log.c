/* Writes what a daemon tells syslog to the file $CRON_LOG: where no /dev/log is there, it would be lost. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[4096];

__attribute__((constructor)) static void begin(void) {
    const char *given = getenv("CRON_LOG");
    if (given) snprintf(path, sizeof path, "%s", given);
    unsetenv("LD_PRELOAD");
}

static void say(const char *format, va_list list) {
    char line[8192];
    int length = vsnprintf(line, sizeof line - 1, format, list);
    if (length < 0 || !path[0]) return;
    if (length > (int)sizeof line - 2) length = sizeof line - 2;
    line[length++] = '\n';
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (fd >= 0) {
        if (write(fd, line, length) < 0) _exit(9);
        close(fd);
    }
}

#include "syslog_calls.h"
