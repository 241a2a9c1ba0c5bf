#!/bin/bash
# Captures through rules and as events: whole, zipped, joined, cut off, and what is refused.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
trap cleanup EXIT

captures=$root/tests/fuzz/corpus/scap
cat >"$work/rules.yaml" <<'RULES'
- rule: Failed close
  desc: it was not open
  condition: evt.type = close and evt.rawres < 0
  output: failed close (fd=%evt.rawarg.fd res=%evt.rawres)
  priority: WARNING
- rule: Any close
  desc: whatever it gave
  condition: evt.type = close
  output: any close
  priority: NOTICE
  enabled: false
RULES

# status CODE COMMAND...: it ends so; what it says is in out and log.
status() {
    local want=$1 got=0
    shift
    "$@" >"$work/out" 2>"$work/log" || got=$?
    [ "$got" -eq "$want" ] || fail "'$*' ended with $got, not $want"
}
lines() { [ "$(wc -l <"$work/out")" -eq "$1" ] || fail "$(wc -l <"$work/out") lines, not $1"; }
has() { grep -qF -- "$2" "$work/$1" || fail "$1 lacks '$2'"; }

status 0 "$tiercel" replay "$captures/some" -r "$work/rules.yaml" --json
lines 2
has out '"rule":"Failed close"'
status 0 "$tiercel" replay "$captures/some" -r "$work/rules.yaml" --enable-disabled --rule-matching all
lines 4
status 0 "$tiercel" replay "$captures/some" -r "$work/rules.yaml" -p error
lines 0
status 0 "$tiercel" replay "$captures/some" "$captures/some" -r "$work/rules.yaml"
lines 4
cat "$captures/some" "$captures/some" | gzip >"$work/joined.scap"
status 0 "$tiercel" replay "$work/joined.scap" -r "$work/rules.yaml"
lines 4

status 0 "$tiercel" dump "$captures/some" --fields evt.num,evt.type,thread.tid
lines 2
has out '1 close 77'
status 0 "$tiercel" dump "$captures/some" --fields evt.num,evt.type --csv 'evt.num = 2'
[ "$(cat "$work/out")" = $'evt.num,evt.type\n2,close' ] || fail "CSV: $(cat "$work/out")"
status 0 "$tiercel" dump "$captures/some" --fields evt.num,proc.name --json 'evt.num = 2'
has out '"evt.num":2'

# All up to the cut, then where it is.
head -c 100 "$captures/some" >"$work/cut.scap"
status 1 "$tiercel" replay "$work/cut.scap" -r "$work/rules.yaml"
lines 1
has log 'is cut off: it ends at byte 100'
status 1 "$tiercel" dump "$work/cut.scap"
lines 1

status 1 "$tiercel" dump "$work/absent.scap"
status 1 "$tiercel" dump "$work/rules.yaml"
has log 'is no capture file'
status 1 "$tiercel" dump "$captures/some" 'evt.tpye = close'
status 1 "$tiercel" dump "$captures/some" --fields evt.tpye
has log "did you mean '"
status 2 "$tiercel" dump
status 2 "$tiercel" replay
status 2 "$tiercel" replay "$captures/some" --rule-matching some
