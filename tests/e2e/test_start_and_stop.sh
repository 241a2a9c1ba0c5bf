#!/bin/bash
# The start says what is watched, the end what came of it; Ctrl-C ends both roles cleanly.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need_root_and_cgroup
rule_file
start -r "$root/rules" -r "$work/marker.yaml"

watching=$(grep '"message":"watching"' "$work/log")
jq -e --arg cgroup "$cgroup" '.watch == $cgroup and .rules > 1 and .kernel != "" and .features != ""' \
    <<<"$watching" >/dev/null || fail "the start says too little: $watching"
jq -e --arg db "$work/state/hub/tiercel.db" '.store == $db' \
    <<<"$(grep '"message":"storing"' "$work/log")" >/dev/null || fail "the store is not named"

sensor=$(role_pid sensor)
hub=$(role_pid hub)
[ -n "$sensor" ] && [ -n "$hub" ] || fail "no two roles"
grep -q '^CapEff:.0000000000000000$' "/proc/$hub/status" || fail "the hub has capabilities"
grep -q '^Seccomp:.2$' "/proc/$hub/status" || fail "the hub has no seccomp filter"
grep -q '^Uid:.0' "/proc/$hub/status" && fail "the hub is root"
grep -q '^NoNewPrivs:.1$' "/proc/$sensor/status" || fail "the sensor could gain privileges"
socket_of() { # listening sockets of a process, by inode, but the one it is asked on
    find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n' | while read -r inode; do
        awk -v inode="$inode" -v asked="$work/sensor.sock" \
            '$7 == inode && $4 == "00010000" && $8 != asked' /proc/net/unix
    done
}
[ -z "$(socket_of "$sensor")" ] || fail "the sensor listens: $(socket_of "$sensor")"

watched touch "$work/marker-1"
wait_for 5 grep -q '"rule":"Marker opened"' "$work/findings" || fail "no finding"
jq -es --arg file "$work/marker-1" '.[] | select(.rule == "Marker opened")
    | .output_fields["fd.name"] == $file and .tiercel.process.name == "touch"
      and .priority == "Notice" and (.tiercel.rule.matched | length) == 2' "$work/findings" \
    >/dev/null || fail "wrong finding: $(cat "$work/findings")"

touch "$work/marker-outside"
sleep 0.3
grep -q marker-outside "$work/findings" && fail "a process outside the cgroup was watched"

stop INT
jq -es '.[] | select(.message == "sensor stopped") | .events > 0 and .dropped == 0 and .findings == 1 and
    .findings_lost == 0 and .findings_waiting == 0' "$work/log" >/dev/null ||
    fail "no counts of the sensor"
jq -es '.[] | select(.message == "hub stopped") | .stored == 1 and .shown == 1 and .latency_p99_us > 0' \
    "$work/log" >/dev/null || fail "no counts of the hub"
[ ! -d "/proc/$sensor" ] && [ ! -d "/proc/$hub" ] || fail "a role is left behind"
[ "$(sqlite3 "$work/state/hub/tiercel.db" 'select count(*) from finding')" -eq 1 ] ||
    fail "the store does not hold the finding"

# Lines for people where no JSON is asked for; old findings are not shown again.
: >"$work/log"
start -r "$work/marker.yaml" --format text
watched touch "$work/marker-2"
wait_for 5 grep -q ': Notice marker (file=.*marker-2 process=touch)$' "$work/findings" ||
    fail "no readable line: $(tail -n 1 "$work/findings")"
[ "$(wc -l <"$work/findings")" -eq 2 ] || fail "more than the new finding was shown"
stop

# Started by something that ignores SIGCHLD, and with its standard streams closed: the end of a role
# is still seen, and no file takes a stream's number.
: >"$work/log"
(
    trap '' CHLD
    exec "$tiercel" run --cgroup "$cgroup" --state "$work/state" --socket "$work/hub.sock" \
        --listen none -r "$work/marker.yaml" <&- >&- 2>&-
) &
tiercel_pid=$!
both() {
    [ -n "$(role_pid sensor)" ] && [ -n "$(role_pid hub)" ]
}
wait_for 10 both || fail "no two roles with closed streams"
for role in sensor hub; do
    pid=$(role_pid "$role")
    for fd in 0 1 2; do
        [ "$(readlink "/proc/$pid/fd/$fd")" = /dev/null ] || fail "$role: stream $fd is a file"
    done
done
stored() { # how many, by now
    [ "$(sqlite3 -readonly "$work/state/hub/tiercel.db" 'select count(*) from finding')" -eq "$1" ]
}
watched touch "$work/marker-3"
wait_for 10 stored 3 || fail "nothing is stored with closed streams"
SECONDS=0
stop
[ "$SECONDS" -lt 9 ] || fail "the end took $SECONDS s where SIGCHLD was ignored"

# Ctrl-C while a role has not yet started: this sensor waits for somebody to write its settings.
mkfifo "$work/settings"
env --default-signal=INT "$tiercel" run -c "$work/settings" --cgroup "$cgroup" \
    --state "$work/state" --socket "$work/hub.sock" --listen none 2>>"$work/log" &
tiercel_pid=$!
echo 'format: json' >"$work/settings"
sensor_waits() {
    [ -n "$(role_pid sensor)" ]
}
wait_for 10 sensor_waits || fail "no sensor that waits for its settings"
SECONDS=0
stop INT
[ "$SECONDS" -lt 9 ] || fail "Ctrl-C at the start took $SECONDS s"
# In a build tree, the rules beside it are the shipped ones; nothing has to be named.
mkdir -p "$work/tree/build/src/app"
cp "$tiercel" "$work/tree/build/src/app/tiercel"
cp -r "$root/rules" "$work/tree/rules"
tiercel=$work/tree/build/src/app/tiercel
: >"$work/log"
start
jq -es --arg from "$work/tree/rules" '.[] | select(.message == "watching") | .from == $from and .rules > 1' \
    "$work/log" >/dev/null || fail "the shipped rules are not found"
stop
echo "passed"
