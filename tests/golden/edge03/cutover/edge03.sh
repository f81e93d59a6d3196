#!/bin/sh
# Switches jobs that have moved off on this server, and on again. Written by migrator; run it as root on the server itself.
#   sh edge03.sh off JOB    sh edge03.sh on JOB    ROOT=/mnt sh edge03.sh ... for a tree elsewhere
set -eu
verb=${1:-} job=${2:-} ROOT=${ROOT:-}
mark='# moved by migrator: '
case $verb in off|on) ;; *) sed -n '3s/^# *//p' "$0" >&2; exit 2 ;; esac

# line FILE NUMBER START: comments out that line, if it still begins as the plan saw it; the file keeps its owner and mode
line() {
  file=$ROOT$1
  now=$(sed -n "$2p" "$file")
  bare=${now#"$mark"}
  folded=$(printf '%s\n' "$bare" | tr -s '\t ' ' ' | sed 's/^ //')
  case $folded in
    "$3"*) ;;
    *) echo "$file:$2: is not the line of the plan any more; look for: $3" >&2; exit 1 ;;
  esac
  if [ "$verb" = off ] && [ "$now" = "$bare" ]; then
    sed -i "$2s/^/$mark/" "$file"
  elif [ "$verb" = on ] && [ "$now" != "$bare" ]; then
    sed -i "$2s/^$mark//" "$file"
  else
    echo "$file:$2: is $verb already" >&2
    return 0
  fi
  echo "$file:$2: $verb"
}

# run-parts starts what is executable
file() {
  if [ "$verb" = off ]; then chmod a-x "$ROOT$1"; else chmod a+x "$ROOT$1"; fi
  echo "$ROOT$1: $verb"
}

timer() {
  if [ "$verb" = off ]; then systemctl disable --now "$1"; else systemctl enable --now "$1"; fi
  echo "$1: $verb"
}

case $job in
  daily-summary-390f5a03) line /var/spool/cron/crontabs/sensor 5 '20 0 * * * ' ;;
  curl-6c4aa843) line /var/spool/cron/crontabs/sensor 7 '0 7 * * 1-5 ' ;;
  calibrate-0210a418) line /var/spool/cron/crontabs/sensor 9 '30 1 * * * ' ;;
  push-readings-d74095e6) line /var/spool/cron/crontabs/sensor 3 '*/15 * * * * ' ;;
  *) echo "$job: not one of the jobs that leave this server" >&2; exit 2 ;;
esac
