#include "app/query.h"

#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "decode/signals.h"
#include "event/field.h"
#include "lang/condition.h"
#include "lang/parse.h"
#include "lang/sql/texts.h"
#include "store/store.h"

struct query {
    struct query_options options;
    struct arena *arena;
    struct condition *condition[SOURCE_COUNT]; /* NULL: the source is not asked */
    struct signals *signals[SOURCE_COUNT];
    bool asked[SOURCE_COUNT];
    struct texts texts;
    struct field_ref by;
    struct map index; /* of groups, by text */
    struct query_group *group;
    uint32_t group_count, group_size;
    struct buf text;
    struct query_totals totals;

    /* while a record is looked at */
    query_match_fn on_match;
    void *ctx;
    struct sv record;
    int stop;
};

/* --- making ---------------------------------------------------------------------------------- */

static const enum event_source sources[] = {SOURCE_K8S_AUDIT, SOURCE_AWS_CLOUDTRAIL,
                                            SOURCE_GCP_AUDITLOG, SOURCE_OKTA, SOURCE_GITHUB};

static bool knows_by(const struct query *query, enum event_source source)
{
    return query->options.by == NULL || (query->by.field->sources & 1u << source) != 0;
}

/* Compile for each source; where no source takes the condition, the first problem is told. */
static int compile(struct query *query, const struct ast_node *node, struct err *err)
{
    struct parse_problem first = {0};
    bool any = false;

    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        enum event_source source = sources[i];
        struct parse_problem problem = {0};
        if (query->options.has_source && query->options.source != source)
            continue;
        int rc = node == NULL ? 0
                              : condition_compile(node, source, query->arena,
                                                  &query->condition[source], &problem);
        if (rc < 0 && first.message[0] == '\0')
            first = problem;
        query->asked[source] = rc == 0 && knows_by(query, source);
        any |= query->asked[source];
    }
    if (any)
        return 0;
    if (first.message[0] == '\0')
        return err_set(err, -EINVAL, "no such source has the field '%s'", query->options.by);
    return err_set(err, -EINVAL, "column %u: %s%s%s", first.offset + 1, first.message,
                   first.mend[0] == '\0' ? "" : "; ", first.mend);
}

static int make(struct query *query, struct err *err)
{
    struct parse_problem problem = {0};
    struct ast_node *node = NULL;

    if (query->options.by != NULL &&
        field_ref_parse(sv(query->options.by), &query->by) != FIELD_REF_FINE) {
        const char *near = field_nearest(sv(query->options.by));
        return err_set(err, -EINVAL, "no field '%s'%s%s%s", query->options.by,
                       near == NULL ? "" : "; did you mean '", near == NULL ? "" : near,
                       near == NULL ? "" : "'?");
    }
    if (sv_trim(query->options.condition).len > 0) {
        int rc = parse_condition(query->options.condition, query->arena, &node, &problem);
        if (rc < 0)
            return err_set(err, rc, "column %u: %s%s%s", problem.offset + 1, problem.message,
                           problem.mend[0] == '\0' ? "" : "; ", problem.mend);
        texts_of(node, &query->texts);
    }
    return compile(query, node, err);
}

int query_new(const struct query_options *options, struct query **out, struct err *err)
{
    scoped(query_free) struct query *query = xcalloc(1, sizeof(*query));

    query->options = *options;
    query->arena = arena_new(1 << 14);
    int rc = make(query, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        struct signals_options decoder = {.source = sources[i], .quirks = options->quirks};
        if (query->asked[sources[i]])
            query->signals[sources[i]] = signals_new(&decoder);
    }
    *out = take(query);
    return 0;
}

void query_free(struct query *query)
{
    if (query == NULL)
        return;
    for (int i = 0; i < SOURCE_COUNT; i++) {
        condition_free(query->condition[i]);
        signals_free(query->signals[i]);
    }
    map_done(&query->index);
    free(query->group);
    buf_done(&query->text);
    arena_free(query->arena);
    free(query);
}

/* --- groups ---------------------------------------------------------------------------------- */

/* Groups are found by a number in the map's value, from 1: the array moves when it grows. */
static void count_group(struct query *query, const struct event *event)
{
    buf_reset(&query->text);
    field_print(&query->text, event, &query->by);
    struct sv text = buf_view(&query->text);
    uintptr_t number = (uintptr_t)map_find(&query->index, text);

    if (number == 0 && query->group_count == QUERY_GROUPS_MAX) {
        query->totals.others++;
        return;
    }
    if (number == 0) {
        if (query->group_count == query->group_size) {
            query->group_size = query->group_size == 0 ? 64 : query->group_size * 2;
            query->group = xrealloc(query->group, query->group_size * sizeof(*query->group));
        }
        query->group[query->group_count] =
            (struct query_group){.text = arena_sv(query->arena, text)};
        number = ++query->group_count;
        (void)map_put(&query->index, query->group[number - 1].text, (void *)number);
    }
    query->group[number - 1].count++;
}

static int more_frequent(const void *a, const void *b)
{
    const struct query_group *x = a;
    const struct query_group *y = b;

    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : sv_cmp(x->text, y->text);
}

uint32_t query_groups(struct query *query, const struct query_group **out)
{
    if (query->group_count > 0)
        qsort(query->group, query->group_count, sizeof(*query->group), more_frequent);
    *out = query->group;
    return query->group_count;
}

/* --- running --------------------------------------------------------------------------------- */

static void on_event(void *ctx, const struct event *event)
{
    struct query *query = ctx;
    const struct condition *condition = query->condition[event->source];

    query->totals.looked_at++;
    if (query->stop != 0 || (condition != NULL && !condition_eval(condition, event)))
        return;
    query->totals.matched++;
    if (query->options.by != NULL)
        count_group(query, event);
    else
        query->stop = query->on_match(query->ctx, event, query->record);
}

static int on_record(void *ctx, const struct store_evidence *evidence)
{
    struct query *query = ctx;

    if (evidence->source >= SOURCE_COUNT || query->signals[evidence->source] == NULL)
        return 0;
    query->record = evidence->json;
    /* what was stored was read once: a record that cannot be read now is a damaged one, and its
     * block has a checksum */
    int rc = signals_document(query->signals[evidence->source], evidence->json,
                              evidence->arrival_ns, on_event, query, NULL);
    return rc < 0 ? rc : query->stop;
}

int query_run(struct query *query, struct store *store, query_match_fn on_match, void *ctx,
              struct err *err)
{
    struct store_evidence_query ask = {
        .from_ns = query->options.from_ns,
        .to_ns = query->options.to_ns,
        .text = query->texts.text,
        .text_count = query->texts.count,
        .newest_first = !query->options.oldest_first,
    };

    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        if (query->asked[sources[i]])
            ask.sources |= 1ULL << sources[i];
    }
    query->on_match = on_match;
    query->ctx = ctx;
    query->stop = 0;
    return store_read_evidence(store, &ask, on_record, query, err);
}

struct query_totals query_totals(const struct query *query)
{
    return query->totals;
}
