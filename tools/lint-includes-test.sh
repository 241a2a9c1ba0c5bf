#!/bin/bash
# Tests lint-includes.sh: a clean tree passes; each row's change to it is refused with its words.
set -eu
lint=$(cd "$(dirname "$0")" && pwd)/lint-includes.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0
rows=0

clean() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree"/src/{base,event,lang/sql,capture,decode,match,store,app} "$tree"/bpf/{include,probes}
    header src/base/sv.h '#include <stddef.h>' 'size_t sv_len(void); /* not strcpy(a, b) */'
    header src/event/event.h '#include "base/sv.h"'
    header src/lang/parse.h '#include "event/event.h"'
    header src/lang/sql/sql.h
    header src/match/engine.h '#include "lang/parse.h"' '#include "event/event.h"'
    header src/store/store.h '#include "lang/sql/sql.h"'
    header src/capture/ring.h '#include "bpf/include/wire.h"'
    header bpf/include/wire.h 'struct wire { int size; };'
    write src/decode/decode.c '#include "capture/ring.h"' '#include "bpf/include/wire.h"' \
        'const char *words = "system(1)"; int file_system(int);'
    write src/app/main.c '#include "match/engine.h"' '#include "store/store.h"'
    write bpf/probes/exec.bpf.c '#include "bpf/include/wire.h"'
}
write() { # write FILE LINE...
    local file=$tree/$1
    shift
    mkdir -p "$(dirname "$file")"
    printf '%s\n' "$@" >"$file"
}
header() { # header FILE LINE...
    local file=$1
    shift
    write "$file" '#pragma once' "$@"
}
expect() { # expect ROW WORDS: the lint refuses the tree, and says WORDS
    local out rc=0
    rows=$((rows + 1))
    out=$("$lint" "$tree" 2>&1) || rc=$?
    if [ "$rc" -ne 1 ] || ! grep -qF -- "$2" <<<"$out"; then
        printf 'row "%s": exit %s, wanted 1 and "%s"; got:\n%s\n' "$1" "$rc" "$2" "$out"
        failed=1
    fi
    clean
}

clean
rows=$((rows + 1))
out=$("$lint" "$tree" 2>&1) || {
    printf 'row "clean": refused:\n%s\n' "$out"
    failed=1
}

header src/base/up.h '#include "event/event.h"'
expect 'base looks up' 'src/base/up.h:2: "base" may not include "event/event.h"'

header src/event/up.h '#include "lang/parse.h"'
expect 'event looks up' '"event" may not include "lang/parse.h"'

write src/store/s.c '#include "lang/parse.h"'
expect 'store takes more of lang than sql' '"store" may not include "lang/parse.h"'

write src/match/m.c '/* a' '*/' '#include "capture/ring.h"'
expect 'match looks at capture' 'src/match/m.c:3: "match" may not include "capture/ring.h"'

write src/enrich/e.c '#include "bpf/include/wire.h"'
expect 'enrich looks into the kernel side' '"enrich" may not include "bpf/include/wire.h"'

write src/match/m.c '#include "sensor.skel.h"'
expect 'skeleton outside capture' 'only capture includes a BPF skeleton'

write src/event/e.c '#include "event.h"'
expect 'include without a room' 'include "event.h" by its room'

write src/event/e.c '#include "event/gone.h"'
expect 'missing header' 'no such header: "event/gone.h"'

write bpf/probes/p.bpf.c '#include "base/sv.h"'
expect 'kernel side includes user side' 'the kernel side includes only bpf/'

write src/misc/m.c 'int misc;'
expect 'a room not in the table' 'src/misc is no room of the table'

write src/event/twice.h 'struct twice;' '/* #pragma once */'
expect 'no guard' 'src/event/twice.h:1: no #pragma once'

write bpf/include/twice.h 'struct twice;'
expect 'no guard in bpf' 'bpf/include/twice.h:1: no #pragma once'

header src/event/alone.h 'size_t needs_stddef(void);'
expect 'header leans on its includer' 'event/alone.h:1: does not compile alone'

header bpf/include/alone.h '__u32 needs_types;'
expect 'bpf header leans on its includer' 'bpf/include/alone.h:1: does not compile alone'

for call in strtok sprintf vsprintf strcpy strcat atoi atol strtol system popen alloca; do
    write src/event/e.c "int f(void) { return (int)$call (1); }"
    expect "banned $call" "src/event/e.c:1: $call() is banned"
done

echo "$rows rows, $([ "$failed" -eq 0 ] && echo all right || echo FAILED)"
exit $failed
