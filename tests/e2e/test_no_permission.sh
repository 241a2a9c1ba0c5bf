#!/bin/bash
# Without permission for BPF: one line with the reason and what to do, exit status 3.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" -eq 0 ] || skip "root is needed to become somebody else"
cp "$tiercel" "$work/tiercel"
cp -r "$root/rules" "$work/rules"
chmod -R a+rX "$work"
mkdir -m 777 "$work/state"

check() { # WHAT COMMAND...
    local what=$1 status=0
    shift
    "$@" >"$work/out" 2>"$work/log" || status=$?
    [ "$status" -eq 3 ] || fail "$what: exit status $status, not 3"
    [ "$(wc -l <"$work/log")" -eq 1 ] || fail "$what: not one line"
    grep -q 'permission\|CAP_BPF\|capability' "$work/log" || fail "$what: no reason"
    [ ! -s "$work/out" ] || fail "$what: something on standard output"
}

for role in run sensor; do
    check "$role as nobody" setpriv --reuid 65534 --regid 65534 --clear-groups \
        "$work/tiercel" "$role" -r "$work/rules" --state "$work/state" --socket "$work/hub.sock"
    check "$role as root without capabilities" setpriv --bounding-set=-all \
        "$work/tiercel" "$role" -r "$work/rules" --state "$work/state" --socket "$work/hub.sock"
done
words=$(cat "$work/log")

# Enough to load BPF, too little to look into processes: that is named, not guessed.
need_root_and_cgroup
check "the sensor without CAP_SYS_PTRACE" setpriv --bounding-set=-all,+bpf,+perfmon \
    "$work/tiercel" sensor -r "$work/rules" --state "$work/state" --socket "$work/hub.sock" \
    --cgroup "$cgroup"
grep -q "lacks the capability 'sys_ptrace'" "$work/log" || fail "not named: $(cat "$work/log")"
echo "passed: $words"
