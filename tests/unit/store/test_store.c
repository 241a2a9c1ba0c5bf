#include <errno.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "tests/unit/store/sample.h"

static struct store *open_at(const struct place *place)
{
    struct store *store = NULL;
    struct err err = {0};

    if (store_open(place->path, &store, &err) < 0)
        TEST_FAIL("open: %s", err.text);
    return store;
}

static void append_range(struct store *store, uint64_t from, uint64_t to)
{
    struct sample s;

    for (uint64_t n = from; n < to; n++)
        CHECK_INT(store_append(store, sample_make(&s, n, 1), NULL), 0);
}

static uint64_t count_of(struct store *store)
{
    uint64_t count = 0;

    CHECK_INT(store_count(store, &count, NULL), 0);
    return count;
}

/* What a reading gave: the numbers of the findings, "3 1 ". */
struct seen {
    struct buf numbers;
    uint64_t last_sequence;
    uint32_t stop_after; /* 0: never */
    uint32_t count;
};

static int see(void *ctx, uint64_t sequence, const struct store_finding *finding)
{
    struct seen *seen = ctx;

    if (!sample_is_whole(finding, 1))
        TEST_FAIL("finding %llu is not what was stored", (unsigned long long)sequence);
    buf_printf(&seen->numbers, "%llu ", (unsigned long long)sample_number(finding));
    seen->last_sequence = sequence;
    return ++seen->count == seen->stop_after ? -ECANCELED : 0;
}

static void test_append_refuses(void **state)
{
    static char big[STORE_FINDING_MAX];
    const struct store_finding good = {.id = SV("a"), .time_ns = 1, .json = SV("{}")};
    struct store_finding no_id = good, no_json = good, no_time = good, late = good, odd = good;
    struct store_finding fits = good, too_big = good, huge = good;
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = open_at(&place);

    no_id.id = SV("");
    no_json.json = SV("");
    no_time.id = SV("b");
    no_time.time_ns = 0;
    late.time_ns = (uint64_t)INT64_MAX + 1;
    odd.priority = 8;
    memset(big, 'x', sizeof(big));
    fits.id = SV("c");
    fits.json = (struct sv){big, sizeof(big) - 1};
    too_big.json = (struct sv){big, sizeof(big)};
    huge.owner = (struct sv){big, SIZE_MAX};
    const struct {
        const char *row;
        const struct store_finding *finding;
        int rc;
        const char *words;
    } rows[] = {
        {"without id", &no_id, -EINVAL, "an id"},
        {"without json", &no_json, -EINVAL, "JSON"},
        {"time 0", &no_time, 0, ""},
        {"time past 2262", &late, -EINVAL, "2262"},
        {"priority 8", &odd, -EINVAL, "priority 8"},
        {"as large as goes", &fits, 0, ""},
        {"one byte more", &too_big, -E2BIG, "larger than"},
        {"sum overflows", &huge, -E2BIG, "larger than"},
    };

    CHECK_INT(store_append(store, &good, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        test_row(rows[i].row);
        CHECK_INT(store_append(store, rows[i].finding, &err), rows[i].rc);
        CHECK_HAS(err.text, rows[i].words);
    }
    test_row("the rest of the batch stands");
    CHECK_INT(store_commit(store, NULL), 0);
    CHECK_INT(count_of(store), 3);
}

static void test_duplicate(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = open_at(&place);
    struct seen seen = {0};
    struct sample first, second;
    struct store_finding other = *sample_make(&second, 2, 1);

    other.id = SV("id-00000001");
    CHECK_INT(store_append(store, sample_make(&first, 1, 1), NULL), 0);
    test_row("in the same batch");
    CHECK_INT(store_append(store, &other, NULL), STORE_DUPLICATE);
    CHECK_INT(store_commit(store, NULL), 0);
    test_row("in a later batch");
    CHECK_INT(store_append(store, &other, NULL), STORE_DUPLICATE);
    CHECK_INT(store_commit(store, NULL), 0);
    test_row("after opening again");
    store_close(take(store));
    store = open_at(&place);
    CHECK_INT(store_append(store, &other, NULL), STORE_DUPLICATE);
    CHECK_INT(store_commit(store, NULL), 0);
    test_row("the first one stays");
    CHECK_INT(store_read(store, &(struct store_query){0}, see, &seen, NULL), 0);
    CHECK_STR(buf_cstr(&seen.numbers), "1 ");
    buf_done(&seen.numbers);
}

static void test_uncommitted(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = open_at(&place);
    scoped(buf_done) struct buf value = {0};
    struct seen seen = {0};

    test_row("an empty commit");
    CHECK_INT(store_commit(store, NULL), 0);
    append_range(store, 0, 2);
    CHECK_INT(store_set(store, SV("cursor"), SV("2"), NULL), 0);
    test_row("the open batch is not seen");
    CHECK_INT(count_of(store), 0);
    CHECK_INT(store_read(store, &(struct store_query){0}, see, &seen, NULL), 0);
    CHECK_INT(seen.count, 0);
    CHECK_INT(store_get(store, SV("cursor"), &value, NULL), STORE_ABSENT);
    test_row("closing forgets it");
    store_close(take(store));
    store = open_at(&place);
    CHECK_INT(count_of(store), 0);
    test_row("committing keeps it");
    append_range(store, 0, 2);
    CHECK_INT(store_commit(store, NULL), 0);
    store_close(take(store));
    store = open_at(&place);
    CHECK_INT(count_of(store), 2);
}

static void test_read(void **state)
{
    static const struct {
        const char *row;
        struct store_query query;
        const char *numbers;
    } rows[] = {
        {"all, as stored", {0}, "5 0 1 2 3 4 "},
        {"last first", {.newest_first = true}, "4 3 2 1 0 5 "},
        {"the last two", {.newest_first = true, .limit = 2}, "4 3 "},
        {"by time", {.by_time = true}, "0 1 2 3 4 5 "},
        {"newest by time", {.by_time = true, .newest_first = true}, "5 4 3 2 1 0 "},
        {"the newest two by time", {.by_time = true, .newest_first = true, .limit = 2}, "5 4 "},
        {"the first two", {.limit = 2}, "5 0 "},
        {"from is inside", {.from_ns = SAMPLE_TIME_NS + 4000}, "5 4 "},
        {"to is outside", {.to_ns = SAMPLE_TIME_NS + 1000}, "0 "},
        {"empty range", {.from_ns = SAMPLE_TIME_NS, .to_ns = SAMPLE_TIME_NS}, ""},
        {"far future", {.from_ns = UINT64_MAX}, ""},
        {"until ever", {.to_ns = UINT64_MAX, .limit = 1}, "5 "},
        {"after the third", {.after_sequence = 3}, "2 3 4 "},
        {"after the last", {.after_sequence = 6}, ""},
        {"after any", {.after_sequence = UINT64_MAX}, ""},
        {"by id", {.id = SV("id-00000003")}, "3 "},
        {"no such id", {.id = SV("id-3")}, ""},
        {"by rule", {.rule = SV("rule 1")}, "5 1 "},
        {"by namespace", {.namespace_name = SV("ns2")}, "5 2 "},
        {"by pod", {.pod_name = SV("pod0")}, "5 0 "},
        {"a pod's newest",
         {.pod_name = SV("pod0"), .newest_first = true, .by_time = true, .limit = 1},
         "5 "},
        {"no SQL in values", {.pod_name = SV("x' OR '1'='1")}, ""},
        {"everything at once",
         {.from_ns = SAMPLE_TIME_NS,
          .to_ns = SAMPLE_TIME_NS + 9000,
          .after_sequence = 1,
          .id = SV("id-00000001"),
          .rule = SV("rule 1"),
          .namespace_name = SV("ns1"),
          .pod_name = SV("pod1"),
          .limit = 9},
         "1 "},
    };
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = open_at(&place);

    append_range(store, 5, 6);
    append_range(store, 0, 5);
    CHECK_INT(store_commit(store, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct seen seen = {0};
        test_row(rows[i].row);
        CHECK_INT(store_read(store, &rows[i].query, see, &seen, NULL), 0);
        CHECK_STR(buf_cstr(&seen.numbers), rows[i].numbers);
        buf_done(&seen.numbers);
    }
}

static void test_read_stops(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = open_at(&place);
    struct seen seen = {.stop_after = 2};
    struct err err = {0};

    append_range(store, 0, 5);
    CHECK_INT(store_commit(store, NULL), 0);
    CHECK_INT(store_read(store, &(struct store_query){0}, see, &seen, &err), -ECANCELED);
    CHECK_INT(seen.count, 2);
    CHECK_INT(err.code, 0);
    buf_done(&seen.numbers);
}

/* A reader that is called back while the batch grows, as the delivery of a queue does. */
static int append_one_more(void *ctx, uint64_t sequence, const struct store_finding *finding)
{
    struct sample s;

    CHECK_INT(store_append(ctx, sample_make(&s, sample_number(finding) + 100, 1), NULL), 0);
    return 0;
}

static void test_append_while_reading(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = open_at(&place);

    append_range(store, 0, 3);
    CHECK_INT(store_commit(store, NULL), 0);
    CHECK_INT(store_read(store, &(struct store_query){0}, append_one_more, store, NULL), 0);
    CHECK_INT(count_of(store), 3);
    CHECK_INT(store_commit(store, NULL), 0);
    CHECK_INT(count_of(store), 6);
}

static void test_cursor(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = open_at(&place);
    struct seen seen = {0};
    uint32_t rounds = 0;

    append_range(store, 0, 10);
    CHECK_INT(store_commit(store, NULL), 0);
    for (uint32_t before = UINT32_MAX; before != seen.count; rounds++) {
        struct store_query query = {.after_sequence = seen.last_sequence, .limit = 4};
        before = seen.count;
        CHECK_INT(store_read(store, &query, see, &seen, NULL), 0);
    }
    CHECK_STR(buf_cstr(&seen.numbers), "0 1 2 3 4 5 6 7 8 9 ");
    CHECK_INT(rounds, 4);
    test_row("what comes later is after the cursor");
    buf_reset(&seen.numbers);
    append_range(store, 10, 11);
    CHECK_INT(store_commit(store, NULL), 0);
    struct store_query query = {.after_sequence = seen.last_sequence};
    CHECK_INT(store_read(store, &query, see, &seen, NULL), 0);
    CHECK_STR(buf_cstr(&seen.numbers), "10 ");
    buf_done(&seen.numbers);
}

static void test_hostile_text(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = open_at(&place);
    const struct store_finding finding = {
        .id = {"a\0b", 3},
        .pod_name = SV("\xff\xfe'; DROP TABLE finding; --"),
        .json = {"{\"x\":\"\0\"}", 9},
    };
    struct store_finding near = finding;
    uint64_t count = 0;

    near.id = SV("a");
    CHECK_INT(store_append(store, &finding, NULL), 0);
    CHECK_INT(store_append(store, &near, NULL), 0);
    CHECK_INT(store_commit(store, NULL), 0);
    CHECK_INT(store_count(store, &count, NULL), 0);
    CHECK_INT(count, 2);
}

static int check_bytes(void *ctx, uint64_t sequence, const struct store_finding *finding)
{
    CHECK_SV(finding->id, ((struct sv){"a\0b", 3}));
    CHECK_SV(finding->pod_name, SV("\xff\n"));
    CHECK_SV(finding->namespace_name, SV(""));
    CHECK_SV(finding->json, ((struct sv){"{\0}", 3}));
    ++*(uint32_t *)ctx;
    return 0;
}

static void test_bytes_come_back(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = open_at(&place);
    const struct store_finding finding = {
        .id = {"a\0b", 3},
        .pod_name = SV("\xff\n"),
        .json = {"{\0}", 3},
    };
    struct store_query query = {.id = finding.id, .pod_name = finding.pod_name};
    uint32_t rows = 0;

    CHECK_INT(store_append(store, &finding, NULL), 0);
    CHECK_INT(store_commit(store, NULL), 0);
    CHECK_INT(store_read(store, &query, check_bytes, &rows, NULL), 0);
    CHECK_INT(rows, 1);
}

static void test_set_get(void **state)
{
    static char long_key[STORE_KEY_MAX + 1];
    static char long_value[STORE_FINDING_MAX + 1];
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = open_at(&place);
    const struct {
        const char *row;
        struct sv key, value;
        int rc;
    } rows[] = {
        {"plain", SV("cursor"), SV("17"), 0},
        {"replaced", SV("cursor"), SV("18"), 0},
        {"empty value", SV("empty"), SV(""), 0},
        {"bytes", {"k\0y", 3}, {"\0\xff\0", 3}, 0},
        {"no key", SV(""), SV("x"), -EINVAL},
        {"longest key", {long_key, STORE_KEY_MAX}, SV("x"), 0},
        {"too long a key", {long_key, STORE_KEY_MAX + 1}, SV("x"), -E2BIG},
        {"too much", SV("cursor"), {long_value, STORE_FINDING_MAX + 1}, -E2BIG},
    };

    memset(long_key, 'k', sizeof(long_key));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf value = {0};
        test_row(rows[i].row);
        CHECK_INT(store_set(store, rows[i].key, rows[i].value, NULL), rows[i].rc);
        CHECK_INT(store_commit(store, NULL), 0);
        if (rows[i].rc < 0)
            continue;
        CHECK_INT(store_get(store, rows[i].key, &value, NULL), 0);
        CHECK_SV(buf_view(&value), rows[i].value);
    }
    scoped(buf_done) struct buf value = {0};
    test_row("appends to the buffer");
    buf_str(&value, "at ");
    CHECK_INT(store_get(store, SV("cursor"), &value, NULL), 0);
    CHECK_STR(buf_cstr(&value), "at 18");
    test_row("absent");
    CHECK_INT(store_get(store, SV("nothing"), &value, NULL), STORE_ABSENT);
    scoped(buf_done) struct buf small = {.limit = 1};
    test_row("no room");
    CHECK_INT(store_get(store, SV("cursor"), &small, NULL), -E2BIG);
}

static void test_private(void **state)
{
    static const char *const names[] = {"", "-wal", "-shm", ".lock"};
    scoped(place_remove) struct place place = place_make();
    scoped(store_close) struct store *store = open_at(&place);

    append_range(store, 0, 1);
    CHECK_INT(store_commit(store, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        scoped(buf_done) struct buf path = {0};
        struct stat st;
        test_row(names[i]);
        buf_printf(&path, "%s%s", place.path, names[i]);
        CHECK_INT(stat(buf_cstr(&path), &st), 0);
        CHECK_INT(st.st_mode & 0777, 0600);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append_refuses),  cmocka_unit_test(test_duplicate),
        cmocka_unit_test(test_uncommitted),     cmocka_unit_test(test_read),
        cmocka_unit_test(test_read_stops),      cmocka_unit_test(test_append_while_reading),
        cmocka_unit_test(test_cursor),          cmocka_unit_test(test_hostile_text),
        cmocka_unit_test(test_bytes_come_back), cmocka_unit_test(test_set_get),
        cmocka_unit_test(test_private),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
