/* capture/kernel_ring.c - loads the sensor's programs and reads their ring.
 *
 * The programs come from the skeleton that bpf/meson.build makes. Settings are constants to them,
 * so everything but the set of wanted calls is fixed before they are loaded. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/file.h"
#include "bpf/include/syscalls_x86.h"
#include "capture/kernel_gate.h"
#include "capture/kernel_permission.h"
#include "capture/kernel_ring.h"
#include "capture/kernel_uring.h"
#include "capture/wire_check.h"
#include "sensor.skel.h"

enum {
    PROGRAMS_MAX = 8,
    LAST_WORDS_MAX = 160,      /* bytes */
    SNAPSHOT_BYTES = 64 << 10, /* more than the largest record */
    BATCH_NS = 500 * 1000,     /* from one look at the ring to the next while records come */
};

static const __u32 CGROUP2_MAGIC = 0x63677270;

enum read_outcome {
    READ_LIMIT = 1,
};

struct kernel_ring {
    struct sensor *programs;
    struct bpf_link *link[PROGRAMS_MAX];
    int attached[PROGRAMS_MAX]; /* descriptors of the programs that `link` attached */
    size_t link_count;
    struct kernel_uring uring;
    struct kernel_gate *gate;
    struct ring_buffer *reader;
    struct wire_counts *per_cpu; /* room for one reading of the counts */
    int cpu_count;
    uint64_t received, malformed;

    /* What poll(2) sees: the ring while we rest, the timer while records come. */
    int poll, timer;
    bool resting;

    /* During kernel_ring_consume(). */
    kernel_record_fn record;
    void *record_ctx;
    uint32_t batch, batch_max;
};

/* What libbpf said in this thread, for the words of an error: its first complaint, which names the
 * program, and the end of the verifier's log, which names the reason. Its print hook is one for the
 * process and has no argument for state, so the only way to it is a thread's own variable; it is
 * set while kernel_ring_open() runs. */
struct libbpf_words {
    char first[LAST_WORDS_MAX];
    char verifier[LAST_WORDS_MAX];
};
static _Thread_local struct libbpf_words *libbpf_words;

static void keep_line(char *out, struct sv line)
{
    line = sv_trim(line);
    (void)snprintf(out, LAST_WORDS_MAX, "%.*s", SV_ARG(line));
}

/* The last lines of a log are "reason", then "processed N insns ..." and libbpf's own marker. */
static void keep_verifier_line(char *out, struct sv log)
{
    struct sv line = {0}, before = {0};

    while (log.len > 0) {
        line = sv_split(&log, '\n');
        if (sv_starts(line, SV("processed ")))
            break;
        before = line;
    }
    keep_line(out, before);
}

static printf_like(2, 0) int libbpf_keep(enum libbpf_print_level level, const char *fmt,
                                         va_list args)
{
    scoped(free) char *text = NULL;

    if (level != LIBBPF_WARN || libbpf_words == NULL)
        return 0;
    if (vasprintf(&text, fmt, args) < 0) {
        text = NULL;
        return 0;
    }
    if (sv_find(sv(text), SV("BEGIN PROG LOAD LOG"), 0) != SIZE_MAX)
        keep_verifier_line(libbpf_words->verifier, sv(text));
    else if (libbpf_words->first[0] == '\0')
        keep_line(libbpf_words->first, sv(text));
    return 0;
}

static uint32_t ring_bytes(uint32_t wanted)
{
    uint32_t bytes = KERNEL_RING_BYTES_MIN;

    if (wanted == 0)
        return KERNEL_RING_BYTES_DEFAULT;
    while (bytes < wanted)
        bytes *= 2;
    return bytes;
}

/* Open the cgroup's directory and learn its id, which is the inode's number. */
static int open_cgroup(const char *path, int *out, uint64_t *id, struct err *err)
{
    scoped(fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct statfs fs;
    struct stat st;

    if (fd < 0)
        return err_set(err, errno == EACCES ? -EPERM : -ENOENT, "no cgroup '%s': %s", path,
                       strerror(errno));
    if (fstatfs(fd, &fs) != 0 || fstat(fd, &st) != 0)
        return err_set(err, -ENOENT, "cgroup '%s': %s", path, strerror(errno));
    if ((__u32)fs.f_type != CGROUP2_MAGIC)
        return err_set(err, -EINVAL, "'%s' is not a directory of cgroup version 2", path);
    *out = fd;
    *id = st.st_ino;
    fd = -1;
    return 0;
}

/* A refusal of the kernel as an error of ours. */
static int explain(int rc, const char *what, const struct libbpf_words *words, struct err *err)
{
    if (rc == -EPERM)
        return kernel_permission_explain(what, err);
    if (access("/sys/kernel/btf/vmlinux", R_OK) != 0)
        return err_set(err, -ENOSYS,
                       "this kernel has no BTF (CONFIG_DEBUG_INFO_BTF): the sensor cannot run");
    return err_set(err, rc == -ENOMEM ? -ENOMEM : -ENOSYS, "%s: %s%s%s%s%s", what, strerror(-rc),
                   words->first[0] == '\0' ? "" : "; ", words->first,
                   words->verifier[0] == '\0' ? "" : "; ", words->verifier);
}

static int load(struct kernel_ring *ring, const struct kernel_ring_options *options, uint64_t scope,
                struct err *err)
{
    struct libbpf_words words = {0};

    libbpf_words = &words;
    ring->programs = sensor__open();
    if (ring->programs == NULL) {
        libbpf_words = NULL;
        return explain(-errno, "cannot open the sensor's programs", &words, err);
    }

    struct sensor *programs = ring->programs;

    for (size_t i = 0; i < KERNEL_SKIP_MAX; i++)
        programs->rodata->skip_pid[i] = options->skip_pid[i];
    programs->rodata->scope_cgroup = scope;
    programs->rodata->send_environment = options->environment;
    programs->rodata->filter_audit = options->audit;
    int rc = bpf_map__set_max_entries(programs->maps.ring, ring_bytes(options->ring_bytes));
    kernel_uring_prepare(&ring->uring, programs);
    if (rc == 0)
        rc = sensor__load(programs);
    libbpf_words = NULL;
    if (rc != 0)
        return explain(rc, "the kernel does not take the sensor's programs", &words, err);
    return 0;
}

/* The scope, and the programs behind on_sys_exit. */
static int fill_maps(struct kernel_ring *ring, int cgroup, struct err *err)
{
    const struct sensor *programs = ring->programs;
    const struct bpf_program *const handlers[WIRE_PROGRAM_COUNT] = {
        [WIRE_PROGRAM_OPEN] = programs->progs.on_open,
        [WIRE_PROGRAM_PATH] = programs->progs.on_path,
        [WIRE_PROGRAM_CALL] = programs->progs.on_call,
        [WIRE_PROGRAM_DATA] = programs->progs.on_data,
    };
    const __u32 zero = 0;

    if (cgroup >= 0 &&
        bpf_map_update_elem(bpf_map__fd(programs->maps.scope), &zero, &cgroup, BPF_ANY) != 0)
        return err_set(err, -errno, "cannot watch the cgroup: %s", strerror(errno));
    for (__u32 i = 0; i < ARRAY_LEN(handlers); i++) {
        int program = bpf_program__fd(handlers[i]);

        if (bpf_map_update_elem(bpf_map__fd(programs->maps.handlers), &i, &program, BPF_ANY) != 0)
            return err_set(err, -errno, "cannot set program '%s': %s",
                           bpf_program__name(handlers[i]), strerror(errno));
    }
    return 0;
}

static int open_gate(struct kernel_ring *ring, struct err *err)
{
    const struct sensor *programs = ring->programs;
    const struct kernel_gate_parts parts = {
        .filters = bpf_map__fd(programs->maps.filters),
        .slots = bpf_map__fd(programs->maps.filter_slots),
        .classes = bpf_map__fd(programs->maps.filter_classes),
        .filter_of = programs->bss->filter_of,
        .filter_all = programs->bss->filter_all,
        .filter_rules = programs->bss->filter_rules,
        .filter_epoch = &programs->bss->filter_epoch,
    };

    return kernel_gate_new(&parts, &ring->gate, err);
}

struct kernel_gate *kernel_ring_gate(struct kernel_ring *ring)
{
    return ring->gate;
}

static int attach(struct kernel_ring *ring, struct err *err)
{
    const struct bpf_program *const programs[] = {
        ring->programs->progs.on_exit,         ring->programs->progs.on_rename_task,
        ring->programs->progs.on_exec,         ring->programs->progs.on_fork,
        ring->programs->progs.on_sys_exit,     ring->programs->progs.on_cgroup_mkdir,
        ring->programs->progs.on_cgroup_rmdir,
    };
    struct libbpf_words words = {0};

    _Static_assert(ARRAY_LEN(programs) <= PROGRAMS_MAX, "links fit");
    libbpf_words = &words;
    for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
        struct bpf_link *link = bpf_program__attach(programs[i]);

        if (link == NULL) {
            int rc = -errno;
            char what[64];

            libbpf_words = NULL;
            (void)snprintf(what, sizeof(what), "cannot attach '%s'",
                           bpf_program__name(programs[i]));
            return explain(rc, what, &words, err);
        }
        ring->attached[ring->link_count] = bpf_program__fd(programs[i]);
        ring->link[ring->link_count++] = link;
    }
    libbpf_words = NULL;
    return 0;
}

/* Called by libbpf for each record; a negative value ends its loop with this record done. */
static int on_record(void *ctx, void *data, size_t size)
{
    struct kernel_ring *ring = ctx;

    if (wire_check(data, size)) {
        ring->received++;
        ring->record(ring->record_ctx, data);
    } else {
        ring->malformed++;
    }
    ring->batch++;
    return ring->batch == ring->batch_max ? -ECANCELED : 0;
}

/* The descriptor for poll(2): of the ring and the timer. */
static int open_poll(struct kernel_ring *ring, struct err *err)
{
    struct epoll_event event = {.events = EPOLLIN};

    ring->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    ring->poll = epoll_create1(EPOLL_CLOEXEC);
    if (ring->timer < 0 || ring->poll < 0 ||
        epoll_ctl(ring->poll, EPOLL_CTL_ADD, ring->timer, &event) != 0 ||
        epoll_ctl(ring->poll, EPOLL_CTL_ADD, bpf_map__fd(ring->programs->maps.ring), &event) != 0)
        return err_set(err, -errno, "cannot wait for the ring: %s", strerror(errno));
    ring->resting = true;
    __atomic_store_n(&ring->programs->bss->reader_sleeps, 1, __ATOMIC_SEQ_CST);
    return 0;
}

int kernel_ring_open(const struct kernel_ring_options *options, struct kernel_ring **out,
                     struct err *err)
{
    scoped(kernel_ring_close) struct kernel_ring *ring = xcalloc(1, sizeof(*ring));
    scoped(fd_close) int cgroup = -1;
    uint64_t scope = 0;
    int rc = 0;

    ring->poll = ring->timer = -1;
    if (options->ring_bytes > KERNEL_RING_BYTES_MAX)
        return err_set(err, -EINVAL, "a ring of %u bytes: the most is %u", options->ring_bytes,
                       KERNEL_RING_BYTES_MAX);
    (void)libbpf_set_print(libbpf_keep);
    if (options->cgroup != NULL)
        rc = open_cgroup(options->cgroup, &cgroup, &scope, err);
    if (rc == 0)
        rc = load(ring, options, scope, err);
    if (rc == 0)
        rc = fill_maps(ring, cgroup, err);
    if (rc < 0)
        return rc;

    ring->cpu_count = libbpf_num_possible_cpus();
    if (ring->cpu_count <= 0)
        return err_set(err, -ENOSYS, "the number of CPUs is unknown");
    ring->per_cpu = xcalloc((size_t)ring->cpu_count, sizeof(*ring->per_cpu));
    ring->reader = ring_buffer__new(bpf_map__fd(ring->programs->maps.ring), on_record, ring, NULL);
    if (ring->reader == NULL)
        return err_set(err, -errno, "cannot map the ring: %s", strerror(errno));
    rc = open_poll(ring, err);
    if (rc == 0)
        rc = open_gate(ring, err);
    if (rc == 0)
        rc = kernel_ring_set_calls(ring, &options->calls, err);
    if (rc == 0)
        rc = attach(ring, err);
    if (rc < 0)
        return rc;
    *out = take(ring);
    return 0;
}

void kernel_ring_close(struct kernel_ring *ring)
{
    if (ring == NULL)
        return;
    kernel_uring_done(&ring->uring);
    for (size_t i = ring->link_count; i > 0; i--)
        (void)bpf_link__destroy(ring->link[i - 1]);
    scoped_fd_close(&ring->poll);
    scoped_fd_close(&ring->timer);
    ring_buffer__free(ring->reader);
    kernel_gate_free(ring->gate);
    sensor__destroy(ring->programs);
    free(ring->per_cpu);
    free(ring);
}

/* Hand over the whole records at the start of `bytes`; returns how much they take. */
static size_t snapshot_records(struct kernel_ring *ring, const char *bytes, size_t len,
                               kernel_record_fn record, void *ctx)
{
    size_t at = 0;

    while (len - at >= sizeof(struct wire_header)) {
        const struct wire_header *hdr = (const struct wire_header *)(bytes + at);

        if (hdr->size > len - at)
            break;
        if (!wire_check(hdr, hdr->size)) {
            ring->malformed++;
            return len; /* nothing behind it can be found */
        }
        ring->received++;
        record(ctx, hdr);
        at += hdr->size;
    }
    return at;
}

static int snapshot_read(struct kernel_ring *ring, int fd, kernel_record_fn record, void *ctx,
                         struct err *err)
{
    scoped(free) char *bytes = xmalloc(SNAPSHOT_BYTES);
    size_t len = 0;

    for (;;) {
        ssize_t got = read(fd, bytes + len, SNAPSHOT_BYTES - len);

        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return err_set(err, -errno, "list of tasks: %s", strerror(errno));
        if (got == 0)
            return 0;
        len += (size_t)got;

        size_t used = snapshot_records(ring, bytes, len, record, ctx);

        len -= used;
        memmove(bytes, bytes + used, len);
    }
}

int kernel_ring_snapshot(struct kernel_ring *ring, kernel_record_fn record, void *ctx,
                         struct err *err)
{
    ring->programs->bss->snapshot_number++;

    struct bpf_link *link = bpf_program__attach_iter(ring->programs->progs.on_task, NULL);
    if (link == NULL)
        return err_set(err, -ENOSYS, "this kernel has no task iterator: %s", strerror(errno));

    scoped(fd_close) int fd = bpf_iter_create(bpf_link__fd(link));
    int rc = fd < 0 ? err_set(err, -ENOSYS, "no task iterator: %s", strerror(errno))
                    : snapshot_read(ring, fd, record, ctx, err);

    (void)bpf_link__destroy(link);
    return rc;
}

int kernel_ring_fd(const struct kernel_ring *ring)
{
    return ring->poll;
}

static void set_timer(const struct kernel_ring *ring, long ns)
{
    const struct itimerspec when = {.it_value.tv_nsec = ns};

    (void)timerfd_settime(ring->timer, 0, &when, NULL);
}

/* The mark comes first: whoever does not see it has put its record where the next look finds it. */
static void set_resting(struct kernel_ring *ring, bool resting)
{
    struct epoll_event event = {.events = resting ? EPOLLIN : 0};

    if (!ring->resting && !resting)
        return;
    ring->resting = resting;
    __atomic_store_n(&ring->programs->bss->reader_sleeps, resting, __ATOMIC_SEQ_CST);
    (void)epoll_ctl(ring->poll, EPOLL_CTL_MOD, bpf_map__fd(ring->programs->maps.ring), &event);
    if (resting)
        set_timer(ring, 0);
}

/* Hand over what waits; READ_LIMIT when there may be more. */
static int read_ring(struct kernel_ring *ring)
{
    int rc = ring_buffer__consume(ring->reader);

    if (rc == -ECANCELED)
        return READ_LIMIT;
    return rc < 0 ? rc : 0;
}

int kernel_ring_consume(struct kernel_ring *ring, uint32_t max, kernel_record_fn record, void *ctx,
                        struct err *err)
{
    ring->record = record;
    ring->record_ctx = ctx;
    ring->batch = 0;
    ring->batch_max = max;

    int rc = read_ring(ring);

    if (rc == 0 && ring->batch == 0) {
        /* Rest, unless something came before the kernel side could see that we do. */
        set_resting(ring, true);
        rc = read_ring(ring);
    }
    if (rc < 0)
        return err_set(err, rc, "cannot read the ring: %s", strerror(-rc));
    if (ring->batch > 0) {
        set_resting(ring, false);
        set_timer(ring, rc == READ_LIMIT ? 1 : BATCH_NS);
    }
    if (kernel_uring_turn(&ring->uring, record, ctx) && ring->batch == 0)
        set_timer(ring, KERNEL_URING_LOOK_NS);
    return (int)ring->batch;
}

/* Calls that tell of changes are wanted for those whatever else is asked for. */
static enum wire_wanted wanted(const struct wire_calls *calls, __u32 call)
{
    if (wire_calls_has(calls, call))
        return WIRE_WANTED;
    return wire_call_changes(call) ? WIRE_FOR_CHANGE : WIRE_UNWANTED;
}

static bool number_wanted(const __u8 *wanted_calls, __u32 call)
{
    bool found = false;

    if (call != SYSCALL_SOCKETCALL)
        return call != 0 && wanted_calls[call - 1] != WIRE_UNWANTED;
    for (size_t i = 0; i < ARRAY_LEN(syscalls_socketcall); i++)
        found |= number_wanted(wanted_calls, syscalls_socketcall[i].call);
    return found;
}

int kernel_ring_set_calls(struct kernel_ring *ring, const struct wire_calls *calls, struct err *err)
{
    struct sensor__bss *bss = ring->programs->bss;
    volatile __u8 *of_call = bss->wanted_calls, *of_number = bss->wanted_numbers;
    __u8 now[WIRE_CALL_COUNT];

    for (__u32 call = 0; call < WIRE_CALL_COUNT; call++)
        of_call[call] = now[call] = (__u8)wanted(calls, call);
    for (__u32 number = 0; number < SYSCALL_NUMBERS; number++)
        of_number[number] = (__u8)((number_wanted(now, syscalls_native[number]) ? WIRE_NATIVE : 0) |
                                   (number_wanted(now, syscalls_compat[number]) ? WIRE_32_BIT : 0));
    return kernel_uring_watch(&ring->uring, calls, err);
}

/* How often the kernel did not start a program, because it was unfinished on that CPU. */
static uint64_t missed(int program)
{
    struct bpf_prog_info info = {0};
    __u32 size = sizeof(info);

    return bpf_obj_get_info_by_fd(program, &info, &size) == 0 ? info.recursion_misses : 0;
}

void kernel_ring_counts(const struct kernel_ring *ring, struct kernel_ring_counts *out)
{
    const __u32 zero = 0;
    int counts = bpf_map__fd(ring->programs->maps.counts);

    *out = (struct kernel_ring_counts){.received = ring->received, .malformed = ring->malformed};
    if (bpf_map_lookup_elem(counts, &zero, ring->per_cpu) == 0) {
        for (int cpu = 0; cpu < ring->cpu_count; cpu++) {
            for (size_t kind = 0; kind < WIRE_KIND_COUNT; kind++) {
                out->sent[kind] += ring->per_cpu[cpu].sent[kind];
                out->lost[kind] += ring->per_cpu[cpu].lost[kind];
            }
            for (size_t call = 0; call < WIRE_CALL_COUNT; call++) {
                out->filtered[call] += ring->per_cpu[cpu].filtered[call];
                out->lost_call[call] += ring->per_cpu[cpu].lost_call[call];
            }
        }
    }
    for (size_t i = 0; i < ring->link_count; i++)
        out->lost[0] += missed(ring->attached[i]);
}
