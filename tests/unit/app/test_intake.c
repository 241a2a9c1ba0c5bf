/* What is posted, from the socket to the store and back. */
#include "app/intake.h"

#include <arpa/inet.h>
#include <malloc.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "store/store.h"
#include "tests/unit/store/sample.h"
#include "web/http_server.h"

enum { WAIT_MS = 5000, BODY = 1 << 20, POSTS = 40 };

struct door {
    struct intake *intake;
    struct store *store;
    struct sockaddr_in address;
};

static void open_door(struct door *door, const struct place *place)
{
    socklen_t len = sizeof(door->address);
    struct http_server *http = NULL;
    int fd = -1;

    assert_int_equal(store_open(place->path, &door->store, NULL), 0);
    assert_int_equal(http_listen("127.0.0.1:0", &fd, NULL), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&door->address, &len), 0);
    assert_int_equal(http_server_open(&(struct http_options){.listen_fd = fd,
                                                             .body_max = INTAKE_BODY_MAX,
                                                             .waiting_max = INTAKE_WAITING_MAX},
                                      &http, NULL),
                     0);
    door->intake = intake_new(&(struct intake_options){.http = http, .store = door->store});
}

static void close_door(struct door *door)
{
    intake_free(door->intake);
    store_close(door->store);
}

/* A webhook of GitHub, which is taken. */
static void deliver(struct door *door, const char *id, struct sv body)
{
    scoped(buf_done) struct buf text = {0};
    scoped(fd_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct pollfd ready = {.fd = intake_fd(door->intake), .events = POLLIN};
    bool more = false;

    assert_int_equal(connect(fd, (struct sockaddr *)&door->address, sizeof(door->address)), 0);
    buf_printf(&text,
               "POST /github HTTP/1.1\r\nHost: x\r\nX-GitHub-Event: push\r\n"
               "X-GitHub-Delivery: %s\r\nContent-Length: %zu\r\n\r\n",
               id, body.len);
    buf_sv(&text, body);
    assert_int_equal(file_write_all(fd, buf_view(&text), NULL), 0);
    while (!intake_has_taken(door->intake) && poll(&ready, 1, WAIT_MS) == 1)
        assert_int_equal(intake_take(door->intake, &more, NULL), 0);
    assert_int_equal(store_commit(door->store, NULL), 0);
    intake_settle(door->intake, true);
    buf_reset(&text);
    ssize_t got = recv(fd, buf_room(&text, 256), 256, 0);
    text.len = got > 0 ? (size_t)got : 0;
    CHECK(sv_starts(buf_view(&text), SV("HTTP/1.1 202 ")));
}

static void a_delivery_that_comes_again_is_stored_once(void **state)
{
    scoped(place_remove) struct place place = place_make();
    struct door door;

    open_door(&door, &place);
    deliver(&door, "d-1", SV("{\"action\":\"a\"}"));
    deliver(&door, "d-1", SV("{\"action\":\"a\"}"));
    deliver(&door, "d-2", SV("{}"));
    CHECK_INT(intake_counts(door.intake)->records, 2);
    CHECK_INT(intake_counts(door.intake)->duplicates, 1);
    close_door(&door);
}

static void what_was_posted_is_not_held(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(buf_done) struct buf body = {0};
    struct door door;
    size_t before = 0;

    open_door(&door, &place);
    buf_str(&body, "{\"action\":\"");
    while (body.len < BODY)
        buf_str(&body, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    buf_str(&body, "\"}");
    for (int i = 0; i < POSTS; i++) {
        if (i == POSTS / 4) {
            struct mallinfo2 info = mallinfo2();
            before = info.uordblks + info.hblkhd;
        }
        deliver(&door, i % 2 == 0 ? "even" : "odd", buf_view(&body));
    }
    struct mallinfo2 info = mallinfo2();
    CHECK(info.uordblks + info.hblkhd < before + (size_t)4 * BODY);
    close_door(&door);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delivery_that_comes_again_is_stored_once),
        cmocka_unit_test(what_was_posted_is_not_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
