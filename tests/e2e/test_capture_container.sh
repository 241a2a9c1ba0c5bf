#!/bin/bash
# Findings of a container of runc, and the last capture around them run again: the same findings byte
# for byte, with the container's name, pod, users and mounts, though nothing of this machine is looked
# at then.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for tool in runc busybox jq; do
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
echo 'boss:x:0:0:Boss:/root:/bin/sh' >"$work/bundle/rootfs/etc/passwd"
echo 'wheel:x:0:' >"$work/bundle/rootfs/etc/group"
cp "$(command -v busybox)" "$work/bundle/rootfs/bin/busybox"
for applet in sh sleep cat; do
    ln -s busybox "$work/bundle/rootfs/bin/$applet"
done
runc spec --bundle "$work/bundle"
jq --arg cgroups "/$name/$id" '
    .process.terminal = false | .root.readonly = false
    | .process.args = ["/bin/sh", "-c", "sleep 1; echo x >/etc/made; cat /etc/passwd; sleep 100"]
    | del(.process.rlimits) | .linux.cgroupsPath = $cgroups
    | .annotations = {"io.kubernetes.cri.container-name": "captured",
                      "io.kubernetes.cri.sandbox-name": "pod-1",
                      "io.kubernetes.cri.sandbox-namespace": "team"}' \
    "$work/bundle/config.json" >"$work/config.json"
mv "$work/config.json" "$work/bundle/config.json"

cat >"$work/rules.yaml" <<'RULE'
- rule: In a container
  desc: anything of the test
  condition: container.id != host and evt.type in (open, openat, execve, write)
  output: >
    container=%container.name pod=%k8s.pod.name ns=%k8s.ns.name user=%user.name group=%group.name
    entry=%proc.container_entry file=%fd.name mounts=%container.mounts command=%proc.cmdline
  priority: NOTICE
  capture: true
  capture_duration: 2000
RULE
start -r "$work/rules.yaml"
runc run --detach --bundle "$work/bundle" "$id" </dev/null >/dev/null 2>&1 || skip "runc cannot run here"
read_it() { grep -qs 'container=captured pod=pod-1 ns=team user=boss group=wheel .*file=/etc/passwd' "$work/findings"; }
wait_for 10 read_it || {
    jq -r .output "$work/findings" | tail -n 5
    fail "not found"
}
stop

jq -c 'del(.tiercel.capture)' "$work/findings" | sort >"$work/live"
last=$(jq -r .tiercel.capture "$work/findings" | tail -n 1)
[ -s "$last" ] || fail "no capture at '$last'"
"$tiercel" replay "$last" -r "$work/rules.yaml" --json --plain-output | jq -c . | sort >"$work/again"
[ "$(wc -l <"$work/live")" -gt 20 ] || fail "only $(wc -l <"$work/live") findings"
cmp "$work/live" "$work/again" || {
    diff "$work/live" "$work/again" | cut -c 1-1000 | head -n 6 || true
    fail "replayed, they are others"
}
echo "passed"
