#include "../test.h"

#include <errno.h>

#include "app/frame.h"

static void test_round_trip(void **state)
{
    scoped(buf_done) struct buf buf = {0};
    struct frame frame;
    size_t used = 0;

    (void)state;
    frame_put(&buf, FRAME_FINDING, 7, SV("{}"));
    frame_put(&buf, FRAME_ACK, 8, (struct sv){NULL, 0});
    CHECK_INT(frame_get(&buf, 0, &frame, &used), 0);
    CHECK_INT(frame.type, FRAME_FINDING);
    CHECK_INT(frame.sequence, 7);
    CHECK_SV(frame.payload, SV("{}"));
    CHECK_INT(frame_get(&buf, used, &frame, &used), 0);
    CHECK_INT(frame.type, FRAME_ACK);
    CHECK_INT(frame.payload.len, 0);
}

static void test_every_prefix_is_incomplete(void **state)
{
    scoped(buf_done) struct buf whole = {0};
    struct frame frame;
    size_t used = 0;

    (void)state;
    frame_put(&whole, FRAME_HELLO, 1, SV("node"));
    for (size_t len = 0; len < whole.len; len++) {
        scoped(buf_done) struct buf part = {0};
        buf_bytes(&part, whole.ptr, len);
        CHECK_INT(frame_get(&part, 0, &frame, &used), FRAME_INCOMPLETE);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *row;
        uint32_t size;
        uint16_t type, version;
        int rc;
    } rows[] = {
        {"good", 0, FRAME_ACK, FRAME_VERSION, 0},
        {"other version", 0, FRAME_ACK, FRAME_VERSION + 1, -EPROTO},
        {"no type", 0, 0, FRAME_VERSION, -EPROTO},
        {"unknown type", 0, 4, FRAME_VERSION, -EPROTO},
        {"too large", FRAME_PAYLOAD_MAX + 1, FRAME_FINDING, FRAME_VERSION, -EPROTO},
        {"largest", FRAME_PAYLOAD_MAX, FRAME_FINDING, FRAME_VERSION, FRAME_INCOMPLETE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf buf = {0};
        struct frame frame;
        size_t used = 0;
        uint64_t sequence = 0;

        test_row(rows[i].row);
        buf_bytes(&buf, &rows[i].size, 4);
        buf_bytes(&buf, &rows[i].type, 2);
        buf_bytes(&buf, &rows[i].version, 2);
        buf_bytes(&buf, &sequence, 8);
        CHECK_INT(frame_get(&buf, 0, &frame, &used), rows[i].rc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_every_prefix_is_incomplete),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
