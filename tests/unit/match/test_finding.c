#include "../test.h"

#include <errno.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "match/finding.h"

static const char rules[] =
    "- rule: Package manager\n"
    "  desc: what it is\n"
    "  condition: evt.type = execve and proc.name in (apk, apt) and not user.name = bob\n"
    "  output: run (ns=%k8s.ns.name cmd=%proc.cmdline missing=%fd.name)\n"
    "  priority: WARNING\n"
    "  tags: [drift, container]\n"
    "  tiercel: {owner: team-a, playbook: playbooks/x.md, confidence: high}\n";

static const struct container container = {
    .id = SV("0123456789ab"),
    .full_id = SV("0123456789abcdef"),
    .name = SV("api"),
    .runtime = SV("containerd"),
    .image = SV("registry.example/shop/api:1.2"),
    .image_repository = SV("registry.example/shop/api"),
    .image_tag = SV("1.2"),
    .image_digest = SV("sha256:aa"),
    .pod_name = SV("api-0\""),
    .pod_uid = SV("u-1"),
    .namespace_name = SV("billing"),
    .has_spec = true,
};
static const struct program sh = {
    .path = SV("/bin/sh"), .exe = SV("sh"), .command_line = SV("sh -c x")};
static const struct program apk = {.path = SV("/sbin/apk"),
                                   .exe = SV("apk"),
                                   .command_line = SV("apk add \x1b[31m\xff curl"),
                                   .args_cut = true};
static const struct user root = {.uid = 0, .name = SV("root")};
static const struct process parent = {
    .pid = 10, .start_ns = 1000, .name = SV("sh"), .program = &sh, .container = &container};
static const struct process process = {
    .pid = 11,
    .ppid = 10,
    .vpid = 2,
    .start_ns = 2000,
    .name = SV("apk"),
    .cwd = SV("/srv"),
    .program = &apk,
    .parent = &parent,
    .container = &container,
    .user = &root,
    .creds = {.login_uid = PROCESS_NO_UID, .cap_effective = 1, .cap_permitted = 3},
};
static const struct finding_place place = {.hostname = "n1",
                                           .node = "n1",
                                           .cluster = "c1",
                                           .link = "https://hub.example",
                                           .boot_offset_ns = 1000000000000000000};

struct fixture {
    struct ruleset *set;
    struct arena *arena;
    struct event event;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    fixture->set = ruleset_new();
    assert_int_equal(ruleset_load_text(fixture->set, "rules.yaml", sv(rules)), 0);
    assert_int_equal(ruleset_compile(fixture->set), 0);
    fixture->arena = arena_new(65536);
    fixture->event = (struct event){.source = SOURCE_SYSCALL,
                                    .type = EVENT_EXECVE,
                                    .num = 5,
                                    .time_ns = 1795525754818753738,
                                    .tid = 11,
                                    .process = &process,
                                    .scratch = fixture->arena};
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    ruleset_free(fixture->set);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static struct sv make(struct fixture *fixture, const struct finding_place *where)
{
    scoped(buf_done) struct buf json = {0};

    CHECK_INT(finding_make(&json, where, ruleset_rule(fixture->set, 0), &fixture->event), 0);
    return arena_sv(fixture->arena, buf_view(&json));
}

/* Follow names and indexes through the document: "tiercel.rule.matched.0.field". */
static const struct json_node *at(const struct json_doc *doc, const char *path)
{
    const struct json_node *node = &doc->node[0];
    struct sv rest = sv(path);

    while (rest.len > 0 && node != NULL) {
        struct sv name = sv_split(&rest, '/');
        uint64_t index = 0;
        if (node->kind == JSON_ARRAY && sv_to_u64(name, &index)) {
            const struct json_node *child = json_first(doc, node);
            while (child != NULL && index-- > 0)
                child = json_next(doc, node, child);
            node = child;
        } else {
            node = json_get(doc, node, name);
        }
    }
    return node;
}

static void test_members(void **state)
{
    static const struct {
        const char *path, *text;
    } texts[] = {
        {"hostname", "n1"},
        {"rule", "Package manager"},
        {"priority", "Warning"},
        {"source", "syscall"},
        {"time", "2026-11-24T13:09:14.818753738Z"},
        {"output", "2026-11-24T13:09:14.818753738+0000: Warning run (ns=billing cmd=apk add "
                   "\x1b[31m\xef\xbf\xbd curl missing=<NA>)"},
        {"tags/0", "container"},
        {"tags/1", "drift"},
        {"output_fields/k8s.ns.name", "billing"},
        {"tiercel/owner", "team-a"},
        {"tiercel/confidence", "high"},
        {"tiercel/playbook", "playbooks/x.md"},
        {"tiercel/node", "n1"},
        {"tiercel/cluster", "c1"},
        {"tiercel/namespace", "billing"},
        {"tiercel/pod/name", "api-0\""},
        {"tiercel/pod/uid", "u-1"},
        {"tiercel/container/id", "0123456789ab"},
        {"tiercel/container/full_id", "0123456789abcdef"},
        {"tiercel/image/repository", "registry.example/shop/api"},
        {"tiercel/image/tag", "1.2"},
        {"tiercel/image/digest", "sha256:aa"},
        {"tiercel/process/name", "apk"},
        {"tiercel/process/exe", "/sbin/apk"},
        {"tiercel/process/cwd", "/srv"},
        {"tiercel/process/start", "2001-09-09T01:46:40.000002000Z"},
        {"tiercel/process/user/name", "root"},
        {"tiercel/process/capabilities/effective/0", "CAP_CHOWN"},
        {"tiercel/process/capabilities/permitted/1", "CAP_DAC_OVERRIDE"},
        {"tiercel/ancestors/0/cmdline", "sh -c x"},
        {"tiercel/rule/file", "rules.yaml"},
        {"tiercel/rule/description", "what it is"},
        {"tiercel/rule/condition",
         "evt.type = execve and proc.name in (apk, apt) and not user.name = bob"},
        {"tiercel/rule/matched/0/field", "evt.type"},
        {"tiercel/rule/matched/0/value", "execve"},
        {"tiercel/rule/matched/1/field", "proc.name"},
        {"tiercel/rule/matched/1/value", "apk"},
        {"tiercel/rule/matched/2/field", "user.name"},
        {"tiercel/rule/matched/2/value", "root"},
        {"tiercel/window/from", "2026-11-24T12:54:14.818753738Z"},
        {"tiercel/window/to", "2026-11-24T13:24:14.818753738Z"},
        {"tiercel/queries/0/source", "k8s_audit"},
        {"tiercel/queries/0/condition",
         "ka.target.namespace = \"billing\" and ka.target.name = \"api-0\\\"\""},
        {"tiercel/queries/2/source", "aws_cloudtrail"},
    };
    struct fixture *fixture = *state;
    struct json_doc doc;
    struct err err = {0};

    int rc = json_parse(make(fixture, &place), fixture->arena, &doc, &err);
    if (rc < 0)
        TEST_FAIL("%s", err_text(&err, rc));
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const struct json_node *node = at(&doc, texts[i].path);
        test_row(texts[i].path);
        CHECK(node != NULL && node->kind == JSON_STRING);
        CHECK_SV(node->text, sv(texts[i].text));
    }
    test_row("others");
    CHECK_INT(at(&doc, "output_fields/fd.name")->kind, JSON_NULL);
    CHECK_INT(at(&doc, "output_fields/evt.time.iso8601")->i64, 1795525754818753738);
    CHECK_INT(at(&doc, "tiercel/process/pid")->i64, 11);
    CHECK_INT(at(&doc, "tiercel/process/cmdline_cut")->kind, JSON_TRUE);
    CHECK_INT(at(&doc, "tiercel/rule/line")->i64, 1);
    CHECK_INT(at(&doc, "tiercel/rule/matched/2/holds")->kind, JSON_FALSE);
    CHECK(at(&doc, "tiercel/process/login_user") == NULL);
    CHECK(at(&doc, "tiercel/ancestors/1") == NULL);
    CHECK(at(&doc, "tiercel/io_uring") == NULL);
    CHECK(at(&doc, "tiercel/name_unsure") == NULL);
}

static void test_id(void **state)
{
    struct fixture *fixture = *state;
    struct finding_place other = place;
    struct finding_keys first, same, changed;

    CHECK_INT(finding_read(make(fixture, &place), fixture->arena, &first, NULL), 0);
    CHECK_INT(finding_read(make(fixture, &place), fixture->arena, &same, NULL), 0);
    CHECK_SV(first.id, same.id);
    CHECK_INT(first.id.ptr[14], '8');
    fixture->event.num++;
    CHECK_INT(finding_read(make(fixture, &place), fixture->arena, &changed, NULL), 0);
    CHECK(!sv_eq(first.id, changed.id));
    fixture->event.num--;
    other.hostname = "n2";
    CHECK_INT(finding_read(make(fixture, &other), fixture->arena, &changed, NULL), 0);
    CHECK(!sv_eq(first.id, changed.id));
}

static void test_host_process(void **state)
{
    struct fixture *fixture = *state;
    struct process host = process;
    struct json_doc doc;

    host.container = NULL;
    host.parent = NULL;
    fixture->event.process = &host;
    CHECK_INT(json_parse(make(fixture, &place), fixture->arena, &doc, NULL), 0);
    CHECK(at(&doc, "tiercel/container") == NULL);
    CHECK(at(&doc, "tiercel/queries") == NULL);
    CHECK_INT(at(&doc, "tiercel/ancestors")->count, 0);

    fixture->event.io_uring = fixture->event.name_unsure = true;
    fixture->event.process = NULL;
    CHECK_INT(json_parse(make(fixture, &place), fixture->arena, &doc, NULL), 0);
    CHECK(at(&doc, "tiercel/process") == NULL);
    CHECK_INT(at(&doc, "tiercel/io_uring")->kind, JSON_TRUE);
    CHECK_INT(at(&doc, "tiercel/name_unsure")->kind, JSON_TRUE);
}

/* A finding about an audit record: who did what, its own id, and the same one wherever it is made.
 */
static void test_signal(void **state)
{
    static const char text[] =
        "- rule: Secret read\n  desc: d\n  condition: ka.verb = get\n  output: o\n  priority: ERROR\n"
        "  source: k8s_audit\n";
    static const char record[] =
        "{\"auditID\":\"a\",\"verb\":\"get\",\"user\":{\"username\":\"alice\",\"groups\":[\"dev\","
        "\"ops\"]},\"sourceIPs\":[\"10.0.0.1\"],\"objectRef\":{\"resource\":\"pods\",\"namespace\":\"prod\","
        "\"name\":\"web-1\"},\"responseStatus\":{\"code\":403}}";
    static const struct {
        const char *path, *text;
    } texts[] = {
        {"source", "k8s_audit"},
        {"tiercel/actor/name", "alice"},
        {"tiercel/actor/groups/1", "ops"},
        {"tiercel/actor/address", "10.0.0.1"},
        {"tiercel/action/name", "get"},
        {"tiercel/action/resource", "pods"},
        {"tiercel/action/object", "web-1"},
        {"tiercel/action/status", "403"},
        {"tiercel/namespace", "prod"},
        {"tiercel/pod/name", "web-1"},
    };
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf json = {0};
    scoped(buf_done) struct buf elsewhere = {0};
    struct finding_place other = place;
    struct json_doc recorded, doc, again;

    CHECK_INT(ruleset_load_text(set, "r.yaml", sv(text)), 0);
    CHECK_INT(ruleset_compile(set), 0);
    CHECK_INT(json_parse(sv(record), arena, &recorded, NULL), 0);
    struct event event = {.source = SOURCE_K8S_AUDIT,
                          .type = EVENT_PLUGIN,
                          .num = 1,
                          .id = SV("a/ResponseComplete"),
                          .time_ns = 1700000000000000000,
                          .json = {&recorded, recorded.node, false},
                          .scratch = arena};
    CHECK_INT(finding_make(&json, &place, ruleset_rule(set, 0), &event), 0);
    CHECK_INT(json_parse(buf_view(&json), arena, &doc, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        test_row(texts[i].path);
        const struct json_node *found = at(&doc, texts[i].path);
        CHECK(found != NULL && sv_eq(found->text, sv(texts[i].text)));
    }
    other.hostname = "n2";
    event.num = 7;
    CHECK_INT(finding_make(&elsewhere, &other, ruleset_rule(set, 0), &event), 0);
    CHECK_INT(json_parse(buf_view(&elsewhere), arena, &again, NULL), 0);
    CHECK_SV(at(&again, "uuid")->text, at(&doc, "uuid")->text);
}

static void test_keys(void **state)
{
    struct fixture *fixture = *state;
    struct finding_keys keys;

    CHECK_INT(finding_read(make(fixture, &place), fixture->arena, &keys, NULL), 0);
    CHECK_SV(keys.rule, SV("Package manager"));
    CHECK_SV(keys.source, SV("syscall"));
    CHECK_SV(keys.namespace_name, SV("billing"));
    CHECK_SV(keys.pod_name, SV("api-0\""));
    CHECK_SV(keys.container_id, SV("0123456789ab"));
    CHECK_SV(keys.owner, SV("team-a"));
    CHECK_INT(keys.time_ns, 1795525754818753738);
    CHECK_INT(keys.priority, PRIORITY_WARNING);
}

#define ID "01234567-0123-8123-8123-0123456789ab"

static void test_refused(void **state)
{
    static const struct {
        const char *row, *json, *words;
    } rows[] = {
        {"no JSON", "{", ""},
        {"no object", "[]", "must be a JSON object"},
        {"no uuid", "{\"rule\":\"r\"}", "member 'uuid'"},
        {"no rule", "{\"uuid\":\"" ID "\"}", "'rule' and 'source'"},
        {"no priority", "{\"uuid\":\"" ID "\",\"rule\":\"r\",\"source\":\"s\",\"priority\":\"x\"}",
         "'priority'"},
        {"no time", "{\"uuid\":\"" ID "\",\"rule\":\"r\",\"source\":\"s\",\"priority\":\"Notice\"}",
         "evt.time.iso8601"},
        {"negative time",
         "{\"uuid\":\"" ID "\",\"rule\":\"r\",\"source\":\"s\",\"priority\":\"Notice\","
         "\"output_fields\":{\"evt.time.iso8601\":-1}}",
         "evt.time.iso8601"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct finding_keys keys;
        struct err err = {0};
        test_row(rows[i].row);
        CHECK_INT(finding_read(sv(rows[i].json), fixture->arena, &keys, &err), -EINVAL);
        CHECK_HAS(err.text, rows[i].words);
    }
}

static void test_line(void **state)
{
    struct fixture *fixture = *state;
    scoped(buf_done) struct buf line = {0};
    scoped(buf_done) struct buf coloured = {0};

    CHECK_INT(finding_line(make(fixture, &place), fixture->arena, false, &line), 0);
    CHECK_HAS(buf_cstr(&line), ".818753738: Warning run (ns=billing cmd=apk add \\x1b[31m");
    CHECK(memchr(line.ptr, 0x1b, line.len) == NULL);
    CHECK_INT(finding_line(make(fixture, &place), fixture->arena, true, &coloured), 0);
    CHECK_HAS(buf_cstr(&coloured), "\x1b[1;33mWarning\x1b[0m run");
    CHECK_INT(finding_line(SV("{}"), fixture->arena, false, &line), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_members, setup, teardown),
        cmocka_unit_test_setup_teardown(test_id, setup, teardown),
        cmocka_unit_test_setup_teardown(test_host_process, setup, teardown),
        cmocka_unit_test(test_signal),
        cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_line, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
