#include "decode/call.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "decode/call_table.h"
#include "decode/path.h"
#include "decode/socket.h"

/* Files that are no files: the name that the kernel gives them, and their letter. */
static const struct {
    const char *name;
    char letter;
} pseudo_files[] = {
    {"/[eventfd]", 'e'},     {"/[signalfd]", 's'}, {"/[eventpoll]", 'l'}, {"/inotify", 'i'},
    {"/[timerfd]", 't'},     {"/bpf-map", 'b'},    {"/bpf-prog", 'b'},    {"/bpf_link", 'b'},
    {"/bpf-link", 'b'},      {"/btf", 'b'},        {"/[pidfd]", 'P'},     {"/[io_uring]", 'r'},
    {"/[userfaultfd]", 'U'},
};

bool call_has(const struct call_view *view, enum wire_part part)
{
    return (view->record->parts >> part & 1) != 0;
}

bool call_open(struct call_view *view, const struct wire_call_record *record, struct event *event)
{
    struct sv rest = {record->data, record->hdr.size - sizeof(*record)};

    *view = (struct call_view){.record = record, .event = event};
    for (int i = 0; i < WIRE_PART_COUNT; i++) {
        if (record->len[i] > rest.len)
            return false;
        view->part[i] = sv_sub(rest, 0, record->len[i]);
        rest = sv_sub(rest, record->len[i], rest.len);
    }
    if (record->len[WIRE_PART_SOCKET] % sizeof(struct wire_socket) != 0)
        return false; /* what comes next would not be aligned */
    if (record->len[WIRE_PART_SOCKET] == sizeof(struct wire_socket))
        view->socket = (const struct wire_socket *)view->part[WIRE_PART_SOCKET].ptr;
    if (record->len[WIRE_PART_TASK] == sizeof(struct wire_task))
        view->task = (const struct wire_task *)view->part[WIRE_PART_TASK].ptr;
    return true;
}

/* The descriptor */

static void describe_file(struct event_fd *fd, uint32_t mode, struct sv path)
{
    fd->name = path;
    if (S_ISDIR(mode)) {
        fd->type = 'd';
    } else if (S_ISFIFO(mode) && sv_starts(path, SV("pipe:["))) {
        fd->type = 'p';
        fd->name = (struct sv){NULL, 0};
    } else if (sv_starts(path, SV("/memfd:"))) {
        fd->type = 'm';
        fd->name = sv_sub(path, SV("/memfd:").len, path.len);
    } else {
        fd->type = 'f';
    }
    for (size_t i = 0; (mode & S_IFMT) == 0 && i < ARRAY_LEN(pseudo_files); i++) {
        if (!sv_eq(path, sv(pseudo_files[i].name)))
            continue;
        fd->type = pseudo_files[i].letter;
        fd->name = (struct sv){NULL, 0};
    }
}

static enum socket_role role_in(enum event_type type)
{
    switch (type) {
    case EVENT_CONNECT:
        return SOCKET_ROLE_CLIENT;
    case EVENT_ACCEPT:
    case EVENT_ACCEPT4:
    case EVENT_LISTEN:
        return SOCKET_ROLE_SERVER;
    default:
        return SOCKET_ROLE_GUESS;
    }
}

/* A descriptor that names a directory, which names are relative to. */
static bool is_at(const struct call_view *view)
{
    return call_has(view, WIRE_PART_BASE);
}

static void set_file(struct call_view *view)
{
    const struct wire_fd *in = &view->record->fd;
    struct event_fd *fd = &view->event->fd;
    struct sv path = view->part[is_at(view) ? WIRE_PART_BASE : WIRE_PART_FD];

    if (in->mode == 0 && path.len == 0)
        return;
    if (is_at(view) && (in->num == AT_FDCWD || path.len == 0))
        return;
    describe_file(fd, in->mode == 0 && is_at(view) ? S_IFDIR : in->mode, path);
    if (fd->type == 'f' || fd->type == 'd')
        fd->name_raw = fd->name;
}

static void set_fd(struct call_view *view)
{
    const struct wire_call_record *record = view->record;
    struct event *event = view->event;

    if (!record->fd.has)
        return;
    event->fd = (struct event_fd){
        .known = true,
        .num = record->fd.num,
        .ino = record->fd.ino,
        .dev = record->fd.dev,
        .upper_layer = (record->hdr.flags & WIRE_FILE_UPPER) != 0,
        .lower_layer = (record->hdr.flags & WIRE_FILE_LOWER) != 0,
    };
    if (event->fd.num < 0 && event->fd.num != AT_FDCWD)
        event->fd.num = -1;
    if (view->socket != NULL)
        socket_describe(&event->fd, view->socket, view->part[WIRE_PART_UNIX], role_in(event->type),
                        event->scratch);
    else
        set_file(view);
}

/* Paths */

static struct sv parent_of(struct sv path)
{
    size_t slash = sv_rfind_char(path, '/');

    return slash == SIZE_MAX || slash == 0 ? SV("/") : sv_sub(path, 0, slash);
}

static void set_symlink(struct event *event, struct sv link, struct sv link_raw, struct sv target)
{
    event->path_source = link;
    event->path_source_raw = link_raw;
    event->path_target = path_join(event->scratch, parent_of(link), target);
    event->path_target_raw = target;
}

static void set_paths(struct call_view *view, enum call_paths paths)
{
    struct event *event = view->event;
    struct sv raw = view->part[WIRE_PART_NAME], new_raw = view->part[WIRE_PART_NEW_NAME];
    struct sv name = path_join(event->scratch, view->part[WIRE_PART_BASE], raw);
    struct sv new_name = path_join(event->scratch, view->part[WIRE_PART_NEW_BASE], new_raw);

    switch (paths) {
    case CALL_PATHS_NONE:
        break;
    case CALL_PATHS_NAME:
        event->path = name;
        event->path_raw = raw;
        break;
    case CALL_PATHS_FD:
        event->path = event->path_raw = view->part[WIRE_PART_FD];
        break;
    case CALL_PATHS_MOVE:
        event->path_source = name;
        event->path_source_raw = raw;
        event->path_target = new_name;
        event->path_target_raw = new_raw;
        break;
    case CALL_PATHS_LINK:
        event->path_source = new_name;
        event->path_source_raw = new_raw;
        event->path_target = name;
        event->path_target_raw = raw;
        break;
    case CALL_PATHS_SYMLINK:
        set_symlink(event, name, raw, view->part[WIRE_PART_STRING]);
        break;
    }
}

void call_decode(struct event *event, const struct wire_call_record *record)
{
    struct call_view view;
    const struct call_row *row;

    if (!call_open(&view, record, event))
        return;
    row = call_row((enum wire_call)record->call);
    event->has_result = true;
    event->result = record->result;
    set_fd(&view);
    set_paths(&view, row->paths);
    if (row->adjust != NULL)
        row->adjust(&view);
    for (uint32_t i = 0; i < row->count; i++)
        event->arg[event->arg_count++] = row->param[i].get(&view, row->param[i].index);
}
