/* tests/unit/match/world.h - events at random, made of the words of the rules they are for: the
 * constants that a rule set compares with, and pieces of them, so that comparisons often hold. */
#pragma once

#include <fcntl.h>

#include "base/arena.h"
#include "lang/falco/ruleset.h"
#include "lang/vm/program.h"
#include "match/engine.h"

enum { WORLD_WORDS_MAX = 8192, WORLD_PROCESSES = 12, WORLD_CONTAINERS = 3 };

struct world {
    uint64_t state;    /* of the random numbers */
    uint64_t versions; /* given to processes */
    uint64_t events;
    struct arena *arena;   /* of everything that stays */
    struct arena *scratch; /* of one event */
    struct sv word[WORLD_WORDS_MAX];
    uint32_t words;
    struct container container[WORLD_CONTAINERS];
    struct program program[WORLD_PROCESSES];
    struct user user[2];
    struct group group;
    struct process process[WORLD_PROCESSES];
};

static inline uint32_t world_below(struct world *w, uint32_t limit)
{
    w->state ^= w->state << 13;
    w->state ^= w->state >> 7;
    w->state ^= w->state << 17;
    return (uint32_t)(w->state >> 20) % limit;
}

static inline bool world_chance(struct world *w, uint32_t percent)
{
    return world_below(w, 100) < percent;
}

static inline void world_add_word(struct world *w, struct sv word)
{
    if (w->words < WORLD_WORDS_MAX)
        w->word[w->words++] = word;
}

static inline void world_learn(struct world *w, const struct condition *condition)
{
    for (uint32_t i = 0; i < condition->predicate_count; i++) {
        const struct predicate *predicate = condition->predicate[i];
        for (uint32_t k = 0; k < predicate->literal_count; k++) {
            if (predicate->literal[k].kind == VALUE_TEXT)
                world_add_word(w, predicate->literal[k].text);
        }
    }
}

/* A word, or something made of one; now and then none, or one too long to be remembered. */
static inline struct sv world_text(struct world *w)
{
    struct sv one = w->word[world_below(w, w->words)];
    struct sv two = w->word[world_below(w, w->words)];

    switch (world_below(w, 12)) {
    case 0:
        return (struct sv){NULL, 0};
    case 1:
        return arena_printf(w->arena, "%.*s/%.*s", SV_ARG(one), SV_ARG(two));
    case 2:
        return arena_printf(w->arena, "%.*s%.*s", SV_ARG(one), SV_ARG(two));
    case 3:
        return sv_sub(one, 0, one.len / 2);
    case 4:
        return arena_printf(w->arena, "/etc/%.*s", SV_ARG(one));
    case 5:
        return world_chance(w, 90) ? one : arena_printf(w->arena, "%.*s/%0*d", SV_ARG(one), 200, 1);
    default:
        return one;
    }
}

static inline void world_change_process(struct world *w, uint32_t index)
{
    struct process *process = &w->process[index];
    struct program *program = &w->program[index];
    struct sv args = world_text(w);
    struct sv name = sv_sub(world_text(w), 0, 15);

    *program = (struct program){
        .exe = world_text(w),
        .path = world_text(w),
        .args_line = args,
        .args = args.len == 0
                    ? args
                    : (struct sv){arena_printf(w->arena, "%.*s", SV_ARG(args)).ptr, args.len + 1},
        .command_line = arena_printf(w->arena, "%.*s %.*s", SV_ARG(name), SV_ARG(args)),
        .env = SV("HOME=/root\0"),
        .from_memfd = world_chance(w, 20),
        .upper_layer = world_chance(w, 30),
        .writable = world_chance(w, 30),
        .ctime_wall_ns = 1700000000000000000ULL,
    };
    *process = (struct process){
        .pid = 100 + index,
        .vpid = world_chance(w, 20) ? 1 : 100 + index,
        .ppid = 99 + index,
        .sid = 100,
        .vsid = world_below(w, 2) + 100,
        .tty = world_below(w, 2) * 34816,
        .start_ns = world_chance(w, 50) ? 1000 : 1 + w->events,
        .name = name,
        .cwd = world_text(w),
        .creds = {.euid = world_below(w, 2) * 1000,
                  .login_uid = world_chance(w, 50) ? PROCESS_NO_UID : 1000,
                  .cap_permitted = w->state},
        .program = program,
        .parent = index == 0 ? NULL : &w->process[world_below(w, index)],
        .container = world_chance(w, 50) ? NULL : &w->container[world_below(w, WORLD_CONTAINERS)],
        .user = &w->user[world_below(w, 2)],
        .login_user = world_chance(w, 50) ? &w->user[1] : NULL,
        .group = &w->group,
        .session_leader = world_chance(w, 70) ? &w->process[0] : NULL,
    };
    /* Whoever can see it has changed, too. */
    for (uint32_t i = 0; i < WORLD_PROCESSES; i++)
        w->process[i].version = ++w->versions;
}

static inline void world_start(struct world *w, const struct ruleset *set, uint64_t seed)
{
    w->state = seed * 0x9e3779b97f4a7c15 + 1;
    w->arena = arena_new(65536);
    w->scratch = arena_new(65536);
    for (uint32_t i = 0; i < ruleset_count(set); i++) {
        if (ruleset_rule(set, i)->condition != NULL)
            world_learn(w, ruleset_rule(set, i)->condition);
    }
    world_add_word(w, SV("/etc/passwd"));
    world_add_word(w, SV("sh"));
    w->user[0] = (struct user){0, SV("root"), SV("/root"), SV("/bin/sh")};
    w->user[1] = (struct user){1000, SV("me"), SV("/home/me"), SV("/bin/sh")};
    w->group = (struct group){0, SV("root")};
    for (uint32_t i = 0; i < WORLD_CONTAINERS; i++)
        w->container[i] = (struct container){.id = SV("0123456789ab"),
                                             .name = world_text(w),
                                             .runtime = SV("containerd"),
                                             .image = world_text(w),
                                             .image_repository = world_text(w),
                                             .pod_name = world_text(w),
                                             .namespace_name = world_text(w),
                                             .privileged = world_chance(w, 50),
                                             .has_spec = world_chance(w, 70)};
    for (uint32_t i = 0; i < WORLD_PROCESSES; i++)
        world_change_process(w, i);
}

static inline void world_end(struct world *w)
{
    arena_free(w->arena);
    arena_free(w->scratch);
}

static inline struct value world_value(struct world *w, enum value_type type)
{
    switch (value_type_kind(type)) {
    case VALUE_TEXT:
        return value_sv(world_text(w));
    case VALUE_UNSIGNED:
        return value_u64(world_chance(w, 50) ? world_below(w, 4) : world_below(w, 1 << 20));
    case VALUE_SIGNED:
        return value_i64((int64_t)world_below(w, 8) - 3);
    case VALUE_TRUTH:
        return value_bool(world_chance(w, 50));
    default:
        return (struct value){.kind = VALUE_ABSENT};
    }
}

static inline void world_connect(struct world *w, struct event_fd *fd)
{
    static const uint16_t ports[] = {22, 53, 80, 443, 3333, 8080, 14444, 0};

    fd->type = world_chance(w, 70) ? '4' : '6';
    fd->has_addresses = true;
    fd->l4_protocol = world_chance(w, 70) ? 6 : 17;
    fd->server = world_chance(w, 50);
    fd->local = fd->remote = (struct value_ip){4, 32, {127, 0, 0, 1}};
    fd->remote.byte[0] = (uint8_t)(world_chance(w, 50) ? 10 : 8);
    fd->local_port = ports[world_below(w, ARRAY_LEN(ports))];
    fd->remote_port = ports[world_below(w, ARRAY_LEN(ports))];
}

static inline void world_event(struct world *w, struct event *e)
{
    static const uint32_t flags[] = {O_RDONLY, O_WRONLY | O_CREAT | O_TRUNC, O_RDWR, O_RDONLY};
    static const char types[] = {'f', 'f', 'f', 'd', 'u', 'p', 0};

    arena_reset(w->scratch);
    w->events++;
    if (world_chance(w, 3))
        world_change_process(w, world_below(w, WORLD_PROCESSES));
    *e = (struct event){
        .source = SOURCE_SYSCALL,
        .type = (enum event_type)(world_chance(w, 85) ? 1 + world_below(w, EVENT_TYPE_NAMED - 1)
                                                      : 1 + world_below(w, event_type_count() - 1)),
        .num = w->events,
        .time_ns = 1700000000000000000ULL + w->events,
        .boot_ns = 2000 + w->events,
        .tid = 100,
        .has_result = world_chance(w, 90),
        .result = (int64_t)world_below(w, 10) - 3,
        .process = world_chance(w, 95) ? &w->process[world_below(w, WORLD_PROCESSES)] : NULL,
        .fd = {.known = world_chance(w, 90),
               .num = (int64_t)world_below(w, 6) - 1,
               .type = types[world_below(w, ARRAY_LEN(types))],
               .name = world_text(w),
               .name_raw = world_text(w)},
        .path = world_text(w),
        .path_source = world_text(w),
        .path_target = world_text(w),
        .open_flags = flags[world_below(w, ARRAY_LEN(flags))],
        .mode = world_below(w, 2) * 0755,
        .scratch = w->scratch,
    };
    if (e->type == EVENT_CONNECT || world_chance(w, 5))
        world_connect(w, &e->fd);
    const struct event_type_info *info = event_type_info(e->type);
    e->arg_count = info->param_count < EVENT_ARGS_MAX ? info->param_count : EVENT_ARGS_MAX;
    for (uint32_t i = 0; i < e->arg_count; i++)
        e->arg[i] = world_value(w, info->param[i].value);
}

/* What the engine says, as numbers of rules. */
struct world_matches {
    uint32_t index[64];
    uint32_t count;
};

static inline void world_on_match(void *ctx, const struct rule *rule, const struct event *event)
{
    struct world_matches *matches = ctx;

    (void)event;
    if (matches->count < ARRAY_LEN(matches->index))
        matches->index[matches->count] = rule->index;
    matches->count++;
}

/* The rule that the engine and condition_eval() of each rule alone do not agree on, NULL when they
 * agree about all. */
static inline const struct rule *world_disagree(struct engine *engine, const struct event *event,
                                                bool first_only, uint32_t *matched)
{
    struct world_matches matches = {{0}, 0};
    uint32_t at = 0;

    *matched = engine_run(engine, event, world_on_match, &matches);
    for (uint32_t i = 0; i < engine_rule_count(engine); i++) {
        const struct rule *rule = engine_rule(engine, i);
        bool said =
            at < matches.count && at < ARRAY_LEN(matches.index) && matches.index[at] == rule->index;
        bool runs = rule->all_types || event_set_has(&rule->types, event->type);
        bool holds = runs && condition_eval(rule->condition, event);
        if (holds != said)
            return rule;
        at += said;
        if (said && first_only)
            break;
        if (at == ARRAY_LEN(matches.index))
            return NULL;
    }
    return NULL;
}
