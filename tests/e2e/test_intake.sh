#!/bin/bash
# What is posted to the hub: records are durable when they are acknowledged, once, and judged by the
# rules of their source; who may not post is refused; a hub that is killed loses nothing.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

port=$((20000 + RANDOM % 20000))
url=http://127.0.0.1:$port
hub_pid=

mkdir "$work/rules.d"
cat >"$work/rules.d/rules.yaml" <<'RULES'
- rule: Secret read
  desc: somebody asked for a secret
  condition: ka.verb = get and ka.target.resource = secrets
  output: secret read (user=%ka.user.name secret=%ka.target.namespace/%ka.target.name)
  priority: WARNING
  source: k8s_audit
- rule: Trail stopped
  desc: somebody stopped a trail
  condition: ct.name = StopLogging
  output: trail stopped (user=%ct.user)
  priority: CRITICAL
  source: aws_cloudtrail
- rule: Much said
  desc: a finding that is larger than any may be
  condition: ka.verb = much
  output: much %json.obj %json.obj %json.obj %json.obj
  priority: WARNING
  source: k8s_audit
RULES
chmod 644 "$work/rules.d/rules.yaml"

hub_start() { # [OPTION...]
    "$tiercel" hub --json --state "$work/state" --socket "$work/hub.sock" --listen "127.0.0.1:$port" \
        -r "$work/rules.d" "$@" >>"$work/findings" 2>>"$work/log" &
    hub_pid=$!
    pids+=("$hub_pid")
    answers() {
        curl -s -o "$work/answer" "$url/healthz"
    }
    wait_for 10 answers || fail "the hub does not answer"
}

hub_stop() {
    kill -TERM "$hub_pid"
    wait "$hub_pid" || fail "the hub ended with an error"
}

event() { # NUMBER
    printf '{"kind":"Event","auditID":"id-%d","stage":"ResponseComplete","verb":"get","stageTimestamp":"2026-11-24T10:00:00.%06dZ","user":{"username":"alice"},"objectRef":{"resource":"secrets","namespace":"prod","name":"s%d"}}' "$1" "$1" "$1"
}

post() { # PATH BODY [CURL OPTION...]: prints the status
    local path=$1 body=$2
    shift 2
    curl -s -o "$work/answer" -w '%{http_code}' -m 20 "$@" --data-binary "$body" "$url$path" || true
}

expect() { # STATUS GOT WHAT
    [ "$2" = "$1" ] || fail "$3: $2, expected $1: $(cat "$work/answer")"
}

records() {
    sqlite3 -readonly "$work/state/hub/tiercel.db" 'SELECT coalesce(sum(records), 0) FROM evidence_block'
}

findings() {
    sqlite3 -readonly "$work/state/hub/tiercel.db" 'SELECT count(*) FROM finding'
}

# Records come in, once, and are judged.
hub_start
expect 200 "$(post /k8s-audit "{\"kind\":\"EventList\",\"items\":[$(event 1),$(event 2)]}")" "a list"
expect 200 "$(post /k8s-audit "$(event 2)")" "again"
gzip -c <<<"$(event 3)" >"$work/zipped"
expect 200 "$(post /k8s-audit @"$work/zipped" -H 'Content-Encoding: gzip')" "gzip"
expect 202 "$(post /cloudtrail '{"Records":[{"eventID":"e","eventName":"StopLogging","eventSource":"cloudtrail.amazonaws.com","eventTime":"2026-11-24T10:00:00Z","userIdentity":{"type":"Root","userName":"root"}}]}')" "a trail"
expect 400 "$(post /k8s-audit '{"auditID":')" "no JSON"
grep -q 'line 1' "$work/answer" || fail "the answer does not say where: $(cat "$work/answer")"
expect 404 "$(post /nothing '{}')" "an unknown path"
expect 405 "$(curl -s -o "$work/answer" -w '%{http_code}' "$url/k8s-audit")" "GET"
curl -s "$url/metrics" >"$work/metrics"
for line in 'findings_total 4' 'records_total{source="k8s_audit"} 3' 'records_total{source="aws_cloudtrail"} 1' \
    'record_duplicates_total 1' 'requests_refused_total 3'; do
    grep -qx "tiercel_hub_$line" "$work/metrics" || fail "metrics lack '$line': $(cat "$work/metrics")"
done
[ "$(grep -vc '^#' "$work/metrics")" -eq "$(grep -v '^#' "$work/metrics" | sed 's/ [^ ]*$//' | sort -u | wc -l)" ] ||
    fail "a metric is there twice"
[ "$(records)" -eq 4 ] || fail "$(records) records, expected 4"
[ "$(findings)" -eq 4 ] || fail "$(findings) findings, expected 4"
jq -es '[.[] | select(.rule == "Secret read" and .tiercel.namespace == "prod" and .tiercel.actor.name == "alice")] | length == 3' \
    "$work/findings" >"$work/answer" || fail "findings: $(cat "$work/findings")"
jq -es '[.[] | select(.rule == "Trail stopped" and .priority == "Critical")] | length == 1' \
    "$work/findings" >"$work/answer" || fail "no finding of the trail"
[ "$("$tiercel" query 'ka.verb = get' --count --store "$work/state/hub/tiercel.db")" -eq 3 ] ||
    fail "the search does not find what was posted"
"$tiercel" query 'ct.name = StopLogging' --json --store "$work/state/hub/tiercel.db" |
    jq -e '.eventID == "e"' >"$work/answer" || fail "the search gives another record"

# A finding that cannot be made is told of.
{
    printf '{"auditID":"much","verb":"much","stageTimestamp":"2026-11-24T10:00:00Z","x":"'
    head -c 6000000 /dev/zero | tr '\0' x
    printf '"}'
} >"$work/much"
expect 200 "$(post /k8s-audit @"$work/much")" "a large record"
grep -q 'a finding is lost.*"rule":"Much said"' "$work/log" || fail "a finding is lost without a word"

# A faulty file of rules is told of once, and changes nothing.
echo '- rule: broken' >>"$work/rules.d/rules.yaml"
wait_for 10 grep -q 'the rules are not reloaded' "$work/log" || fail "a faulty file is not told of"
sleep 2.5
[ "$(grep -c 'the rules are not reloaded' "$work/log")" -eq 1 ] || fail "a faulty file is tried again and again"
sed -i '$d' "$work/rules.d/rules.yaml"
echo '# mended' >>"$work/rules.d/rules.yaml"
wait_for 10 log_has '"message":"rules reloaded"' || fail "mended rules are not read again"
hub_stop

# A token, and TLS with a certificate of the client.
echo 's3cret' >"$work/token"
for name in ca other; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$name" \
        -keyout "$work/$name.key" -out "$work/$name.pem" 2>>"$work/log"
done
for name in hub sender; do
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" \
        -keyout "$work/$name.key" -out "$work/$name.csr" 2>>"$work/log"
    printf 'subjectAltName=IP:127.0.0.1\n' >"$work/ext"
    openssl x509 -req -in "$work/$name.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial \
        -days 2 -extfile "$work/ext" -out "$work/$name.pem" 2>>"$work/log"
done
cat >"$work/tiercel.yaml" <<SETTINGS
hub:
  token_file: $work/token
  tls:
    certificate: $work/hub.pem
    key: $work/hub.key
    client_ca: $work/ca.pem
SETTINGS
url=https://127.0.0.1:$port
"$tiercel" hub -c "$work/tiercel.yaml" --json --state "$work/state" --socket "$work/hub.sock" \
    --listen "127.0.0.1:$port" -r "$work/rules.d" >>"$work/findings" 2>>"$work/log" &
hub_pid=$!
pids+=("$hub_pid")
tls=(--cacert "$work/ca.pem" --cert "$work/sender.pem" --key "$work/sender.key")
ready() {
    curl -s "${tls[@]}" "$url/healthz" >"$work/answer"
}
wait_for 10 ready || fail "no answer over TLS"
expect 401 "$(post /k8s-audit "$(event 9)" "${tls[@]}")" "without a token"
expect 401 "$(post /k8s-audit "$(event 9)" "${tls[@]}" -H 'Authorization: Bearer s3cre')" "a wrong token"
expect 200 "$(post /k8s-audit "$(event 9)" "${tls[@]}" -H 'Authorization: Bearer s3cret')" "the token"
expect 403 "$(post /k8s-audit "$(event 10)" --cacert "$work/ca.pem" -H 'Authorization: Bearer s3cret')" \
    "without a certificate"
expect 403 "$(post /k8s-audit "$(event 10)" --cacert "$work/ca.pem" --cert "$work/other.pem" \
    --key "$work/other.key" -H 'Authorization: Bearer s3cret')" "another's certificate"
hub_stop
[ "$(records)" -eq 6 ] || fail "$(records) records after TLS, expected 6"

# Killed again and again while somebody posts and tries again.
url=http://127.0.0.1:$port
hub_start
send_all() {
    local n
    for n in $(seq 100 399); do
        until [ "$(post /k8s-audit "$(event "$n")" -m 5)" = 200 ]; do
            sleep 0.05
        done
    done
    touch "$work/sent"
}
send_all &
pids+=("$!")
for _ in $(seq 20); do
    sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
    [ ! -e "$work/sent" ] || break
    kill -KILL "$hub_pid"
    wait "$hub_pid" 2>>"$work/log" || true
    hub_start
done
all_sent() {
    [ -e "$work/sent" ]
}
wait_for 60 all_sent || fail "not all could be posted"
hub_stop
[ "$(records)" -eq 306 ] || fail "$(records) records after the kills, expected 306"
[ "$(findings)" -eq 305 ] || fail "$(findings) findings after the kills, expected 305"

# What is older than the settings say is removed, block by block.
old_events() {
    local n
    printf '{"items":['
    for n in $(seq 1500); do
        printf '%s{"auditID":"old-%d","stage":"ResponseComplete","stageTimestamp":"2020-01-01T00:00:00Z","verb":"list","requestURI":"/api/v1/namespaces/default/pods?limit=500&resourceVersion=%d&pad=%0100d"}' \
            "$([ "$n" -eq 1 ] || echo ,)" "$n" "$n" "$n"
    done
    printf ']}'
}
old_events >"$work/old.json"
printf 'hub: {evidence_days: 0}\n' >"$work/keep.yaml"
printf 'hub: {evidence_days: 1}\n' >"$work/forget.yaml"
before=$(records)
hub_start -c "$work/keep.yaml"
expect 200 "$(post /k8s-audit @"$work/old.json")" "old records"
hub_stop
[ "$(records)" -eq $((before + 1500)) ] || fail "old records are not kept where all are"
hub_start -c "$work/forget.yaml"
forgotten() {
    [ "$(records)" -lt $((before + 1500)) ]
}
wait_for 5 forgotten || fail "old records are still there"
hub_stop
