/* A virtual clock for cron daemons: time() is virtual, sleep(n) adds n seconds, and a job is written down instead of run.
 *
 * Use: CLOCK_START=EPOCH CLOCK_END=EPOCH CLOCK_LOG=FILE LD_PRELOAD=schedule_clock.so cron -f
 * The log holds a line "EPOCH COMMAND" for each job that the daemon would have started.
 * CLOCK_SAID=FILE, too: what the daemon tells syslog, as rsyslog would write it, each instead of "EPOCH COMMAND" with the
 * JOBNO of the job's environment in CLOCK_LOG.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static time_t *now;      /* shared by the daemon and its children */
static time_t end;
static time_t forked_at; /* a child lives at the instant of its fork */
static int is_child;
static pid_t born[512]; /* children that may still run: virtual time stands still until they have ended */
static int births;
static char log_path[4096]; /* opened when needed: daemons close what they did not open */
static char said_path[4096];
static const char *ident; /* the daemons change the text behind it */
extern char *program_invocation_short_name;

__attribute__((constructor)) static void begin(void) {
    const char *start = getenv("CLOCK_START");
    if (!start) return;
    now = mmap(NULL, sizeof *now, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *now = atoll(start);
    end = atoll(getenv("CLOCK_END"));
    snprintf(log_path, sizeof log_path, "%s", getenv("CLOCK_LOG"));
    if (getenv("CLOCK_SAID")) snprintf(said_path, sizeof said_path, "%s", getenv("CLOCK_SAID"));
    unsetenv("LD_PRELOAD");
}

time_t time(time_t *result) {
    struct timespec real;
    time_t value;
    if (now) value = is_child ? forked_at : *now;
    else { clock_gettime(CLOCK_REALTIME, &real); value = real.tv_sec; }
    if (result) *result = value;
    return value;
}

int gettimeofday(struct timeval *result, void *zone) {
    (void)zone;
    result->tv_sec = time(NULL);
    result->tv_usec = 0;
    return 0;
}

unsigned sleep(unsigned seconds) {
    struct timespec real = {seconds, 0};
    if (!now) return nanosleep(&real, NULL);
    if (is_child) return 0;
    for (siginfo_t info; births > 0;) waitid(P_PID, born[--births], &info, WEXITED | WNOWAIT);
    *now += seconds;
    if (*now > end) {
        while (waitpid(-1, NULL, 0) > 0) {}
        _exit(0);
    }
    return 0;
}

pid_t fork(void) {
    pid_t (*real)(void) = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");
    if (now && !is_child) forked_at = *now;
    pid_t pid = real();
    if (pid == 0) is_child = 1;
    else if (pid > 0 && births < 512) born[births++] = pid;
    return pid;
}

pid_t vfork(void) { return fork(); }

static void note(const char *command, char *const *environment) {
    char line[4096];
    if (said_path[0])
        for (command = "?"; environment && *environment; environment++)
            if (!strncmp(*environment, "JOBNO=", 6)) command = *environment + 6;
    int length = snprintf(line, sizeof line, "%ld %s\n", (long)time(NULL), command);
    int log_fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (write(log_fd, line, length < (int)sizeof line ? length : (int)sizeof line - 1) < 0) _exit(9);
    _exit(0);
}

/* the daemons call exec*(shell, shell, "-c", command, ..., NULL), and execle with the environment behind that */
#define NOTE_THIRD(first, environment)                     \
    va_list list;                                          \
    va_start(list, first);                                 \
    const char *option = va_arg(list, const char *);       \
    const char *command = option ? va_arg(list, const char *) : first; \
    for (const char *word = command; word && option; word = va_arg(list, const char *)) {} \
    note(command ? command : option, environment)

int execle(const char *path, const char *first, ...) { (void)path; NOTE_THIRD(first, va_arg(list, char *const *)); return 0; }
int execl(const char *path, const char *first, ...) { (void)path; NOTE_THIRD(first, NULL); return 0; }
int execlp(const char *path, const char *first, ...) { (void)path; NOTE_THIRD(first, NULL); return 0; }

static void say(const char *format, va_list list) {
    static char text[140000], line[600000];
    char stamp[32];
    time_t at = time(NULL);
    struct tm parts;
    if (!said_path[0]) return;
    vsnprintf(text, sizeof text, format, list);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", gmtime_r(&at, &parts));
    const char *name = ident ? ident : program_invocation_short_name;
    int length = snprintf(line, 200, "%s.000000+00:00 web01 %s[%d]: ", stamp, name, getpid());
    for (const unsigned char *letter = (unsigned char *)text; *letter && length < 8100; letter++) /* rsyslog: 8 KiB, #011 */
        length += sprintf(line + length, *letter < 32 || *letter == 127 ? "#%03o" : "%c", *letter);
    line[length++] = '\n';
    int said = open(said_path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (write(said, line, length) < 0) _exit(9);
    close(said);
}

void openlog(const char *name, int option, int facility) { (void)option; (void)facility; ident = name; }
#include "syslog_calls.h"
