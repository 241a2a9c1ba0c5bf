/* Evidence in the embedded store: what goes in comes out, once, whatever happens in between. */
#include <errno.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/block.h"
#include "store/sqlite.h"
#include "tests/unit/store/fault_vfs.h"
#include "tests/unit/store/sample.h"

enum { SOURCE_A = 1, SOURCE_B = 63, PADDING = 700 };

static struct store_evidence *make(struct buf *text, uint64_t n, uint32_t source)
{
    static struct store_evidence evidence;
    size_t id_len;

    buf_reset(text);
    buf_printf(text, "id-%llu", (unsigned long long)n);
    id_len = text->len;
    buf_printf(text, "{\"n\":%llu,\"user\":\"user%llu\",\"pad\":\"", (unsigned long long)n,
               (unsigned long long)(n % 10));
    for (uint64_t i = 0; i < PADDING; i++)
        buf_char(text, (char)('a' + (n * 7 + i * i) % 26));
    buf_str(text, "\"}");
    evidence = (struct store_evidence){
        .time_ns = SAMPLE_TIME_NS + n * 1000,
        .arrival_ns = SAMPLE_TIME_NS + n * 1000 + 5,
        .source = source,
        .id = sv_sub(buf_view(text), 0, id_len),
        .json = sv_sub(buf_view(text), id_len, text->len),
    };
    return &evidence;
}

static int put(struct store *store, uint64_t n, uint32_t source)
{
    scoped(buf_done) struct buf text = {0};

    return store_append_evidence(store, make(&text, n, source), NULL);
}

static void put_many(struct store *store, uint64_t from, uint64_t to, uint64_t batch)
{
    for (uint64_t n = from; n < to; n++) {
        CHECK_INT(put(store, n, SOURCE_A), 0);
        if (n % batch == batch - 1)
            CHECK_INT(store_commit(store, NULL), 0);
    }
    CHECK_INT(store_commit(store, NULL), 0);
}

/* Numbers of the records read, in order. */
struct seen {
    uint64_t count, first, last, disorder;
    int stop_at; /* stop after so many */
    bool down;
};

static int see(void *ctx, const struct store_evidence *evidence)
{
    struct seen *seen = ctx;
    uint64_t n = (evidence->time_ns - SAMPLE_TIME_NS) / 1000;
    scoped(buf_done) struct buf text = {0};
    const struct store_evidence *expected = make(&text, n, evidence->source);

    CHECK_SV(evidence->json, expected->json);
    CHECK_SV(evidence->id, expected->id);
    CHECK_INT(evidence->arrival_ns, expected->arrival_ns);
    if (seen->count == 0)
        seen->first = n;
    else if (seen->down ? n >= seen->last : n <= seen->last)
        seen->disorder++;
    seen->last = n;
    seen->count++;
    return seen->stop_at > 0 && seen->count == (uint64_t)seen->stop_at ? 77 : 0;
}

static struct seen look(struct store *store, struct store_evidence_query query)
{
    struct seen seen = {.down = query.newest_first};

    CHECK_INT(store_read_evidence(store, &query, see, &seen, NULL), 0);
    CHECK_INT(seen.disorder, 0);
    return seen;
}

static void goes_in_and_comes_out(void **state)
{
    static const uint64_t batches[] = {1, 7, 100, 1000};

    for (size_t i = 0; i < ARRAY_LEN(batches); i++) {
        scoped(place_remove) struct place place = place_make();
        scoped(store_close) struct store *store = NULL;
        const uint64_t count = 1500;
        struct store_evidence_counts counts;
        char row[32];

        (void)snprintf(row, sizeof(row), "batches of %llu", (unsigned long long)batches[i]);
        test_row(row);
        CHECK_INT(store_open(place.path, &store, NULL), 0);
        put_many(store, 0, count, batches[i]);
        for (int again = 0; again < 2; again++) {
            struct seen up = look(store, (struct store_evidence_query){0});
            CHECK_INT(up.count, count);
            CHECK_INT(up.first, 0);
            struct seen down = look(store, (struct store_evidence_query){.newest_first = true});
            CHECK_INT(down.count, count);
            CHECK_INT(down.last, 0);
            CHECK_INT(store_count_evidence(store, &counts, NULL), 0);
            CHECK_INT(counts.records, count);
            /* full blocks but for what waits for one: a commit of one record makes no block */
            CHECK(counts.blocks <= count * 800 / BLOCK_BYTES + BLOCK_BYTES / 750 / batches[i] + 2);
            store_close(take(store)); /* and from the disk */
            CHECK_INT(store_open(place.path, &store, NULL), 0);
        }
        put_many(store, count, count + 500, batches[i]);
        CHECK_INT(look(store, (struct store_evidence_query){0}).count, count + 500);
    }
}

static void is_found_by_time_source_and_words(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = NULL;
    const struct sv user = SV("user3");
    const struct sv nobody = SV("nobody");
    const struct sv both[] = {SV("user3"), SV("333")};
    struct seen seen = {.stop_at = 3};

    CHECK_INT(store_open(place.path, &store, NULL), 0);
    put_many(store, 0, 1000, 10);
    CHECK_INT(put(store, 2000, SOURCE_B), 0);
    CHECK_INT(store_commit(store, NULL), 0);

    struct store_evidence_query in_time = {.from_ns = SAMPLE_TIME_NS + 100000,
                                           .to_ns = SAMPLE_TIME_NS + 200000};
    CHECK_INT(look(store, in_time).count, 100);
    CHECK_INT(look(store, in_time).first, 100);
    in_time.newest_first = true;
    CHECK_INT(look(store, in_time).first, 199);
    CHECK_INT(look(store, (struct store_evidence_query){.sources = 1ULL << SOURCE_B}).count, 1);
    CHECK_INT(look(store, (struct store_evidence_query){.sources = 1ULL << SOURCE_A}).count, 1000);
    CHECK_INT(look(store, (struct store_evidence_query){.sources = 2ULL << SOURCE_A}).count, 0);
    CHECK(look(store, (struct store_evidence_query){.text = &user, .text_count = 1}).count >= 100);
    CHECK_INT(look(store, (struct store_evidence_query){.text = &nobody, .text_count = 1}).count,
              0);
    struct seen few = look(store, (struct store_evidence_query){.text = both, .text_count = 2});
    CHECK(few.count > 0 && few.count < 1000);

    test_row("the reader stops it");
    CHECK_INT(store_read_evidence(store, &(struct store_evidence_query){0}, see, &seen, NULL), 77);
    CHECK_INT(seen.count, 3);
}

static void a_duplicate_is_stored_once(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = NULL;
    scoped(buf_done) struct buf text = {0};

    CHECK_INT(store_open(place.path, &store, NULL), 0);
    CHECK_INT(put(store, 1, SOURCE_A), 0);
    test_row("in the batch");
    CHECK_INT(put(store, 1, SOURCE_A), STORE_DUPLICATE);
    CHECK_INT(store_commit(store, NULL), 0);
    test_row("in an open block");
    CHECK_INT(put(store, 1, SOURCE_A), STORE_DUPLICATE);
    test_row("of another source");
    CHECK_INT(put(store, 1, SOURCE_B), 0);
    test_row("without an id");
    for (int i = 0; i < 2; i++) {
        struct store_evidence *evidence = make(&text, 5, SOURCE_B);
        evidence->id = (struct sv){NULL, 0};
        CHECK_INT(store_append_evidence(store, evidence, NULL), 0);
    }
    test_row("in full blocks, near and far");
    put_many(store, 10, 12000, 1000);
    for (uint64_t n = 10; n < 12000; n += 331)
        CHECK_INT(put(store, n, SOURCE_A), STORE_DUPLICATE);
    test_row("after a restart");
    CHECK_INT(store_commit(store, NULL), 0);
    store_close(take(store));
    CHECK_INT(store_open(place.path, &store, NULL), 0);
    for (uint64_t n = 10; n < 12000; n += 331)
        CHECK_INT(put(store, n, SOURCE_A), STORE_DUPLICATE);
    CHECK_INT(put(store, 1, SOURCE_A), STORE_DUPLICATE);
    CHECK_INT(put(store, 12000, SOURCE_A), 0);
}

/* Such a record is the same whenever it arrives. */
static int put_untimed(struct store *store, uint64_t arrival_ns)
{
    scoped(buf_done) struct buf text = {0};
    struct store_evidence *evidence = make(&text, 3, SOURCE_B);

    evidence->time_ns = evidence->arrival_ns = arrival_ns;
    return store_append_evidence(store, evidence, NULL);
}

static void without_a_time_of_its_own_it_is_stored_once_too(void **state)
{
    const uint64_t day = 86400 * 1000000000ULL;
    const uint64_t start = SAMPLE_TIME_NS;
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = NULL;

    CHECK_INT(store_open(place.path, &store, NULL), 0);
    CHECK_INT(put_untimed(store, start), 0);
    test_row("in the batch");
    CHECK_INT(put_untimed(store, start + 1), STORE_DUPLICATE);
    CHECK_INT(store_commit(store, NULL), 0);
    test_row("in an open block");
    CHECK_INT(put_untimed(store, start + day), STORE_DUPLICATE);
    test_row("in a block of before the start");
    for (uint64_t n = 10; n < 500; n++)
        CHECK_INT(put(store, n, SOURCE_B), 0);
    CHECK_INT(store_commit(store, NULL), 0);
    CHECK_INT(put_untimed(store, start + day), STORE_DUPLICATE);
    CHECK_INT(store_commit(store, NULL), 0);
    store_close(take(store));
    CHECK_INT(store_open(place.path, &store, NULL), 0);
    CHECK_INT(put_untimed(store, start + 2 * day), STORE_DUPLICATE);
    test_row("long ago");
    CHECK_INT(put_untimed(store, start + 4 * day), 0);
}

static void is_removed_by_age(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = NULL;

    CHECK_INT(store_open(place.path, &store, NULL), 0);
    put_many(store, 0, 3000, 100);
    CHECK_INT(store_trim_evidence(store, 1ULL << SOURCE_B, UINT32_MAX, NULL), 0);
    CHECK_INT(store_trim_evidence(store, 1ULL << SOURCE_A, SAMPLE_TIME_NS + 2000 * 1000, NULL), 0);
    CHECK_INT(store_commit(store, NULL), 0);
    struct seen seen = look(store, (struct store_evidence_query){0});
    CHECK(seen.first > 1500 && seen.first <= 2000); /* blocks that end before go, whole */
    CHECK_INT(seen.last, 2999);
}

static void what_is_refused(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = NULL;
    static char long_id[STORE_EVIDENCE_ID_MAX + 1];
    struct err err;
    struct {
        const char *row;
        struct store_evidence evidence;
        int rc;
    } rows[] = {
        {"no JSON", {.id = SV("a")}, -EINVAL},
        {"source past the limit", {.json = SV("{}"), .source = STORE_SOURCES_MAX}, -EINVAL},
        {"time past the limit", {.json = SV("{}"), .time_ns = UINT64_MAX}, -EINVAL},
        {"long id", {.json = SV("{}"), .id = {long_id, sizeof(long_id)}}, -E2BIG},
    };

    CHECK_INT(store_open(place.path, &store, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        CHECK_INT(store_append_evidence(store, &rows[i].evidence, &err), rows[i].rc);
    }
    CHECK_INT(store_commit(store, NULL), 0);
    CHECK_INT(look(store, (struct store_evidence_query){0}).count, 0);
}

/* While a hub has it open, somebody else reads; what is committed shows at once. */
static void is_read_beside_the_writer(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = NULL;
    scoped(store_close) struct store *reader = NULL;
    scoped(buf_done) struct buf text = {0};
    struct err err;

    CHECK_INT(store_open_to_read(place.path, &reader, &err), -ENOENT);
    CHECK_HAS(err.text, place.path);
    CHECK_INT(store_open(place.path, &store, NULL), 0);
    put_many(store, 0, 500, 50);
    CHECK_INT(store_open_to_read(place.path, &reader, NULL), 0);
    CHECK_INT(look(reader, (struct store_evidence_query){0}).count, 500);
    put_many(store, 500, 900, 50);
    CHECK_INT(look(reader, (struct store_evidence_query){.newest_first = true}).count, 900);
    CHECK_INT(store_append_evidence(reader, make(&text, 1, SOURCE_A), &err), -EROFS);
    CHECK_INT(store_commit(reader, &err), -EROFS);
    store_close(take(store));
    CHECK_INT(look(reader, (struct store_evidence_query){0}).count, 900);
}

/* Each operation on the disk fails in turn: what was committed is there, what was not can be
 * appended again, and nothing is there twice. */
static void each_write_fails_in_turn(void **state)
{
    enum { RECORDS = 900, BATCH = 60 };
    scoped(fault_vfs_done) struct fault_vfs fault;

    fault_vfs_init(&fault);
    for (uint64_t at = 1, ended = 0; ended == 0; at += 3) {
        scoped(place_remove) struct place place = place_make();
        scoped(store_close) struct store *store = NULL;
        char row[32];

        (void)snprintf(row, sizeof(row), "operation %llu", (unsigned long long)at);
        test_row(row);
        fault.fail_at = 0;
        CHECK_INT(sqlite_open(place.path, fault.vfs.zName, &store, NULL), 0);
        fault.kind = at % 2 == 0 ? FAULT_EIO : FAULT_FULL;
        fault.fail_at = fault.operations + at;
        for (uint64_t n = 0; n < RECORDS;) {
            uint64_t next = n;
            int rc = 0;
            while (next < n + BATCH && rc >= 0)
                rc = put(store, next++, SOURCE_A);
            if (rc >= 0)
                rc = store_commit(store, NULL);
            n = rc < 0 ? n : next;
        }
        ended = fault.operations < fault.fail_at;
        CHECK_INT(look(store, (struct store_evidence_query){0}).count, RECORDS);
        store_close(take(store));
        fault.fail_at = 0;
        CHECK_INT(sqlite_open(place.path, fault.vfs.zName, &store, NULL), 0);
        CHECK_INT(look(store, (struct store_evidence_query){0}).count, RECORDS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_in_and_comes_out),
        cmocka_unit_test(is_found_by_time_source_and_words),
        cmocka_unit_test(a_duplicate_is_stored_once),
        cmocka_unit_test(without_a_time_of_its_own_it_is_stored_once_too),
        cmocka_unit_test(is_removed_by_age),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(is_read_beside_the_writer),
        cmocka_unit_test(each_write_fails_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
