#!/bin/sh
# Records every job of a crontab: start, end, exit status, CPU and peak memory, one JSON object a line.
#
#   install -m 755 migrator-probe /usr/local/bin/migrator-probe
#   install -d -m 1733 @FOLDER@
#   then, at the top of the crontab:  SHELL=/usr/local/bin/migrator-probe
#
# The job runs in @SHELL@ with the arguments, input, output, directory and environment that cron gave; signals
# reach it, and its exit status comes back (128 + n where signal n ended it, as every shell says it). Where nothing can be
# recorded the job just runs. Peak memory is recorded where GNU time is /usr/bin/time (Debian: the package `time`).
# To end the measurement take the SHELL line out.

SHELL=@SHELL@
export SHELL
case $1 in -c) ;; *) exec @SHELL@ "$@" ;; esac
# A crontab's PATH need not have what is used here: the job gets it back.
_probe_path=${PATH-} _probe_had_path=${PATH+yes}
PATH=/usr/bin:/bin:/usr/sbin:/sbin
_probe_start() {
    if [ -n "$_probe_had_path" ]; then PATH=$_probe_path; else unset PATH; fi
    exec "$@"
}
_probe_log=@FOLDER@/$(id -u).jsonl
if [ -L "$_probe_log" ] || ! { true >>"$_probe_log"; } 2>/dev/null || ! (: 9<&0) 2>/dev/null; then
    _probe_start @SHELL@ "$@"
fi
_probe_at=$(date +%s)
_probe_up= _probe_rest=
{ read -r _probe_up _probe_rest </proc/uptime; } 2>/dev/null
_probe_id=$_probe_at-$$
# a record of less than 4 KiB is written in one piece, so that those of jobs that start together do not mix
_probe_hex=$(printf %s "$2" | od -An -v -tx1 | tr -d ' \n' | cut -c 1-3000)
printf '{"migrator_probe":1,"event":"start","id":"%s","at":%s,"uptime_s":"%s","user":"%s","command_hex":"%s"}\n' \
    "$_probe_id" "$_probe_at" "$_probe_up" "$(id -un)" "$_probe_hex" >>"$_probe_log" 2>/dev/null

_probe_use=
_probe_time=
if [ ! -e /proc/self/fd/3 ] && /usr/bin/time -f %M -o /dev/null true 2>/dev/null </dev/null; then
    _probe_use=$(mktemp 2>/dev/null) && _probe_time="/usr/bin/time -q -f %U:%S:%M -o $_probe_use"
fi
# time(1) leaves its file open, as 3: a shell between closes it
_probe_run() {
    if [ -n "$_probe_time" ]; then
        _probe_start $_probe_time /bin/sh -c 'exec "$@" 3>&-' probe "$@"
    fi
    _probe_start "$@"
}
# bash and ash count themselves in SHLVL, and bash takes itself off on exec; the job must see what it would have seen
if [ "$(SHLVL=5 /bin/sh -c 'echo $SHLVL')" = 6 ]; then
    SHLVL=$((SHLVL - 1))
    [ -z "$_probe_time" ] || [ -n "${BASH_VERSION-}" ] || SHLVL=$((SHLVL - 1))
fi
# Without job control, a shell starts a background job deaf to INT and QUIT; env gives it back its ears where it can.
_probe_status=
if env --default-signal=INT,QUIT true 2>/dev/null </dev/null; then
    exec 9<&0
    _probe_run "$(command -v env)" --default-signal=INT,QUIT @SHELL@ "$@" <&9 9<&- &
    _probe_child=$!
    exec 9<&-
    # with time(1) in between the job is its child: both get the signal, time(1) goes on after its child
    _probe_pass() {
        _probe_pids=$_probe_child
        if [ -n "$_probe_time" ] && [ -r "/proc/$_probe_child/task/$_probe_child/children" ]; then
            read -r _probe_pids <"/proc/$_probe_child/task/$_probe_child/children" || :
        fi
        kill -s "$1" ${_probe_pids:-$_probe_child} 2>/dev/null
    }
    for _probe_signal in HUP INT QUIT TERM USR1 USR2; do
        trap "_probe_pass $_probe_signal" $_probe_signal
    done
    wait "$_probe_child" 2>/dev/null # dash tells of a job that a signal ended, where it is not alone to be told
    _probe_status=$?
    while kill -0 "$_probe_child" 2>/dev/null; do # a signal ended the wait, not the job
        wait "$_probe_child" 2>/dev/null
        _probe_status=$?
    done
    trap - HUP INT QUIT TERM USR1 USR2
else
    (_probe_run @SHELL@ "$@")
    _probe_status=$?
fi

_probe_end= _probe_cpu= _probe_memory=
{ read -r _probe_end _probe_rest </proc/uptime; } 2>/dev/null
if [ -n "$_probe_use" ]; then
    _probe_cpu=$(tail -n 1 "$_probe_use" 2>/dev/null)
    rm -f "$_probe_use"
else
    _probe_cpu=$(times | tail -n 1 | tr ' ' ':')
fi
printf '{"migrator_probe":1,"event":"end","id":"%s","at":%s,"began_s":"%s","uptime_s":"%s","status":%s,"used":"%s"}\n' \
    "$_probe_id" "$(date +%s)" "$_probe_up" "$_probe_end" "$_probe_status" "$_probe_cpu" >>"$_probe_log" 2>/dev/null
exit "$_probe_status"
