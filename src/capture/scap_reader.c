/* The .scap format
 *
 * A file is a sequence of blocks as in pcap-ng: type, length of the whole block (both 32 bits,
 * little-endian), body, and the length again. A section header comes first, then what the machine
 * was like (each block a list), then one block an event. Files may be joined end to end.
 *
 *     0x0a0d0d0a  section header: magic 0x1a2b3c4d, major and minor version
 *     0x201       machine: CPUs, memory, hostname, boot time
 *     0x205 0x219 interfaces with their addresses
 *     0x206 0x220 users and groups
 *     0x202 0x207 0x209 0x210..0x215  threads, versions 1 to 9
 *     0x203 0x218 descriptors of one process
 *     0x204 0x208 an event; 0x208 with flags (32 bits) after the CPU number
 *     0x216 0x217 the same, the header of the event counting its parameters
 *     0x221 0x222 the same, lengths of parameters of 32 bits
 *
 * From 0x214 on (threads: 0x215) an entry of a list begins with its length, and what later versions
 * add stands at its end. Early writers used numbers from 0x8000abcd on.
 *
 * An event: CPU (16 bits), flags, then the header (time, tid, length, code, count of parameters),
 * the lengths of the parameters, the parameters. Without a count, it is the greatest one that fits
 * the length. */
#include "capture/scap_reader.h"

#include <errno.h>
#include <netinet/in.h>

#include "base/alloc.h"
#include "base/err.h"
#include "capture/scap_blocks.h"
#include "capture/scap_stream.h"
#include "capture/scap_table.h"

enum {
    HEADER_LEN = 8,
    TRAILER_LEN = 4,
    SECTION_LEN = 16,
    EVENT_HEADER_OLD = 22, /* time, tid, length, code */
    EVENT_HEADER = 26,     /* and the count of parameters */
    ADDED_EARLY = 29,      /* bytes of what a thread ended with before two members came between */
    PADDING_MAX = 3,       /* bytes at the end of a list that are no entry */
};

#define SECTION_MAGIC 0x1a2b3c4du
#define SECTION_MAGIC_SWAPPED 0x4d3c2b1au

enum block {
    BLOCK_OTHER,
    BLOCK_DONE, /* nothing more is wanted of it */
    BLOCK_HEAD,
    BLOCK_MACHINE,
    BLOCK_INTERFACES,
    BLOCK_THREADS,
    BLOCK_DESCRIPTORS,
    BLOCK_USERS,
    BLOCK_EVENT,
    BLOCK_OURS,
};

/* `version`: of lists, as the comment above counts them. Most blocks are events of today's kinds:
 * these come first. */
static const struct {
    uint32_t number;
    enum block block;
    uint8_t version;
    bool flags, counted, large;
    /* clang-format off */
} blocks[] = {
    {0x216, BLOCK_EVENT, 0, false, true, false},
    {0x217, BLOCK_EVENT, 0, true, true, false},
    {0x221, BLOCK_EVENT, 0, false, true, true},
    {0x222, BLOCK_EVENT, 0, true, true, true},
    {SCAP_BLOCK_SECTION, BLOCK_HEAD, 0, false, false, false},
    {0x201, BLOCK_MACHINE, 0, false, false, false},
    {0x202, BLOCK_THREADS, 1, false, false, false},
    {0x203, BLOCK_DESCRIPTORS, 1, false, false, false},
    {0x204, BLOCK_EVENT, 0, false, false, false},
    {0x205, BLOCK_INTERFACES, 1, false, false, false},
    {0x206, BLOCK_USERS, 1, false, false, false},
    {0x207, BLOCK_THREADS, 2, false, false, false},
    {0x208, BLOCK_EVENT, 0, true, false, false},
    {0x209, BLOCK_THREADS, 3, false, false, false},
    {0x210, BLOCK_THREADS, 4, false, false, false},
    {0x211, BLOCK_THREADS, 5, false, false, false},
    {0x212, BLOCK_THREADS, 6, false, false, false},
    {0x213, BLOCK_THREADS, 7, false, false, false},
    {0x214, BLOCK_THREADS, 8, false, false, false},
    {0x215, BLOCK_THREADS, 9, false, false, false},
    {0x218, BLOCK_DESCRIPTORS, 2, false, false, false},
    {0x219, BLOCK_INTERFACES, 2, false, false, false},
    {0x220, BLOCK_USERS, 2, false, false, false},
    {SCAP_BLOCK_OURS, BLOCK_OURS, 0, false, false, false},
    {0x8000abcd, BLOCK_THREADS, 1, false, false, false},
    {0x8001abcd, BLOCK_DESCRIPTORS, 1, false, false, false},
    {0x8002abcd, BLOCK_MACHINE, 0, false, false, false},
    {0x8010abcd, BLOCK_EVENT, 0, false, false, false},
    {0x8011abcd, BLOCK_INTERFACES, 1, false, false, false},
    {0x8012abcd, BLOCK_USERS, 1, false, false, false},
    {0x8013abcd, BLOCK_THREADS, 2, false, false, false},
    {0x8014abcd, BLOCK_THREADS, 3, false, false, false},
};
/* clang-format on */

struct scap_reader {
    struct scap_stream *stream;
    enum block block; /* the one being read */
    uint32_t number, total;
    uint8_t version;
    bool flags, counted, large;
    size_t left; /* of its body; meaningful while in_block */
    bool in_block;
    bool any; /* a section has begun */
    bool over;
    int64_t pid; /* of the descriptors */
    struct scap_reader_counts counts;
};

/* ------------------------------------------------------------------------------------ errors */

static int damaged(struct scap_reader *reader, struct err *err, const char *what)
{
    reader->over = true;
    return err_set(err, -EINVAL, "'%s' is damaged at byte %llu: %s",
                   scap_stream_path(reader->stream),
                   (unsigned long long)scap_stream_offset(reader->stream), what);
}

static int cut_off(struct scap_reader *reader, struct err *err)
{
    reader->over = true;
    return err_set(err, -ENODATA, "'%s' is cut off: it ends at byte %llu inside a block",
                   scap_stream_path(reader->stream),
                   (unsigned long long)scap_stream_offset(reader->stream));
}

/* `want` bytes ahead, all of them. */
static int peek(struct scap_reader *reader, size_t want, struct sv *out, struct err *err)
{
    int rc = scap_stream_peek(reader->stream, want, out, err);

    if (rc < 0) {
        reader->over = true;
        return rc;
    }
    return out->len < want ? cut_off(reader, err) : 0;
}

/* ---------------------------------------------------------------------------- members of entries
 *
 * An entry is taken apart from its front. Once something does not fit, `bad` stays. */

struct entry {
    struct sv left;
    size_t used;
    bool bad;
};

static inline const void *take_bytes(struct entry *e, size_t len)
{
    const void *at = e->left.ptr;

    if (e->bad || e->left.len < len) {
        e->bad = true;
        return NULL;
    }
    e->left = sv_sub(e->left, len, e->left.len);
    e->used += len;
    return at;
}

/* Inline always: where it is used the length is a constant, and the copy one instruction. */
__attribute__((always_inline)) static inline uint64_t number(struct entry *e, size_t len)
{
    uint64_t value = 0;
    const void *at = take_bytes(e, len);

    if (at != NULL)
        memcpy(&value, at, len);
    return value;
}

static inline uint8_t u8(struct entry *e)
{
    return (uint8_t)number(e, sizeof(uint8_t));
}

static inline uint16_t u16(struct entry *e)
{
    return (uint16_t)number(e, sizeof(uint16_t));
}

static uint32_t u32(struct entry *e)
{
    return (uint32_t)number(e, sizeof(uint32_t));
}

static uint64_t u64(struct entry *e)
{
    return number(e, sizeof(uint64_t));
}

static int64_t i64(struct entry *e)
{
    return (int64_t)u64(e);
}

static struct sv bytes(struct entry *e)
{
    size_t len = u16(e);
    const char *at = take_bytes(e, len);

    return at == NULL ? (struct sv){NULL, 0} : (struct sv){at, len};
}

/* Up to a NUL, as readers of text would have it. */
static struct sv text(struct entry *e)
{
    struct sv all = bytes(e);

    return (struct sv){all.ptr, all.len == 0 ? 0 : strnlen(all.ptr, all.len)};
}

static struct value_ip ip(struct entry *e, uint8_t family)
{
    struct value_ip out = {.family = family, .prefix = family == 4 ? 32 : 128};
    size_t len = family == 4 ? 4 : 16;
    const void *at = take_bytes(e, len);

    if (at != NULL)
        memcpy(out.byte, at, len);
    return out;
}

/* What later versions added at the end: only where the entry says that it is there. */
static bool more(const struct entry *e, size_t len)
{
    return e->left.len >= len;
}

/* ------------------------------------------------------------------------------------- entries */

static void read_machine(struct entry *e, struct scap_item *out)
{
    struct recorded_machine *machine = &out->machine;

    out->kind = SCAP_ITEM_MACHINE;
    machine->cpus = u32(e);
    machine->memory_bytes = u64(e);
    (void)u64(e); /* the highest pid */
    const char *name = take_bytes(e, RECORDED_HOSTNAME_MAX);
    if (name != NULL)
        machine->hostname = (struct sv){name, strnlen(name, RECORDED_HOSTNAME_MAX)};
    machine->boot_wall_ns = u64(e);
}

static void read_interface(struct entry *e, struct scap_item *out)
{
    uint16_t kind = u16(e);
    size_t name_len = u16(e);
    uint8_t family = kind == 1 || kind == 3 ? 4 : 6;

    out->kind = SCAP_ITEM_INTERFACE;
    if (kind == 0 || kind > 4)
        e->bad = true;
    out->interface.address = ip(e, family);
    out->interface.mask = ip(e, family);
    (void)ip(e, family); /* broadcast */
    if (kind <= 2)
        (void)u64(e); /* speed */
    const char *name = take_bytes(e, name_len);
    out->interface.name = (struct sv){name, name == NULL ? 0 : name_len};
}

static void read_user(struct entry *e, struct scap_item *out)
{
    struct recorded_user *user = &out->user;

    out->kind = SCAP_ITEM_USER;
    user->is_group = u8(e) != 0;
    if (user->is_group) {
        user->gid = u32(e);
        user->name = text(e);
        return;
    }
    user->uid = u32(e);
    user->gid = u32(e);
    user->name = text(e);
    user->home = text(e);
    user->shell = text(e);
}

static void read_thread_ids(struct entry *e, uint8_t version, struct recorded_thread *thread)
{
    thread->tid = i64(e);
    thread->pid = i64(e);
    thread->ptid = i64(e);
    thread->sid = version >= 6 ? i64(e) : -1;
    thread->vpgid = version >= 8 ? i64(e) : -1;
    thread->vtid = -1;
    thread->vpid = -1;
    thread->pgid = -1;
}

/* From version 9 on. Two members once came between others: where no more is left than there was
 * before that, they are not there. */
static void read_thread_added(struct entry *e, struct recorded_thread *thread)
{
    if (e->left.len > ADDED_EARLY) {
        thread->pidns_start_wall_ns = u64(e);
        thread->tty = u32(e);
    }
    if (more(e, sizeof(uint32_t)))
        thread->login_uid = u32(e);
    if (more(e, sizeof(uint8_t)))
        thread->exe_writable = u8(e) != 0;
    if (more(e, 3 * sizeof(uint64_t))) {
        thread->cap_inheritable = u64(e);
        thread->cap_permitted = u64(e);
        thread->cap_effective = u64(e);
    }
    if (more(e, sizeof(uint8_t)))
        thread->exe_upper_layer = u8(e) != 0;
    if (more(e, 3 * sizeof(uint64_t))) {
        thread->exe_ino = u64(e);
        thread->exe_ctime_wall_ns = u64(e);
        thread->exe_mtime_wall_ns = u64(e);
    }
    if (more(e, sizeof(uint8_t)))
        thread->exe_from_memfd = u8(e) != 0;
    if (more(e, sizeof(uint8_t)))
        thread->exe_lower_layer = u8(e) != 0;
    if (more(e, sizeof(uint64_t)))
        thread->pgid = i64(e);
}

static void read_thread(struct entry *e, uint8_t version, struct scap_item *out)
{
    struct recorded_thread *thread = &out->thread;

    out->kind = SCAP_ITEM_THREAD;
    thread->login_uid = UINT32_MAX;
    read_thread_ids(e, version, thread);
    thread->comm = text(e);
    thread->exe = text(e);
    if (version >= 7)
        thread->exe_path = text(e);
    thread->args = bytes(e);
    thread->cwd = text(e);
    thread->fd_limit = i64(e);
    thread->flags = u32(e);
    thread->uid = u32(e);
    thread->gid = u32(e);
    if (version >= 2) {
        thread->vm_size_kib = u32(e);
        thread->vm_rss_kib = u32(e);
        thread->vm_swap_kib = u32(e);
        thread->faults_major = u64(e);
        thread->faults_minor = u64(e);
    }
    if (version >= 3)
        thread->env = bytes(e);
    if (version >= 4) {
        thread->vtid = i64(e);
        thread->vpid = i64(e);
        thread->cgroups = bytes(e);
    }
    if (version >= 5)
        thread->root = text(e);
    if (version >= 9)
        read_thread_added(e, thread);
}

static const char descriptor_types[] = {
    [0] = 'o',  [1] = 'f',  [2] = 'd',  [3] = '4',  [4] = '6',  [5] = '4',  [6] = '6',  [7] = 'p',
    [8] = 'u',  [9] = 'e',  [10] = 'X', [11] = 's', [12] = 'l', [13] = 'i', [14] = 't', [15] = 'n',
    [16] = 'f', [17] = 'b', [18] = 'U', [19] = 'r', [20] = 'm', [21] = 'P',
};

/* The numbers that protocols have in files. */
static uint8_t l4_protocol(uint8_t number_)
{
    static const uint8_t protocols[] = {
        [1] = IPPROTO_TCP, [2] = IPPROTO_UDP, [3] = IPPROTO_ICMP, [4] = IPPROTO_RAW};

    return number_ < sizeof(protocols) ? protocols[number_] : 0;
}

static void read_descriptor(struct entry *e, struct scap_item *out)
{
    struct recorded_descriptor *fd = &out->descriptor;

    out->kind = SCAP_ITEM_DESCRIPTOR;
    fd->num = i64(e);
    fd->ino = u64(e);
    uint8_t type = u8(e);
    fd->type = type < sizeof(descriptor_types) ? descriptor_types[type] : 'X';
    switch (type) {
    case 0:
        break;
    case 3: /* connected, version 4 and 6 */
    case 4:
        fd->from = ip(e, type == 3 ? 4 : 6);
        fd->to = ip(e, type == 3 ? 4 : 6);
        fd->from_port = u16(e);
        fd->to_port = u16(e);
        fd->l4_protocol = l4_protocol(u8(e));
        break;
    case 5: /* bound */
    case 6:
        fd->listening = true;
        fd->from = ip(e, type == 5 ? 4 : 6);
        fd->from_port = u16(e);
        fd->l4_protocol = l4_protocol(u8(e));
        break;
    case 8:
        fd->socket = u64(e);
        fd->peer = u64(e);
        fd->name = text(e);
        break;
    case 16:
        fd->flags = u32(e);
        fd->name = text(e);
        if (more(e, sizeof(uint32_t)))
            fd->dev = u32(e);
        break;
    default:
        if (type < sizeof(descriptor_types))
            fd->name = text(e);
        break;
    }
}

/* ------------------------------------------------------------------------------------ lists */

static bool entries_have_length(const struct scap_reader *reader)
{
    return reader->block == BLOCK_THREADS ? reader->version >= 9 : reader->version >= 2;
}

/* The bytes of the next entry: exactly, or where it does not say, all that it may have. */
static int next_entry(struct scap_reader *reader, struct entry *out, size_t *skip, struct err *err)
{
    size_t most = reader->left < SCAP_ENTRY_MAX ? reader->left : SCAP_ENTRY_MAX;
    struct sv ahead;
    uint32_t len = 0;

    *skip = 0;
    if (!entries_have_length(reader)) {
        int rc = peek(reader, most, &ahead, err);
        *out = (struct entry){.left = ahead};
        return rc;
    }
    int rc = peek(reader, sizeof(len), &ahead, err);
    if (rc < 0)
        return rc;
    memcpy(&len, ahead.ptr, sizeof(len));
    /* The length counts itself, but not that of an interface. */
    uint64_t all = reader->block == BLOCK_INTERFACES ? (uint64_t)len + sizeof(len) : len;
    if (all < sizeof(len) || all > reader->left)
        return damaged(reader, err, "the length of an entry is out of range");
    if (all > SCAP_ENTRY_MAX)
        return damaged(reader, err, "an entry is too long");
    rc = peek(reader, (size_t)all, &ahead, err);
    if (rc < 0)
        return rc;
    *out = (struct entry){.left = sv_sub(ahead, sizeof(len), ahead.len), .used = sizeof(len)};
    *skip = (size_t)all;
    return 0;
}

static void read_entry(struct scap_reader *reader, struct entry *e, struct scap_item *out)
{
    switch (reader->block) {
    case BLOCK_MACHINE:
        read_machine(e, out);
        break;
    case BLOCK_INTERFACES:
        read_interface(e, out);
        break;
    case BLOCK_THREADS:
        read_thread(e, reader->version, out);
        break;
    case BLOCK_DESCRIPTORS:
        out->descriptor.pid = reader->pid;
        read_descriptor(e, out);
        break;
    default:
        read_user(e, out);
        break;
    }
}

/* Pass over what is left of a body, however long it is. */
static int skip_rest(struct scap_reader *reader, struct err *err)
{
    while (reader->left > 0) {
        size_t part = reader->left < SCAP_ENTRY_MAX ? reader->left : SCAP_ENTRY_MAX;
        struct sv ahead;
        int rc = peek(reader, part, &ahead, err);
        if (rc < 0)
            return rc;
        scap_stream_take(reader->stream, part);
        reader->left -= part;
    }
    return 0;
}

/* Positive: an entry. 0: the block has no more. */
static int read_list(struct scap_reader *reader, struct scap_item *out, struct err *err)
{
    struct entry entry;
    size_t skip = 0;

    if (reader->left <= PADDING_MAX)
        return 0;
    int rc = next_entry(reader, &entry, &skip, err);
    if (rc < 0)
        return rc;
    memset(out, 0, sizeof(*out));
    read_entry(reader, &entry, out);
    if (entry.bad)
        return damaged(reader, err, "an entry is shorter than its members");
    size_t used = skip > 0 ? skip : entry.used;
    scap_stream_take(reader->stream, used);
    reader->left -= used;
    if (reader->block == BLOCK_MACHINE) /* one entry; what follows is reserved */
        reader->block = BLOCK_DONE;
    return 1;
}

/* ------------------------------------------------------------------------------------- events */

static size_t length_at(const struct scap_event *event, uint32_t index)
{
    uint32_t wide = 0;
    uint16_t narrow = 0;

    if (event->large) {
        memcpy(&wide, event->lengths.ptr + index * sizeof(wide), sizeof(wide));
        return wide;
    }
    memcpy(&narrow, event->lengths.ptr + index * sizeof(narrow), sizeof(narrow));
    return narrow;
}

/* Do lengths and parameters fill `body`? */
static bool split_params(struct scap_event *event, struct sv body)
{
    size_t size = event->large ? sizeof(uint32_t) : sizeof(uint16_t);
    uint64_t sum = 0;

    if (event->param_count > body.len / size)
        return false;
    event->lengths = sv_sub(body, 0, event->param_count * size);
    event->data = sv_sub(body, event->lengths.len, body.len);
    for (uint32_t i = 0; i < event->param_count; i++)
        sum += length_at(event, i);
    if (sum > event->data.len)
        return false;
    event->data.len = (size_t)sum;
    return true;
}

/* Some writers put events with long lengths into blocks for short ones. */
static bool split_counted(struct scap_event *event, struct sv body)
{
    const struct scap_event_info *info = scap_event_info(event->code);
    bool fits = split_params(event, body);

    if (event->large || info == NULL || (info->flags & SCAP_LARGE) == 0 ||
        (fits && event->lengths.len + event->data.len == body.len))
        return fits;
    event->large = true;
    if (split_params(event, body))
        return true;
    event->large = false;
    return split_params(event, body);
}

/* Without a count: the greatest one for which the lengths add up. */
static bool count_params(struct scap_event *event, struct sv body)
{
    const struct scap_event_info *info = scap_event_info(event->code);

    if (info == NULL)
        return true; /* nobody will look at them */
    for (uint32_t count = info->param_count + 1; count-- > 0;) {
        event->param_count = count;
        if (split_params(event, body) && event->lengths.len + event->data.len == body.len)
            return true;
    }
    return false;
}

/* Events of sysdig's own whose length is three too many. */
static bool has_wrong_length(const struct scap_event *event)
{
    const struct scap_event_info *info = scap_event_info(event->code);

    return info != NULL &&
           (strcmp(info->name, "notification") == 0 || strcmp(info->name, "infra") == 0);
}

/* Positive: an event. 0: one that contradicts itself. */
static int read_event(struct scap_reader *reader, struct scap_item *out, struct err *err)
{
    size_t size = reader->counted ? EVENT_HEADER : EVENT_HEADER_OLD;
    struct sv body;
    struct scap_event *event = &out->event;

    if (reader->left > SCAP_EVENT_MAX)
        return damaged(reader, err, "an event is too long");
    int rc = peek(reader, reader->left, &body, err);
    if (rc < 0)
        return rc;
    out->kind = SCAP_ITEM_EVENT;
    *event = (struct scap_event){0}; /* not all of *out, which has room for the longest entry */
    struct entry e = {.left = body};
    event->cpu = u16(&e);
    event->flags = reader->flags ? u32(&e) : 0;
    struct sv from_header = e.left;
    event->time_ns = u64(&e);
    event->tid = i64(&e);
    size_t len = u32(&e);
    event->code = u16(&e);
    event->param_count = reader->counted ? u32(&e) : 0;
    event->large = reader->large;
    /* taken but kept in the window, as views point into it, until the next call */
    scap_stream_take(reader->stream, reader->left);
    reader->left = 0;
    if (!e.bad && !reader->counted && has_wrong_length(event) && len >= 3)
        len -= 3;
    if (e.bad || len < size || len > from_header.len)
        return 0;
    struct sv params = sv_sub(from_header, size, len - size);
    return reader->counted ? split_counted(event, params) : count_params(event, params);
}

/* ------------------------------------------------------------------------------------- blocks */

static void identify(struct scap_reader *reader)
{
    reader->block = BLOCK_OTHER;
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
        if (blocks[i].number != reader->number)
            continue;
        reader->block = blocks[i].block;
        reader->version = blocks[i].version;
        reader->flags = blocks[i].flags;
        reader->counted = blocks[i].counted;
        reader->large = blocks[i].large;
        return;
    }
}

/* Positive: a block begins. 0: the file ends. */
static int begin_block(struct scap_reader *reader, struct err *err)
{
    uint32_t head[2];
    struct sv ahead;

    int rc = scap_stream_peek(reader->stream, sizeof(head), &ahead, err);
    if (rc < 0 || ahead.len == 0) {
        reader->over = true;
        return rc;
    }
    if (ahead.len < sizeof(head))
        return cut_off(reader, err);
    memcpy(head, ahead.ptr, sizeof(head));
    reader->number = head[0];
    reader->total = head[1];
    if (reader->number != SCAP_BLOCK_SECTION && !reader->any) {
        reader->over = true;
        return err_set(err, -EINVAL, "'%s' is no capture file", scap_stream_path(reader->stream));
    }
    if (reader->total < HEADER_LEN + TRAILER_LEN)
        return damaged(reader, err, "a block is shorter than its frame");
    scap_stream_take(reader->stream, HEADER_LEN);
    reader->left = reader->total - HEADER_LEN - TRAILER_LEN;
    reader->in_block = true;
    identify(reader);
    return 1;
}

static int end_block(struct scap_reader *reader, struct err *err)
{
    uint32_t total = 0;
    struct sv ahead;

    int rc = skip_rest(reader, err);
    if (rc == 0)
        rc = peek(reader, sizeof(total), &ahead, err);
    if (rc < 0)
        return rc;
    memcpy(&total, ahead.ptr, sizeof(total));
    if (total != reader->total)
        return damaged(reader, err, "the two lengths of a block differ");
    scap_stream_take(reader->stream, sizeof(total));
    reader->in_block = false;
    return 0;
}

static int read_section(struct scap_reader *reader, struct scap_item *out, struct err *err)
{
    struct sv ahead;

    if (reader->left < SECTION_LEN)
        return damaged(reader, err, "the section header is too short");
    int rc = peek(reader, SECTION_LEN, &ahead, err);
    if (rc < 0)
        return rc;
    struct entry e = {.left = ahead};
    uint32_t magic = u32(&e);
    uint16_t major = u16(&e);
    if (magic == SECTION_MAGIC_SWAPPED)
        return damaged(reader, err, "it was recorded on a big-endian machine");
    if (magic != SECTION_MAGIC || major > 1)
        return damaged(reader, err, "no such version of the format");
    memset(out, 0, sizeof(*out));
    out->kind = SCAP_ITEM_SECTION;
    reader->any = true;
    reader->block = BLOCK_DONE;
    return 1;
}

static int begin_descriptors(struct scap_reader *reader, struct err *err)
{
    struct sv ahead;

    if (reader->left < sizeof(reader->pid))
        return damaged(reader, err, "a list of descriptors is too short");
    int rc = peek(reader, sizeof(reader->pid), &ahead, err);
    if (rc < 0)
        return rc;
    memcpy(&reader->pid, ahead.ptr, sizeof(reader->pid));
    scap_stream_take(reader->stream, sizeof(reader->pid));
    reader->left -= sizeof(reader->pid);
    return 1;
}

static int read_ours(struct scap_reader *reader, struct scap_item *out, struct err *err)
{
    struct sv body;

    reader->block = BLOCK_DONE;
    if (reader->left > SCAP_OURS_MAX)
        return damaged(reader, err, "a block is too long");
    int rc = peek(reader, reader->left, &body, err);
    if (rc < 0)
        return rc;
    memset(out, 0, sizeof(*out));
    out->kind = SCAP_ITEM_OURS;
    out->ours = body;
    scap_stream_take(reader->stream, reader->left);
    reader->left = 0;
    return 1;
}

/* Positive: an item. 0: none, go on with the next block. */
static int read_block(struct scap_reader *reader, struct scap_item *out, struct err *err)
{
    int rc = 0;

    switch (reader->block) {
    case BLOCK_DONE:
        return 0;
    case BLOCK_HEAD:
        return read_section(reader, out, err);
    case BLOCK_EVENT:
        reader->block = BLOCK_DONE;
        rc = read_event(reader, out, err);
        if (rc == 0)
            reader->counts.events_odd++;
        return rc;
    case BLOCK_OURS:
        return read_ours(reader, out, err);
    case BLOCK_OTHER:
        reader->counts.blocks_unknown++;
        return skip_rest(reader, err);
    default:
        return read_list(reader, out, err);
    }
}

int scap_reader_open(const char *path, struct scap_reader **out, struct err *err)
{
    struct scap_stream *stream = NULL;
    struct sv ahead;

    int rc = scap_stream_open(path, &stream, err);
    if (rc < 0)
        return rc;
    struct scap_reader *reader = xcalloc(1, sizeof(*reader));
    reader->stream = stream;
    rc = scap_stream_peek(stream, HEADER_LEN, &ahead, err);
    if (rc == 0 && (ahead.len < HEADER_LEN || memcmp(ahead.ptr, "\n\r\r\n", 4) != 0))
        rc = err_set(err, -EINVAL, "'%s' is no capture file", path);
    if (rc < 0) {
        scap_reader_close(reader);
        return rc;
    }
    *out = reader;
    return 0;
}

void scap_reader_close(struct scap_reader *reader)
{
    if (reader == NULL)
        return;
    scap_stream_close(reader->stream);
    free(reader);
}

int scap_reader_next(struct scap_reader *reader, struct scap_item *out, struct err *err)
{
    while (!reader->over) {
        int rc = 1;
        if (!reader->in_block) {
            rc = begin_block(reader, err);
            if (rc > 0 && reader->block == BLOCK_DESCRIPTORS)
                rc = begin_descriptors(reader, err);
            if (rc < 0)
                return rc;
            if (rc == 0)
                break;
        }
        rc = read_block(reader, out, err);
        if (rc != 0)
            return rc < 0 ? rc : 0;
        rc = end_block(reader, err);
        if (rc < 0)
            return rc;
    }
    memset(out, 0, sizeof(*out));
    out->kind = SCAP_ITEM_END;
    return 0;
}

struct scap_reader_counts scap_reader_counts(const struct scap_reader *reader)
{
    struct scap_reader_counts counts = reader->counts;

    counts.bytes = scap_stream_offset(reader->stream);
    counts.bytes_packed = scap_stream_packed(reader->stream);
    return counts;
}

uint64_t scap_reader_size(const struct scap_reader *reader)
{
    return scap_stream_size(reader->stream);
}
