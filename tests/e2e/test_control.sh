#!/bin/bash
# The control socket of a sensor that runs: its counters, what the rules cost, reloading with the
# loader's errors told to who asked.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need_root_and_cgroup
rule_file
: >"$work/findings"
start -r "$work/marker.yaml"

asked() { # ARGUMENT...: its output in $work/answer, its exit status
    local status=0
    "$tiercel" "$@" --control "$work/sensor.sock" >"$work/answer" 2>&1 || status=$?
    return $status
}
answer_has() {
    grep -qF -- "$1" "$work/answer" || fail "no '$1' in: $(cat "$work/answer")"
}

[ "$(stat -c %a "$work/sensor.sock")" = 600 ] || fail "others may open the control socket"
watched touch "$work/marker-1"
found() {
    grep -q marker-1 "$work/findings"
}
wait_for 5 found || fail "no finding"

asked stats --json || fail "stats: $(cat "$work/answer")"
jq -e '.role == "sensor" and .events > 0 and .findings.kept == 1 and .findings.lost == 0 and
    .kernel.sent.open > 0 and .kernel.lost == {} and .limits.regex == 0 and .rules.count == 1 and
    .rules.reloads == 0' "$work/answer" >/dev/null || fail "stats: $(cat "$work/answer")"
asked stats || fail "stats"
answer_has 'findings kept                    1'
asked stats rules --json || fail "stats rules"
jq -e '.engine.events > 0 and .rules[0].rule == "Marker opened" and .rules[0].matches == 1 and
    ([.comparisons[].rules] | min) == 1' "$work/answer" >/dev/null ||
    fail "stats rules: $(cat "$work/answer")"
asked stats rules || fail "stats rules"
answer_has 'Marker opened'

# Root and the sensor's own user alone are answered.
chmod 777 "$work/sensor.sock"
if setpriv --reuid=65534 --regid=65534 --clear-groups \
    "$tiercel" stats --control "$work/sensor.sock" >/dev/null 2>&1; then
    fail "another user is answered"
fi

asked reload || fail "reload: $(cat "$work/answer")"
answer_has 'reloaded: 1 rules are on'
echo '- rule: broken' >>"$work/marker.yaml"
if asked reload; then fail "faulty rules are taken"; fi
answer_has "$work/marker.yaml:6:3: error: "
answer_has 'not reloaded, the old rules go on: 1 error in the rules'
if asked reload --json; then fail "faulty rules are taken"; fi
jq -e '.reloaded == false and .rules == 1 and (.errors | length) == 1 and .errors[0].line == 6' \
    "$work/answer" >/dev/null || fail "reload: $(cat "$work/answer")"
asked stats --json || fail "stats"
jq -e '.rules.reloads == 1 and .rules.reloads_failed >= 2 and
    (.rules.last_failure | startswith("1 error"))' "$work/answer" >/dev/null ||
    fail "reloads are not counted: $(cat "$work/answer")"

stop
status=0
asked stats || status=$?
[ "$status" -eq 3 ] || fail "stats of nobody: exit status $status"
answer_has "$work/sensor.sock"
[ ! -e "$work/sensor.sock" ] || fail "the socket outlives the sensor"

# Without one the sensor works as well.
rm "$work/log"
sed -i '$d' "$work/marker.yaml"
start -r "$work/marker.yaml" --control none
[ ! -e "$work/sensor.sock" ] || fail "a socket that was not wanted"
stop

# Several workers: the same findings, each once.
rm "$work/log"
: >"$work/findings"
start -r "$work/marker.yaml" --workers 3
# shellcheck disable=SC2016
watched bash -c 'for i in $(seq 200); do (: >"$0/marker-w-$i"); done' "$work"
all_found() {
    [ "$(grep -c marker-w- "$work/findings")" -eq 200 ]
}
wait_for 10 all_found || fail "findings of three workers: $(grep -c marker-w- "$work/findings") of 200"
jq -r '.output_fields["fd.name"]' "$work/findings" | sed 's/.*-//' | sort -n -c || fail "not in order"
asked stats rules --json || fail "stats rules"
jq -e '.engine.workers == 3 and .rules[0].matches == 200' "$work/answer" >/dev/null ||
    fail "stats of three workers: $(cat "$work/answer")"
asked reload || fail "reload: $(cat "$work/answer")"
watched touch "$work/marker-w-201"
after() {
    grep -q marker-w-201 "$work/findings"
}
wait_for 5 after || fail "no finding after the reload"
stop
echo "passed"
