/* Asking a runtime that a test plays (fake_cri.h). */
#include "enrich/cri.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "enrich/protobuf.h"
#include "tests/unit/enrich/fake_cri.h"
#include "tests/unit/enrich/tree.h"
#include "tests/unit/test.h"

#define V1 "/runtime.v1.RuntimeService/"
#define ALPHA "/runtime.v1alpha2.RuntimeService/"
#define SECOND 1000000000ULL

struct world {
    struct tree tree;
    char socket[100], other[100];
    struct buf list, container, pod, ask_container, ask_pod;
    uint32_t told, with_pod, with_container;
    char name[32], pod_name[32];
};

static void told(void *ctx, const struct cri_container *container, const struct cri_pod *pod)
{
    struct world *w = ctx;

    w->told++;
    w->with_pod += pod != NULL;
    w->with_container += container != NULL;
    if (container != NULL)
        (void)snprintf(w->name, sizeof(w->name), "%.*s", SV_ARG(container->name));
    if (pod != NULL)
        (void)snprintf(w->pod_name, sizeof(w->pod_name), "%.*s", SV_ARG(pod->name));
}

static void world_init(struct world *w)
{
    *w = (struct world){0};
    tree_make(&w->tree);
    (void)snprintf(w->socket, sizeof(w->socket), "%s/cri.sock", w->tree.root);
    (void)snprintf(w->other, sizeof(w->other), "%s/other.sock", w->tree.root);
    fake_cri_list(&w->list, (const char *const[]){"c1"}, 1);
    fake_cri_container(&w->container, "c1", "web", "s1");
    fake_cri_pod(&w->pod, "s1", "web-0");
    cri_ask_container(&w->ask_container, sv("c1"));
    cri_ask_pod(&w->ask_pod, sv("s1"));
}

static void world_done(struct world *w)
{
    buf_done(&w->list);
    buf_done(&w->container);
    buf_done(&w->pod);
    buf_done(&w->ask_container);
    buf_done(&w->ask_pod);
    tree_remove(&w->tree);
}

static struct cri *make(struct world *w)
{
    const char *const sockets[] = {w->socket, w->other, NULL};

    return cri_new(&(struct cri_options){.socket = sockets, .told = told, .ctx = w});
}

/* Turn until so many answers came, or `seconds` of the caller's clock have gone by. */
static void run(struct cri *cri, const struct world *w, uint32_t wanted, uint64_t seconds)
{
    uint64_t start = clock_boot_ns();

    while (w->told < wanted && clock_boot_ns() - start < seconds * SECOND) {
        struct pollfd wait = {.fd = cri_fd(cri), .events = POLLIN};

        (void)poll(&wait, 1, 5);
        cri_turn(cri, clock_boot_ns());
    }
}

static struct cri_counts counts(const struct cri *cri)
{
    struct cri_counts out;

    cri_counts(cri, &out);
    return out;
}

static void answers(void **state)
{
    struct world w;
    struct fake_cri fake;

    world_init(&w);
    const struct fake_cri_answer answer[] = {
        {V1 "ListContainers", {0}, 0, buf_view(&w.list)},
        {V1 "ContainerStatus", buf_view(&w.ask_container), 0, buf_view(&w.container)},
        {V1 "PodSandboxStatus", buf_view(&w.ask_pod), 0, buf_view(&w.pod)},
    };
    fake_cri_start(&fake, w.socket, FAKE_CRI_ANSWERS, answer, ARRAY_LEN(answer));
    scoped(cri_free) struct cri *cri = make(&w);

    test_row("the list at start is asked through");
    run(cri, &w, 1, 5);
    CHECK_INT(w.told, 1);
    CHECK_STR(w.name, "web");
    CHECK_STR(w.pod_name, "web-0");

    test_row("a sandbox's own id");
    cri_ask(cri, sv("s1"), clock_boot_ns());
    run(cri, &w, 2, 5);
    CHECK_INT(w.told, 2);
    CHECK_INT(w.with_container, 1);
    CHECK_INT(w.with_pod, 2);

    test_row("many");
    for (int i = 0; i < 500; i++)
        cri_ask(cri, sv("c1"), clock_boot_ns());
    run(cri, &w, 502, 20);
    CHECK_INT(w.told, 502);
    CHECK_INT(counts(cri).answered, 502);

    test_row("nobody knows it, a known one behind it");
    cri_ask(cri, sv("nobody"), clock_boot_ns());
    cri_ask(cri, sv("c1"), clock_boot_ns());
    run(cri, &w, 503, 5);
    CHECK_INT(w.told, 503);
    CHECK_INT(counts(cri).unknown, 0);
    cri_turn(cri, clock_boot_ns() + 1);
    CHECK(cri_next_ns(cri) != UINT64_MAX); /* it is asked for once more, later */

    test_row("the queue has an end");
    for (uint32_t i = 0; i < CRI_QUEUE_MAX + 10; i++)
        cri_ask(cri, sv("c1"), clock_boot_ns());
    CHECK(counts(cri).refused >= 9);
    fake_cri_stop(&fake);
    world_done(&w);
}

static void an_older_version(void **state)
{
    struct world w;
    struct fake_cri fake;

    world_init(&w);
    const struct fake_cri_answer answer[] = {
        {V1 "ListContainers", {0}, 12, {0}},
        {ALPHA "ListContainers", {0}, 0, buf_view(&w.list)},
        {ALPHA "ContainerStatus", {0}, 0, buf_view(&w.container)},
        {ALPHA "PodSandboxStatus", {0}, 0, buf_view(&w.pod)},
    };
    fake_cri_start(&fake, w.socket, FAKE_CRI_ANSWERS, answer, ARRAY_LEN(answer));
    scoped(cri_free) struct cri *cri = make(&w);
    run(cri, &w, 1, 5);
    CHECK_INT(w.told, 1);
    fake_cri_stop(&fake);
    world_done(&w);
}

static void the_second_runtime_knows(void **state)
{
    struct world w;
    struct fake_cri fake, other;

    world_init(&w);
    const struct fake_cri_answer answer[] = {
        {V1 "ListContainers", {0}, 0, {0}},
        {V1 "ContainerStatus", {0}, 0, buf_view(&w.container)},
        {V1 "PodSandboxStatus", {0}, 5, {0}},
    };
    fake_cri_start(&fake, w.socket, FAKE_CRI_ANSWERS, answer, 1);
    fake_cri_start(&other, w.other, FAKE_CRI_ANSWERS, answer, ARRAY_LEN(answer));
    scoped(cri_free) struct cri *cri = make(&w);
    cri_ask(cri, sv("c1"), clock_boot_ns());
    run(cri, &w, 1, 5);
    CHECK_INT(w.told, 1);
    CHECK_INT(w.with_pod, 0);
    fake_cri_stop(&fake);
    fake_cri_stop(&other);
    world_done(&w);
}

/* Nothing blocks, and a runtime that comes back is used again. */
static void one_that_fails(void **state)
{
    static const struct {
        const char *row;
        enum fake_cri_way way;
    } rows[] = {
        {"silent", FAKE_CRI_SILENT},
        {"noise", FAKE_CRI_NOISE},
        {"closes", FAKE_CRI_CLOSES},
    };
    struct world w;
    struct fake_cri fake;

    world_init(&w);
    const struct fake_cri_answer answer[] = {
        {V1 "ListContainers", {0}, 0, {0}},
        {V1 "ContainerStatus", {0}, 0, buf_view(&w.container)},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t now = clock_boot_ns();

        test_row(rows[i].row);
        w.told = 0;
        fake_cri_start(&fake, w.socket, rows[i].way, NULL, 0);
        scoped(cri_free) struct cri *cri = make(&w);
        cri_ask(cri, sv("c1"), now);
        for (int round = 0; round < 20 && counts(cri).failed < 2; round++) {
            cri_turn(cri, now);
            (void)usleep(5000);
        }
        cri_turn(cri, now + CRI_TIMEOUT_NS);
        CHECK(counts(cri).failed >= 2); /* the other socket is not there */
        CHECK(cri_next_ns(cri) > now && cri_next_ns(cri) <= now + CRI_TIMEOUT_NS + 2 * SECOND);
        CHECK_INT(w.told, 0);
        CHECK(clock_boot_ns() - now < 1 * SECOND);
        fake_cri_stop(&fake);

        fake_cri_start(&fake, w.socket, FAKE_CRI_ANSWERS, answer, ARRAY_LEN(answer));
        now += 100 * SECOND;
        for (int round = 0; round < 200 && w.told == 0; round++) {
            cri_turn(cri, now + (uint64_t)round * 100000000);
            (void)usleep(1000);
        }
        CHECK_INT(w.told, 1);
        fake_cri_stop(&fake);
    }
    world_done(&w);
}

static void without_runtimes(void **state)
{
    struct world w;

    world_init(&w);
    test_row("the usual places of a host without any");
    scoped(cri_free) struct cri *cri =
        cri_new(&(struct cri_options){.host_root = w.tree.root, .told = told, .ctx = &w});
    cri_ask(cri, sv("c1"), 1);
    cri_turn(cri, 1);
    CHECK_INT(counts(cri).asked, 0);
    CHECK_INT(cri_next_ns(cri), UINT64_MAX);
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(an_older_version),
        cmocka_unit_test(the_second_runtime_knows),
        cmocka_unit_test(one_that_fails),
        cmocka_unit_test(without_runtimes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
