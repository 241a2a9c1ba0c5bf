/* Watching the pods of an API server that a test plays (fake_api.h). */
#include "enrich/kube.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "enrich/pod_feed.h"
#include "tests/unit/enrich/fake_api.h"
#include "tests/unit/enrich/tree.h"
#include "tests/unit/test.h"

#define SECOND 1000000000ULL

/* A pod of the list and of the watch. */
#define POD(uid, name, labels, owner)                                                              \
    "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"billing\",\"uid\":\"" uid                \
    "\",\"resourceVersion\":\"7\",\"labels\":{" labels "}" owner                                   \
    "},\"spec\":{\"serviceAccountName\":\"shop\",\"containers\":[{\"name\":\"web\",\"image\":"     \
    "\"nginx\"}]},\"status\":{\"podIP\":\"10.0.0.1\"}}"
#define OWNER(kind, name, uid)                                                                     \
    ",\"ownerReferences\":[{\"kind\":\"" kind "\",\"name\":\"" name "\",\"uid\":\"" uid            \
    "\",\"controller\":true}]"
#define LIST(version, items)                                                                       \
    "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"" version "\"},\"items\":[" items   \
    "]}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define MADE_BY(kind, name, uid)                                                                   \
    "{\"metadata\":{\"name\":\"x\",\"uid\":\"y\",\"ownerReferences\":[{\"kind\":\"" kind           \
    "\",\"name\":\"" name "\",\"uid\":\"" uid "\",\"controller\":true}]}}"

struct world {
    struct tree tree;
    char token_file[128];
    struct fake_api api;
    struct pod_feed *feed;
    pid_t watcher;
    char said[4096]; /* what came, one word a line */
};

static void on_line(void *ctx, const struct pod_line *line)
{
    static const char *const names[] = {"list", "listed", "pod", "deleted"};
    struct world *w = ctx;
    size_t at = strlen(w->said);

    at += (size_t)snprintf(w->said + at, sizeof(w->said) - at, "%s", names[line->kind]);
    if (line->kind == POD_LINE_DELETED)
        at += (size_t)snprintf(w->said + at, sizeof(w->said) - at, " %.*s", SV_ARG(line->said.key));
    if (line->kind == POD_LINE_POD)
        at += (size_t)snprintf(
            w->said + at, sizeof(w->said) - at, " %.*s %.*s %.*s/%.*s/%.*s", SV_ARG(line->said.key),
            SV_ARG(line->said.pod.name), SV_ARG(line->said.pod.workload_kind),
            SV_ARG(line->said.pod.workload_name), SV_ARG(line->said.pod.workload_uid));
    (void)snprintf(w->said + at, sizeof(w->said) - at, ";");
}

static void start(struct world *w, const struct fake_api_step *step, size_t count)
{
    int pair[2];

    *w = (struct world){0};
    tree_make(&w->tree);
    tree_text(&w->tree, "token", "secret-1\n");
    (void)snprintf(w->token_file, sizeof(w->token_file), "%s/token", w->tree.root);
    fake_api_start(&w->api, step, count);
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    (void)fflush(NULL);
    w->watcher = fork();
    CHECK(w->watcher >= 0);
    if (w->watcher == 0) {
        struct kube_options options = {.server = w->api.address,
                                       .node = "node-1",
                                       .token_file = w->token_file,
                                       .watch_s = 5,
                                       .retry_ms = 10};

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)close(pair[0]);
        _exit(kube_run(&options, pair[1], NULL) == -EPIPE ? 0 : 1);
    }
    (void)close(pair[1]);
    CHECK_INT(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
    w->feed = pod_feed_new(pair[0], on_line, w);
}

static void wait_for(struct world *w, const char *words)
{
    uint64_t end = clock_mono_ns() + 10 * SECOND;

    while (strstr(w->said, words) == NULL && clock_mono_ns() < end) {
        struct pollfd wait = {.fd = pod_feed_fd(w->feed), .events = POLLIN};

        (void)poll(&wait, 1, 20);
        pod_feed_turn(w->feed);
    }
    CHECK_HAS(w->said, words);
}

static void stop(struct world *w)
{
    int status = -1;

    pod_feed_free(w->feed);
    fake_api_stop(&w->api);
    for (int i = 0; i < 500 && waitpid(w->watcher, &status, WNOHANG) == 0; i++)
        (void)usleep(10000); /* it sees nobody when it rests */
    CHECK_INT(status, 0);
    tree_remove(&w->tree);
}

static void a_list_and_a_watch(void **state)
{
    static const struct fake_api_step steps[] = {
        {"GET /api/v1/pods?limit=250&fieldSelector=spec.nodeName%3Dnode-1 ", 200,
         "{\"metadata\":{\"resourceVersion\":\"5\",\"continue\":\"next page/\"},\"items\":[" POD(
             "u1", "web-1", "", OWNER("DaemonSet", "web", "d1")) "]}",
         false},
        {"&continue=next%20page%2F ", 200, LIST("5", POD("u2", "web-2", "", "")), false},
        {"&resourceVersion=5 ", 200,
         EVENT("ADDED", POD("u3", "web-3", "", "")) EVENT("DELETED", POD("u1", "web-1", "", ""))
             EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"9\"}}"),
         false},
        {"&resourceVersion=9 ", 200, EVENT("MODIFIED", POD("u2", "renamed", "", "")), true},
    };
    struct world w;

    start(&w, steps, ARRAY_LEN(steps));
    wait_for(&w, "renamed");
    CHECK_STR(w.said, "list;pod u1 web-1 DaemonSet/web/d1;pod u2 web-2 Pod/web-2/u2;listed;"
                      "pod u3 web-3 Pod/web-3/u3;deleted u1;pod u2 renamed Pod/renamed/u2;");
    stop(&w);
}

static void the_chain_of_owners(void **state)
{
    static const struct fake_api_step steps[] = {
        {"GET /api/v1/pods?limit", 200,
         LIST("5", POD("u1", "a", "", OWNER("ReplicaSet", "web-5d4f", "r1")) "," POD(
                       "u2", "b", "",
                       OWNER("ReplicaSet", "web-5d4f",
                             "r1")) "," POD("u3", "c", "\"pod-template-hash\":\"77\"",
                                            OWNER("ReplicaSet", "api-77",
                                                  "r2")) "," POD("u4", "d", "",
                                                                 OWNER("Job", "nightly-28400000",
                                                                       "j1")) "," POD("u5", "e", "",
                                                                                      OWNER("Job",
                                                                                            "once",
                                                                                            "j2"))),
         false},
        {"GET /apis/apps/v1/namespaces/billing/replicasets/web-5d4f ", 200,
         MADE_BY("Deployment", "web", "d1"), false},
        {"GET /apis/apps/v1/namespaces/billing/replicasets/api-77 ", 403, "{}", false},
        {"GET /apis/batch/v1/namespaces/billing/jobs/nightly-28400000 ", 200,
         MADE_BY("CronJob", "nightly", "c1"), false},
        {"GET /apis/batch/v1/namespaces/billing/jobs/once ", 200,
         "{\"metadata\":{\"uid\":\"j2\",\"name\":\"once\"}}", false},
        {"watch=1", 200, "", true},
    };
    struct world w;

    start(&w, steps, ARRAY_LEN(steps));
    wait_for(&w, "listed;");
    CHECK_HAS(w.said, "pod u1 a Deployment/web/d1;");
    CHECK_HAS(w.said, "pod u2 b Deployment/web/d1;"); /* asked for once */
    CHECK_HAS(w.said, "pod u3 c Deployment/api/;");   /* by its name */
    CHECK_HAS(w.said, "pod u4 d CronJob/nightly/c1;");
    CHECK_HAS(w.said, "pod u5 e Job/once/j2;");
    stop(&w);
}

static void a_place_that_is_gone(void **state)
{
    static const struct {
        const char *row;
        struct fake_api_step watch;
    } rows[] = {
        {"as an event",
         {"resourceVersion=5 ", 200, EVENT("ERROR", "{\"code\":410,\"reason\":\"Expired\"}"),
          true}},
        {"as the answer", {"resourceVersion=5 ", 410, "{}", false}},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct fake_api_step steps[] = {
            {"pods?limit", 200, LIST("5", POD("u1", "a", "", "")), false},
            rows[i].watch,
            {"pods?limit", 200, LIST("8", POD("u2", "b", "", "")), false},
            {"resourceVersion=8 ", 200, EVENT("ADDED", POD("u3", "c", "", "")), true},
        };
        struct world w;

        test_row(rows[i].row);
        start(&w, steps, ARRAY_LEN(steps));
        wait_for(&w, "u3 c");
        CHECK_STR(w.said, "list;pod u1 a Pod/a/u1;listed;list;pod u2 b Pod/b/u2;listed;"
                          "pod u3 c Pod/c/u3;");
        stop(&w);
    }
}

/* A server that refuses, breaks off, or talks nonsense; then one that answers. The token is read
 * anew. */
static void failures_are_tried_again(void **state)
{
    static const struct fake_api_step steps[] = {
        {"pods?limit", 500, "", false},
        {"Bearer secret-1\r\n", 401, "{}", false},
        {"pods?limit", 200, "no json", false},
        {"pods?limit", 200, "{\"items\":7}", false},
        {"Bearer secret-2\r\n", 200, LIST("5", POD("u1", "a", "", "")), false},
        {"resourceVersion=5 ", 200, "{\"type\":\"ADDED\",\"obj", false},
        {"resourceVersion=5 ", 200, "garbage\n[]\n{}\n" EVENT("ADDED", POD("u2", "b", "", "")),
         true},
    };
    struct world w;

    start(&w, steps, ARRAY_LEN(steps));
    wait_for(&w, "list;list;");
    tree_text(&w.tree, "token", "secret-2");
    wait_for(&w, "u2 b");
    CHECK_HAS(w.said, "list;pod u1 a Pod/a/u1;listed;pod u2 b Pod/b/u2;");
    stop(&w);
}

static void nobody_is_there(void **state)
{
    struct world w;

    start(&w, NULL, 0);
    fake_api_stop(&w.api);
    wait_for(&w, "list;list;list;");
    stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_and_a_watch),   cmocka_unit_test(the_chain_of_owners),
        cmocka_unit_test(a_place_that_is_gone), cmocka_unit_test(failures_are_tried_again),
        cmocka_unit_test(nobody_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
