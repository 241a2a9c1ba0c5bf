/* app/query.h - the condition language over the evidence of a store: what matches, in order;
 * counted; or counted by a field. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"
#include "event/event.h"

struct err;
struct query;
struct store;

#define QUERY_GROUPS_MAX 100000 /* different values of `by`; those after them count as others */

struct query_options {
    struct sv condition; /* empty: everything */
    bool has_source;
    enum event_source source; /* else every source that knows the fields of the condition */
    uint64_t from_ns, to_ns;  /* 0: no bound */
    bool oldest_first;
    bool quirks;
    const char *by; /* a field, or NULL */
};

/* `problem` words of the condition carry its column.
 * Errors: -EINVAL (the condition, the field, or no source knows them). */
must_check int query_new(const struct query_options *options, struct query **out, struct err *err);
void query_free(struct query *query);
DEFINE_SCOPED(struct query *, query_free)

/* Called for each match; a non-zero answer stops the search and becomes its result. `record` is the
 * record's own JSON. With `by`, matches are counted and this is not called. */
typedef int (*query_match_fn)(void *ctx, const struct event *event, struct sv record);
must_check int query_run(struct query *query, struct store *store, query_match_fn on_match,
                         void *ctx, struct err *err);

struct query_totals {
    uint64_t looked_at, matched; /* records; those that the index ruled out are not looked at */
    uint64_t others;             /* matches past QUERY_GROUPS_MAX */
};
struct query_totals query_totals(const struct query *query);

/* What `by` found, the most frequent first; the text is "<NA>" where the field is absent. */
struct query_group {
    struct sv text;
    uint64_t count;
};
uint32_t query_groups(struct query *query, const struct query_group **out);
