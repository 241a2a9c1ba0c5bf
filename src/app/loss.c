/* app/loss.c - see the header. */
#include "app/loss.h"

#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "decode/wire.h"

static const struct {
    const char *rule, *description, *total;
    enum rule_priority priority;
} causes[LOSS_CAUSES] = {
    [LOSS_EVENTS] =
        {
            "tiercel internal: events lost",
            "The ring between kernel and sensor was full: rules have not seen these events. Give the "
            "sensor more CPU, make the ring larger (sensor.ring_mib), or narrow the rules.",
            "events.lost",
            PRIORITY_WARNING,
        },
    [LOSS_UNSEEN] =
        {
            "tiercel internal: events not looked at",
            "The kernel did not start a program of the sensor because it was unfinished on that CPU. "
            "Some of these calls may have been such as rules look for.",
            "events.not_looked_at",
            PRIORITY_WARNING,
        },
    [LOSS_MALFORMED] =
        {
            "tiercel internal: records not understood",
            "The kernel side sent records that this program does not understand: the two do not "
            "belong together, or memory is damaged.",
            "records.malformed",
            PRIORITY_ERROR,
        },
    [LOSS_FINDINGS] =
        {
            "tiercel internal: findings lost",
            "Rules matched, but the findings could not be kept: the spool was full or could not be "
            "written. Is the hub away, or the disk full?",
            "findings.lost",
            PRIORITY_ERROR,
        },
    [LOSS_PROCESSES] =
        {
            "tiercel internal: processes forgotten",
            "The table of processes was full: ancestors and programs of some processes are not known, "
            "so rules that ask for them do not match.",
            "processes.forgotten",
            PRIORITY_WARNING,
        },
    [LOSS_REGEX] =
        {
            "tiercel internal: regular expressions gave up",
            "A regular expression of a rule took too many steps on a value and counted as no match. "
            "'tiercel stats rules' names the rule: write it without nested repetitions.",
            "regex.limits",
            PRIORITY_WARNING,
        },
};

static const char *const kind_name[WIRE_KIND_COUNT] = {
    [WIRE_FORK] = "events.lost.fork", [WIRE_EXEC] = "events.lost.exec",
    [WIRE_EXIT] = "events.lost.exit", [WIRE_CGROUP] = "events.lost.cgroup",
    [WIRE_OPEN] = "events.lost.open", [WIRE_CALL] = "events.lost.call",
    [WIRE_TASK] = "events.lost.task",
};

static uint64_t ring_total(const struct kernel_ring_counts *counts)
{
    uint64_t sum = 0;

    for (size_t kind = 1; kind < WIRE_KIND_COUNT; kind++)
        sum += counts->lost[kind];
    return sum;
}

static uint64_t total(const struct loss_counts *counts, enum loss_cause cause)
{
    switch (cause) {
    case LOSS_EVENTS:
        return ring_total(&counts->ring);
    case LOSS_UNSEEN:
        return counts->ring.lost[0];
    case LOSS_MALFORMED:
        return counts->ring.malformed;
    case LOSS_FINDINGS:
        return counts->findings;
    case LOSS_REGEX:
        return counts->regex;
    case LOSS_PROCESSES:
    case LOSS_CAUSES:
        break;
    }
    return counts->processes;
}

/* The part of `now` that belongs to `cause` has been told. */
static void tell(struct loss_counts *told, const struct loss_counts *now, enum loss_cause cause)
{
    switch (cause) {
    case LOSS_EVENTS:
        for (size_t kind = 1; kind < WIRE_KIND_COUNT; kind++)
            told->ring.lost[kind] = now->ring.lost[kind];
        memcpy(told->ring.lost_call, now->ring.lost_call, sizeof(told->ring.lost_call));
        return;
    case LOSS_UNSEEN:
        told->ring.lost[0] = now->ring.lost[0];
        return;
    case LOSS_MALFORMED:
        told->ring.malformed = now->ring.malformed;
        return;
    case LOSS_FINDINGS:
        told->findings = now->findings;
        return;
    case LOSS_REGEX:
        told->regex = now->regex;
        return;
    case LOSS_PROCESSES:
    case LOSS_CAUSES:
        break;
    }
    told->processes = now->processes;
}

/* Opens and the other calls one by one, by the names of their events; returns the next free field.
 */
static size_t describe_calls(struct loss *loss, const struct loss_counts *now, size_t count)
{
    size_t named = 0;

    for (uint32_t call = 0; call < WIRE_CALL_COUNT && named < LOSS_CALLS_MAX; call++) {
        uint64_t lost = now->ring.lost_call[call] - loss->told.ring.lost_call[call];

        if (lost == 0)
            continue;
        (void)snprintf(loss->name[named], LOSS_NAME_MAX, "events.lost.call.%s",
                       event_type_info(wire_call_type(call))->name);
        loss->field[count++] = (struct finding_note_field){loss->name[named++], lost};
    }
    return count;
}

static void describe(struct loss *loss, const struct loss_counts *now, enum loss_cause cause,
                     struct finding_note *note)
{
    size_t count = 0;
    uint64_t all = total(now, cause);

    loss->field[count++] =
        (struct finding_note_field){causes[cause].total, all - total(&loss->told, cause)};
    for (size_t kind = 1; cause == LOSS_EVENTS && kind < WIRE_KIND_COUNT; kind++) {
        uint64_t lost = now->ring.lost[kind] - loss->told.ring.lost[kind];

        if (lost > 0 && kind_name[kind] != NULL)
            loss->field[count++] = (struct finding_note_field){kind_name[kind], lost};
    }
    if (cause == LOSS_EVENTS)
        count = describe_calls(loss, now, count);
    loss->field[count++] = (struct finding_note_field){"since_start", all};
    *note = (struct finding_note){
        .rule = causes[cause].rule,
        .description = causes[cause].description,
        .priority = causes[cause].priority,
        .field = loss->field,
        .field_count = count,
    };
}

bool loss_next(struct loss *loss, const struct loss_counts *now, uint64_t mono_ns,
               struct finding_note *note)
{
    for (enum loss_cause cause = 0; cause < LOSS_CAUSES; cause++) {
        if (total(now, cause) <= total(&loss->told, cause))
            continue; /* less: the counts could not be read */
        if (loss->ever[cause] && mono_ns - loss->told_ns[cause] < LOSS_EVERY_NS)
            continue;
        describe(loss, now, cause, note);
        tell(&loss->told, now, cause);
        loss->told_ns[cause] = mono_ns;
        loss->ever[cause] = true;
        return true;
    }
    return false;
}
