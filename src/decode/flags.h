/* decode/flags.h - the kernel's flag bits as the event schema numbers them (event/event_flags.h).
 */
#pragma once

#include <stdint.h>

uint32_t flags_open(uint32_t flags);  /* O_* of open(2) to EVENT_O_* */
uint32_t flags_clone(uint64_t flags); /* CLONE_* of clone(2) to event_flag_clone */
uint32_t flags_file(uint32_t flags);  /* O_* without the access mode: of pipe2(2), socket(2) ... */
uint32_t flags_resolve(uint64_t flags);       /* RESOLVE_* of openat2(2) */
uint32_t flags_chown(uint32_t flags);         /* AT_* of fchownat(2) */
uint32_t flags_mount(uint64_t flags);         /* MS_* of mount(2) */
uint32_t flags_pidfd(uint32_t flags);         /* PIDFD_* of pidfd_open(2) */
uint32_t flags_delete_module(uint32_t flags); /* O_* of delete_module(2) */
uint32_t flags_ring(uint32_t flags);          /* IORING_SETUP_* */

/* Numbers of their own in the schema; 0, which means unknown, for others. */
uint32_t flags_fcntl(uint32_t command);
uint32_t flags_ptrace(uint64_t request);
uint32_t flags_quota_command(uint32_t command); /* Q_* of quotactl(2), shifted down */
uint32_t flags_quota_format(uint32_t format);
uint32_t flags_socket_level(int32_t level);
uint32_t flags_socket_option(int32_t level, uint32_t option);
