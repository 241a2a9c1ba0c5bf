/* The codes of .scap events. A code names one version of one event's beginning (even) or end (odd);
 * a later version has a code of its own, and parameters are only ever added at the end. OLD_ rows
 * are made by no current recorder. Codes without a row stand for nothing. */
#include "capture/scap_table.h"

#include "base/attr.h"

/* clang-format off */
#define PARAM(type, name) {#name, SCAP_##type}
#define ABSTIME(name) PARAM(ABSTIME, name)
#define BYTEBUF(name) PARAM(BYTEBUF, name)
#define CHARBUF(name) PARAM(CHARBUF, name)
#define CHARBUFARRAY(name) PARAM(CHARBUFARRAY, name)
#define DYNAMIC(name) PARAM(DYNAMIC, name)
#define ENUMFLAGS16(name) PARAM(ENUMFLAGS16, name)
#define ENUMFLAGS32(name) PARAM(ENUMFLAGS32, name)
#define ENUMFLAGS8(name) PARAM(ENUMFLAGS8, name)
#define ERRNO(name) PARAM(ERRNO, name)
#define FD(name) PARAM(FD, name)
#define FD32(name) PARAM(FD32, name)
#define FDLIST(name) PARAM(FDLIST, name)
#define FLAGS16(name) PARAM(FLAGS16, name)
#define FLAGS32(name) PARAM(FLAGS32, name)
#define FLAGS8(name) PARAM(FLAGS8, name)
#define FSPATH(name) PARAM(FSPATH, name)
#define FSRELPATH(name) PARAM(FSRELPATH, name)
#define GID(name) PARAM(GID, name)
#define INT16(name) PARAM(INT16, name)
#define INT32(name) PARAM(INT32, name)
#define INT64(name) PARAM(INT64, name)
#define IPV4ADDR(name) PARAM(IPV4ADDR, name)
#define IPV6ADDR(name) PARAM(IPV6ADDR, name)
#define MODE(name) PARAM(MODE, name)
#define PAIRARRAY(name) PARAM(PAIRARRAY, name)
#define PID(name) PARAM(PID, name)
#define PID32(name) PARAM(PID32, name)
#define PORT(name) PARAM(PORT, name)
#define RELTIME(name) PARAM(RELTIME, name)
#define SIGSET(name) PARAM(SIGSET, name)
#define SIGTYPE(name) PARAM(SIGTYPE, name)
#define SOCKADDR(name) PARAM(SOCKADDR, name)
#define SOCKTUPLE(name) PARAM(SOCKTUPLE, name)
#define SYSCALLID(name) PARAM(SYSCALLID, name)
#define UID(name) PARAM(UID, name)
#define UINT16(name) PARAM(UINT16, name)
#define UINT32(name) PARAM(UINT32, name)
#define UINT64(name) PARAM(UINT64, name)
#define UINT8(name) PARAM(UINT8, name)

#define PARAMS(...) ((const struct scap_param[]){__VA_ARGS__})
#define ROW(code, name, part, flags, ...) \
    [code] = {#name, PARAMS(__VA_ARGS__), ARRAY_LEN(PARAMS(__VA_ARGS__)), SCAP_##part, flags}
#define BARE(code, name, part, flags) [code] = {#name, NULL, 0, SCAP_##part, flags}
#define ENTER(code, name, ...) ROW(code, name, ENTER, 0, __VA_ARGS__)
#define EXIT(code, name, ...) ROW(code, name, EXIT, 0, __VA_ARGS__)
#define WHOLE(code, name, ...) ROW(code, name, WHOLE, 0, __VA_ARGS__)
#define LARGE(code, name, ...) ROW(code, name, WHOLE, SCAP_LARGE, __VA_ARGS__)
#define OLD_ENTER(code, name, ...) ROW(code, name, ENTER, SCAP_OLD, __VA_ARGS__)
#define OLD_EXIT(code, name, ...) ROW(code, name, EXIT, SCAP_OLD, __VA_ARGS__)
#define OLD_WHOLE(code, name, ...) ROW(code, name, WHOLE, SCAP_OLD, __VA_ARGS__)
#define BARE_EXIT(code, name) BARE(code, name, EXIT, 0)
#define BARE_OLD_ENTER(code, name) BARE(code, name, ENTER, SCAP_OLD)
#define BARE_OLD_WHOLE(code, name) BARE(code, name, WHOLE, SCAP_OLD)

/* What the versions of exec and of fork and clone have in common. */
#define EXEC_BASE \
    ERRNO(res), CHARBUF(exe), BYTEBUF(args), PID(tid), PID(pid), PID(ptid), CHARBUF(cwd), \
    UINT64(fdlimit)
#define EXEC_IDENTITY \
    UINT32(tty), PID(vpgid), UID(loginuid), FLAGS32(flags), UINT64(cap_inheritable), \
    UINT64(cap_permitted), UINT64(cap_effective), UINT64(exe_ino), ABSTIME(exe_ino_ctime), \
    ABSTIME(exe_ino_mtime), UID(uid), FSPATH(trusted_exepath), PID(pgid), GID(gid)
#define TASK_BASE \
    PID(res), CHARBUF(exe), BYTEBUF(args), PID(tid), PID(pid), PID(ptid), CHARBUF(cwd), \
    INT64(fdlimit)
#define TASK_OWNER FLAGS32(flags), UINT32(uid), UINT32(gid)
#define TASK_NAMESPACE PID(vtid), PID(vpid), UINT64(pidns_init_start_ts)
#define RESOURCES \
    UINT64(pgft_maj), UINT64(pgft_min), UINT32(vm_size), UINT32(vm_rss), UINT32(vm_swap)

static const struct scap_event_info events[] = {
    OLD_ENTER(0, syscall, SYSCALLID(ID), UINT16(nativeID)),
    EXIT(1, syscall, SYSCALLID(ID), UINT16(nativeID)),
    ENTER(2, open, FSPATH(name), FLAGS32(flags), UINT32(mode)),
    EXIT(3, open, FD(fd), FSPATH(name), FLAGS32(flags), UINT32(mode), UINT32(dev), UINT64(ino)),
    OLD_ENTER(4, close, FD(fd)),
    EXIT(5, close, ERRNO(res), FD(fd)),
    OLD_ENTER(6, read, FD(fd), UINT32(size)),
    EXIT(7, read, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size)),
    OLD_ENTER(8, write, FD(fd), UINT32(size)),
    EXIT(9, write, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size)),
    OLD_ENTER(10, brk, UINT32(size)),
    OLD_EXIT(11, brk, UINT64(res)),
    BARE_OLD_ENTER(12, execve),
    OLD_EXIT(13, execve, EXEC_BASE),
    BARE_OLD_ENTER(14, clone),
    OLD_EXIT(15, clone, TASK_BASE, TASK_OWNER),
    BARE_OLD_WHOLE(16, procexit),
    OLD_ENTER(18, socket, ENUMFLAGS32(domain), UINT32(type), UINT32(proto)),
    EXIT(19, socket, FD(fd), ENUMFLAGS32(domain), UINT32(type), UINT32(proto), FLAGS32(flags)),
    OLD_ENTER(20, bind, FD(fd)),
    EXIT(21, bind, ERRNO(res), SOCKADDR(addr), FD(fd)),
    ENTER(22, connect, FD(fd), SOCKADDR(addr)),
    EXIT(23, connect, ERRNO(res), SOCKTUPLE(tuple), FD(fd), SOCKADDR(addr)),
    OLD_ENTER(24, listen, FD(fd), INT32(backlog)),
    EXIT(25, listen, ERRNO(res), FD(fd), INT32(backlog)),
    BARE_OLD_ENTER(26, accept),
    OLD_EXIT(27, accept, FD(fd), SOCKTUPLE(tuple), UINT8(queuepct)),
    OLD_ENTER(28, send, FD(fd), UINT32(size)),
    EXIT(29, send, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size), SOCKTUPLE(tuple)),
    OLD_ENTER(30, sendto, FD(fd), UINT32(size), SOCKTUPLE(tuple)),
    EXIT(31, sendto, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size), SOCKTUPLE(tuple)),
    OLD_ENTER(32, recv, FD(fd), UINT32(size)),
    EXIT(33, recv, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size), SOCKTUPLE(tuple)),
    OLD_ENTER(34, recvfrom, FD(fd), UINT32(size)),
    EXIT(35, recvfrom, ERRNO(res), BYTEBUF(data), SOCKTUPLE(tuple), FD(fd), UINT32(size)),
    OLD_ENTER(36, shutdown, FD(fd), ENUMFLAGS8(how)),
    EXIT(37, shutdown, ERRNO(res), FD(fd), ENUMFLAGS8(how)),
    BARE_OLD_ENTER(38, getsockname),
    BARE_EXIT(39, getsockname),
    BARE_OLD_ENTER(40, getpeername),
    BARE_EXIT(41, getpeername),
    OLD_ENTER(42, socketpair, ENUMFLAGS32(domain), UINT32(type), UINT32(proto)),
EXIT(43, socketpair, ERRNO(res), FD(fd1), FD(fd2), UINT64(source), UINT64(peer),
          ENUMFLAGS32(domain), UINT32(type), UINT32(proto)),
    BARE_OLD_ENTER(44, setsockopt),
EXIT(45, setsockopt, ERRNO(res), FD(fd), ENUMFLAGS8(level), ENUMFLAGS8(optname), DYNAMIC(val),
          UINT32(optlen)),
    BARE_OLD_ENTER(46, getsockopt),
EXIT(47, getsockopt, ERRNO(res), FD(fd), ENUMFLAGS8(level), ENUMFLAGS8(optname), DYNAMIC(val),
          UINT32(optlen)),
    OLD_ENTER(48, sendmsg, FD(fd), UINT32(size), SOCKTUPLE(tuple)),
    EXIT(49, sendmsg, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size), SOCKTUPLE(tuple)),
    BARE_OLD_ENTER(50, sendmmsg),
    EXIT(51, sendmmsg, ERRNO(res), FD(fd), UINT32(size), BYTEBUF(data), SOCKTUPLE(tuple)),
    OLD_ENTER(52, recvmsg, FD(fd)),
EXIT(53, recvmsg, ERRNO(res), UINT32(size), BYTEBUF(data), SOCKTUPLE(tuple), BYTEBUF(msgcontrol),
          FD(fd)),
    BARE_OLD_ENTER(54, recvmmsg),
EXIT(55, recvmmsg, ERRNO(res), FD(fd), UINT32(size), BYTEBUF(data), SOCKTUPLE(tuple),
          BYTEBUF(msgcontrol)),
    OLD_ENTER(56, accept, INT32(flags)),
    OLD_EXIT(57, accept, FD(fd), SOCKTUPLE(tuple), UINT8(queuepct)),
    ENTER(58, creat, FSPATH(name), UINT32(mode)),
EXIT(59, creat, FD(fd), FSPATH(name), UINT32(mode), UINT32(dev), UINT64(ino),
          FLAGS16(creat_flags)),
    BARE_OLD_ENTER(60, pipe),
    EXIT(61, pipe, ERRNO(res), FD(fd1), FD(fd2), UINT64(ino)),
    OLD_ENTER(62, eventfd, UINT64(initval), UINT32(flags)),
    EXIT(63, eventfd, FD(res), UINT64(initval), UINT32(flags)),
    OLD_ENTER(64, futex, UINT64(addr), FLAGS16(op), UINT64(val)),
    EXIT(65, futex, ERRNO(res), UINT64(addr), FLAGS16(op), UINT64(val)),
    BARE_OLD_ENTER(66, stat),
    EXIT(67, stat, ERRNO(res), FSPATH(path)),
    BARE_OLD_ENTER(68, lstat),
    EXIT(69, lstat, ERRNO(res), FSPATH(path)),
    OLD_ENTER(70, fstat, FD(fd)),
    EXIT(71, fstat, ERRNO(res), FD(fd)),
    BARE_OLD_ENTER(72, stat64),
    EXIT(73, stat64, ERRNO(res), FSPATH(path)),
    BARE_OLD_ENTER(74, lstat64),
    EXIT(75, lstat64, ERRNO(res), FSPATH(path)),
    OLD_ENTER(76, fstat64, FD(fd)),
    EXIT(77, fstat64, ERRNO(res)),
    OLD_ENTER(78, epoll_wait, ERRNO(maxevents)),
    EXIT(79, epoll_wait, ERRNO(res), ERRNO(maxevents)),
    OLD_ENTER(80, poll, FDLIST(fds), INT64(timeout)),
    EXIT(81, poll, ERRNO(res), FDLIST(fds), INT64(timeout)),
    BARE_OLD_ENTER(82, select),
    EXIT(83, select, ERRNO(res)),
    BARE_OLD_ENTER(84, select),
    OLD_EXIT(85, select, ERRNO(res)),
    OLD_ENTER(86, lseek, FD(fd), UINT64(offset), ENUMFLAGS8(whence)),
    EXIT(87, lseek, ERRNO(res), FD(fd), UINT64(offset), ENUMFLAGS8(whence)),
    OLD_ENTER(88, llseek, FD(fd), UINT64(offset), ENUMFLAGS8(whence)),
    EXIT(89, llseek, ERRNO(res), FD(fd), UINT64(offset), ENUMFLAGS8(whence)),
    OLD_ENTER(90, ioctl, FD(fd), UINT64(request)),
    OLD_EXIT(91, ioctl, ERRNO(res)),
    BARE_OLD_ENTER(92, getcwd),
    EXIT(93, getcwd, ERRNO(res), CHARBUF(path)),
    BARE_OLD_ENTER(94, chdir),
    EXIT(95, chdir, ERRNO(res), CHARBUF(path)),
    OLD_ENTER(96, fchdir, FD(fd)),
    EXIT(97, fchdir, ERRNO(res), FD(fd)),
    OLD_ENTER(98, mkdir, FSPATH(path), UINT32(mode)),
    OLD_EXIT(99, mkdir, ERRNO(res)),
    OLD_ENTER(100, rmdir, FSPATH(path)),
    OLD_EXIT(101, rmdir, ERRNO(res)),
    OLD_ENTER(102, openat, FD(dirfd), CHARBUF(name), FLAGS32(flags), UINT32(mode)),
    OLD_EXIT(103, openat, FD(fd)),
    OLD_ENTER(104, link, FSPATH(oldpath), FSPATH(newpath)),
    OLD_EXIT(105, link, ERRNO(res)),
    OLD_ENTER(106, linkat, FD(olddir), CHARBUF(oldpath), FD(newdir), CHARBUF(newpath)),
    OLD_EXIT(107, linkat, ERRNO(res)),
    OLD_ENTER(108, unlink, FSPATH(path)),
    OLD_EXIT(109, unlink, ERRNO(res)),
    OLD_ENTER(110, unlinkat, FD(dirfd), CHARBUF(name)),
    OLD_EXIT(111, unlinkat, ERRNO(res)),
    OLD_ENTER(112, pread, FD(fd), UINT32(size), UINT64(pos)),
    EXIT(113, pread, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size), UINT64(pos)),
    OLD_ENTER(114, pwrite, FD(fd), UINT32(size), UINT64(pos)),
    EXIT(115, pwrite, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size), UINT64(pos)),
    OLD_ENTER(116, readv, FD(fd)),
    EXIT(117, readv, ERRNO(res), UINT32(size), BYTEBUF(data), FD(fd)),
    OLD_ENTER(118, writev, FD(fd), UINT32(size)),
    EXIT(119, writev, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size)),
    OLD_ENTER(120, preadv, FD(fd), UINT64(pos)),
    EXIT(121, preadv, ERRNO(res), UINT32(size), BYTEBUF(data), FD(fd), UINT64(pos)),
    OLD_ENTER(122, pwritev, FD(fd), UINT32(size), UINT64(pos)),
    EXIT(123, pwritev, ERRNO(res), BYTEBUF(data), FD(fd), UINT32(size), UINT64(pos)),
    OLD_ENTER(124, dup, FD(fd)),
    OLD_EXIT(125, dup, FD(res)),
    OLD_ENTER(126, signalfd, FD(fd), UINT32(mask), UINT8(flags)),
    EXIT(127, signalfd, FD(res), FD(fd), UINT32(mask), UINT8(flags)),
    OLD_ENTER(128, kill, PID(pid), SIGTYPE(sig)),
    EXIT(129, kill, ERRNO(res), PID(pid), SIGTYPE(sig)),
    OLD_ENTER(130, tkill, PID(tid), SIGTYPE(sig)),
    EXIT(131, tkill, ERRNO(res), PID(tid), SIGTYPE(sig)),
    OLD_ENTER(132, tgkill, PID(pid), PID(tid), SIGTYPE(sig)),
    EXIT(133, tgkill, ERRNO(res), PID(pid), PID(tid), SIGTYPE(sig)),
    OLD_ENTER(134, nanosleep, RELTIME(interval)),
    EXIT(135, nanosleep, ERRNO(res), RELTIME(interval)),
    OLD_ENTER(136, timerfd_create, UINT8(clockid), UINT8(flags)),
    EXIT(137, timerfd_create, FD(res), UINT8(clockid), UINT8(flags)),
    OLD_ENTER(138, inotify_init, UINT8(flags)),
    EXIT(139, inotify_init, FD(res), UINT8(flags)),
    OLD_ENTER(140, getrlimit, ENUMFLAGS8(resource)),
    EXIT(141, getrlimit, ERRNO(res), INT64(cur), INT64(max), ENUMFLAGS8(resource)),
    OLD_ENTER(142, setrlimit, ENUMFLAGS8(resource)),
    EXIT(143, setrlimit, ERRNO(res), INT64(cur), INT64(max), ENUMFLAGS8(resource)),
    OLD_ENTER(144, prlimit, PID(pid), ENUMFLAGS8(resource)),
EXIT(145, prlimit, ERRNO(res), INT64(newcur), INT64(newmax), INT64(oldcur), INT64(oldmax),
          INT64(pid), ENUMFLAGS8(resource)),
    OLD_WHOLE(146, switch, PID(next)),
    WHOLE(148, drop, UINT32(ratio)),
    EXIT(149, drop, UINT32(ratio)),
    OLD_ENTER(150, fcntl, FD(fd), ENUMFLAGS8(cmd)),
    EXIT(151, fcntl, FD(res), FD(fd), ENUMFLAGS8(cmd), UINT64(arg)),
    WHOLE(152, switch, PID(next), RESOURCES),
    BARE_OLD_ENTER(154, execve),
    OLD_EXIT(155, execve, EXEC_BASE, RESOURCES),
    BARE_OLD_ENTER(156, clone),
    OLD_EXIT(157, clone, TASK_BASE, RESOURCES, TASK_OWNER),
    OLD_ENTER(158, brk, UINT64(addr)),
    EXIT(159, brk, UINT64(res), UINT32(vm_size), UINT32(vm_rss), UINT32(vm_swap), UINT64(addr)),
OLD_ENTER(160, mmap, UINT64(addr), UINT64(length), FLAGS32(prot), FLAGS32(flags), FD(fd),
          UINT64(offset)),
EXIT(161, mmap, ERRNO(res), UINT32(vm_size), UINT32(vm_rss), UINT32(vm_swap), UINT64(addr),
          UINT64(length), FLAGS32(prot), FLAGS32(flags), FD(fd), UINT64(offset)),
OLD_ENTER(162, mmap2, UINT64(addr), UINT64(length), FLAGS32(prot), FLAGS32(flags), FD(fd),
          UINT64(pgoffset)),
EXIT(163, mmap2, ERRNO(res), UINT32(vm_size), UINT32(vm_rss), UINT32(vm_swap), UINT64(addr),
          UINT64(length), FLAGS32(prot), FLAGS32(flags), FD(fd), UINT64(pgoffset)),
    OLD_ENTER(164, munmap, UINT64(addr), UINT64(length)),
EXIT(165, munmap, ERRNO(res), UINT32(vm_size), UINT32(vm_rss), UINT32(vm_swap), UINT64(addr),
          UINT64(length)),
    OLD_ENTER(166, splice, FD(fd_in), FD(fd_out), UINT64(size), FLAGS32(flags)),
    EXIT(167, splice, ERRNO(res), FD(fd_in), FD(fd_out), UINT64(size), FLAGS32(flags)),
    OLD_ENTER(168, ptrace, ENUMFLAGS16(request), PID(pid)),
    EXIT(169, ptrace, ERRNO(res), DYNAMIC(addr), DYNAMIC(data), ENUMFLAGS16(request), PID(pid)),
    OLD_ENTER(170, ioctl, FD(fd), UINT64(request), UINT64(argument)),
    EXIT(171, ioctl, ERRNO(res), FD(fd), UINT64(request), UINT64(argument)),
    BARE_OLD_ENTER(172, execve),
    OLD_EXIT(173, execve, EXEC_BASE, RESOURCES, BYTEBUF(env)),
    BARE_OLD_ENTER(174, rename),
    EXIT(175, rename, ERRNO(res), FSPATH(oldpath), FSPATH(newpath)),
    BARE_OLD_ENTER(176, renameat),
EXIT(177, renameat, ERRNO(res), FD(olddirfd), FSRELPATH(oldpath), FD(newdirfd),
          FSRELPATH(newpath)),
    BARE_OLD_ENTER(178, symlink),
    EXIT(179, symlink, ERRNO(res), CHARBUF(target), FSPATH(linkpath)),
    BARE_OLD_ENTER(180, symlinkat),
    EXIT(181, symlinkat, ERRNO(res), CHARBUF(target), FD(linkdirfd), FSRELPATH(linkpath)),
    BARE_OLD_ENTER(182, fork),
    OLD_EXIT(183, fork, TASK_BASE, RESOURCES, TASK_OWNER),
    BARE_OLD_ENTER(184, vfork),
    OLD_EXIT(185, vfork, TASK_BASE, RESOURCES, TASK_OWNER),
    WHOLE(186, procexit, ERRNO(status), ERRNO(ret), SIGTYPE(sig), UINT8(core), PID(reaper_tid)),
    OLD_ENTER(188, sendfile, FD(out_fd), FD(in_fd), UINT64(offset), UINT64(size)),
    EXIT(189, sendfile, ERRNO(res), UINT64(offset), FD(out_fd), FD(in_fd), UINT64(size)),
    OLD_ENTER(190, quotactl, FLAGS16(cmd), FLAGS8(type), UINT32(id), FLAGS8(quota_fmt)),
EXIT(191, quotactl, ERRNO(res), CHARBUF(special), CHARBUF(quotafilepath), UINT64(dqb_bhardlimit),
          UINT64(dqb_bsoftlimit), UINT64(dqb_curspace), UINT64(dqb_ihardlimit),
          UINT64(dqb_isoftlimit), RELTIME(dqb_btime), RELTIME(dqb_itime), RELTIME(dqi_bgrace),
          RELTIME(dqi_igrace), FLAGS8(dqi_flags), FLAGS8(quota_fmt_out), FLAGS16(cmd),
          FLAGS8(type), UINT32(id), FLAGS8(quota_fmt)),
    OLD_ENTER(192, setresuid, UID(ruid), UID(euid), UID(suid)),
    EXIT(193, setresuid, ERRNO(res), UID(ruid), UID(euid), UID(suid)),
    OLD_ENTER(194, setresgid, GID(rgid), GID(egid), GID(sgid)),
    EXIT(195, setresgid, ERRNO(res), GID(rgid), GID(egid), GID(sgid)),
    WHOLE(196, scapevent, UINT32(event_type), UINT64(event_data)),
    OLD_ENTER(198, setuid, UID(uid)),
    EXIT(199, setuid, ERRNO(res), UID(uid)),
    OLD_ENTER(200, setgid, GID(gid)),
    EXIT(201, setgid, ERRNO(res), GID(gid)),
    BARE_OLD_ENTER(202, getuid),
    EXIT(203, getuid, UID(uid)),
    BARE_OLD_ENTER(204, geteuid),
    EXIT(205, geteuid, UID(euid)),
    BARE_OLD_ENTER(206, getgid),
    EXIT(207, getgid, GID(gid)),
    BARE_OLD_ENTER(208, getegid),
    EXIT(209, getegid, GID(egid)),
    BARE_OLD_ENTER(210, getresuid),
    EXIT(211, getresuid, ERRNO(res), UID(ruid), UID(euid), UID(suid)),
    BARE_OLD_ENTER(212, getresgid),
    EXIT(213, getresgid, ERRNO(res), GID(rgid), GID(egid), GID(sgid)),
    BARE_OLD_ENTER(214, execve),
    OLD_EXIT(215, execve, EXEC_BASE, RESOURCES, CHARBUF(comm), BYTEBUF(env)),
    BARE_OLD_ENTER(216, clone),
    OLD_EXIT(217, clone, TASK_BASE, RESOURCES, CHARBUF(comm), TASK_OWNER),
    BARE_OLD_ENTER(218, fork),
    OLD_EXIT(219, fork, TASK_BASE, RESOURCES, CHARBUF(comm), TASK_OWNER),
    BARE_OLD_ENTER(220, vfork),
    OLD_EXIT(221, vfork, TASK_BASE, RESOURCES, CHARBUF(comm), TASK_OWNER),
    BARE_OLD_ENTER(222, clone),
EXIT(223, clone, TASK_BASE, RESOURCES, CHARBUF(comm), BYTEBUF(cgroups), TASK_OWNER,
          TASK_NAMESPACE),
    BARE_OLD_ENTER(224, fork),
EXIT(225, fork, TASK_BASE, RESOURCES, CHARBUF(comm), BYTEBUF(cgroups), TASK_OWNER, TASK_NAMESPACE),
    BARE_OLD_ENTER(226, vfork),
EXIT(227, vfork, TASK_BASE, RESOURCES, CHARBUF(comm), BYTEBUF(cgroups), TASK_OWNER,
          TASK_NAMESPACE),
    OLD_WHOLE(228, container, CHARBUF(id), UINT32(type), CHARBUF(name), CHARBUF(image)),
    BARE_OLD_ENTER(230, execve),
    OLD_EXIT(231, execve, EXEC_BASE, RESOURCES, CHARBUF(comm), BYTEBUF(cgroups), BYTEBUF(env)),
    WHOLE(232, signaldeliver, PID(spid), PID(dpid), SIGTYPE(sig)),
    WHOLE(234, procinfo, UINT64(cpu_usr), UINT64(cpu_sys)),
    OLD_ENTER(236, getdents, FD(fd)),
    EXIT(237, getdents, ERRNO(res), FD(fd)),
    OLD_ENTER(238, getdents64, FD(fd)),
    EXIT(239, getdents64, ERRNO(res), FD(fd)),
    OLD_ENTER(240, setns, FD(fd), FLAGS32(nstype)),
    EXIT(241, setns, ERRNO(res), FD(fd), FLAGS32(nstype)),
    OLD_ENTER(242, flock, FD(fd), FLAGS32(operation)),
    EXIT(243, flock, ERRNO(res), FD(fd), FLAGS32(operation)),
    WHOLE(244, cpu_hotplug, UINT32(cpu), UINT32(action)),
    BARE_OLD_ENTER(246, accept),
EXIT(247, accept, FD(fd), SOCKTUPLE(tuple), UINT8(queuepct), UINT32(queuelen), UINT32(queuemax)),
    OLD_ENTER(248, accept, INT32(flags)),
OLD_EXIT(249, accept, FD(fd), SOCKTUPLE(tuple), UINT8(queuepct), UINT32(queuelen),
          UINT32(queuemax)),
    OLD_ENTER(250, semop, INT32(semid)),
EXIT(251, semop, ERRNO(res), UINT32(nsops), UINT16(sem_num_0), INT16(sem_op_0), FLAGS16(sem_flg_0),
          UINT16(sem_num_1), INT16(sem_op_1), FLAGS16(sem_flg_1), INT32(semid)),
    OLD_ENTER(252, semctl, INT32(semid), INT32(semnum), FLAGS16(cmd), INT32(val)),
    EXIT(253, semctl, ERRNO(res), INT32(semid), INT32(semnum), FLAGS16(cmd), INT32(val)),
    OLD_ENTER(254, ppoll, FDLIST(fds), RELTIME(timeout), SIGSET(sigmask)),
    EXIT(255, ppoll, ERRNO(res), FDLIST(fds), RELTIME(timeout), SIGSET(sigmask)),
    OLD_ENTER(256, mount, FLAGS32(flags)),
    EXIT(257, mount, ERRNO(res), CHARBUF(dev), FSPATH(dir), CHARBUF(type), FLAGS32(flags)),
    OLD_ENTER(258, umount, FLAGS32(flags)),
    OLD_EXIT(259, umount, ERRNO(res), FSPATH(name)),
    OLD_WHOLE(260, k8s, CHARBUF(json)),
    OLD_ENTER(262, semget, INT32(key), INT32(nsems), FLAGS32(semflg)),
    EXIT(263, semget, ERRNO(res), INT32(key), INT32(nsems), FLAGS32(semflg)),
    OLD_ENTER(264, access, FLAGS32(mode)),
    EXIT(265, access, ERRNO(res), FSPATH(name), FLAGS32(mode)),
    BARE_OLD_ENTER(266, chroot),
    EXIT(267, chroot, ERRNO(res), FSPATH(path)),
    OLD_WHOLE(268, tracer, INT64(id), CHARBUFARRAY(tags), PAIRARRAY(args)),
    OLD_WHOLE(270, mesos, CHARBUF(json)),
    OLD_WHOLE(272, container, CHARBUF(json)),
    BARE_OLD_ENTER(274, setsid),
    EXIT(275, setsid, PID(res)),
    OLD_ENTER(276, mkdir, UINT32(mode)),
    EXIT(277, mkdir, ERRNO(res), FSPATH(path), UINT32(mode)),
    BARE_OLD_ENTER(278, rmdir),
    EXIT(279, rmdir, ERRNO(res), FSPATH(path)),
    WHOLE(280, notification, CHARBUF(id), CHARBUF(desc)),
    BARE_OLD_ENTER(282, execve),
OLD_EXIT(283, execve, EXEC_BASE, RESOURCES, CHARBUF(comm), BYTEBUF(cgroups), BYTEBUF(env),
          INT32(tty)),
    OLD_ENTER(284, unshare, FLAGS32(flags)),
    EXIT(285, unshare, ERRNO(res), FLAGS32(flags)),
    WHOLE(286, infra, CHARBUF(source), CHARBUF(name), CHARBUF(description), CHARBUF(scope)),
    OLD_ENTER(288, execve, FSPATH(filename)),
OLD_EXIT(289, execve, EXEC_BASE, RESOURCES, CHARBUF(comm), BYTEBUF(cgroups), BYTEBUF(env),
          INT32(tty)),
    WHOLE(290, page_fault, UINT64(addr), UINT64(ip), FLAGS32(error)),
    OLD_ENTER(292, execve, FSPATH(filename)),
EXIT(293, execve, EXEC_BASE, RESOURCES, CHARBUF(comm), BYTEBUF(cgroups), BYTEBUF(env),
          EXEC_IDENTITY, FSPATH(filename)),
    OLD_ENTER(294, setpgid, PID(pid), PID(pgid)),
    EXIT(295, setpgid, ERRNO(res), PID(pid), PID(pgid)),
    OLD_ENTER(296, bpf, INT64(cmd)),
    OLD_EXIT(297, bpf, DYNAMIC(res_or_fd)),
    OLD_ENTER(298, seccomp, UINT64(op), UINT64(flags)),
    EXIT(299, seccomp, ERRNO(res), UINT64(op), UINT64(flags)),
    BARE_OLD_ENTER(300, unlink),
    EXIT(301, unlink, ERRNO(res), FSPATH(path)),
    BARE_OLD_ENTER(302, unlinkat),
    EXIT(303, unlinkat, ERRNO(res), FD(dirfd), FSRELPATH(name), FLAGS32(flags)),
    BARE_OLD_ENTER(304, mkdirat),
    EXIT(305, mkdirat, ERRNO(res), FD(dirfd), FSRELPATH(path), UINT32(mode)),
    ENTER(306, openat, FD(dirfd), FSRELPATH(name), FLAGS32(flags), UINT32(mode)),
EXIT(307, openat, FD(fd), FD(dirfd), FSRELPATH(name), FLAGS32(flags), UINT32(mode), UINT32(dev),
          UINT64(ino)),
    BARE_OLD_ENTER(308, link),
    EXIT(309, link, ERRNO(res), FSPATH(oldpath), FSPATH(newpath)),
    BARE_OLD_ENTER(310, linkat),
EXIT(311, linkat, ERRNO(res), FD(olddir), FSRELPATH(oldpath), FD(newdir), FSRELPATH(newpath),
          FLAGS32(flags)),
    BARE_OLD_ENTER(312, fchmodat),
    EXIT(313, fchmodat, ERRNO(res), FD(dirfd), FSRELPATH(filename), MODE(mode)),
    BARE_OLD_ENTER(314, chmod),
    EXIT(315, chmod, ERRNO(res), FSPATH(filename), MODE(mode)),
    BARE_OLD_ENTER(316, fchmod),
    EXIT(317, fchmod, ERRNO(res), FD(fd), MODE(mode)),
    BARE_OLD_ENTER(318, renameat2),
EXIT(319, renameat2, ERRNO(res), FD(olddirfd), FSRELPATH(oldpath), FD(newdirfd),
          FSRELPATH(newpath), FLAGS32(flags)),
    BARE_OLD_ENTER(320, userfaultfd),
    EXIT(321, userfaultfd, ERRNO(res), FLAGS32(flags)),
    LARGE(322, pluginevent, UINT32(plugin_id), BYTEBUF(event_data)),
    LARGE(324, container, CHARBUF(json)),
ENTER(326, openat2, FD(dirfd), FSRELPATH(name), FLAGS32(flags), UINT32(mode), FLAGS32(resolve)),
EXIT(327, openat2, FD(fd), FD(dirfd), FSRELPATH(name), FLAGS32(flags), UINT32(mode),
          FLAGS32(resolve), UINT32(dev), UINT64(ino)),
    OLD_ENTER(328, mprotect, UINT64(addr), UINT64(length), FLAGS32(prot)),
    EXIT(329, mprotect, ERRNO(res), UINT64(addr), UINT64(length), FLAGS32(prot)),
    OLD_ENTER(330, execveat, FD(dirfd), FSRELPATH(pathname), FLAGS32(flags)),
EXIT(331, execveat, EXEC_BASE, RESOURCES, CHARBUF(comm), BYTEBUF(cgroups), BYTEBUF(env),
          EXEC_IDENTITY),
    OLD_ENTER(332, copy_file_range, FD(fdin), UINT64(offin), UINT64(len)),
EXIT(333, copy_file_range, ERRNO(res), FD(fdout), UINT64(offout), FD(fdin), UINT64(offin),
          UINT64(len)),
    BARE_OLD_ENTER(334, clone3),
EXIT(335, clone3, TASK_BASE, RESOURCES, CHARBUF(comm), BYTEBUF(cgroups), TASK_OWNER,
          TASK_NAMESPACE),
    BARE_OLD_ENTER(336, open_by_handle_at),
EXIT(337, open_by_handle_at, FD(fd), FD(mountfd), FLAGS32(flags), FSPATH(path), UINT32(dev),
          UINT64(ino)),
    BARE_OLD_ENTER(338, io_uring_setup),
EXIT(339, io_uring_setup, ERRNO(res), UINT32(entries), UINT32(sq_entries), UINT32(cq_entries),
          FLAGS32(flags), UINT32(sq_thread_cpu), UINT32(sq_thread_idle), FLAGS32(features)),
    BARE_OLD_ENTER(340, io_uring_enter),
EXIT(341, io_uring_enter, ERRNO(res), FD(fd), UINT32(to_submit), UINT32(min_complete),
          FLAGS32(flags), SIGSET(sig)),
    BARE_OLD_ENTER(342, io_uring_register),
EXIT(343, io_uring_register, ERRNO(res), FD(fd), ENUMFLAGS16(opcode), UINT64(arg),
          UINT32(nr_args)),
    BARE_OLD_ENTER(344, mlock),
    EXIT(345, mlock, ERRNO(res), UINT64(addr), UINT64(len)),
    BARE_OLD_ENTER(346, munlock),
    EXIT(347, munlock, ERRNO(res), UINT64(addr), UINT64(len)),
    BARE_OLD_ENTER(348, mlockall),
    EXIT(349, mlockall, ERRNO(res), FLAGS32(flags)),
    BARE_OLD_ENTER(350, munlockall),
    EXIT(351, munlockall, ERRNO(res)),
    BARE_OLD_ENTER(352, capset),
EXIT(353, capset, ERRNO(res), UINT64(cap_inheritable), UINT64(cap_permitted),
          UINT64(cap_effective)),
WHOLE(354, useradded, UINT32(uid), UINT32(gid), CHARBUF(name), CHARBUF(home), CHARBUF(shell),
          CHARBUF(container_id)),
WHOLE(356, userdeleted, UINT32(uid), UINT32(gid), CHARBUF(name), CHARBUF(home), CHARBUF(shell),
          CHARBUF(container_id)),
    WHOLE(358, groupadded, UINT32(gid), CHARBUF(name), CHARBUF(container_id)),
    WHOLE(360, groupdeleted, UINT32(gid), CHARBUF(name), CHARBUF(container_id)),
    OLD_ENTER(362, dup2, FD(fd)),
    EXIT(363, dup2, FD(res), FD(oldfd), FD(newfd)),
    OLD_ENTER(364, dup3, FD(fd)),
    EXIT(365, dup3, FD(res), FD(oldfd), FD(newfd), FLAGS32(flags)),
    OLD_ENTER(366, dup, FD(fd)),
    EXIT(367, dup, FD(res), FD(oldfd)),
    OLD_ENTER(368, bpf, INT64(cmd)),
    EXIT(369, bpf, FD(fd), ENUMFLAGS32(cmd)),
    BARE_OLD_ENTER(370, mlock2),
    EXIT(371, mlock2, ERRNO(res), UINT64(addr), UINT64(len), FLAGS32(flags)),
    BARE_OLD_ENTER(372, fsconfig),
EXIT(373, fsconfig, ERRNO(res), FD(fd), ENUMFLAGS32(cmd), CHARBUF(key), BYTEBUF(value_bytebuf),
          CHARBUF(value_charbuf), INT32(aux)),
    OLD_ENTER(374, epoll_create, INT32(size)),
    EXIT(375, epoll_create, ERRNO(res), INT32(size)),
    OLD_ENTER(376, epoll_create1, FLAGS32(flags)),
    EXIT(377, epoll_create1, ERRNO(res), FLAGS32(flags)),
    BARE_OLD_ENTER(378, chown),
    EXIT(379, chown, ERRNO(res), FSPATH(path), UINT32(uid), UINT32(gid)),
    BARE_OLD_ENTER(380, lchown),
    EXIT(381, lchown, ERRNO(res), FSPATH(path), UINT32(uid), UINT32(gid)),
    BARE_OLD_ENTER(382, fchown),
    EXIT(383, fchown, ERRNO(res), FD(fd), UINT32(uid), UINT32(gid)),
    BARE_OLD_ENTER(384, fchownat),
EXIT(385, fchownat, ERRNO(res), FD(dirfd), FSRELPATH(pathname), UINT32(uid), UINT32(gid),
          FLAGS32(flags)),
    BARE_OLD_ENTER(386, umount),
    EXIT(387, umount, ERRNO(res), FSPATH(name)),
    OLD_ENTER(388, accept4, INT32(flags)),
EXIT(389, accept4, FD(fd), SOCKTUPLE(tuple), UINT8(queuepct), UINT32(queuelen), UINT32(queuemax),
          INT32(flags)),
    OLD_ENTER(390, umount2, FLAGS32(flags)),
    EXIT(391, umount2, ERRNO(res), FSPATH(name), FLAGS32(flags)),
    BARE_OLD_ENTER(392, pipe2),
    EXIT(393, pipe2, ERRNO(res), FD(fd1), FD(fd2), UINT64(ino), FLAGS32(flags)),
    BARE_OLD_ENTER(394, inotify_init1),
    EXIT(395, inotify_init1, FD(res), FLAGS16(flags)),
    OLD_ENTER(396, eventfd2, UINT64(initval)),
    EXIT(397, eventfd2, FD(res), FLAGS16(flags), UINT64(initval)),
    OLD_ENTER(398, signalfd4, FD(fd), UINT32(mask)),
    EXIT(399, signalfd4, FD(res), FLAGS16(flags), FD(fd), UINT32(mask)),
    BARE_OLD_ENTER(400, prctl),
    EXIT(401, prctl, ERRNO(res), ENUMFLAGS32(option), CHARBUF(arg2_str), INT64(arg2_int)),
    LARGE(402, asyncevent, UINT32(plugin_id), CHARBUF(name), BYTEBUF(data)),
    BARE_OLD_ENTER(404, memfd_create),
    EXIT(405, memfd_create, FD(fd), CHARBUF(name), FLAGS32(flags)),
    BARE_OLD_ENTER(406, pidfd_getfd),
    EXIT(407, pidfd_getfd, FD(fd), FD(pid_fd), FD(target_fd), UINT32(flags)),
    BARE_OLD_ENTER(408, pidfd_open),
    EXIT(409, pidfd_open, FD(fd), PID(pid), FLAGS32(flags)),
    BARE_OLD_ENTER(410, init_module),
    EXIT(411, init_module, ERRNO(res), BYTEBUF(img), UINT64(length), CHARBUF(uargs)),
    BARE_OLD_ENTER(412, finit_module),
    EXIT(413, finit_module, ERRNO(res), FD(fd), CHARBUF(uargs), FLAGS32(flags)),
    BARE_OLD_ENTER(414, mknod),
    EXIT(415, mknod, ERRNO(res), FSPATH(path), MODE(mode), UINT32(dev)),
    BARE_OLD_ENTER(416, mknodat),
    EXIT(417, mknodat, ERRNO(res), FD(dirfd), FSRELPATH(path), MODE(mode), UINT32(dev)),
    BARE_OLD_ENTER(418, newfstatat),
    EXIT(419, newfstatat, ERRNO(res), FD(dirfd), FSRELPATH(path), FLAGS32(flags)),
    BARE_OLD_ENTER(420, process_vm_readv),
    EXIT(421, process_vm_readv, INT64(res), PID(pid), BYTEBUF(data)),
    BARE_OLD_ENTER(422, process_vm_writev),
    EXIT(423, process_vm_writev, INT64(res), PID(pid), BYTEBUF(data)),
    BARE_OLD_ENTER(424, delete_module),
    EXIT(425, delete_module, ERRNO(res), CHARBUF(name), FLAGS32(flags)),
    BARE_OLD_ENTER(426, setreuid),
    EXIT(427, setreuid, ERRNO(res), UID(ruid), UID(euid)),
    BARE_OLD_ENTER(428, setregid),
    EXIT(429, setregid, ERRNO(res), UID(rgid), UID(egid)),
WHOLE(430, task, PID32(ppid), PID32(pgid), PID32(vpgid), PID32(sid), CHARBUF(comm),
          CHARBUFARRAY(argv), FSPATH(exepath), FLAGS32(flags), CHARBUFARRAY(env), CHARBUF(cwd),
          UINT64(fdlimit), UID(euid), GID(egid), UINT64(cap_permitted), UINT64(cap_effective),
          UINT64(cap_inheritable), UINT64(exe_ino_num), ABSTIME(exe_ino_ctime),
          ABSTIME(exe_ino_mtime), UINT32(vm_size), UINT32(vm_rss), UINT32(vm_swap),
          UINT64(pgft_maj), UINT64(pgft_min), PID32(vtgid), PID32(vpid),
          UINT64(pidns_init_start_ts), CHARBUFARRAY(cgroups), FSPATH(root), ABSTIME(start_time),
          UINT32(tty), UID(loginuid)),
    WHOLE(432, task_file_pipe, FD32(fd), FSPATH(path), UINT64(ino_num)),
    WHOLE(434, task_file_memfd, FD32(fd), FSPATH(path), UINT64(ino_num)),
WHOLE(436, task_file_regular, FD32(fd), FSPATH(path), FLAGS32(flags), UINT32(mnt_id),
          UINT64(ino_num)),
    WHOLE(438, task_file_directory, FD32(fd), FSPATH(path), UINT64(ino_num)),
WHOLE(440, task_file_socket_inet, FD32(fd), UINT16(sk_type), UINT16(sk_proto), IPV4ADDR(local_ip),
          PORT(local_port), IPV4ADDR(remote_ip), PORT(remote_port), UINT64(ino_num)),
WHOLE(442, task_file_socket_inet6, FD32(fd), UINT16(sk_type), UINT16(sk_proto), IPV6ADDR(local_ip),
          PORT(local_port), IPV6ADDR(remote_ip), PORT(remote_port), UINT64(ino_num)),
WHOLE(444, task_file_socket_unix, FD32(fd), UINT16(sk_type), UINT16(sk_proto), UINT64(sk_pointer),
          FSPATH(sun_path), UINT64(ino_num)),
WHOLE(446, task_file_socket_netlink, FD32(fd), UINT16(sk_type), UINT16(sk_proto), UINT64(ino_num)),
    WHOLE(448, task_file_anon_inode, FD32(fd), FLAGS8(fd_type), FSPATH(path), UINT64(ino_num)),
    EXIT(451, close_range, ERRNO(res), UINT32(first), UINT32(last), FLAGS32(flags)),
EXIT(453, keyctl, ERRNO(res), ENUMFLAGS32(operation), DYNAMIC(arg2), DYNAMIC(arg3), DYNAMIC(arg4),
          DYNAMIC(arg5)),
};

/* Calls by the number that a "syscall" event gives; empty: retired. */
static const char *const calls[] = {
    "unknown", "restart_syscall", "exit", "read", "write", "open", "close", "creat", "link",
    "unlink", "chdir", "time", "mknod", "chmod", "stat", "lseek", "getpid", "mount", "ptrace",
    "alarm", "fstat", "pause", "utime", "access", "sync", "kill", "rename", "mkdir", "rmdir",
    "dup", "pipe", "times", "brk", "acct", "ioctl", "fcntl", "setpgid", "umask", "chroot", "ustat",
    "dup2", "getppid", "getpgrp", "setsid", "sethostname", "setrlimit", "getrusage",
    "gettimeofday", "settimeofday", "symlink", "lstat", "readlink", "uselib", "swapon", "reboot",
    "mmap", "munmap", "truncate", "ftruncate", "fchmod", "getpriority", "setpriority", "statfs",
    "fstatfs", "syslog", "setitimer", "getitimer", "uname", "vhangup", "wait4", "swapoff",
    "sysinfo", "fsync", "setdomainname", "adjtimex", "mprotect", "init_module", "delete_module",
    "quotactl", "getpgid", "fchdir", "sysfs", "personality", "getdents", "select", "flock",
    "msync", "readv", "writev", "getsid", "fdatasync", "mlock", "munlock", "mlockall",
    "munlockall", "sched_setparam", "sched_getparam", "sched_setscheduler", "sched_getscheduler",
    "sched_yield", "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval",
    "nanosleep", "mremap", "poll", "prctl", "rt_sigaction", "rt_sigprocmask", "rt_sigpending",
    "rt_sigtimedwait", "rt_sigqueueinfo", "rt_sigsuspend", "getcwd", "capget", "capset",
    "sendfile", "getrlimit", "lchown", "getuid", "getgid", "geteuid", "getegid", "setreuid",
    "setregid", "getgroups", "setgroups", "fchown", "setresuid", "getresuid", "setresgid",
    "getresgid", "chown", "setuid", "setgid", "setfsuid", "setfsgid", "pivot_root", "mincore",
    "madvise", "gettid", "setxattr", "lsetxattr", "fsetxattr", "getxattr", "lgetxattr",
    "fgetxattr", "listxattr", "llistxattr", "flistxattr", "removexattr", "lremovexattr",
    "fremovexattr", "tkill", "futex", "sched_setaffinity", "sched_getaffinity", "set_thread_area",
    "get_thread_area", "io_setup", "io_destroy", "io_getevents", "io_submit", "io_cancel",
    "exit_group", "epoll_create", "epoll_ctl", "epoll_wait", "remap_file_pages", "set_tid_address",
    "timer_create", "timer_settime", "timer_gettime", "timer_getoverrun", "timer_delete",
    "clock_settime", "clock_gettime", "clock_getres", "clock_nanosleep", "tgkill", "utimes",
    "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr",
    "kexec_load", "waitid", "add_key", "request_key", "keyctl", "ioprio_set", "ioprio_get",
    "inotify_init", "inotify_add_watch", "inotify_rm_watch", "openat", "mkdirat", "mknodat",
    "fchownat", "futimesat", "unlinkat", "renameat", "linkat", "symlinkat", "readlinkat",
    "fchmodat", "faccessat", "pselect6", "ppoll", "unshare", "set_robust_list", "get_robust_list",
    "splice", "tee", "vmsplice", "getcpu", "epoll_pwait", "utimensat", "signalfd",
    "timerfd_create", "eventfd", "timerfd_settime", "timerfd_gettime", "signalfd4", "eventfd2",
    "epoll_create1", "dup3", "pipe2", "inotify_init1", "preadv", "pwritev", "rt_tgsigqueueinfo",
    "perf_event_open", "fanotify_init", "prlimit64", "clock_adjtime", "syncfs", "setns",
    "getdents64", "socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername",
    "socketpair", "sendto", "recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg",
    "sendmmsg", "recvmsg", "recvmmsg", "accept4", "semop", "semget", "semctl", "msgsnd", "msgrcv",
    "msgget", "msgctl", "shmdt", "shmget", "shmctl", "statfs64", "fstatfs64", "fstatat64",
    "sendfile64", "ugetrlimit", "bdflush", "sigprocmask", "ipc", "socketcall", "stat64", "lstat64",
    "fstat64", "fcntl64", "mmap2", "_newselect", "sgetmask", "ssetmask", "sigpending", "olduname",
    "umount", "signal", "nice", "stime", "_llseek", "waitpid", "pread64", "pwrite64", "arch_prctl",
    "shmat", "rt_sigreturn", "fallocate", "newfstatat", "process_vm_readv", "process_vm_writev",
    "fork", "vfork", "setuid32", "getuid32", "setgid32", "geteuid32", "getgid32", "setresuid32",
    "setresgid32", "getresuid32", "getresgid32", "finit_module", "bpf", "seccomp", "sigaltstack",
    "getrandom", "fadvise64", "renameat2", "userfaultfd", "openat2", "umount2", "execve",
    "execveat", "copy_file_range", "clone", "clone3", "open_by_handle_at", "io_uring_setup",
    "io_uring_enter", "io_uring_register", "mlock2", "getegid32", "fsconfig", "fspick", "fsmount",
    "fsopen", "open_tree", "move_mount", "mount_setattr", "memfd_create", "memfd_secret", "ioperm",
    "kexec_file_load", "pidfd_getfd", "pidfd_open", "pidfd_send_signal", "pkey_alloc",
    "pkey_mprotect", "pkey_free", "landlock_create_ruleset", "quotactl_fd",
    "landlock_restrict_self", "landlock_add_rule", "epoll_pwait2", "migrate_pages", "move_pages",
    "preadv2", "pwritev2", "kcmp", "sched_setattr", "mbind", "epoll_ctl_old", "lookup_dcookie",
    "modify_ldt", "statx", "set_mempolicy", "io_pgetevents", "set_mempolicy_home_node",
    "semtimedop", "get_kernel_syms", "readahead", "futex_waitv", "getpmsg", "name_to_handle_at",
    "process_mrelease", "nfsservctl", "epoll_wait_old", "rseq", "create_module", "",
    "sched_getattr", "faccessat2", "_sysctl", "query_module", "get_mempolicy", "sync_file_range",
    "process_madvise", "membarrier", "iopl", "close_range", "fanotify_mark", "recv", "send",
    "sched_process_exit", "sched_switch", "page_fault_user", "page_fault_kernel", "signal_deliver",
    "timerfd", "s390_pci_mmio_read", "sigaction", "s390_pci_mmio_write", "readdir", "s390_sthyi",
    "sigsuspend", "idle", "s390_runtime_instr", "sigreturn", "s390_guarded_storage", "cachestat",
    "fchmodat2", "map_shadow_stack", "riscv_flush_icache", "riscv_hwprobe", "futex_wake",
    "futex_requeue", "futex_wait", "oldstat", "switch_endian", "multiplexer", "oldlstat",
    "spu_create", "sync_file_range2", "oldfstat", "spu_run", "swapcontext", "pciconfig_write",
    "rtas", "pciconfig_read", "sys_debug_setcontext", "vm86", "oldolduname", "subpage_prot",
    "pciconfig_iobase", "listmount", "statmount", "lsm_get_self_attr", "lsm_set_self_attr",
    "lsm_list_modules", "mseal", "uretprobe", "removexattrat", "listxattrat", "getxattrat",
    "setxattrat", "open_tree_attr", "file_getattr", "file_setattr", "listns", "uprobe",
    "rseq_slice_yield",
};
/* clang-format on */

const struct scap_event_info *scap_event_info(uint16_t code)
{
    return code < ARRAY_LEN(events) && events[code].name != NULL ? &events[code] : NULL;
}

uint32_t scap_event_code(struct sv name, enum scap_part part, uint32_t param_count)
{
    for (uint32_t code = ARRAY_LEN(events); code-- > 0;) {
        const struct scap_event_info *info = &events[code];
        if (info->name != NULL && info->part == part && (info->flags & SCAP_OLD) == 0 &&
            info->param_count >= param_count && sv_eq(sv(info->name), name))
            return code;
    }
    return SCAP_CODE_NONE;
}

const char *scap_call_name(uint16_t number)
{
    return number < ARRAY_LEN(calls) && calls[number][0] != '\0' ? calls[number] : NULL;
}

uint32_t scap_call_number(struct sv name)
{
    for (uint32_t number = 1; number < ARRAY_LEN(calls) && name.len > 0; number++) {
        if (sv_eq(sv(calls[number]), name))
            return number;
    }
    return SCAP_CODE_NONE;
}

size_t scap_type_size(enum scap_type type)
{
    switch (type) {
    case SCAP_UINT8:
    case SCAP_FLAGS8:
    case SCAP_ENUMFLAGS8:
    case SCAP_SIGTYPE:
        return sizeof(uint8_t);
    case SCAP_INT16:
    case SCAP_UINT16:
    case SCAP_SYSCALLID:
    case SCAP_PORT:
    case SCAP_FLAGS16:
    case SCAP_ENUMFLAGS16:
        return sizeof(uint16_t);
    case SCAP_INT32:
    case SCAP_UINT32:
    case SCAP_FLAGS32:
    case SCAP_ENUMFLAGS32:
    case SCAP_UID:
    case SCAP_GID:
    case SCAP_SIGSET:
    case SCAP_MODE:
    case SCAP_IPV4ADDR:
    case SCAP_FD32:
    case SCAP_PID32:
        return sizeof(uint32_t);
    case SCAP_INT64:
    case SCAP_UINT64:
    case SCAP_ERRNO:
    case SCAP_FD:
    case SCAP_PID:
    case SCAP_RELTIME:
    case SCAP_ABSTIME:
        return sizeof(uint64_t);
    case SCAP_IPV6ADDR:
        return 16;
    default:
        return 0;
    }
}
