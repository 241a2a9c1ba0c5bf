#!/bin/bash
# Reports how long functions and files are, in lines: a report, not a gate.
#
#     metrics.sh [FOLDER...]      default: src bpf
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- src bpf

# shellcheck disable=SC2016 # a program of awk
functions=$(
    find "$@" -type f \( -name '*.c' -o -name '*.cc' \) -print0 | sort -z | xargs -0 -r awk '
        FNR == 1 { start = 0; inside = 0 }
        # A function begins where its signature does and ends with the brace in column 1.
        !inside && /^[A-Za-z_]/ && !start { start = FNR; signature = "" }
        !inside && start { signature = signature " " $0 }
        !inside && /^[^{]*[;}]/ { start = 0 }
        !inside && /^$/ { start = 0 }
        /^\{/ && start {
            inside = 1
            name = signature
            sub(/[ \t]*\{.*/, "", name)
            if (match(name, /BPF_PROG\([a-z0-9_]+/))
                name = substr(name, RSTART + 9, RLENGTH - 9)
            else {
                sub(/\(const|\(struct|\(void|\(int/, "(&", name)
                while (match(name, /(scoped|printf_like|format|SEC|__attribute__)\([^()]*\)/))
                    name = substr(name, 1, RSTART - 1) substr(name, RSTART + RLENGTH)
                sub(/\(.*/, "", name)
                sub(/.*[ *]/, "", name)
            }
        }
        /^\}/ && inside {
            print FNR - start + 1, name, FILENAME
            inside = 0
            start = 0
        }' | sort -n
)
[ -n "$functions" ] || {
    echo "no functions"
    exit 0
}
awk '
    { len[NR] = $1; if ($1 > 40) over40++; if ($1 > 60) over60++ }
    END {
        printf "functions %d; lines: median %d, 90th percentile %d, longest %d; over 40: %d, over 60: %d\n",
            NR, len[int((NR + 1) / 2)], len[int(NR * 0.9 + 0.999)], len[NR], over40, over60
    }' <<<"$functions"
echo "longest:"
tail -n 12 <<<"$functions" | sort -rn | awk '{ printf "%5d  %s  %s\n", $1, $2, $3 }'
echo "largest files:"
find "$@" -type f \( -name '*.[ch]' -o -name '*.cc' \) -exec wc -l {} + | grep -v ' total$' |
    sort -rn | head -n 8
