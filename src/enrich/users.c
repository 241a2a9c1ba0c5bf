#include "enrich/users.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "enrich/rootfs.h"
#include "enrich/told.h"

enum { PATH_FIELD_MAX = 4096 };

struct source {
    const char *path;
    struct rootfs_stamp stamp; /* all zero: no file */
    struct buf text;
};

struct users {
    struct source passwd, group;
    struct nmap user_by_id, group_by_id;
    uint64_t checked_ns;     /* 0: never */
    const struct told *told; /* NULL: files count */
    struct sv container_id;
};

struct users *users_new(void)
{
    struct users *users = xcalloc(1, sizeof(*users));

    users->passwd.path = "etc/passwd";
    users->group.path = "etc/group";
    buf_init(&users->passwd.text, 2 * USERS_FILE_MAX);
    buf_init(&users->group.text, 2 * USERS_FILE_MAX);
    return users;
}

static void free_values(struct nmap *map)
{
    size_t at = 0;

    for (struct nmap_slot *slot = nmap_next(map, &at); slot != NULL; slot = nmap_next(map, &at))
        free(slot->value);
    nmap_done(map);
}

void users_free(struct users *users)
{
    if (users == NULL)
        return;
    buf_done(&users->passwd.text);
    buf_done(&users->group.text);
    free_values(&users->user_by_id);
    free_values(&users->group_by_id);
    free(users);
}

/* Lines */

/* As getpwent(3) does, pass over comments and the entries of NIS; and over whatever could not be
 * shown as one name. */
static bool line_has_name(struct sv line, struct sv *name, struct sv *rest)
{
    if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == '+' || line.ptr[0] == '-')
        return false;
    *rest = line;
    *name = sv_split(rest, ':');
    return name->len > 0 && name->len <= USERS_NAME_MAX && rest->ptr != NULL &&
           memchr(line.ptr, '\0', line.len) == NULL;
}

static bool id_is(struct sv text, uint32_t id)
{
    uint64_t number;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    return sv_to_u64(text, &number) && number == id;
}

static struct sv path_field(struct sv text)
{
    return text.len > PATH_FIELD_MAX || text.len == 0 ? (struct sv){NULL, 0} : text;
}

bool users_find_passwd(struct sv text, uint32_t uid, struct user *out)
{
    struct sv name;
    struct sv rest;

    while (text.ptr != NULL) {
        if (!line_has_name(sv_split(&text, '\n'), &name, &rest))
            continue;
        (void)sv_split(&rest, ':'); /* password */
        if (!id_is(sv_split(&rest, ':'), uid))
            continue;
        (void)sv_split(&rest, ':'); /* group */
        (void)sv_split(&rest, ':'); /* full name */
        *out = (struct user){.uid = uid, .name = name};
        out->home = path_field(sv_split(&rest, ':'));
        out->shell = path_field(sv_split(&rest, ':'));
        return true;
    }
    return false;
}

bool users_find_group(struct sv text, uint32_t gid, struct group *out)
{
    struct sv name;
    struct sv rest;

    while (text.ptr != NULL) {
        if (!line_has_name(sv_split(&text, '\n'), &name, &rest))
            continue;
        (void)sv_split(&rest, ':'); /* password */
        if (!id_is(sv_split(&rest, ':'), gid))
            continue;
        *out = (struct group){.gid = gid, .name = name};
        return true;
    }
    return false;
}

/* Views */

/* True when the text is another than before. */
static bool source_refresh(struct source *source, int root_fd)
{
    struct rootfs_stamp stamp = {0};

    if (rootfs_stat(root_fd, source->path, &stamp) < 0)
        stamp = (struct rootfs_stamp){0};
    if (rootfs_same(&stamp, &source->stamp))
        return false;
    source->stamp = stamp;
    buf_reset(&source->text);
    if (stamp.ino == 0)
        return true;
    if (file_read_in_root(root_fd, source->path, USERS_FILE_MAX, &source->text, NULL) < 0)
        buf_reset(&source->text);
    return true;
}

static void user_fill(struct users *users, struct user *user)
{
    uint32_t uid = user->uid;

    if (users->told != NULL) {
        const struct user *told = told_find_user(users->told, users->container_id, uid);
        *user = (struct user){.uid = uid};
        if (told != NULL)
            *user = *told;
        return;
    }
    if (!users_find_passwd(buf_view(&users->passwd.text), uid, user))
        *user = (struct user){.uid = uid};
}

static void group_fill(struct users *users, struct group *group)
{
    uint32_t gid = group->gid;

    if (users->told != NULL) {
        const struct group *told = told_find_group(users->told, users->container_id, gid);
        *group = (struct group){.gid = gid};
        if (told != NULL)
            *group = *told;
        return;
    }
    if (!users_find_group(buf_view(&users->group.text), gid, group))
        *group = (struct group){.gid = gid};
}

static void refill_users(struct users *users)
{
    struct nmap_slot *slot;
    size_t at = 0;

    while ((slot = nmap_next(&users->user_by_id, &at)) != NULL)
        user_fill(users, slot->value);
}

static void refill_groups(struct users *users)
{
    struct nmap_slot *slot;
    size_t at = 0;

    while ((slot = nmap_next(&users->group_by_id, &at)) != NULL)
        group_fill(users, slot->value);
}

void users_tell(struct users *users, const struct told *told, struct sv container_id)
{
    users->told = told;
    users->container_id = container_id;
}

void users_retell(struct users *users)
{
    refill_users(users);
    refill_groups(users);
}

bool users_stale(const struct users *users, uint64_t now_ns)
{
    return users->checked_ns == 0 || now_ns >= users->checked_ns + USERS_CHECK_NS;
}

bool users_refresh(struct users *users, int root_fd, uint64_t now_ns)
{
    bool changed = false;

    if (!users_stale(users, now_ns))
        return false;
    users->checked_ns = now_ns == 0 ? 1 : now_ns;
    if (source_refresh(&users->passwd, root_fd)) {
        changed = true;
        refill_users(users);
    }
    if (source_refresh(&users->group, root_fd)) {
        changed = true;
        refill_groups(users);
    }
    return changed;
}

const struct user *users_user(struct users *users, uint32_t uid)
{
    struct user *user = nmap_find(&users->user_by_id, uid);

    if (user != NULL || users->user_by_id.count >= USERS_IDS_MAX)
        return user;
    user = xcalloc(1, sizeof(*user));
    user->uid = uid;
    user_fill(users, user);
    (void)nmap_put(&users->user_by_id, uid, user);
    return user;
}

const struct group *users_group(struct users *users, uint32_t gid)
{
    struct group *group = nmap_find(&users->group_by_id, gid);

    if (group != NULL || users->group_by_id.count >= USERS_IDS_MAX)
        return group;
    group = xcalloc(1, sizeof(*group));
    group->gid = gid;
    group_fill(users, group);
    (void)nmap_put(&users->group_by_id, gid, group);
    return group;
}
