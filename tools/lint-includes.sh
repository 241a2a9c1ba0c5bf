#!/bin/bash
# Checks who includes whom (docs/architecture.md has the table), that every header has
# `#pragma once` and compiles alone, and that no banned function is called.
#
#     lint-includes.sh [ROOT]     prints "file:line: what is wrong"; exit 0 clean, 1 findings
set -eu
root=${1:-$(dirname "$0")/..}
cd "$root"
cc=${CC:-cc}
bpf_cc=${BPF_CC:-clang-14}

# One line a room: what it may include besides itself and base. What an allowed room may include is
# allowed as well. A word with a slash is a folder, not a room.
rooms='
base
event
store      lang/sql
lang       bpf/include event
capture    bpf/include event
decode     event capture
enrich     event
match      event lang
correlate  event lang match store
route      event lang match store
send       route
respond    event lang match store
web        event lang match store correlate route respond
app        bpf/include event lang capture decode enrich match store correlate route send respond web
'
banned='strtok sprintf vsprintf strcpy strcat atoi atol strtol system popen alloca'

list() { # list FOLDER SUFFIX...
    local folder=$1 suffix
    shift
    [ -d "$folder" ] || return 0
    for suffix; do find "$folder" -type f -name "*.$suffix"; done | sort
}

sources=$(list src c h cc; list bpf c h)
status=0

# shellcheck disable=SC2086 # file names of the tree hold no spaces
awk -v table="$rooms" -v banned="$banned" '
function allow(room, by,    words, i, n) {
    if ((by, room) in may)
        return
    may[by, room] = 1
    n = split(row[room], words, " ")
    for (i = 2; i <= n; i++)
        allow(words[i], by)
}
function complain(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    bad = 1
}
# The line without comments; in `code` the strings are emptied too.
function strip(line,    out, i, c, two, quote) {
    out = ""
    code = ""
    quote = ""
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        two = substr(line, i, 2)
        if (comment) {
            if (two == "*/") {
                comment = 0
                i++
            }
        } else if (quote != "") {
            out = out c
            if (c == "\\") {
                out = out substr(line, ++i, 1)
            } else if (c == quote) {
                code = code c
                quote = ""
            }
        } else if (two == "/*") {
            comment = 1
            i++
        } else if (two == "//") {
            break
        } else {
            if (c == "\"" || c == "\047")
                quote = c
            out = out c
            code = code c
        }
    }
    return out
}
function exists(path,    line, found) {
    found = (getline line < path) >= 0
    close(path)
    return found
}
function check_include(target,    part, folder, by) {
    if (target ~ /\.skel\.h$/) {
        if (room != "capture" && room != "app")
            complain("only capture includes a BPF skeleton: \"" target "\"")
        return
    }
    if (target !~ /\//) {
        complain("include \"" target "\" by its room: \"room/file.h\"")
        return
    }
    if (!exists("src/" target) && !exists(target))
        complain("no such header: \"" target "\"")
    split(target, part, "/")
    if (in_bpf) {
        if (part[1] != "bpf")
            complain("the kernel side includes only bpf/: \"" target "\"")
        return
    }
    if (part[1] == room || part[1] == "base" || ((room, part[1]) in may))
        return
    folder = part[1] "/" part[2]
    if ((room, folder) in may)
        return
    complain("\"" room "\" may not include \"" target "\"")
}
function finish() {
    if (last != "" && last ~ /\.h$/ && !once) {
        printf "%s:1: no #pragma once\n", last
        bad = 1
    }
}
BEGIN {
    n = split(table, lines, "\n")
    for (i = 1; i <= n; i++) {
        if (split(lines[i], words, " ") > 0) {
            row[words[1]] = lines[i]
            known[words[1]] = 1
        }
    }
    for (name in known)
        allow(name, name)
    count = split(banned, word, " ")
}
FNR == 1 {
    finish()
    last = FILENAME
    once = 0
    comment = 0
    split(FILENAME, path, "/")
    in_bpf = path[1] == "bpf"
    room = in_bpf ? "bpf" : path[2]
    if (!in_bpf && !(room in known))
        complain("src/" room " is no room of the table in tools/lint-includes.sh")
}
{
    text = strip($0)
    if (text ~ /^#[ \t]*pragma[ \t]+once[ \t]*$/)
        once = 1
    if (match(text, /^#[ \t]*include[ \t]*"[^"]*"/)) {
        split(text, quoted, "\"")
        check_include(quoted[2])
    }
    for (i = 1; i <= count; i++) {
        if (index(code, word[i]) && code ~ ("(^|[^A-Za-z0-9_])" word[i] "[ \t]*\\("))
            complain(word[i] "() is banned")
    }
}
END {
    finish()
    exit bad
}' $sources /dev/null || status=1

# Each header alone, two at a time.
alone() { # alone COMPILER... < names
    # shellcheck disable=SC2016 # for the inner shell
    xargs -r -P2 -I{} sh -c '
        name=$1
        shift
        words=$(printf "#include \"%s\"\n" "$name" | "$@" -fsyntax-only -x c - 2>&1) || {
            printf "%s:1: does not compile alone:\n%s\n" "$name" "$(printf "%s" "$words" | head -n 5)"
            exit 1
        }' _ {} "$@"
}
list src h | sed 's,^src/,,' | alone "$cc" -std=gnu17 -D_GNU_SOURCE -Isrc -I. || status=1
# A header of the kernel side may lean on kernel.h, which stands for the kernel's own types.
kernel=
[ ! -f bpf/include/kernel.h ] || kernel="-include bpf/include/kernel.h"
# shellcheck disable=SC2086 # two words
list bpf h | alone "$bpf_cc" -target bpf -O2 -D__TARGET_ARCH_x86 -I. \
    -idirafter "/usr/include/$("$cc" -dumpmachine)" $kernel || status=1
exit $status
