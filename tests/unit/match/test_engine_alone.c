/* The engine against condition_eval() of each rule alone: rules and events at random. */
#include "../test.h"

#include "base/buf.h"
#include "world.h"

enum { RULES = 70, ROUNDS = 12, EVENTS = 1500, DEPTH = 4 };

/* Comparisons of every kind that the plan treats in a way of its own. */
static const char *const checks[] = {
    "evt.type = openat",
    "evt.type != execve",
    "evt.type in (open, openat, execve)",
    "evt.type.is[openat] = 1",
    "evt.type exists",
    "syscall.type = connect",
    "evt.dir = <",
    "evt.is_open_read = true",
    "evt.is_open_write = true",
    "evt.is_open_create = false",
    "evt.is_io_write = true",
    "evt.num >= 0",
    "evt.num = 0",
    "evt.failed = false",
    "evt.rawres >= 0",
    "evt.res = SUCCESS",
    "evt.arg.flags contains O_CREAT",
    "evt.arg[0] = 3",
    "evt.rawarg.mode = 1",
    "evt.category = file",
    "evt.deltatime > 5",
    "fd.num >= 0",
    "fd.num in (1, 3)",
    "fd.typechar = f",
    "fd.typechar in (4, 6)",
    "fd.name startswith /etc",
    "fd.name startswith /",
    "fd.name in (/etc/passwd, /etc/shadow, sh)",
    "fd.name = /etc/passwd",
    "fd.name != /etc/passwd",
    "fd.name contains pass",
    "fd.name endswith wd",
    "fd.name exists",
    "fd.name = ''",
    "fd.name pmatch (/etc, /usr/bin)",
    "fd.name glob /etc/*",
    "fd.name regex '^/etc/p.*'",
    "fd.name startswith anyof (/etc, /usr)",
    "fd.nameraw contains ../",
    "fd.directory = /etc",
    "fd.directory in (/etc, /root)",
    "fd.filename = passwd",
    "fd.filename = val(proc.name)",
    "fd.name startswith val(proc.cwd)",
    "proc.name = val(proc.pname)",
    "basename(fd.name) = passwd",
    "tolower(proc.name) = sh",
    "len(fd.name) > 10",
    "fd.ip = 10.0.0.1",
    "fd.sip != 127.0.0.1",
    "fd.rnet = 10.0.0.0/8",
    "fd.sport = 443",
    "fd.port in (22, 53)",
    "proc.name = sh",
    "proc.name in (sh, bash, passwd)",
    "proc.name exists",
    "proc.pname = sh",
    "proc.aname = sh",
    "proc.aname[2] = sh",
    "proc.aname in (sh, bash)",
    "proc.cmdline contains pass",
    "proc.duration <= 1500",
    "proc.is_exe_upper_layer = true",
    "proc.tty != 0",
    "proc.vpid = 1",
    "proc.env[HOME] = /root",
    "proc.sname = sh",
    "user.name = root",
    "user.loginuid = -1",
    "container.id != host",
    "container.privileged = true",
    "container.start_ts > 0",
    "k8s.ns.name = sh",
    "thread.cap_permitted contains CAP_SYS_ADMIN",
    "thread.tid = 100",
};

static struct world world;

static void write_condition(struct buf *out, uint32_t depth)
{
    uint32_t parts = 2 + world_below(&world, 3);

    if (depth == 0 || world_chance(&world, 25)) {
        buf_printf(out, "%s%s", world_chance(&world, 25) ? "not " : "",
                   checks[world_below(&world, ARRAY_LEN(checks))]);
        return;
    }
    const char *between = world_chance(&world, 60) ? " and " : " or ";
    buf_str(out, world_chance(&world, 20) ? "not (" : "(");
    for (uint32_t i = 0; i < parts; i++) {
        buf_str(out, i == 0 ? "" : between);
        write_condition(out, depth - 1);
    }
    buf_char(out, ')');
}

static struct ruleset *make_rules(void)
{
    struct ruleset *set = ruleset_new();
    scoped(buf_done) struct buf text = {0};

    buf_init(&text, 1 << 20);
    for (uint32_t i = 0; i < RULES; i++) {
        buf_printf(&text, "- rule: r%u\n  desc: d\n  condition: ", i);
        buf_str(&text, world_chance(&world, 50) ? "evt.type in (openat, open) and " : "");
        write_condition(&text, DEPTH);
        buf_str(&text, "\n  output: o\n  priority: ERROR\n");
    }
    if (ruleset_load_text(set, "made.yaml", buf_view(&text)) < 0 || ruleset_compile(set) < 0)
        TEST_FAIL("%s", ruleset_diags(set)->item[0].message);
    return set;
}

static void test_same_as_alone(void **state)
{
    uint64_t total = 0;

    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        world.state = round;
        scoped(ruleset_free) struct ruleset *set = make_rules();
        enum engine_matching matching = round % 3 == 0 ? MATCH_FIRST : MATCH_ALL;
        scoped(engine_free) struct engine *engine =
            engine_new(set, &(struct engine_options){.source = SOURCE_SYSCALL,
                                                     .matching = matching,
                                                     .priority_max = PRIORITY_DEBUG});

        world = (struct world){0};
        world_start(&world, set, round);
        for (uint32_t i = 0; i < EVENTS; i++) {
            struct event event;
            uint32_t matched;

            world_event(&world, &event);
            const struct rule *rule =
                world_disagree(engine, &event, matching == MATCH_FIRST, &matched);
            if (rule != NULL)
                TEST_FAIL("round %d, event %u, %s of '%.*s': %s", (int)round, i,
                          event_type_info(event.type)->name, SV_ARG(event.fd.name),
                          rule->condition_text);
            total += matched;
        }
        world_end(&world);
    }
    CHECK(total > ROUNDS * EVENTS / 10);
}

/* Events whose values are given by hand may contradict their type. */
static void test_given(void **state)
{
    const struct event_given given[] = {{SV("evt.type"), value_sv(SV("openat"))},
                                        {SV("fd.name"), value_sv(SV("/x"))}};
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    scoped(arena_free) struct arena *scratch = arena_new(4096);
    struct world_matches matches = {{0}, 0};
    struct event event = {.source = SOURCE_SYSCALL,
                          .type = EVENT_OPENAT,
                          .num = 1,
                          .given = given,
                          .given_count = ARRAY_LEN(given),
                          .scratch = scratch};

    (void)state;
    CHECK_INT(ruleset_load_text(set, "t.yaml",
                                SV("- rule: a\n  desc: d\n  condition: evt.type = openat and "
                                   "fd.name = /x and evt.buflen = 3\n  output: o\n"
                                   "  priority: ERROR\n")),
              0);
    CHECK_INT(ruleset_compile(set), 0);
    scoped(engine_free) struct engine *engine = engine_new(
        set, &(struct engine_options){
                 .source = SOURCE_SYSCALL, .matching = MATCH_ALL, .priority_max = PRIORITY_DEBUG});
    CHECK_INT(engine_run(engine, &event, world_on_match, &matches), 0);
    const struct event_given more[] = {given[0], given[1], {SV("evt.buflen"), value_u64(3)}};
    event.given = more;
    event.given_count = ARRAY_LEN(more);
    CHECK_INT(engine_run(engine, &event, world_on_match, &matches), 1);
    CHECK_INT(engine_rule_stats(engine, 0).evaluations, 2);
    CHECK_INT(engine_rule_stats(engine, 0).matches, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_alone),
        cmocka_unit_test(test_given),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
