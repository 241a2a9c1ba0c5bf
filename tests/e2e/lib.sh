# shellcheck shell=bash
# tests/e2e/lib.sh - what the end-to-end tests share: a scratch directory, a cgroup of their own,
# and `tiercel run` watching it. Source it; $1 is the program, $2 the source root.

# shellcheck disable=SC2034 # for the scripts that source this
tiercel=$1 root=$2
work=$(mktemp -d)
chmod 755 "$work"
cgroup=
tiercel_pid=
pids=()

fail() {
    echo "FAILED: $*"
    [ ! -s "$work/log" ] || tail -n 40 "$work/log"
    exit 1
}

skip() {
    echo "skipped: $*"
    exit 77
}

cleanup() {
    local pid try
    for pid in "${pids[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
    done
    [ -z "$tiercel_pid" ] || kill -TERM "$tiercel_pid" 2>/dev/null || true
    wait 2>/dev/null || true
    for try in 1 2 3 4 5 6 7 8 9 10; do
        [ -n "$cgroup" ] && [ -d "$cgroup" ] || break
        rmdir "$cgroup" 2>/dev/null || sleep "0.$try"
    done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

need_root_and_cgroup() {
    local mount
    [ "$(id -u)" -eq 0 ] || skip "BPF needs root"
    mount=$(awk '{ for (i = 7; i <= NF; i++) if ($i == "-") { if ($(i + 1) == "cgroup2") print $5; break } }' \
        /proc/self/mountinfo | head -n 1)
    [ -n "$mount" ] || skip "no cgroup v2 hierarchy is mounted"
    cgroup=$mount/tiercel-e2e-$$
    mkdir "$cgroup" || skip "no cgroup can be made in '$mount'"
}

wait_for() { # SECONDS COMMAND...: until the command succeeds
    local tries=$(($1 * 20)) i
    shift
    for ((i = 0; i < tries; i++)); do
        "$@" && return 0
        sleep 0.05
    done
    return 1
}

log_has() {
    grep -qs -- "$1" "$work/log"
}

# start [OPTION...]: findings in $work/findings, the log in $work/log.
start() {
    # A shell starts what it does not wait for with SIGINT ignored; a terminal does not.
    env --default-signal=INT "$tiercel" run --json --log-level debug --cgroup "$cgroup" --state "$work/state" \
        --socket "$work/hub.sock" --listen none "$@" >>"$work/findings" 2>>"$work/log" &
    tiercel_pid=$!
    started() {
        log_has '"message":"watching"' && log_has '"message":"storing"'
    }
    if ! wait_for 30 started; then
        local status=0
        kill -0 "$tiercel_pid" 2>/dev/null || wait "$tiercel_pid" || status=$?
        [ "$status" -ne 3 ] || skip "$(tail -n 1 "$work/log")"
        fail "tiercel did not start"
    fi
}

# shellcheck disable=SC2120 # the signal may be left out
stop() { # [SIGNAL]: waits, and fails when the exit status is not 0
    local status=0
    kill -"${1:-TERM}" "$tiercel_pid"
    wait "$tiercel_pid" || status=$?
    tiercel_pid=
    [ "$status" -eq 0 ] || fail "tiercel ended with status $status"
}

role_pid() { # sensor or hub
    local pid
    tr " " "\n" <"/proc/$tiercel_pid/task/$tiercel_pid/children" | while read -r pid; do
        if [ "$(tr "\0" " " <"/proc/$pid/cmdline" 2>/dev/null | cut -d ' ' -f 2)" = "$1" ]; then
            echo "$pid"
        fi
    done
}

watched() { # COMMAND...: inside the cgroup
    # shellcheck disable=SC2016 # the inner shell expands
    sh -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$cgroup" "$@"
}

rule_file() { # a rule that fires when $work/marker-* is opened
    cat >"$work/marker.yaml" <<RULE
- rule: Marker opened
  desc: a file of the test was opened
  condition: evt.type in (open, openat, openat2, creat) and fd.name startswith $work/marker-
  output: marker (file=%fd.name process=%proc.name)
  priority: NOTICE
RULE
}
