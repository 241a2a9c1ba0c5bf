#include "../test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "lang/vm/guards.h"
#include "lang/vm/operand.h"
#include "lang/vm/plan.h"

struct bench {
    struct arena *arena;
    struct plan *plan;
    struct condition *condition[16];
    uint32_t conditions;
};

static void start(struct bench *b)
{
    *b = (struct bench){.arena = arena_new(65536), .plan = plan_new(SOURCE_SYSCALL)};
}

static void end(struct bench *b)
{
    plan_free(b->plan);
    for (uint32_t i = 0; i < b->conditions; i++)
        condition_free(b->condition[i]);
    arena_free(b->arena);
}

static uint32_t add(struct bench *b, const char *text)
{
    struct parse_problem problem = {0};
    struct ast_node *node = NULL;
    struct condition *condition = NULL;

    if (parse_condition(sv(text), b->arena, &node, &problem) < 0 ||
        condition_compile(node, SOURCE_SYSCALL, b->arena, &condition, &problem) < 0)
        TEST_FAIL("%s: %s", text, problem.message);
    b->condition[b->conditions++] = condition;
    return plan_add(b->plan, condition);
}

static void check_text(const struct bench *b, uint32_t node, const char *expected)
{
    scoped(buf_done) struct buf text = {0};

    buf_init(&text, 4096);
    plan_print(b->plan, node, &text);
    CHECK_SV(buf_view(&text), sv(expected));
}

static void test_fold(void **state)
{
    static const struct {
        const char *row, *text;
        enum event_type type;
        const char *folded;
    } rows[] = {
        {"other type", "evt.type = open and proc.name = sh", EVENT_CONNECT, "false"},
        {"own type", "evt.type = open and proc.name = sh", EVENT_OPEN, "proc.name = sh"},
        {"or", "evt.type = open or proc.name = sh", EVENT_OPEN, "true"},
        {"or, other type", "evt.type = open or proc.name = sh", EVENT_CONNECT, "proc.name = sh"},
        {"not", "not evt.type in (open, openat)", EVENT_OPENAT, "false"},
        {"!=", "evt.type != open", EVENT_OPENAT, "true"},
        {"flag", "evt.type.is[open] = 1", EVENT_OPEN, "true"},
        {"syscall.type of what is none", "syscall.type = open or syscall.type exists",
         EVENT_PROCEXIT, "false"},
        {"is_open of a type that does not open", "evt.is_open_write = true", EVENT_CONNECT,
         "false"},
        {"is_open of one that does", "evt.is_open_write = true", EVENT_OPENAT,
         "evt.is_open_write = true"},
        {"parameter that the type lacks", "evt.arg.flags contains O_CREAT", EVENT_CONNECT, "false"},
        {"parameter that it has", "evt.arg.flags contains O_CREAT", EVENT_OPENAT,
         "evt.arg.flags contains O_CREAT"},
        {"io", "evt.is_io_write = true", EVENT_OPENAT, "false"},
        {"events count from 1", "evt.num >= 0 and evt.num = 0", EVENT_OPENAT, "false"},
        {"field without values", "evt.buflen > 3 or not evt.latency exists", EVENT_OPENAT, "true"},
        {"twice the same", "proc.name = sh and (fd.num = 1 or fd.num = 1) and proc.name = sh",
         EVENT_OPENAT, "(proc.name = sh and fd.num = 1)"},
        {"contradiction", "proc.name = sh and fd.num = 1 and not proc.name = sh", EVENT_OPENAT,
         "false"},
        {"tautology", "not (fd.num = 1) or fd.num = 1", EVENT_OPENAT, "true"},
        {"nested", "fd.num = 1 and (fd.num = 2 and (fd.num = 3 and fd.num = 4))", EVENT_OPENAT,
         "(fd.num = 1 and fd.num = 2 and fd.num = 3 and fd.num = 4)"},
        {"not not", "not not fd.num = 1", EVENT_OPENAT, "fd.num = 1"},
        {"cheap first", "proc.name regex x and fd.num = 1", EVENT_OPENAT,
         "(fd.num = 1 and proc.name regex x)"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b;

        test_row(rows[i].row);
        start(&b);
        check_text(&b, plan_fold(b.plan, add(&b, rows[i].text), rows[i].type), rows[i].folded);
        end(&b);
    }
}

static void test_fold_opening(void **state)
{
    static const struct {
        const char *row, *text;
        uint32_t opening;
        const char *folded;
    } rows[] = {
        {"reads", "evt.is_open_read = true and fd.num = 1", EVENT_OPENS_READ, "fd.num = 1"},
        {"does not", "evt.is_open_read = true and fd.num = 1", EVENT_OPENS_WRITE, "false"},
        {"nothing", "evt.is_open_write = true or fd.num = 1", 0, "fd.num = 1"},
        {"both", "evt.is_open_read = true and evt.is_open_write = true",
         EVENT_OPENS_READ | EVENT_OPENS_WRITE, "true"},
        {"negated", "evt.is_open_exec != true", EVENT_OPENS_EXEC, "false"},
        {"under not", "not evt.is_open_exec = true", EVENT_OPENS_READ, "true"},
        {"always there", "evt.is_open_read exists", 0, "true"},
        {"made depends on more", "evt.is_open_create = true", EVENT_OPENS_WRITE,
         "evt.is_open_create = true"},
        {"other fields", "fd.num = 1", EVENT_OPENS_READ, "fd.num = 1"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b;

        test_row(rows[i].row);
        start(&b);
        check_text(&b, plan_fold_opening(b.plan, add(&b, rows[i].text), rows[i].opening),
                   rows[i].folded);
        end(&b);
    }
}

static uint32_t operand_of(const struct bench *b, const char *name)
{
    for (uint32_t i = 0; i < plan_operand_count(b->plan); i++) {
        if (sv_eq(plan_operand(b->plan, i)->text, sv(name)))
            return i;
    }
    TEST_FAIL("no operand %s", name);
    return 0;
}

static void test_upper(void **state)
{
    static const struct {
        const char *row, *text;
        const char *reads; /* "process", "fd" or an operand */
        const char *upper;
    } rows[] = {
        {"its part of an and", "fd.num = 1 and proc.name = sh", "process", "proc.name = sh"},
        {"the other part", "fd.num = 1 and proc.name = sh", "fd.num", "fd.num = 1"},
        {"a field of the process", "user.uid = 0 and proc.name = sh", "proc.name",
         "proc.name = sh"},
        {"two of them", "proc.name = val(proc.pname) and proc.name = sh", "proc.name",
         "proc.name = sh"},
        {"an or says nothing", "fd.num = 1 or proc.name = sh", "fd.num", "true"},
        {"an or of its own", "fd.num = 1 or fd.num = 2", "fd.num", "(fd.num = 1 or fd.num = 2)"},
        {"and in or", "(fd.num = 1 and proc.name = a) or (fd.num = 2 and proc.name = b)", "fd.num",
         "(fd.num = 1 or fd.num = 2)"},
        {"exception of both", "not (fd.num = 1 and proc.name = a)", "fd.num", "true"},
        {"exception of either", "not (fd.num = 1 or proc.name = a)", "fd.num", "not fd.num = 1"},
        {"not in not", "not (fd.num = 1 or not (fd.num = 2 and proc.name = a))", "fd.num",
         "not (fd.num = 1 or not fd.num = 2)"},
        {"parts of the name", "fd.name = /x and fd.directory = / and fd.num = 1", "fd",
         "(fd.name = /x and fd.directory = /)"},
        {"process on both sides", "proc.name = val(proc.pname) and fd.num = 1", "process",
         "proc.name = val(proc.pname)"},
        {"mixed sides", "fd.filename = val(proc.name) and fd.num = 1", "process", "true"},
        {"by the time", "proc.duration < 5 and proc.name = a", "process", "proc.name = a"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bench b;

        test_row(rows[i].row);
        start(&b);
        uint32_t node = add(&b, rows[i].text);
        uint32_t reads = sv_eq(sv(rows[i].reads), SV("process")) ? PLAN_PROCESS
                         : sv_eq(sv(rows[i].reads), SV("fd"))    ? PLAN_FD_NAME
                                                                 : operand_of(&b, rows[i].reads);
        check_text(&b, plan_upper(b.plan, node, reads), rows[i].upper);
        end(&b);
    }
}

/* What is the same in several conditions is there once. */
static void test_shared(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    uint32_t first = add(&b, "fd.num = 1 and (proc.name = a or proc.name = b)");
    uint32_t nodes = plan_node_count(b.plan);
    CHECK_INT(add(&b, "(proc.name = b or proc.name = a) and fd.num = 1"), first);
    CHECK_INT(plan_node_count(b.plan), nodes);
    CHECK_INT(plan_leaf_count(b.plan), 3);
    CHECK_INT(plan_operand_count(b.plan), 2);
    uint32_t other = add(&b, "not (proc.name = a or proc.name = b)");
    CHECK_INT(plan_node_count(b.plan), nodes + 1);
    CHECK(other != first);
    end(&b);
}

/* Guards: which conditions are open for a name. */
static void test_guards(void **state)
{
    static const char *const conditions[] = {
        "fd.name = /etc/passwd and fd.num = 1",
        "fd.name in (/a, /b/c) or fd.filename = shadow",
        "fd.name startswith /etc",
        "fd.name startswith /etc/ssh and fd.typechar = f",
        "fd.name endswith .so or fd.name endswith ssh/b.so",
        "fd.name contains id_rsa",
        "fd.name contains .so or fd.name contains x",
        "fd.name glob /proc/*/environ",
        "not fd.name startswith /etc",
        "fd.name pmatch (/etc)",
        "fd.name contains abab",
    };
    static const struct {
        const char *name;
        const char *open; /* by condition */
    } rows[] = {
        {"/etc/passwd", "10100000010"},
        {"/etc/ssh/b.so", "00111010010"},
        {"/etc/ssh/id_rsa", "00110100010"},
        {"/b/c", "01000000100"},
        {"/x/shadow", "01000010100"},
        {"/proc/1/environ", "00000001100"},
        {"/et", "00000000100"},
        {"", "00000000100"},
        {"/ababab", "00000000101"},
        {"abab", "00000000101"},
        {"/aba", "00000000100"},
    };
    scoped(arena_free) struct arena *scratch = arena_new(4096);
    uint32_t node[ARRAY_LEN(conditions)];
    struct bench b;

    (void)state;
    start(&b);
    for (size_t i = 0; i < ARRAY_LEN(conditions); i++)
        node[i] = add(&b, conditions[i]);
    scoped(guards_free) struct guards *guards = guards_new(b.plan, node, ARRAY_LEN(conditions));
    scoped(plan_run_free) struct plan_run *run = plan_run_new(b.plan);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct event event = {.source = SOURCE_SYSCALL,
                              .type = EVENT_OPENAT,
                              .num = 1,
                              .fd = {.known = true, .type = 'f', .name = sv(rows[i].name)},
                              .scratch = scratch};
        char open[ARRAY_LEN(conditions) + 1] = "";

        test_row(rows[i].name);
        plan_run_start(run, &event);
        const uint64_t *bits = guards_open(guards, run);
        for (size_t k = 0; k < ARRAY_LEN(conditions); k++) {
            open[k] = (bits[0] >> k) & 1 ? '1' : '0';
            bool holds = plan_run_holds(run, node[k]);
            CHECK(open[k] == '1' || !holds);
            CHECK(open[k] == '0' || holds || ((guards_settled(guards)[0] >> k) & 1) == 0);
        }
        CHECK_STR(open, rows[i].open);
    }
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold),   cmocka_unit_test(test_fold_opening),
        cmocka_unit_test(test_upper),  cmocka_unit_test(test_shared),
        cmocka_unit_test(test_guards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
