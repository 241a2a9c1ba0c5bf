/* What append_output makes of the outputs of rules. */
#include "tests/unit/lang/ruleset_texts.h"

#include <errno.h>

#include "base/json.h"
#include "lang/falco/output_append.h"
#include "tests/unit/lang/given.h"

#define SUGGESTED                                                                                  \
    " container_id=%container.id container_name=%container.name "                                  \
    "container_image_repository=%container.image.repository "                                      \
    "container_image_tag=%container.image.tag k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name"

static const char rules[] =
    "- rule: a\n  desc: d\n  condition: evt.type = open\n  output: >\n    a %proc.name\n"
    "  priority: INFO\n  tags: [x, y]\n"
    "- rule: b\n  desc: d\n  condition: evt.type = open\n  output: b\n  priority: INFO\n"
    "- rule: c\n  desc: d\n  condition: ka.verb = get\n  output: c\n  priority: INFO\n"
    "  source: k8s_audit\n  tags: [x]\n";

static const char *const tag_x[] = {"x"};
static const char *const tags_yx[] = {"y", "x"};

#define SYSCALL .source = SOURCE_SYSCALL, .file = "t.yaml"
#define ANY .source = OUTPUT_APPEND_ANY_SOURCE, .file = "t.yaml", .at = {7, 3, 0}

static void texts(void **state)
{
    static const struct {
        const char *row;
        struct output_append append[2];
        uint32_t count;
        const char *a, *b, *c;
    } rows[] = {
        {"nothing", {{0}}, 0, "a %proc.name", "b", "c"},
        {"every rule",
         {{ANY, .text = "on %evt.hostname"}},
         1,
         "a %proc.name on %evt.hostname",
         "b on %evt.hostname",
         "c on %evt.hostname"},
        {"a source", {{.source = SOURCE_K8S_AUDIT, .text = "z"}}, 1, "a %proc.name", "b", "c z"},
        {"a rule", {{ANY, .rule = "b", .text = "z"}}, 1, "a %proc.name", "b z", "c"},
        {"no such rule", {{ANY, .rule = "B", .text = "z"}}, 1, "a %proc.name", "b", "c"},
        {"a tag",
         {{ANY, .tag = tag_x, .tag_count = 1, .text = "z"}},
         1,
         "a %proc.name z",
         "b",
         "c z"},
        {"all of the tags",
         {{ANY, .tag = tags_yx, .tag_count = 2, .text = "z"}},
         1,
         "a %proc.name z",
         "b",
         "c"},
        {"rule and tag both",
         {{ANY, .rule = "b", .tag = tag_x, .tag_count = 1, .text = "z"}},
         1,
         "a %proc.name",
         "b",
         "c"},
        {"suggested, system calls only",
         {{ANY, .suggested = true}},
         1,
         "a %proc.name" SUGGESTED,
         "b" SUGGESTED,
         "c"},
        {"text before suggested",
         {{ANY, .rule = "b", .text = "z", .suggested = true}},
         1,
         "a %proc.name",
         "b z" SUGGESTED,
         "c"},
        {"in the order of entries",
         {{ANY, .text = "1"}, {ANY, .text = "2"}},
         2,
         "a %proc.name 1 2",
         "b 1 2",
         "c 1 2"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(ruleset_free) struct ruleset *set = ruleset_new();

        test_row(rows[i].row);
        for (uint32_t k = 0; k < rows[i].count; k++)
            CHECK_INT(ruleset_append_output(set, &rows[i].append[k]), 0);
        ruleset_must(set, rules, NULL);
        CHECK_STR(ruleset_rule(set, 0)->output_text, rows[i].a);
        CHECK_STR(ruleset_rule(set, 1)->output_text, rows[i].b);
        CHECK_STR(ruleset_rule(set, 2)->output_text, rows[i].c);
    }
}

/* The members of output_fields that rule `a` has for an event. */
static struct sv members_of(const struct ruleset *set, struct arena *arena)
{
    struct event event = given_event(arena, SOURCE_SYSCALL, "proc.name=t:cat;proc.pid=i:7");
    const struct output *output = ruleset_rule(set, 0)->output;
    scoped(buf_done) struct buf json = {0};
    struct json_writer w = json_writer_on(&json);

    json_object_begin(&w);
    for (uint32_t i = 0; i < output_field_count(output); i++) {
        json_key_sv(&w, output_field_name(output, i));
        output_field_json(output, i, &event, &w);
    }
    json_object_end(&w);
    return arena_sv(arena, buf_view(&json));
}

static void members(void **state)
{
    static const struct output_append_field pid = {.name = "proc.pid"};
    static const struct output_append_field ancestor = {.name = "proc.aname[2]"};
    static const struct output_append_field fixed = {.name = "home", .format = "/root"};
    static const struct output_append_field format = {.name = "who",
                                                      .format = "%proc.name/%proc.pid/%proc.cwd"};
    static const struct output_append_field over = {.name = "proc.name", .format = "x"};
    static const struct output_append_field pair[] = {{.name = "proc.pid"}, {"n", "%proc.pid"}};
    static const struct output_append_field again = {.name = "proc.name"};
    static const struct {
        const char *row;
        struct output_append append[2];
        uint32_t count;
        const char *json;
    } rows[] = {
        {"none", {{0}}, 0, "{\"proc.name\":\"cat\"}"},
        {"a field",
         {{SYSCALL, .field = &pid, .field_count = 1}},
         1,
         "{\"proc.name\":\"cat\",\"proc.pid\":7}"},
        {"an absent one",
         {{SYSCALL, .field = &ancestor, .field_count = 1}},
         1,
         "{\"proc.name\":\"cat\",\"proc.aname[2]\":null}"},
        {"text",
         {{SYSCALL, .field = &fixed, .field_count = 1}},
         1,
         "{\"proc.name\":\"cat\",\"home\":\"/root\"}"},
        {"a format",
         {{SYSCALL, .field = &format, .field_count = 1}},
         1,
         "{\"proc.name\":\"cat\",\"who\":\"cat/7/<NA>\"}"},
        {"in place of one of the output",
         {{SYSCALL, .field = &over, .field_count = 1}},
         1,
         "{\"proc.name\":\"x\"}"},
        {"the later entry stays",
         {{SYSCALL, .field = &over, .field_count = 1},
          {SYSCALL, .field = &again, .field_count = 1}},
         2,
         "{\"proc.name\":\"cat\"}"},
        {"two",
         {{SYSCALL, .field = pair, .field_count = 2}},
         1,
         "{\"proc.name\":\"cat\",\"proc.pid\":7,\"n\":\"7\"}"},
        {"of another rule",
         {{ANY, .rule = "b", .field = &pid, .field_count = 1}},
         1,
         "{\"proc.name\":\"cat\"}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(ruleset_free) struct ruleset *set = ruleset_new();
        scoped(arena_free) struct arena *arena = arena_new(4096);

        test_row(rows[i].row);
        for (uint32_t k = 0; k < rows[i].count; k++)
            CHECK_INT(ruleset_append_output(set, &rows[i].append[k]), 0);
        ruleset_must(set, rules, NULL);
        CHECK_STR(ruleset_rule(set, 0)->output_text, "a %proc.name");
        CHECK_SV(members_of(set, arena), sv(rows[i].json));
    }
}

static void refused(void **state)
{
    static const struct output_append_field odd = {.name = "home"};
    static const struct output_append_field tail = {.name = "proc.names"};
    static const struct output_append_field faulty = {.name = "n", .format = "%proc.nonsense"};
    static const struct {
        const char *row;
        struct output_append append;
        const char *words;
        uint32_t count; /* of errors: one a source */
    } rows[] = {
        {"no such field", {ANY, .text = "%proc.nam"}, "extra_output: unknown filter:", 2},
        {"of another source",
         {ANY, .text = "%ka.verb"},
         "extra_output: unknown filter: filter_check called with nonexistent field ka.verb",
         1},
        {"only of rules that want it",
         {.source = SOURCE_K8S_AUDIT, .text = "%proc.name"},
         "extra_output: unknown filter:",
         1},
        {"no field", {ANY, .field = &odd, .field_count = 1}, "home: unknown filter:", 2},
        {"a field and more",
         {SYSCALL, .rule = "a", .field = &tail, .field_count = 1},
         "proc.names: is not the name of a field",
         1},
        {"a format",
         {SYSCALL, .rule = "a", .field = &faulty, .field_count = 1},
         "n: unknown filter:",
         1},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(ruleset_free) struct ruleset *set = ruleset_new();
        struct output_append append = rows[i].append;

        test_row(rows[i].row);
        append.file = "t.yaml";
        append.at = (struct yaml_mark){7, 3, 0};
        CHECK_INT(ruleset_append_output(set, &append), 0);
        CHECK_INT(ruleset_of(set, rules, NULL), -EINVAL);
        const struct diags *diags = ruleset_diags(set);
        CHECK_INT(diags->errors, rows[i].count);
        for (uint32_t k = 0; k < diags->count; k++) {
            if (diags->item[k].level != DIAG_ERROR)
                continue;
            CHECK_HAS(diags->item[k].message, rows[i].words);
            CHECK_STR(diags->item[k].place.file, "t.yaml");
            CHECK_INT(diags->item[k].place.line, 7);
            CHECK_INT(diags->item[k].code, DIAG_ERR_COMPILE_OUTPUT);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(members),
        cmocka_unit_test(refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
