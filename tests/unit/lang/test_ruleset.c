/* What rule files come to: definitions, appends, overrides, exceptions, order. */
#include "tests/unit/lang/ruleset_texts.h"

#include <unistd.h>

#include "base/err.h"
#include "tests/unit/lang/given.h"

#define RULE(name, condition)                                                                      \
    "- rule: " name "\n  desc: d\n  output: o\n  priority: INFO\n  condition: " condition "\n"

/* A text, perhaps a second file, and the values of events that its first rule takes or leaves. */
static const struct {
    const char *row, *text, *second;
    const char *taken, *left;
} rows[] = {
    {"plain", RULE("r", "proc.name = cat"), NULL, "proc.name=t:cat", "proc.name=t:bat"},
    {"macro", "- macro: m\n  condition: proc.name = cat\n" RULE("r", "m and fd.num = 3"), NULL,
     "proc.name=t:cat;fd.num=i:3", "proc.name=t:cat;fd.num=i:4"},
    {"macro of the second definition",
     "- macro: m\n  condition: proc.name = bat\n"
     "- macro: m\n  condition: proc.name = cat\n" RULE("r", "m"),
     NULL, "proc.name=t:cat", "proc.name=t:bat"},
    {"macro defined after the rule", RULE("r", "m") "- macro: m\n  condition: proc.name = cat\n",
     NULL, "proc.name=t:cat", "proc.name=t:bat"},
    {"macro replaced by another file", "- macro: m\n  condition: proc.name = bat\n" RULE("r", "m"),
     "- macro: m\n  condition: proc.name = cat\n", "proc.name=t:cat", "proc.name=t:bat"},
    {"macro in a macro sees the last definition",
     "- macro: a\n  condition: proc.name = bat\n"
     "- macro: b\n  condition: (a)\n"
     "- macro: a\n  condition: proc.name = cat\n" RULE("r", "b"),
     NULL, "proc.name=t:cat", "proc.name=t:bat"},
    {"macro appended",
     "- macro: m\n  condition: proc.name = bat\n"
     "- macro: m\n  condition: or proc.name = cat\n  append: true\n" RULE("r", "m"),
     NULL, "proc.name=t:cat", "proc.name=t:rat"},
    {"macro appended, that sees what came between",
     "- macro: m\n  condition: proc.name = bat\n"
     "- macro: n\n  condition: proc.name = cat\n"
     "- macro: m\n  condition: or n\n  override: {condition: append}\n" RULE("r", "m"),
     NULL, "proc.name=t:cat", "proc.name=t:rat"},
    {"macro replaced by override",
     "- macro: m\n  condition: proc.name = bat\n"
     "- macro: m\n  condition: proc.name = cat\n  override: {condition: replace}\n" RULE("r", "m"),
     NULL, "proc.name=t:cat", "proc.name=t:bat"},
    {"append: false replaces",
     "- macro: m\n  condition: proc.name = bat\n"
     "- macro: m\n  condition: proc.name = cat\n  append: false\n" RULE("r", "m"),
     NULL, "proc.name=t:cat", "proc.name=t:bat"},
    {"list", "- list: l\n  items: [cat, 'a b', \"x\"]\n" RULE("r", "proc.name in (l)"), NULL,
     "proc.name=t:a b", "proc.name=t:a"},
    {"list, quotes in the item", "- list: l\n  items: ['\"a b\"']\n" RULE("r", "proc.name in (l)"),
     NULL, "proc.name=t:a b", "proc.name=t:\"a b\""},
    {"list beside values", "- list: l\n  items: [cat]\n" RULE("r", "proc.name in (bat, l)"), NULL,
     "proc.name=t:cat", "proc.name=t:l"},
    {"list with one item as a value", "- list: l\n  items: [cat]\n" RULE("r", "proc.name = l"),
     NULL, "proc.name=t:cat", "proc.name=t:l"},
    {"list in a list",
     "- list: a\n  items: [cat]\n- list: b\n  items: [bat, a]\n- list: c\n  items: [b]\n" RULE(
         "r", "proc.name in (c)"),
     NULL, "proc.name=t:cat", "proc.name=t:a"},
    {"list in a list that comes later is a value",
     "- list: b\n  items: [a]\n- list: a\n  items: [cat]\n" RULE("r", "proc.name in (b)"), NULL,
     "proc.name=t:a", "proc.name=t:cat"},
    {"list appended",
     "- list: l\n  items: [bat]\n- list: l\n  items: [cat]\n  append: true\n" RULE(
         "r", "proc.name in (l)"),
     NULL, "proc.name=t:cat", "proc.name=t:rat"},
    {"list appended in another file", "- list: l\n  items: [bat]\n" RULE("r", "proc.name in (l)"),
     "- list: l\n  items: [cat]\n  override: {items: append}\n", "proc.name=t:cat",
     "proc.name=t:rat"},
    {"list replaced", "- list: l\n  items: [bat]\n" RULE("r", "proc.name in (l)"),
     "- list: l\n  items: [cat]\n  override: {items: replace}\n", "proc.name=t:cat",
     "proc.name=t:bat"},
    {"empty list", "- list: l\n  items: []\n" RULE("r", "proc.name = cat or proc.name in (l)"),
     NULL, "proc.name=t:cat", "proc.name=t:l"},
    {"rule of the second definition", RULE("r", "proc.name = bat") RULE("r", "proc.name = cat"),
     NULL, "proc.name=t:cat", "proc.name=t:bat"},
    {"condition appended", RULE("r", "proc.name = bat"),
     "- rule: r\n  condition: or proc.name = cat\n  override: {condition: append}\n",
     "proc.name=t:cat", "proc.name=t:rat"},
    {"condition appended, old form", RULE("r", "proc.name = bat"),
     "- rule: r\n  condition: or proc.name = cat\n  append: true\n", "proc.name=t:cat",
     "proc.name=t:rat"},
    {"condition replaced", RULE("r", "proc.name = bat"),
     "- rule: r\n  condition: proc.name = cat\n  override: {condition: replace}\n",
     "proc.name=t:cat", "proc.name=t:bat"},
    {"several documents", "- macro: m\n  condition: proc.name = cat\n---\n---\n" RULE("r", "m"),
     NULL, "proc.name=t:cat", "proc.name=t:bat"},
    {"aliases",
     "- list: l\n  items: &x [cat]\n- list: k\n  items: *x\n" RULE("r", "proc.name in (k)"), NULL,
     "proc.name=t:cat", "proc.name=t:bat"},
};

static void conditions(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(ruleset_free) struct ruleset *set = ruleset_new();

        test_row(rows[i].row);
        ruleset_must(set, rows[i].text, rows[i].second);
        CHECK_INT(ruleset_count(set), 1);
        const struct condition *condition = ruleset_rule(set, 0)->condition;
        struct event event = given_event(arena, SOURCE_SYSCALL, rows[i].taken);
        CHECK(condition_eval(condition, &event));
        event = given_event(arena, SOURCE_SYSCALL, rows[i].left);
        CHECK(!condition_eval(condition, &event));
    }
}

/* Exceptions of the rule `fd.num = 3`; `more` is a second item. Values that are kept and dropped.
 */
static const struct {
    const char *row, *exceptions, *more, *kept, *dropped;
} exception_rows[] = {
    {"one field", "{name: e, fields: proc.name, values: [cat, bat]}", NULL, "proc.name=t:rat",
     "proc.name=t:bat"},
    {"one field, pmatch", "{name: e, fields: fd.name, comps: pmatch, values: [/etc, /usr]}", NULL,
     "fd.name=t:/etcetera", "fd.name=t:/usr/bin"},
    {"two fields", "{name: e, fields: [proc.name, fd.name], values: [[cat, /x], [bat, /y]]}", NULL,
     "proc.name=t:cat;fd.name=t:/y", "proc.name=t:bat;fd.name=t:/y"},
    {"comps",
     "{name: e, fields: [proc.name, fd.name], comps: [=, startswith], values: [[cat, /x]]}", NULL,
     "proc.name=t:cat;fd.name=t:/y/x", "proc.name=t:cat;fd.name=t:/x/y"},
    {"value with a blank", "{name: e, fields: [proc.name], values: [[a b]]}", NULL, "proc.name=t:a",
     "proc.name=t:a b"},
    {"value in quotes", "{name: e, fields: [proc.name], values: [['\"a b\"']]}", NULL,
     "proc.name=t:\"a b\"", "proc.name=t:a b"},
    {"value with marks of the language", "{name: e, fields: [proc.name], values: [[\"a=b,(c'd\"]]}",
     NULL, "proc.name=t:a", "proc.name=t:a=b,(c'd"},
    {"value with quotes and a blank", "{name: e, fields: [proc.name], values: [['a \"b\" \\']]}",
     NULL, "proc.name=t:a", "proc.name=t:a \"b\" \\"},
    {"value with a blank and escapes",
     "{name: e, fields: [proc.name], values: [['a \\\"b\\\" \\\\x\\q']]}", NULL, "proc.name=t:a",
     "proc.name=t:a \"b\" \\x\\q"},
    {"backslash without a blank", "{name: e, fields: [proc.name], values: [['a\\n\"']]}", NULL,
     "proc.name=t:a\n\"", "proc.name=t:a\\n\""},
    {"list of values",
     "{name: e, fields: [proc.name, fd.name], comps: [=, in], values: [[cat, [/x, /y z]]]}", NULL,
     "proc.name=t:cat;fd.name=t:/z", "proc.name=t:cat;fd.name=t:/y z"},
    {"list by name", "{name: e, fields: [proc.name, fd.name], comps: [=, in], values: [[cat, l]]}",
     NULL, "proc.name=t:cat;fd.name=t:l", "proc.name=t:cat;fd.name=t:in list"},
    {"list by name in parentheses",
     "{name: e, fields: [proc.name, fd.name], comps: [=, in], values: [[cat, (l)]]}", NULL,
     "proc.name=t:cat;fd.name=t:l", "proc.name=t:cat;fd.name=t:in list"},
    {"one value for in", "{name: e, fields: [fd.name], comps: [in], values: [[\"/a b\"]]}", NULL,
     "fd.name=t:/a", "fd.name=t:/a b"},
    {"values with commas for in",
     "{name: e, fields: [fd.name], comps: [in], values: [[\"/a,/b\"]]}", NULL, "fd.name=t:/a,/b",
     "fd.name=t:/b"},
    {"transformer as field", "{name: e, fields: [tolower(proc.name)], values: [[cat]]}", NULL,
     "proc.name=t:bat", "proc.name=t:CAT"},
    {"transformer as value", "{name: e, fields: [proc.name], values: [[tolower(proc.pname)]]}",
     NULL, "proc.name=t:x;proc.pname=t:Y", "proc.name=t:x;proc.pname=t:X"},
    {"field with argument", "{name: e, fields: ['proc.aname[2]'], values: [[cat]]}", NULL,
     "proc.aname[3]=t:cat", "proc.aname[2]=t:cat"},
    {"two exceptions",
     "{name: e, fields: proc.name, values: [cat]}, {name: f, fields: fd.name, values: [/x]}", NULL,
     "proc.name=t:bat;fd.name=t:/y", "proc.name=t:bat;fd.name=t:/x"},
    {"no values yet", "{name: e, fields: proc.name}", NULL, "proc.name=t:cat", NULL},
    {"values appended", "{name: e, fields: proc.name, values: [cat]}",
     "- rule: r\n  exceptions: [{name: e, values: [bat]}]\n  override: {exceptions: append}\n",
     "proc.name=t:rat", "proc.name=t:bat"},
    {"values appended, old form", "{name: e, fields: proc.name}",
     "- rule: r\n  exceptions: [{name: e, values: [bat]}]\n  append: true\n", "proc.name=t:rat",
     "proc.name=t:bat"},
    {"exception appended", "{name: e, fields: proc.name, values: [cat]}",
     "- rule: r\n  exceptions: [{name: f, fields: fd.name, values: [/x]}]\n"
     "  override: {exceptions: append}\n",
     "proc.name=t:bat", "fd.name=t:/x"},
    {"exceptions replaced", "{name: e, fields: proc.name, values: [cat]}",
     "- rule: r\n  exceptions: [{name: f, fields: fd.name, values: [/x]}]\n"
     "  override: {exceptions: replace}\n",
     "proc.name=t:cat", "fd.name=t:/x"},
};

static void exceptions(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(exception_rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(ruleset_free) struct ruleset *set = ruleset_new();
        scoped(buf_done) struct buf text = {0};
        scoped(buf_done) struct buf values = {0};

        test_row(exception_rows[i].row);
        buf_printf(&text,
                   "- list: l\n  items: [in list]\n" RULE(
                       "r", "fd.num = 3 or fd.num = 4") "  exceptions: [%s]\n",
                   exception_rows[i].exceptions);
        ruleset_must(set, buf_cstr(&text), exception_rows[i].more);
        const struct rule *rule = ruleset_rule(set, 0);
        CHECK_STR(rule->condition_text, "fd.num = 3 or fd.num = 4");
        buf_printf(&values, "fd.num=i:3;%s", exception_rows[i].kept);
        struct event event = given_event(arena, SOURCE_SYSCALL, buf_cstr(&values));
        CHECK(condition_eval(rule->condition, &event));
        if (exception_rows[i].dropped == NULL)
            continue;
        buf_reset(&values);
        buf_printf(&values, "fd.num=i:3;%s", exception_rows[i].dropped);
        event = given_event(arena, SOURCE_SYSCALL, buf_cstr(&values));
        CHECK(!condition_eval(rule->condition, &event));
    }
}

static const char whole[] = "- rule: Whole\n"
                            "  desc: what it is\n"
                            "  condition: evt.type in (open, openat) and fd.num = 3\n"
                            "  output: \" got %proc.name \"\n"
                            "  priority: Warning\n"
                            "  source: syscall\n"
                            "  enabled: yes\n"
                            "  tags: [b, a, b]\n"
                            "  warn_evttypes: false\n"
                            "  skip-if-unknown-filter: true\n"
                            "  capture: true\n"
                            "  capture_duration: 5000\n"
                            "  tiercel: {owner: team, playbook: p.md, confidence: High}\n";

static void every_key_of_a_rule(void **state)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();

    ruleset_must(set, whole, NULL);
    const struct rule *rule = ruleset_rule(set, 0);
    CHECK_STR(rule->name, "Whole");
    CHECK_STR(rule->description, "what it is");
    CHECK_STR(rule->file, "a.yaml");
    CHECK_INT(rule->line, 1);
    CHECK_STR(rule->condition_text, "evt.type in (open, openat) and fd.num = 3");
    CHECK_STR(rule->output_text, "got %proc.name");
    CHECK_INT(rule->priority, PRIORITY_WARNING);
    CHECK_INT(rule->source, SOURCE_SYSCALL);
    CHECK(rule->enabled && rule->capture);
    CHECK_INT(rule->capture_duration_ms, 5000);
    CHECK_INT(rule->tag_count, 2);
    CHECK_STR(rule->tag[0], "a");
    CHECK_STR(rule->tag[1], "b");
    CHECK_STR(rule->owner, "team");
    CHECK_STR(rule->playbook, "p.md");
    CHECK_INT(rule->confidence, CONFIDENCE_HIGH);
    CHECK(!rule->all_types);
    CHECK(event_set_has(&rule->types, EVENT_OPEN) && event_set_has(&rule->types, EVENT_OPENAT));
    CHECK(!event_set_has(&rule->types, EVENT_EXECVE));
    CHECK_INT(output_field_count(rule->output), 1);
    CHECK_INT(ruleset_diags(set)->count, 0);
}

static void a_rule_with_little(void **state)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();

    ruleset_must(set, RULE("r", "evt.type = open"), NULL);
    const struct rule *rule = ruleset_rule(set, 0);
    CHECK(rule->enabled && !rule->capture);
    CHECK_INT(rule->source, SOURCE_SYSCALL);
    CHECK_INT(rule->tag_count, 0);
    CHECK(rule->owner == NULL && rule->playbook == NULL);
    CHECK_INT(rule->confidence, CONFIDENCE_NONE);
}

/* One rule as "desc|output|priority|enabled|capture|duration|tags|owner|playbook|confidence". */
static struct sv summary(struct arena *arena, const struct rule *rule)
{
    scoped(buf_done) struct buf out = {0};

    buf_printf(&out, "%s|%s|%s|%d|%d|%u|", rule->description, rule->output_text,
               rule_priority_name(rule->priority), rule->enabled, rule->capture,
               rule->capture_duration_ms);
    for (uint32_t i = 0; i < rule->tag_count; i++)
        buf_printf(&out, "%s%s", i > 0 ? "," : "", rule->tag[i]);
    buf_printf(&out, "|%s|%s|%s", rule->owner, rule->playbook,
               rule_confidence_name(rule->confidence));
    return arena_sv(arena, buf_view(&out));
}

static void every_override(void **state)
{
    static const struct {
        const char *row, *second, *summary;
    } overrides[] = {
        {"nothing", "[]", "what it is|got %proc.name|Warning|1|1|5000|a,b|team|p.md|high"},
        {"append output", "- rule: Whole\n  output: and %fd.name\n  override: {output: append}\n",
         "what it is|got %proc.name and %fd.name|Warning|1|1|5000|a,b|team|p.md|high"},
        {"replace output", "- rule: Whole\n  output: new\n  override: {output: replace}\n",
         "what it is|new|Warning|1|1|5000|a,b|team|p.md|high"},
        {"append desc", "- rule: Whole\n  desc: more\n  override: {desc: append}\n",
         "what it is more|got %proc.name|Warning|1|1|5000|a,b|team|p.md|high"},
        {"replace desc", "- rule: Whole\n  desc: new\n  override: {desc: replace}\n",
         "new|got %proc.name|Warning|1|1|5000|a,b|team|p.md|high"},
        {"append tags", "- rule: Whole\n  tags: [c, a]\n  override: {tags: append}\n",
         "what it is|got %proc.name|Warning|1|1|5000|a,b,c|team|p.md|high"},
        {"replace tags", "- rule: Whole\n  tags: [c]\n  override: {tags: replace}\n",
         "what it is|got %proc.name|Warning|1|1|5000|c|team|p.md|high"},
        {"replace priority", "- rule: Whole\n  priority: info\n  override: {priority: replace}\n",
         "what it is|got %proc.name|Informational|1|1|5000|a,b|team|p.md|high"},
        {"replace enabled", "- rule: Whole\n  enabled: false\n  override: {enabled: replace}\n",
         "what it is|got %proc.name|Warning|0|1|5000|a,b|team|p.md|high"},
        {"replace capture", "- rule: Whole\n  capture: no\n  override: {capture: replace}\n",
         "what it is|got %proc.name|Warning|1|0|5000|a,b|team|p.md|high"},
        {"replace capture_duration",
         "- rule: Whole\n  capture_duration: 7\n  override: {capture_duration: replace}\n",
         "what it is|got %proc.name|Warning|1|1|7|a,b|team|p.md|high"},
        {"several at once",
         "- rule: Whole\n  desc: more\n  tags: [z]\n  priority: alert\n"
         "  override: {desc: append, tags: replace, priority: replace}\n",
         "what it is more|got %proc.name|Alert|1|1|5000|z|team|p.md|high"},
        {"enabled alone", "- rule: Whole\n  enabled: off\n",
         "what it is|got %proc.name|Warning|0|1|5000|a,b|team|p.md|high"},
        {"tiercel alone", "- rule: Whole\n  tiercel: {owner: other}\n",
         "what it is|got %proc.name|Warning|1|1|5000|a,b|other|p.md|high"},
        {"tiercel beside an override",
         "- rule: Whole\n  desc: new\n  override: {desc: replace}\n"
         "  tiercel: {playbook: q.md, confidence: low}\n",
         "new|got %proc.name|Warning|1|1|5000|a,b|team|q.md|low"},
        {"tiercel beside an append",
         "- rule: Whole\n  condition: and fd.num = 4\n  append: true\n  tiercel: {owner: other}\n",
         "what it is|got %proc.name|Warning|1|1|5000|a,b|other|p.md|high"},
    };

    for (size_t i = 0; i < ARRAY_LEN(overrides); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(ruleset_free) struct ruleset *set = ruleset_new();

        test_row(overrides[i].row);
        ruleset_must(set, whole, overrides[i].second);
        CHECK_INT(ruleset_count(set), 1);
        CHECK_SV(summary(arena, ruleset_rule(set, 0)), sv(overrides[i].summary));
    }
}

static void warn_and_skip_can_be_replaced(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(ruleset_free) struct ruleset *set = ruleset_new();

    ruleset_must(set,
                 RULE("wide", "fd.num = 3") RULE("unknown", "evt.type = open and no.field = 3"),
                 "- rule: wide\n  warn_evttypes: false\n  override: {warn_evttypes: replace}\n"
                 "- rule: unknown\n  skip-if-unknown-filter: true\n"
                 "  override: {skip-if-unknown-filter: replace}\n");
    CHECK_INT(ruleset_count(set), 1);
    CHECK_SV(ruleset_codes(arena, set, DIAG_WARNING), SV("LOAD_UNKNOWN_FILTER:10:34"));
}

static void the_order_of_rules_is_that_of_first_definition(void **state)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    static const char *const names[] = {"b", "a", "c"};

    ruleset_must(set, RULE("b", "evt.type = open") RULE("a", "evt.type = open"),
                 RULE("b", "evt.type = creat") RULE("c", "evt.type = open"));
    CHECK_INT(ruleset_count(set), 3);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK_STR(ruleset_rule(set, i)->name, names[i]);
        CHECK_INT(ruleset_rule(set, i)->index, i);
    }
    CHECK_STR(ruleset_rule(set, 0)->file, "b.yaml");
    CHECK_STR(ruleset_rule(set, 0)->condition_text, "evt.type = creat");
}

static void other_sources(void **state)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();

    ruleset_must(set,
                 RULE("k", "ka.verb = create") "  source: k8s_audit\n" RULE(
                     "x", "any.thing = 1") "  source: martian\n",
                 NULL);
    CHECK_INT(ruleset_count(set), 1);
    CHECK_INT(ruleset_rule(set, 0)->source, SOURCE_K8S_AUDIT);
    CHECK_INT(ruleset_totals(set).rules, 2);
}

static void magic_of_old_outputs_goes(void **state)
{
    static const struct {
        const char *row, *written, *text;
    } outputs[] = {
        {"at the end", "a %container.info", "a"},
        {"in the middle", "a %container.info b", "a b"},
        {"twice", "\"%container.info %proc.name %container.info\"", "%proc.name"},
        {"alone", "\"%container.info%%\"", "%%"},
    };

    for (size_t i = 0; i < ARRAY_LEN(outputs); i++) {
        scoped(ruleset_free) struct ruleset *set = ruleset_new();
        scoped(buf_done) struct buf text = {0};

        test_row(outputs[i].row);
        buf_printf(&text,
                   "- rule: r\n  desc: d\n  priority: INFO\n  condition: evt.type = open\n"
                   "  output: %s\n",
                   outputs[i].written);
        ruleset_must(set, buf_cstr(&text), NULL);
        CHECK_STR(ruleset_rule(set, 0)->output_text, outputs[i].text);
        CHECK_INT(ruleset_diags(set)->warnings, 1);
        CHECK_INT(ruleset_diags(set)->item[0].code, DIAG_DEPRECATED_ITEM);
    }
}

static void empty_files_are_no_error(void **state)
{
    static const char *const texts[] = {"", "---\n", "# nothing\n", "[]\n", "- \n- ~\n", "null\n"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        scoped(ruleset_free) struct ruleset *set = ruleset_new();

        test_row(texts[i]);
        ruleset_must(set, texts[i], NULL);
        CHECK_INT(ruleset_count(set), 0);
        CHECK_INT(ruleset_totals(set).files, 1);
    }
}

static void files_and_directories(void **state)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    char dir[] = "/tmp/tiercel-ruleset-XXXXXX";
    char path[64], other[64];
    struct err err = {0};

    CHECK(mkdtemp(dir) != NULL);
    (void)snprintf(path, sizeof(path), "%s/b.yaml", dir);
    (void)snprintf(other, sizeof(other), "%s/a.yml", dir);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(RULE("two", "evt.type = open"), file) >= 0 && fclose(file) == 0);
    file = fopen(other, "w");
    CHECK(file != NULL && fputs(RULE("one", "evt.type = open"), file) >= 0 && fclose(file) == 0);
    CHECK_INT(ruleset_load_path(set, dir, &err), 0);
    CHECK_INT(ruleset_load_path(set, path, &err), 0);
    CHECK_INT(ruleset_compile(set), 0);
    CHECK_INT(ruleset_totals(set).files, 3);
    CHECK_STR(ruleset_rule(set, 0)->name, "one");
    CHECK_STR(ruleset_file(set, 0), other);
    CHECK_INT(unlink(path) | unlink(other) | rmdir(dir), 0);
}

static void what_cannot_be_read_is_told(void **state)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    struct err err = {0};

    CHECK(ruleset_load_path(set, "/nonexistent/rules.yaml", &err) < 0);
    CHECK_HAS(err.text, "/nonexistent/rules.yaml");
    CHECK(ruleset_load_path(set, "/proc/self/mem", &err) < 0);
    const struct diags *diags = ruleset_diags(set);
    CHECK_INT(diags->errors, 2);
    CHECK_INT(diags->item[0].code, DIAG_ERR_FILE_READ);
    CHECK_HAS(diags->item[0].message, "No such file");
    CHECK_STR(diags->item[0].place.file, "/nonexistent/rules.yaml");
}

static void selections(void **state)
{
    static const char text[] =
        "- rule: Shell in container\n  desc: d\n  condition: evt.type = execve\n  output: o\n"
        "  priority: NOTICE\n  tags: [container, shell]\n"
        "- rule: Shell on host\n  desc: d\n  condition: evt.type = execve\n  output: o\n"
        "  priority: NOTICE\n  tags: [host, shell]\n"
        "- rule: Write\n  desc: d\n  condition: evt.type = open\n  output: o\n"
        "  priority: NOTICE\n  enabled: false\n";
    static const struct {
        const char *row;
        struct rule_selection selection;
        uint32_t named;
        const char *on; /* a letter a rule: + on, - off */
    } steps[] = {
        {"one by name", {false, false, SV("Shell on host")}, 1, "+--"},
        {"part of a name is none", {false, false, SV("Shell")}, 0, "+--"},
        {"pattern", {true, false, SV("Shell*")}, 2, "++-"},
        {"all", {true, false, SV("*")}, 3, "+++"},
        {"tag", {false, true, SV("shell")}, 2, "--+"},
        {"tag pattern", {true, true, SV("cont*")}, 1, "+-+"},
        {"no such tag", {false, true, SV("nothing")}, 0, "+-+"},
        {"a name is no tag", {false, true, SV("Write")}, 0, "+-+"},
    };
    scoped(ruleset_free) struct ruleset *set = ruleset_new();

    ruleset_must(set, text, NULL);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        char on[4] = "";
        test_row(steps[i].row);
        CHECK_INT(ruleset_select(set, &steps[i].selection), steps[i].named);
        for (uint32_t r = 0; r < 3; r++)
            on[r] = ruleset_rule(set, r)->enabled ? '+' : '-';
        CHECK_STR(on, steps[i].on);
    }
}

static void priorities(void **state)
{
    static const struct {
        const char *name;
        int priority;
    } names[] = {
        {"EMERGENCY", PRIORITY_EMERGENCY},
        {"alert", PRIORITY_ALERT},
        {"Critical", PRIORITY_CRITICAL},
        {"ERROR", PRIORITY_ERROR},
        {"warning", PRIORITY_WARNING},
        {"NOTICE", PRIORITY_NOTICE},
        {"INFO", PRIORITY_INFORMATIONAL},
        {"informational", PRIORITY_INFORMATIONAL},
        {"debug", PRIORITY_DEBUG},
        {"warn", -1},
        {"", -1},
        {"HIGH", -1},
    };

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        test_row(names[i].name);
        CHECK_INT(rule_priority_from(sv(names[i].name)), names[i].priority);
    }
    CHECK_STR(rule_priority_name(PRIORITY_INFORMATIONAL), "Informational");
    CHECK_STR(rule_confidence_name(CONFIDENCE_MEDIUM), "medium");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions),
        cmocka_unit_test(exceptions),
        cmocka_unit_test(every_key_of_a_rule),
        cmocka_unit_test(a_rule_with_little),
        cmocka_unit_test(every_override),
        cmocka_unit_test(warn_and_skip_can_be_replaced),
        cmocka_unit_test(the_order_of_rules_is_that_of_first_definition),
        cmocka_unit_test(other_sources),
        cmocka_unit_test(magic_of_old_outputs_goes),
        cmocka_unit_test(empty_files_are_no_error),
        cmocka_unit_test(files_and_directories),
        cmocka_unit_test(what_cannot_be_read_is_told),
        cmocka_unit_test(selections),
        cmocka_unit_test(priorities),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
