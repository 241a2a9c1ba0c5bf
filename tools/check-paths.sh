#!/bin/bash
# Refuses a program that holds a path of the machine it was built on.
#
#     check-paths.sh PROGRAM DIRECTORY...      the source and the build directory
set -eu
program=$1
shift
status=0
[ -f "$program" ] || {
    echo "$program is not there"
    exit 1
}
for dir; do
    if grep -qaF "$dir/" "$program"; then
        echo "$program holds $dir/:"
        grep -aoF "$dir/" "$program" | sort | uniq -c
        status=1
    fi
done
exit $status
