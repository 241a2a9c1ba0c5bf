/* Names: paths that events are about, and what numbers in parameters are called. */
#include <fcntl.h>
#include <netinet/in.h>

#include "base/arena.h"
#include "enrich/history_turn.h"
#include "enrich/text.h"

enum { PATH_LEN_MAX = 1024 };

static const struct sv unknown = {"<UNKNOWN>", 9};

/* --------------------------------------------------------------------------------------- joining
 */

/* The path being made: `base` is not looked into, but `..` leads up through it. */
struct joined {
    char *text;
    size_t len;
    bool empty_base;
};

static void up(struct joined *j)
{
    if (j->len <= 1)
        return;
    j->len--;
    while (j->len >= 1 && j->text[j->len - 1] != '/')
        j->len--;
}

static void append(struct joined *j, struct sv path)
{
    for (size_t i = 0; i < path.len;) {
        bool begins = j->len == 0 || j->text[j->len - 1] == '/';
        char c = path.ptr[i];
        char next = i + 1 < path.len ? path.ptr[i + 1] : '\0';
        char after = i + 2 < path.len ? path.ptr[i + 2] : '\0';
        if (c == '.' && begins && next == '.' && (after == '/' || after == '\0')) {
            up(j);
            i += after == '/' ? 3 : 2;
        } else if (c == '.' && begins && (next == '/' || next == '\0')) {
            i += next == '/' ? 2 : 1;
        } else if (c == '/' && ((j->len > 0 && begins) || (j->len == 0 && !j->empty_base))) {
            i++;
        } else {
            j->text[j->len++] = c;
            i++;
        }
    }
    if (j->len > 1 && j->text[j->len - 1] == '/')
        j->len--;
}

static struct sv join(struct arena *scratch, struct sv base, struct sv path)
{
    bool absolute = path.len == 0 || path.ptr[0] == '/';
    struct joined j = {.empty_base = absolute || base.len == 0};

    if (base.len + path.len + 1 > PATH_LEN_MAX)
        return SV("/DIR_TOO_LONG/FILENAME_TOO_LONG");
    j.text = arena_array(scratch, char, base.len + path.len + 1);
    if (j.text == NULL)
        return path;
    if (!absolute && base.len > 0) {
        memcpy(j.text, base.ptr, base.len);
        j.len = base.len;
    }
    append(&j, path);
    return (struct sv){j.text, j.len};
}

struct sv history_join(struct turn *turn, struct sv base, struct sv path)
{
    return join(turn->event->scratch, base, path);
}

/* The directory of a descriptor, with a slash at the end. */
static struct sv directory_of(struct arena *scratch, struct thread *thread, int64_t dirfd,
                              struct sv none)
{
    struct descriptors **files = history_files(thread);
    const struct descriptor *fd = files == NULL ? NULL : descriptors_find(*files, dirfd);
    struct sv name = fd == NULL ? none : text_sv(fd->name);

    if (fd == NULL || name.len == 0 || name.ptr[name.len - 1] == '/')
        return name;
    return arena_printf(scratch, "%.*s/", SV_ARG(name));
}

static struct sv base_of(struct arena *scratch, struct thread *thread, struct sv path,
                         int64_t dirfd)
{
    if (path.len > 0 && path.ptr[0] == '/')
        return SV(".");
    if (dirfd == AT_FDCWD)
        return history_cwd(thread);
    return directory_of(scratch, thread, dirfd, unknown);
}

struct sv history_base(struct turn *turn, struct sv path, int64_t dirfd)
{
    return base_of(turn->event->scratch, turn->thread, path, dirfd);
}

/* --------------------------------------------------------------------------------- fs.path.* */

static bool is_one_of(struct sv name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sv_eq(name, sv(names[i])))
            return true;
    }
    return false;
}

/* The directory of the event's descriptor, where it is known to be one. */
static struct sv event_directory(struct turn *turn)
{
    const struct descriptor *fd = turn->fd;
    struct sv name = fd == NULL ? unknown : text_sv(fd->name);

    if (fd == NULL || fd->type != 'd')
        return unknown;
    if (name.len == 0 || name.ptr[name.len - 1] == '/')
        return name;
    return arena_printf(turn->event->scratch, "%.*s/", SV_ARG(name));
}

/* What a relative path of the event starts from. Some calls of two directories are taken to start
 * from the working directory: as Falco has it, for its rules. */
static struct sv path_base(struct turn *turn, struct sv event, struct sv path, bool is_target)
{
    static const char *const by_fd[] = {"newfstatat", "fchownat", "fchmodat",
                                        "mkdirat",    "unlinkat", "mknodat"};

    if (is_one_of(event, by_fd, ARRAY_LEN(by_fd)))
        return event_directory(turn);
    if (sv_eq(event, SV("symlinkat")))
        return is_target ? unknown : event_directory(turn);
    if (sv_eq(event, SV("renameat2")))
        return history_base(turn, path, turn_i64(turn, is_target ? 3 : 1));
    return history_cwd(turn->thread);
}

static struct sv resolved(struct turn *turn, struct sv raw, bool is_target)
{
    enum event_type type = turn->event->type;
    struct sv event = sv(event_type_info(type)->name);

    if (raw.len > 0 && raw.ptr[0] == '/')
        return history_join(turn, (struct sv){NULL, 0}, raw);
    if (type == EVENT_OPENAT || type == EVENT_OPENAT2)
        return history_join(turn, (struct sv){NULL, 0},
                            turn->fd == NULL ? unknown : text_sv(turn->fd->name));
    return history_join(turn, path_base(turn, event, raw, is_target), raw);
}

/* The text of the parameter, or the name of the descriptor when it is one. */
static struct sv raw_path(struct turn *turn, const char *param)
{
    int index = event_param_index(turn->event->type, sv(param));

    if (index < 0)
        return (struct sv){NULL, 0};
    if (strcmp(param, "fd") == 0)
        return turn->fd == NULL || turn->fd->name == NULL ? SV("") : text_sv(turn->fd->name);
    return turn_has(turn, (uint32_t)index) ? turn_text(turn, (uint32_t)index) : SV("<NA>");
}

void history_set_paths(struct turn *turn, const struct effect *effect)
{
    struct event *event = turn->event;
    bool opens = event_opens(event->type);

    if (effect->path == NULL || turn->thread == NULL || !event->has_result)
        return;
    if (opens ? event->result == -1 : event->result != 0)
        return;
    struct sv raw = raw_path(turn, effect->path);
    if (effect->target == NULL) {
        event->path_raw = raw;
        event->path = raw.ptr == NULL ? raw : resolved(turn, raw, false);
        return;
    }
    event->path_source_raw = raw;
    event->path_source = raw.ptr == NULL ? raw : resolved(turn, raw, false);
    raw = raw_path(turn, effect->target);
    event->path_target_raw = raw;
    event->path_target = raw.ptr == NULL ? raw : resolved(turn, raw, true);
}

/* ------------------------------------------------------------------------------ the descriptor */

static bool is_local(const struct history *history, const struct thread *thread,
                     const struct value_ip *ip)
{
    if (thread->container != NULL)
        return false;
    for (uint32_t i = 0; i < history->interface_count; i++) {
        const struct value_ip *own = &history->interface[i].address;
        size_t len = ip->family == 4 ? 4 : 8;
        if (own->family == ip->family && memcmp(own->byte, ip->byte, len) == 0)
            return true;
    }
    return false;
}

static void show_ends(const struct history *history, const struct thread *thread,
                      const struct descriptor *fd, struct event_fd *out)
{
    bool from_here = is_local(history, thread, &fd->from);

    out->listening = fd->listening;
    out->local_server = fd->listening || is_local(history, thread, &fd->to);
    out->has_addresses = fd->role != DESCRIPTOR_ROLE_NONE;
    out->server = fd->listening || !from_here;
    out->local = out->server ? fd->to : fd->from;
    out->local_port = out->server ? fd->to_port : fd->from_port;
    out->remote = out->server ? fd->from : fd->to;
    out->remote_port = out->server ? fd->from_port : fd->to_port;
}

void history_show_fd(const struct history *history, const struct thread *thread, int64_t num,
                     const struct descriptor *fd, struct event_fd *out)
{
    bool has_role = fd->role != DESCRIPTOR_ROLE_NONE || fd->listening;

    *out = (struct event_fd){
        .known = true,
        .num = num,
        .type = fd->type,
        .name = text_sv(fd->name),
        .name_raw = text_sv(fd->name_raw),
        .ino = fd->ino,
        .dev = fd->dev,
        .upper_layer = fd->upper_layer,
        .lower_layer = fd->lower_layer,
        .l4_protocol = has_role || fd->l4_protocol == IPPROTO_RAW ? fd->l4_protocol : (uint8_t)0,
        .connected = fd->connected,
    };
    if (fd->type == '4' || fd->type == '6')
        show_ends(history, thread, fd, out);
}

/* ----------------------------------------------------------------------- names of other numbers */

static struct thread *thread_of(const struct event *event)
{
    const struct history *history = event->names->ctx;

    return (struct thread *)(uintptr_t)history->now;
}

static bool name_fd(const struct event *event, int64_t num, struct event_fd *out)
{
    struct thread *thread = thread_of(event);
    struct descriptors **files = thread == NULL ? NULL : history_files(thread);
    const struct descriptor *fd = files == NULL ? NULL : descriptors_find(*files, num);

    if (fd == NULL)
        return false;
    history_show_fd(event->names->ctx, thread, num, fd, out);
    return true;
}

static struct sv name_process(const struct event *event, int64_t tid)
{
    const struct history *history = event->names->ctx;
    const struct thread *thread = threads_find(&history->threads, tid);

    return thread == NULL ? (struct sv){NULL, 0} : text_sv(thread->comm);
}

static struct sv name_user(const struct event *event, uint32_t uid)
{
    const struct history *history = event->names->ctx;
    const struct thread *thread = thread_of(event);
    const struct user *user =
        thread == NULL ? NULL
                       : recorded_users_user(&history->users, history_container_id(thread), uid);

    return user == NULL ? (struct sv){NULL, 0} : user->name;
}

static struct sv name_group(const struct event *event, uint32_t gid)
{
    const struct history *history = event->names->ctx;
    const struct thread *thread = thread_of(event);
    const struct group *group =
        thread == NULL ? NULL
                       : recorded_users_group(&history->users, history_container_id(thread), gid);

    return group == NULL ? (struct sv){NULL, 0} : group->name;
}

static struct sv name_path(const struct event *event, int64_t dirfd, struct sv raw)
{
    struct thread *thread = thread_of(event);

    if (thread == NULL)
        return (struct sv){NULL, 0};
    struct sv base = dirfd == AT_FDCWD
                         ? history_cwd(thread)
                         : directory_of(event->scratch, thread, dirfd, (struct sv){NULL, 0});
    return join(event->scratch, base, raw);
}

void history_names_init(struct history *history)
{
    history->names = (struct event_names){
        .fd = name_fd,
        .process = name_process,
        .user = name_user,
        .group = name_group,
        .path = name_path,
        .ctx = history,
    };
}
