#include "../test.h"

#include "app/loss.h"

enum { OPEN = WIRE_OPEN, EXEC = WIRE_EXEC };

static const struct finding_note_field *field(const struct finding_note *note, const char *name)
{
    for (size_t i = 0; i < note->field_count; i++)
        if (strcmp(note->field[i].name, name) == 0)
            return &note->field[i];
    return NULL;
}

static void nothing_lost_says_nothing(void **state)
{
    struct loss loss = {0};
    struct loss_counts now = {.ring = {.sent = {[OPEN] = 5}, .received = 5}};
    struct finding_note note;

    CHECK(!loss_next(&loss, &now, 1, &note));
}

static void each_cause_has_its_finding(void **state)
{
    static const struct {
        const char *row;
        struct loss_counts now;
        const char *rule, *field;
        uint64_t value;
    } rows[] = {
        {"ring", {.ring.lost = {[OPEN] = 3, [EXEC] = 4}}, "events lost", "events.lost", 7},
        {"unseen", {.ring.lost = {[0] = 2}}, "events not looked at", "events.not_looked_at", 2},
        {"malformed", {.ring.malformed = 1}, "records not understood", "records.malformed", 1},
        {"findings", {.findings = 9}, "findings lost", "findings.lost", 9},
        {"processes", {.processes = 1}, "processes forgotten", "processes.forgotten", 1},
        {"regex", {.regex = 3}, "regular expressions gave up", "regex.limits", 3},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct loss loss = {0};
        struct finding_note note = {0};

        test_row(rows[i].row);
        CHECK(loss_next(&loss, &rows[i].now, 0, &note));
        CHECK(strncmp(note.rule, "tiercel internal: ", 18) == 0);
        CHECK_STR(note.rule + 18, rows[i].rule);
        CHECK_STR(note.field[0].name, rows[i].field);
        CHECK_INT(note.field[0].value, rows[i].value);
        CHECK(note.description[0] != '\0' && note.priority <= PRIORITY_WARNING);
        CHECK(!loss_next(&loss, &rows[i].now, LOSS_EVERY_NS * 2, &note));
    }
}

static void loss_is_told_by_type(void **state)
{
    struct loss loss = {0};
    struct loss_counts now = {.ring.lost = {[OPEN] = 3, [EXEC] = 4}};
    struct finding_note note = {0};

    now.ring.lost_call[WIRE_CALL_OPENAT] = 3;
    CHECK(loss_next(&loss, &now, 0, &note));
    CHECK_INT(field(&note, "events.lost.open")->value, 3);
    CHECK_INT(field(&note, "events.lost.call.openat")->value, 3);
    CHECK(field(&note, "events.lost.call.open") == NULL);
    CHECK_INT(field(&note, "events.lost.exec")->value, 4);
    CHECK(field(&note, "events.lost.exit") == NULL);
    CHECK(!loss_next(&loss, &(struct loss_counts){0}, LOSS_EVERY_NS, &note)); /* not read */
    now.ring.lost[OPEN] = 13;
    now.ring.lost_call[WIRE_CALL_OPEN] = 10;
    CHECK(loss_next(&loss, &now, LOSS_EVERY_NS, &note));
    CHECK_INT(field(&note, "events.lost")->value, 10);
    CHECK_INT(field(&note, "events.lost.open")->value, 10);
    CHECK(field(&note, "events.lost.exec") == NULL);
    CHECK_INT(field(&note, "events.lost.call.open")->value, 10);
    CHECK(field(&note, "events.lost.call.openat") == NULL);
    CHECK_INT(field(&note, "since_start")->value, 17);
}

static void as_many_calls_as_there_is_room_for(void **state)
{
    struct loss loss = {0};
    struct loss_counts now = {0};
    struct finding_note note = {0};
    size_t calls = 0;

    for (size_t call = 0; call < WIRE_CALL_COUNT; call++)
        now.ring.lost_call[call] = 1;
    for (size_t kind = 1; kind < WIRE_KIND_COUNT; kind++)
        now.ring.lost[kind] = WIRE_CALL_COUNT;
    CHECK(loss_next(&loss, &now, 0, &note));
    for (size_t i = 0; i < note.field_count; i++)
        calls += strncmp(note.field[i].name, "events.lost.call.", 17) == 0;
    CHECK_INT(calls, LOSS_CALLS_MAX);
    CHECK(note.field_count <= LOSS_FIELDS_MAX);
    CHECK_STR(note.field[note.field_count - 1].name, "since_start");
}

static void the_rate_is_limited(void **state)
{
    struct loss loss = {0};
    struct loss_counts now = {0};
    struct finding_note note = {0};
    uint64_t told = 0, sum = 0;

    for (uint64_t second = 0; second <= 60; second++) {
        now.ring.lost[OPEN] += 100;
        while (loss_next(&loss, &now, second * CLOCK_NS, &note)) {
            told++;
            sum += note.field[0].value;
        }
    }
    CHECK_INT(told, 7); /* at 0, 10 ... 60: all of it, in few findings */
    CHECK_INT(sum, 6100);
    now.findings = 1; /* another cause does not wait for the first one's turn */
    CHECK(loss_next(&loss, &now, 61 * CLOCK_NS, &note));
    CHECK_STR(note.rule, "tiercel internal: findings lost");
}

static void causes_come_one_by_one(void **state)
{
    struct loss loss = {0};
    struct loss_counts now = {.ring.lost = {[0] = 1, [OPEN] = 1}, .findings = 1, .processes = 1};
    struct finding_note note = {0};
    int told = 0;

    while (loss_next(&loss, &now, 5, &note))
        told++;
    CHECK_INT(told, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_lost_says_nothing),
        cmocka_unit_test(each_cause_has_its_finding),
        cmocka_unit_test(loss_is_told_by_type),
        cmocka_unit_test(as_many_calls_as_there_is_room_for),
        cmocka_unit_test(the_rate_is_limited),
        cmocka_unit_test(causes_come_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
