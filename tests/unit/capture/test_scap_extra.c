#include "capture/scap_extra.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "bpf/include/wire.h"
#include "tests/unit/test.h"

static void test_round(void **state)
{
    static const struct sv words[] = {{"", 0},    {"a", 1},    {"ab", 2},
                                      {"abc", 3}, {"abcd", 4}, {"a\0b", 3}};
    scoped(buf_done) struct buf out = {0};
    struct scap_extra_item item;
    uint16_t version = 0;
    struct sv items;

    (void)state;
    scap_extra_begin(&out);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        scap_extra_item(&out, (enum scap_extra_kind)(i + 1), words[i]);
    CHECK_INT(out.len % 4, 0);
    CHECK(scap_extra_open(buf_view(&out), &items, &version));
    CHECK_INT(version, WIRE_VERSION);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        CHECK(scap_extra_next(&items, &item));
        CHECK_INT(item.kind, i + 1);
        CHECK_SV(item.bytes, words[i]);
    }
    CHECK(!scap_extra_next(&items, &item));
}

/* Every way of cutting it short ends quietly, without a byte read past the end. */
static void test_cut(void **state)
{
    scoped(buf_done) struct buf out = {0};

    (void)state;
    scap_extra_begin(&out);
    scap_extra_item(&out, SCAP_EXTRA_PLACE, SV("twelve bytes"));
    scap_extra_item(&out, SCAP_EXTRA_USER, SV("odd"));
    for (size_t len = 0; len <= out.len; len++) {
        scoped(free) char *copy = xmalloc(len + 1);
        char *exact = copy + 1; /* unaligned, and ends where the block does */
        struct scap_extra_item item;
        struct sv items;
        uint16_t version;
        size_t count = 0;
        memcpy(exact, out.ptr, len);
        if (!scap_extra_open((struct sv){exact, len}, &items, &version)) {
            CHECK(len < 8);
            continue;
        }
        while (scap_extra_next(&items, &item))
            count++;
        CHECK_INT(count, len < 28 ? 0 : len < 39 ? 1 : 2);
    }
}

static void test_not_ours(void **state)
{
    static const struct {
        const char *row;
        struct sv bytes;
    } rows[] = {
        {"zeros", {"\0\0\0\0\0\0\0\0", 8}},
        {"another magic", {"trcm\1\0\1\0", 8}},
        {"another version", {"trcl\2\0\1\0", 8}},
        {"nothing", {NULL, 0}},
    };
    struct sv items;
    uint16_t version;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        CHECK(!scap_extra_open(rows[i].bytes, &items, &version));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_not_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
