#include "../test.h"

#include <fcntl.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lang/condition.h"
#include "lang/kernel/filter.h"
#include "lang/vm/plan.h"

#define RULES_MAX 200

struct bench {
    struct arena *arena;
    struct plan *plan;
    struct condition *condition[RULES_MAX];
    uint32_t root[RULES_MAX];
    uint32_t count;
    struct kernel_filter filter;
};

static void start(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    b->arena = arena_new(65536);
    b->plan = plan_new(SOURCE_SYSCALL);
}

static void end(struct bench *b)
{
    plan_free(b->plan);
    for (uint32_t i = 0; i < b->count; i++)
        condition_free(b->condition[i]);
    arena_free(b->arena);
}

static void add(struct bench *b, const char *text, enum event_type type)
{
    struct parse_problem problem = {0};
    struct ast_node *node = NULL;

    if (parse_condition(sv(text), b->arena, &node, &problem) < 0 ||
        condition_compile(node, SOURCE_SYSCALL, b->arena, &b->condition[b->count], &problem) < 0)
        TEST_FAIL("%s: %s", text, problem.message);
    uint32_t root = plan_add(b->plan, b->condition[b->count]);
    b->root[b->count++] = plan_fold(b->plan, root, type);
}

static void make(struct bench *b, enum event_type type)
{
    kernel_filter_make(b->plan, type, b->root, b->count, &b->filter);
}

/* An event as the kernel side would know it. */
struct seen {
    struct filter_facts facts;
    char texts[8192];
    uint32_t used;
};

static void know(struct seen *seen, uint32_t subject, int64_t number)
{
    seen->facts.known |= 1u << subject;
    seen->facts.number[subject] = number;
}

static void know_text(struct seen *seen, uint32_t subject, const char *text)
{
    struct filter_text *out = &seen->facts.text[subject - FILTER_FD_NAME];
    const char *slash = strrchr(text, '/');

    seen->used += FILTER_ENDS;
    *out = (struct filter_text){seen->used, (uint32_t)strlen(text), 1, UINT32_MAX};
    memcpy(seen->texts + out->at, text, out->len);
    seen->used += out->len + FILTER_ENDS;
    seen->facts.known |= 1u << subject;
    if (slash == NULL)
        return;
    out->directory = slash == text ? 1 : (uint32_t)(slash - text);
    out->file = (uint32_t)strlen(slash + 1);
}

static void an_open(struct seen *seen, const char *path, uint32_t flags)
{
    memset(seen, 0, sizeof(*seen));
    know(seen, FILTER_RESULT, 3);
    know(seen, FILTER_FD_NUM, 3);
    know(seen, FILTER_FD_TYPE, 'f');
    know(seen, FILTER_OPEN_FLAGS, flags);
    know_text(seen, FILTER_FD_NAME, path);
    know_text(seen, FILTER_FD_NAME_RAW, path);
    know_text(seen, FILTER_PATH, path);
}

static bool passes(const struct bench *b, const struct seen *seen)
{
    return kernel_filter_passes(&b->filter.program, &seen->facts, seen->texts, UINT64_MAX);
}

static void test_open(void **state)
{
    static const char long_name[] = "/a/long/path/that/has/more/than/32/bytes";
    static const struct {
        const char *row, *text, *path;
        uint32_t flags;
        bool sent;
    } rows[] = {
        {"name", "fd.name = /etc/shadow", "/etc/shadow", 0, true},
        {"other name", "fd.name = /etc/shadow", "/etc/shadow-", 0, false},
        {"name, shorter", "fd.name = /etc/shadow", "/etc/shado", 0, false},
        {"not that name", "not fd.name = /etc/shadow", "/etc/shadow", 0, false},
        {"not that name, another", "not fd.name = /etc/shadow", "/etc/passwd", 0, true},
        {"!=", "fd.name != /etc/shadow", "/etc/shadow", 0, false},
        {"!= another", "fd.name != /etc/shadow", "/etc/passwd", 0, true},
        {"set", "fd.name in (/a, /b, /c)", "/c", 0, true},
        {"not of the set", "fd.name in (/a, /b, /c)", "/d", 0, false},
        {"start", "fd.name startswith /etc/", "/etc/x", 0, true},
        {"other start", "fd.name startswith /etc/", "/etcx", 0, false},
        {"end", "fd.name endswith .log", "/var/a.log", 0, true},
        {"other end", "fd.name endswith .log", "/var/a.lo", 0, false},
        {"longer than the text", "fd.name endswith 0123456789.log", "/a.log", 0, false},
        {"contains", "fd.name contains /.ssh/", "/home/a/.ssh/id", 0, true},
        {"does not contain", "fd.name contains /.ssh/", "/home/a/ssh/id", 0, false},
        {"contains, told by its first eight bytes", "fd.name contains 12345678x", "/12345678y", 0,
         true},
        {"not contains cannot be said", "not fd.name contains /.ssh/", "/home/.ssh/id", 0, true},
        {"directory", "fd.directory = /etc", "/etc/passwd", 0, true},
        {"directory above", "fd.directory = /etc", "/etc/a/b", 0, false},
        {"directory itself", "fd.directory = /etc", "/etc", 0, false},
        {"root directory", "fd.directory = /", "/x", 0, true},
        {"file name", "fd.filename in (a, b.c)", "/x/y/b.c", 0, true},
        {"end of another file name", "fd.filename in (a, b.c)", "/x/y/bb.c", 0, false},
        {"pattern, told by its end", "fd.name glob /proc/*/environ", "/proc/1/environ", 0, true},
        {"pattern, other end", "fd.name glob /proc/*/environ", "/proc/1/maps", 0, false},
        {"pattern, told by its middle", "fd.name glob /h*/.ssh/*", "/home/.ssx/a", 0, false},
        {"pattern with a set, told by its start", "fd.name glob /x[ab]*y", "/xcy", 0, true},
        {"pmatch below", "fd.name pmatch (/etc)", "/etc/x", 0, true},
        {"pmatch elsewhere", "fd.name pmatch (/etc)", "/usr/etc/x", 0, false},
        {"not pmatch", "not fd.name pmatch (/etc)", "/etc/x", 0, false},
        {"not pmatch, a longer name", "not fd.name pmatch (/etc)", "/etcx", 0, true},
        {"long name", "fd.name = /a/long/path/that/has/more/than/32/bytes", long_name, 0, true},
        {"long name, as long, same start", "fd.name = /a/long/path/that/has/more/than/32/BYTES",
         long_name, 0, true},
        {"not that long name", "not fd.name = /a/long/path/that/has/more/than/32/bytes", long_name,
         0, true},
        {"read", "evt.is_open_read = true", "/x", O_RDONLY, true},
        {"read of a write", "evt.is_open_read = true", "/x", O_WRONLY, false},
        {"write of both", "evt.is_open_write = true", "/x", O_RDWR, true},
        {"not write", "evt.is_open_write = false", "/x", O_RDWR, false},
        {"flag", "evt.arg.flags contains O_TRUNC", "/x", O_TRUNC, true},
        {"other flag", "evt.arg.flags contains O_TRUNC", "/x", O_CREAT, false},
        {"flag of the file, not of the call", "evt.arg.flags contains LAYER", "/x", 0, true},
        {"may create", "evt.is_open_create = true", "/x", O_CREAT, true},
        {"cannot create", "evt.is_open_create = true", "/x", 0, false},
        {"failed", "evt.failed = true", "/x", 0, false},
        {"result", "evt.rawres < 3", "/x", 0, false},
        {"result, the other way", "evt.rawres >= 3", "/x", 0, true},
        {"error", "evt.res = ENOENT", "/x", 0, false},
        {"success", "evt.res = SUCCESS", "/x", 0, true},
        {"type", "fd.type = directory", "/x", 0, false},
        {"letter", "fd.typechar in (d, f)", "/x", 0, true},
        {"parameter", "evt.arg.name startswith /x", "/y", 0, false},
        {"raw", "fd.nameraw contains ../", "/a/b", 0, false},
        {"socket's field of a file", "fd.sport = 80", "/x", 0, true},
        {"unknown field", "fd.ino = 3", "/x", 0, true},
        {"regex", "fd.name regex y", "/x", 0, true},
        {"other type", "evt.type = connect and fd.name = /x", "/x", 0, false},
        {"and", "evt.is_open_write = true and fd.name startswith /etc/", "/etc/x", O_RDONLY, false},
        {"and, both", "evt.is_open_write = true and fd.name startswith /etc/", "/etc/x", O_WRONLY,
         true},
        {"and with what is unknown", "fd.ino = 3 and fd.name = /x", "/y", 0, false},
        {"or with what is unknown", "fd.ino = 3 or fd.name = /x", "/y", 0, true},
        {"not or with what is unknown", "not (fd.ino = 3 or fd.name = /x)", "/x", 0, false},
        {"not and with what is unknown", "not (fd.ino = 3 and fd.name = /x)", "/x", 0, true},
        {"or of texts", "fd.name = /x or fd.directory = /y or fd.name endswith z", "/q", 0, false},
        {"or of texts and both", "fd.name = /x or (fd.name startswith /y and fd.name endswith z)",
         "/q/q", 0, false},
        {"or across kinds", "fd.num = 4 or fd.name = /x", "/y", 0, false},
        {"exception", "fd.name startswith /etc/ and not (proc.name = a and fd.name = /etc/b)",
         "/etc/b", 0, true},
        {"never", "fd.num = 1 and not fd.num = 1", "/x", 0, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        static struct bench b;
        static struct seen seen;

        test_row(rows[i].row);
        start(&b);
        add(&b, rows[i].text, EVENT_OPENAT);
        make(&b, EVENT_OPENAT);
        an_open(&seen, rows[i].path, rows[i].flags);
        CHECK_INT(passes(&b, &seen), rows[i].sent);
        seen.facts.known = 0;
        CHECK_INT(passes(&b, &seen), b.filter.program.cases != 0);
        end(&b);
    }
}

static void a_connect(struct seen *seen, uint32_t family, const uint8_t remote[4], int64_t port)
{
    memset(seen, 0, sizeof(*seen));
    know(seen, FILTER_RESULT, 0);
    know(seen, FILTER_FD_NUM, 3);
    know(seen, FILTER_FD_TYPE, family == 4 ? '4' : 'u');
    know(seen, FILTER_FD_L4, family == 4 ? 6 : 0);
    know(seen, FILTER_LOCAL_PORT, family == 4 ? 40000 : FILTER_ABSENT);
    know(seen, FILTER_REMOTE_PORT, family == 4 ? port : FILTER_ABSENT);
    seen->facts.family = family;
    memcpy(seen->facts.ip[0], (uint8_t[]){10, 0, 0, 1}, 4);
    memcpy(seen->facts.ip[1], remote, 4);
    seen->facts.known |= 1u << FILTER_LOCAL_IP | 1u << FILTER_REMOTE_IP;
}

static void test_connect(void **state)
{
    static const struct {
        const char *row, *text;
        uint32_t family;
        uint8_t remote[4];
        int64_t port;
        bool sent;
    } rows[] = {
        {"address", "fd.sip = 1.2.3.4", 4, {1, 2, 3, 4}, 80, true},
        {"other address", "fd.sip = 1.2.3.4", 4, {1, 2, 3, 5}, 80, false},
        {"net", "fd.snet in (1.2.0.0/15)", 4, {1, 3, 9, 9}, 80, true},
        {"other net", "fd.snet in (1.2.0.0/15)", 4, {1, 4, 9, 9}, 80, false},
        {"of IPv6", "fd.sip = ::1", 4, {0, 0, 0, 1}, 80, false},
        {"either end", "fd.ip = 10.0.0.1", 4, {1, 2, 3, 4}, 80, true},
        {"neither end", "fd.ip != 10.0.0.1", 4, {1, 2, 3, 4}, 80, false},
        {"client", "fd.cip = 10.0.0.1", 4, {1, 2, 3, 4}, 80, true},
        {"port", "fd.sport in (22, 80)", 4, {1, 2, 3, 4}, 80, true},
        {"other port", "fd.sport in (22, 80)", 4, {1, 2, 3, 4}, 81, false},
        {"not either port", "not fd.port in (22, 40000)", 4, {1, 2, 3, 4}, 81, false},
        {"less", "fd.sport < 1024", 4, {1, 2, 3, 4}, 8080, false},
        {"protocol", "fd.l4proto = tcp", 4, {1, 2, 3, 4}, 80, true},
        {"other protocol", "fd.l4proto = udp", 4, {1, 2, 3, 4}, 80, false},
        {"family", "fd.sockfamily = ip", 4, {1, 2, 3, 4}, 80, true},
        {"other family", "fd.sockfamily = ip", 1, {0}, 0, false},
        {"address of what has none", "fd.sip = 1.2.3.4", 1, {0}, 0, false},
        {"not port of what has none", "not fd.sport = 80", 1, {0}, 0, true},
        {"still connecting", "evt.rawres >= 0 or evt.res = EINPROGRESS", 4, {1}, 80, true},
        {"name of a port", "fd.sproto = ssh", 4, {1, 2, 3, 4}, 80, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        static struct bench b;
        static struct seen seen;

        test_row(rows[i].row);
        start(&b);
        add(&b, rows[i].text, EVENT_CONNECT);
        make(&b, EVENT_CONNECT);
        a_connect(&seen, rows[i].family, rows[i].remote, rows[i].port);
        CHECK_INT(passes(&b, &seen), rows[i].sent);
        end(&b);
    }
}

static void test_process(void **state)
{
    static struct bench b;
    static struct seen seen;
    struct process sh = {.name = SV("sh")};
    struct process cat = {.name = SV("cat")};
    struct event event = {.source = SOURCE_SYSCALL, .type = EVENT_OPENAT};

    (void)state;
    start(&b);
    add(&b, "proc.name = sh and fd.name = /x", EVENT_OPENAT);
    add(&b, "proc.name = cat and fd.name = /y", EVENT_OPENAT);
    add(&b, "not proc.name in (sh, cat)", EVENT_OPENAT);
    make(&b, EVENT_OPENAT);
    CHECK_INT(b.filter.asks_process, 7);
    CHECK_INT(b.filter.program.cases, 7);
    event.scratch = b.arena;
    scoped(plan_run_free) struct plan_run *run = plan_run_new(b.plan);
    an_open(&seen, "/x", 0);

    event.process = &sh;
    plan_run_start(run, &event);
    uint64_t of_sh = kernel_filter_cases(&b.filter, run);
    CHECK(kernel_filter_passes(&b.filter.program, &seen.facts, seen.texts, of_sh));

    event.process = &cat;
    plan_run_start(run, &event);
    uint64_t of_cat = kernel_filter_cases(&b.filter, run);
    CHECK(!kernel_filter_passes(&b.filter.program, &seen.facts, seen.texts, of_cat));
    CHECK_INT(of_sh & of_cat, 0);
    end(&b);
}

static void test_same_case(void **state)
{
    static struct bench b;

    (void)state;
    start(&b);
    add(&b, "proc.name = a and fd.name = /x", EVENT_OPENAT);
    add(&b, "proc.name = b and fd.name = /x", EVENT_OPENAT);
    make(&b, EVENT_OPENAT);
    CHECK_INT(b.filter.program.cases, 1);
    CHECK_INT(b.filter.program.count, 1);
    end(&b);
}

/* More rules than there are cases, and more names than there are matches: wider, never wrong. */
static void test_many(void **state)
{
    static struct bench b;
    static struct seen seen;
    char text[64];

    (void)state;
    start(&b);
    for (int i = 0; i < RULES_MAX; i++) {
        struct sv rule = arena_printf(b.arena, "fd.num = 3 and fd.name in (/a%d, /b%d)", i, i);
        add(&b, rule.ptr, EVENT_OPENAT);
    }
    make(&b, EVENT_OPENAT);
    CHECK(b.filter.program.count <= FILTER_MATCHES_MAX);
    for (int i = 0; i < RULES_MAX; i++) {
        (void)snprintf(text, sizeof(text), "/b%d", i);
        an_open(&seen, text, 0);
        CHECK(passes(&b, &seen));
        know(&seen, FILTER_FD_NUM, 4);
        CHECK(!passes(&b, &seen));
    }
    end(&b);
}

static void test_explain(void **state)
{
    static struct bench b;
    scoped(buf_done) struct buf out = {0};

    (void)state;
    start(&b);
    add(&b,
        "evt.type = openat and proc.name = sh and fd.name startswith /etc and fd.ino = 3 and "
        "(proc.name = a or fd.num = 1)",
        EVENT_OPENAT);
    kernel_filter_explain(b.plan, EVENT_OPENAT, b.root[0], &out);
    CHECK_STR(buf_cstr(&out), "process: proc.name = sh\n"
                              "kernel: fd.name startswith /etc\n"
                              "user space: fd.ino = 3\n"
                              "kernel, process: (proc.name = a or fd.num = 1)\n");
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),    cmocka_unit_test(test_connect),
        cmocka_unit_test(test_process), cmocka_unit_test(test_same_case),
        cmocka_unit_test(test_many),    cmocka_unit_test(test_explain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
