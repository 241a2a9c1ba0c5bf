#!/bin/bash
# How long from the start of the program to its first finding, with all shipped rules loaded, while
# something to find happens all the time. The aim is 300 ms; a busy machine gets more.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

most=10000 # ms

need_root_and_cgroup
rule_file
: >"$work/findings"
touch "$work/marker-first"
# shellcheck disable=SC2016 # the inner shell expands
watched sh -c 'while :; do : <"$0"; sleep 0.005; done' "$work/marker-first" &
pids+=($!)
from=$(date +%s%N)
start -r "$root/rules" -r "$work/marker.yaml"
wait_for 20 grep -qs "marker-first" "$work/findings" || fail "nothing is found"
first=$(head -n 1 "$work/findings" | sed -n 's/.*"evt.time.iso8601":\([0-9]*\).*/\1/p')
took=$(((first - from) / 1000000))
echo "the first thing found happened $took ms after the start"
[ "$took" -ge 0 ] && [ "$took" -le "$most" ] || fail "the first detection took $took ms, at most $most are fine"
kill -KILL "${pids[@]}" 2>/dev/null || true
stop
