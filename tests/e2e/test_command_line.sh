#!/bin/bash
# Exit statuses and first words of every command, and errors that name place and mend.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

expect() { # STATUS WORDS ARGUMENT...
    local status=0 wanted=$1 words=$2
    shift 2
    "$tiercel" "$@" >"$work/log" 2>&1 </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || fail "tiercel $*: exit status $status, not $wanted"
    grep -qF -- "$words" "$work/log" || fail "tiercel $*: no '$words'"
}

expect 2 'usage: tiercel COMMAND'
expect 0 'usage: tiercel COMMAND' --help
expect 0 'tiercel 0.' --version
expect 2 "did you mean 'check'" chek
for command in run sensor hub check test stats reload fields; do
    expect 0 'usage: tiercel' "$command" --help
    expect 2 '' "$command" --no-such-option
done
expect 2 'unexpected argument' run somewhere
expect 1 'no-such-file' run -c "$work/no-such-file"
printf 'sensor:\n  ring_mb: 1\n' >"$work/bad.yaml"
expect 1 "line 2, column 3: no setting 'sensor.ring_mb'; did you mean 'sensor.ring_mib'?" \
    run -c "$work/bad.yaml"
expect 0 'usage: tiercel run' run -c "$work/bad.yaml" --help

# A slip in the settings must not cost somebody a file: only a socket is ever replaced.
expect 1 'from 1 to 107 bytes' hub --state "$work/state" --socket ''
echo precious >"$work/precious"
expect 1 'something else is there' hub --state "$work/state" --socket "$work/precious"
ln -s precious "$work/link"
expect 1 'something else is there' hub --state "$work/state" --socket "$work/link"
[ "$(cat "$work/precious")" = precious ] || fail "the hub removed a file that is no socket"

expect 3 'no-such-socket' stats --control "$work/no-such-socket"
expect 3 'no control socket' reload --control none

expect 0 'proc.name' fields
expect 0 '"name":"proc.name"' fields --json
expect 0 'ka.verb' fields --source k8s_audit
expect 2 "no source 'nowhere'" fields --source nowhere

expect 0 'errors' check "$root/rules"
expect 1 'no-such-file' check "$work/no-such-file"
cat >"$work/typo.yaml" <<'RULE'
- rule: Typo
  desc: d
  condition: evt.type = execve and proc.nmae = sh
  output: o
  priority: WARNING
RULE
expect 1 "did you mean 'proc.name'?" check "$work/typo.yaml"
expect 1 "$work/typo.yaml:3:36" check "$work/typo.yaml"
expect 1 'LOAD_ERR_COMPILE_CONDITION' check --json "$work/typo.yaml"
expect 1 '1 error in the rules' sensor -r "$work/typo.yaml"

expect 0 'passed' test -r "$root/rules" "$root/rules/tests"
echo "passed"
