#include "enrich/pod_feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "tests/unit/test.h"

struct seen {
    uint32_t lines;
    enum pod_line_kind last;
    char name[32];
};

static void on_line(void *ctx, const struct pod_line *line)
{
    struct seen *seen = ctx;

    seen->lines++;
    seen->last = line->kind;
    (void)snprintf(seen->name, sizeof(seen->name), "%.*s", SV_ARG(line->said.pod.name));
}

static void there_and_back(void **state)
{
    static const struct pod_container container = {
        .id = SV("c1"),
        .name = SV("web"),
        .image = SV("nginx:1"),
        .image_id = SV("nginx@sha256:a"),
        .probe = {[PROBE_LIVENESS] = SV("cat\0/alive\0"), [PROBE_READINESS] = SV("ready\0")}};
    static const struct label label = {SV("app"), SV("\"shop\"\n")};
    static const struct pod_line line = {.kind = POD_LINE_POD,
                                         .said = {.pod = {.name = SV("p"),
                                                          .uid = SV("u"),
                                                          .namespace_name = SV("n"),
                                                          .ip = SV("10.0.0.1"),
                                                          .service_account = SV("sa"),
                                                          .owner_kind = SV("ReplicaSet"),
                                                          .owner_name = SV("r"),
                                                          .owner_uid = SV("ru"),
                                                          .workload_kind = SV("Deployment"),
                                                          .workload_name = SV("d"),
                                                          .workload_uid = SV("du"),
                                                          .label = &label,
                                                          .label_count = 1},
                                                  .container = &container,
                                                  .container_count = 1}};
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf text = {0};
    struct pod_line back;

    pod_line_write(&text, &line);
    CHECK_INT(pod_line_read(buf_view(&text), arena, &back, NULL), 0);
    CHECK_INT(back.kind, POD_LINE_POD);
    CHECK_INT(back.said.source, POD_OF_CLUSTER);
    CHECK_SV(back.said.key, sv("u"));
    CHECK_SV(back.said.pod.workload_uid, sv("du"));
    CHECK_SV(back.said.pod.owner_kind, sv("ReplicaSet"));
    CHECK_SV(back.said.pod.service_account, sv("sa"));
    CHECK_SV(back.said.pod.label[0].value, label.value);
    CHECK_SV(back.said.container[0].id, sv("c1"));
    CHECK_SV(back.said.container[0].image_id, container.image_id);
    CHECK_SV(back.said.container[0].probe[PROBE_LIVENESS], container.probe[PROBE_LIVENESS]);
    CHECK_SV(back.said.container[0].probe[PROBE_READINESS], container.probe[PROBE_READINESS]);
}

static void lines_in_pieces(void **state)
{
    static const char text[] = "{\"list\":true}\n{\"pod\":{\"metadata\":{\"uid\":\"u\",\"name\":"
                               "\"p\"}}}\n{\"deleted\":\"u\"}\n{\"listed\":true}\n";
    struct seen seen = {0};
    int pipes[2];

    CHECK_INT(pipe2(pipes, O_NONBLOCK | O_CLOEXEC), 0);
    scoped(pod_feed_free) struct pod_feed *feed = pod_feed_new(pipes[0], on_line, &seen);
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        CHECK_INT(write(pipes[1], text + i, 1), 1);
        pod_feed_turn(feed);
    }
    CHECK_INT(seen.lines, 4);
    CHECK_INT(seen.last, POD_LINE_LISTED);
    (void)close(pipes[1]);
    pod_feed_turn(feed);
    CHECK_INT(pod_feed_fd(feed), -1);
    pod_feed_turn(feed);
}

static void hostile_lines(void **state)
{
    static const char *const lines[] = {
        "\n", "x\n", "[]\n", "{}\n", "{\"pod\":{}}\n", "{\"deleted\":7}\n"};
    struct seen seen = {0};
    struct pod_feed_counts counts;
    int pipes[2];

    CHECK_INT(pipe2(pipes, O_NONBLOCK | O_CLOEXEC), 0);
    scoped(pod_feed_free) struct pod_feed *feed = pod_feed_new(pipes[0], on_line, &seen);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        CHECK(write(pipes[1], lines[i], strlen(lines[i])) > 0);
    pod_feed_turn(feed);
    pod_feed_counts(feed, &counts);
    CHECK_INT(counts.malformed, ARRAY_LEN(lines));

    test_row("one that never ends, and one behind it");
    static char block[1 << 15];
    memset(block, 'x', sizeof(block));
    for (size_t sent = 0; sent < POD_LINE_MAX + 2 * sizeof(block); sent += sizeof(block)) {
        CHECK_INT(write(pipes[1], block, sizeof(block)), sizeof(block));
        pod_feed_turn(feed);
    }
    CHECK_INT(seen.lines, 0);
    CHECK(write(pipes[1], "\n{\"list\":true}\n", 15) == 15);
    pod_feed_turn(feed);
    CHECK_INT(seen.lines, 1);
    pod_feed_counts(feed, &counts);
    CHECK_INT(counts.malformed, ARRAY_LEN(lines) + 1);
    (void)close(pipes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(lines_in_pieces),
        cmocka_unit_test(hostile_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
