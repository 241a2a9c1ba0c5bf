/* Signals: any bytes, as a document of each source; every field of what comes out is read. */
#include <assert.h>

#include "base/buf.h"
#include "base/err.h"
#include "decode/signals.h"
#include "event/field.h"
#include "tests/fuzz/fuzz.h"

static void on_event(void *ctx, const struct event *event)
{
    struct buf *out = ctx;

    for (uint32_t i = 0; i < field_count(); i++) {
        const struct field *field = field_at(i);
        struct field_ref ref = {.field = field, .key = SV("a"), .index = 0};
        ref.has_arg = field->arg != FIELD_ARG_NONE && field->arg != FIELD_ARG_INDEX_OR_NONE;
        if ((field->sources & 1u << event->source) == 0)
            continue;
        buf_reset(out);
        field_print(out, event, &ref);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum event_source sources[] = {SOURCE_K8S_AUDIT, SOURCE_AWS_CLOUDTRAIL,
                                                SOURCE_GCP_AUDITLOG, SOURCE_OKTA, SOURCE_GITHUB};
    struct sv text = {(const char *)data, size};
    scoped(buf_done) struct buf out = {0};

    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        for (int quirks = 0; quirks < 2; quirks++) {
            scoped(signals_free) struct signals *signals =
                signals_new(&(struct signals_options){.source = sources[i], .quirks = quirks != 0});
            struct err err = {0};
            int rc = signals_document(signals, text, 1, on_event, &out, &err);
            assert(rc == 0 || err.text[0] != '\0');
        }
    }
    return 0;
}
