/* enrich/pod_line.h - how pods travel from the process that watches the cluster to the sensor: one
 * JSON object a line.
 *
 * {"list":true} begins a list of all pods, {"listed":true} ends it; {"pod":POD,"workload":W} is one
 * that is there, in the API's form but with no more in it than pod_json_read() reads;
 * {"deleted":KEY} is one that is no more. Any thread. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "enrich/pods.h"

struct arena;
struct err;

#define POD_LINE_MAX ((size_t)8 << 20) /* bytes of a line */

enum pod_line_kind {
    POD_LINE_LIST,
    POD_LINE_LISTED,
    POD_LINE_POD,
    POD_LINE_DELETED,
};

struct pod_line {
    enum pod_line_kind kind;
    struct pod_said said; /* DELETED: the key alone */
};

/* Append one, with its line end. */
void pod_line_write(struct buf *out, const struct pod_line *line);

/* Texts live in `arena`. Errors: -EINVAL, -E2BIG. */
must_check int pod_line_read(struct sv text, struct arena *arena, struct pod_line *out,
                             struct err *err);
