#include "event/field_list.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "event/field.h"
#include "tests/unit/test.h"

static void as_a_table(void **state)
{
    scoped(buf_done) struct buf out = {0};

    field_list_print(&out, -1, false);
    CHECK_INT(out.error, 0);
    CHECK_HAS(buf_cstr(&out), "Processes (source: syscall)\n");
    CHECK_HAS(buf_cstr(&out),
              "\n  proc.aname[n]?                   CHARBUF  proc.name, likewise\n");
    CHECK_HAS(buf_cstr(&out), "Events (source: syscall)\n");
    CHECK_HAS(buf_cstr(&out), "number of the event, from 1 (any source)\n");
    CHECK_HAS(buf_cstr(&out), "(deprecated)");
    CHECK_HAS(buf_cstr(&out), "ct.name");
    CHECK_INT(sv_count(buf_view(&out), '\n') > field_count(), true);
}

static void of_one_source(void **state)
{
    scoped(buf_done) struct buf out = {0};

    field_list_print(&out, SOURCE_OKTA, false);
    CHECK_HAS(buf_cstr(&out), "Events (source: any)\n");
    CHECK_HAS(buf_cstr(&out), "Okta (source: okta)\n");
    CHECK_HAS(buf_cstr(&out), "okta.actor.id");
    CHECK_HAS(buf_cstr(&out), "evt.num");
    CHECK_HAS(buf_cstr(&out), "json.value[key]");
    CHECK_INT(sv_find(buf_view(&out), SV("proc.name"), 0), SIZE_MAX);
    CHECK_INT(sv_find(buf_view(&out), SV("ka."), 0), SIZE_MAX);
}

static void as_json(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(1 << 16);
    scoped(buf_done) struct buf out = {0};
    struct json_doc doc = {0};

    field_list_print(&out, -1, true);
    CHECK_INT(json_parse(buf_view(&out), arena, &doc, NULL), 0);
    CHECK_INT(doc.node->kind, JSON_ARRAY);
    CHECK_INT(doc.node->count, field_count());
    const struct json_node *first = json_first(&doc, doc.node);
    CHECK_SV(json_get_sv(&doc, first, SV("name")), SV("evt.abspath"));
    CHECK_SV(json_get_sv(&doc, first, SV("argument")), SV("key"));
    CHECK_INT(json_get(&doc, first, SV("argument_required"))->kind, JSON_FALSE);
    CHECK_INT(json_get(&doc, first, SV("has_value"))->kind, JSON_TRUE);
    CHECK_INT(json_get(&doc, first, SV("sources"))->count, 1);
    CHECK_INT(out.ptr[out.len - 1], '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_a_table),
        cmocka_unit_test(of_one_source),
        cmocka_unit_test(as_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
