#include "enrich/awaited.h"
#include "tests/unit/test.h"

#define MS 1000000ULL
#define SECOND 1000000000ULL
#define START (100 * SECOND)

/* What is looked at, and after how many looks it answers. */
struct world {
    struct cgroups cgroups;
    struct awaited awaited;
    uint32_t looks, answer_at;
};

static void world_init(struct world *w, uint32_t answer_at)
{
    *w = (struct world){.answer_at = answer_at};
    cgroups_init(&w->cgroups, 100000);
    awaited_init(&w->awaited, &w->cgroups);
}

static void world_done(struct world *w)
{
    awaited_done(&w->awaited);
    cgroups_done(&w->cgroups);
}

static struct cgroup *add(struct world *w, uint64_t number, uint64_t now_ns)
{
    char path[32];

    (void)snprintf(path, sizeof(path), "/%llu", (unsigned long long)number);
    struct cgroup *cgroup = cgroups_put(&w->cgroups, CGROUP_V2, number, sv(path));
    awaited_add(&w->awaited, cgroup, now_ns);
    return cgroup;
}

static enum awaited_answer look(void *context, struct cgroup *cgroup)
{
    struct world *w = context;

    return ++w->looks == w->answer_at ? AWAITED_DESCRIBED : AWAITED_NOT_YET;
}

static void turn(struct world *w, uint64_t now_ns)
{
    awaited_turn(&w->awaited, now_ns, 1000, look, w);
}

static void steps(void **state)
{
    static const struct {
        const char *row;
        uint64_t at_ns;
        uint32_t looks;
    } rows[] = {
        {"at once", 0, 1},
        {"not again so soon", MS, 1},
        {"2 ms later", 2 * MS, 2},
        {"not yet", 11 * MS, 2},
        {"10 ms later", 12 * MS, 3},
        {"40 ms later", 52 * MS, 4},
        {"150 ms later", 202 * MS, 5},
    };
    struct world w;

    world_init(&w, 5);
    CHECK_INT(awaited_next_ns(&w.awaited), UINT64_MAX);
    struct cgroup *cgroup = add(&w, 1, START);
    CHECK_INT(awaited_next_ns(&w.awaited), START);
    CHECK_INT(cgroup->refs, 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        turn(&w, START + rows[i].at_ns);
        CHECK_INT(w.looks, rows[i].looks);
    }
    CHECK_INT(cgroup->refs, 0);
    CHECK_INT(w.awaited.described, 1);
    CHECK_INT(w.awaited.count, 0);
    world_done(&w);
}

static void given_up(void **state)
{
    struct world w;

    world_init(&w, 0);
    test_row("after the last step");
    (void)add(&w, 1, START);
    for (uint64_t now = START; now < START + 10 * SECOND; now += MS)
        turn(&w, now);
    CHECK_INT(w.looks, AWAITED_STEPS);
    CHECK_INT(w.awaited.given_up, 1);

    test_row("at the next look when the cgroup is gone");
    struct cgroup *cgroup = add(&w, 2, START + 20 * SECOND);
    turn(&w, START + 20 * SECOND);
    cgroup->gone = true;
    turn(&w, START + 30 * SECOND);
    turn(&w, START + 40 * SECOND);
    CHECK_INT(w.looks, AWAITED_STEPS + 2);
    CHECK_INT(w.awaited.given_up, 2);
    CHECK_INT(cgroup->refs, 0);
    world_done(&w);
}

/* Looks are limited by rate: a crowd takes its time and nobody is forgotten. */
static void crowd(void **state)
{
    struct world w;

    world_init(&w, 0);
    test_row("more than may wait");
    for (uint64_t i = 1; i <= AWAITED_MAX + 10; i++)
        (void)add(&w, i, START);
    CHECK_INT(w.awaited.count, AWAITED_MAX);
    CHECK_INT(w.awaited.refused, 10);
    turn(&w, START);
    CHECK_INT(w.looks, AWAITED_BURST);
    CHECK_INT(w.awaited.deferred, 1);
    for (uint64_t now = START + MS; now <= START + 2 * SECOND; now += MS)
        turn(&w, now);
    CHECK_INT(w.looks, AWAITED_BURST + 2 * AWAITED_LOOKS_A_SECOND);

    test_row("the next is due when it can be paid");
    CHECK(awaited_next_ns(&w.awaited) > START + 2 * SECOND);
    CHECK(awaited_next_ns(&w.awaited) <= START + 2 * SECOND + SECOND / AWAITED_LOOKS_A_SECOND);
    for (uint64_t now = START + 2 * SECOND; w.awaited.count > 0; now += 10 * MS)
        turn(&w, now);
    CHECK_INT(w.looks, AWAITED_MAX * AWAITED_STEPS);
    CHECK_INT(w.awaited.given_up, AWAITED_MAX);

    test_row("so many at most in one turn");
    for (uint64_t i = 1; i <= 10; i++)
        (void)add(&w, i, 10000 * SECOND);
    w.looks = 0;
    awaited_turn(&w.awaited, 10000 * SECOND, 3, look, &w);
    CHECK_INT(w.looks, 3);
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps),
        cmocka_unit_test(given_up),
        cmocka_unit_test(crowd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
