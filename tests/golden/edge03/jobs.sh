#!/bin/sh
# What one does with a job after it has moved. Written by migrator.
#   ./jobs.sh run JOB             run it now, whatever the calendar says
#   ./jobs.sh run-for JOB INSTANT run it for a past instant, such as 2026-11-24T01:30:00Z; a script that asks the clock still gets today
#   ./jobs.sh pause JOB           switch its schedule off at once; take it out of enabled_jobs (Kubernetes: of the patches), too, or the
#                                 next deployment switches it on
#   ./jobs.sh resume JOB          and on again
#   ./jobs.sh logs JOB            what it wrote since yesterday
# PREFIX (name_prefix), STACK (the stack of SAM) from the environment.
set -eu
verb=${1:-} job=${2:-} AT=${3:-}
: "${PREFIX=}"
: "${STACK=}"
case $verb in
  run-for) [ -n "$AT" ] || { echo "jobs.sh: run-for JOB INSTANT" >&2; exit 2; } ;;
  run|pause|resume|logs) ;;
  *) sed -n '3,7s/^# *//p' "$0" >&2; exit 2 ;;
esac

# what CloudFormation called it
physical() {
  aws cloudformation describe-stack-resource --stack-name "$1" --logical-resource-id "$2" \
    --query StackResourceDetail.PhysicalResourceId --output text
}

# a schedule is written whole: what is there, with another state
schedule_state() {
  aws scheduler get-schedule --name "$2" --output json |
    python3 -c 'import json, sys
schedule = json.load(sys.stdin)
for name in ("Arn", "CreationDate", "LastModificationDate"):
    schedule.pop(name, None)
print(json.dumps({**schedule, "State": sys.argv[1]}))' "$1" |
    aws scheduler update-schedule --cli-input-json file:///dev/stdin
}

# the daily check is told, so that it calls nothing missed: paused or resumed, where, which jobs
untold() {
  echo "jobs.sh: $job: $verb is done, but the daily check could not be told" >&2
  exit 1
}

told_aws() {
  word=$1 table=$2 until=$(($(date +%s) + 691200))
  shift 2
  for one in "$@"; do
    entry="{\"job_id\": {\"S\": \"$one\"}, \"entry\": {\"S\": \"$word $(date -u +%Y-%m-%dT%H:%M:%SZ)\"}"
    entry="$entry, \"run_id\": {\"S\": \"by hand\"}, \"expires_at\": {\"N\": \"$until\"}}"
    aws dynamodb put-item --table-name "$table" --item "$entry" || untold
  done
}

case $job/$verb in
  calibrate-0210a418/run) aws lambda invoke --function-name "${PREFIX}calibrate-0210a418" --cli-binary-format raw-in-base64-out --payload '{"run_now": true}' /dev/stdout ;;
  calibrate-0210a418/run-for) aws lambda invoke --function-name "${PREFIX}calibrate-0210a418" --cli-binary-format raw-in-base64-out --payload "{\"run_now\": true, \"scheduled_time\": \"$AT\"}" /dev/stdout ;;
  calibrate-0210a418/logs) aws logs tail "/aws/lambda/${PREFIX}calibrate-0210a418" --since 1d --format short ;;
  calibrate-0210a418/pause) schedule_state DISABLED "${PREFIX}calibrate-0210a418-1" && schedule_state DISABLED "${PREFIX}calibrate-0210a418-2" && told_aws paused "${PREFIX}migrated-locks" calibrate-0210a418 ;;
  calibrate-0210a418/resume) schedule_state ENABLED "${PREFIX}calibrate-0210a418-1" && schedule_state ENABLED "${PREFIX}calibrate-0210a418-2" && told_aws resumed "${PREFIX}migrated-locks" calibrate-0210a418 ;;
  curl-6c4aa843/run) aws lambda invoke --function-name "${PREFIX}curl-6c4aa843" --cli-binary-format raw-in-base64-out --payload '{"run_now": true}' /dev/stdout ;;
  curl-6c4aa843/run-for) aws lambda invoke --function-name "${PREFIX}curl-6c4aa843" --cli-binary-format raw-in-base64-out --payload "{\"run_now\": true, \"scheduled_time\": \"$AT\"}" /dev/stdout ;;
  curl-6c4aa843/logs) aws logs tail "/aws/lambda/${PREFIX}curl-6c4aa843" --since 1d --format short ;;
  curl-6c4aa843/pause) schedule_state DISABLED "${PREFIX}curl-6c4aa843" && told_aws paused "${PREFIX}migrated-locks" curl-6c4aa843 ;;
  curl-6c4aa843/resume) schedule_state ENABLED "${PREFIX}curl-6c4aa843" && told_aws resumed "${PREFIX}migrated-locks" curl-6c4aa843 ;;
  daily-summary-390f5a03/run) aws lambda invoke --function-name "${PREFIX}daily-summary-390f5a03" --cli-binary-format raw-in-base64-out --payload '{"run_now": true}' /dev/stdout ;;
  daily-summary-390f5a03/run-for) aws lambda invoke --function-name "${PREFIX}daily-summary-390f5a03" --cli-binary-format raw-in-base64-out --payload "{\"run_now\": true, \"scheduled_time\": \"$AT\"}" /dev/stdout ;;
  daily-summary-390f5a03/logs) aws logs tail "/aws/lambda/${PREFIX}daily-summary-390f5a03" --since 1d --format short ;;
  daily-summary-390f5a03/pause) schedule_state DISABLED "${PREFIX}daily-summary-390f5a03" && told_aws paused "${PREFIX}migrated-locks" daily-summary-390f5a03 ;;
  daily-summary-390f5a03/resume) schedule_state ENABLED "${PREFIX}daily-summary-390f5a03" && told_aws resumed "${PREFIX}migrated-locks" daily-summary-390f5a03 ;;
  push-readings-d74095e6/run) aws lambda invoke --function-name "${PREFIX}push-readings-d74095e6" --cli-binary-format raw-in-base64-out --payload '{"run_now": true}' /dev/stdout ;;
  push-readings-d74095e6/run-for) aws lambda invoke --function-name "${PREFIX}push-readings-d74095e6" --cli-binary-format raw-in-base64-out --payload "{\"run_now\": true, \"scheduled_time\": \"$AT\"}" /dev/stdout ;;
  push-readings-d74095e6/logs) aws logs tail "/aws/lambda/${PREFIX}push-readings-d74095e6" --since 1d --format short ;;
  push-readings-d74095e6/pause) schedule_state DISABLED "${PREFIX}push-readings-d74095e6" && told_aws paused "${PREFIX}migrated-locks" push-readings-d74095e6 ;;
  push-readings-d74095e6/resume) schedule_state ENABLED "${PREFIX}push-readings-d74095e6" && told_aws resumed "${PREFIX}migrated-locks" push-readings-d74095e6 ;;
  *) echo "jobs.sh: $job: no such job; the folders of jobs/ are named after them" >&2; exit 2 ;;
esac
