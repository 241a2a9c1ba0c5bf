/* capture/kernel_features.c - what this kernel offers to BPF, found by trying small programs. */
#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/buf.h"
#include "base/file.h"
#include "capture/kernel_ring.h"

enum { SMALL_FILE_MAX = 4096 };

/* "return 0" of the given type, bound to a BTF type of the kernel where `kind` is not 0. */
static bool loads(enum bpf_prog_type type, enum bpf_attach_type attach, const struct btf *btf,
                  const char *name, uint32_t kind)
{
    const struct bpf_insn program[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    LIBBPF_OPTS(bpf_prog_load_opts, options);

    if (kind != 0) {
        int id = btf == NULL ? -ENOENT : btf__find_by_name_kind(btf, name, kind);

        if (id < 0)
            return false;
        options.attach_btf_id = (__u32)id;
        options.expected_attach_type = attach;
    }
    scoped(fd_close) int fd =
        bpf_prog_load(type, NULL, "GPL", program, ARRAY_LEN(program), &options);
    return fd >= 0;
}

static bool kprobe_opens(void)
{
    scoped(buf_done) struct buf text = {.limit = SMALL_FILE_MAX};
    static const char function[] = "do_exit";
    uint64_t type = 0;

    if (file_read("/sys/bus/event_source/devices/kprobe/type", SMALL_FILE_MAX, &text, NULL) < 0 ||
        !sv_to_u64(sv_trim(buf_view(&text)), &type))
        return false;

    struct perf_event_attr attr = {
        .type = (__u32)type,
        .size = sizeof(attr),
        .config1 = (__u64)(uintptr_t)function,
    };
    scoped(fd_close) int fd =
        (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
    return fd >= 0;
}

static bool lsm_runs_bpf(void)
{
    scoped(buf_done) struct buf text = {.limit = SMALL_FILE_MAX};

    if (file_read("/sys/kernel/security/lsm", SMALL_FILE_MAX, &text, NULL) < 0)
        return false;

    struct sv rest = sv_trim(buf_view(&text));

    while (rest.len > 0) {
        if (sv_eq(sv_split(&rest, ','), SV("bpf")))
            return true;
    }
    return false;
}

static int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
    return 0;
}

void kernel_features_probe(struct kernel_features *out)
{
    libbpf_print_fn_t before = libbpf_set_print(silent);
    struct btf *btf = btf__load_vmlinux_btf();
    struct utsname name;

    *out = (struct kernel_features){.btf = btf != NULL};
    if (uname(&name) == 0)
        memcpy(out->release, name.release, strnlen(name.release, sizeof(out->release) - 1));
    out->ring_buffer = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) == 1;
    out->raw_tracepoints = loads(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, NULL, NULL, 0);
    out->bpf_loop = libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_loop, NULL) == 1;
    out->btf_tracepoints =
        loads(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, btf, "btf_trace_sys_exit", BTF_KIND_TYPEDEF);
    out->task_iterator =
        loads(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, btf, "bpf_iter_task", BTF_KIND_FUNC);
    out->fentry =
        loads(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, btf, "kernel_clone", BTF_KIND_FUNC);
    out->lsm = lsm_runs_bpf() &&
               loads(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, btf, "bpf_lsm_file_open", BTF_KIND_FUNC);
    out->kprobes = kprobe_opens();
    btf__free(btf);
    (void)libbpf_set_print(before);
}
