#include "enrich/protobuf.h"

#include <errno.h>

#include "tests/unit/test.h"

static void there_and_back(void **state)
{
    static const uint64_t numbers[] = {0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX};
    scoped(buf_done) struct buf out = {0};
    struct protobuf_field field;

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        protobuf_put_number(&out, (uint32_t)(i + 1), numbers[i]);
    protobuf_put_bytes(&out, 536870911, sv("text"));
    protobuf_put_bytes(&out, 16, (struct sv){NULL, 0});
    struct sv message = buf_view(&out);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        CHECK_INT(protobuf_next(&message, &field), 1);
        CHECK_INT(field.number, i + 1);
        CHECK_INT(field.type, PROTOBUF_VARINT);
        CHECK(field.value == numbers[i]);
    }
    CHECK_INT(protobuf_next(&message, &field), 1);
    CHECK_INT(field.number, 536870911);
    CHECK_SV(field.bytes, sv("text"));
    CHECK_INT(protobuf_next(&message, &field), 1);
    CHECK_INT(field.bytes.len, 0);
    CHECK_INT(protobuf_next(&message, &field), 0);
}

static void other_types(void **state)
{
    struct sv message = SV("\x0d\x01\x02\x03\x04\x11\x01\x00\x00\x00\x00\x00\x00\x80");
    struct protobuf_field field;

    CHECK_INT(protobuf_next(&message, &field), 1);
    CHECK_INT(field.type, PROTOBUF_FIXED32);
    CHECK_INT(field.value, 0x04030201);
    CHECK_INT(protobuf_next(&message, &field), 1);
    CHECK_INT(field.type, PROTOBUF_FIXED64);
    CHECK(field.value == 0x8000000000000001ULL);
    CHECK_INT(protobuf_next(&message, &field), 0);
}

/* What is malformed says so, and changes nothing. */
static void malformed(void **state)
{
    static const struct sv rows[] = {
        SV("\x80"),      SV("\x0a"),
        SV("\x0a\x02x"), SV("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        SV("\x0b"),      SV("\x0c"),
        SV("\x0e"),      SV("\x00\x00"),
        SV("\x09\x01"),
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct protobuf_field field = {.number = 9};
        struct sv message = rows[i];

        CHECK_INT(protobuf_next(&message, &field), -EPROTO);
        CHECK_INT(field.number, 9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(other_types),
        cmocka_unit_test(malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
