#include "decode/scap.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/hash.h"
#include "capture/scap_table.h"
#include "decode/scap_value.h"
#include "event/event_flags.h"

enum {
    CODES = 512,               /* more than scap_table.h has */
    PENDING_BYTES_MAX = 16384, /* kept of the beginning of one call */
    PLACE_NONE = -1,
};

/* What becomes of the events of one code. */
struct plan {
    bool made, known;
    enum event_type type;
    const struct scap_event_info *info;
    int8_t place[SCAP_PARAMS_MAX]; /* of a parameter: index in the event's, or PLACE_NONE */
};

/* The beginning of a call: its parameters, by their places in the event that will come of it. */
struct pending {
    int64_t tid;
    uint16_t code;
    uint32_t count;
    struct pending_arg {
        int8_t place;
        enum scap_type type;
        struct sv raw;
    } arg[SCAP_PARAMS_MAX];
    char bytes[];
};

struct scap_decoder {
    struct plan plan[CODES];
    struct nmap pending;  /* by tid */
    struct pending *used; /* by the event decoded last */
    struct scap_decoder_counts counts;
};

/* Names that parameters once had. */
static const struct {
    const char *event, *was, *name;
} renamed[] = {
    {"dup", "fd", "oldfd"},     {"dup2", "fd", "oldfd"}, {"dup3", "fd", "oldfd"},
    {"bpf", "res_or_fd", "fd"}, {"dup", "res", "res"},
};

static struct sv current_name(const char *event, struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(renamed); i++) {
        if (strcmp(renamed[i].event, event) == 0 && sv_eq(name, sv(renamed[i].was)))
            return sv(renamed[i].name);
    }
    return name;
}

static void make_plan(struct plan *plan, uint16_t code)
{
    plan->made = true;
    plan->info = scap_event_info(code);
    if (plan->info == NULL)
        return;
    plan->type = event_type_from(sv(plan->info->name));
    plan->known = plan->type != EVENT_NONE || strcmp(plan->info->name, "syscall") == 0;
    for (uint32_t i = 0; i < plan->info->param_count; i++) {
        struct sv name = current_name(plan->info->name, sv(plan->info->param[i].name));
        enum event_type type = plan->type;
        if (plan->info->part == SCAP_ENTER && type == EVENT_EXECVEAT) {
            type = EVENT_EXECVE; /* as which it ends when it succeeds */
            name = sv_eq(name, SV("pathname")) ? SV("filename") : (struct sv){NULL, 0};
        }
        plan->place[i] = type == EVENT_NONE ? PLACE_NONE : (int8_t)event_param_index(type, name);
    }
}

static const struct plan *plan_of(struct scap_decoder *decoder, uint16_t code)
{
    if (code >= CODES)
        return NULL;
    struct plan *plan = &decoder->plan[code];
    if (!plan->made)
        make_plan(plan, code);
    return plan->known ? plan : NULL;
}

struct scap_decoder *scap_decoder_new(void)
{
    return xcalloc(1, sizeof(struct scap_decoder));
}

void scap_decoder_reset(struct scap_decoder *decoder)
{
    struct nmap_slot *slot;
    size_t at = 0;

    while ((slot = nmap_next(&decoder->pending, &at)) != NULL)
        free(slot->value);
    nmap_done(&decoder->pending);
    decoder->pending = (struct nmap){0};
    free(decoder->used);
    decoder->used = NULL;
}

void scap_decoder_free(struct scap_decoder *decoder)
{
    if (decoder == NULL)
        return;
    scap_decoder_reset(decoder);
    free(decoder);
}

struct scap_decoder_counts scap_decoder_counts(const struct scap_decoder *decoder)
{
    return decoder->counts;
}

/* ---------------------------------------------------------------------------- raw parameters */

/* Parameters one after the other. */
struct cursor {
    const struct scap_event *raw;
    uint32_t index;
    size_t offset;
};

static bool next_param(struct cursor *c, struct sv *out)
{
    uint32_t wide = 0;
    uint16_t narrow = 0;

    if (c->index >= c->raw->param_count || c->index >= SCAP_PARAMS_MAX)
        return false;
    if (c->raw->large) {
        memcpy(&wide, c->raw->lengths.ptr + c->index * sizeof(wide), sizeof(wide));
    } else {
        memcpy(&narrow, c->raw->lengths.ptr + c->index * sizeof(narrow), sizeof(narrow));
        wide = narrow;
    }
    *out = sv_sub(c->raw->data, c->offset, wide);
    c->offset += wide;
    c->index++;
    return true;
}

/* ------------------------------------------------------------------- calls in two events */

static void hold(struct scap_decoder *decoder, const struct scap_event *raw,
                 const struct plan *plan)
{
    struct cursor cursor = {.raw = raw};
    struct sv param;

    free(nmap_remove(&decoder->pending, (uint64_t)raw->tid));
    decoder->counts.held++;
    if (raw->param_count == 0 || raw->data.len > PENDING_BYTES_MAX ||
        decoder->pending.count >= SCAP_PENDING_MAX)
        return;
    struct pending *pending = xmalloc(sizeof(*pending) + raw->data.len);
    pending->tid = raw->tid;
    pending->code = raw->code;
    pending->count = 0;
    memcpy(pending->bytes, raw->data.ptr, raw->data.len);
    while (cursor.index < plan->info->param_count && next_param(&cursor, &param)) {
        uint32_t index = cursor.index - 1;
        struct sv copy = {pending->bytes + (cursor.offset - param.len), param.len};
        if (plan->place[index] >= 0)
            pending->arg[pending->count++] =
                (struct pending_arg){plan->place[index], plan->info->param[index].type, copy};
    }
    (void)nmap_put(&decoder->pending, (uint64_t)raw->tid, pending);
}

/* A successful execveat ends as an execve. */
static bool belongs_to(const struct scap_decoder *decoder, const struct pending *pending,
                       uint16_t code)
{
    return pending->code + 1 == code ||
           (pending->code < CODES && decoder->plan[pending->code].type == EVENT_EXECVEAT &&
            decoder->plan[code].type == EVENT_EXECVE);
}

/* Add what the beginning said and the end does not. */
static void add_pending(struct scap_decoder *decoder, const struct scap_event *raw,
                        struct arena *scratch, struct event *event, struct recorded_args *args)
{
    if (decoder->pending.count == 0)
        return;
    struct pending *pending = nmap_remove(&decoder->pending, (uint64_t)raw->tid);
    if (pending == NULL)
        return;
    decoder->used = pending;
    if (!belongs_to(decoder, pending, raw->code))
        return;
    for (uint32_t i = 0; i < pending->count; i++) {
        const struct pending_arg *arg = &pending->arg[i];
        if ((uint32_t)arg->place >= event->arg_count || args->at[arg->place].ptr != NULL)
            continue;
        args->at[arg->place] = arg->raw;
        event->arg[arg->place] = scap_value(event->type, arg->type, arg->raw, scratch);
    }
}

/* ---------------------------------------------------------------------------------- the event */

static void clear(struct event *event, const struct scap_event *raw, struct arena *scratch)
{
    memset(event, 0, offsetof(struct event, arg));
    event->source = SOURCE_SYSCALL;
    event->json = (struct event_json){.node = NULL};
    event->given = NULL;
    event->given_count = 0;
    event->scratch = scratch;
    event->time_ns = raw->time_ns;
    event->boot_ns = raw->time_ns; /* times of recorded processes are wall times too */
    event->cpu = raw->cpu;
    event->tid = (uint32_t)raw->tid;
    event->names = NULL;
}

/* The event type of a call that has no code of its own. */
static enum event_type generic_type(const struct scap_event *raw)
{
    struct cursor cursor = {.raw = raw};
    struct sv param;
    uint16_t number = 0;

    if (!next_param(&cursor, &param) || param.len != sizeof(number))
        return EVENT_NONE;
    memcpy(&number, param.ptr, sizeof(number));
    return event_type_from(sv(scap_call_name(number)));
}

static void fill_args(const struct scap_event *raw, const struct plan *plan, struct event *event,
                      struct recorded_args *args)
{
    struct cursor cursor = {.raw = raw};
    struct sv param;

    event->arg_count = event_type_info(event->type)->param_count;
    for (uint32_t i = 0; i < event->arg_count; i++) {
        event->arg[i].kind = VALUE_ABSENT;
        args->at[i] = (struct sv){NULL, 0};
    }
    while (cursor.index < plan->info->param_count && next_param(&cursor, &param)) {
        uint32_t index = cursor.index - 1;
        int8_t place = plan->place[index];
        if (place < 0 || param.len == 0)
            continue;
        args->at[place] = param;
        event->arg[place] =
            scap_value(event->type, plan->info->param[index].type, param, event->scratch);
    }
}

/* The first parameter of a call's end is its result, whatever it is called. */
static void set_result(struct event *event, const struct recorded_args *args)
{
    struct sv raw = event->arg_count == 0 ? (struct sv){NULL, 0} : args->at[0];
    int64_t wide = 0;
    int32_t narrow = 0;

    if (raw.len == sizeof(wide)) {
        memcpy(&wide, raw.ptr, sizeof(wide));
    } else if (raw.len == sizeof(narrow)) {
        memcpy(&narrow, raw.ptr, sizeof(narrow));
        wide = narrow;
    } else {
        return;
    }
    event->has_result = true;
    event->result = wide;
}

static uint32_t kernel_open_flags(uint64_t flags)
{
    static const struct {
        uint32_t bit, kernel;
    } bits[] = {
        {EVENT_O_CREAT, O_CREAT},       {EVENT_O_APPEND, O_APPEND},
        {EVENT_O_EXCL, O_EXCL},         {EVENT_O_NONBLOCK, O_NONBLOCK},
        {EVENT_O_TRUNC, O_TRUNC},       {EVENT_O_DIRECTORY, O_DIRECTORY},
        {EVENT_O_CLOEXEC, O_CLOEXEC},   {EVENT_O_DSYNC, O_DSYNC},
        {EVENT_O_TMPFILE, __O_TMPFILE}, /* alone: O_DIRECTORY is a bit of its own */
    };
    static const uint32_t access[] = {O_ACCMODE, O_RDONLY, O_WRONLY, O_RDWR};
    uint32_t kernel = access[flags & EVENT_O_RDWR];

    for (size_t i = 0; i < ARRAY_LEN(bits); i++)
        kernel |= (flags & bits[i].bit) != 0 ? bits[i].kernel : 0;
    return kernel;
}

/* Flags and mode, for the fields that ask about opening. */
static void set_open(struct event *event)
{
    int flags = event_param_index(event->type, SV("flags"));
    int mode = event_param_index(event->type, SV("mode"));

    if (event->type == EVENT_CREAT)
        event->open_flags = O_CREAT | O_WRONLY | O_TRUNC;
    else if (flags >= 0 && event->arg[flags].kind == VALUE_UNSIGNED)
        event->open_flags = kernel_open_flags(event->arg[flags].u64);
    if (mode >= 0 && event->arg[mode].kind == VALUE_UNSIGNED)
        event->mode = (uint32_t)event->arg[mode].u64;
}

enum scap_outcome scap_decode(struct scap_decoder *decoder, const struct scap_event *raw,
                              struct arena *scratch, struct event *event,
                              struct recorded_args *args)
{
    const struct plan *plan = plan_of(decoder, raw->code);
    enum event_type type = plan == NULL ? EVENT_NONE : plan->type;

    free(decoder->used);
    decoder->used = NULL;
    if (plan != NULL && plan->info->part == SCAP_ENTER) {
        hold(decoder, raw, plan);
        return SCAP_HELD;
    }
    if (plan != NULL && type == EVENT_NONE)
        type = generic_type(raw);
    if (type == EVENT_NONE) {
        decoder->counts.unknown++;
        return SCAP_UNKNOWN;
    }
    clear(event, raw, scratch);
    event->type = type;
    event->num = ++decoder->counts.events;
    event->whole = plan->info->part == SCAP_WHOLE;
    fill_args(raw, plan, event, args);
    add_pending(decoder, raw, scratch, event, args);
    if (!event->whole)
        set_result(event, args);
    if (event_opens(type))
        set_open(event);
    return SCAP_DECODED;
}
