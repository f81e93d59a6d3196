/* The C library's calls to syslog, all through `say(format, list)`, which stands before this file is included. */
void vsyslog(int priority, const char *format, va_list list) { (void)priority; say(format, list); }
void syslog(int priority, const char *format, ...) {
    va_list list;
    (void)priority;
    va_start(list, format);
    say(format, list);
    va_end(list);
}
void __syslog_chk(int priority, int flag, const char *format, ...) {
    va_list list;
    (void)priority;
    (void)flag;
    va_start(list, format);
    say(format, list);
    va_end(list);
}
void __vsyslog_chk(int priority, int flag, const char *format, va_list list) { (void)priority; (void)flag; say(format, list); }
