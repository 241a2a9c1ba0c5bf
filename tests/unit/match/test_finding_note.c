#include "../test.h"

#include "base/arena.h"
#include "base/json.h"
#include "match/finding_note.h"

static const struct finding_place place = {
    .hostname = "n1", .node = "n1", .cluster = "c1", .link = ""};
static const struct finding_note_field fields[] = {{"events.lost", 7}, {"events.lost.open", 7}};
static const struct finding_note note = {
    .rule = "tiercel internal: events lost",
    .description = "why \"so\"",
    .priority = PRIORITY_WARNING,
    .time_ns = 1795525754818753738,
    .field = fields,
    .field_count = ARRAY_LEN(fields),
};

static const struct json_node *member(const struct json_doc *doc, const char *first,
                                      const char *second)
{
    const struct json_node *node = json_get(doc, &doc->node[0], sv(first));

    CHECK(node != NULL);
    return second == NULL ? node : json_get(doc, node, sv(second));
}

static void is_shaped_as_any_finding(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf json = {0}, line = {0};
    struct finding_keys keys = {0};
    struct json_doc doc;

    CHECK_INT(finding_note_make(&json, &place, &note), 0);
    CHECK_INT(json_parse(buf_view(&json), arena, &doc, NULL), 0);
    CHECK_SV(member(&doc, "output", NULL)->text,
             SV("2026-11-24T13:09:14.818753738+0000: Warning tiercel internal: events lost "
                "(events.lost=7 events.lost.open=7)"));
    CHECK_INT(member(&doc, "output_fields", "events.lost")->i64, 7);
    CHECK_SV(member(&doc, "tiercel", "node")->text, SV("n1"));
    CHECK_SV(member(&doc, "tiercel", "cluster")->text, SV("c1"));
    CHECK_INT(finding_read(buf_view(&json), arena, &keys, NULL), 0);
    CHECK_SV(keys.rule, sv(note.rule));
    CHECK_SV(keys.source, SV("internal"));
    CHECK_INT(keys.time_ns, note.time_ns);
    CHECK_INT(keys.priority, PRIORITY_WARNING);
    CHECK_INT(finding_line(buf_view(&json), arena, false, &line), 0);
    CHECK_HAS(buf_cstr(&line), "Warning tiercel internal: events lost (events.lost=7");
}

static void id_is_of_host_rule_and_time(void **state)
{
    struct finding_place elsewhere = place;
    struct finding_note other = note, later = note;
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct finding_keys first, second;

    elsewhere.hostname = "n2";
    other.rule = "tiercel internal: findings lost";
    later.time_ns++;

    const struct {
        const char *row;
        const struct finding_place *place;
        const struct finding_note *note;
        bool same;
    } rows[] = {
        {"same", &place, &note, true},
        {"host", &elsewhere, &note, false},
        {"rule", &place, &other, false},
        {"time", &place, &later, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf a = {0}, b = {0};

        test_row(rows[i].row);
        CHECK_INT(finding_note_make(&a, &place, &note), 0);
        CHECK_INT(finding_note_make(&b, rows[i].place, rows[i].note), 0);
        CHECK_INT(finding_read(buf_view(&a), arena, &first, NULL), 0);
        CHECK_INT(finding_read(buf_view(&b), arena, &second, NULL), 0);
        CHECK_INT(sv_eq(first.id, second.id), rows[i].same);
    }
}

static void a_full_buffer_is_an_error(void **state)
{
    scoped(buf_done) struct buf small = {.limit = 64};

    CHECK(finding_note_make(&small, &place, &note) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_shaped_as_any_finding),
        cmocka_unit_test(id_is_of_host_rule_and_time),
        cmocka_unit_test(a_full_buffer_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
