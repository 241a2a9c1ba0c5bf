#!/bin/bash
# Runs one program as root in a virtual machine with a kernel from a Debian package.
#
#     vm.sh CACHE_DIR KERNEL_PACKAGE PROGRAM [ARGUMENT...]
#
# The guest is a busybox initramfs with the program, its shared libraries, and cgroup v2 at
# /sys/fs/cgroup. Software emulation, no network. What the program writes comes out on stdout; its
# exit status is ours. Arguments that are files are put into the guest, under the same name. 77 when
# the kernel cannot be had, 1 when the guest ends without a status.
set -eu
cache=$1 package=$2 program=$3
shift 3
limit_s=${VM_LIMIT_S:-240}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

skip() {
    echo "skip: $*"
    exit 77
}
for tool in qemu-system-x86_64 cpio dpkg-deb busybox; do
    command -v "$tool" >/dev/null || skip "no $tool (./dev deps vm)"
done

fetch_kernel() { # sets `kernel`; one at a time
    local real
    exec 9>"$cache/lock"
    flock 9
    kernel=$(find "$cache/$package" -name 'vmlinuz-*' 2>/dev/null | head -n 1)
    [ -z "$kernel" ] || return 0
    # linux-image-amd64 and the like only depend on the real one.
    real=$(apt-cache depends "$package" 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-.*\)$/\1/p' | head -n 1)
    rm -rf "$cache/$package.new"
    mkdir -p "$cache/$package.new"
    (
        cd "$cache/$package.new"
        apt-get -qq download "${real:-$package}" && dpkg-deb --fsys-tarfile ./*.deb |
            tar -x --wildcards './boot/vmlinuz-*'
    ) >/dev/null 2>&1 || skip "apt-get cannot download $package"
    rm -f "$cache/$package.new"/*.deb
    rm -rf "${cache:?}/$package"
    mv "$cache/$package.new" "$cache/$package"
    kernel=$(find "$cache/$package" -name 'vmlinuz-*' | head -n 1)
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make_initramfs() {
    local root=$work/root library file
    mkdir -p "$root"/{bin,etc,proc,sys,dev,tmp,run,root}
    cp "$(command -v busybox)" "$root/bin/busybox"
    cp "$program" "$root/program"
    echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
    echo 'root:x:0:' >"$root/etc/group"
    for file; do
        [ -f "$file" ] || continue
        mkdir -p "$root/${file%/*}"
        cp -L "$file" "$root/$file"
    done
    for library in $(ldd "$program" "$@" 2>/dev/null | grep -o '/[^ ]*\.so[^ ]*' | sort -u); do
        mkdir -p "$root${library%/*}"
        cp -L "$library" "$root$library"
    done
    {
        cat <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
mount -t tracefs trace /sys/kernel/tracing
ip link set lo up
INIT
        printf 'setsid /program'
        [ $# -eq 0 ] || printf ' %q' "$@"
        printf ' </dev/null\necho "VM-STATUS $?"\npoweroff -f\n'
    } >"$root/init"
    chmod +x "$root/init"
    (cd "$root" && find . -print0 | cpio -0 -o -H newc --quiet) >"$work/initramfs"
}

fetch_kernel
exec 9>&-
make_initramfs "$@"
# With cmpxchg16b some 6.12 kernels crash in their allocator under QEMU's emulation.
timeout -k 5 "$limit_s" qemu-system-x86_64 -accel tcg,thread=multi -machine q35 \
    -cpu max,cx16=off -smp 2 -m 1024 -nodefaults -no-user-config -display none -no-reboot \
    -nic none -serial stdio -kernel "$kernel" -initrd "$work/initramfs" \
    -append 'console=ttyS0 panic=-1 oops=panic quiet loglevel=3 mitigations=off' \
    </dev/null 2>"$work/errors" | tr -d '\r' | tee "$work/output" | grep -v '^VM-STATUS ' || true
status=$(sed -n 's/^VM-STATUS //p' "$work/output" | tail -n 1)
if [ -z "$status" ]; then
    cat "$work/errors"
    echo "the guest ended without a status (limit ${limit_s} s)"
    exit 1
fi
exit "$status"
