/* Events of capture files, old and new: one event a call comes out, whatever they had. */
#include "decode/scap.h"

#include "base/arena.h"
#include "capture/scap_table.h"
#include "tests/unit/test.h"

enum { ARENA_BLOCK = 4096 };

struct fixture {
    struct scap_decoder *decoder;
    struct arena *scratch;
    struct event event;
    struct recorded_args args;
};

static void fixture_init(struct fixture *f)
{
    *f = (struct fixture){.decoder = scap_decoder_new(), .scratch = arena_new(ARENA_BLOCK)};
}

static void fixture_done(struct fixture *f)
{
    scap_decoder_free(f->decoder);
    arena_free(f->scratch);
}

/* The first code of that part of a call with room for `count` parameters: old ones too. */
static uint32_t code_of(const char *name, enum scap_part part, uint32_t count)
{
    for (uint32_t code = 0; code < UINT16_MAX; code++) {
        const struct scap_event_info *info = scap_event_info((uint16_t)code);
        if (info != NULL && strcmp(info->name, name) == 0 && info->part == part &&
            info->param_count >= count)
            return code;
    }
    return SCAP_CODE_NONE;
}

/* An event of that part of a call whose parameters are 64-bit numbers, `count` of them. */
static enum scap_outcome feed(struct fixture *f, const char *name, enum scap_part part, int64_t tid,
                              const int64_t *number, uint16_t count)
{
    uint32_t code = code_of(name, part, count);
    uint16_t lengths[SCAP_PARAMS_MAX];

    CHECK(code != SCAP_CODE_NONE);
    for (uint16_t i = 0; i < count; i++)
        lengths[i] = sizeof(*number);
    struct scap_event raw = {.time_ns = 5000,
                             .tid = tid,
                             .code = (uint16_t)code,
                             .cpu = 2,
                             .param_count = count,
                             .lengths = {(const char *)lengths, count * sizeof(lengths[0])},
                             .data = {(const char *)number, count * sizeof(*number)}};
    arena_reset(f->scratch);
    return scap_decode(f->decoder, &raw, f->scratch, &f->event, &f->args);
}

static struct value arg(const struct fixture *f, const char *name)
{
    const struct event_type_info *info = event_type_info(f->event.type);

    for (uint32_t i = 0; i < f->event.arg_count; i++) {
        if (strcmp(info->param[i].name, name) == 0)
            return f->event.arg[i];
    }
    return (struct value){.kind = VALUE_ABSENT};
}

static void a_whole_event(void **state)
{
    static const int64_t close_[] = {-9, 5};
    struct fixture f;

    fixture_init(&f);
    CHECK_INT(feed(&f, "close", SCAP_EXIT, 10, close_, 2), SCAP_DECODED);
    CHECK_STR(event_type_info(f.event.type)->name, "close");
    CHECK_INT(f.event.time_ns, 5000);
    CHECK_INT(f.event.cpu, 2);
    CHECK_INT(arg(&f, "res").i64, -9);
    CHECK_INT(arg(&f, "fd").i64, 5);
    fixture_done(&f);
}

static void an_old_call_in_two_parts(void **state)
{
    static const int64_t fd = 5, other = 6, res = 0;
    struct fixture f;

    fixture_init(&f);
    CHECK_INT(feed(&f, "close", SCAP_ENTER, 10, &fd, 1), SCAP_HELD);
    CHECK_INT(feed(&f, "close", SCAP_ENTER, 11, &other, 1), SCAP_HELD);
    CHECK_INT(feed(&f, "close", SCAP_EXIT, 10, &res, 1), SCAP_DECODED);
    CHECK_INT(arg(&f, "res").i64, 0);
    CHECK_INT(arg(&f, "fd").i64, 5);
    CHECK_INT(feed(&f, "close", SCAP_EXIT, 11, &res, 1), SCAP_DECODED);
    CHECK_INT(arg(&f, "fd").i64, 6);
    CHECK_INT(scap_decoder_counts(f.decoder).events, 2);
    CHECK_INT(scap_decoder_counts(f.decoder).held, 2);
    fixture_done(&f);
}

static void an_end_without_its_beginning(void **state)
{
    static const int64_t fd = 5, res = 0;
    struct fixture f;

    fixture_init(&f);
    CHECK_INT(feed(&f, "close", SCAP_EXIT, 10, &res, 1), SCAP_DECODED);
    CHECK_INT(arg(&f, "res").i64, 0);
    CHECK_INT(arg(&f, "fd").kind, VALUE_ABSENT);
    /* another recording, another call */
    CHECK_INT(feed(&f, "close", SCAP_ENTER, 10, &fd, 1), SCAP_HELD);
    scap_decoder_reset(f.decoder);
    CHECK_INT(feed(&f, "close", SCAP_EXIT, 10, &res, 1), SCAP_DECODED);
    CHECK_INT(arg(&f, "fd").kind, VALUE_ABSENT);
    CHECK_INT(feed(&f, "close", SCAP_ENTER, 10, &fd, 1), SCAP_HELD);
    CHECK_INT(feed(&f, "dup", SCAP_EXIT, 10, &res, 1), SCAP_DECODED);
    CHECK_STR(event_type_info(f.event.type)->name, "dup");
    fixture_done(&f);
}

/* Every code with every count of parameters, of lengths that fit and of lengths that do not. */
static void every_code_with_anything(void **state)
{
    static const char bytes[SCAP_PARAMS_MAX * 256];
    static const uint16_t sizes[] = {0, 1, 2, 3, 7, 8, 9, 37, 255};
    struct fixture f;
    uint64_t decoded = 0;

    fixture_init(&f);
    for (uint32_t code = 0; code < 1024; code++) {
        for (size_t at = 0; at < ARRAY_LEN(sizes) * SCAP_PARAMS_MAX; at++) {
            uint16_t size = sizes[at % ARRAY_LEN(sizes)], lengths[SCAP_PARAMS_MAX];
            uint32_t count = (uint32_t)(at / ARRAY_LEN(sizes));
            for (uint32_t i = 0; i < count; i++)
                lengths[i] = size;
            struct scap_event raw = {.tid = 10,
                                     .code = (uint16_t)code,
                                     .param_count = count,
                                     .lengths = {(const char *)lengths, count * sizeof(*lengths)},
                                     .data = {bytes, (size_t)count * size}};
            arena_reset(f.scratch);
            enum scap_outcome outcome = scap_decode(f.decoder, &raw, f.scratch, &f.event, &f.args);
            CHECK(scap_event_info((uint16_t)code) != NULL || outcome == SCAP_UNKNOWN);
            if (outcome != SCAP_DECODED)
                continue;
            decoded++;
            CHECK(f.event.arg_count <= event_type_info(f.event.type)->param_count);
        }
    }
    CHECK(decoded > 10000);
    CHECK_INT(scap_decoder_counts(f.decoder).events, decoded);
    CHECK(scap_decoder_counts(f.decoder).unknown > 0);
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_event),
        cmocka_unit_test(an_old_call_in_two_parts),
        cmocka_unit_test(an_end_without_its_beginning),
        cmocka_unit_test(every_code_with_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
