/* bpf/probes/io_uring.bpf.c - what is done through io_uring, as the records of the calls that do
 * the same.
 *
 * A request has two ends. When it is submitted the kernel has copied its names and arguments, so
 * that nobody can rewrite what is read here, and the current task is the one that asks: the thread
 * that entered the kernel, or the poller that the kernel runs for the ring, which is a thread of
 * the same process. When it is complete there is a result; whoever worked then (the submitter, a
 * worker thread of its process, a later entry into the kernel) shares the process's descriptors and
 * directories. What was learned first is kept until then in a table, by the request's address.
 *
 * Two kinds of request have no second end to see: those that are to say nothing when they succeed,
 * and those whose result found no room in the ring that user space reads. Both stay in the table;
 * user space is woken and lets on_uring_late find those that are done. They are put aside for it,
 * and it makes their records. One that is found so is taken by whoever sets its state first, so
 * that each is told once.
 *
 * A request that was under way before these programs were attached, or did not fit the table, has
 * its second end only: its names are missing, an opened file is still told from its descriptor. */
#include "bpf/include/kernel_uring.h"
#include "bpf/include/uring.h"
#include "bpf/lib/call.h"
#include "bpf/lib/open.h"
#include "bpf/lib/scope.h"
#include "bpf/lib/socket.h"
#include "bpf/lib/wanted.h"

#define O_LARGEFILE 0100000 /* added by the kernel to every open */

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Taken from memory as requests come: nothing while nobody uses io_uring. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, URING_REQUESTS_MAX);
    __type(key, __u64); /* address of the request */
    __type(value, struct uring_request);
} uring_requests SEC(".maps");

__u64 uring_late = 0;    /* counts what may need on_uring_late; user space sets it back */
__u64 uring_waiting = 0; /* of those, not done at the last look */
__u64 uring_aside = 0;   /* requests put aside: their keys */

/* Requests that are done and whose records user space makes. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, URING_REQUESTS_MAX);
    __type(key, __u64);
    __type(value, struct uring_request);
} uring_done SEC(".maps");

enum uring_family {
    URING_SUBMIT,
    URING_COMPLETE,
    URING_FAMILY_COUNT,
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, URING_FAMILY_COUNT);
    __type(key, __u32);
    __type(value, struct uring_request);
} uring_scratches SEC(".maps");

/* 1 + enum wire_call, 0: not ours. A rename without flags is what renameat does. */
static __always_inline __u32 uring_call(__u8 opcode, const struct io_kiocb *req)
{
    switch (opcode) {
    case URING_OP_CONNECT:
        return 1 + WIRE_CALL_CONNECT;
    case URING_OP_SENDMSG:
    case URING_OP_SENDMSG_ZC:
        return 1 + WIRE_CALL_SENDMSG;
    case URING_OP_RECVMSG:
        return 1 + WIRE_CALL_RECVMSG;
    case URING_OP_SEND:
    case URING_OP_SEND_ZC:
        return 1 + WIRE_CALL_SENDTO;
    case URING_OP_RECV:
        return 1 + WIRE_CALL_RECVFROM;
    case URING_OP_ACCEPT:
        return 1 + WIRE_CALL_ACCEPT4;
    case URING_OP_SOCKET:
        return 1 + WIRE_CALL_SOCKET;
    case URING_OP_BIND:
        return 1 + WIRE_CALL_BIND;
    case URING_OP_LISTEN:
        return 1 + WIRE_CALL_LISTEN;
    case URING_OP_MKDIRAT:
        return 1 + WIRE_CALL_MKDIRAT;
    case URING_OP_SYMLINKAT:
        return 1 + WIRE_CALL_SYMLINKAT;
    case URING_OP_LINKAT:
        return 1 + WIRE_CALL_LINKAT;
    case URING_OP_OPENAT:
        return 1 + WIRE_CALL_OPENAT;
    case URING_OP_OPENAT2:
        return 1 + WIRE_CALL_OPENAT2;
    case URING_OP_UNLINKAT:
        return 1 + WIRE_CALL_UNLINKAT;
    case URING_OP_RENAMEAT:
        return 1 + (BPF_CORE_READ((const struct io_rename *)req, flags) ? WIRE_CALL_RENAMEAT2
                                                                        : WIRE_CALL_RENAMEAT);
    default:
        return 0;
    }
}

/* One program a record, so that the kernel checks each once. */
enum uring_handler {
    URING_HANDLE_OPEN,
    URING_HANDLE_PATH,
    URING_HANDLE_SOCKET,
    URING_HANDLER_COUNT,
};

static __always_inline __u32 uring_handler(__u8 opcode)
{
    switch (opcode) {
    case URING_OP_OPENAT:
    case URING_OP_OPENAT2:
        return URING_HANDLE_OPEN;
    case URING_OP_UNLINKAT:
    case URING_OP_RENAMEAT:
    case URING_OP_MKDIRAT:
    case URING_OP_SYMLINKAT:
    case URING_OP_LINKAT:
        return URING_HANDLE_PATH;
    default:
        return URING_HANDLE_SOCKET;
    }
}

static __always_inline __u32 uring_kind(__u8 opcode)
{
    return uring_handler(opcode) == URING_HANDLE_OPEN ? WIRE_OPEN : WIRE_CALL;
}

static __always_inline __u16 uring_name(char *out, const struct filename *name, __u32 *flags)
{
    long len = bpf_probe_read_kernel_str(out, WIRE_PATH_MAX, BPF_CORE_READ(name, name));

    if (len < 0 || len > WIRE_PATH_MAX) {
        *flags |= WIRE_TEXT_MISSING;
        return 0;
    }
    return len == 0 ? 0 : len - 1;
}

static __always_inline __u64 uring_base(__s32 fd)
{
    struct task_struct *task = bpf_get_current_task_btf();

    if (fd == AT_FDCWD)
        return (__u64)BPF_CORE_READ(task, fs, pwd.dentry);
    return (__u64)BPF_CORE_READ(file_of(fd), f_path.dentry);
}

/* The address that the caller gave, from the kernel's copy where it has been made: at the start of
 * the request's data, or in it as a message's address, which differs between releases. The one that
 * agrees with user memory is it; when none does, user memory was rewritten. */
static __always_inline void uring_address(struct uring_request *out, const struct io_kiocb *req,
                                          const void *user, __u32 len)
{
    const char *copy = BPF_CORE_READ(req, async_data);
    const char *in_message = copy + bpf_core_field_offset(struct io_async_msghdr, addr);
    __u64 given = 0, first = 0, second = 0;
    __u16 family;
    bool at_start;

    if (len > sizeof(out->address))
        len = sizeof(out->address);
    out->address_len = len;
    if (user && bpf_probe_read_user(out->address, len, user) != 0)
        out->wire_flags |= WIRE_TEXT_MISSING;
    if (!copy || len < sizeof(given))
        return;
    __builtin_memcpy(&given, out->address, sizeof(given));
    bpf_probe_read_kernel(&first, sizeof(first), copy);
    bpf_probe_read_kernel(&second, sizeof(second), in_message);
    if (user && given != first && given != second)
        out->wire_flags |= WIRE_NAME_UNSURE;
    family = (__u16)first;
    at_start = user && given == second
                   ? given == first
                   : family == AF_UNIX || family == AF_INET || family == AF_INET6;
    bpf_probe_read_kernel(out->address, len, at_start ? copy : in_message);
}

static __always_inline void uring_ask_open(struct uring_request *out, const struct io_kiocb *req)
{
    const struct io_open *open = (const struct io_open *)req;

    out->fd = BPF_CORE_READ(open, dfd);
    out->slot = BPF_CORE_READ(open, file_slot);
    out->flags = BPF_CORE_READ(open, how.flags) & ~O_LARGEFILE;
    out->mode = BPF_CORE_READ(open, how.mode);
    out->resolve = BPF_CORE_READ(open, how.resolve);
    out->arg[0] = out->fd;
    out->base = uring_base(out->fd);
}

static __always_inline void uring_take_names(struct uring_request *out, const struct filename *name,
                                             const struct filename *new_name)
{
    out->name_len = uring_name(out->name, name, &out->wire_flags);
    if (new_name)
        out->new_name_len = uring_name(out->new_name, new_name, &out->wire_flags);
}

/* What a request about names asks for. */
static __always_inline void uring_ask_path(struct uring_request *out, const struct io_kiocb *req)
{
    const struct io_open *open = (const struct io_open *)req;
    const struct io_unlink *unlink = (const struct io_unlink *)req;
    const struct io_rename *rename = (const struct io_rename *)req;
    const struct io_mkdir *mkdir = (const struct io_mkdir *)req;
    const struct io_link *link = (const struct io_link *)req;
    const struct filename *name = NULL, *new_name = NULL;

    out->about = 1;
    switch (out->opcode) {
    case URING_OP_UNLINKAT:
        out->fd = BPF_CORE_READ(unlink, dfd);
        out->arg[2] = BPF_CORE_READ(unlink, flags);
        name = BPF_CORE_READ(unlink, filename);
        break;
    case URING_OP_MKDIRAT:
        out->fd = BPF_CORE_READ(mkdir, dfd);
        out->arg[2] = BPF_CORE_READ(mkdir, mode);
        name = BPF_CORE_READ(mkdir, filename);
        break;
    case URING_OP_SYMLINKAT: /* the link's own name first, as it has a directory */
        out->fd = BPF_CORE_READ(link, new_dfd);
        out->arg[1] = out->fd;
        name = BPF_CORE_READ(link, newpath);
        new_name = BPF_CORE_READ(link, oldpath);
        break;
    case URING_OP_RENAMEAT:
        out->about = 0;
        out->fd = BPF_CORE_READ(rename, old_dfd);
        out->new_fd = BPF_CORE_READ(rename, new_dfd);
        out->arg[4] = BPF_CORE_READ(rename, flags);
        name = BPF_CORE_READ(rename, oldpath);
        new_name = BPF_CORE_READ(rename, newpath);
        break;
    case URING_OP_LINKAT:
        out->about = 0;
        out->fd = BPF_CORE_READ(link, old_dfd);
        out->new_fd = BPF_CORE_READ(link, new_dfd);
        out->arg[4] = BPF_CORE_READ(link, flags);
        name = BPF_CORE_READ(link, oldpath);
        new_name = BPF_CORE_READ(link, newpath);
        break;
    default:
        uring_ask_open(out, req);
        name = BPF_CORE_READ(open, filename);
        break;
    }
    if (out->opcode != URING_OP_SYMLINKAT)
        out->arg[0] = out->fd;
    if (out->about == 0)
        out->arg[2] = out->new_fd;
    out->base = uring_base(out->fd);
    if (out->about == 0)
        out->new_base = uring_base(out->new_fd);
    uring_take_names(out, name, new_name);
}

/* What a request about a socket asks for. */
static __always_inline void uring_ask_socket(struct uring_request *out, const struct io_kiocb *req)
{
    const struct io_connect *connect = (const struct io_connect *)req;
    const struct io_bind *bind = (const struct io_bind *)req;
    const struct io_socket *socket = (const struct io_socket *)req;

    out->about = 1;
    out->fd = BPF_CORE_READ(req, cqe.fd);
    out->arg[0] = out->fd;
    switch (out->opcode) {
    case URING_OP_CONNECT:
        uring_address(out, req, BPF_CORE_READ(connect, addr), BPF_CORE_READ(connect, addr_len));
        break;
    case URING_OP_BIND:
        if (bpf_core_type_exists(struct io_bind))
            uring_address(out, req, NULL, BPF_CORE_READ(bind, addr_len));
        break;
    case URING_OP_LISTEN:
        if (bpf_core_type_exists(struct io_listen))
            out->arg[1] = BPF_CORE_READ((const struct io_listen *)req, backlog);
        break;
    case URING_OP_ACCEPT:
        out->slot = BPF_CORE_READ((const struct io_accept *)req, file_slot);
        out->arg[3] = BPF_CORE_READ((const struct io_accept *)req, flags);
        break;
    case URING_OP_SOCKET:
        out->slot = BPF_CORE_READ(socket, file_slot);
        out->arg[0] = BPF_CORE_READ(socket, domain);
        out->arg[1] = BPF_CORE_READ(socket, type);
        out->arg[2] = BPF_CORE_READ(socket, protocol);
        break;
    default:
        out->arg[2] = BPF_CORE_READ((const struct io_sr_msg *)req, len);
        break;
    }
}

static __always_inline void uring_gather(struct uring_request *out, const struct io_kiocb *req,
                                         __u8 opcode, __u32 call)
{
    struct task_struct *task = bpf_get_current_task_btf();
    __u64 pid_tgid = bpf_get_current_pid_tgid();

    __builtin_memset(out, 0, __builtin_offsetof(struct uring_request, name));
    out->ring = (__u64)BPF_CORE_READ(req, ctx);
    out->request = (__u64)req;
    out->time_ns = bpf_ktime_get_boot_ns();
    out->pid = pid_tgid >> 32;
    out->tid = (__u32)pid_tgid;
    out->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
    out->opcode = opcode;
    out->call = call - 1;
    out->wire_flags = WIRE_URING;
    out->fd = AT_FDCWD;
    out->new_fd = AT_FDCWD;
}

static __always_inline void uring_is_late(void)
{
    __sync_fetch_and_add(&uring_late, 1);
    wake_reader();
}

static __always_inline bool uring_take(struct uring_request *request)
{
    return __sync_val_compare_and_swap(&request->state, URING_WAITING, URING_TAKEN) ==
           URING_WAITING;
}

/* It is done, and no program will see its end. */
static __always_inline void uring_put_aside(struct uring_request *request, __s64 result)
{
    __u64 key;

    if (!uring_take(request))
        return;
    key = __sync_fetch_and_add(&uring_aside, 1);
    request->result = result;
    if (bpf_map_update_elem(&uring_done, &key, request, BPF_NOEXIST) != 0)
        count_lost(uring_kind(request->opcode));
}

/* The request's memory is used again: what was done with it before has been done. Its result is
 * there until the new one has its own. */
static __always_inline void uring_settle_before(__u64 key)
{
    struct uring_request *before = bpf_map_lookup_elem(&uring_requests, &key);
    const struct io_kiocb *req = (const struct io_kiocb *)key;

    if (!before || before->state != URING_WAITING)
        return;
    uring_put_aside(before, BPF_CORE_READ(req, cqe.res));
    uring_is_late();
}

static __always_inline int uring_submitted(const struct io_kiocb *req)
{
    __u8 opcode = BPF_CORE_READ(req, opcode);
    __u32 family = URING_SUBMIT, call = uring_call(opcode, req);
    __u64 key = (__u64)req;
    struct uring_request *request;

    if (call == 0 || !call_is_wanted(call - 1) || !scope_has_current())
        return 0;
    request = bpf_map_lookup_elem(&uring_scratches, &family);
    if (!request)
        return 0;
    uring_gather(request, req, opcode, call);
    if (uring_handler(opcode) == URING_HANDLE_SOCKET)
        uring_ask_socket(request, req);
    else
        uring_ask_path(request, req);
    request->quiet = BPF_CORE_READ(req, flags) & URING_FLAG_QUIET ? 1 : 0;
    uring_settle_before(key);
    if (bpf_map_update_elem(&uring_requests, &key, request, BPF_ANY) != 0)
        return 0; /* full: its second end is still to come, or is counted */
    if (request->quiet)
        uring_is_late();
    return 0;
}

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(on_uring_submit, struct io_kiocb *req)
{
    return uring_submitted(req);
}

/* The same up to 6.2. */
SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(on_uring_submit_6_2, struct io_kiocb *req)
{
    return uring_submitted(req);
}

/* The file in a slot (from 0) of the ring's table. */
static __always_inline struct file *uring_slot_file(const struct io_ring_ctx *ring, __u32 slot)
{
    const struct io_file_table *table =
        (const void *)((const char *)ring + bpf_core_field_offset(ring->file_table));
    const struct io_file_table___6_12 *older = (const void *)table;
    unsigned long pointer = 0;

    if (bpf_core_field_exists(older->files)) {
        struct io_fixed_file *files = BPF_CORE_READ(older, files);

        bpf_probe_read_kernel(&pointer, sizeof(pointer), files + slot);
    } else {
        struct io_rsrc_node **nodes = BPF_CORE_READ(table, data.nodes);
        struct io_rsrc_node *node = NULL;

        bpf_probe_read_kernel(&node, sizeof(node), nodes + slot);
        if (node)
            pointer = BPF_CORE_READ(node, file_ptr);
    }
    return (struct file *)(pointer & URING_SLOT_MASK);
}

/* The file that an open gave. */
static __always_inline struct file *uring_opened(const struct uring_request *request, __s64 result,
                                                 bool own)
{
    if (result < 0)
        return NULL;
    if (request->slot == URING_SLOT_ANY)
        return uring_slot_file((const struct io_ring_ctx *)request->ring, result);
    if (request->slot != 0)
        return uring_slot_file((const struct io_ring_ctx *)request->ring, request->slot - 1);
    return own ? file_of(result) : NULL;
}

/* Whether the current task is of the process that submitted: its descriptors and directories are.
 */
static __always_inline bool uring_own(const struct uring_request *request)
{
    return bpf_get_current_pid_tgid() >> 32 == request->pid;
}

static __always_inline void uring_header(struct wire_header *hdr, __u32 kind,
                                         const struct uring_request *request)
{
    fill_header(hdr, kind, 0);
    hdr->pid = request->pid;
    hdr->tid = request->tid;
    hdr->start_ns = request->start_ns;
    hdr->flags = request->wire_flags;
}

/* Append a name that was kept. */
static __always_inline __u32 uring_put(struct scratch *scratch, __u32 at, const char *name,
                                       __u32 len)
{
    opaque(at);
    if (at > SCRATCH_RECORD - WIRE_PATH_MAX || len > WIRE_PATH_MAX)
        return 0;
    bpf_probe_read_kernel(scratch->record + at, len, name);
    return len;
}

/* The directory that a name starts from, as it is now; nothing for an absolute name. Says when it
 * is another one than at the start: then nobody knows which one the name was looked up in. */
static __always_inline void uring_base_path(struct path *out, const char *name, __u32 name_len,
                                            __s32 fd, __u64 before, __u32 *flags)
{
    struct task_struct *task = bpf_get_current_task_btf();
    const struct file *file;

    if (name_len > 0 && name[0] == '/')
        return;
    if (fd == AT_FDCWD) {
        out->mnt = BPF_CORE_READ(task, fs, pwd.mnt);
        out->dentry = BPF_CORE_READ(task, fs, pwd.dentry);
    } else {
        file = file_of(fd);
        if (file)
            bpf_core_read(out, sizeof(*out), &file->f_path);
    }
    if ((__u64)out->dentry != before)
        *flags |= WIRE_NAME_UNSURE;
}

static __always_inline __u32 uring_put_base(struct scratch *scratch, __u32 at, const char *name,
                                            __u32 name_len, __s32 fd, __u64 before, __u32 *flags)
{
    struct path path = {0};

    uring_base_path(&path, name, name_len, fd, before, flags);
    return put_path(scratch, at, path.mnt, path.dentry, flags);
}

static __always_inline void uring_emit_open(struct scratch *scratch,
                                            const struct uring_request *request, __s64 result,
                                            bool own)
{
    struct wire_open *open = (struct wire_open *)scratch->record;
    const struct file *file = uring_opened(request, result, own);
    __u32 flags, len, at = __builtin_offsetof(struct wire_open, data);
    struct path path = {0};

    __builtin_memset(open, 0, at);
    uring_header(&open->hdr, WIRE_OPEN, request);
    open->result = result;
    open->call = request->call;
    open->dirfd = request->fd;
    open->flags = request->flags;
    open->mode = request->mode;
    open->resolve = request->resolve;
    flags = open->hdr.flags;
    if (file) {
        open_file(open, file);
        bpf_core_read(&path, sizeof(path), &file->f_path);
    } else {
        at += open->raw_len = uring_put(scratch, at, request->name, request->name_len);
    }
    flags = open->hdr.flags;
    if (!file && own)
        uring_base_path(&path, request->name, request->name_len, request->fd, request->base,
                        &flags);
    len = own ? put_path(scratch, at, path.mnt, path.dentry, &flags) : 0;
    at += len;
    if (file) {
        open->path_len = len;
        at += open->raw_len = uring_put(scratch, at, request->name, request->name_len);
    } else {
        open->base_len = len;
    }
    open->hdr.flags = flags;
    emit_scratch(scratch, at, WIRE_OPEN);
}

static __always_inline void uring_record(struct wire_call_record *record,
                                         const struct uring_request *request, __s64 result)
{
    __builtin_memset(record, 0, sizeof(*record));
    uring_header(&record->hdr, WIRE_CALL, request);
    record->result = result;
    record->call = request->call;
    __builtin_memcpy(record->arg, request->arg, sizeof(record->arg));
    record->fd.has = request->about;
    record->fd.num = request->fd;
}

static __always_inline void uring_emit_path(struct scratch *scratch,
                                            const struct uring_request *request, __s64 result,
                                            bool own)
{
    struct wire_call_record *record = (struct wire_call_record *)scratch->record;
    bool two = request->about == 0; /* names in directories */
    __u32 flags, at = sizeof(*record);

    uring_record(record, request, result);
    flags = record->hdr.flags;
    at = call_part(record, WIRE_PART_NAME, at,
                   uring_put(scratch, at, request->name, request->name_len));
    if (two)
        at = call_part(record, WIRE_PART_NEW_NAME, at,
                       uring_put(scratch, at, request->new_name, request->new_name_len));
    if (own)
        at = call_part(record, WIRE_PART_BASE, at,
                       uring_put_base(scratch, at, request->name, request->name_len, request->fd,
                                      request->base, &flags));
    if (own && two)
        at = call_part(record, WIRE_PART_NEW_BASE, at,
                       uring_put_base(scratch, at, request->new_name, request->new_name_len,
                                      request->new_fd, request->new_base, &flags));
    if (request->opcode == URING_OP_SYMLINKAT)
        at = call_part(record, WIRE_PART_STRING, at,
                       uring_put(scratch, at, request->new_name, request->new_name_len));
    record->hdr.flags = flags;
    call_send(scratch, at);
}

/* `file` is the socket's: the one that the request `gives`, else the one that it holds for as long
 * as it lives, whatever becomes of the descriptor. */
static __always_inline void uring_emit_socket(struct scratch *scratch,
                                              const struct uring_request *request, __s64 result,
                                              const struct file *file, bool gives)
{
    struct wire_call_record *record = (struct wire_call_record *)scratch->record;
    struct address *given = (struct address *)(scratch->record + ADDRESS_AT);
    const struct sock *sk = socket_of(file);
    __u32 len, at = sizeof(*record);

    __builtin_memcpy(given, request->address, sizeof(request->address));
    len = request->address_len;
    uring_record(record, request, result);
    if (gives)
        record->fd.num = result;
    if (sk) {
        record->fd.mode = S_IFSOCK;
        record->fd.ino = BPF_CORE_READ(file, f_inode, i_ino);
    }
    if (sk || len > 0)
        at = put_socket(scratch, at, record, sk, given,
                        len > sizeof(given->family) ? len - sizeof(given->family) : 0);
    call_send(scratch, at);
}

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, URING_HANDLER_COUNT);
    __type(key, __u32);
    __type(value, __u32);
} uring_handlers SEC(".maps");

/* A request that was not seen when it was submitted: what can still be told of it, which is not
 * much besides the file of an open. False when it is none of ours, or cannot be kept. */
static __always_inline bool uring_catch_up(const struct io_kiocb *req, __u64 key)
{
    __u8 opcode = BPF_CORE_READ(req, opcode);
    __u32 family = URING_COMPLETE, call = uring_call(opcode, req);
    struct uring_request *request;

    if (call == 0 || !call_is_wanted(call - 1) || !scope_has_current())
        return false;
    request = bpf_map_lookup_elem(&uring_scratches, &family);
    if (!request)
        return false;
    uring_gather(request, req, opcode, call);
    request->wire_flags |= WIRE_TEXT_MISSING;
    if (uring_handler(opcode) == URING_HANDLE_OPEN)
        uring_ask_open(request, req);
    if (bpf_map_update_elem(&uring_requests, &key, request, BPF_ANY) == 0)
        return true;
    count_lost(uring_kind(opcode));
    return false;
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(on_uring_complete, void *ring, void *completed)
{
    const struct io_kiocb *req = completed;
    __u64 key = (__u64)req;
    struct uring_request *request;

    if (!req)
        return 0; /* one of several results of a request that goes on */
    request = bpf_map_lookup_elem(&uring_requests, &key);
    if (request && !uring_take(request)) {
        bpf_map_delete_elem(&uring_requests, &key);
        return 0;
    }
    if (!request && !uring_catch_up(req, key))
        return 0;
    bpf_tail_call(ctx, &uring_handlers, uring_handler(BPF_CORE_READ(req, opcode)));
    count_lost(0); /* not reached while every record has a handler */
    return 0;
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(on_uring_open, void *ring, void *completed)
{
    const struct io_kiocb *req = completed;
    __u64 key = (__u64)req;
    struct uring_request *request = bpf_map_lookup_elem(&uring_requests, &key);
    struct scratch *scratch = scratch_of(SCRATCH_URING);

    if (!request || !scratch)
        return 0;
    uring_emit_open(scratch, request, BPF_CORE_READ(req, cqe.res), uring_own(request));
    bpf_map_delete_elem(&uring_requests, &key);
    return 0;
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(on_uring_path, void *ring, void *completed)
{
    const struct io_kiocb *req = completed;
    __u64 key = (__u64)req;
    struct uring_request *request = bpf_map_lookup_elem(&uring_requests, &key);
    struct scratch *scratch = scratch_of(SCRATCH_URING);

    if (!request || !scratch)
        return 0;
    uring_emit_path(scratch, request, BPF_CORE_READ(req, cqe.res), uring_own(request));
    bpf_map_delete_elem(&uring_requests, &key);
    return 0;
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(on_uring_socket, void *ring, void *completed)
{
    const struct io_kiocb *req = completed;
    __u64 key = (__u64)req;
    struct uring_request *request = bpf_map_lookup_elem(&uring_requests, &key);
    struct scratch *scratch = scratch_of(SCRATCH_URING);
    const struct file *file;
    __s64 result;
    bool gives;

    if (!request || !scratch)
        return 0;
    result = BPF_CORE_READ(req, cqe.res);
    gives = request->opcode == URING_OP_SOCKET || request->opcode == URING_OP_ACCEPT;
    file = gives ? uring_opened(request, result, uring_own(request)) : BPF_CORE_READ(req, file);
    uring_emit_socket(scratch, request, result, file, gives);
    bpf_map_delete_elem(&uring_requests, &key);
    return 0;
}

/* The result of some request had no room. Which one is not told; it is among those that are done.
 */
SEC("tp_btf/io_uring_cqe_overflow")
int BPF_PROG(on_uring_overflow)
{
    if (scope_has_current())
        uring_is_late();
    return 0;
}

/* Connected: what a quiet connect leaves behind when it succeeds. */
static __always_inline bool uring_is_connected(const struct io_kiocb *req)
{
    const struct sock *sk = socket_of(BPF_CORE_READ(req, file));

    return sk && BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_ESTABLISHED;
}

/* Run by user space over the table: put aside what is done, drop what was taken long ago. */
SEC("iter/bpf_map_elem")
int on_uring_late(struct bpf_iter__bpf_map_elem *ctx)
{
    const __u64 *at;
    struct uring_request *request;
    const struct io_kiocb *req;
    __u64 age, key;
    bool undone;

    at = ctx->key;
    if (!at)
        return 0;
    key = *at;
    request = bpf_map_lookup_elem(&uring_requests, &key);
    if (!request)
        return 0;
    age = bpf_ktime_get_boot_ns() - request->time_ns;
    if (request->state != URING_WAITING) {
        if (age > 10 * URING_OVERDUE_NS)
            bpf_map_delete_elem(&uring_requests, &key);
        return 0;
    }
    req = (const struct io_kiocb *)key;
    if ((__u64)BPF_CORE_READ(req, ctx) != request->ring) { /* gone with its ring */
        uring_put_aside(request, 0);
        return 0;
    }
    switch (uring_handler(request->opcode)) {
    case URING_HANDLE_SOCKET: /* others say nothing until their memory is used again */
        undone = request->opcode != URING_OP_CONNECT || !uring_is_connected(req);
        break;
    default:
        undone = BPF_CORE_READ(req, flags) & URING_FLAG_UNDONE;
        break;
    }
    if (!undone && (request->quiet || age > URING_OVERDUE_NS))
        uring_put_aside(request, BPF_CORE_READ(req, cqe.res));
    else
        __sync_fetch_and_add(&uring_waiting, 1);
    return 0;
}
