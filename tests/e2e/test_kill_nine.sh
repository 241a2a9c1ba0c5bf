#!/bin/bash
# kill -9 of either role at any moment: what was shown is in the store, what happened while a role
# was away is not lost, nothing is stored twice.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need_root_and_cgroup
rule_file
rounds=8
: >"$work/findings"
start -r "$work/marker.yaml"

# A steady stream of findings, each with a number of its own.
# shellcheck disable=SC2016
watched bash -c 'for ((i = 1; i <= 3000; i++)); do : >"$0/marker-$i"; sleep 0.003; done' "$work" &
stream=$!
pids+=("$stream")

shown_before=0
for ((round = 1; round <= rounds; round++)); do
    sleep "0.$((RANDOM % 5 + 1))"
    victim=$(role_pid hub)
    [ -n "$victim" ] || fail "no hub in round $round"
    kill -KILL "$victim"
    # A line that a reader sees at this moment must be in the store already.
    cp "$work/findings" "$work/shown"
    back() {
        [ -n "$(role_pid hub)" ] && [ "$(wc -l <"$work/findings")" -gt "$(wc -l <"$work/shown")" ]
    }
    wait_for 40 back || fail "the hub did not come back in round $round"
    jq -r .uuid "$work/shown" | sort -u >"$work/shown-ids"
    sqlite3 -readonly "$work/state/hub/tiercel.db" 'select id from finding' | sort -u >"$work/stored-ids"
    missing=$(comm -23 "$work/shown-ids" "$work/stored-ids" | wc -l)
    [ "$missing" -eq 0 ] || fail "$missing findings were shown and are not stored (round $round)"
    shown_before=$(wc -l <"$work/shown")
done
[ "$shown_before" -gt 0 ] || fail "nothing was shown before the last kill"

kill -TERM "$stream" 2>/dev/null || true
wait "$stream" 2>/dev/null || true
last=$(find "$work" -name 'marker-[0-9]*' | wc -l)
all_stored() {
    [ "$(sqlite3 -readonly "$work/state/hub/tiercel.db" 'select count(*) from finding')" -ge "$last" ]
}
wait_for 30 all_stored || fail "findings of the time without a hub were lost"
stop
stored=$(sqlite3 "$work/state/hub/tiercel.db" 'select count(*), count(distinct id) from finding')
[ "$stored" = "$last|$last" ] || fail "$last files, stored and distinct: $stored"
sort -u "$work/findings" | jq -r .uuid | sort | uniq -d | grep -q . &&
    fail "one finding was shown with two contents"
[ "$(jq -r .uuid "$work/findings" | sort -u | wc -l)" -eq "$last" ] || fail "not all were shown"

# The sensor: what it found before its death is stored, and it is started again.
: >"$work/log"
start -r "$work/marker.yaml"
watched touch "$work/marker-sensor-1"
wait_for 10 grep -q marker-sensor-1 "$work/findings" || fail "no finding before the kill"
kill -STOP "$(role_pid hub)"
watched touch "$work/marker-sensor-2"
spooled() {
    grep -q marker-sensor-2 "$work"/state/sensor/spool/*.spool
}
wait_for 10 spooled || fail "the finding is not in the spool"
kill -KILL "$(role_pid sensor)"
kill -CONT "$(role_pid hub)"
wait_for 20 grep -q marker-sensor-2 "$work/findings" || fail "what was in the spool was lost"
[ "$(grep -c marker-sensor-2 "$work/findings")" -eq 1 ] || fail "it was shown twice"
wait_for 10 grep -q '"role":"sensor"' "$work/log" || fail "the crash is not logged"
stop
echo "passed: $last findings, $rounds kills of the hub, one of the sensor"
