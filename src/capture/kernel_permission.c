/* capture/kernel_permission.c - see the header. */
#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "capture/kernel_permission.h"

enum { LOCKDOWN_BYTES_MAX = 256 };

/* The effective capabilities of this thread, one bit each. */
static uint64_t capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};

    if (syscall(SYS_capget, &header, data) != 0)
        return 0;
    return data[0].effective | (uint64_t)data[1].effective << 32;
}

static bool locked_down(void)
{
    scoped(buf_done) struct buf text = {.limit = LOCKDOWN_BYTES_MAX};

    if (file_read("/sys/kernel/security/lockdown", LOCKDOWN_BYTES_MAX, &text, NULL) < 0)
        return false;
    return sv_find(buf_view(&text), SV("[confidentiality]"), 0) != SIZE_MAX;
}

int kernel_permission_explain(const char *what, struct err *err)
{
    uint64_t held = capabilities();
    bool admin = (held & 1ull << CAP_SYS_ADMIN) != 0;
    bool bpf = admin || (held & 1ull << CAP_BPF) != 0;
    bool perfmon = admin || (held & 1ull << CAP_PERFMON) != 0;

    if (!bpf || !perfmon)
        return err_set(err, -EPERM, "%s: %s%s%s missing; run as root, or give the program %s", what,
                       bpf ? "" : "CAP_BPF", bpf || perfmon ? "" : " and ",
                       perfmon ? "is" : (bpf ? "CAP_PERFMON is" : "CAP_PERFMON are"),
                       "CAP_BPF and CAP_PERFMON");
    if (locked_down())
        return err_set(err, -EPERM,
                       "%s: kernel lockdown 'confidentiality' keeps BPF from reading kernel "
                       "memory; boot with lockdown=integrity or none",
                       what);
    return err_set(err, -EPERM,
                   "%s: refused in spite of CAP_BPF and CAP_PERFMON, by a seccomp profile, a "
                   "security module or a user namespace; in a container allow bpf(2)",
                   what);
}
