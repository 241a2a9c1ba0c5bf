#!/bin/bash
# Who comes into a container of runc: its own processes, what `runc exec` puts inside, and nsenter,
# which joins the namespaces and stays in a cgroup of the host.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for tool in runc busybox jq nsenter; do
    command -v "$tool" >/dev/null || skip "'$tool' is missing"
done
need_root_and_cgroup
name=${cgroup##*/}
id=$(printf '%s' "$name" | sha256sum | cut -d ' ' -f 1)

leave() {
    local path try
    runc delete --force "$id" 2>/dev/null || true
    for try in 1 2 3 4 5 6 7 8 9 10; do
        while IFS= read -r path; do # in every hierarchy that runc used
            find "$path" -depth -type d -exec rmdir {} + 2>/dev/null || true
        done < <(find /sys/fs/cgroup -type d -name "$name")
        [ -n "$(find /sys/fs/cgroup -type d -name "$name")" ] || break
        sleep "0.$try"
    done
    cleanup
}
trap leave EXIT

mkdir -p "$work"/bundle/rootfs/{bin,proc,sys,dev,etc}
cp "$(command -v busybox)" "$work/bundle/rootfs/bin/busybox"
for applet in sh sleep echo; do
    ln -s busybox "$work/bundle/rootfs/bin/$applet"
done
runc spec --bundle "$work/bundle"
jq --arg cgroups "/$name/$id" '
    .process.terminal = false | .process.args = ["/bin/sh", "-c", "sleep 100 & sleep 101"]
    | del(.process.rlimits) | .linux.cgroupsPath = $cgroups
    | .annotations = {"io.kubernetes.cri.container-name": "entered"}' \
    "$work/bundle/config.json" >"$work/config.json"
mv "$work/config.json" "$work/bundle/config.json"

cat >"$work/rules.yaml" <<'RULE'
- rule: Program started
  desc: any program of the test
  condition: evt.type in (execve, execveat) and evt.arg.res = 0
  output: >
    how=%proc.container_entry entry=%proc.is_container_entry by=%proc.container_entry.by.name
    joined=%container.joined.name in=%container.name command=%proc.cmdline
  priority: NOTICE
RULE
start -r "$work/rules.yaml"

runc run --detach --bundle "$work/bundle" "$id" </dev/null >/dev/null 2>&1 || skip "runc cannot run here"
timeout 10 runc exec "$id" /bin/sh -c 'sleep 0; echo 102' </dev/null >/dev/null 2>&1 ||
    fail "runc exec"
init=$(runc state "$id" | jq .pid)
watched nsenter --target "$init" --mount --pid /bin/sh -c 'sleep 0.103; echo' >/dev/null ||
    fail "nsenter"

# raised HOW ENTRY JOINED IN COMMAND
raised() {
    grep -qsE "how=$1 entry=$2 by=[^ ]+ joined=$3 in=$4 command=$5\"" "$work/findings"
}
expect() {
    wait_for 5 raised "$@" || {
        jq -r .output "$work/findings"
        fail "not raised: $*"
    }
}
expect start true '<NA>' entered 'sh -c sleep 100 & sleep 101'
# busybox may start its programs through /proc/self/exe.
expect start false '<NA>' entered '(sleep|exe) 100'
expect exec true '<NA>' entered 'sh -c sleep 0; echo 102'
expect exec false '<NA>' entered '(sleep|exe) 0'
expect namespaces true entered host 'sh -c sleep 0.103; echo'
expect namespaces false entered host '(sleep|exe) 0.103'
grep -qs '"container_entry":{"how":"namespaces"' "$work/findings" || fail "the finding does not say how"
raised_by_nsenter() {
    grep -qs 'how=namespaces entry=true by=nsenter' "$work/findings"
}
wait_for 5 raised_by_nsenter || fail "nobody brought it in"

stop
echo "passed"
