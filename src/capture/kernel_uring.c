/* capture/kernel_uring.c - see the header. */
#include "capture/kernel_uring.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "bpf/include/uring.h"
#include "capture/kernel_uring_late.h"
#include "capture/wire_check.h"
#include "sensor.skel.h"

/* The calls that requests of io_uring are reported as. */
static const enum wire_call uring_calls[] = {
    WIRE_CALL_OPENAT,   WIRE_CALL_OPENAT2,   WIRE_CALL_CONNECT, WIRE_CALL_UNLINKAT,
    WIRE_CALL_RENAMEAT, WIRE_CALL_RENAMEAT2, WIRE_CALL_MKDIRAT, WIRE_CALL_SYMLINKAT,
    WIRE_CALL_LINKAT,   WIRE_CALL_SOCKET,    WIRE_CALL_BIND,    WIRE_CALL_LISTEN,
    WIRE_CALL_ACCEPT4,  WIRE_CALL_SENDTO,    WIRE_CALL_SENDMSG, WIRE_CALL_RECVFROM,
    WIRE_CALL_RECVMSG,
};

static bool wanted(const struct wire_calls *calls)
{
    bool any = false;

    for (size_t i = 0; i < ARRAY_LEN(uring_calls); i++)
        any |= wire_calls_has(calls, uring_calls[i]) != 0;
    return any;
}

/* In the order of enum uring_handler. */
enum { HANDLERS = 3, BTF_BYTES_MAX = 64 << 20 };

static struct bpf_program *handler(const struct sensor *programs, size_t index)
{
    struct bpf_program *const handlers[HANDLERS] = {
        programs->progs.on_uring_open,
        programs->progs.on_uring_path,
        programs->progs.on_uring_socket,
    };

    return handlers[index];
}

/* The kernel's BTF is not taken apart for two names, which would take longer than all else here:
 * they are among its strings, each with a NUL before and behind. */
static bool has_tracepoint(struct sv btf, const char *name)
{
    char bytes[64];
    int len = snprintf(bytes + 1, sizeof(bytes) - 1, "btf_trace_%s", name);

    bytes[0] = '\0';
    return sv_find(btf, (struct sv){bytes, (size_t)len + 2}, 0) != SIZE_MAX;
}

void kernel_uring_prepare(struct kernel_uring *uring, struct sensor *programs)
{
    scoped(buf_done) struct buf text = {.limit = BTF_BYTES_MAX};
    int read = file_read("/sys/kernel/btf/vmlinux", BTF_BYTES_MAX, &text, NULL);
    struct sv btf = read < 0 ? SV("") : buf_view(&text);
    bool later = has_tracepoint(btf, "io_uring_submit_req");
    bool early = !later && has_tracepoint(btf, "io_uring_submit_sqe");
    bool any = (later || early) && has_tracepoint(btf, "io_uring_complete");

    (void)bpf_program__set_autoload(programs->progs.on_uring_submit, any && later);
    (void)bpf_program__set_autoload(programs->progs.on_uring_submit_6_2, any && early);
    for (size_t i = 0; i < HANDLERS; i++)
        (void)bpf_program__set_autoload(handler(programs, i), any);
    (void)bpf_program__set_autoload(programs->progs.on_uring_complete, any);
    (void)bpf_program__set_autoload(programs->progs.on_uring_overflow, any);
    (void)bpf_program__set_autoload(programs->progs.on_uring_late, any);
    *uring = (struct kernel_uring){.programs = programs};
    if (!any)
        return;
    /* The end first: a request that is then submitted is sure to find it. */
    uring->program[0] = programs->progs.on_uring_complete;
    uring->program[1] = programs->progs.on_uring_overflow;
    uring->program[2] =
        later ? programs->progs.on_uring_submit : programs->progs.on_uring_submit_6_2;
}

void kernel_uring_done(struct kernel_uring *uring)
{
    for (size_t i = KERNEL_URING_PROGRAMS; i > 0; i--) {
        (void)bpf_link__destroy(uring->link[i - 1]);
        uring->link[i - 1] = NULL;
    }
}

static int fill_handlers(const struct kernel_uring *uring, struct err *err)
{
    for (__u32 i = 0; uring->program[0] != NULL && i < HANDLERS; i++) {
        int program = bpf_program__fd(handler(uring->programs, i));

        if (bpf_map_update_elem(bpf_map__fd(uring->programs->maps.uring_handlers), &i, &program,
                                BPF_ANY) != 0)
            return err_set(err, -errno, "cannot set a program of io_uring: %s", strerror(errno));
    }
    return 0;
}

int kernel_uring_watch(struct kernel_uring *uring, const struct wire_calls *calls, struct err *err)
{
    if (!wanted(calls)) {
        kernel_uring_done(uring);
        return 0;
    }
    int rc = fill_handlers(uring, err);
    if (rc < 0)
        return rc;
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

/* Let the kernel side look which requests are done. */
static void put_done_aside(const struct kernel_uring *uring)
{
    union bpf_iter_link_info info = {.map.map_fd =
                                         (__u32)bpf_map__fd(uring->programs->maps.uring_requests)};
    struct bpf_iter_attach_opts options;

    memset(&options, 0, sizeof(options)); /* padding, too: libbpf looks */
    options.sz = sizeof(options);
    options.link_info = &info;
    options.link_info_len = sizeof(info);

    struct bpf_link *link =
        bpf_program__attach_iter(uring->programs->progs.on_uring_late, &options);

    if (link == NULL)
        return;

    scoped(fd_close) int fd = bpf_iter_create(bpf_link__fd(link));
    char nothing[8];

    while (fd >= 0 && read(fd, nothing, sizeof(nothing)) > 0)
        continue;
    (void)bpf_link__destroy(link);
}

struct late {
    struct uring_request request;
    _Alignas(8) char record[WIRE_RECORD_MAX];
};

/* Hand over what was put aside; returns how many. */
static size_t tell_done(const struct kernel_uring *uring, kernel_record_fn record, void *ctx)
{
    int table = bpf_map__fd(uring->programs->maps.uring_done);
    scoped(free) struct late *late = xmalloc(sizeof(*late));
    uint64_t key = 0;
    size_t told = 0;

    while (told < URING_REQUESTS_MAX && bpf_map_get_next_key(table, NULL, &key) == 0) {
        const struct wire_header *hdr = (const struct wire_header *)late->record;

        if (bpf_map_lookup_elem(table, &key, &late->request) == 0 &&
            wire_check(hdr, kernel_uring_late_record(&late->request, "/proc", late->record)))
            record(ctx, hdr);
        (void)bpf_map_delete_elem(table, &key);
        told++;
    }
    return told;
}

bool kernel_uring_turn(struct kernel_uring *uring, kernel_record_fn record, void *ctx)
{
    uint64_t now = clock_mono_ns();
    __u64 *counter, waiting;
    size_t told;

    if (uring->link[0] == NULL)
        return false;
    counter = &uring->programs->bss->uring_late;
    if (__atomic_load_n(counter, __ATOMIC_RELAXED) == 0)
        return false;
    if (now < uring->look_ns)
        return true;
    (void)__atomic_exchange_n(counter, 0, __ATOMIC_SEQ_CST);

    __atomic_store_n(&uring->programs->bss->uring_waiting, 0, __ATOMIC_SEQ_CST);
    put_done_aside(uring);
    told = tell_done(uring, record, ctx);
    waiting = __atomic_load_n(&uring->programs->bss->uring_waiting, __ATOMIC_SEQ_CST);
    if (waiting == 0) {
        uring->wait_ns = 0;
        uring->look_ns = 0;
        return false;
    }
    (void)__atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
    if (told > 0 || uring->wait_ns == 0)
        uring->wait_ns = KERNEL_URING_LOOK_NS;
    else if (uring->wait_ns < KERNEL_URING_REST_NS)
        uring->wait_ns *= 2;
    uring->look_ns = now + uring->wait_ns;
    return true;
}
