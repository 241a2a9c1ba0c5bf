/* What is told of a rule: forms by event type, comparisons and who shares them, costs. */
#include "../test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "match/engine.h"
#include "match/profile.h"
#include "match/rule_plan.h"
#include "match/trial.h"

static const char rules[] =
    "- list: shells\n  items: [sh, bash]\n"
    "- macro: shell\n  condition: proc.name in (shells)\n"
    "- rule: opens\n  desc: d\n  output: o\n  priority: INFO\n"
    "  condition: >\n    evt.type in (open, openat) and shell\n    and fd.name startswith /etc\n"
    "- rule: writes\n  desc: d\n  output: o\n  priority: INFO\n"
    "  condition: shell and (evt.type = open and evt.is_open_write = true or evt.type = connect)\n"
    "- rule: never\n  desc: d\n  output: o\n  priority: INFO\n"
    "  condition: evt.type = open and not evt.type = open\n"
    "- rule: audit\n  desc: d\n  output: o\n  priority: INFO\n  source: k8s_audit\n"
    "  condition: jevt.rawtime exists\n";

struct fixture {
    struct ruleset *set;
    struct engine *engine;
    struct arena *arena;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->set = ruleset_new();
    f->arena = arena_new(65536);
    assert_int_equal(ruleset_load_text(f->set, "t.yaml", sv(rules)), 0);
    assert_int_equal(ruleset_compile(f->set), 0);
    f->engine = engine_new(f->set, &(struct engine_options){.source = SOURCE_SYSCALL,
                                                            .matching = MATCH_ALL,
                                                            .priority_max = PRIORITY_DEBUG});
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    engine_free(f->engine);
    ruleset_free(f->set);
    arena_free(f->arena);
    free(f);
    return 0;
}

static void finds_by_name(void **state)
{
    const struct fixture *f = *state;

    CHECK_INT(rule_plan_find(f->engine, SV("opens")), 0);
    CHECK_INT(rule_plan_find(f->engine, SV("never")), 2);
    CHECK_INT(rule_plan_find(f->engine, SV("open")), UINT32_MAX);
    CHECK_INT(rule_plan_find(f->engine, SV("audit")), UINT32_MAX);
}

static struct json_doc told(const struct fixture *f, const char *rule)
{
    scoped(buf_done) struct buf out = {0};
    struct json_writer w = json_writer_on(&out);
    struct json_doc doc;

    rule_plan_json(f->engine, rule_plan_find(f->engine, sv(rule)), &w);
    assert_int_equal(json_parse(buf_view(&out), f->arena, &doc, NULL), 0);
    return doc;
}

/* "open+openat: CONDITION; ..." */
static struct sv forms_of(const struct fixture *f, const struct json_doc *doc)
{
    const struct json_node *forms = json_get(doc, &doc->node[0], SV("forms"));
    scoped(buf_done) struct buf out = {0};

    for (const struct json_node *form = json_first(doc, forms); form != NULL;
         form = json_next(doc, forms, form)) {
        const struct json_node *types = json_get(doc, form, SV("types"));
        buf_str(&out, out.len > 0 ? "; " : "");
        for (const struct json_node *type = json_first(doc, types); type != NULL;
             type = json_next(doc, types, type)) {
            buf_sv(&out, type->text);
            buf_char(&out, json_next(doc, types, type) == NULL ? ':' : '+');
        }
        buf_char(&out, ' ');
        buf_sv(&out, json_get_sv(doc, form, SV("condition")));
        CHECK(json_get(doc, form, SV("estimated_cost"))->i64 > 0);
    }
    return arena_sv(f->arena, buf_view(&out));
}

/* "COMPARISON/other rules/kept with; ..." */
static struct sv comparisons_of(const struct fixture *f, const struct json_doc *doc)
{
    const struct json_node *list = json_get(doc, &doc->node[0], SV("comparisons"));
    scoped(buf_done) struct buf out = {0};

    for (const struct json_node *one = json_first(doc, list); one != NULL;
         one = json_next(doc, list, one))
        buf_printf(&out, "%s%.*s/%lld/%.*s", out.len > 0 ? "; " : "",
                   SV_ARG(json_get_sv(doc, one, SV("comparison"))),
                   (long long)json_get(doc, one, SV("other_rules"))->i64,
                   SV_ARG(json_get_sv(doc, one, SV("kept_with"))));
    return arena_sv(f->arena, buf_view(&out));
}

static void tells(void **state)
{
    static const struct {
        const char *row, *rule, *expanded, *forms, *comparisons;
    } rows[] = {
        {"macro and list expanded", "opens",
         "(evt.type in (open, openat) and proc.name in (sh, bash) and fd.name startswith /etc)",
         "open+openat: (proc.name in (sh, bash) and fd.name startswith /etc)",
         "evt.type in (open, openat)/0/; fd.name startswith /etc/0/name; "
         "proc.name in (sh, bash)/1/process"},
        {"a form for each type", "writes",
         "(proc.name in (sh, bash) and (evt.type = connect or (evt.type = open and "
         "evt.is_open_write = true)))",
         "open: (proc.name in (sh, bash) and evt.is_open_write = true); "
         "connect: proc.name in (sh, bash)",
         "evt.is_open_write = true/0/; evt.type = connect/0/; evt.type = open/0/; "
         "proc.name in (sh, bash)/1/process"},
        {"never", "never", "false", "", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct json_doc doc = told(*state, rows[i].rule);

        test_row(rows[i].row);
        CHECK_SV(json_get_sv(&doc, &doc.node[0], SV("rule")), sv(rows[i].rule));
        CHECK_SV(json_get_sv(&doc, &doc.node[0], SV("expanded")), sv(rows[i].expanded));
        CHECK_SV(forms_of(*state, &doc), sv(rows[i].forms));
        CHECK_SV(comparisons_of(*state, &doc), sv(rows[i].comparisons));
    }
}

static void measures(void **state)
{
    struct json_doc doc = told(*state, "opens");
    const struct json_node *measured = json_get(&doc, &doc.node[0], SV("measured"));

    CHECK_INT(json_get(&doc, measured, SV("types"))->i64, 2);
    CHECK_INT(json_get(&doc, measured, SV("rules"))->i64, 3);
    int64_t events = json_get(&doc, measured, SV("made_up_events"))->i64;
    int64_t held = json_get(&doc, measured, SV("held"))->i64;
    CHECK(events > 0 && held > 0 && held < events);
    CHECK(json_get(&doc, measured, SV("rule_worst_ns"))->i64 >=
          json_get(&doc, measured, SV("rule_median_ns"))->i64);
    doc = told(*state, "never");
    CHECK_INT(json_get(&doc, &doc.node[0], SV("measured"))->kind, JSON_NULL);
}

static void other_sources_are_not_tried(void **state)
{
    const struct fixture *f = *state;
    struct trial trial;
    scoped(engine_free) struct engine *engine =
        engine_new(f->set, &(struct engine_options){.source = SOURCE_K8S_AUDIT,
                                                    .priority_max = PRIORITY_DEBUG});

    CHECK_INT(engine_rule_count(engine), 1);
    CHECK(!trial_run(engine, 0, &trial));
}

static void prints(void **state)
{
    const struct fixture *f = *state;
    scoped(buf_done) struct buf out = {0};

    rule_plan_print(f->engine, 0, &out);
    CHECK_HAS(buf_cstr(&out), "rule opens\n  at t.yaml:5, source syscall, priority Informational\n"
                              "  condition as written: evt.type in (open, openat) and shell and "
                              "fd.name startswith /etc\n");
    CHECK_HAS(buf_cstr(&out), "for 2 event types: open openat\n  form: (");
    CHECK_HAS(buf_cstr(&out), "  process   proc.name in (sh, bash)\n");
    CHECK_HAS(buf_cstr(&out), "all 3 rules loaded, an event: median ");
    buf_reset(&out);
    rule_plan_print(f->engine, 2, &out);
    CHECK_HAS(buf_cstr(&out), "no event type: the rule can never hold");
    CHECK_HAS(buf_cstr(&out), "not measured");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(tells, setup, teardown),
        cmocka_unit_test_setup_teardown(measures, setup, teardown),
        cmocka_unit_test_setup_teardown(other_sources_are_not_tried, setup, teardown),
        cmocka_unit_test_setup_teardown(prints, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
