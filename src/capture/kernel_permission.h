/* capture/kernel_permission.h - why the kernel refused, in words that say what to do. */
#pragma once

struct err;

/* For an EPERM of bpf(2) or of attaching: names the capability that is missing, lockdown, or a
 * container's seccomp profile. `what` was attempted. Returns -EPERM. Any thread. */
int kernel_permission_explain(const char *what, struct err *err);
