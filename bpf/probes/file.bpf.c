/* bpf/probes/file.bpf.c - calls that name files: the open family, and all others.
 *
 * An opened file is told from the descriptor that the call returned, so what is reported is what
 * was opened, whatever user memory says. Only a thread that closes the descriptor before this
 * program runs can hide it; the argument and its directory are sent then, as for a call that
 * failed. */
#include "bpf/lib/call.h"
#include "bpf/lib/filter.h"
#include "bpf/lib/open.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline void open_args(struct wire_open *open, const struct call *call)
{
    __u64 how[3] = {0}; /* struct open_how: flags, mode, resolve */

    open->dirfd = AT_FDCWD;
    switch (call->call) {
    case WIRE_CALL_CREAT:
        open->flags = O_CREAT | O_WRONLY | O_TRUNC;
        open->mode = call->arg[1];
        break;
    case WIRE_CALL_OPENAT:
        open->dirfd = (__s32)call->arg[0];
        open->flags = call->arg[2];
        open->mode = call->arg[3];
        break;
    case WIRE_CALL_OPENAT2:
        open->dirfd = (__s32)call->arg[0];
        if (bpf_probe_read_user(how, sizeof(how), (const void *)call->arg[2]) != 0)
            open->hdr.flags |= WIRE_TEXT_MISSING;
        open->flags = how[0];
        open->mode = how[1];
        open->resolve = how[2];
        break;
    default:
        open->flags = call->arg[1];
        open->mode = call->arg[2];
    }
}

/* Facts that need no text. */
static __always_inline void open_facts(struct filter_run *run, const struct wire_open *open)
{
    bool makes = open->call == WIRE_CALL_CREAT || open->flags & O_CREAT ||
                 (open->flags & O_TMPFILE) == O_TMPFILE;
    __u32 type = open->file_mode & S_IFMT;

    filter_know(run, FILTER_RESULT, open->result);
    filter_know(run, FILTER_OPEN_FLAGS, open->flags);
    if (makes)
        filter_know(run, FILTER_MODE, open->mode & 07777);
    filter_know(run, FILTER_FD_NUM, open->result >= 0 ? open->result : -1);
    filter_know(run, FILTER_FD_TYPE,
                open->file_mode == 0 ? FILTER_ABSENT : (type == S_IFDIR ? 'd' : 'f'));
}

/* The argument as fd.nameraw has it, where it is that, and as evt.arg has it: when it is relative,
 * what was opened. */
static __always_inline void open_raw_facts(struct filter_run *run, struct scratch *scratch,
                                           __u32 at, __u32 len)
{
    const struct filter_text *name = &run->facts.text[0];

    opaque(at);
    if (len == 0 || at >= SCRATCH_RECORD)
        return;
    if (!filter_has(run, scratch, at, len, '/', '/'))
        filter_know_text(run, FILTER_FD_NAME_RAW, at, len, 0, ~0u);
    if (scratch->record[at] == '/')
        filter_know_text(run, FILTER_PATH, at, len, 0, ~0u);
    else if (scratch->record[at] != '<' && run->facts.known & 1u << FILTER_FD_NAME)
        filter_know_text(run, FILTER_PATH, name->at, name->len, 0, ~0u);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_open, struct pt_regs *regs, long result)
{
    struct scratch *scratch = scratch_of(SCRATCH_SYSCALL);
    struct call call = {0};

    if (!scratch) {
        count_lost(WIRE_OPEN);
        return 0;
    }
    call_decode(&call, regs, result);

    struct wire_open *open = (struct wire_open *)scratch->record;
    const struct file *file = call.result >= 0 ? file_of((__s32)call.result) : NULL;
    bool at_directory = call.call == WIRE_CALL_OPENAT || call.call == WIRE_CALL_OPENAT2;
    struct filter_run *run = filter_begin(call.call);
    __u32 raw_at, at = __builtin_offsetof(struct wire_open, data);

    __builtin_memset(open, 0, __builtin_offsetof(struct wire_open, data));
    open->result = call.result;
    open->call = call.call;
    open_args(open, &call);
    call.flags |= open->hdr.flags;
    if (file)
        open_kind(open, file);
    if (run) {
        open_facts(run, open);
        if (!filter_test(run, scratch, false) && filter_drops(run, &call.flags))
            return 0;
    }
    if (file) {
        at += open->path_len = put_path_of_file(scratch, at, file, &call.flags);
        if (run) {
            filter_know_path(run, scratch, __builtin_offsetof(struct wire_open, data),
                             open->path_len, call.flags, (open->file_mode & S_IFMT) == S_IFDIR,
                             open->file_mode != 0);
            if (!filter_test(run, scratch, true) && filter_drops(run, &call.flags))
                return 0;
        }
    }
    raw_at = at;
    at += open->raw_len = put_user_string(
        scratch, at, (const void *)(at_directory ? call.arg[1] : call.arg[0]), &call.flags);
    if (run && filter_asks(run, 1u << FILTER_FD_NAME_RAW | 1u << FILTER_PATH)) {
        open_raw_facts(run, scratch, raw_at, open->raw_len);
        if (!filter_test(run, scratch, true) && filter_drops(run, &call.flags))
            return 0;
    }
    if (open->path_len == 0)
        at += open->base_len =
            put_base(scratch, at, raw_at, open->raw_len, open->dirfd, &call.flags);
    fill_header(&open->hdr, WIRE_OPEN, 0);
    open->hdr.flags = call.flags;
    if (file)
        open_file(open, file);
    emit_scratch(scratch, at, WIRE_OPEN);
    return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_path, struct pt_regs *regs, long result)
{
    struct scratch *scratch = scratch_of(SCRATCH_SYSCALL);
    const struct shape *shape = NULL;
    struct wire_call_record *record;
    struct call call = {0};
    __u32 name_at, new_name_at, at;
    __s32 dirfd, new_dirfd;
    __u32 *flags;

    call_decode(&call, regs, result);
    record = scratch ? call_begin(scratch, &call, &shape) : NULL;
    if (!record)
        return 0;
    at = forgotten(scratch, sizeof(*record));
    flags = &record->hdr.flags;
    (void)call_file(record, shape);
    dirfd = forgotten(scratch, shape->dirfd ? call_arg(record, shape->dirfd) : (__u32)AT_FDCWD);
    new_dirfd =
        forgotten(scratch, shape->new_dirfd ? call_arg(record, shape->new_dirfd) : (__u32)AT_FDCWD);
    name_at = at;
    at = put_string(scratch, at, record, WIRE_PART_NAME, call_arg(record, shape->name));
    new_name_at = at = forgotten(scratch, at);
    if (shape->new_name)
        at = put_string(scratch, at, record, WIRE_PART_NEW_NAME, call_arg(record, shape->new_name));
    at = call_part(record, WIRE_PART_BASE, at,
                   put_base(scratch, at, name_at, record->len[WIRE_PART_NAME], dirfd, flags));
    if (shape->new_name)
        at = call_part(
            record, WIRE_PART_NEW_BASE, at,
            put_base(scratch, at, new_name_at, record->len[WIRE_PART_NEW_NAME], new_dirfd, flags));
    at = put_cwd_part(scratch, at, record, shape);
    if (shape->string && call_has_string(record))
        at = put_string(scratch, at, record, WIRE_PART_STRING, call_arg(record, shape->string));
    if (shape->structure)
        at = put_struct(scratch, at, record, WIRE_PART_STRUCT, call_arg(record, shape->structure),
                        shape->bytes);
    call_send(scratch, at);
    return 0;
}
