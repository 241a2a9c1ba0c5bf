/* Events to the raw parameters of .scap files.
 *
 * For each event type the code is chosen once, and for each of its parameters the place in
 * event->arg. A beginning ("enter") is written where sysdig 0.29 knows a parameter only from there;
 * current readers drop it. */
#include "decode/scap_encode.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "event/event_flags.h"

enum {
    TUPLE_MAX = 1 + 2 * (16 + 2),
    CGROUPS_MAX = 5,
    NO_PARAM = -1,
};

/* Types whose newest code sysdig 0.29 does not know, but whose older one current readers turn into
 * the newest themselves, or which 0.29 takes for another of the same meaning. */
static const struct {
    const char *name;
    uint16_t code;
} older_codes[] = {
    {"accept4", 249}, {"dup", 125}, {"dup2", 125}, {"dup3", 125}, {"pipe2", 61}, {"umount", 259},
};

/* Ends of calls of which sysdig 0.29 knows some parameter only from the beginning. */
static const uint16_t needs_enter[] = {
    5,   7,   9,   19,  21,  23,  25,  29,  31,  33,  35,  37,  43,  49,  53,  63,  65,  71,  77,
    79,  81,  87,  89,  97,  113, 115, 117, 119, 121, 123, 125, 127, 129, 131, 133, 135, 137, 139,
    141, 143, 145, 151, 159, 161, 163, 165, 167, 169, 171, 189, 191, 193, 195, 199, 201, 237, 239,
    241, 243, 249, 251, 253, 255, 257, 259, 263, 265, 277, 285, 293, 295, 299, 329, 331, 333,
};

/* Where the file's name of a parameter is not the event's. */
static const struct {
    const char *file, *event;
} other_names[] = {
    {"fd", "oldfd"},
    {"pathname", "trusted_exepath"},
    {"pgid", "vpgid"},
};

struct scap_part_plan {
    const struct scap_event_info *info;
    uint16_t code;
    int8_t arg[SCAP_PARAMS_MAX]; /* index in event->arg, NO_PARAM when the type has none */
};

struct plan {
    bool known, has_enter;
    uint16_t call; /* of a "syscall" event */
    struct scap_part_plan enter, exit;
};

struct scap_encoder {
    uint32_t count;
    struct plan plan[];
};

/* --- plans ----------------------------------------------------------------------------------- */

static uint32_t choose_code(const struct event_type_info *info)
{
    uint32_t code;

    for (size_t i = 0; i < ARRAY_LEN(older_codes); i++) {
        if (sv_eq(sv(older_codes[i].name), sv(info->name)))
            return older_codes[i].code;
    }
    code = scap_event_code(sv(info->name), SCAP_EXIT, 0);
    return code != SCAP_CODE_NONE ? code : scap_event_code(sv(info->name), SCAP_WHOLE, 0);
}

static bool wants_enter(uint32_t code)
{
    for (size_t i = 0; i < ARRAY_LEN(needs_enter); i++) {
        if (needs_enter[i] == code)
            return true;
    }
    return false;
}

static int find_arg(enum event_type type, const char *name)
{
    int index = event_param_index(type, sv(name));

    for (size_t i = 0; i < ARRAY_LEN(other_names) && index < 0; i++) {
        if (sv_eq(sv(other_names[i].file), sv(name)))
            index = event_param_index(type, sv(other_names[i].event));
    }
    return index;
}

static void plan_part(struct scap_part_plan *part, enum event_type type, uint16_t code)
{
    part->code = code;
    part->info = scap_event_info(code);
    for (uint32_t i = 0; i < part->info->param_count; i++)
        part->arg[i] = (int8_t)find_arg(type, part->info->param[i].name);
}

static void plan_type(struct plan *plan, enum event_type type)
{
    const struct event_type_info *info = event_type_info(type);
    uint32_t code = choose_code(info);

    if (type == EVENT_NONE || type == EVENT_PLUGIN)
        return;
    if (code == SCAP_CODE_NONE) {
        uint32_t call = scap_call_number(sv(info->name));
        if (call == SCAP_CODE_NONE)
            return;
        plan->call = (uint16_t)call;
        code = scap_event_code(SV("syscall"), SCAP_EXIT, 0);
    }
    plan->known = true;
    plan_part(&plan->exit, type, (uint16_t)code);
    if (!wants_enter(code) || scap_event_info((uint16_t)(code - 1)) == NULL)
        return;
    plan->has_enter = true;
    plan_part(&plan->enter, type, (uint16_t)(code - 1));
}

struct scap_encoder *scap_encoder_new(void)
{
    uint32_t count = event_type_count();
    struct scap_encoder *encoder =
        xcalloc(1, sizeof(*encoder) + (size_t)count * sizeof(encoder->plan[0]));

    encoder->count = count;
    for (uint32_t type = 0; type < count; type++)
        plan_type(&encoder->plan[type], type);
    return encoder;
}

void scap_encoder_free(struct scap_encoder *encoder)
{
    free(encoder);
}

/* --- what the process knows ------------------------------------------------------------------ */

/* "cpuset=/a", NUL, "cpu=/a" ...: the hierarchies that readers look at. */
static struct sv cgroups_of(const struct process *process, struct arena *scratch)
{
    static const char *const hierarchy[CGROUPS_MAX] = {"cpuset", "cpu", "cpuacct", "io", "memory"};
    size_t len = 0;
    char *text;

    if (process->cgroup.len == 0)
        return (struct sv){NULL, 0};
    text = arena_array(scratch, char, CGROUPS_MAX *(process->cgroup.len + sizeof("cpuacct=")));
    if (text == NULL)
        return (struct sv){NULL, 0};
    for (size_t i = 0; i < CGROUPS_MAX; i++) {
        size_t name = strlen(hierarchy[i]);
        memcpy(text + len, hierarchy[i], name);
        len += name;
        text[len++] = '=';
        memcpy(text + len, process->cgroup.ptr, process->cgroup.len);
        len += process->cgroup.len;
        text[len++] = '\0';
    }
    return (struct sv){text, len};
}

static int64_t vtid_of(const struct event *event)
{
    const struct process *process = event->process;

    if (event->vtid != 0)
        return event->vtid;
    return process->pid == event->tid ? process->vpid : event->tid;
}

/* A parameter of exec or clone that the record did not hold. */
static struct value ask_process(const struct event *event, struct sv name)
{
    const struct process *process = event->process;
    const struct value absent = {.kind = VALUE_ABSENT};

    if (process == NULL)
        return absent;
    const struct {
        const char *name;
        struct value value;
    } answers[] = {
        {"exe", value_sv(process->program->exe)},
        {"args", value_sv(process->program->args)},
        {"env", value_sv(process->program->env)},
        {"cwd", value_sv(process->cwd)},
        {"comm", value_sv(process->name)},
        {"trusted_exepath", value_sv(process->program->path)},
        {"tid", value_i64(event->tid)},
        {"pid", value_i64(process->pid)},
        {"ptid", value_i64(process->ppid)},
        {"uid", value_u64(process->creds.euid)},
        {"gid", value_u64(process->creds.egid)},
        {"vtid", value_i64(vtid_of(event))},
        {"vpid", value_i64(process->vpid)},
        {"vpgid", value_i64(process->vpgid)},
        {"pgid", value_i64(process->pgid)},
        {"tty", value_u64(process->tty)},
        {"loginuid", value_u64(process->creds.login_uid)},
        {"cap_inheritable", value_u64(process->creds.cap_inheritable)},
        {"cap_permitted", value_u64(process->creds.cap_permitted)},
        {"cap_effective", value_u64(process->creds.cap_effective)},
        {"exe_ino", value_u64(process->program->ino)},
        {"exe_ino_ctime", value_u64(process->program->ctime_wall_ns)},
        {"exe_ino_mtime", value_u64(process->program->mtime_wall_ns)},
        {"pidns_init_start_ts", value_u64(process->pidns_start_ns)},
    };
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        if (sv_eq(sv(answers[i].name), name))
            return answers[i].value;
    }
    if (sv_eq(name, SV("cgroups")))
        return value_sv(cgroups_of(process, event->scratch));
    return absent;
}

static bool has_task_params(enum event_type type)
{
    return type >= EVENT_CLONE && type <= EVENT_EXECVEAT;
}

/* --- addresses ------------------------------------------------------------------------------- */

struct end {
    struct value_ip ip;
    uint16_t port;
};

/* "1.2.3.4:80", "::1:80" */
static bool parse_end(struct sv text, struct end *out)
{
    size_t colon = sv_rfind_char(text, ':');
    struct value value;
    uint64_t port;

    if (colon == SIZE_MAX || !sv_to_u64(sv_sub(text, colon + 1, text.len), &port) ||
        port > UINT16_MAX || !value_parse(VALUE_IPADDR, sv_sub(text, 0, colon), &value))
        return false;
    *out = (struct end){value.ip, (uint16_t)port};
    return true;
}

static size_t put_end(char *at, const struct end *end)
{
    size_t bytes = end->ip.family == 6 ? 16 : 4;

    memcpy(at, end->ip.byte, bytes);
    memcpy(at + bytes, &end->port, sizeof(end->port));
    return bytes + sizeof(end->port);
}

static char family_of(const struct end *end)
{
    return end->ip.family == 6 ? AF_INET6 : AF_INET;
}

/* Family, `zeros` bytes, path. '@' stands for the NUL of an abstract name. */
static struct sv unix_bytes(struct arena *scratch, struct sv path, size_t zeros)
{
    size_t len = 1 + zeros + path.len + 1;
    char *bytes = arena_array(scratch, char, len);

    if (bytes == NULL)
        return (struct sv){NULL, 0};
    bytes[0] = AF_UNIX;
    memcpy(bytes + 1 + zeros, path.ptr, path.len);
    return (struct sv){bytes, len};
}

static struct sv encode_address(const struct event *event, struct sv text)
{
    struct end end;
    char *bytes;

    if (text.len == 0)
        return text;
    if (event->fd.type == 'u' || !parse_end(text, &end))
        return unix_bytes(event->scratch, text, 0);
    bytes = arena_array(event->scratch, char, TUPLE_MAX);
    if (bytes == NULL)
        return (struct sv){NULL, 0};
    bytes[0] = family_of(&end);
    return (struct sv){bytes, 1 + put_end(bytes + 1, &end)};
}

static struct sv encode_tuple(const struct event *event, struct sv text)
{
    size_t arrow = sv_find(text, SV("->"), 0);
    struct end from, to;
    char *bytes;
    size_t len = 1;

    if (text.len == 0)
        return text;
    if (event->fd.type == 'u' || arrow == SIZE_MAX || !parse_end(sv_sub(text, 0, arrow), &from) ||
        !parse_end(sv_sub(text, arrow + 2, text.len), &to) || from.ip.family != to.ip.family)
        return unix_bytes(event->scratch, text, 2 * sizeof(uint64_t));
    bytes = arena_array(event->scratch, char, TUPLE_MAX);
    if (bytes == NULL)
        return (struct sv){NULL, 0};
    bytes[0] = family_of(&from);
    len += put_end(bytes + len, &from);
    len += put_end(bytes + len, &to);
    return (struct sv){bytes, len};
}

/* --- values ---------------------------------------------------------------------------------- */

static uint64_t number_of(const struct value *value)
{
    switch ((enum value_kind)value->kind) {
    case VALUE_UNSIGNED:
        return value->u64;
    case VALUE_SIGNED:
        return (uint64_t)value->i64;
    case VALUE_TRUTH:
        return value->truth;
    default:
        return 0;
    }
}

/* Numbers always have their bytes: older readers look at them unasked. */
static struct sv encode_number(struct arena *scratch, enum scap_type type,
                               const struct value *value)
{
    size_t size = scap_type_size(type);
    char *bytes = arena_array(scratch, char, size);
    uint64_t number = number_of(value);

    if (bytes == NULL)
        return (struct sv){NULL, 0};
    if (value->kind == VALUE_ABSENT && (type == SCAP_UID || type == SCAP_GID))
        number = UINT64_MAX;
    memcpy(bytes, &number, size < sizeof(number) ? size : sizeof(number));
    return (struct sv){bytes, size};
}

static struct sv encode_text(struct arena *scratch, struct sv text)
{
    struct sv copy = arena_sv(scratch, text);

    return (struct sv){copy.ptr, copy.len + 1};
}

/* A byte that says of which type it is, then the value; 0 is a number of 64 bits, of a socket's
 * option bytes. */
static struct sv encode_dynamic(const struct event *event, const struct value *value)
{
    enum { SOCKET_BYTES = 0, SOCKET_NUMBER = 3, KEY_TEXT = 1 };
    bool option = sv_ends(sv(event_type_info(event->type)->name), SV("sockopt"));
    bool text = value->kind == VALUE_TEXT;
    uint64_t number = number_of(value);
    struct sv rest = {(const char *)&number, sizeof(number)};
    char which = option ? SOCKET_NUMBER : 0;
    char *bytes;

    if (text || (option && value->kind == VALUE_ABSENT)) {
        rest = text ? sv_sub(value->text, 0, UINT16_MAX - 2) : (struct sv){NULL, 0};
        which = option ? SOCKET_BYTES : KEY_TEXT;
    }
    bytes = arena_array(event->scratch, char, 1 + rest.len + 1);
    if (bytes == NULL)
        return (struct sv){NULL, 0};
    bytes[0] = which;
    memcpy(bytes + 1, rest.ptr == NULL ? "" : rest.ptr, rest.len);
    return (struct sv){bytes, 1 + rest.len + (text && !option)};
}

static struct sv encode_value(const struct event *event, enum scap_type type,
                              const struct value *value)
{
    struct sv text = value->kind == VALUE_TEXT ? value->text : (struct sv){NULL, 0};

    text = sv_sub(text, 0, UINT16_MAX - 1);
    switch (type) {
    case SCAP_CHARBUF:
    case SCAP_FSPATH:
    case SCAP_FSRELPATH:
        return encode_text(event->scratch, text);
    case SCAP_SOCKADDR:
        return encode_address(event, text);
    case SCAP_SOCKTUPLE:
        return encode_tuple(event, text);
    case SCAP_BYTEBUF:
        return text;
    case SCAP_DYNAMIC:
        return encode_dynamic(event, value);
    default:
        return scap_type_size(type) == 0 ? (struct sv){NULL, 0}
                                         : encode_number(event->scratch, type, value);
    }
}

static struct value value_of(const struct event *event, int arg, const struct scap_param *param)
{
    struct value value = {.kind = VALUE_ABSENT};

    if (arg >= 0 && (uint32_t)arg < event->arg_count)
        value = event->arg[arg];
    if (value.kind == VALUE_ABSENT && has_task_params(event->type))
        return ask_process(event, sv(param->name));
    if (value.kind == VALUE_ABSENT && param->type == SCAP_FD && event->fd.known &&
        sv_eq(sv(param->name), SV("fd")))
        return value_i64(event->fd.num);
    if (value.kind == VALUE_ABSENT && sv_eq(sv(param->name), SV("dirfd")))
        return value_i64(AT_FDCWD);
    return value;
}

static void encode_part(const struct scap_part_plan *part, const struct event *event,
                        struct scap_raw *out)
{
    out->time_ns = event->time_ns;
    out->tid = event->tid;
    out->cpu = event->cpu;
    out->code = part->code;
    out->param_count = part->info->param_count;
    for (uint32_t i = 0; i < out->param_count; i++) {
        const struct scap_param *param = &part->info->param[i];
        struct value value = value_of(event, part->arg[i], param);
        out->param[i] = encode_value(event, param->type, &value);
    }
}

static void encode_call(const struct plan *plan, const struct event *event, struct scap_raw *out)
{
    struct value number = value_u64(plan->call);

    encode_part(&plan->exit, event, out);
    out->param[0] = encode_number(event->scratch, SCAP_SYSCALLID, &number);
    out->param[1] = encode_number(event->scratch, SCAP_UINT16, &number);
}

bool scap_encode(const struct scap_encoder *encoder, const struct event *event,
                 struct scap_encoded *out)
{
    const struct plan *plan = &encoder->plan[event->type];

    if (event->type >= encoder->count || !plan->known)
        return false;
    out->has_enter = plan->has_enter;
    if (plan->has_enter)
        encode_part(&plan->enter, event, &out->enter);
    if (plan->call != 0)
        encode_call(plan, event, &out->exit);
    else
        encode_part(&plan->exit, event, &out->exit);
    return true;
}

void scap_encode_process(const struct process *process, struct arena *scratch,
                         struct scap_process *out)
{
    const struct program *program = process->program;
    const struct creds *creds = &process->creds;

    *out = (struct scap_process){
        .tid = process->pid,
        .pid = process->pid,
        .ptid = process->ppid,
        .sid = process->vsid,
        .vpgid = process->vpgid,
        .vtid = process->vpid,
        .vpid = process->vpid,
        .comm = process->name,
        .exe = program->exe,
        .exe_path = program->path,
        .args = program->args,
        .cwd = process->cwd,
        .env = program->env,
        .cgroups = cgroups_of(process, scratch),
        .root = SV("/"),
        .uid = creds->euid,
        .gid = creds->egid,
        .login_uid = creds->login_uid,
        .cap_inheritable = creds->cap_inheritable,
        .cap_permitted = creds->cap_permitted,
        .cap_effective = creds->cap_effective,
        .exe_writable = program->writable,
    };
}
