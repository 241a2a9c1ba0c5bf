#!/bin/bash
# Installs the Debian packages that are missing for a purpose; quick and offline when all are there.
#
#     deps.sh build|demo|test|lint|fuzz|bench|vm...      exit 0 all there, 3 missing and not installable
set -eu

build='gcc g++ meson ninja-build pkg-config clang-14 llvm-14 bpftool libbpf-dev libelf-dev zlib1g-dev
    libsqlite3-dev libzstd-dev libyaml-dev libpcre2-dev libxxhash-dev libcap-ng-dev libseccomp-dev
    libsimdjson-dev libnghttp2-dev libcurl4-openssl-dev libmicrohttpd-dev libgnutls28-dev
    libcmocka-dev'
demo='runc busybox-static jq iproute2 bsdutils util-linux'
test="$demo curl openssl sqlite3 sysdig tshark netbase libclang-rt-14-dev"
lint='jq clang-format-14 clang-tidy-14 cppcheck shellcheck'
bench='valgrind'
vm='qemu-system-x86 cpio kmod'

wanted=
for purpose; do
    case $purpose in
    build) wanted="$wanted $build" ;;
    demo) wanted="$wanted $build $demo" ;;
    test | fuzz) wanted="$wanted $build $test" ;;
    lint) wanted="$wanted $build $lint" ;;
    bench) wanted="$wanted $build $test $bench" ;;
    vm) wanted="$wanted $build $test $vm" ;;
    *)
        echo "deps: no purpose '$purpose'" >&2
        exit 2
        ;;
    esac
done

if ! command -v dpkg-query >/dev/null; then
    echo "deps: not a Debian system, nothing is checked; needed, by Debian's names: $wanted" >&2
    exit 0
fi

# shellcheck disable=SC2086 # lists of words
missing=$(
    dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted 2>/dev/null |
        awk -v wanted="$wanted" '
            $2 == "installed" { have[$1] = 1 }
            END {
                n = split(wanted, name, " ")
                for (i = 1; i <= n; i++)
                    if (!(name[i] in have) && !seen[name[i]]++)
                        printf "%s ", name[i]
            }'
)
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "deps: packages are missing; run, as root:" >&2
    echo "    apt-get update && apt-get install --no-install-recommends $missing" >&2
    exit 3
fi
echo "deps: installing $missing" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
if ! { apt-get -q update && apt-get -q install -y --no-install-recommends $missing; } >"$log" 2>&1
then
    cat "$log" >&2
    echo "deps: apt-get failed (above); these are needed: $missing" >&2
    exit 3
fi
