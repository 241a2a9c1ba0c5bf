/* Every event type: its category, and the parameters of the event that is made when it is done.
 *
 * The types of enum event_type come first, in its order; the rest follows sorted by name. OTHER()
 * rows are calls that Falco knows by name only. */
#include "event/event_table.h"

#include "base/attr.h"
#include "event/event_flags.h"

/* clang-format off */
#define PARAM(name, type, value, form) {#name, #type, VALUE_##value, NULL, FORM_##form}
#define FLAGGED(name, type, value, flags, form) {#name, #type, VALUE_##value, flags, FORM_##form}

#define ABSTIME(name) PARAM(name, ABSTIME, ABSTIME, TIME)
#define BYTEBUF(name) PARAM(name, BYTEBUF, BYTEBUF, BYTES)
#define CHARBUF(name) PARAM(name, CHARBUF, CHARBUF, TEXT)
#define DYNAMIC(name) PARAM(name, DYNAMIC, DYNAMIC, DECIMAL)
#define DYNAMIC_HEX(name) PARAM(name, DYNAMIC, DYNAMIC, HEX)
#define ENUMFLAGS16(name, flags) FLAGGED(name, ENUMFLAGS16, UINT16, flags, ENUM)
#define ENUMFLAGS32(name, flags) FLAGGED(name, ENUMFLAGS32, UINT32, flags, ENUM)
#define ENUMFLAGS8(name, flags) FLAGGED(name, ENUMFLAGS8, UINT8, flags, ENUM)
#define ERRNO(name) PARAM(name, ERRNO, INT64, ERRNO)
#define FD(name) PARAM(name, FD, INT64, FD)
#define FDLIST(name) PARAM(name, FDLIST, CHARBUF, FDS)
#define FLAGS16(name, flags) FLAGGED(name, FLAGS16, UINT16, flags, FLAGS)
#define FLAGS32(name, flags) FLAGGED(name, FLAGS32, UINT32, flags, FLAGS)
#define FLAGS8(name, flags) FLAGGED(name, FLAGS8, UINT8, flags, FLAGS)
#define FSPATH(name) PARAM(name, FSPATH, CHARBUF, PATH)
#define FSRELPATH(name) PARAM(name, FSRELPATH, CHARBUF, PATH)
#define GID(name) PARAM(name, GID, UINT32, GID)
#define INT16(name) PARAM(name, INT16, INT16, DECIMAL)
#define INT32(name) PARAM(name, INT32, INT32, DECIMAL)
#define INT32_HEX(name) PARAM(name, INT32, INT32, HEX)
#define INT64(name) PARAM(name, INT64, INT64, DECIMAL)
#define MODE(name, flags) FLAGGED(name, MODE, UINT32, flags, MODE)
#define PID(name) PARAM(name, PID, INT64, PID)
#define RELTIME(name) PARAM(name, RELTIME, RELTIME, DURATION)
#define SIGSET(name) PARAM(name, SIGSET, UINT32, SIGNALS)
#define SIGTYPE(name) PARAM(name, SIGTYPE, UINT8, SIGNAL)
#define SOCKADDR(name) PARAM(name, SOCKADDR, CHARBUF, SOCKET)
#define SOCKTUPLE(name) PARAM(name, SOCKTUPLE, CHARBUF, SOCKET)
#define UID(name) PARAM(name, UID, UINT32, UID)
#define UINT16(name) PARAM(name, UINT16, UINT16, DECIMAL)
#define UINT32(name) PARAM(name, UINT32, UINT32, DECIMAL)
#define UINT32_HEX(name) PARAM(name, UINT32, UINT32, HEX)
#define UINT32_OCT(name) PARAM(name, UINT32, UINT32, OCTAL)
#define UINT64(name) PARAM(name, UINT64, UINT64, DECIMAL)
#define UINT64_HEX(name) PARAM(name, UINT64, UINT64, HEX)
#define UINT8(name) PARAM(name, UINT8, UINT8, DECIMAL)
#define UINT8_HEX(name) PARAM(name, UINT8, UINT8, HEX)

#define PARAMS(...) ((const struct event_param[]){__VA_ARGS__})
#define ROW(name, category, io, captured, ...) \
    {#name, #category, PARAMS(__VA_ARGS__), ARRAY_LEN(PARAMS(__VA_ARGS__)), EVENT_IO_##io, captured}
#define CAPTURED(name, category, ...) ROW(name, category, NONE, true, __VA_ARGS__)
#define EVENT(name, category, ...) ROW(name, category, NONE, false, __VA_ARGS__)
#define EVENT_READ(name, ...) ROW(name, unknown, READ, true, __VA_ARGS__)
#define EVENT_WRITE(name, ...) ROW(name, unknown, WRITE, true, __VA_ARGS__)
#define EVENT_OTHER(name, ...) ROW(name, unknown, OTHER, true, __VA_ARGS__)
#define PLAIN(name, category) {#name, #category, NULL, 0, EVENT_IO_NONE, false}
#define OTHER(name) PLAIN(name, other)
#define CAPTURED_OTHER(name) {#name, "other", NULL, 0, EVENT_IO_NONE, true}

#define TASK_PARAMS \
    PID(res), CHARBUF(exe), BYTEBUF(args), PID(tid), PID(pid), PID(ptid), CHARBUF(cwd), \
    INT64(fdlimit), UINT64(pgft_maj), UINT64(pgft_min), UINT32(vm_size), UINT32(vm_rss), \
    UINT32(vm_swap), CHARBUF(comm), BYTEBUF(cgroups), FLAGS32(flags, event_flag_clone), \
    UINT32(uid), UINT32(gid), PID(vtid), PID(vpid), UINT64(pidns_init_start_ts)
#define EXEC_PARAMS \
    ERRNO(res), CHARBUF(exe), BYTEBUF(args), PID(tid), PID(pid), PID(ptid), CHARBUF(cwd), \
    UINT64(fdlimit), UINT64(pgft_maj), UINT64(pgft_min), UINT32(vm_size), UINT32(vm_rss), \
    UINT32(vm_swap), CHARBUF(comm), BYTEBUF(cgroups), BYTEBUF(env), UINT32(tty), PID(vpgid), \
    UID(loginuid), FLAGS32(flags, event_flag_execve), UINT64_HEX(cap_inheritable), \
    UINT64_HEX(cap_permitted), UINT64_HEX(cap_effective), UINT64(exe_ino), \
    ABSTIME(exe_ino_ctime), ABSTIME(exe_ino_mtime), UID(uid), FSPATH(trusted_exepath), PID(pgid), \
    GID(gid)

const struct event_type_info event_table[] = {
    {"", "unknown", NULL, 0, EVENT_IO_NONE, false},
    CAPTURED(open, file, FD(fd), FSPATH(name), FLAGS32(flags, event_flag_open), UINT32_OCT(mode),
          UINT32_HEX(dev), UINT64(ino)),
    CAPTURED(openat, file, FD(fd), FD(dirfd), FSRELPATH(name), FLAGS32(flags, event_flag_open),
          UINT32_OCT(mode), UINT32_HEX(dev), UINT64(ino)),
    CAPTURED(openat2, file, FD(fd), FD(dirfd), FSRELPATH(name), FLAGS32(flags, event_flag_open),
          UINT32_OCT(mode), FLAGS32(resolve, event_flag_openat2), UINT32_HEX(dev), UINT64(ino)),
    CAPTURED(creat, file, FD(fd), FSPATH(name), UINT32_OCT(mode), UINT32_HEX(dev), UINT64(ino),
          FLAGS16(creat_flags, event_flag_creat)),
    CAPTURED(connect, net, ERRNO(res), SOCKTUPLE(tuple), FD(fd), SOCKADDR(addr)),
    CAPTURED(unlink, file, ERRNO(res), FSPATH(path)),
    CAPTURED(unlinkat, file, ERRNO(res), FD(dirfd), FSRELPATH(name),
          FLAGS32(flags, event_flag_unlinkat)),
    CAPTURED(rename, file, ERRNO(res), FSPATH(oldpath), FSPATH(newpath)),
    CAPTURED(renameat, file, ERRNO(res), FD(olddirfd), FSRELPATH(oldpath), FD(newdirfd),
          FSRELPATH(newpath)),
    CAPTURED(renameat2, file, ERRNO(res), FD(olddirfd), FSRELPATH(oldpath), FD(newdirfd),
          FSRELPATH(newpath), FLAGS32(flags, event_flag_renameat2)),
    CAPTURED(chmod, file, ERRNO(res), FSPATH(filename), MODE(mode, event_flag_chmod_mode)),
    CAPTURED(fchmod, file, ERRNO(res), FD(fd), MODE(mode, event_flag_chmod_mode)),
    CAPTURED(fchmodat, file, ERRNO(res), FD(dirfd), FSRELPATH(filename),
          MODE(mode, event_flag_chmod_mode)),
    CAPTURED(fchmodat2, file, ERRNO(res), FD(dirfd), FSRELPATH(filename),
          MODE(mode, event_flag_chmod_mode), FLAGS32(flags, event_flag_newfstatat)),
    CAPTURED(clone, process, TASK_PARAMS),
    CAPTURED(clone3, process, TASK_PARAMS),
    CAPTURED(fork, process, TASK_PARAMS),
    CAPTURED(vfork, process, TASK_PARAMS),
    CAPTURED(execve, process, EXEC_PARAMS, FSPATH(filename)),
    CAPTURED(execveat, process, EXEC_PARAMS),
    CAPTURED(procexit, process, ERRNO(status), ERRNO(ret), SIGTYPE(sig), UINT8(core),
          PID(reaper_tid)),
    EVENT(pluginevent, other, UINT32(plugin_id), BYTEBUF(event_data)),
    CAPTURED(open_by_handle_at, file, FD(fd), FD(mountfd), FLAGS32(flags, event_flag_open),
          FSPATH(path), UINT32_HEX(dev), UINT64(ino)),
    CAPTURED(rmdir, file, ERRNO(res), FSPATH(path)),
    CAPTURED(link, file, ERRNO(res), FSPATH(oldpath), FSPATH(newpath)),
    CAPTURED(linkat, file, ERRNO(res), FD(olddir), FSRELPATH(oldpath), FD(newdir),
          FSRELPATH(newpath), FLAGS32(flags, event_flag_linkat)),
    CAPTURED(symlink, file, ERRNO(res), CHARBUF(target), FSPATH(linkpath)),
    CAPTURED(symlinkat, file, ERRNO(res), CHARBUF(target), FD(linkdirfd), FSRELPATH(linkpath)),
    CAPTURED(mkdir, file, ERRNO(res), FSPATH(path), UINT32_HEX(mode)),
    CAPTURED(mkdirat, file, ERRNO(res), FD(dirfd), FSRELPATH(path), UINT32_HEX(mode)),
    CAPTURED(mknod, other, ERRNO(res), FSPATH(path), MODE(mode, event_flag_mknod_mode),
          UINT32(dev)),
    CAPTURED(mknodat, other, ERRNO(res), FD(dirfd), FSRELPATH(path),
          MODE(mode, event_flag_mknod_mode), UINT32(dev)),
    CAPTURED(chown, file, ERRNO(res), FSPATH(path), UINT32(uid), UINT32(gid)),
    CAPTURED(lchown, file, ERRNO(res), FSPATH(path), UINT32(uid), UINT32(gid)),
    CAPTURED(fchown, file, ERRNO(res), FD(fd), UINT32(uid), UINT32(gid)),
    CAPTURED(fchownat, file, ERRNO(res), FD(dirfd), FSRELPATH(pathname), UINT32(uid),
          UINT32(gid), FLAGS32(flags, event_flag_fchownat)),
    CAPTURED_OTHER(truncate), CAPTURED_OTHER(ftruncate),
    CAPTURED(prctl, process, ERRNO(res), ENUMFLAGS32(option, event_flag_prctl_options),
          CHARBUF(arg2_str), INT64(arg2_int)),
    CAPTURED(setsid, process, PID(res)),
    CAPTURED(setpgid, process, ERRNO(res), PID(pid), PID(pgid)),
    CAPTURED(setrlimit, process, ERRNO(res), INT64(cur), INT64(max),
          ENUMFLAGS8(resource, event_flag_rlimit_resources)),
    CAPTURED(prlimit, process, ERRNO(res), INT64(newcur), INT64(newmax), INT64(oldcur),
          INT64(oldmax), INT64(pid), ENUMFLAGS8(resource, event_flag_rlimit_resources)),
    CAPTURED(chdir, file, ERRNO(res), CHARBUF(path)),
    CAPTURED(fchdir, file, ERRNO(res), FD(fd)),
    CAPTURED(chroot, process, ERRNO(res), FSPATH(path)),
    EVENT_OTHER(close, ERRNO(res), FD(fd)),
    EVENT_OTHER(close_range, ERRNO(res), UINT32(first), UINT32(last),
          FLAGS32(flags, event_flag_close_range)),
    EVENT_OTHER(dup, FD(res), FD(oldfd)),
    EVENT_OTHER(dup2, FD(res), FD(oldfd), FD(newfd)),
    EVENT_OTHER(dup3, FD(res), FD(oldfd), FD(newfd), FLAGS32(flags, event_flag_open)),
    CAPTURED(pipe, IPC, ERRNO(res), FD(fd1), FD(fd2), UINT64(ino)),
    CAPTURED(pipe2, IPC, ERRNO(res), FD(fd1), FD(fd2), UINT64(ino),
          FLAGS32(flags, event_flag_open)),
    EVENT_OTHER(fcntl, FD(res), FD(fd), ENUMFLAGS8(cmd, event_flag_fcntl_commands),
          UINT64_HEX(arg)),
    EVENT_OTHER(ioctl, ERRNO(res), FD(fd), UINT64_HEX(request), UINT64_HEX(argument)),
    CAPTURED(flock, file, ERRNO(res), FD(fd), FLAGS32(operation, event_flag_flock)),
    EVENT_OTHER(splice, ERRNO(res), FD(fd_in), FD(fd_out), UINT64(size),
          FLAGS32(flags, event_flag_splice)),
    EVENT_WRITE(sendfile, ERRNO(res), UINT64(offset), FD(out_fd), FD(in_fd), UINT64(size)),
    CAPTURED(copy_file_range, file, ERRNO(res), FD(fdout), UINT64(offout), FD(fdin),
          UINT64(offin), UINT64(len)),
    CAPTURED(memfd_create, memory, FD(fd), CHARBUF(name),
          FLAGS32(flags, event_flag_memfd_create)),
    CAPTURED(userfaultfd, file, ERRNO(res), FLAGS32(flags, event_flag_open)),
    CAPTURED(inotify_init, IPC, FD(res), UINT8_HEX(flags)),
    CAPTURED(inotify_init1, IPC, FD(res), FLAGS16(flags, event_flag_open)),
    CAPTURED_OTHER(inotify_add_watch), CAPTURED_OTHER(fanotify_init),
    CAPTURED_OTHER(fanotify_mark),
    CAPTURED(pidfd_open, process, FD(fd), PID(pid), FLAGS32(flags, event_flag_pidfd_open)),
    CAPTURED(pidfd_getfd, process, FD(fd), FD(pid_fd), FD(target_fd), UINT32_HEX(flags)),
    EVENT_READ(read, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size)),
    EVENT_WRITE(write, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size)),
    EVENT_READ(pread, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size), UINT64(pos)),
    EVENT_WRITE(pwrite, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size), UINT64(pos)),
    EVENT_READ(readv, ERRNO(res), UINT32(size), BYTEBUF(data), FD(fd)),
    EVENT_WRITE(writev, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size)),
    EVENT_READ(preadv, ERRNO(res), UINT32(size), BYTEBUF(data), FD(fd), UINT64(pos)),
    EVENT_WRITE(pwritev, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size), UINT64(pos)),
    CAPTURED(mount, file, ERRNO(res), CHARBUF(dev), FSPATH(dir), CHARBUF(type),
          FLAGS32(flags, event_flag_mount)),
    CAPTURED(umount, file, ERRNO(res), FSPATH(name)),
    CAPTURED(umount2, file, ERRNO(res), FSPATH(name), FLAGS32(flags, event_flag_umount)),
    CAPTURED_OTHER(pivot_root), CAPTURED_OTHER(move_mount), CAPTURED_OTHER(open_tree),
    CAPTURED_OTHER(fsopen), CAPTURED_OTHER(fsmount),
    CAPTURED(quotactl, user, ERRNO(res), CHARBUF(special), CHARBUF(quotafilepath),
          UINT64(dqb_bhardlimit), UINT64(dqb_bsoftlimit), UINT64(dqb_curspace),
          UINT64(dqb_ihardlimit), UINT64(dqb_isoftlimit), RELTIME(dqb_btime), RELTIME(dqb_itime),
          RELTIME(dqi_bgrace), RELTIME(dqi_igrace), FLAGS8(dqi_flags, event_flag_quotactl_dqi),
          FLAGS8(quota_fmt_out, event_flag_quotactl_quota_fmts),
          FLAGS16(cmd, event_flag_quotactl_cmds), FLAGS8(type, event_flag_quotactl_types),
          UINT32(id), FLAGS8(quota_fmt, event_flag_quotactl_quota_fmts)),
    CAPTURED(socket, net, FD(fd), ENUMFLAGS32(domain, event_flag_socket_families), UINT32(type),
          UINT32(proto), FLAGS32(flags, event_flag_open)),
    CAPTURED(socketpair, IPC, ERRNO(res), FD(fd1), FD(fd2), UINT64_HEX(source), UINT64_HEX(peer),
          ENUMFLAGS32(domain, event_flag_socket_families), UINT32(type), UINT32(proto)),
    CAPTURED(bind, net, ERRNO(res), SOCKADDR(addr), FD(fd)),
    CAPTURED(listen, net, ERRNO(res), FD(fd), INT32(backlog)),
    CAPTURED(accept, net, FD(fd), SOCKTUPLE(tuple), UINT8(queuepct), UINT32(queuelen),
          UINT32(queuemax)),
    CAPTURED(accept4, net, FD(fd), SOCKTUPLE(tuple), UINT8(queuepct), UINT32(queuelen),
          UINT32(queuemax), INT32_HEX(flags)),
    EVENT_WRITE(send, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size), SOCKTUPLE(tuple)),
    EVENT_WRITE(sendto, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size), SOCKTUPLE(tuple)),
    EVENT_WRITE(sendmsg, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size), SOCKTUPLE(tuple)),
    EVENT_WRITE(sendmmsg, ERRNO(res), FD(fd), UINT32(size), BYTEBUF(data), SOCKTUPLE(tuple)),
    EVENT_READ(recv, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size), SOCKTUPLE(tuple)),
    EVENT_READ(recvfrom, ERRNO(res), BYTEBUF(data), SOCKTUPLE(tuple), FD(fd), UINT32(size)),
    EVENT_READ(recvmsg, ERRNO(res), UINT32(size), BYTEBUF(data), SOCKTUPLE(tuple),
          BYTEBUF(msgcontrol), FD(fd)),
    EVENT_READ(recvmmsg, ERRNO(res), FD(fd), UINT32(size), BYTEBUF(data), SOCKTUPLE(tuple),
          BYTEBUF(msgcontrol)),
    CAPTURED(shutdown, net, ERRNO(res), FD(fd), ENUMFLAGS8(how, event_flag_shutdown_how)),
    CAPTURED(setsockopt, net, ERRNO(res), FD(fd), ENUMFLAGS8(level, event_flag_sockopt_levels),
          ENUMFLAGS8(optname, event_flag_sockopt_options), DYNAMIC(val), UINT32(optlen)),
    CAPTURED(getsockopt, net, ERRNO(res), FD(fd), ENUMFLAGS8(level, event_flag_sockopt_levels),
          ENUMFLAGS8(optname, event_flag_sockopt_options), DYNAMIC(val), UINT32(optlen)),
    CAPTURED(setuid, user, ERRNO(res), UID(uid)),
    CAPTURED(setgid, user, ERRNO(res), GID(gid)),
    CAPTURED(setreuid, user, ERRNO(res), UID(ruid), UID(euid)),
    CAPTURED(setregid, user, ERRNO(res), UID(rgid), UID(egid)),
    CAPTURED(setresuid, user, ERRNO(res), UID(ruid), UID(euid), UID(suid)),
    CAPTURED(setresgid, user, ERRNO(res), GID(rgid), GID(egid), GID(sgid)),
    CAPTURED_OTHER(setfsuid), CAPTURED_OTHER(setfsgid), CAPTURED_OTHER(setgroups),
    CAPTURED(setns, process, ERRNO(res), FD(fd), FLAGS32(nstype, event_flag_clone)),
    CAPTURED(unshare, process, ERRNO(res), FLAGS32(flags, event_flag_clone)),
    CAPTURED(capset, process, ERRNO(res), UINT64_HEX(cap_inheritable), UINT64_HEX(cap_permitted),
          UINT64_HEX(cap_effective)),
    CAPTURED(ptrace, process, ERRNO(res), DYNAMIC_HEX(addr), DYNAMIC_HEX(data),
          ENUMFLAGS16(request, event_flag_ptrace_requests), PID(pid)),
    CAPTURED(process_vm_readv, IPC, INT64(res), PID(pid), BYTEBUF(data)),
    CAPTURED(process_vm_writev, IPC, INT64(res), PID(pid), BYTEBUF(data)),
    CAPTURED(seccomp, other, ERRNO(res), UINT64(op), UINT64_HEX(flags)),
    CAPTURED(keyctl, other, ERRNO(res), ENUMFLAGS32(operation, event_flag_keyctl_operations),
          DYNAMIC(arg2), DYNAMIC(arg3), DYNAMIC(arg4), DYNAMIC(arg5)),
    CAPTURED(bpf, other, FD(fd), ENUMFLAGS32(cmd, event_flag_bpf_commands)),
    CAPTURED(init_module, other, ERRNO(res), BYTEBUF(img), UINT64(length), CHARBUF(uargs)),
    CAPTURED(finit_module, other, ERRNO(res), FD(fd), CHARBUF(uargs),
          FLAGS32(flags, event_flag_finit_module)),
    CAPTURED(delete_module, other, ERRNO(res), CHARBUF(name),
          FLAGS32(flags, event_flag_delete_module)),
    CAPTURED_OTHER(kexec_load), CAPTURED_OTHER(kexec_file_load), CAPTURED_OTHER(perf_event_open),
    EVENT_OTHER(io_uring_setup, ERRNO(res), UINT32(entries), UINT32(sq_entries),
          UINT32(cq_entries), FLAGS32(flags, event_flag_io_uring_setup), UINT32(sq_thread_cpu),
          UINT32(sq_thread_idle), FLAGS32(features, event_flag_io_uring_setup_feats)),
    EVENT_OTHER(io_uring_enter, ERRNO(res), FD(fd), UINT32(to_submit), UINT32(min_complete),
          FLAGS32(flags, event_flag_io_uring_enter), SIGSET(sig)),
    EVENT_OTHER(io_uring_register, ERRNO(res), FD(fd),
          ENUMFLAGS16(opcode, event_flag_io_uring_register_opcodes), UINT64_HEX(arg),
          UINT32(nr_args)),
    CAPTURED_OTHER(reboot), CAPTURED_OTHER(swapon), CAPTURED_OTHER(swapoff),
    CAPTURED(kill, signal, ERRNO(res), PID(pid), SIGTYPE(sig)),
    CAPTURED(tkill, signal, ERRNO(res), PID(tid), SIGTYPE(sig)),
    CAPTURED(tgkill, signal, ERRNO(res), PID(pid), PID(tid), SIGTYPE(sig)),
    CAPTURED_OTHER(pidfd_send_signal), CAPTURED_OTHER(rt_sigqueueinfo),
    CAPTURED_OTHER(rt_tgsigqueueinfo),
    OTHER(_newselect), OTHER(_sysctl),
    EVENT(access, file, ERRNO(res), FSPATH(name), FLAGS32(mode, event_flag_access)),
    OTHER(acct), OTHER(add_key), OTHER(adjtimex), OTHER(alarm), OTHER(arch_prctl),
    EVENT(asyncevent, other, UINT32(plugin_id), CHARBUF(name), BYTEBUF(data)),
    OTHER(bdflush),
    EVENT(brk, memory, UINT64_HEX(res), UINT32(vm_size), UINT32(vm_rss), UINT32(vm_swap),
          UINT64_HEX(addr)),
    OTHER(cachestat), OTHER(capget), OTHER(clock_adjtime), OTHER(clock_getres),
    OTHER(clock_gettime), OTHER(clock_nanosleep), OTHER(clock_settime),
    EVENT(container, process, CHARBUF(json)),
    EVENT(cpu_hotplug, system, UINT32(cpu), UINT32(action)),
    OTHER(create_module),
    EVENT(drop, internal, UINT32(ratio)),
    EVENT(epoll_create, wait, ERRNO(res), INT32(size)),
    EVENT(epoll_create1, wait, ERRNO(res), FLAGS32(flags, event_flag_epoll_create1)),
    OTHER(epoll_ctl), OTHER(epoll_ctl_old), OTHER(epoll_pwait), OTHER(epoll_pwait2),
    EVENT(epoll_wait, wait, ERRNO(res), ERRNO(maxevents)),
    OTHER(epoll_wait_old),
    EVENT(eventfd, IPC, FD(res), UINT64(initval), UINT32_HEX(flags)),
    EVENT(eventfd2, IPC, FD(res), FLAGS16(flags, event_flag_open), UINT64(initval)),
    OTHER(exit), OTHER(exit_group), OTHER(faccessat), OTHER(faccessat2), OTHER(fadvise64),
    OTHER(fallocate), OTHER(fdatasync), OTHER(fgetxattr), OTHER(file_getattr), OTHER(file_setattr),
    OTHER(flistxattr), OTHER(fremovexattr),
    EVENT(fsconfig, system, ERRNO(res), FD(fd), ENUMFLAGS32(cmd, event_flag_fsconfig_cmds),
          CHARBUF(key), BYTEBUF(value_bytebuf), CHARBUF(value_charbuf), INT32(aux)),
    OTHER(fsetxattr), OTHER(fspick),
    EVENT(fstat, file, ERRNO(res), FD(fd)),
    EVENT(fstat64, file, ERRNO(res)),
    OTHER(fstatat64), OTHER(fstatfs), OTHER(fstatfs64), OTHER(fsync),
    EVENT(futex, IPC, ERRNO(res), UINT64_HEX(addr), FLAGS16(op, event_flag_futex_operations),
          UINT64(val)),
    OTHER(futex_requeue), OTHER(futex_wait), OTHER(futex_waitv), OTHER(futex_wake),
    OTHER(futimesat), OTHER(get_kernel_syms), OTHER(get_mempolicy), OTHER(get_robust_list),
    OTHER(get_thread_area), OTHER(getcpu),
    EVENT(getcwd, file, ERRNO(res), CHARBUF(path)),
    EVENT(getdents, file, ERRNO(res), FD(fd)),
    EVENT(getdents64, file, ERRNO(res), FD(fd)),
    EVENT(getegid, user, GID(egid)),
    EVENT(geteuid, user, UID(euid)),
    EVENT(getgid, user, GID(gid)),
    OTHER(getgroups), OTHER(getitimer), PLAIN(getpeername, net), OTHER(getpgid), OTHER(getpgrp),
    OTHER(getpid), OTHER(getpmsg), OTHER(getppid), OTHER(getpriority), OTHER(getrandom),
    EVENT(getresgid, user, ERRNO(res), GID(rgid), GID(egid), GID(sgid)),
    EVENT(getresuid, user, ERRNO(res), UID(ruid), UID(euid), UID(suid)),
    EVENT(getrlimit, process, ERRNO(res), INT64(cur), INT64(max),
          ENUMFLAGS8(resource, event_flag_rlimit_resources)),
    OTHER(getrusage), OTHER(getsid), PLAIN(getsockname, net), OTHER(gettid), OTHER(gettimeofday),
    EVENT(getuid, user, UID(uid)),
    OTHER(getxattr), OTHER(getxattrat),
    EVENT(groupadded, process, UINT32(gid), CHARBUF(name), CHARBUF(container_id)),
    EVENT(groupdeleted, process, UINT32(gid), CHARBUF(name), CHARBUF(container_id)),
    OTHER(idle),
    EVENT(infra, internal, CHARBUF(source), CHARBUF(name), CHARBUF(description), CHARBUF(scope)),
    OTHER(inotify_rm_watch), OTHER(io_cancel), OTHER(io_destroy), OTHER(io_getevents),
    OTHER(io_pgetevents), OTHER(io_setup), OTHER(io_submit), OTHER(ioperm), OTHER(iopl),
    OTHER(ioprio_get), OTHER(ioprio_set), OTHER(ipc), OTHER(kcmp), OTHER(landlock_add_rule),
    OTHER(landlock_create_ruleset), OTHER(landlock_restrict_self), OTHER(lgetxattr),
    OTHER(listmount), OTHER(listns), OTHER(listxattr), OTHER(listxattrat), OTHER(llistxattr),
    EVENT(llseek, file, ERRNO(res), FD(fd), UINT64(offset),
          ENUMFLAGS8(whence, event_flag_lseek_whence)),
    OTHER(lookup_dcookie), OTHER(lremovexattr),
    EVENT(lseek, file, ERRNO(res), FD(fd), UINT64(offset),
          ENUMFLAGS8(whence, event_flag_lseek_whence)),
    OTHER(lsetxattr), OTHER(lsm_get_self_attr), OTHER(lsm_list_modules), OTHER(lsm_set_self_attr),
    EVENT(lstat, file, ERRNO(res), FSPATH(path)),
    EVENT(lstat64, file, ERRNO(res), FSPATH(path)),
    OTHER(madvise), OTHER(map_shadow_stack), OTHER(mbind), OTHER(membarrier), OTHER(memfd_secret),
    OTHER(migrate_pages), OTHER(mincore),
    EVENT(mlock, memory, ERRNO(res), UINT64_HEX(addr), UINT64(len)),
    EVENT(mlock2, memory, ERRNO(res), UINT64_HEX(addr), UINT64(len),
          FLAGS32(flags, event_flag_mlock2)),
    EVENT(mlockall, memory, ERRNO(res), FLAGS32(flags, event_flag_mlockall)),
    EVENT(mmap, memory, ERRNO(res), UINT32(vm_size), UINT32(vm_rss), UINT32(vm_swap),
          UINT64_HEX(addr), UINT64(length), FLAGS32(prot, event_flag_prot),
          FLAGS32(flags, event_flag_mmap), FD(fd), UINT64(offset)),
    EVENT(mmap2, memory, ERRNO(res), UINT32(vm_size), UINT32(vm_rss), UINT32(vm_swap),
          UINT64_HEX(addr), UINT64(length), FLAGS32(prot, event_flag_prot),
          FLAGS32(flags, event_flag_mmap), FD(fd), UINT64(pgoffset)),
    OTHER(modify_ldt), OTHER(mount_setattr), OTHER(move_pages),
    EVENT(mprotect, memory, ERRNO(res), UINT64_HEX(addr), UINT64(length),
          FLAGS32(prot, event_flag_prot)),
    OTHER(mq_getsetattr), OTHER(mq_notify), OTHER(mq_open), OTHER(mq_timedreceive),
    OTHER(mq_timedsend), OTHER(mq_unlink), OTHER(mremap), OTHER(mseal), OTHER(msgctl),
    OTHER(msgget), OTHER(msgrcv), OTHER(msgsnd), OTHER(msync), OTHER(multiplexer),
    EVENT(munlock, memory, ERRNO(res), UINT64_HEX(addr), UINT64(len)),
    EVENT(munlockall, memory, ERRNO(res)),
    EVENT(munmap, memory, ERRNO(res), UINT32(vm_size), UINT32(vm_rss), UINT32(vm_swap),
          UINT64_HEX(addr), UINT64(length)),
    OTHER(name_to_handle_at),
    EVENT(nanosleep, sleep, ERRNO(res), RELTIME(interval)),
    EVENT(newfstatat, file, ERRNO(res), FD(dirfd), FSRELPATH(path),
          FLAGS32(flags, event_flag_newfstatat)),
    OTHER(nfsservctl), OTHER(nice),
    EVENT(notification, other, CHARBUF(id), CHARBUF(desc)),
    OTHER(oldfstat), OTHER(oldlstat), OTHER(oldolduname), OTHER(oldstat), OTHER(olduname),
    OTHER(open_tree_attr),
    EVENT(page_fault, other, UINT64_HEX(addr), UINT64_HEX(ip), FLAGS32(error, event_flag_pf)),
    OTHER(pause), OTHER(pciconfig_iobase), OTHER(pciconfig_read), OTHER(pciconfig_write),
    OTHER(personality), OTHER(pkey_alloc), OTHER(pkey_free), OTHER(pkey_mprotect),
    EVENT(poll, wait, ERRNO(res), FDLIST(fds), INT64(timeout)),
    EVENT(ppoll, wait, ERRNO(res), FDLIST(fds), RELTIME(timeout), SIGSET(sigmask)),
    OTHER(preadv2), OTHER(process_madvise), OTHER(process_mrelease),
    EVENT(procinfo, internal, UINT64(cpu_usr), UINT64(cpu_sys)),
    OTHER(pselect6), OTHER(pwritev2), OTHER(query_module), OTHER(quotactl_fd), OTHER(readahead),
    OTHER(readdir), OTHER(readlink), OTHER(readlinkat), OTHER(remap_file_pages),
    OTHER(removexattr), OTHER(removexattrat), OTHER(request_key), OTHER(restart_syscall),
    OTHER(riscv_flush_icache), OTHER(riscv_hwprobe), OTHER(rseq), OTHER(rseq_slice_yield),
    OTHER(rt_sigaction), OTHER(rt_sigpending), OTHER(rt_sigprocmask), OTHER(rt_sigreturn),
    OTHER(rt_sigsuspend), OTHER(rt_sigtimedwait), OTHER(rtas), OTHER(s390_guarded_storage),
    OTHER(s390_pci_mmio_read), OTHER(s390_pci_mmio_write), OTHER(s390_runtime_instr),
    OTHER(s390_sthyi),
    EVENT(scapevent, internal, UINT32(event_type), UINT64(event_data)),
    OTHER(sched_get_priority_max), OTHER(sched_get_priority_min), OTHER(sched_getaffinity),
    OTHER(sched_getattr), OTHER(sched_getparam), OTHER(sched_getscheduler),
    OTHER(sched_rr_get_interval), OTHER(sched_setaffinity), OTHER(sched_setattr),
    OTHER(sched_setparam), OTHER(sched_setscheduler), OTHER(sched_yield),
    EVENT(select, wait, ERRNO(res)),
    EVENT(semctl, process, ERRNO(res), INT32(semid), INT32(semnum),
          FLAGS16(cmd, event_flag_semctl_commands), INT32(val)),
    EVENT(semget, process, ERRNO(res), INT32_HEX(key), INT32(nsems),
          FLAGS32(semflg, event_flag_semget)),
    EVENT(semop, process, ERRNO(res), UINT32(nsops), UINT16(sem_num_0), INT16(sem_op_0),
          FLAGS16(sem_flg_0, event_flag_semop), UINT16(sem_num_1), INT16(sem_op_1),
          FLAGS16(sem_flg_1, event_flag_semop), INT32(semid)),
    OTHER(semtimedop), OTHER(set_mempolicy), OTHER(set_mempolicy_home_node),
    OTHER(set_robust_list), OTHER(set_thread_area), OTHER(set_tid_address), OTHER(setdomainname),
    OTHER(sethostname), OTHER(setitimer), OTHER(setpriority), OTHER(settimeofday), OTHER(setxattr),
    OTHER(setxattrat), OTHER(sgetmask), OTHER(shmat), OTHER(shmctl), OTHER(shmdt), OTHER(shmget),
    OTHER(sigaction), OTHER(sigaltstack), OTHER(signal),
    EVENT(signaldeliver, signal, PID(spid), PID(dpid), SIGTYPE(sig)),
    EVENT(signalfd, signal, FD(res), FD(fd), UINT32_HEX(mask), UINT8_HEX(flags)),
    EVENT(signalfd4, signal, FD(res), FLAGS16(flags, event_flag_open), FD(fd), UINT32_HEX(mask)),
    OTHER(sigpending), OTHER(sigprocmask), OTHER(sigreturn), OTHER(sigsuspend), OTHER(socketcall),
    OTHER(spu_create), OTHER(spu_run), OTHER(ssetmask),
    EVENT(stat, file, ERRNO(res), FSPATH(path)),
    EVENT(stat64, file, ERRNO(res), FSPATH(path)),
    OTHER(statfs), OTHER(statfs64), OTHER(statmount), OTHER(statx), OTHER(stime),
    OTHER(subpage_prot), OTHER(swapcontext),
    EVENT(switch, scheduler, PID(next), UINT64(pgft_maj), UINT64(pgft_min), UINT32(vm_size),
          UINT32(vm_rss), UINT32(vm_swap)),
    OTHER(switch_endian), OTHER(sync), OTHER(sync_file_range), OTHER(sync_file_range2),
    OTHER(syncfs), OTHER(sys_debug_setcontext), OTHER(sysfs), OTHER(sysinfo), OTHER(syslog),
    OTHER(tee), OTHER(time), OTHER(timer_create), OTHER(timer_delete), OTHER(timer_getoverrun),
    OTHER(timer_gettime), OTHER(timer_settime), OTHER(timerfd),
    EVENT(timerfd_create, time, FD(res), UINT8(clockid), UINT8_HEX(flags)),
    OTHER(timerfd_gettime), OTHER(timerfd_settime), OTHER(times), OTHER(umask), OTHER(uname),
    OTHER(uprobe), OTHER(uretprobe), OTHER(uselib),
    EVENT(useradded, process, UINT32(uid), UINT32(gid), CHARBUF(name), CHARBUF(home),
          CHARBUF(shell), CHARBUF(container_id)),
    EVENT(userdeleted, process, UINT32(uid), UINT32(gid), CHARBUF(name), CHARBUF(home),
          CHARBUF(shell), CHARBUF(container_id)),
    OTHER(ustat), OTHER(utime), OTHER(utimensat), OTHER(utimes), OTHER(vhangup), OTHER(vm86),
    OTHER(vmsplice), OTHER(wait4), OTHER(waitid), OTHER(waitpid),
};
/* clang-format on */

const uint32_t event_table_count = ARRAY_LEN(event_table);

_Static_assert(ARRAY_LEN(event_table) <= EVENT_TYPE_MAX, "event sets have room for every type");
