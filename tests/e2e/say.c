/* say FILE FIELD...: one line an event of a plain recording of ours, as the sensor had it: fields
 * separated by tabs, <NA> for what is absent. What other tools print of the file is compared with
 * it. */
#include <stdio.h>
#include <stdlib.h>

#include "app/rerun.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "capture/scap_blocks.h"
#include "event/field.h"

enum { REFS_MAX = 64, FILE_MAX = 1 << 30 };

struct wanted {
    struct field_ref ref[REFS_MAX];
    size_t count;
};

static void on_event(void *ctx, const struct event *event)
{
    const struct wanted *wanted = ctx;
    scoped(buf_done) struct buf line = {0};

    for (size_t i = 0; i < wanted->count; i++) {
        if (i > 0)
            buf_char(&line, '\t');
        field_print(&line, event, &wanted->ref[i]);
    }
    (void)puts(buf_cstr(&line));
}

static void run(struct sv file, struct wanted *wanted)
{
    scoped(rerun_free) struct rerun *rerun =
        rerun_new(&(struct rerun_parts){.on_event = on_event, .ctx = wanted});
    struct sv body;
    uint32_t type;

    while (scap_block_next(&file, &type, &body)) {
        if (type == SCAP_BLOCK_OURS)
            (void)rerun_take(rerun, body);
        else if (type == SCAP_BLOCK_EVENT)
            (void)rerun_take(rerun, scap_carried(body));
    }
}

int main(int argc, char **argv)
{
    scoped(buf_done) struct buf file = {0};
    struct wanted wanted = {.count = 0};
    struct err err = {0};

    if (argc < 3)
        return 2;
    for (int i = 2; i < argc && wanted.count < REFS_MAX; i++) {
        if (field_ref_parse(sv(argv[i]), &wanted.ref[wanted.count++]) != FIELD_REF_FINE) {
            (void)fprintf(stderr, "no field '%s'\n", argv[i]);
            return 2;
        }
    }
    buf_init(&file, FILE_MAX);
    if (file_read(argv[1], FILE_MAX, &file, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    run(buf_view(&file), &wanted);
    return 0;
}
