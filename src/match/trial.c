#include "match/trial.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "match/engine.h"

#define ENOUGH_NS 20000ULL       /* of repetitions */
#define BUDGET_NS (CLOCK_NS / 4) /* of rounds */
enum { FIRST_TIMES = 4, REPETITIONS = 32, ROUNDS = 8, SCRATCH = 65536 };

static const struct user admin = {0, SV("root"), SV("/root"), SV("/bin/bash")};
static const struct user someone = {1000, SV("me"), SV("/home/me"), SV("/bin/bash")};
static const struct group root_group = {0, SV("root")};
static const struct container pod = {
    .id = SV("0123456789ab"),
    .full_id = SV("0123456789ab0123456789ab0123456789ab0123456789ab0123456789ab0123"),
    .name = SV("api"),
    .runtime = SV("containerd"),
    .image = SV("registry.example/shop/api:1.2"),
    .image_repository = SV("registry.example/shop/api"),
    .image_tag = SV("1.2"),
    .pod_name = SV("api-7d9f"),
    .pod_uid = SV("f7d1a0c4-0000-4000-8000-000000000001"),
    .namespace_name = SV("shop"),
    .has_spec = true,
};

#define PROGRAM(path_, args_, line_)                                                               \
    {                                                                                              \
        .exe = SV(path_), .path = SV(path_), .filename = SV(path_), .args = SV(args_),             \
        .args_line = SV(args_), .command_line = SV(line_), .exe_line = SV(line_)                   \
    }
static const struct program programs[] = {
    PROGRAM("/lib/systemd/systemd", "", "systemd"),
    PROGRAM("/usr/sbin/sshd", "-D", "sshd -D"),
    PROGRAM("/bin/bash", "", "bash"),
    PROGRAM("/bin/cat", "/etc/hosts", "cat /etc/hosts"),
    PROGRAM("/usr/bin/containerd-shim-runc-v2", "-id", "containerd-shim -id"),
    PROGRAM("/usr/sbin/nginx", "", "nginx"),
    PROGRAM("/bin/sh", "-c", "sh -c"),
    PROGRAM("/usr/bin/curl", "https://example.org", "curl https://example.org"),
};

/* Each below the one whose index is `parent`; itself: nobody. */
static const struct {
    const char *name;
    uint32_t parent;
    bool contained, is_root;
} lives[] = {
    {"systemd", 0, false, true},
    {"sshd", 0, false, true},
    {"bash", 1, false, false},
    {"cat", 2, false, false},
    {"containerd-shim", 0, false, true},
    {"nginx", 4, true, true},
    {"sh", 5, true, true},
    {"curl", 6, true, true},
};

static const struct sv names[] = {
    SV("/etc/ld.so.cache"), SV("/etc/passwd"),      SV("/usr/lib/x86_64-linux-gnu/libc.so.6"),
    SV("/etc/shadow"),      SV("/tmp/x"),           SV("/proc/self/status"),
    SV("/dev/null"),        SV("/usr/bin/made-up"),
};

struct made {
    struct process process[ARRAY_LEN(lives)];
    struct arena *scratch;
    struct event *event;
    uint32_t count;
};

static void make_processes(struct made *made)
{
    for (uint32_t i = 0; i < ARRAY_LEN(lives); i++) {
        made->process[i] = (struct process){
            .version = i + 1,
            .pid = i + 1,
            .ppid = lives[i].parent + 1,
            .vpid = i + 1,
            .sid = 1,
            .tty = i == 2 || i == 3 ? 34816 : 0,
            .start_ns = (i + 1) * CLOCK_NS,
            .name = sv(lives[i].name),
            .cwd = SV("/"),
            .creds = {.euid = lives[i].is_root ? 0 : 1000, .login_uid = PROCESS_NO_UID},
            .program = &programs[i],
            .parent = lives[i].parent == i ? NULL : &made->process[lives[i].parent],
            .container = lives[i].contained ? &pod : NULL,
            .user = lives[i].is_root ? &admin : &someone,
            .group = &root_group,
            .session_leader = &made->process[0],
        };
    }
}

static struct value value_for(enum value_type type, uint32_t turn)
{
    switch (value_type_kind(type)) {
    case VALUE_TEXT:
        return value_sv(names[turn % ARRAY_LEN(names)]);
    case VALUE_UNSIGNED:
        return value_u64(turn % 4);
    case VALUE_SIGNED:
        return value_i64(turn % 4);
    case VALUE_TRUTH:
        return value_bool(turn % 2 != 0);
    default:
        return (struct value){.kind = VALUE_ABSENT};
    }
}

static void connect_to(struct event *event, uint32_t turn)
{
    event->fd.type = '4';
    event->fd.name = SV("10.0.0.5:40000->93.184.216.34:443");
    event->fd.has_addresses = true;
    event->fd.l4_protocol = 6;
    event->fd.local = (struct value_ip){4, 32, {10, 0, 0, 5}};
    event->fd.remote = (struct value_ip){4, 32, {93, 184, 216, 34}};
    event->fd.local_port = 40000;
    event->fd.remote_port = turn % 2 != 0 ? 443 : 53;
}

static void make_event(struct made *made, enum event_type type, uint32_t turn)
{
    static const uint32_t flags[] = {O_RDONLY, O_WRONLY | O_CREAT | O_TRUNC, O_RDONLY | O_CLOEXEC};
    const struct event_type_info *info = event_type_info(type);
    struct sv name = names[turn / ARRAY_LEN(lives) % ARRAY_LEN(names)];
    struct event *event = &made->event[made->count++];

    *event = (struct event){
        .source = SOURCE_SYSCALL,
        .type = type,
        .num = made->count,
        .time_ns = 1700000000 * CLOCK_NS,
        .boot_ns = 100 * CLOCK_NS,
        .tid = 1,
        .has_result = true,
        .result = 3,
        .process = &made->process[turn % ARRAY_LEN(lives)],
        .fd = {.known = true, .num = 3, .type = 'f', .name = name, .name_raw = name},
        .path = name,
        .path_raw = name,
        .path_source = name,
        .path_target = name,
        .open_flags = flags[turn % ARRAY_LEN(flags)],
        .mode = 0644,
        .scratch = made->scratch,
    };
    if (type == EVENT_CONNECT)
        connect_to(event, turn);
    event->arg_count = info->param_count < EVENT_ARGS_MAX ? info->param_count : EVENT_ARGS_MAX;
    for (uint32_t i = 0; i < event->arg_count; i++)
        event->arg[i] = value_for(info->param[i].value, turn);
}

/* Every process with every name, for the first types that the rule can hold for. */
static uint32_t make_events(struct made *made, const struct engine *engine, uint32_t index)
{
    const uint32_t each = ARRAY_LEN(lives) * ARRAY_LEN(names);
    uint32_t types = 0;

    made->event = xcalloc((size_t)TRIAL_TYPES_MAX * each, sizeof(*made->event));
    for (uint32_t type = EVENT_NONE + 1; type < event_type_count(); type++) {
        if (types == TRIAL_TYPES_MAX)
            break;
        if (engine_root_for(engine, index, (enum event_type)type) == PLAN_FALSE)
            continue;
        for (uint32_t turn = 0; turn < each; turn++)
            make_event(made, (enum event_type)type, turn);
        types++;
    }
    return types;
}

static void no_match(void *ctx, const struct rule *rule, const struct event *event)
{
    (void)ctx;
    (void)rule;
    (void)event;
}

/* What is measured: the rule alone with `run`, else all rules of the engine. */
struct subject {
    struct engine *engine;
    struct plan_run *run;
    uint32_t index;
};

static void ask(const struct subject *subject, uint32_t node, const struct event *event)
{
    if (subject->run == NULL) {
        (void)engine_run(subject->engine, event, no_match, NULL);
        return;
    }
    plan_run_start(subject->run, event);
    (void)plan_run_holds(subject->run, node);
}

/* Dear rules are asked fewer times, once at least. */
static uint64_t time_one(const struct subject *subject, const struct event *event)
{
    uint32_t node = engine_root_for(subject->engine, subject->index, event->type);
    uint64_t from = clock_mono_ns();
    uint64_t took = 0;
    uint32_t times = 0;

    do {
        ask(subject, node, event);
        took = clock_mono_ns() - from;
    } while (++times < FIRST_TIMES && took < ENOUGH_NS);
    if (took >= ENOUGH_NS) {
        arena_reset(event->scratch);
        return took / times;
    }
    from = clock_mono_ns();
    for (int i = 0; i < REPETITIONS; i++)
        ask(subject, node, event);
    took = clock_mono_ns() - from;
    arena_reset(event->scratch);
    return took / REPETITIONS;
}

static int by_size(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

static void keep_least(uint64_t *least, uint64_t took)
{
    if (took < *least)
        *least = took;
}

/* Rounds over all events, so that a slower moment of the machine does not stay with one of them;
 * the first one is done in any case. The times come back sorted. */
static uint64_t *measure(const struct made *made, const struct subject *subject)
{
    uint64_t *least = xcalloc(made->count, sizeof(*least));
    uint64_t until = clock_mono_ns() + BUDGET_NS;

    memset(least, 0xff, made->count * sizeof(*least));
    for (int round = 0; round < ROUNDS && (round == 0 || clock_mono_ns() < until); round++) {
        for (uint32_t i = 0; i < made->count; i++)
            keep_least(&least[i], time_one(subject, &made->event[i]));
    }
    qsort(least, made->count, sizeof(*least), by_size);
    return least;
}

static uint32_t count_held(const struct made *made, const struct subject *subject)
{
    uint32_t held = 0;

    for (uint32_t i = 0; i < made->count; i++) {
        const struct event *event = &made->event[i];
        plan_run_start(subject->run, event);
        held += plan_run_holds(subject->run,
                               engine_root_for(subject->engine, subject->index, event->type));
        arena_reset(event->scratch);
    }
    return held;
}

static void try_all(const struct made *made, struct engine *engine, uint32_t index,
                    struct trial *out)
{
    struct subject alone = {engine, plan_run_new(engine_plan(engine)), index};
    struct subject whole = {engine, NULL, index};
    uint64_t *rule = measure(made, &alone);
    uint64_t *all = measure(made, &whole);

    out->held = count_held(made, &alone);
    out->median_ns = rule[made->count / 2];
    out->worst_ns = rule[made->count - 1];
    out->engine_median_ns = all[made->count / 2];
    plan_run_free(alone.run);
    free(rule);
    free(all);
}

bool trial_run(struct engine *engine, uint32_t index, struct trial *out)
{
    struct made made = {0};

    if (engine_rule(engine, index)->source != SOURCE_SYSCALL)
        return false;
    make_processes(&made);
    made.scratch = arena_new(SCRATCH);
    *out = (struct trial){.types = make_events(&made, engine, index)};
    out->events = made.count;
    if (made.count > 0)
        try_all(&made, engine, index, out);
    free(made.event);
    arena_free(made.scratch);
    return out->types > 0;
}
