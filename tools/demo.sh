#!/bin/bash
# Drives the patterns of the shipped rules inside real OCI containers, with tiercel watching a
# cgroup of its own, and prints what was raised and how soon it was durable.
#
#     demo.sh TIERCEL RULES [--keep]     run by `./dev run --demo`
#
# Exit status: 0 when every pattern was raised and nothing else was; 1 otherwise; 3 when the machine
# lacks something. --keep leaves the scratch directory with findings and log behind.
set -euo pipefail

tiercel=$(readlink -f "$1")
rules=$(readlink -f "$2")
keep=${3:-}

need() {
    command -v "$1" >/dev/null || {
        echo "demo: '$1' is missing (package $2)" >&2
        exit 3
    }
}
need runc runc
need busybox busybox-static
need jq jq
need ip iproute2
need script bsdutils
[ "$(id -u)" -eq 0 ] || {
    echo "demo: containers and BPF need root" >&2
    exit 3
}

cgroup_mount=$(awk '{ for (i = 7; i <= NF; i++) if ($i == "-") { if ($(i + 1) == "cgroup2") print $5; break } }' \
    /proc/self/mountinfo | head -n 1)
[ -n "$cgroup_mount" ] || {
    echo "demo: no cgroup v2 hierarchy is mounted" >&2
    exit 3
}

work=$(mktemp -d)
chmod 755 "$work"
name=tiercel-demo-$$
network=tcl-demo-$$ # a network namespace of our own
address=203.0.113.7 # an address of it, from the range kept for documentation
cgroup=$cgroup_mount/$name
findings=$work/findings.jsonl
log=$work/log.jsonl
containers=()
tiercel_pid=

remove_cgroup() { # children first; a container's processes take a moment to go
    local try
    for try in 1 2 3 4 5 6 7 8 9 10; do
        find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
        [ -d "$1" ] || return 0
        sleep 0.1
    done
    echo "demo: '$1' could not be removed after $try tries" >&2
}

cleanup() {
    local id path
    for id in "${containers[@]}"; do
        runc delete --force "$id" 2>/dev/null || true
    done
    [ -z "$tiercel_pid" ] || kill -TERM "$tiercel_pid" 2>/dev/null || true
    wait 2>/dev/null || true
    ip netns delete "$network" 2>/dev/null || true
    while IFS= read -r path; do # in every hierarchy that runc used
        remove_cgroup "$path"
    done < <(find /sys/fs/cgroup -type d -name "$name")
    if [ "$keep" = --keep ]; then
        echo "demo: findings and log are in $work" >&2
    else
        rm -rf "$work"
    fi
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# ------------------------------------------------------------------------------------ the stage

make_rootfs() {
    local applet
    mkdir -p "$work"/rootfs/{bin,sbin,etc/cron.d,proc,sys,dev,tmp,root,usr/sbin,srv}
    cp "$(command -v busybox)" "$work/rootfs/bin/busybox"
    for applet in cat id nc sh sleep sort tee true; do
        ln -s busybox "$work/rootfs/bin/$applet"
    done
    ln -s /bin/busybox "$work/rootfs/sbin/apk" # its name is what counts: it need not install
    # A server that was made to start a shell.
    printf '#!/bin/sh\n/bin/sh -c "id; id"\nexit 0\n' >"$work/rootfs/usr/sbin/nginx"
    chmod 755 "$work/rootfs/usr/sbin/nginx"
    printf 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/srv:/bin/sh\n' >"$work/rootfs/etc/passwd"
    printf 'root:x:0:\napp:x:1000:\n' >"$work/rootfs/etc/group"
}

make_network() {
    ip netns add "$network" || {
        echo "demo: no network namespace can be made" >&2
        exit 3
    }
    ip -n "$network" link set lo up
    ip -n "$network" address add "$address/32" dev lo
}

container_id() { # NAME: 64 hex digits, as containerd makes them
    printf '%s' "$name-$1" | sha256sum | cut -d ' ' -f 1
}

# start_container NAME NAMESPACE IMAGE [JQ EDIT OF THE SPEC]: with what containerd's CRI writes.
start_container() {
    local id uid every bundle=$work/bundle-$1
    id=$(container_id "$1")
    uid=$(cat /proc/sys/kernel/random/uuid)
    mkdir -p "$bundle"
    runc spec --bundle "$bundle"
    # What this machine can give at most.
    every=$(setpriv --dump | sed -n "s/^Capability bounding set: //p" | tr '[:lower:]' '[:upper:]' |
        jq -R 'split(",") | map("CAP_" + .)')
    jq --argjson every "$every" --arg rootfs "$work/rootfs" --arg id "$id" --arg uid "$uid" \
        --arg name "$1" --arg ns "$2" --arg sandbox "$(container_id "$1-sandbox")" \
        --arg image "$3" --arg cgroups "/$name/kubepods/besteffort/pod$uid/$id" \
        --arg network "/var/run/netns/$network" '
        .root = {path: $rootfs, readonly: false}
        | .process.terminal = false | .process.args = ["/bin/sleep", "600"]
        | .hostname = $name
        | del(.process.rlimits)
        | .linux.cgroupsPath = $cgroups
        | (.linux.namespaces[] | select(.type == "network")).path = $network
        | .annotations = {
            "io.kubernetes.cri.container-type": "container",
            "io.kubernetes.cri.container-name": $name,
            "io.kubernetes.cri.image-name": $image,
            "io.kubernetes.cri.sandbox-id": $sandbox,
            "io.kubernetes.cri.sandbox-name": ($name + "-0"),
            "io.kubernetes.cri.sandbox-namespace": $ns,
            "io.kubernetes.cri.sandbox-uid": $uid
        } | '"${4:-.}" "$bundle/config.json" >"$bundle/config.new"
    mv "$bundle/config.new" "$bundle/config.json"
    containers+=("$id")
    runc run --detach --bundle "$bundle" "$id" </dev/null >/dev/null 2>&1
}

inside() { # NAME COMMAND...: a command in a running container, its output thrown away
    local id
    id=$(container_id "$1")
    shift
    timeout 10 runc exec "$id" "$@" </dev/null >/dev/null 2>&1 || true
}

on_terminal() { # NAME COMMAND...: the same with a terminal
    local id
    id=$(container_id "$1")
    shift
    printf 'exit\n' | timeout 10 script -qec "runc exec --tty '$id' $*" /dev/null >/dev/null 2>&1 || true
}

in_cgroup() { # COMMAND...: on the host, but watched
    # shellcheck disable=SC2016 # the inner shell expands
    sh -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$cgroup" "$@" </dev/null >/dev/null 2>&1 || true
}

start_tiercel() {
    local i
    mkdir "$cgroup"
    : >"$findings"
    : >"$log"
    "$tiercel" run --json --log-level debug --cgroup "$cgroup" --state "$work/state" \
        --socket "$work/hub.sock" --listen none --cluster demo --rules "$rules" \
        --rules "$rules/examples/package-manager-product-namespace.yaml" \
        >"$findings" 2>"$log" &
    tiercel_pid=$!
    for ((i = 0; i < 300; i++)); do
        if grep -q '"storing"' "$log" && grep -q '"watching"' "$log"; then
            return
        fi
        kill -0 "$tiercel_pid" 2>/dev/null || break
        sleep 0.1
    done
    cat "$log" >&2
    local status=1
    wait "$tiercel_pid" || status=$?
    tiercel_pid=
    exit "$status"
}

# -------------------------------------------------------------------------------- the patterns

failed=0
expected=0

row() {
    printf '%-46s %-54s %10s\n' "$1" "$2" "$3"
}

# expect PATTERN RULE COMMAND...: run the command and wait until the rule's finding is shown.
expect() {
    local pattern=$1 rule=$2 i line='' id latency
    local before
    before=$(jq -rc --arg rule "$rule" 'select(.rule == $rule) | .uuid' "$findings" | wc -l)
    shift 2
    "$@"
    expected=$((expected + 1))
    for ((i = 0; i < 50; i++)); do
        line=$(jq -c --arg rule "$rule" 'select(.rule == $rule)' "$findings" | sed -n "$((before + 1))p")
        [ -z "$line" ] || break
        sleep 0.1
    done
    if [ -z "$line" ]; then
        row "$pattern" "MISSING: $rule" -
        failed=1
        return
    fi
    id=$(jq -r .uuid <<<"$line")
    latency=$(jq -r --arg id "$id" 'select(.id == $id) | .latency_us' "$log" | head -n 1)
    row "$pattern" "$rule" "$latency us"
    if jq -e '.output_fields | del(.["fs.path.target"]) | any(. == null)' <<<"$line" >/dev/null; then
        echo "    a field of the output has no value: $(jq -r .output <<<"$line")"
        failed=1
    fi
}

# quiet PATTERN COMMAND...: run the command; the end counts that nothing came of it.
quiet() {
    local pattern=$1
    shift
    "$@"
    row "$pattern" "(nothing)" -
}

make_rootfs
make_network
start_tiercel
row PATTERN 'FINDING RAISED' LATENCY
start_container api billing registry.example:5000/shop/api:1.4.2
start_container web staging registry.example:5000/shop/web:2.0.0

expect 'package manager in a product namespace' 'Package manager in product namespace' \
    inside api /sbin/apk add curl
expect 'interactive shell put into a container' 'Interactive shell in a container' \
    on_terminal api /bin/sh
expect 'shell started by a server' 'Shell started by a server program in a container' \
    inside web /usr/sbin/nginx
expect 'write under sensitive configuration' 'Write under sensitive configuration' \
    inside web /bin/tee /etc/cron.d/job
expect 'connection by a file tool (nc in disguise)' \
    'Outbound connection by a program without network use' \
    inside web /bin/sh -c "exec -a nc /bin/sort $address 4444"
# shellcheck disable=SC2016 # $every is jq's
expect 'new privileged container' 'Privileged container started' \
    start_container root-agent billing registry.example:5000/ops/agent:1 '
        (.process.capabilities | .bounding, .effective, .permitted) = $every
        | .linux.maskedPaths = [] | .linux.readonlyPaths = []
        | .linux.resources.devices = [{allow: true, access: "rwm"}]'
expect 'new container with excessive capabilities' 'Container started with excessive capabilities' \
    start_container tracer billing registry.example:5000/ops/tracer:1 '
        (.process.capabilities | .bounding, .effective, .permitted) += ["CAP_SYS_PTRACE"]'

quiet 'package manager in another namespace' inside web /sbin/apk add curl
quiet 'package manager on the host' in_cgroup "$work/rootfs/sbin/apk" add curl
quiet 'ordinary command in the product namespace' inside api /bin/cat /etc/passwd
quiet 'shell without a terminal' inside api /bin/sh -c 'id'

kill -TERM "$tiercel_pid"
wait "$tiercel_pid" || failed=1
tiercel_pid=
raised=$(wc -l <"$findings")
echo
jq -r 'select(.message == "sensor stopped") |
    "events \(.events), dropped \(.dropped), findings \(.findings)",
    "events in containers \(.container_events), with name, image and pod known \(.container_events_complete)"' "$log"
if [ "$raised" -ne "$expected" ]; then
    echo "expected $expected findings, raised $raised:"
    jq -r '"    \(.rule): \(.output)"' "$findings"
    failed=1
fi
[ "$failed" -eq 0 ] && echo "every pattern was raised and nothing else was"
exit "$failed"
