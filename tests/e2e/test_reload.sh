#!/bin/bash
# Rules are read again on SIGHUP and when a file changes; a faulty file changes nothing but a count.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need_root_and_cgroup
rule_file
: >"$work/findings"
start -r "$work/marker.yaml"

count() { # how often a line with these words is in the log
    grep -c -- "$1" "$work/log" || true
}
more_than() {
    [ "$(count "$2")" -gt "$1" ]
}
found() {
    grep -q -- "$1" "$work/findings"
}

watched touch "$work/marker-1"
wait_for 5 found marker-1 || fail "no finding before the reload"

# A file that changes is read without being told.
sed -e 's/marker-$/other-/' -e 's/Marker opened/Other opened/' "$work/marker.yaml" >"$work/new.yaml"
mv "$work/new.yaml" "$work/marker.yaml"
wait_for 10 log_has '"message":"rules reloaded"' || fail "a changed file is not read again"
watched touch "$work/marker-2" "$work/other-2"
wait_for 5 found '"rule":"Other opened"' || fail "the new rule does not run"
found '"fd.name":"[^"]*marker-2"' && fail "the old rule still runs"

# A faulty one keeps the old rules.
echo '- rule: broken' >>"$work/marker.yaml"
wait_for 10 log_has 'the rules are not reloaded; the old ones go on' || fail "a faulty file is not told of"
watched touch "$work/other-3"
wait_for 5 found other-3 || fail "the old rules do not go on"
sleep 2.5
[ "$(count 'are not reloaded')" -eq 1 ] || fail "a faulty file is tried again and again"

# SIGHUP to the supervisor reads the rules at once, and ends nothing.
sed -i '$d' "$work/marker.yaml"
wait_for 10 more_than 1 '"message":"rules reloaded"' || fail "the mended file is not read"
before=$(count '"message":"rules reloaded"')
kill -HUP "$tiercel_pid"
wait_for 5 more_than "$before" '"message":"rules reloaded"' || fail "SIGHUP does not reload"

# Nothing is lost while rules are read again and again.
# shellcheck disable=SC2016
watched bash -c 'for ((i = 1; i <= 400; i++)); do : >"$0/other-n-$i"; sleep 0.002; done' "$work" &
pids+=($!)
for _ in 1 2 3 4 5 6 7 8; do
    kill -HUP "$tiercel_pid"
    sleep 0.15
done
all_found() {
    [ "$(grep -c 'other-n-' "$work/findings")" -eq 400 ]
}
wait_for 10 all_found || fail "findings were lost: $(grep -c 'other-n-' "$work/findings") of 400"

# While many rules are read, which takes a while, events go on with the old ones.
{
    cat "$work/marker.yaml"
    for ((i = 0; i < 6000; i++)); do
        printf -- '- rule: r%d\n  desc: d\n  output: o\n  priority: INFO\n' "$i"
        printf '  condition: evt.type in (open, openat) and proc.name = p%d and not fd.name startswith /n/%d\n' "$i" "$i"
    done
} >"$work/many.yaml"
before=$(count '"message":"rules reloaded"')
mv "$work/many.yaml" "$work/marker.yaml"
kill -HUP "$tiercel_pid"
watched touch "$work/other-early"
wait_for 30 found other-early || fail "no finding while rules are read"
more_than "$before" '"message":"rules reloaded"' && fail "events waited for the rules"
wait_for 30 more_than "$before" '"message":"rules reloaded"' || fail "many rules are not read"
watched touch "$work/other-late"
wait_for 5 found other-late || fail "no finding under many rules"
stop
jq -es '.[] | select(.message == "sensor stopped") | .reloads >= 4 and .reloads_failed == 1' \
    "$work/log" >/dev/null || fail "reloads are not counted"
echo "passed"
