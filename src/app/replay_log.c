#include "app/replay_log.h"

#include <ctype.h>
#include <errno.h>

#include "base/err.h"
#include "capture/documents.h"
#include "decode/signals.h"

/* Records keep the time of their own; one without any is as old as can be. */
#define NO_ARRIVAL 0

bool replay_log_is_one(const char *path)
{
    scoped(documents_close) struct documents *documents = NULL;
    struct sv text;
    uint64_t line;

    if (documents_open(path, &documents, NULL) < 0 ||
        documents_next(documents, &text, &line, NULL) != 0 || text.len == 0)
        return false;
    return text.ptr[0] == '{' || text.ptr[0] == '[';
}

struct reading {
    const struct replay_log_options *options;
    struct engine *engine;
};

static void on_event(void *ctx, const struct event *event)
{
    struct reading *reading = ctx;

    (void)engine_run(reading->engine, event, reading->options->on_match, reading->options->ctx);
}

static int find_source(struct documents *documents, const char *path, int *source, struct sv *text,
                       uint64_t *line, struct err *err)
{
    int rc = documents_next(documents, text, line, err);

    if (rc != 0 || *source >= 0)
        return rc;
    *source = signals_guess(*text);
    return *source < 0 ? err_set(err, -ENOENT,
                                 "%s: no audit log or cloud trail that is known; say which with "
                                 "--source",
                                 path)
                       : 0;
}

static int read_all(struct documents *documents, const char *path, struct reading *reading,
                    struct signals *signals, struct sv text, uint64_t line, uint64_t *bad,
                    struct err *err)
{
    const struct replay_log_options *options = reading->options;
    int rc = 0;

    while (rc == 0) {
        struct err why = {0};
        int got = signals_document(signals, text, NO_ARRIVAL, on_event, reading, &why);
        if (got < 0 && (*bad)++ == 0)
            (void)err_set(err, got, "%s: line %llu: %s", path, (unsigned long long)line, why.text);
        if (options->on_part != NULL)
            options->on_part(options->ctx, documents_offset(documents));
        struct err end = {0};
        rc = documents_next(documents, &text, &line, &end);
        if (rc == -E2BIG) {
            (*bad)++;
            (void)err_set(err, rc, "%s", end.text);
            rc = documents_next(documents, &text, &line, &end);
        }
        if (rc < 0)
            (void)err_set(err, rc, "%s", end.text);
    }
    return rc < 0 ? rc : *bad > 0 ? -EINVAL : 0;
}

int replay_log(const char *path, const struct replay_log_options *options,
               struct signals_counts *counts, uint64_t *bad, struct err *err)
{
    scoped(documents_close) struct documents *documents = NULL;
    int source = options->source;
    struct sv text;
    uint64_t line;

    *counts = (struct signals_counts){0};
    *bad = 0;
    int rc = documents_open(path, &documents, err);
    if (rc == 0)
        rc = find_source(documents, path, &source, &text, &line, err);
    if (rc != 0)
        return rc == DOCUMENTS_END ? 0 : rc;
    scoped(signals_free) struct signals *signals = signals_new(
        &(struct signals_options){.source = (enum event_source)source, .quirks = options->quirks});
    scoped(engine_free) struct engine *engine =
        engine_new(options->rules, &(struct engine_options){.source = (enum event_source)source,
                                                            .matching = options->matching,
                                                            .priority_max = options->priority_max});
    struct reading reading = {options, engine};
    rc = read_all(documents, path, &reading, signals, text, line, bad, err);
    *counts = *signals_counts(signals);
    return rc;
}
