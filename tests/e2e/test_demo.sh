#!/bin/bash
# `./dev run --demo`: every pattern raised in a real container, and nothing else.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for tool in runc busybox jq ip script setpriv; do
    command -v "$tool" >/dev/null || skip "'$tool' is missing"
done
status=0
"$root/tools/demo.sh" "$tiercel" "$root/rules" >"$work/log" 2>&1 || status=$?
[ "$status" -ne 3 ] || skip "$(tail -n 1 "$work/log")"
cat "$work/log"
[ "$status" -eq 0 ] || fail "the demo ended with status $status"
grep -q 'every pattern was raised and nothing else was' "$work/log" || fail "no verdict"
[ "$(grep -c ' us$' "$work/log")" -eq 7 ] || fail "not seven latencies"
echo "passed"
