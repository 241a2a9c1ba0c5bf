#!/bin/bash
# A recording as other tools read it: sysdig event by event and field by field against our own dump,
# tshark frame by frame; and how it begins, ends, is limited, cut and refused.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

fields_of() { # FIELD...: as a format
    local format
    format=$(printf "$bar%%%s" "$@")
    printf '%s' "${format#"$bar"}"
}
# say FILE FIELD...: what the sensor had, a line an event.
say() {
    local file=$1
    shift
    "$tiercel" dump "$file" -p "$(fields_of "$@")"
}
unmount() {
    ! mountpoint -q "$work/disk" 2>/dev/null || umount "$work/disk"
    cleanup
}
trap unmount EXIT
for tool in sysdig tshark busybox; do
    command -v "$tool" >/dev/null || skip "'$tool' is missing"
done
need_root_and_cgroup
work=$(realpath "$work")
bar='¦' # between fields; control characters are not printed as they are

# record FILE [OPTION...]: in the background, until it is stopped; returns when it has begun.
record() {
    local file=$1
    shift
    env --default-signal=INT "$tiercel" record -o "$file" --cgroup "$cgroup" "$@" 2>"$work/log" &
    recorder=$!
    pids+=("$recorder")
}
ended() {
    local status=0
    wait "$recorder" || status=$?
    [ "$status" -eq "${1:-0}" ] || fail "record ended with status $status: $(cat "$work/log")"
}
begun() { [ -s "$work/$1" ]; }

# --- who is there before, what happens, what is told of it ------------------------------------------

mkdir "$work/dir"
echo "some text" >"$work/dir/in"
mkfifo "$work/go"
cat >"$work/scenario" <<'SCENARIO'
read -r _ <"$1/go"
cd "$1/dir"
busybox nc -l -p "$2" 127.0.0.1 >received &
echo hello >out
cat in /nonexistent
mv out moved
chmod 640 moved
ln -s moved link
mkdir sub
rmdir sub
(cd / && busybox ls etc/hostname)
sh -c 'exit 7'
for _ in 1 2 3 4 5 6 7 8 9 10; do
    busybox nc 127.0.0.1 "$2" <moved && break
    sleep 0.1
done
wait
rm moved link in
SCENARIO
port=$((20000 + $$ % 20000))
watched bash "$work/scenario" "$work" "$port" >/dev/null 2>&1 &
scenario=$!
pids+=("$scenario")
inside() { [ -n "$(cat "$cgroup/cgroup.procs")" ]; }
wait_for 10 inside || fail "nobody in the cgroup"

record "$work/a.scap"
wait_for 30 begun a.scap || {
    kill -0 "$recorder" 2>/dev/null || {
        status=0
        wait "$recorder" || status=$?
        [ "$status" -ne 3 ] || skip "$(tail -n 1 "$work/log")"
    }
    fail "no recording"
}
echo go >"$work/go"
wait "$scenario" || true
sleep 0.3
kill -INT "$recorder"
ended
grep -qs 'events, [0-9]* bytes' "$work/log" || fail "nothing is said at the end"

fields=(evt.rawtime thread.tid evt.type evt.cpu evt.rawres proc.pid proc.ppid proc.name proc.pname
    proc.exepath proc.cmdline proc.cwd user.uid user.name fd.num fd.name)
say "$work/a.scap" "${fields[@]}" >"$work/ours" || fail "the recording cannot be run again"
sysdig -r "$work/a.scap" -p "*$(fields_of "${fields[@]}")" "evt.dir='<' or evt.type=procexit" >"$work/theirs" 2>"$work/sysdig-errors" ||
    fail "sysdig does not read it: $(cat "$work/sysdig-errors")"
[ "$(wc -l <"$work/ours")" -gt 300 ] || fail "only $(wc -l <"$work/ours") events"

# Every event of ours is one of sysdig's, and they say the same; the comments say where not.
awk -F"$bar" -v fields="${fields[*]}" '
    function key() { t = $3; sub(/^dup[23]$/, "dup", t); sub(/^pipe2$/, "pipe", t); sub(/^accept4$/, "accept", t); return $1 " " $2 " " t }
    BEGIN { n = split(fields, name, " ") }
    NR == FNR { k = key(); theirs[k] = 1; for (i = 1; i <= n; i++) their[k, i] = $i; next }
    {
        k = key()
        if (!(k in theirs)) { missing[$3]++; next }
        common++
        for (i = 4; i <= n; i++) {
            a = $i; b = their[k, i]
            if (a == b) continue
            # sysdig has no result of a process that ended, and no name of a connection that failed.
            if (name[i] == "evt.rawres" && $3 == "procexit") continue
            # Descriptors: of calls that name a directory, and of closed and failed ones, it shows none.
            if (name[i] ~ /^fd/ && (b == "<NA>" || b == "" || a == "<NA>" || a == "")) continue
            if (name[i] == "fd.num" && ($3 ~ /^(dup|fcntl)/ || $5 < 0)) continue # the new one for the old one
            # It has the program as it was named: sh is a link.
            if (name[i] == "proc.exepath" && a ~ /\/dash$/ && b ~ /\/sh$/) continue
            # It joins paths and does not look for symbolic links, which we are told of by the kernel.
            if (name[i] == "fd.name" && $3 ~ /^(open|openat|read|pread|mmap|fstat|lseek|fcntl|close|ioctl)/ && b ~ /^\/(lib|lib64|bin|usr|etc|proc|dev)\//) continue
            if (name[i] == "fd.name" && b ~ /^(pipe|socket|\/dev|<|[0-9])/) { loose++; continue }
            different[name[i]]++
            if (different[name[i]] <= 3) print "  " name[i] " of " $3 ": ours \"" a "\", sysdig \"" b "\""
        }
    }
    END {
        for (t in missing) if (t !~ /^(newfstatat|fchownat|prctl|memfd_create|umount2|eventfd2|signalfd4|inotify_init1|epoll_create1|process_vm_|pidfd_|close_range|chown|lchown|fchown|statx|rseq|set_robust_list)/) { bad++; print "  sysdig lacks " missing[t] " " t }
        for (f in different) bad += different[f]
        print common " events in both, " loose + 0 " names told otherwise"
        exit bad > 0 || common < 300
    }' "$work/theirs" "$work/ours" || fail "sysdig says something else"

# said LINE COMMAND...: the command prints the line. Not a pipe: grep would not wait for its end.
said() {
    local line=$1
    shift
    "$@" >"$work/said" 2>/dev/null && grep -qxF -- "$line" "$work/said"
}
expect() { # CONDITION FORMAT LINE: sysdig prints the line
    sysdig -r "$work/a.scap" -p "*$2" "$1" 2>/dev/null | sort -u >"$work/said"
    grep -qxF -- "$3" "$work/said" || {
        head -n 20 "$work/said"
        fail "sysdig does not say '$3'"
    }
}
exit_of() { echo "evt.dir='<' and evt.type=$1"; }
expect "$(exit_of openat)" '%proc.name %fd.name %evt.arg.flags' "cat $work/dir/in O_RDONLY"
expect "$(exit_of openat)" '%proc.name %evt.rawres %evt.arg.name' 'cat -2 /nonexistent'
expect "$(exit_of openat)" '%proc.name %fd.name' "bash $work/dir/out"
expect "$(exit_of write)" '%fd.name %evt.arg.data' "$work/dir/out hello."
expect "$(exit_of execve)" '%proc.name %proc.pname %proc.exepath %proc.cmdline' \
    "chmod bash $(realpath "$(command -v chmod)") chmod 640 moved"
expect 'evt.type=procexit' '%proc.name %evt.arg.ret' 'sh 7'
expect "$(exit_of mkdir)" '%evt.arg.path' "$work/dir/sub"
expect "$(exit_of connect)" '%proc.name %fd.sip %fd.sport %fd.l4proto' "busybox 127.0.0.1 $port tcp"

# Wireshark: as many frames as blocks, and nothing that it calls malformed.
tshark -r "$work/a.scap" -V >"$work/frames" 2>/dev/null || fail "tshark does not read it"
! grep -qsi malformed "$work/frames" || fail "tshark calls frames malformed"
[ "$(grep -c '^Sysdig Event$' "$work/frames")" -ge "$(wc -l <"$work/theirs")" ] || fail "tshark lacks frames"
grep -qs 'Program arguments: 640 moved' "$work/frames" || fail "tshark lacks an argument"

# --- how it ends ------------------------------------------------------------------------------------

# Cut anywhere: readable up to there.
size=$(stat -c %s "$work/a.scap")
for part in 3 5 7 9; do
    head -c $((size * part / 10)) "$work/a.scap" >"$work/cut.scap"
    say "$work/cut.scap" "${fields[@]}" >"$work/cut" 2>"$work/log" && fail "a cut file is not told of"
    whole=$(wc -l <"$work/cut")
    [ "$whole" -gt 0 ] && [ "$whole" -lt "$(wc -l <"$work/ours")" ] || fail "a cut file gives $whole events"
    cmp -s "$work/cut" <(head -n "$whole" "$work/ours") || fail "a cut file says something else"
done

# Never overwrites, and says so before it watches anything.
before=$(cksum <"$work/a.scap")
status=0
"$tiercel" record -o "$work/a.scap" --cgroup "$cgroup" --seconds 1 2>"$work/log" || status=$?
[ "$status" -eq 1 ] && grep -qs 'not overwritten' "$work/log" || fail "status $status: $(cat "$work/log")"
[ "$(cksum <"$work/a.scap")" = "$before" ] || fail "overwritten"

# Killed: what was seen a second ago is in the file.
record "$work/killed.scap"
wait_for 30 begun killed.scap || fail "no recording"
watched cat /etc/hostname >/dev/null
caught() { said /etc/hostname say "$work/killed.scap" fd.name; }
wait_for 10 caught || fail "nothing reaches the file before the end"
kill -KILL "$recorder"
wait "$recorder" 2>/dev/null || true
said /etc/hostname sysdig -r "$work/killed.scap" -p '%fd.name' || fail "sysdig does not read what is left"

# A condition keeps what it holds for, and what changes processes.
record "$work/some.scap" --condition 'evt.type = openat and fd.name = /etc/hostname'
wait_for 30 begun some.scap || fail "no recording"
watched sh -c 'cat /etc/hostname; cat /etc/passwd' >/dev/null
sleep 0.3
kill -TERM "$recorder"
ended
[ "$(say "$work/some.scap" evt.type fd.name | grep -c ^openat)" -eq 1 ] || fail "the condition is not kept to"
said cat say "$work/some.scap" proc.name || fail "processes are missing"
said procexit say "$work/some.scap" evt.type || fail "exits are missing"

# Limits: of time, of bytes; packed.
record "$work/limited.scap" --seconds 1
ended
record "$work/small.scap.gz" --limit 200K
wait_for 30 begun small.scap.gz || sleep 2
watched bash -c 'while :; do cat /etc/passwd; done' >/dev/null 2>&1 &
busy=$!
pids+=("$busy")
wait_for 60 bash -c "! kill -0 $recorder 2>/dev/null" || fail "the limit is not kept"
ended
while read -r pid; do kill -KILL "$pid" 2>/dev/null || true; done <"$cgroup/cgroup.procs"
wait "$busy" 2>/dev/null || true
grep -qs 'ended at its limit' "$work/log" || fail "the limit is not told of"
[ "$(stat -c %s "$work/small.scap.gz")" -le 204800 ] || fail "larger than its limit"
gzip -t "$work/small.scap.gz" || fail "not packed"
said openat sysdig -r "$work/small.scap.gz" -p '%evt.type' || fail "sysdig does not read what is packed"

# In memory, written on a signal and at the end; each file begins with who was there.
record "$work/ring.scap" --ring 256K
sleep 2
for _ in 1 2 3 4 5 6 7 8; do
    watched sh -c 'cat /etc/hostname /etc/passwd; cat /etc/group' >/dev/null
done
sleep 0.3
kill -USR1 "$recorder"
wait_for 10 begun ring.scap || fail "nothing on SIGUSR1"
watched cat "$work/scenario" >/dev/null
sleep 0.3
kill -INT "$recorder"
ended
said "$work/scenario" say "$work/ring-2.scap" fd.name || fail "the end is missing"
! said "$work/scenario" say "$work/ring.scap" fd.name || fail "the first file has the end"
# Who came into the cgroup and ended before the sensor could look has no name until an exec.
say "$work/ring-2.scap" proc.name >"$work/names"
[ $(($(grep -cx '<NA>' "$work/names") * 10)) -lt "$(wc -l <"$work/names")" ] || fail "processes are not known"

# A full disk: a clear error, and a file whole up to it.
if mkdir "$work/disk" && mount -t tmpfs -o size=256k tiercel-test "$work/disk" 2>/dev/null; then
    record "$work/disk/full.scap"
    wait_for 30 begun disk/full.scap || true
    watched bash -c 'for ((i = 0; i < 400; i++)); do cat /etc/passwd; done' >/dev/null 2>&1 || true
    ended 1
    grep -qs 'No space left on device' "$work/log" || fail "a full disk is not told of: $(cat "$work/log")"
    said openat say "$work/disk/full.scap" evt.type || fail "nothing is left on a full disk"
    umount "$work/disk"
else
    echo "no tmpfs can be mounted: a full disk is not tried"
fi

# What is asked for wrongly.
for wrong in "" "-o" "-o x --seconds 0" "-o x --ring 1K" "-o x --limit 5Q" "-o x y" "-o x --ring 1M --limit 1M"; do
    status=0
    # shellcheck disable=SC2086 # words
    "$tiercel" record $wrong >/dev/null 2>&1 || status=$?
    [ "$status" -eq 2 ] || fail "'$wrong' ends with status $status"
done
status=0
"$tiercel" record -o "$work/x" --condition 'proc.nam = x' 2>"$work/log" || status=$?
[ "$status" -eq 1 ] && grep -qs "proc.name" "$work/log" || fail "a faulty condition: $(cat "$work/log")"
[ ! -e "$work/x" ] || fail "a file for nothing"
echo "passed"
