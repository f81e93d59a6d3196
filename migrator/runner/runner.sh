#!/bin/sh
# Runs one job as its cron did, in an image that has no Python: the job's own shell, environment, folder, umask and input; a time
# limit; each line of output and the run's end as one JSON object. Written for POSIX sh; needs awk, mkfifo, mktemp, tr, env, with
# stdbuf fold, else dd, and, so that a job's children are waited for and end with it, setsid.
#
# A run ends when all that the job started has ended. Where this program is process 1, as in a container, that is all of it;
# elsewhere it is what is of the session of the job's shell, as /proc shows it: what a job sends into a session of its own and then
# leaves is not seen there, for a shell cannot take in orphans. Without /proc it is the process group, without setsid the shell.
#
# It has no claim, no lease, no carried files, no guard and sends nothing: those need the Python runner, whose log lines and exit
# statuses these are. What differs: lengths of time are whole seconds (resolution_s), processor and memory are not measured (null);
# output_bytes has a newline for the last line, too, and for each part of one that is longer than 64 KiB; a NUL in the output is shown as \xff, because no two awks read it alike.
#
# The job is data, as files of a folder (MIGRATOR_JOB, or job/ beside this file), whose bytes are taken as they are:
#   settings     lines KEY=VALUE: job_id, name, host, scheduled_by (as in a JSON string), shell, working_directory, umask, timezone,
#                timeout_s, grace_s, notify (output | failure | none), secrets (names with blanks between)
#   command      what the shell is given
#   environment  lines NAME=VALUE
#   stdin        the command's input, where it has one
set -u
export LC_ALL=C

# What of the job still runs: a line for each process, with its group, a blank and the name of its program; where there is no /proc,
# for the job's group. This program, the job, the process that keeps the time limit.
running() {
  if [ -r /proc/self/stat ]; then
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v root="$1" -v job="$2" -v watch="$3" -f "$folder/running.awk"
  elif kill -0 "-$2" 2>/dev/null; then
    echo "$2 the job's process group"
  fi
}

# a signal to each group of what runs, once
signal_all() {
  asked=' '
  while read -r group _; do
    case $asked in *" $group "*) continue ;; esac
    asked="$asked$group "
    kill "-$1" "-$group" 2>/dev/null
  done
}

# SIGTERM to all that the job still runs, SIGKILL to what is left of it after the grace; the reader of its output is not waited for
# where somebody cannot be ended and still holds the output open: this program, the job, the process that keeps the time limit,
# seconds, reader
end_job() {
  # each once, whatever kill says afterwards: who is asked twice answers twice. `kill -TERM -GROUP` is the one form that dash, bash
  # and busybox all take: after `-s TERM --` busybox's ends the group and then says that it could not
  running "$1" "$2" "$3" >"$folder/asked"
  signal_all TERM <"$folder/asked"
  kill -0 "-$2" 2>/dev/null || kill -TERM "$2" 2>/dev/null # without setsid it has no group
  waited=0
  while [ "$waited" -lt "$4" ] && { [ -n "$(running "$1" "$2" "$3")" ] || kill -0 "$2"; } 2>/dev/null; do
    sleep 1
    waited=$((waited + 1))
  done
  waited=0
  while [ "$waited" -lt 5 ]; do # more than once: it may have started something meanwhile
    running "$1" "$2" "$3" >"$folder/remaining"
    signal_all KILL <"$folder/remaining"
    kill -KILL "$2" 2>/dev/null
    [ -s "$folder/remaining" ] || break
    sleep 1
    waited=$((waited + 1))
  done
  sleep 1
  : >"$folder/given-up"
  kill -KILL "$5" 2>/dev/null
}

# this program started once more, beside the job: seconds, the first, the job, the grace, the reader of its output, a folder
if [ "${1-}" = deadline ]; then
  folder=$7
  sleep "$2"
  : >"$folder/timed-out"
  end_job "$3" "$4" "$$" "$5" "$6"
  exit
fi

# a clock that nobody sets: seconds since the machine began, where Linux says them
seconds_up() {
  if { read -r up rest </proc/uptime; } 2>/dev/null; then echo "${up%%.*}"; else date +%s; fi
}

job=${MIGRATOR_JOB:-$(dirname "$0")/job}
job_id='' name='' host='' scheduled_by='' shell=/bin/sh working_directory=/ umask='' timezone=UTC timeout_s='' grace_s=10
notify=output secrets='' found='' known='' child='' status='' stopping='' watch='' bytes=null command_s=null still_running=null
newline='
'
if [ ! -r "$job/settings" ] || [ ! -r "$job/command" ] || [ ! -r "$job/environment" ]; then
  echo "$job: has no settings, command and environment; emit the job again" >&2
  exit 78
fi
while IFS= read -r line; do
  case $line in
    job_id=* | name=* | host=* | scheduled_by=* | shell=* | working_directory=* | umask=* | timezone=* | timeout_s=* | grace_s=* | \
      notify=* | secrets=*) eval "${line%%=*}=\${line#*=}" ;;
    version=1 | '') ;;
    *)
      echo "$job/settings: ${line%%=*}: unknown here; emit the job again" >&2
      exit 78
      ;;
  esac
done <"$job/settings"

if [ -r /proc/sys/kernel/random/uuid ]; then
  run_id=$(tr -d -- '-\n' </proc/sys/kernel/random/uuid)
else
  run_id=$(date -u +%Y%m%dT%H%M%SZ)-$$
fi
scheduled_at=''
case ${MIGRATOR_SCHEDULED_TIME:-} in
  [0-9]*Z) scheduled_at=${MIGRATOR_SCHEDULED_TIME%Z}+00:00 ;;
  [0-9]*) scheduled_at=$MIGRATOR_SCHEDULED_TIME ;;
  *)
    minutes=${MIGRATOR_JOB_NAME:-}
    minutes=${minutes##*-}
    case $minutes in
      *[!0-9]*) ;;
      ????????*) scheduled_at=$(date -u -d "@$((minutes * 60))" +%Y-%m-%dT%H:%M:%S+00:00) ;;
    esac
    ;;
esac
case $scheduled_at in *[!0-9T:+-]*) scheduled_at='' ;; esac # nothing that JSON would take for its own
fields="\"job_id\": \"$job_id\", \"run_id\": \"$run_id\"${scheduled_at:+, \"scheduled_at\": \"$scheduled_at\"}"
began=$(seconds_up) started_at=$(date -u +%Y-%m-%dT%H:%M:%S+00:00)
folder=$(mktemp -d) || exit 78
trap 'rm -rf "$folder"' EXIT

# Every byte as it stands in a JSON string: UTF-8 as it is, what is none as \xNN. With FIELDS, each line of the input becomes one of
# the log, and at the end FOLDER/bytes says how long all were, FOLDER/last the last of them; without, all input is one string.
cat >"$folder/json.awk" <<'AWK'
function json(text,   length_, at, out, byte, code, more) {
  if (text !~ /[^] !#-[^-~]/) return text
  length_ = length(text)
  for (at = 1; at <= length_; at++) {
    byte = substr(text, at, 1); code = number[byte]
    if (code == 34 || code == 92) out = out "\\" byte
    else if (code < 32 || code == 127) out = out sprintf("\\u%04x", code)
    else if (code < 128) out = out byte
    else {
      more = following(text, at, code)
      out = out (more ? substr(text, at, more + 1) : sprintf("\\\\x%02x", code))
      at += more
    }
  }
  return out
}
# how many bytes follow the first of a UTF-8 character; 0: it is none. RFC 3629, section 4
function following(text, at, code,   more, low, high, n, byte) {
  more = code >= 194 && code <= 223 ? 1 : code >= 224 && code <= 239 ? 2 : code >= 240 && code <= 244 ? 3 : 0
  for (n = 1; n <= more; n++) {
    low = n > 1 ? 128 : code == 224 ? 160 : code == 240 ? 144 : 128
    high = n > 1 ? 191 : code == 237 ? 159 : code == 244 ? 143 : 191
    byte = at + n <= length(text) ? number[substr(text, at + n, 1)] : 0
    if (byte < low || byte > high) return 0
  }
  return more
}
# how many bytes at the end begin a character and do not finish it: no part of a line ends within one
function begun(text,   n, code) {
  for (n = 1; n <= 3 && n <= length(text); n++) {
    code = number[substr(text, length(text) - n + 1, 1)]
    if (code >= 192) return (code < 224 ? 2 : code < 240 ? 3 : 4) > n ? n : 0
    if (code < 128) return 0
  }
  return 0
}
# a line of the log for each 64 KiB
function put(text,   part) {
  do {
    part = substr(text, 1, 65536)
    if (length(text) > 65536) part = substr(part, 1, 65536 - begun(part))
    printf "{\"severity\": \"INFO\", \"message\": \"%s\", ", json(part)
    print ENVIRON["FIELDS"] ", \"stream\": \"output\"}"
    text = substr(text, length(part) + 1)
  } while (text != "")
}
BEGIN { for (code = 1; code < 256; code++) number[sprintf("%c", code)] = code; folder = ENVIRON["FOLDER"]; lines = 0; bytes = 0 }
!("FIELDS" in ENVIRON) { printf "%s%s", (NR > 1 ? "\\n" : ""), json($0); next }
{
  bytes += length($0) + 1
  rest = carried $0; carried = ""
  if (length($0) >= 65536 && (n = begun(rest))) { # the part of a longer line
    carried = substr(rest, length(rest) - n + 1); rest = substr(rest, 1, length(rest) - n)
  }
  kept[lines++ % 50] = rest
  put(rest)
  fflush()
}
END {
  if (!("FIELDS" in ENVIRON)) exit
  if (carried != "") put(carried)
  print bytes > (folder "/bytes")
  for (at = lines > 50 ? lines - 50 : 0; at < lines; at++) printf "\\n%s", json(substr(kept[at % 50], 1, 500)) > (folder "/last")
}
AWK

# From the lines of all /proc/PID/stat: what is of the job's session, or descends from the job. Where this program is the first of a
# container (process 1), whatever leaves the job falls to it: there all is the job's that is neither of our own session nor of the
# watch, and was not started from outside, which has no parent. Zombies have ended.
cat >"$folder/running.awk" <<'AWK'
function descends(pid, from) { while (pid > 0 && pid != from) pid = parent[pid]; return pid == from }
{
  text = held $0
  if (text !~ /\) [A-Za-z] [0-9]+ /) { held = text " "; next } # a newline in a name
  held = ""
  pid = text + 0
  name = substr(text, index(text, "(") + 1); at = 0
  while ((n = index(substr(name, at + 1), ") ")) > 0) at += n
  split(substr(name, at + 2), field, " ")
  names[pid] = substr(name, 1, at - 1); state[pid] = field[1]; parent[pid] = field[2]; group[pid] = field[3]; session[pid] = field[4]
}
END {
  for (pid in names) {
    if (state[pid] == "Z" || state[pid] == "X") continue
    own = session[pid] == job || (descends(pid, job) && session[pid] != session[root])
    if (!own && root == 1) own = session[pid] != session[1] && session[pid] != watch && descends(pid, 1)
    if (!own) continue
    for (at = count++; at > 0 && found[at - 1] > pid + 0; at--) found[at] = found[at - 1]
    found[at] = pid + 0
  }
  for (at = 0; at < count; at++) print group[found[at]], names[found[at]]
}
AWK

case $(awk -W version 2>&1 </dev/null) in
  *mawk*) lines_of() { awk -W interactive -f "$folder/json.awk"; } ;; # it waits for 4 KiB otherwise
  *) lines_of() { awk -f "$folder/json.awk"; } ;;
esac
# awk holds a line whole, and a job may never end one: no part is longer than 64 KiB
if command -v stdbuf >/dev/null 2>&1; then
  without_nul() { stdbuf -oL tr '\000' '\377'; }
  in_parts() { stdbuf -oL fold -b -w 65536; }
else
  without_nul() { tr '\000' '\377'; } # busybox writes what it reads at once; its fold does not
  in_parts() {
    held=0
    while text=$(dd bs=65536 count=1 2>/dev/null; echo .); text=${text%.}; [ -n "$text" ]; do
      printf '%s' "$text"
      case $text in *"$newline"*) held=0 ;; esac # at most that much of it belongs to the line that goes on
      held=$((held + ${#text}))
      [ "$held" -le 131072 ] || { echo; held=0; }
    done
  }
fi
in_json() { printf '%s' "$1" | lines_of; }

# severity, message (as in a JSON string), more fields with a comma in front
say() { printf '{"severity": "%s", "message": "%s", %s%s}\n' "$1" "$2" "$fields" "${3-}"; }

# outcome, exit status, headline; the run's record, the notice that cron's mail was, and the end
finish() {
  severity=ERROR seconds=null
  [ "$1" = ok ] && severity=INFO
  [ -n "$status" ] && seconds=$(($(seconds_up) - began))
  record=", \"migrator_run\": 1, \"name\": \"$name\", \"host\": \"$host\", \"outcome\": \"$1\", \"scheduled_by\": \"$scheduled_by\""
  record="$record, \"scheduled_at\": ${scheduled_at:+\"}${scheduled_at:-null}${scheduled_at:+\"}, \"started_at\": \"$started_at\""
  record="$record, \"exit_status\": ${status:-null}, \"duration_s\": $seconds, \"command_s\": $command_s, \"output_bytes\": $bytes"
  record="$record, \"still_running\": $still_running"
  say "$severity" "$3" "$record, \"cpu_s\": null, \"peak_memory_mib\": null, \"resolution_s\": 1"
  if [ "$notify" != none ] && { [ "$1" != ok ] || { [ "$notify" = output ] && [ "$bytes" != null ] && [ "$bytes" -gt 0 ]; }; }; then
    last=''
    [ -r "$folder/last" ] && last=$(cat "$folder/last")
    say NOTICE "$3" ", \"migrator_notice\": 1, \"last_lines\": \"$3\\n$last\""
  fi
  exit "$2"
}

not_started() { finish not-started 78 "$name: not started: $1"; }

# the value of a secret in $found; false where there is none. On AWS, AWS_... is the key of the role, never that of the job
secret() {
  eval "found=\${MIGRATOR_SECRET_$1-} known=\${MIGRATOR_SECRET_$1+yes}"
  [ -z "$known" ] || return 0
  case $1 in
    AWS_*) [ -z "${AWS_EXECUTION_ENV+yes}${AWS_LAMBDA_RUNTIME_API+yes}${AWS_CONTAINER_CREDENTIALS_RELATIVE_URI+yes}" ] || return 1 ;;
  esac
  eval "found=\${$1-} known=\${$1+yes}"
  [ -n "$known" ]
}

# $1 in $filled, with the values of secrets where @secret:NAME@ stands
fill() {
  filled='' rest=$1
  while :; do
    case $rest in *@secret:[A-Z]*@*) ;; *) break ;; esac
    filled=$filled${rest%%@secret:*} rest=${rest#*@secret:}
    marked=${rest%%@*}
    case $marked in
      '' | [!A-Z]* | *[!A-Z0-9_]*) filled=$filled@secret: ;;
      *)
        secret "$marked" || not_started "$marked: not in the environment; create it and inject it by this name"
        filled=$filled$found rest=${rest#*@}
        ;;
    esac
  done
  filled=$filled$rest
}

lacking=''
for one in $secrets; do
  secret "$one" || lacking=$lacking${lacking:+, }$one
done
[ -z "$lacking" ] || not_started "$lacking: not in the environment; create it and inject it by this name"
[ -x "$shell" ] || not_started "$(in_json "$shell"): no such shell here"

# the environment: who we are, for programs that call the platform; the zone; what cron gave it
set --
for one in AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION AWS_DEFAULT_REGION \
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN \
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE ECS_CONTAINER_METADATA_URI_V4 \
  GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLOUD_PROJECT CLOUD_RUN_JOB CLOUD_RUN_EXECUTION \
  AZURE_CLIENT_ID AZURE_TENANT_ID IDENTITY_ENDPOINT IDENTITY_HEADER MSI_ENDPOINT MSI_SECRET \
  KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT; do
  eval "found=\${$one-} known=\${$one+yes}"
  [ -z "$known" ] || set -- "$@" "$one=$found"
done
set -- "$@" "TZ=$timezone"
while IFS= read -r line; do
  fill "$line"
  set -- "$@" "$filled"
done <"$job/environment"

# a substitution takes newlines from the end, which belong to the command
command=$(cat "$job/command" && echo .)
fill "${command%?}"
command=$filled
input=/dev/null
if [ -r "$job/stdin" ]; then
  stdin=$(cat "$job/stdin" && echo .)
  fill "${stdin%?}"
  input=$folder/stdin
  (umask 077 && printf '%s' "$filled" >"$input")
fi
if ! (cd "$working_directory") 2>/dev/null; then
  where=$(in_json "$working_directory")
  say WARNING "$where: no such folder here; the command starts in /" ", \"working_directory\": \"$where\""
  working_directory=/
fi

apart=''
if command -v setsid >/dev/null 2>&1; then
  apart=setsid
else
  say WARNING "setsid is not here: what the job leaves in the background is not waited for, and may outlive its time limit"
fi
mkfifo -m 600 "$folder/output" || exit 78
(
  trap '' TERM INT # who stops the job wants its last words
  trap - EXIT
  without_nul | in_parts | {
    FIELDS=$fields FOLDER=$folder lines_of
    cat >/dev/null # nobody reads the log any more: the job goes on all the same
  }
) <"$folder/output" &
reader=$!
exec 2>/dev/null # what a shell itself says of a process that was killed, also at once
(
  exec >"$folder/output" 2>&1 <"$input"
  cd "$working_directory" || exit 78
  [ -z "$umask" ] || umask "$umask"
  trap - EXIT
  exec $apart env -i "$@" "$shell" -c "$command"
) &
child=$!
trap ': >"$folder/stopped"; end_job "$$" "$child" "${watch:-0}" "$grace_s" "$reader" >/dev/null 2>&1 & stopping=$!' TERM INT
if [ -n "$timeout_s" ]; then
  early=$((timeout_s / 5 < grace_s + 5 ? timeout_s / 5 : grace_s + 5)) # so that the end still fits in before the platform's
  $apart sh "$0" deadline "$((timeout_s - early > 0 ? timeout_s - early : 1))" "$$" "$child" "$grace_s" "$reader" "$folder" \
    >/dev/null 2>&1 &
  watch=$!
fi

# a signal ends `wait`, not the job
await() {
  while :; do
    wait "$1"
    ended=$?
    kill -0 "$1" 2>/dev/null || return 0
  done
}
await "$child"
status=$ended
[ -e "$folder/timed-out" ] || [ -e "$folder/stopped" ] || command_s=$(($(seconds_up) - began))
await "$reader"
# what it left behind without any output
while [ -n "$apart" ] && [ ! -e "$folder/given-up" ] && [ -n "$(running "$$" "$child" "${watch:-0}")" ]; do sleep 1; done
trap '' TERM INT
[ -z "$watch" ] || kill -KILL "-$watch" 2>/dev/null || kill -KILL "$watch" 2>/dev/null
[ -z "$stopping" ] || kill -KILL "$stopping" 2>/dev/null
[ -r "$folder/bytes" ] && bytes=$(cat "$folder/bytes")
seconds=$(($(seconds_up) - began))

# the names in a file of what runs, each once, as in JSON: $names with a comma between them, $quoted as strings
names_in() {
  names='' quoted='' listed=$newline
  [ -r "$1" ] || return 0
  while read -r _ one; do
    case $listed in *"$newline$one$newline"*) continue ;; esac
    listed=$listed$one$newline
    one=$(in_json "$one")
    names=$names${names:+, }$one
    quoted="$quoted${quoted:+, }\"$one\""
  done <"$1"
}
names_in "$folder/asked"
still_running="[$quoted]" left=''
if [ -n "$names" ]; then
  [ "$command_s" = null ] && left="; still running: $names" || left="; the command itself had ended, still running: $names"
fi
if [ -e "$folder/given-up" ]; then
  names_in "$folder/remaining"
  [ -z "$names" ] || left="$left; could not be ended: $names"
fi

if [ -e "$folder/timed-out" ]; then
  finish timed-out "$((status ? status : 124))" "$name: timed out at $seconds s of $timeout_s s$left"
elif [ -e "$folder/stopped" ]; then
  finish stopped "$((status ? status : 143))" "$name: stopped by the platform after $seconds s$left"
elif [ "$status" -ne 0 ]; then
  finish failed "$status" "$name: exit status $status"
fi
finish ok 0 "$name: done in $seconds s"
