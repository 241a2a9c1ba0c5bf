/* capture/kernel_uring_late.c - see the header. */
#include "capture/kernel_uring_late.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/sv.h"

enum { DEV_MINOR_BITS = 20 };

struct place {
    const char *proc;
    uint32_t pid;
};

/* A record that grows. */
struct draft {
    char *out;
    size_t used;
};

static uint16_t put(struct draft *draft, const char *text, size_t len)
{
    if (len > WIRE_PATH_MAX)
        len = WIRE_PATH_MAX;
    memcpy(draft->out + draft->used, text, len);
    draft->used += len;
    return (uint16_t)len;
}

/* What a link of /proc/PID leads to, in `text`; empty when it cannot be read. */
static struct sv follow(const struct place *place, const char *name, char text[PATH_MAX])
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof(path), "%s/%u/%s", place->proc, place->pid, name) >= PATH_MAX)
        return (struct sv){NULL, 0};

    ssize_t len = readlink(path, text, PATH_MAX);

    return (struct sv){text, len < 0 ? 0 : (size_t)len};
}

/* Append it as the process's own root sees it. */
static uint16_t put_link(struct draft *draft, const struct place *place, const char *name)
{
    char text[PATH_MAX], root_text[PATH_MAX];
    struct sv path = follow(place, name, text);
    struct sv root = follow(place, "root", root_text);

    if (root.len > 1 && path.len > root.len && sv_starts(path, root) && path.ptr[root.len] == '/')
        path = sv_sub(path, root.len, path.len);
    return put(draft, path.ptr, path.len);
}

static uint16_t put_descriptor(struct draft *draft, const struct place *place, int fd)
{
    char name[32];

    (void)snprintf(name, sizeof(name), "fd/%d", fd);
    return put_link(draft, place, name);
}

static uint16_t put_base(struct draft *draft, const struct place *place, struct sv name, int fd)
{
    if (name.len > 0 && name.ptr[0] == '/')
        return 0;
    return fd == AT_FDCWD ? put_link(draft, place, "cwd") : put_descriptor(draft, place, fd);
}

static struct wire_header header_of(const struct uring_request *request, enum wire_kind kind)
{
    return (struct wire_header){
        .time_ns = request->time_ns,
        .kind = (uint16_t)kind,
        .pid = request->pid,
        .tid = request->tid,
        .start_ns = request->start_ns,
        .flags = request->wire_flags | WIRE_NAME_UNSURE,
    };
}

static struct sv name_of(const struct uring_request *request)
{
    return (struct sv){request->name, request->name_len};
}

static void fill_file(struct wire_open *open, const struct place *place)
{
    char path[PATH_MAX];
    struct stat st;

    if (snprintf(path, sizeof(path), "%s/%u/fd/%d", place->proc, place->pid, (int)open->result) >=
            PATH_MAX ||
        stat(path, &st) != 0)
        return;
    open->ino = st.st_ino;
    open->dev = (uint32_t)major(st.st_dev) << DEV_MINOR_BITS | (uint32_t)minor(st.st_dev);
    open->file_mode = st.st_mode;
}

static size_t make_open(const struct uring_request *request, const struct place *place, char *out)
{
    struct draft draft = {out, offsetof(struct wire_open, data)};
    struct wire_open open = {
        .hdr = header_of(request, WIRE_OPEN),
        .result = request->result,
        .flags = request->flags,
        .mode = request->mode,
        .dirfd = request->fd,
        .resolve = request->resolve,
        .call = request->call,
    };
    bool to_descriptor = request->result >= 0 && request->slot == 0;

    if (to_descriptor) {
        fill_file(&open, place);
        open.path_len = put_descriptor(&draft, place, (int)request->result);
    }
    open.raw_len = put(&draft, request->name, request->name_len);
    if (open.path_len == 0)
        open.base_len = put_base(&draft, place, name_of(request), request->fd);
    memcpy(out, &open, offsetof(struct wire_open, data));
    return draft.used;
}

/* The next part of a call's record, of `len` bytes that were just put. */
static void part(struct wire_call_record *record, enum wire_part part, uint16_t len)
{
    record->len[part] = len;
    record->parts |= (uint16_t)(1u << part);
}

static struct wire_call_record record_of(const struct uring_request *request)
{
    struct wire_call_record record = {
        .hdr = header_of(request, WIRE_CALL),
        .result = request->result,
        .fd = {.num = request->fd, .has = request->about},
        .call = request->call,
    };

    _Static_assert(sizeof(record.arg) == sizeof(request->arg), "as many arguments");
    memcpy(record.arg, request->arg, sizeof(record.arg));
    return record;
}

static size_t make_path(const struct uring_request *request, const struct place *place, char *out)
{
    struct draft draft = {out, sizeof(struct wire_call_record)};
    struct wire_call_record record = record_of(request);
    struct sv new_name = {request->new_name, request->new_name_len};
    bool two = request->about == 0; /* names in directories */

    part(&record, WIRE_PART_NAME, put(&draft, request->name, request->name_len));
    if (two)
        part(&record, WIRE_PART_NEW_NAME, put(&draft, new_name.ptr, new_name.len));
    part(&record, WIRE_PART_BASE, put_base(&draft, place, name_of(request), request->fd));
    if (two)
        part(&record, WIRE_PART_NEW_BASE, put_base(&draft, place, new_name, request->new_fd));
    if (request->call == WIRE_CALL_SYMLINKAT)
        part(&record, WIRE_PART_STRING, put(&draft, new_name.ptr, new_name.len));
    memcpy(out, &record, sizeof(record));
    return draft.used;
}

/* What the caller gave; the socket itself is not looked at any more. */
static void fill_socket(struct wire_socket *socket, const struct uring_request *request)
{
    size_t len = request->address_len;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;

    assert(len <= URING_ADDRESS_MAX);
    if (len >= sizeof(socket->family))
        memcpy(&socket->family, request->address, sizeof(socket->family));
    if (socket->family == AF_INET && len >= sizeof(in)) {
        memcpy(&in, request->address, sizeof(in));
        socket->remote_port = ntohs(in.sin_port);
        memcpy(socket->remote, &in.sin_addr, sizeof(in.sin_addr));
    } else if (socket->family == AF_INET6 && len >= sizeof(in6) - sizeof(in6.sin6_scope_id)) {
        memcpy(&in6, request->address, sizeof(in6));
        socket->remote_port = ntohs(in6.sin6_port);
        memcpy(socket->remote, &in6.sin6_addr, sizeof(socket->remote));
    }
}

static size_t make_socket(const struct uring_request *request, char *out)
{
    struct draft draft = {out, sizeof(struct wire_call_record)};
    struct wire_call_record record = record_of(request);
    struct wire_socket socket = {0};
    const char *path = request->address + sizeof(socket.family);
    size_t len = request->address_len;

    fill_socket(&socket, request);
    record.fd.mode = S_IFSOCK;
    if (request->call == WIRE_CALL_SOCKET || request->call == WIRE_CALL_ACCEPT4)
        record.fd.num = (int32_t)request->result;
    part(&record, WIRE_PART_SOCKET, put(&draft, (const char *)&socket, sizeof(socket)));
    if (socket.family == AF_UNIX && len > sizeof(socket.family)) {
        len -= sizeof(socket.family);
        part(&record, WIRE_PART_UNIX,
             put(&draft, path, path[0] == '\0' ? len : strnlen(path, len)));
    }
    memcpy(out, &record, sizeof(record));
    return draft.used;
}

size_t kernel_uring_late_record(const struct uring_request *request, const char *proc, void *out)
{
    const struct place place = {proc, request->pid};
    struct wire_header *hdr = out;
    size_t used;

    switch (request->call) {
    case WIRE_CALL_OPENAT:
    case WIRE_CALL_OPENAT2:
        used = make_open(request, &place, out);
        break;
    case WIRE_CALL_UNLINKAT:
    case WIRE_CALL_RENAMEAT:
    case WIRE_CALL_RENAMEAT2:
    case WIRE_CALL_MKDIRAT:
    case WIRE_CALL_SYMLINKAT:
    case WIRE_CALL_LINKAT:
        used = make_path(request, &place, out);
        break;
    default:
        used = make_socket(request, out);
        break;
    }
    memset((char *)out + used, 0, 7);
    used = (used + 7) & ~(size_t)7;
    hdr->size = (uint32_t)used;
    return used;
}
