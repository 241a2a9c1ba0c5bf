#!/bin/bash
# What the processes of a running tiercel may do: the sensor has four capabilities and no network, the
# watcher of pods has neither capabilities nor files, and both end with the rest.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need_root_and_cgroup
rule_file
cat >"$work/tiercel.yaml" <<CONFIG
kubernetes:
  server: http://127.0.0.1:1
CONFIG
start -c "$work/tiercel.yaml" -r "$work/marker.yaml"

status_of() { # PID MEMBER
    awk -v member="$2:" '$1 == member { print $2 }' "/proc/$1/status"
}
is() { # PID MEMBER VALUE
    [ "$(status_of "$1" "$2")" = "$3" ] || fail "$2 of process $1 is '$(status_of "$1" "$2")', not '$3'"
}
children() { # PID
    cat "/proc/$1/task/$1/children"
}

sensor=$(role_pid sensor)
# BPF 39, PERFMON 38, SYS_PTRACE 19, DAC_READ_SEARCH 2
for set in CapEff CapPrm CapBnd; do
    is "$sensor" "$set" 000000c000080004
done
for set in CapInh CapAmb; do
    is "$sensor" "$set" 0000000000000000
done
is "$sensor" NoNewPrivs 1
is "$sensor" Seccomp 2

guard=$(children "$sensor" | tr -d ' ')
[ -n "$guard" ] || fail "nobody watches the cluster"
watcher_confined() {
    watcher=$(children "$guard" | tr -d ' ')
    [ -n "$watcher" ] && [ "$(status_of "$watcher" Seccomp)" = 2 ]
}
wait_for 5 watcher_confined || fail "the watcher is not confined"
is "$watcher" CapEff 0000000000000000
is "$watcher" CapPrm 0000000000000000
is "$watcher" NoNewPrivs 1
[ "$(status_of "$watcher" Uid)" != 0 ] || fail "the watcher is root"
for fd in "/proc/$watcher/fd/"*; do
    case $(readlink "$fd") in
    *bpf* | *spool*) fail "the watcher holds $(readlink "$fd")" ;;
    esac
done
wait_for 5 log_has "the cluster's pods are not known" || fail "a server that is away is not told of"

# A watcher that crashes is started again, and the sensor does not care.
kill -SEGV "$watcher"
another() {
    local now
    now=$(children "$guard" | tr -d ' ')
    [ -n "$now" ] && [ "$now" != "$watcher" ]
}
wait_for 15 another || fail "a crashed watcher is not started again"
watched touch "$work/marker-1"
found() {
    grep -qs -- "$1" "$work/findings"
}
wait_for 5 found marker-1 || fail "the confined sensor finds nothing"

stop
gone() {
    ! [ -d "/proc/$guard" ]
}
wait_for 5 gone || fail "the watcher outlives the sensor"
echo "passed"
