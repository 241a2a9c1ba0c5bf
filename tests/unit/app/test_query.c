/* The search: what it finds with the help of the index is what a look at every record finds. */
#include "app/query.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "decode/signals.h"
#include "lang/condition.h"
#include "lang/parse.h"
#include "store/store.h"
#include "tests/differential/random.h"
#include "tests/unit/test.h"

enum { RECORDS = 3000, CONDITIONS = 400 };

#define START_NS 1790000000000000000ULL

static const char *const users[] = {
    "alice", "bob", "system:serviceaccount:ci:deployer", "caf\xc3\xa9", "o'hara \\\"x\\\"", "a b"};
static const char *const verbs[] = {"get", "list", "create", "delete"};
static const char *const resources[] = {"pods", "secrets", "deployments", "configmaps"};

static char place[] = "/tmp/tiercel-query-XXXXXX";

static void record(struct random *random, uint64_t n, struct buf *out)
{
    buf_reset(out);
    buf_printf(
        out,
        "{\"auditID\":\"id-%llu\",\"stage\":\"ResponseComplete\",\"verb\":\"%s\",\"user\":{"
        "\"username\":\"%s\",\"groups\":[\"g%u\",\"all\"]},\"objectRef\":{\"resource\":\"%s\","
        "\"namespace\":\"ns-%u\",\"name\":\"web-%llx\"},\"responseStatus\":{\"code\":%u}}",
        (unsigned long long)n, verbs[random_below(random, 4)],
        users[random_below(random, ARRAY_LEN(users))], random_below(random, 5),
        resources[random_below(random, 4)], random_below(random, 30),
        (unsigned long long)random_next(random) % 4096, random_chance(random, 90) ? 200 : 403);
}

static void comparison(struct random *random, struct buf *out)
{
    static const char *const ops[] = {"=", "!=", "startswith", "contains"};

    switch (random_below(random, 7)) {
    case 0:
        buf_printf(out, "ka.user.name %s \"%s\"", ops[random_below(random, 4)],
                   users[random_below(random, ARRAY_LEN(users))]);
        break;
    case 1:
        buf_printf(out, "ka.verb in (%s, %s)", verbs[random_below(random, 4)],
                   verbs[random_below(random, 4)]);
        break;
    case 2:
        buf_printf(out, "ka.verb in (%s)", verbs[random_below(random, 4)]);
        break;
    case 3:
        buf_printf(out, "ka.target.namespace %s ns-%u", ops[random_below(random, 4)],
                   random_below(random, 31));
        break;
    case 4:
        buf_printf(out, "ka.user.groups intersects (g%u)", random_below(random, 6));
        break;
    case 5:
        buf_printf(out, "json.value[/responseStatus/code] = %u",
                   random_chance(random, 50) ? 200 : 403);
        break;
    default:
        buf_printf(out, "ka.target.name = web-%llx",
                   (unsigned long long)random_next(random) % 4096);
    }
}

static void condition(struct random *random, struct buf *out, unsigned depth)
{
    unsigned parts = 1 + random_below(random, 3);

    if (depth == 0 || parts == 1) {
        comparison(random, out);
        return;
    }
    const char *word = random_chance(random, 70) ? " and " : " or ";
    for (unsigned i = 0; i < parts; i++) {
        buf_str(out, i > 0 ? word : "");
        buf_str(out, random_chance(random, 15) ? "not (" : "(");
        condition(random, out, depth - 1);
        buf_char(out, ')');
    }
}

static struct store *fill(void)
{
    struct random random = {11};
    struct store *store = NULL;
    scoped(buf_done) struct buf path = {0};
    scoped(buf_done) struct buf json = {0};
    scoped(buf_done) struct buf id = {0};

    buf_printf(&path, "%s/t.db", place);
    assert_int_equal(store_open(buf_cstr(&path), &store, NULL), 0);
    for (uint64_t n = 0; n < RECORDS; n++) {
        record(&random, n, &json);
        buf_reset(&id);
        buf_printf(&id, "id-%llu", (unsigned long long)n);
        struct store_evidence evidence = {.time_ns = START_NS + n * 1000000000,
                                          .arrival_ns = START_NS + n * 1000000000,
                                          .source = SOURCE_K8S_AUDIT,
                                          .id = buf_view(&id),
                                          .json = buf_view(&json)};
        assert_int_equal(store_append_evidence(store, &evidence, NULL), 0);
        if (n % 37 == 0)
            assert_int_equal(store_commit(store, NULL), 0);
    }
    assert_int_equal(store_commit(store, NULL), 0);
    return store;
}

struct scan {
    const struct condition *condition;
    uint64_t matched;
};

static void scan_event(void *ctx, const struct event *event)
{
    struct scan *scan = ctx;

    scan->matched += condition_eval(scan->condition, event);
}

/* Every record, without store and index. */
static uint64_t scan_all(struct sv text)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(condition_free) struct condition *compiled = NULL;
    scoped(signals_free) struct signals *signals =
        signals_new(&(struct signals_options){.source = SOURCE_K8S_AUDIT});
    scoped(buf_done) struct buf json = {0};
    struct random random = {11};
    struct ast_node *node = NULL;

    assert_int_equal(parse_condition(text, arena, &node, NULL), 0);
    assert_int_equal(condition_compile(node, SOURCE_K8S_AUDIT, arena, &compiled, NULL), 0);
    struct scan scan = {.condition = compiled};
    for (uint64_t n = 0; n < RECORDS; n++) {
        record(&random, n, &json);
        assert_int_equal(signals_document(signals, buf_view(&json), 1, scan_event, &scan, NULL), 0);
    }
    return scan.matched;
}

static int count_match(void *ctx, const struct event *event, struct sv found)
{
    ++*(uint64_t *)ctx;
    return 0;
}

static void finds_what_a_scan_finds(void **state)
{
    struct store *store = *state;
    struct random random = {5};
    uint64_t looked_at = 0;
    uint64_t found = 0;

    for (int i = 0; i < CONDITIONS; i++) {
        scoped(buf_done) struct buf text = {0};
        scoped(query_free) struct query *query = NULL;
        uint64_t matched = 0;
        struct err err;

        condition(&random, &text, 2);
        test_row(buf_cstr(&text));
        CHECK_INT(query_new(&(struct query_options){.condition = buf_view(&text)}, &query, &err),
                  0);
        CHECK_INT(query_run(query, store, count_match, &matched, &err), 0);
        CHECK_INT(matched, scan_all(buf_view(&text)));
        CHECK_INT(query_totals(query).matched, matched);
        looked_at += query_totals(query).looked_at;
        found += matched;
    }
    CHECK(found > RECORDS);
    CHECK(looked_at < (uint64_t)RECORDS * CONDITIONS); /* the index rules some blocks out */
}

static int stop_at_three(void *ctx, const struct event *event, struct sv found)
{
    return ++*(uint64_t *)ctx == 3 ? 9 : 0;
}

static int first_of(void *ctx, const struct event *event, struct sv found)
{
    uint64_t *time_ns = ctx;

    if (*time_ns == 0)
        *time_ns = event->time_ns;
    return 0;
}

static void is_bounded_and_ordered(void **state)
{
    struct store *store = *state;
    scoped(query_free) struct query *query = NULL;
    scoped(query_free) struct query *part = NULL;
    scoped(query_free) struct query *old = NULL;
    uint64_t seen = 0;
    uint64_t first_ns = 0;

    CHECK_INT(query_new(&(struct query_options){0}, &query, NULL), 0);
    CHECK_INT(query_run(query, store, stop_at_three, &seen, NULL), 9);
    CHECK_INT(seen, 3);
    struct query_options options = {.from_ns = START_NS + 100ULL * 1000000000,
                                    .to_ns = START_NS + 200ULL * 1000000000};
    CHECK_INT(query_new(&options, &part, NULL), 0);
    CHECK_INT(query_run(part, store, first_of, &first_ns, NULL), 0);
    CHECK_INT(query_totals(part).matched, 100);
    CHECK_INT(first_ns, START_NS + 199ULL * 1000000000);
    options.oldest_first = true;
    first_ns = 0;
    CHECK_INT(query_new(&options, &old, NULL), 0);
    CHECK_INT(query_run(old, store, first_of, &first_ns, NULL), 0);
    CHECK_INT(first_ns, START_NS + 100ULL * 1000000000);
}

static void counts_by_a_field(void **state)
{
    struct store *store = *state;
    scoped(query_free) struct query *query = NULL;
    const struct query_group *group;
    uint64_t total = 0;

    CHECK_INT(query_new(&(struct query_options){.by = "ka.verb"}, &query, NULL), 0);
    CHECK_INT(query_run(query, store, NULL, NULL, NULL), 0);
    uint32_t count = query_groups(query, &group);
    CHECK_INT(count, ARRAY_LEN(verbs));
    for (uint32_t i = 0; i < count; i++) {
        total += group[i].count;
        CHECK(i == 0 || group[i].count <= group[i - 1].count);
    }
    CHECK_INT(total, RECORDS);
}

static void faulty_questions(void **state)
{
    static const struct {
        const char *condition, *by, *words;
    } rows[] = {
        {"ka.verbb = get", NULL, "did you mean 'ka.verb'"},   {"ka.verb = ", NULL, "column"},
        {"ka.verb = get and ct.name = x", NULL, "column 19"}, {"proc.name = x", NULL, "column 1"},
        {"", "ka.verbb", "did you mean 'ka.verb'"},           {"", "proc.name", "no such source"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct query_options options = {.condition = sv(rows[i].condition), .by = rows[i].by};
        struct query *query = NULL;
        struct err err = {0};

        test_row(rows[i].condition);
        CHECK_INT(query_new(&options, &query, &err), -EINVAL);
        CHECK_HAS(err.text, rows[i].words);
    }
}

static int setup(void **state)
{
    if (mkdtemp(place) == NULL)
        return 1;
    *state = fill();
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"t.db", "t.db-wal", "t.db-shm", "t.db.lock"};
    scoped(buf_done) struct buf path = {0};

    store_close(*state);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        buf_reset(&path);
        buf_printf(&path, "%s/%s", place, names[i]);
        (void)unlink(buf_cstr(&path));
    }
    return rmdir(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_a_scan_finds),
        cmocka_unit_test(is_bounded_and_ordered),
        cmocka_unit_test(counts_by_a_field),
        cmocka_unit_test(faulty_questions),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
