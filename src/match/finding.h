/* match/finding.h - what a match becomes: one JSON object, and the keys it is stored under.
 *
 * The object has Falco's members (hostname, output, output_fields, priority, rule, source, tags,
 * time), a uuid, and a `tiercel` object with what an investigation starts from; the schema is in
 * docs/reference/finding.md. One thread. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "event/event.h"
#include "lang/falco/ruleset.h"

struct err;

/* Where this sensor stands; texts outlive the writer. */
struct finding_place {
    const char *hostname, *node, *cluster; /* cluster "" when not set */
    const char *link;                      /* address of the hub's pages, "" for none */
    int64_t boot_offset_ns;                /* turns the boot times of processes into wall times */
    const char *captures;                  /* directory of captures, NULL: none are taken */
};

#define FINDING_ID_LEN 36 /* characters of a UUID */
#define FINDING_WINDOW_NS                                                                          \
    (15 * 60 * CLOCK_NS) /* evidence is looked for this long on both sides                         \
                          */

/* Write the finding of `rule` for `event` as one JSON object, no newline. Its id is made from
 * hostname, rule, time, process and event number: the same match always gets the same one, so a
 * record that is sent twice is stored once. -E2BIG when it outgrows the buffer's limit. */
must_check int finding_make(struct buf *json, const struct finding_place *place,
                            const struct rule *rule, const struct event *event);

/* What a store wants to know of a finding, read back from its JSON. Views live in `arena`. */
struct finding_keys {
    struct sv id, rule, source, namespace_name, pod_name, container_id, owner;
    uint64_t time_ns; /* wall */
    enum rule_priority priority;
};
/* Errors: -EINVAL when it is no finding; the words name the member. */
must_check int finding_read(struct sv json, struct arena *arena, struct finding_keys *out,
                            struct err *err);

/* The line a person reads, in Falco's form: "13:30:11.123456789: Warning text", local time, control
 * bytes escaped, without a newline. -EINVAL when `json` is no finding. */
must_check int finding_line(struct sv json, struct arena *arena, bool colour, struct buf *out);
