/* Descriptors from /proc.
 *
 * A link in /proc/PID/fd names a path, "socket:[INODE]", "pipe:[INODE]" or "anon_inode:WHAT". What
 * a socket is connected to stands in the tables of its process's network namespace, by inode:
 * /proc/PID/net/tcp and so on, read once a namespace. */
#include "app/capture_fds.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "capture/scap_blocks.h"
#include "decode/flags.h"

enum {
    NET_FILE_MAX = 32 << 20,
    FDINFO_MAX = 4096,
    LINK_MAX = 4096,
    L4_NONE = 1,
    L4_TCP = 2,
    L4_UDP = 3,
    L4_RAW = 5,
};

struct capture_fds {
    struct arena *arena;
    struct nmap sockets;    /* inode to struct scap_fd, of all namespaces read */
    struct nmap namespaces; /* inode of those that were read, to anything */
};

struct capture_fds *capture_fds_new(void)
{
    struct capture_fds *fds = xcalloc(1, sizeof(*fds));

    fds->arena = arena_new(65536);
    return fds;
}

void capture_fds_free(struct capture_fds *fds)
{
    if (fds == NULL)
        return;
    nmap_done(&fds->sockets);
    nmap_done(&fds->namespaces);
    arena_free(fds->arena);
    free(fds);
}

/* --- sockets --------------------------------------------------------------------------------- */

static struct sv next_word(struct sv *line)
{
    while (line->len > 0 && line->ptr[0] == ' ')
        *line = sv_sub(*line, 1, line->len);
    return sv_split(line, ' ');
}

static bool parse_hex(struct sv text, uint64_t *out)
{
    uint64_t number = 0;

    if (text.len == 0 || text.len > 16)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        uint64_t digit = c >= '0' && c <= '9'   ? (uint64_t)(c - '0')
                         : c >= 'A' && c <= 'F' ? (uint64_t)(c - 'A') + 10
                         : c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a') + 10
                                                : UINT64_MAX;
        if (digit == UINT64_MAX)
            return false;
        number = number << 4 | digit;
    }
    *out = number;
    return true;
}

/* "0100007F:0050": words of 32 bits as the machine has them, then the port. */
static bool parse_end(struct sv text, uint8_t address[16], uint16_t *port)
{
    size_t colon = sv_rfind_char(text, ':');
    uint64_t number;

    if (colon == SIZE_MAX || (colon != 8 && colon != 32))
        return false;
    for (size_t at = 0; at < colon; at += 8) {
        if (!parse_hex(sv_sub(text, at, 8), &number))
            return false;
        uint32_t word = (uint32_t)number;
        memcpy(address + at / 2, &word, sizeof(word));
    }
    if (!parse_hex(sv_sub(text, colon + 1, text.len), &number) || number > UINT16_MAX)
        return false;
    *port = (uint16_t)number;
    return true;
}

static void keep(struct capture_fds *fds, const struct scap_fd *found)
{
    struct scap_fd *copy;

    if (found->ino == 0 || fds->sockets.count >= CAPTURE_SOCKETS_MAX)
        return;
    copy = arena_one(fds->arena, struct scap_fd);
    *copy = *found;
    copy->name = arena_sv(fds->arena, found->name);
    (void)nmap_put(&fds->sockets, found->ino, copy);
}

/* "  0: LOCAL REMOTE STATE tx:rx tr:when retries uid timeout INODE ..." */
static void read_inet_line(struct capture_fds *fds, struct sv line, bool six, uint8_t l4)
{
    struct scap_fd found = {.l4 = l4};
    bool listening;

    (void)next_word(&line);
    if (!parse_end(next_word(&line), found.local, &found.local_port) ||
        !parse_end(next_word(&line), found.remote, &found.remote_port))
        return;
    listening = found.remote_port == 0;
    found.type = six ? (listening ? SCAP_FD_IPV6_LISTEN : SCAP_FD_IPV6)
                     : (listening ? SCAP_FD_IPV4_LISTEN : SCAP_FD_IPV4);
    for (int skip = 0; skip < 6; skip++)
        (void)next_word(&line);
    if (sv_to_u64(next_word(&line), &found.ino))
        keep(fds, &found);
}

/* "ADDRESS: refs protocol flags type state INODE path" */
static void read_unix_line(struct capture_fds *fds, struct sv line)
{
    struct scap_fd found = {.type = SCAP_FD_UNIX};
    struct sv address = next_word(&line);

    (void)parse_hex(sv_sub(address, 0, address.len - (address.len > 0)), &found.source);
    for (int skip = 0; skip < 5; skip++)
        (void)next_word(&line);
    if (!sv_to_u64(next_word(&line), &found.ino))
        return;
    found.name = sv_trim(line);
    keep(fds, &found);
}

static void read_sockets(struct capture_fds *fds, uint32_t pid)
{
    static const struct {
        const char *name;
        bool inet, six;
        uint8_t l4;
    } files[] = {
        {"tcp", true, false, L4_TCP},    {"tcp6", true, true, L4_TCP}, {"udp", true, false, L4_UDP},
        {"udp6", true, true, L4_UDP},    {"raw", true, false, L4_RAW}, {"raw6", true, true, L4_RAW},
        {"unix", false, false, L4_NONE},
    };
    char path[64];

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        scoped(buf_done) struct buf text = {.limit = NET_FILE_MAX};
        (void)snprintf(path, sizeof(path), "/proc/%u/net/%s", pid, files[i].name);
        if (file_read(path, NET_FILE_MAX, &text, NULL) < 0)
            continue;
        struct sv rest = buf_view(&text);
        (void)sv_split(&rest, '\n'); /* the names of the columns */
        while (rest.len > 0) {
            struct sv line = sv_split(&rest, '\n');
            if (files[i].inet)
                read_inet_line(fds, line, files[i].six, files[i].l4);
            else
                read_unix_line(fds, line);
        }
    }
}

static void know_sockets(struct capture_fds *fds, uint32_t pid)
{
    struct stat st;
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
    if (stat(path, &st) != 0 || nmap_find(&fds->namespaces, st.st_ino) != NULL)
        return;
    (void)nmap_put(&fds->namespaces, st.st_ino, fds);
    read_sockets(fds, pid);
}

/* --- descriptors ----------------------------------------------------------------------------- */

static enum scap_fd_type anonymous_type(struct sv what)
{
    static const struct {
        const char *name;
        enum scap_fd_type type;
    } kinds[] = {
        {"[eventpoll]", SCAP_FD_EPOLL}, {"[eventfd]", SCAP_FD_EVENT},
        {"[signalfd]", SCAP_FD_SIGNAL}, {"[timerfd]", SCAP_FD_TIMER},
        {"inotify", SCAP_FD_INOTIFY},
    };

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (sv_eq(what, sv(kinds[i].name)))
            return kinds[i].type;
    }
    return SCAP_FD_OTHER;
}

/* The flags line of fdinfo is octal. */
static uint32_t open_flags(int dir, const char *name)
{
    scoped(buf_done) struct buf text = {.limit = FDINFO_MAX};
    char path[64];
    uint32_t flags = 0;

    (void)snprintf(path, sizeof(path), "../fdinfo/%s", name);
    scoped(fd_close) int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
    char *room = buf_room(&text, FDINFO_MAX - 1);
    ssize_t got = fd < 0 || room == NULL ? -1 : read(fd, room, FDINFO_MAX - 1);
    if (got <= 0)
        return 0;
    text.len += (size_t)got;
    size_t at = sv_find(buf_view(&text), SV("flags:"), 0);
    if (at == SIZE_MAX)
        return 0;
    struct sv digits = sv_trim(sv_sub(buf_view(&text), at + strlen("flags:"), text.len));
    digits = sv_split(&digits, '\n');
    for (size_t i = 0; i < digits.len && digits.ptr[i] >= '0' && digits.ptr[i] <= '7'; i++)
        flags = flags * 8 + (uint32_t)(digits.ptr[i] - '0');
    return flags_open(flags);
}

/* What is behind "socket:[INODE]"; an unknown one is a socket of no address. */
static void fill_socket(const struct capture_fds *fds, struct scap_fd *fd, struct sv link)
{
    const struct scap_fd *known = nmap_find(&fds->sockets, fd->ino);
    int64_t num = fd->num;

    if (known != NULL) {
        *fd = *known;
        fd->num = num;
        return;
    }
    fd->type = SCAP_FD_OTHER;
    fd->name = link;
}

static bool fill_fd(const struct capture_fds *fds, int dir, const char *name, struct sv link,
                    struct scap_fd *fd)
{
    static const char anonymous[] = "anon_inode:";
    struct stat st;
    uint64_t num;

    if (!sv_to_u64(sv(name), &num) || fstatat(dir, name, &st, 0) != 0)
        return false;
    *fd = (struct scap_fd){.num = (int64_t)num, .ino = st.st_ino, .name = link};
    if (S_ISSOCK(st.st_mode) && sv_starts(link, SV("socket:"))) {
        fill_socket(fds, fd, link);
    } else if (S_ISFIFO(st.st_mode)) {
        fd->type = SCAP_FD_FIFO;
    } else if (sv_starts(link, sv(anonymous))) {
        fd->name = sv_sub(link, strlen(anonymous), link.len);
        fd->type = anonymous_type(fd->name);
    } else if (S_ISDIR(st.st_mode)) {
        fd->type = SCAP_FD_DIRECTORY;
    } else {
        fd->type = SCAP_FD_FILE_V2;
        fd->open_flags = open_flags(dir, name);
        fd->dev = (uint32_t)st.st_dev;
    }
    return true;
}

static void scoped_dir_close(DIR **dir)
{
    if (*dir != NULL)
        (void)closedir(*dir);
}

void capture_fds_put(struct capture_fds *fds, uint32_t pid, struct buf *out)
{
    char path[64], link[LINK_MAX];
    size_t at = out->len;
    uint32_t count = 0;

    (void)snprintf(path, sizeof(path), "/proc/%u/fd", pid);
    scoped(dir_close) DIR *dir = opendir(path);
    if (dir == NULL)
        return;
    know_sockets(fds, pid);
    (void)scap_block_begin(out, SCAP_BLOCK_FDS);
    scap_put_fds_of(out, pid);
    for (struct dirent *item = readdir(dir); item != NULL; item = readdir(dir)) {
        ssize_t len = readlinkat(dirfd(dir), item->d_name, link, sizeof(link));
        struct scap_fd fd;
        if (len <= 0 || count == CAPTURE_FDS_MAX ||
            !fill_fd(fds, dirfd(dir), item->d_name, (struct sv){link, (size_t)len}, &fd))
            continue;
        scap_put_fd(out, &fd);
        count++;
    }
    if (count == 0) {
        out->len = at; /* nothing after all */
        return;
    }
    scap_block_end(out, at);
}
