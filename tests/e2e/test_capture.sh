#!/bin/bash
# A rule with `capture: true`: a file named by the finding, which others read, and which replays to
# the same finding.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v jq >/dev/null || skip "'jq' is missing"
need_root_and_cgroup

cat >"$work/rules.yaml" <<RULE
- rule: Marker opened
  desc: a file of the test was opened
  condition: evt.type in (open, openat, openat2, creat) and fd.name startswith $work/marker-
  output: marker (file=%fd.name process=%proc.name)
  priority: NOTICE
  capture: true
  capture_duration: 300
- rule: Other opened
  desc: another file of the test was opened
  condition: evt.type in (open, openat, openat2, creat) and fd.name startswith $work/other-
  output: other (file=%fd.name process=%proc.name)
  priority: NOTICE
RULE
start -r "$work/rules.yaml"

watched sh -c ": >$work/other-before; : >$work/marker-1; : >$work/other-after"
found() { [ "$(grep -c 'Marker opened' "$work/findings")" -ge "${1:-1}" ]; }
wait_for 10 found || fail "no finding"
finding=$(grep -m 1 'Marker opened' "$work/findings")
id=$(jq -r .uuid <<<"$finding")
path=$(jq -r .tiercel.capture <<<"$finding")
[ "$path" = "$work/state/sensor/captures/$id.scap" ] || fail "the finding names '$path'"
wait_for 10 test -s "$path" || fail "no capture"
[ "$(stat -c %a "$path")" = 600 ] || fail "others may read the capture"
grep -m 1 'Other opened' "$work/findings" | jq -e '.tiercel | has("capture") | not' >/dev/null ||
    fail "a capture that nobody asked for"

# The capture holds what came before and after.
if command -v sysdig >/dev/null; then
    sysdig -r "$path" -p '%evt.type %fd.name' >"$work/sysdig" || fail "sysdig does not read it"
    for name in other-before marker-1 other-after; do
        grep -qs "^open.* $work/$name\$" "$work/sysdig" || fail "the capture lacks $name"
    done
else
    echo "sysdig is missing: others' reading is not tried"
fi

# Run again, with the rules as they were, it is the same finding: byte for byte, but for the place of
# the capture, which a replay does not write.
"$tiercel" replay "$path" -r "$work/rules.yaml" --json --plain-output >"$work/again" || fail "replay"
jq -c 'del(.tiercel.capture)' <<<"$finding" >"$work/live-one"
grep -F "$id" "$work/again" | jq -c . >"$work/again-one"
cmp "$work/live-one" "$work/again-one" || {
    diff <(jq -S . "$work/live-one") <(jq -S . "$work/again-one") || true
    fail "replayed, it is another finding"
}
[ "$(grep -c 'Other opened' "$work/again")" -eq 2 ] || fail "a replay finds something else"

# Ends in time, whatever is still awaited.
watched sh -c ": >$work/marker-2"
wait_for 10 found 2 || fail "no second finding"
stop
[ "$(find "$work/state/sensor/captures" -name '*.scap' | wc -l)" -eq 2 ] || fail "not two captures"
log_has '"captures":2' || fail "the log does not count them"
echo "passed"
