#!/bin/bash
# A ring that overflows while nobody reads it: the workload is not held up, what was lost is a finding
# of its own, and afterwards everything is seen again.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need_root_and_cgroup
rule_file
start --rules "$work/marker.yaml" --ring-mib 1

touch "$work/marker-first" "$work/marker-storm" "$work/marker-last"
watched cat "$work/marker-first"
wait_for 20 grep -qs "marker-first" "$work/findings" || fail "nothing was found at first"
if grep -qs "tiercel internal" "$work/findings"; then
    fail "loss was told of before there was any"
fi

# The sensor stands still while a file is opened 60,000 times.
sensor=$(role_pid sensor)
kill -STOP "$sensor"
from=$(date +%s%N)
# shellcheck disable=SC2016 # the inner shell expands
watched sh -c 'i=0; while [ $i -lt 60000 ]; do : <"$0"; i=$((i + 1)); done' "$work/marker-storm"
took=$((($(date +%s%N) - from) / 1000000))
kill -CONT "$sensor"
echo "60000 opens took $took ms while the sensor stood still"
[ "$took" -lt 20000 ] || fail "the workload was held up"

wait_for 30 grep -qs '"rule":"tiercel internal: events lost"' "$work/findings" ||
    fail "no finding tells of the loss"
lost=$(grep '"rule":"tiercel internal: events lost"' "$work/findings" | head -n 1)
echo "$lost"
case $lost in
*'"events.lost.open":'*'"source":"internal"'*) ;;
*) fail "the finding does not say what was lost" ;;
esac
[ "$(grep -c '"rule":"tiercel internal: events lost"' "$work/findings")" -le 2 ] ||
    fail "the rate of findings of loss is not limited"

watched cat "$work/marker-last"
wait_for 20 grep -qs "marker-last" "$work/findings" || fail "nothing is found after the loss"
stop
