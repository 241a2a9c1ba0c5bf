#include "event/field.h"

#include "tests/unit/event/fields_fixture.h"

static void the_table_is_in_order(void **state)
{
    CHECK(field_count() > 500);
    CHECK(field_count() < FIELDS_MAX);
    for (uint32_t i = 0; i < field_count(); i++) {
        const struct field *field = field_at(i);

        test_row(field->name);
        CHECK(field_find(sv(field->name)) == field); /* found, and only once */
        CHECK(field->meaning[0] != '\0');
        CHECK(field->sources != 0 && field->sources >> SOURCE_COUNT == 0);
        CHECK_INT(field->extract == NULL, (field->flags & FIELD_NO_VALUE) != 0);
        CHECK(field_class_title(i)[0] != '\0');
        if (i > 0 && strcmp(field_class_title(i), field_class_title(i - 1)) == 0)
            CHECK(strcmp(field_at(i - 1)->name, field->name) < 0);
    }
}

static void names_that_are_none(void **state)
{
    static const char *const names[] = {"",           "proc",      "proc.",      "proc.nam",
                                        "proc.names", "PROC.name", "proc.name ", "evt.arg.fd"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        test_row(names[i]);
        CHECK(field_find(sv(names[i])) == NULL);
    }
    CHECK(field_find((struct sv){NULL, 0}) == NULL);
}

static void nearest_names(void **state)
{
    static const struct {
        const char *text, *nearest;
    } rows[] = {
        {"proc.nmae", "proc.name"},
        {"fd.nam", "fd.name"},
        {"container.image.repo", "container.image"},
        {"k8s.ns.nam", "k8s.ns.name"},
        {"something.else.entirely", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *nearest = field_nearest(sv(rows[i].text));

        test_row(rows[i].text);
        CHECK_INT(nearest == NULL, rows[i].nearest == NULL);
        if (nearest != NULL && rows[i].nearest != NULL)
            CHECK(sv_distance(sv(nearest), sv(rows[i].text), 99) <=
                  sv_distance(sv(rows[i].nearest), sv(rows[i].text), 99));
    }
}

static void references(void **state)
{
    static const struct {
        const char *text;
        enum field_ref_problem problem;
        const char *printed; /* as field_ref_print() writes it */
        int64_t index;
    } rows[] = {
        {"proc.name", FIELD_REF_FINE, "proc.name", -1},
        {"proc.aname", FIELD_REF_FINE, "proc.aname", -1},
        {"proc.aname[2]", FIELD_REF_FINE, "proc.aname[2]", 2},
        {"proc.aname.2", FIELD_REF_FINE, "proc.aname[2]", 2},
        {"proc.aname[0x10]", FIELD_REF_FINE, "proc.aname[0x10]", 16},
        {"proc.aname[bash]", FIELD_REF_ARG_BAD, NULL, 0},
        {"proc.aname[-1]", FIELD_REF_ARG_BAD, NULL, 0},
        {"proc.aname[]", FIELD_REF_ARG_BAD, NULL, 0},
        {"proc.aname[2", FIELD_REF_ARG_BAD, NULL, 0},
        {"proc.aname[18446744073709551615]", FIELD_REF_ARG_BAD, NULL, 0},
        {"proc.name[1]", FIELD_REF_ARG_UNWANTED, NULL, 0},
        {"proc.name.x", FIELD_REF_UNKNOWN, NULL, 0},
        {"proc.nmae", FIELD_REF_UNKNOWN, NULL, 0},
        {"", FIELD_REF_UNKNOWN, NULL, 0},
        {"[1]", FIELD_REF_UNKNOWN, NULL, 0},
        {"evt.arg", FIELD_REF_ARG_MISSING, NULL, 0},
        {"evt.arg.flags", FIELD_REF_FINE, "evt.arg[flags]", -1},
        {"evt.arg[flags]", FIELD_REF_FINE, "evt.arg[flags]", -1},
        {"evt.arg[1]", FIELD_REF_FINE, "evt.arg[1]", 1},
        {"evt.arg[32]", FIELD_REF_ARG_BAD, NULL, 0},
        {"evt.arg.nothing", FIELD_REF_ARG_BAD, NULL, 0},
        {"evt.args", FIELD_REF_FINE, "evt.args", -1},
        {"evt.rawarg.res", FIELD_REF_FINE, "evt.rawarg[res]", -1},
        {"evt.rawarg[0]", FIELD_REF_ARG_BAD, NULL, 0},
        {"evt.type.is.open", FIELD_REF_FINE, "evt.type.is[open]", -1},
        {"evt.type.is.nothing", FIELD_REF_ARG_BAD, NULL, 0},
        {"evt.abspath.dst", FIELD_REF_FINE, "evt.abspath[dst]", -1},
        {"evt.abspath.middle", FIELD_REF_ARG_BAD, NULL, 0},
        {"container.mount[\"/a]b\"]", FIELD_REF_FINE, "container.mount[/a]b]", -1},
        {"container.label.app.kubernetes.io/name", FIELD_REF_FINE,
         "container.label[app.kubernetes.io/name]", -1},
        {"json.value[/a.b/0]", FIELD_REF_FINE, "json.value[/a.b/0]", -1},
        {"ka.req.pod.containers.image[0]", FIELD_REF_FINE, "ka.req.pod.containers.image[0]", 0},
        {"ka.req.pod.containers.image.repository", FIELD_REF_FINE,
         "ka.req.pod.containers.image.repository", -1},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct field_ref ref = {.index = 77};
        scoped(buf_done) struct buf out = {0};

        test_row(rows[i].text);
        CHECK_INT(field_ref_parse(sv(rows[i].text), &ref), rows[i].problem);
        if (rows[i].problem != FIELD_REF_FINE) {
            CHECK_INT(ref.index, 77);
            continue;
        }
        CHECK_INT(ref.index, rows[i].index);
        field_ref_print(&out, &ref);
        CHECK(strcmp(buf_cstr(&out), rows[i].printed) == 0);
    }
}

static void types_of_references(void **state)
{
    static const struct {
        const char *text;
        enum value_type type;
    } rows[] = {
        {"proc.name", VALUE_CHARBUF},     {"evt.rawarg.res", VALUE_INT64},
        {"evt.rawarg.uid", VALUE_UINT32}, {"evt.rawarg.path", VALUE_CHARBUF},
        {"evt.arg.res", VALUE_CHARBUF},   {"fd.net", VALUE_IPNET},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct field_ref ref = {0};

        test_row(rows[i].text);
        CHECK_INT(field_ref_parse(sv(rows[i].text), &ref), FIELD_REF_FINE);
        CHECK_INT(field_ref_type(&ref), rows[i].type);
    }
}

static void values_given_by_hand(void **state)
{
    const struct event_given given[] = {
        {SV("proc.name"), value_sv(SV("given"))},
        {SV("proc.aname[2]"), value_sv(SV("grand"))},
        {SV("evt.arg.flags"), value_sv(SV("O_RDWR"))},
        {SV("ka.user.groups"), value_sv(SV("a"))},
        {SV("ka.user.groups"), value_sv(SV("b"))},
        {SV("proc.pname"), {.kind = VALUE_ABSENT}},
        {SV("container.mount[\"/x\"]"), value_sv(SV("m"))},
        {SV("fd.sport"), value_u64(22)},
    };
    static const struct field_row rows[] = {
        {"proc.name", "\"given\""},       {"proc.aname[2]", "\"grand\""},
        {"proc.aname[1]", "\"bash\""}, /* not given: taken from the event */
        {"evt.arg[flags]", "\"O_RDWR\""}, {"evt.arg.flags", "\"O_RDWR\""},
        {"ka.user.groups", "\"(a,b)\""},  {"proc.pname", "null"}, /* given as absent */
        {"container.mount[/x]", "\"m\""}, {"fd.sport", "22"},
        {"proc.exe", "\"cat\""},          {"ka.user.name", "null"},
    };
    struct fixture f;

    fixture_init(&f);
    f.event.given = given;
    f.event.given_count = ARRAY_LEN(given);
    check_fields(&f.event, rows, ARRAY_LEN(rows));
    fixture_done(&f);
}

static void more_values_than_fit_are_cut(void **state)
{
    struct event_given given[FIELD_VALUES_MAX + 10];
    struct value value[FIELD_VALUES_MAX];
    struct field_ref ref;
    struct event event = {.given = given, .given_count = ARRAY_LEN(given)};

    for (size_t i = 0; i < ARRAY_LEN(given); i++)
        given[i] = (struct event_given){SV("ka.user.groups"), value_u64(i)};
    CHECK_INT(field_ref_parse(SV("ka.user.groups"), &ref), FIELD_REF_FINE);
    CHECK_INT(field_extract(&event, &ref, value), FIELD_VALUES_MAX);
    CHECK_INT(value[FIELD_VALUES_MAX - 1].u64, FIELD_VALUES_MAX - 1);
}

static void absent_in_an_output(void **state)
{
    struct event event = {.type = EVENT_OPEN};
    struct field_ref ref;
    scoped(buf_done) struct buf out = {0};

    CHECK_INT(field_ref_parse(SV("proc.name"), &ref), FIELD_REF_FINE);
    field_print(&out, &event, &ref);
    CHECK_STR(buf_cstr(&out), "<NA>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_in_order),
        cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(nearest_names),
        cmocka_unit_test(references),
        cmocka_unit_test(types_of_references),
        cmocka_unit_test(values_given_by_hand),
        cmocka_unit_test(more_values_than_fit_are_cut),
        cmocka_unit_test(absent_in_an_output),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
