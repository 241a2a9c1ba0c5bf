#include "filter_facts.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/sv.h"

enum { MODE_BITS = 07777, MAPPED_BYTES = 12 };

static void know(struct filter_facts *facts, uint32_t subject, int64_t number)
{
    facts->known |= 1u << subject;
    facts->number[subject] = number;
}

static void text(struct filter_facts *facts, char *texts, uint32_t subject, const char *from,
                 uint32_t len)
{
    uint32_t index = subject - FILTER_FD_NAME;
    uint32_t at = FILTER_ENDS + index * (WIRE_PATH_MAX + FILTER_ENDS);
    const char *slash = memrchr(from, '/', len);

    memset(texts + at - FILTER_ENDS, '?', FILTER_ENDS);
    memcpy(texts + at, from, len);
    memset(texts + at + len, '?', FILTER_ENDS); /* what is behind means nothing */
    facts->known |= 1u << subject;
    facts->text[index] = (struct filter_text){.at = at, .len = len, .directory = 1, .file = ~0u};
    if (slash == NULL)
        return;
    facts->text[index].directory = slash == from ? 1 : (uint32_t)(slash - from);
    facts->text[index].file = len - (uint32_t)(slash - from) - 1;
}

/* Is it what path_join() makes of it, but for the directory before it? */
static bool is_plain(const char *name, uint32_t len)
{
    if (len == 0 || len > FILTER_SCAN_MAX || memchr(".<", name[0], 2) != NULL ||
        name[len - 1] == '/')
        return false;
    return memmem(name, len, "/.", 2) == NULL && memmem(name, len, "//", 2) == NULL;
}

/* The text of a path parameter: as given when that is absolute, else behind its directory. */
static void path(struct filter_facts *facts, char *texts, uint32_t subject, struct sv name,
                 struct sv base)
{
    char joined[2 * WIRE_PATH_MAX];

    if (name.len > 0 && name.ptr[0] == '/') {
        text(facts, texts, subject, name.ptr, (uint32_t)name.len);
        return;
    }
    if (!is_plain(name.ptr, (uint32_t)name.len) || base.len == 0 || base.ptr[0] != '/' ||
        base.len + 1 + name.len > WIRE_PATH_MAX)
        return;
    size_t len = base.len > 1 ? base.len : 0;
    memcpy(joined, base.ptr, len);
    joined[len++] = '/';
    memcpy(joined + len, name.ptr, name.len);
    text(facts, texts, subject, joined, (uint32_t)(len + name.len));
}

static void open_facts(struct filter_facts *facts, char *texts, const struct wire_open *open)
{
    const char *opened = open->data;
    const char *raw = opened + open->path_len;
    bool creates = (open->flags & O_CREAT) != 0 || (open->flags & O_TMPFILE) == O_TMPFILE;
    bool directory = S_ISDIR(open->file_mode);

    know(facts, FILTER_RESULT, open->result);
    know(facts, FILTER_OPEN_FLAGS,
         open->call == WIRE_CALL_CREAT ? O_CREAT | O_WRONLY | O_TRUNC : open->flags);
    if (creates || open->call == WIRE_CALL_CREAT)
        know(facts, FILTER_MODE, open->mode & MODE_BITS);
    know(facts, FILTER_FD_NUM, open->result >= 0 ? open->result : -1);
    know(facts, FILTER_FD_TYPE,
         open->result < 0 || open->file_mode == 0 ? FILTER_ABSENT : (directory ? 'd' : 'f'));
    if (open->path_len > 0 && opened[0] == '/' && opened[open->path_len - 1] != '/') {
        struct filter_text *name = &facts->text[0];
        text(facts, texts, FILTER_FD_NAME, opened, open->path_len);
        if (directory)
            name->directory = name->len;
        if (directory || facts->number[FILTER_FD_TYPE] != 'f')
            name->file = ~0u;
    }
    if (open->raw_len > 0) {
        if (memmem(raw, open->raw_len, "//", 2) == NULL && open->raw_len <= FILTER_SCAN_MAX)
            text(facts, texts, FILTER_FD_NAME_RAW, raw, open->raw_len);
        if (raw[0] == '/')
            text(facts, texts, FILTER_PATH, raw, open->raw_len);
        else if (raw[0] != '<' && (facts->known >> FILTER_FD_NAME & 1) != 0)
            text(facts, texts, FILTER_PATH, opened, open->path_len);
    }
}

static struct sv part(const struct wire_call_record *record, enum wire_part index)
{
    const char *at = record->data;

    for (int i = 0; i < (int)index; i++)
        at += record->len[i];
    return (struct sv){at, record->len[index]};
}

static void path_facts(struct filter_facts *facts, char *texts,
                       const struct wire_call_record *record)
{
    uint32_t mode = record->call == WIRE_CALL_CHMOD || record->call == WIRE_CALL_FCHMOD ? 1 : 2;

    know(facts, FILTER_MODE, record->arg[mode] & MODE_BITS);
    path(facts, texts, FILTER_PATH, part(record, WIRE_PART_NAME), part(record, WIRE_PART_BASE));
    path(facts, texts, FILTER_PATH_SECOND, part(record, WIRE_PART_NEW_NAME),
         part(record, WIRE_PART_NEW_BASE));
}

static bool is_mapped(const unsigned char *address)
{
    static const unsigned char prefix[MAPPED_BYTES] = {[10] = 0xff, [11] = 0xff};

    return memcmp(address, prefix, sizeof(prefix)) == 0;
}

static void end_facts(struct filter_facts *facts, uint32_t end, const unsigned char *address,
                      uint16_t port)
{
    size_t size = facts->family == 4 ? 4 : 16;

    memcpy(facts->ip[end], address, size);
    if (port == 0 && facts->ip[end][0] == 0 && facts->ip[end][1] == 0) {
        know(facts, FILTER_LOCAL_PORT + end, FILTER_ABSENT);
        return;
    }
    know(facts, FILTER_LOCAL_PORT + end, port);
    facts->known |= 1u << (FILTER_LOCAL_IP + end);
}

static int64_t protocol_of(const struct wire_socket *connect)
{
    if (connect->protocol != 0)
        return (uint8_t)connect->protocol;
    switch (connect->type) {
    case SOCK_STREAM:
        return IPPROTO_TCP;
    case SOCK_DGRAM:
        return IPPROTO_UDP;
    case SOCK_RAW:
        return IPPROTO_RAW;
    default:
        return 0;
    }
}

/* Of IPv6 addresses that stand for IPv4 ones nothing is known. */
static void connect_facts(struct filter_facts *facts, const struct wire_call_record *record)
{
    struct sv bytes = part(record, WIRE_PART_SOCKET);
    struct wire_socket socket = {0};

    know(facts, FILTER_FD_NUM, record->fd.num);
    if (bytes.len != sizeof(socket))
        return;
    memcpy(&socket, bytes.ptr, sizeof(socket));
    if (socket.family != AF_INET && socket.family != AF_INET6) {
        know(facts, FILTER_FD_TYPE,
             socket.family == AF_UNIX ? 'u' : (socket.family == AF_NETLINK ? 'n' : 'o'));
        know(facts, FILTER_FD_L4, 0);
        know(facts, FILTER_LOCAL_PORT, FILTER_ABSENT);
        know(facts, FILTER_REMOTE_PORT, FILTER_ABSENT);
        facts->known |= 1u << FILTER_LOCAL_IP | 1u << FILTER_REMOTE_IP;
        return;
    }
    know(facts, FILTER_FD_L4, protocol_of(&socket));
    if (socket.family == AF_INET6 && (is_mapped(socket.remote) || is_mapped(socket.local)))
        return;
    facts->family = socket.family == AF_INET ? 4 : 6;
    know(facts, FILTER_FD_TYPE, socket.family == AF_INET ? '4' : '6');
    end_facts(facts, 0, socket.local, socket.local_port);
    end_facts(facts, 1, socket.remote, socket.remote_port);
}

static void call_facts(struct filter_facts *facts, char *texts,
                       const struct wire_call_record *record)
{
    know(facts, FILTER_RESULT, record->result);
    switch (record->call) {
    case WIRE_CALL_CONNECT:
        connect_facts(facts, record);
        break;
    case WIRE_CALL_UNLINK:
    case WIRE_CALL_UNLINKAT:
    case WIRE_CALL_RMDIR:
    case WIRE_CALL_MKDIR:
    case WIRE_CALL_MKDIRAT:
    case WIRE_CALL_RENAME:
    case WIRE_CALL_RENAMEAT:
    case WIRE_CALL_RENAMEAT2:
    case WIRE_CALL_CHMOD:
    case WIRE_CALL_FCHMOD:
    case WIRE_CALL_FCHMODAT:
    case WIRE_CALL_FCHMODAT2:
        path_facts(facts, texts, record);
        break;
    default:
        break;
    }
}

bool filter_facts_of(const struct wire_header *record, struct filter_facts *facts, char *texts)
{
    *facts = (struct filter_facts){0};
    switch (record->kind) {
    case WIRE_OPEN:
        open_facts(facts, texts, (const struct wire_open *)record);
        return true;
    case WIRE_CALL:
        call_facts(facts, texts, (const struct wire_call_record *)record);
        return true;
    default:
        return false;
    }
}
