#!/bin/bash
# Audit logs and cloud trails through the rules: the source is recognised, zipped files and standard
# input are read, and one bad line costs that line.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

cat >"$work/rules.yaml" <<'RULES'
- rule: Secret read
  desc: somebody asked for a secret
  condition: ka.verb = get and ka.target.resource = secrets
  output: secret read (user=%ka.user.name)
  priority: WARNING
  source: k8s_audit
- rule: Trail stopped
  desc: somebody stopped a trail
  condition: ct.name = StopLogging
  output: trail stopped (user=%ct.user)
  priority: CRITICAL
  source: aws_cloudtrail
- rule: Pushed
  desc: somebody pushed
  condition: github.type = push
  output: pushed (user=%github.user)
  priority: NOTICE
  source: github
RULES
for n in 1 2 3; do
    printf '{"auditID":"%d","stage":"ResponseComplete","verb":"get","stageTimestamp":"2026-11-24T10:00:0%dZ","user":{"username":"user%d"},"objectRef":{"resource":"secrets"}}\n' $n $n $n
done >"$work/audit.log"
{
    head -n 1 "$work/audit.log"
    echo '{"auditID": "cut'
    tail -n 2 "$work/audit.log"
} >"$work/faulty.log"
cat >"$work/trail.json" <<'TRAIL'
{ "Records": [
  { "eventID": "1", "eventName": "StopLogging", "eventSource": "cloudtrail.amazonaws.com",
    "eventTime": "2026-11-24T10:00:00Z", "userIdentity": { "type": "IAMUser", "userName": "mallory" } }
] }
TRAIL
gzip -c "$work/trail.json" >"$work/trail.json.gz"
echo '{"sender":{"login":"eve"},"webhook_type":"push"}' >"$work/push.json"

replay() { # STATUS FILE...: findings as "user ..." lines
    local status=0 wanted=$1
    shift
    "$tiercel" replay "$@" -r "$work/rules.yaml" --json --plain-output >"$work/findings" 2>"$work/log" || status=$?
    [ "$status" -eq "$wanted" ] || fail "replay $* ended with $status, expected $wanted"
    jq -r '"\(.rule): \(.tiercel.actor.name)"' "$work/findings" >"$work/found"
}

found() { # LINE...
    printf '%s\n' "$@" | diff -u - "$work/found" || fail "other findings than expected"
}

replay 0 "$work/audit.log"
found 'Secret read: user1' 'Secret read: user2' 'Secret read: user3'
replay 0 "$work/trail.json.gz" "$work/trail.json"
found 'Trail stopped: mallory' 'Trail stopped: mallory'
replay 0 - <"$work/audit.log"
found 'Secret read: user1' 'Secret read: user2' 'Secret read: user3'
replay 1 "$work/faulty.log"
found 'Secret read: user1' 'Secret read: user2' 'Secret read: user3'
grep -q 'faulty.log: line 2: ' "$work/log" || fail "the bad line is not named: $(cat "$work/log")"
replay 1 "$work/push.json"
grep -q -- '--source' "$work/log" || fail "no word about --source: $(cat "$work/log")"
replay 0 --source github "$work/push.json"
found 'Pushed: eve'
replay 1 "$work/absent.json"
replay 2 --source nothing "$work/push.json"
