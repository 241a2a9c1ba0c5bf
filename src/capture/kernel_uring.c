/* capture/kernel_uring.c - see the header. */
#include "capture/kernel_uring.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/err.h"
#include "bpf/include/wire.h"
#include "sensor.skel.h"

#define CALL(name) (1ull << WIRE_CALL_##name)

/* The calls that requests of io_uring are reported as. */
static const uint64_t uring_calls = CALL(OPENAT) | CALL(OPENAT2) | CALL(CONNECT) | CALL(UNLINKAT) |
                                    CALL(RENAMEAT) | CALL(RENAMEAT2);

static bool has_tracepoint(const struct btf *btf, const char *name)
{
    return btf != NULL && btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) > 0;
}

void kernel_uring_prepare(struct kernel_uring *uring, struct sensor *programs)
{
    struct btf *btf = btf__load_vmlinux_btf();
    bool later = has_tracepoint(btf, "btf_trace_io_uring_submit_req");
    bool early = !later && has_tracepoint(btf, "btf_trace_io_uring_submit_sqe");
    bool any = (later || early) && has_tracepoint(btf, "btf_trace_io_uring_complete");

    btf__free(btf);
    (void)bpf_program__set_autoload(programs->progs.on_uring_submit, any && later);
    (void)bpf_program__set_autoload(programs->progs.on_uring_submit_6_2, any && early);
    (void)bpf_program__set_autoload(programs->progs.on_uring_complete, any);
    *uring = (struct kernel_uring){0};
    if (!any)
        return;
    /* The end first: a request that is then submitted is sure to find it. */
    uring->program[0] = programs->progs.on_uring_complete;
    uring->program[1] =
        later ? programs->progs.on_uring_submit : programs->progs.on_uring_submit_6_2;
}

void kernel_uring_done(struct kernel_uring *uring)
{
    for (size_t i = KERNEL_URING_PROGRAMS; i > 0; i--) {
        (void)bpf_link__destroy(uring->link[i - 1]);
        uring->link[i - 1] = NULL;
    }
}

int kernel_uring_watch(struct kernel_uring *uring, uint64_t calls, struct err *err)
{
    if ((calls & uring_calls) == 0) {
        kernel_uring_done(uring);
        return 0;
    }
    for (size_t i = 0; i < KERNEL_URING_PROGRAMS; i++) {
        if (uring->program[i] == NULL || uring->link[i] != NULL)
            continue;
        uring->link[i] = bpf_program__attach(uring->program[i]);
        if (uring->link[i] == NULL)
            return err_set(err, -errno, "cannot attach '%s': %s",
                           bpf_program__name(uring->program[i]), strerror(errno));
    }
    return 0;
}
