#include "store/block.h"

#include <errno.h>

#include "base/err.h"
#include "tests/unit/test.h"

static struct store_evidence record(uint64_t time_ns, const char *id, const char *json)
{
    return (struct store_evidence){
        .time_ns = time_ns, .arrival_ns = time_ns + 1, .id = sv(id), .json = sv(json)};
}

static void scoped_done(struct block *block)
{
    block_done(block);
}

static void records_come_back(void **state)
{
    scoped(done) struct block block;
    scoped(buf_done) struct buf data = {0};
    scoped(buf_done) struct buf filter = {0};
    scoped(buf_done) struct buf records = {0};
    const struct store_evidence given[] = {
        record(30, "a", "{\"user\":\"alice\"}"),
        record(10, "", "{\"pod\":\"web-7f9c\"}"),
        record(20, "b", "[]"),
    };
    struct store_evidence found;
    struct err err;

    block_init(&block);
    for (size_t i = 0; i < ARRAY_LEN(given); i++)
        CHECK_INT(block_add(&block, &given[i]), 0);
    CHECK_INT(block.count, 3);
    CHECK_INT(block.from_ns, 10);
    CHECK_INT(block.to_ns, 30);
    CHECK(block_has_id(&block, SV("a")) && !block_has_id(&block, SV("c")));
    CHECK_INT(block_finish(&block, &data, &filter), 0);
    CHECK(block_may_have_words(buf_view(&filter), SV("Alice")));
    CHECK(block_may_have_words(buf_view(&filter), SV("web-7f9c")));
    CHECK(block_may_have_words(buf_view(&filter), SV("")));
    CHECK(!block_may_have_words(buf_view(&filter), SV("alice bob")));
    CHECK(block_may_have_id(buf_view(&filter), SV("b")));
    CHECK(!block_may_have_id(buf_view(&filter), SV("alice"))); /* a word is no id */

    CHECK_INT(block_open(buf_view(&data), &records, &err), 0);
    struct sv left = buf_view(&records);
    for (size_t i = 0; i < ARRAY_LEN(given); i++) {
        CHECK(block_next(&left, &found));
        CHECK_INT(found.time_ns, given[i].time_ns);
        CHECK_INT(found.arrival_ns, given[i].arrival_ns);
        CHECK_SV(found.id, given[i].id);
        CHECK_SV(found.json, given[i].json);
    }
    CHECK(!block_next(&left, &found));
    CHECK_INT(left.len, 0);
}

static void blocks_are_put_together(void **state)
{
    scoped(done) struct block all;
    scoped(done) struct block one;
    scoped(done) struct block none;
    struct store_evidence given = record(5, "x", "{\"a\":1}");

    block_init(&all);
    block_init(&one);
    block_init(&none);
    CHECK_INT(block_add(&one, &given), 0);
    CHECK_INT(block_add_all(&all, &none), 0);
    CHECK_INT(all.count, 0);
    CHECK_INT(block_add_all(&all, &one), 0);
    CHECK_INT(block_add_all(&all, &none), 0);
    CHECK_INT(all.count, 1);
    CHECK_INT(all.from_ns, 5);
    CHECK(block_has_id(&all, SV("x")));
    CHECK_SV(buf_view(&all.records), buf_view(&one.records));
    block_reset(&all);
    CHECK(!block_has_id(&all, SV("x")));
}

/* Every bit of a block turned in turn, and every cut: an error, or by chance records; no crash. */
static void damaged_bytes_are_refused(void **state)
{
    scoped(done) struct block block;
    scoped(buf_done) struct buf data = {0};
    scoped(buf_done) struct buf filter = {0};
    scoped(buf_done) struct buf records = {0};
    struct store_evidence found;
    struct store_evidence given = record(1, "id", "{\"user\":\"alice\",\"pod\":\"web\"}");
    struct err err;

    block_init(&block);
    CHECK_INT(block_add(&block, &given), 0);
    CHECK_INT(block_finish(&block, &data, &filter), 0);
    for (size_t bit = 0; bit < data.len * 8; bit++) {
        data.ptr[bit / 8] = (char)(data.ptr[bit / 8] ^ 1 << (bit % 8));
        if (block_open(buf_view(&data), &records, &err) == 0) {
            struct sv left = buf_view(&records);
            while (block_next(&left, &found))
                ;
        }
        data.ptr[bit / 8] = (char)(data.ptr[bit / 8] ^ 1 << (bit % 8));
    }
    for (size_t len = 0; len < data.len; len++)
        CHECK_INT(block_open(sv_sub(buf_view(&data), 0, len), &records, &err), -EBADMSG);
    for (size_t len = 0; len < block.records.len; len++) {
        struct sv left = sv_sub(buf_view(&block.records), 0, len);
        CHECK(!block_next(&left, &found));
        CHECK_INT(left.len, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_back),
        cmocka_unit_test(blocks_are_put_together),
        cmocka_unit_test(damaged_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
