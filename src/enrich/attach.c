#include "enrich/attach.h"

#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"
#include "enrich/entered.h"
#include "enrich/procfs.h"
#include "enrich/programs.h"
#include "enrich/rootfs.h"
#include "enrich/specs.h"
#include "enrich/told.h"
#include "enrich/users.h"

enum { SCRATCH_BLOCK = 65536 };

#define WARN_PAUSE_NS 10000000000ULL /* between warnings */

void attach_init(struct attach *attach, const char *proc_root, const char *host_root,
                 const struct log *log, struct attach_limits limits)
{
    *attach = (struct attach){.log = log};
    attach->proc_root = proc_root == NULL ? NULL : xstrdup_sv(sv(proc_root));
    attach->scratch = arena_new(SCRATCH_BLOCK);
    attach->specs = specs_new(host_root, attach->proc_root);
    attach->host_users = users_new();
    cgroups_init(&attach->cgroups, limits.cgroups);
    containers_init(&attach->containers, limits.containers, attach->specs);
    if (proc_root == NULL && host_root == NULL) {
        attach->told = told_new();
        attach->containers.told = attach->told;
        users_tell(attach->host_users, attach->told, (struct sv){NULL, 0});
    }
    if (attach->proc_root != NULL)
        attach->containers.host_mntns_inum = procfs_host_mntns(attach->proc_root);
    awaited_init(&attach->awaited, &attach->cgroups);
}

void attach_done(struct attach *attach)
{
    awaited_done(&attach->awaited);
    containers_done(&attach->containers);
    cgroups_done(&attach->cgroups);
    users_free(attach->host_users);
    specs_free(attach->specs);
    told_free(attach->told);
    arena_free(attach->scratch);
    free(attach->proc_root);
}

void attach_release(struct attach *attach, struct process_entry *entry)
{
    if (entry->image != NULL)
        attach->programs -= program_image_unref(entry->image);
    free(entry->cwd);
    cgroups_release(&attach->cgroups, entry->cgroup_v1);
    cgroups_release(&attach->cgroups, entry->cgroup_v2);
    containers_release(&attach->containers, entry->container, attach->now_ns);
    entered_release(attach, entry);
}

/* Programs */

static void set_image(struct attach *attach, struct process_entry *entry,
                      struct program_image *image)
{
    if (entry->image != NULL)
        attach->programs -= program_image_unref(entry->image);
    entry->image = image;
    entry->view.program = &image->view;
    entry->view.cwd = image->cwd;
}

static void set_cwd(struct process_entry *entry, struct sv cwd)
{
    char *text = cwd.len == 0 ? NULL : xmalloc(cwd.len);

    if (text != NULL)
        memcpy(text, cwd.ptr, cwd.len);
    free(entry->cwd);
    entry->cwd = text;
    entry->view.cwd = (struct sv){text, cwd.len};
}

void attach_cwd(struct attach *attach, struct process_entry *entry, struct sv cwd)
{
    set_cwd(entry, sv_sub(cwd, 0, PROGRAM_PATH_MAX));
}

void attach_renamed(struct attach *attach, struct process_entry *entry)
{
    struct sv cwd = entry->view.cwd;
    struct program_image *image = entry->image;

    if (image == NULL || program_image_is_named(image, entry->view.name))
        return;
    attach->programs++;
    image = program_image_renamed(image, entry->view.name);
    set_cwd(entry, cwd);
    attach->programs -= program_image_unref(entry->image);
    entry->image = image;
    entry->view.program = &image->view;
}

void attach_program(struct attach *attach, struct process_entry *entry,
                    const struct change_program *program)
{
    struct change_program with_cwd = *program;

    if (program->cwd.len == 0)
        with_cwd.cwd = entry->view.cwd;
    with_cwd.process_start_ns = entry->view.start_ns;
    attach->programs++;

    struct program_image *image =
        program_image_new(&with_cwd, with_cwd.name.len > 0 ? with_cwd.name : entry->view.name);

    set_cwd(entry, (struct sv){NULL, 0});
    set_image(attach, entry, image);
}

void attach_program_of_proc(struct attach *attach, struct process_entry *entry)
{
    struct change_program program = {0};

    arena_reset(attach->scratch);
    if (attach->proc_root != NULL &&
        procfs_read_program(attach->proc_root, entry->view.pid, entry->view.start_ns,
                            attach->scratch, &program) == PROCFS_GONE)
        program = (struct change_program){0};
    attach_program(attach, entry, &program);
}

/* Cgroups */

static void show_cgroup(struct process_entry *entry)
{
    const struct cgroup *v2 = entry->cgroup_v2;
    const struct cgroup *v1 = entry->cgroup_v1;
    bool first = v2 != NULL && (v1 == NULL || v2->parsed.count > 0 ||
                                (v1->parsed.count == 0 && v2->path.len > 1));

    entry->view.cgroup = (struct sv){NULL, 0};
    if (first)
        entry->view.cgroup = v2->path;
    else if (v1 != NULL)
        entry->view.cgroup = v1->path;
}

/* Takes over both, which are held. */
static void set_cgroups(struct attach *attach, struct process_entry *entry, struct cgroup *v2,
                        struct cgroup *v1)
{
    cgroups_release(&attach->cgroups, entry->cgroup_v2);
    cgroups_release(&attach->cgroups, entry->cgroup_v1);
    entry->cgroup_v2 = v2;
    entry->cgroup_v1 = v1;
    show_cgroup(entry);
}

static struct cgroup *hold_path(struct attach *attach, enum cgroup_version version, struct sv path)
{
    struct cgroup *cgroup = path.len == 0 ? NULL : cgroups_put(&attach->cgroups, version, 0, path);

    cgroups_hold(&attach->cgroups, cgroup);
    return cgroup;
}

void attach_cgroups_of_proc(struct attach *attach, struct process_entry *entry,
                            const struct procfs_process *found)
{
    struct cgroup *v2 = hold_path(attach, CGROUP_V2, found->cgroup_v2);
    struct cgroup *v1 = hold_path(attach, CGROUP_V1, found->cgroup_v1);

    set_cgroups(attach, entry, v2, v1);
}

/* By now the process may be in another cgroup than the record's, so the id is not learnt; and it
 * may have ended: what the record named and is known is kept. */
static bool ask_proc(struct attach *attach, struct process_entry *entry, struct cgroup *v2,
                     struct cgroup *v1)
{
    struct procfs_process found;

    arena_reset(attach->scratch);
    if (attach->proc_root == NULL ||
        procfs_read(attach->proc_root, entry->view.pid, attach->scratch, &found) == PROCFS_GONE)
        return false;
    if (v2 != NULL)
        cgroups_hold(&attach->cgroups, v2);
    else
        v2 = hold_path(attach, CGROUP_V2, found.cgroup_v2);
    if (v1 != NULL)
        cgroups_hold(&attach->cgroups, v1);
    else
        v1 = hold_path(attach, CGROUP_V1, found.cgroup_v1);
    set_cgroups(attach, entry, v2, v1);
    return true;
}

void attach_cgroups(struct attach *attach, struct process_entry *entry,
                    const struct change_task *task)
{
    struct cgroup *v2 = cgroups_find(&attach->cgroups, CGROUP_V2, task->cgroup_v2);
    struct cgroup *v1 = cgroups_find(&attach->cgroups, CGROUP_V1, task->cgroup_v1);
    bool lost = (task->cgroup_v2 != 0 && v2 == NULL) || (task->cgroup_v1 != 0 && v1 == NULL);
    bool unsaid = task->cgroup_v2 == 0 && task->cgroup_v1 == 0;
    bool has_none = entry->cgroup_v2 == NULL && entry->cgroup_v1 == NULL;

    if ((lost || (unsaid && has_none)) && ask_proc(attach, entry, v2, v1))
        return;
    if (v2 == NULL && v1 == NULL)
        return;
    if (v2 == entry->cgroup_v2 && v1 == entry->cgroup_v1)
        return;
    cgroups_hold(&attach->cgroups, v2);
    cgroups_hold(&attach->cgroups, v1);
    set_cgroups(attach, entry, v2, v1);
}

/* Containers */

void attach_cgroup_made(struct attach *attach, struct cgroup *cgroup)
{
    cgroup->gone = false;
    if (!containers_known(&attach->containers, cgroup))
        awaited_add(&attach->awaited, cgroup, attach->now_ns);
}

void attach_cgroup_gone(struct attach *attach, struct cgroup *cgroup)
{
    cgroup->gone = true;
    containers_gone(&attach->containers, cgroup);
}

static enum awaited_answer look_ahead(void *context, struct cgroup *cgroup)
{
    struct attach *attach = context;

    return containers_expect(&attach->containers, cgroup, attach->now_ns) ? AWAITED_DESCRIBED
                                                                          : AWAITED_NOT_YET;
}

void attach_turn(struct attach *attach, uint32_t looks)
{
    awaited_turn(&attach->awaited, attach->now_ns, looks, look_ahead, attach);
}

static void warn_without_spec(struct attach *attach, const struct container *container)
{
    if (attach->log == NULL)
        return;
    if (attach->now_ns < attach->warn_next_ns) {
        attach->warnings_held++;
        return;
    }
    attach->warn_next_ns = attach->now_ns + WARN_PAUSE_NS;
    log_warn(attach->log,
             "no config.json of a container: its name, image and pod are not known yet",
             log_sv("container", container->id), log_sv("runtime", container->runtime),
             log_u64("similar", attach->warnings_held));
    attach->warnings_held = 0;
}

static void set_container(struct attach *attach, struct process_entry *entry,
                          struct container_entry *container)
{
    containers_hold(&attach->containers, container);
    containers_release(&attach->containers, entry->container, attach->now_ns);
    entry->container = container;
    entry->view.container = container == NULL ? NULL : &container->view;
}

void attach_container(struct attach *attach, struct process_entry *entry, bool may_look)
{
    struct container_entry *container;

    if (entry->cgroup_v2 == NULL && entry->cgroup_v1 == NULL)
        return;
    container = containers_find(&attach->containers, entry->cgroup_v2, entry->cgroup_v1, may_look,
                                attach->now_ns);
    if (container != entry->container)
        set_container(attach, entry, container);
    if (container != NULL &&
        (container->view.start_ns == 0 || entry->view.start_ns < container->view.start_ns))
        container->view.start_ns = entry->view.start_ns;
    show_cgroup(entry); /* the look may have told which of the two names a container */
    if (may_look && container != NULL && container->tries == CONTAINER_TRIES_EARLY &&
        !container->view.has_spec)
        warn_without_spec(attach, &container->view);
}

void attach_inherited(struct attach *attach, struct process_entry *entry,
                      const struct process_entry *parent)
{
    set_image(attach, entry, program_image_ref(parent->image));
    if (parent->cwd != NULL)
        set_cwd(entry, parent->view.cwd);
    cgroups_hold(&attach->cgroups, parent->cgroup_v2);
    cgroups_hold(&attach->cgroups, parent->cgroup_v1);
    set_cgroups(attach, entry, parent->cgroup_v2, parent->cgroup_v1);
    set_container(attach, entry, parent->container);
}

/* Users */

void attach_refresh_users(struct attach *attach)
{
    int host = specs_host(attach->specs);

    if (host >= 0)
        attach->users_changed += users_refresh(attach->host_users, host, attach->now_ns);
}

/* Through the process while it is there, else through the bundle. */
static void refresh_container_users(struct attach *attach, const struct process_entry *entry)
{
    const struct container_entry *container = entry->container;
    scoped(fd_close) int root = -1;
    char path[512];

    if (!users_stale(container->users, attach->now_ns))
        return;
    if (attach->proc_root != NULL) {
        (void)snprintf(path, sizeof(path), "%s/%u/root", attach->proc_root, entry->view.pid);
        root = rootfs_open(path);
    }
    if (root < 0 && container->root.len > 0 && specs_host(attach->specs) >= 0)
        root = rootfs_open_in(specs_host(attach->specs), container->root.ptr);
    if (root >= 0)
        attach->users_changed += users_refresh(container->users, root, attach->now_ns);
}

/* A login id was set on the host, by the login that led here; only ids that the host does not know
 * are looked for among the container's. */
static const struct user *find_login(struct attach *attach, const struct process_entry *entry)
{
    const struct user *user;

    if (entry->view.creds.login_uid == PROCESS_NO_UID)
        return NULL;
    user = users_user(attach->host_users, entry->view.creds.login_uid);
    if (entry->container != NULL && (user == NULL || user->name.len == 0))
        user = users_user(entry->container->users, entry->view.creds.login_uid);
    return user;
}

void attach_users(struct attach *attach, struct process_entry *entry, bool may_look)
{
    struct process *view = &entry->view;
    struct users *users = entry->container == NULL ? attach->host_users : entry->container->users;

    if (may_look)
        attach_refresh_users(attach);
    if (may_look && entry->container != NULL)
        refresh_container_users(attach, entry);
    view->user = users_user(users, view->creds.euid);
    view->group = users_group(users, view->creds.egid);
    view->login_user = find_login(attach, entry);
}
