#include "app/rerun.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "decode/recorded.h"
#include "decode/wire.h"
#include "enrich/tables.h"
#include "match/finding.h"

enum {
    SCRATCH_BLOCK = 1 << 17,
    PLACE_BLOCK = 1024,
};

struct rerun {
    struct rerun_parts parts;
    struct tables *tables;
    struct arena *scratch, *place_texts;
    struct finding_place place;
    struct recorded_reader reader;
    struct recorded_item item;
    struct event event;
    struct change change;
    struct rerun_counts counts;
};

static const struct tables_options no_machine = {0};

static void forget_place(struct rerun *rerun)
{
    arena_reset(rerun->place_texts);
    rerun->place = (struct finding_place){.hostname = "", .node = "", .cluster = "", .link = ""};
}

struct rerun *rerun_new(const struct rerun_parts *parts)
{
    struct rerun *rerun = xcalloc(1, sizeof(*rerun));

    rerun->parts = *parts;
    rerun->scratch = arena_new(SCRATCH_BLOCK);
    rerun->place_texts = arena_new(PLACE_BLOCK);
    rerun->tables = tables_new(&no_machine);
    forget_place(rerun);
    return rerun;
}

void rerun_free(struct rerun *rerun)
{
    if (rerun == NULL)
        return;
    tables_free(rerun->tables);
    arena_free(rerun->scratch);
    arena_free(rerun->place_texts);
    free(rerun);
}

void rerun_begin(struct rerun *rerun)
{
    tables_free(rerun->tables);
    rerun->tables = tables_new(&no_machine);
    forget_place(rerun);
}

struct tables *rerun_tables(struct rerun *rerun)
{
    return rerun->tables;
}

const struct finding_place *rerun_place(const struct rerun *rerun)
{
    return &rerun->place;
}

struct rerun_counts rerun_counts(const struct rerun *rerun)
{
    return rerun->counts;
}

static void set_place(struct rerun *rerun, const struct recorded_place *place)
{
    struct arena *texts = rerun->place_texts;

    rerun->place.hostname = arena_sv(texts, place->hostname).ptr;
    rerun->place.node = arena_sv(texts, place->node).ptr;
    rerun->place.cluster = arena_sv(texts, place->cluster).ptr;
    rerun->place.link = arena_sv(texts, place->link).ptr;
}

/* As the sensor's pipeline does. */
static void take_record(struct rerun *rerun, const struct scap_extra_clock *clock,
                        const struct wire_header *record)
{
    struct wire_decoder decoder = {.boot_offset_ns = clock->boot_offset_ns,
                                   .num = clock->num == 0 ? 0 : clock->num - 1};
    enum wire_outcome outcome =
        wire_decode(&decoder, record, rerun->scratch, &rerun->event, &rerun->change);

    rerun->place.boot_offset_ns = clock->boot_offset_ns;
    if (rerun->change.kind != CHANGE_NONE)
        tables_apply(rerun->tables, &rerun->change);
    if (outcome == WIRE_EVENT) {
        rerun->event.process = tables_find(rerun->tables, record->pid, record->start_ns);
        rerun->counts.events++;
        if (rerun->parts.on_event != NULL)
            rerun->parts.on_event(rerun->parts.ctx, &rerun->event);
    } else {
        rerun->counts.records++;
    }
    tables_settle(rerun->tables);
    arena_reset(rerun->scratch);
}

static void take_item(struct rerun *rerun, const struct recorded_item *item)
{
    struct tables *tables = rerun->tables;

    switch (item->kind) {
    case RECORDED_PLACE:
        set_place(rerun, &item->place);
        break;
    case RECORDED_HOST:
        tables_told_host(tables, item->mntns_inum);
        break;
    case RECORDED_RECORD:
        take_record(rerun, &item->clock, item->record);
        break;
    case RECORDED_CHANGE:
        tables_apply(tables, &item->change);
        break;
    case RECORDED_CONTAINER:
        rerun->counts.odd += tables_told_container(tables, item->container) < 0;
        break;
    case RECORDED_USER:
        tables_told_user(tables, item->container, &item->user);
        break;
    case RECORDED_GROUP:
        tables_told_group(tables, item->container, &item->group);
        break;
    }
}

bool rerun_take(struct rerun *rerun, struct sv bytes)
{
    struct recorded_reader *reader = &rerun->reader;

    if (!recorded_open(reader, bytes) || !reader->records)
        return false;
    while (recorded_next(reader, &rerun->item))
        take_item(rerun, &rerun->item);
    rerun->counts.odd += reader->odd;
    reader->odd = 0;
    return true;
}
