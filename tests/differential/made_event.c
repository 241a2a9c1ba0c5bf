#include "base/arena.h"
#include "made_pools.h"

enum { PROCESSES = 14, GIVEN_MAX = 5, ARGS_MAX = 6 };

static struct sv maybe(struct made *made)
{
    return made_chance(made, 20) ? SV("") : made_text(made);
}

static uint32_t number32(struct made *made)
{
    return (uint32_t)made_number(made, VALUE_UINT32).u64;
}

/* Texts, each ended by NUL. */
static struct sv texts_in_a_row(struct made *made, const char *before)
{
    scoped(buf_done) struct buf row = {0};

    for (uint32_t i = made_pick(made, ARGS_MAX); i > 0; i--) {
        buf_str(&row, before);
        buf_sv(&row, made_short_text(made));
        buf_char(&row, '\0');
    }
    return made_keep(made, &row);
}

static struct program *make_program(struct made *made)
{
    struct program *p = arena_one(made->arena, struct program);

    p->exe = maybe(made);
    p->path = maybe(made);
    p->filename = maybe(made);
    p->args = texts_in_a_row(made, "");
    p->env = texts_in_a_row(made, made_chance(made, 70) ? "HOME=" : "");
    p->args_line = maybe(made);
    p->command_line = maybe(made);
    p->exe_line = maybe(made);
    p->arg_count = (uint32_t)sv_count(p->args, '\0');
    p->ino = made_number(made, VALUE_UINT64).u64;
    p->upper_layer = made_chance(made, 30);
    p->from_memfd = made_chance(made, 10);
    p->writable = made_chance(made, 30);
    return p;
}

static struct container *make_container(struct made *made)
{
    struct container *c = arena_one(made->arena, struct container);
    struct label *label = arena_array(made->arena, struct label, 2);
    struct container_mount *mount = arena_array(made->arena, struct container_mount, 2);

    c->id = maybe(made);
    c->full_id = maybe(made);
    c->name = maybe(made);
    c->runtime = maybe(made);
    c->image = maybe(made);
    c->image_repository = maybe(made);
    c->image_tag = maybe(made);
    c->pod_name = maybe(made);
    c->namespace_name = maybe(made);
    c->pod_uid = maybe(made);
    c->privileged = made_chance(made, 30);
    c->has_spec = made_chance(made, 80);
    label[0] = (struct label){SV("app"), made_short_text(made)};
    label[1] = (struct label){made_word(made), made_short_text(made)};
    c->label = label;
    c->label_count = made_pick(made, 3);
    mount[0] =
        (struct container_mount){SV("/etc"), made_word(made), SV("ro"), SV("private"), false};
    mount[1] = (struct container_mount){made_word(made), SV("/etc"), SV("rw"), SV("shared"), true};
    c->mount = mount;
    c->mount_count = made_pick(made, 3);
    return c;
}

static struct user *make_user(struct made *made)
{
    struct user *user = arena_one(made->arena, struct user);

    *user = (struct user){number32(made), maybe(made), maybe(made), maybe(made)};
    return user;
}

static void make_process(struct made *made, struct process *p, const struct process *before)
{
    *p = (struct process){.version = ++made->version};
    if (made_chance(made, 15))
        p->version = 0;
    p->pid = number32(made);
    p->ppid = number32(made);
    p->vpid = number32(made);
    p->vppid = number32(made);
    p->pgid = number32(made);
    p->sid = number32(made);
    p->vpgid = number32(made);
    p->vsid = number32(made);
    p->tty = made_pick(made, 3);
    p->start_ns = 1 + made_pick(made, 1000000);
    p->exec_ns = p->start_ns + made_pick(made, 1000000);
    p->name = made_chance(made, 10) ? SV("") : made_short_text(made);
    p->cwd = maybe(made);
    p->creds.uid = p->creds.euid = number32(made);
    p->creds.gid = p->creds.egid = number32(made);
    p->creds.login_uid = number32(made);
    p->creds.cap_effective = made_number(made, VALUE_UINT64).u64;
    p->program = make_program(made);
    p->parent = made_chance(made, 80) ? before : NULL;
    p->container = made_chance(made, 60) ? make_container(made) : NULL;
    p->user = made_chance(made, 70) ? make_user(made) : NULL;
    p->login_user = made_chance(made, 50) ? make_user(made) : NULL;
    p->session_leader = made_chance(made, 30) ? before : NULL;
    p->group_leader = made_chance(made, 30) ? before : NULL;
    p->cgroup = maybe(made);
}

void made_processes(struct made *made)
{
    made->process_count = PROCESSES;
    if (made->process == NULL)
        made->process = arena_array(made->arena, struct process, PROCESSES);
    for (uint32_t i = 0; i < PROCESSES; i++)
        make_process(made, &made->process[i], i > 0 ? &made->process[made_pick(made, i)] : NULL);
}

static struct value_ip some_ip(struct made *made)
{
    return made_value(made, VALUE_IPADDR).ip;
}

static void make_fd(struct made *made, struct event_fd *fd)
{
    static const char types[] = {'f', 'd', '4', '6', 'u', 'p', 0};

    fd->known = true;
    fd->num = made_number(made, VALUE_INT64).i64;
    fd->type = types[made_pick(made, ARRAY_LEN(types))];
    fd->name = maybe(made);
    fd->name_raw = maybe(made);
    fd->ino = made_number(made, VALUE_UINT64).u64;
    fd->l4_protocol = (uint8_t)(made_chance(made, 50) ? 6 : made_pick(made, 20));
    fd->has_addresses = made_chance(made, 60);
    fd->local = some_ip(made);
    fd->remote = some_ip(made);
    fd->local_port = (uint16_t)made_number(made, VALUE_PORT).u64;
    fd->remote_port = (uint16_t)made_number(made, VALUE_PORT).u64;
    fd->server = made_chance(made, 50);
}

static void make_args(struct made *made, struct event *e)
{
    const struct event_type_info *info = event_type_info(e->type);

    e->arg_count = info->param_count < EVENT_ARGS_MAX ? info->param_count : EVENT_ARGS_MAX;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (made_chance(made, 80))
            e->arg[i] = made_value(made, info->param[i].value);
    }
}

/* A type given by hand would not be the one that the engine looks at. */
static bool may_be_given(const struct field_ref *ref)
{
    static const char *const never[] = {"evt.type", "evt.type.is", "syscall.type", "evt.num"};

    for (size_t i = 0; i < ARRAY_LEN(never); i++) {
        if (sv_eq(sv(ref->field->name), sv(never[i])))
            return false;
    }
    return true;
}

static uint32_t give(struct made *made, struct event_given *given, uint32_t room)
{
    scoped(buf_done) struct buf name = {0};
    const struct field_ref *ref = made->used_count > 0 && made_chance(made, 80)
                                      ? made->used[made_pick(made, made->used_count)]
                                      : &made->ref[made_pick(made, made->ref_count)];
    bool many = (ref->field->flags & FIELD_LIST) != 0 || made_chance(made, 5);
    uint32_t count = many ? 1 + made_pick(made, 3) : 1;

    if (!may_be_given(ref))
        return 0;
    field_ref_print(&name, ref);
    struct sv text = made_keep(made, &name);
    for (uint32_t i = 0; i < count && i < room; i++) {
        given[i].field = text;
        if (made_chance(made, 85))
            given[i].value = made_value(made, field_ref_type(ref));
    }
    return count < room ? count : room;
}

static void give_some(struct made *made, struct event *e)
{
    uint32_t room = 3 * GIVEN_MAX;
    struct event_given *given = arena_array(made->arena, struct event_given, room);
    uint32_t count = 0;

    for (uint32_t i = 1 + made_pick(made, GIVEN_MAX); i > 0; i--)
        count += give(made, given + count, room - count);
    e->given = given;
    e->given_count = count;
}

void made_event(struct made *made, struct arena *scratch, struct event *out)
{
    struct event e = {.source = SOURCE_SYSCALL, .scratch = scratch};

    e.type =
        (enum event_type)(1 + (made_chance(made, 70) ? made_pick(made, EVENT_PROCEXIT)
                                                     : made_pick(made, event_type_count() - 1)));
    if (e.type == EVENT_PLUGIN)
        e.type = EVENT_OPENAT;
    e.num = ++made->event_num;
    e.time_ns = 1700000000000000000 + made_pick(made, 1000000000);
    e.boot_ns = made_chance(made, 80) ? 2000000 + made_pick(made, 1000000) : 0;
    e.cpu = (uint16_t)made_pick(made, 4);
    e.tid = number32(made);
    e.vtid = number32(made);
    e.has_result = made_chance(made, 80);
    e.result = made_number(made, VALUE_INT64).i64;
    e.process = made_chance(made, 90) ? &made->process[made_pick(made, made->process_count)] : NULL;
    if (made_chance(made, 80))
        make_fd(made, &e.fd);
    e.path = maybe(made);
    e.path_raw = maybe(made);
    e.path_source = maybe(made);
    e.path_target = maybe(made);
    e.open_flags = number32(made);
    e.mode = number32(made);
    make_args(made, &e);
    if (made_chance(made, 40))
        give_some(made, &e);
    *out = e;
}
