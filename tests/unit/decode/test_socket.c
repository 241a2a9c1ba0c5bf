#include "decode/socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "event/event.h"
#include "tests/unit/test.h"

/* Which end serves, and what the connection is called. */
static const struct {
    const char *row;
    uint16_t family, type, state, local_port, remote_port;
    bool has_remote;
    enum socket_role role;
    bool server;
    char letter;
    const char *name, *local, *remote;
} rows[] = {
    {"asked", AF_INET, SOCK_STREAM, WIRE_SOCKET_CONNECTED, 80, 443, true, SOCKET_ROLE_CLIENT, false,
     '4', "1.1.1.1:80->2.2.2.2:443", "1.1.1.1:80", "2.2.2.2:443"},
    {"answered", AF_INET, SOCK_STREAM, WIRE_SOCKET_CONNECTED, 50000, 40000, true,
     SOCKET_ROLE_SERVER, true, '4', "2.2.2.2:40000->1.1.1.1:50000", "1.1.1.1:50000",
     "2.2.2.2:40000"},
    {"guessed: client's port here", AF_INET, SOCK_STREAM, 0, 40000, 443, true, SOCKET_ROLE_GUESS,
     false, '4', "1.1.1.1:40000->2.2.2.2:443", "1.1.1.1:40000", "2.2.2.2:443"},
    {"guessed: client's port there", AF_INET, SOCK_DGRAM, 0, 53, 32768, true, SOCKET_ROLE_GUESS,
     true, '4', "2.2.2.2:32768->1.1.1.1:53", "1.1.1.1:53", "2.2.2.2:32768"},
    {"guessed: both low", AF_INET, SOCK_STREAM, 0, 111, 1023, true, SOCKET_ROLE_GUESS, false, '4',
     "1.1.1.1:111->2.2.2.2:1023", "1.1.1.1:111", "2.2.2.2:1023"},
    {"guessed: both high", AF_INET, SOCK_STREAM, 0, 40000, 50000, true, SOCKET_ROLE_GUESS, false,
     '4', "1.1.1.1:40000->2.2.2.2:50000", "1.1.1.1:40000", "2.2.2.2:50000"},
    {"bound", AF_INET, SOCK_STREAM, 0, 80, 0, false, SOCKET_ROLE_GUESS, true, '4', "1.1.1.1:80",
     "1.1.1.1:80", "0.0.0.0:0"},
    {"nothing yet", AF_INET, SOCK_STREAM, 0, 0, 0, false, SOCKET_ROLE_GUESS, false, '4', "",
     "1.1.1.1:0", "0.0.0.0:0"},
    {"unix, listens", AF_UNIX, SOCK_STREAM, WIRE_SOCKET_LISTENS, 0, 0, false, SOCKET_ROLE_GUESS,
     true, 'u', "/run/x", "/run/x", "/run/x"},
    {"unix, asked", AF_UNIX, SOCK_STREAM, 0, 0, 0, false, SOCKET_ROLE_CLIENT, false, 'u', "/run/x",
     "/run/x", "/run/x"},
    {"netlink", AF_NETLINK, SOCK_RAW, 0, 0, 0, false, SOCKET_ROLE_GUESS, false, 'n', "", "", ""},
    {"packet", AF_PACKET, SOCK_RAW, 0, 0, 0, false, SOCKET_ROLE_GUESS, false, 'o', "", "", ""},
    {"no such family", 0xffff, 0xffff, 0xffff, 1, 1, true, SOCKET_ROLE_SERVER, false, 'o', "", "",
     ""},
};

static void roles_and_names(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct event_fd fd = {.known = true};
        struct wire_socket socket = {.family = rows[i].family,
                                     .type = rows[i].type,
                                     .state = rows[i].state,
                                     .local_port = rows[i].local_port,
                                     .remote_port = rows[i].remote_port,
                                     .local = {1, 1, 1, 1}};

        test_row(rows[i].row);
        if (rows[i].has_remote)
            memcpy(socket.remote, (uint8_t[]){2, 2, 2, 2}, 4);
        socket_describe(&fd, &socket, SV("/run/x"), rows[i].role, arena);
        CHECK_INT(fd.type, rows[i].letter);
        CHECK_INT(fd.server, rows[i].server);
        CHECK_INT(fd.connected, (rows[i].state & WIRE_SOCKET_CONNECTED) != 0);
        CHECK_SV(fd.name, sv(rows[i].name));
        CHECK_SV(socket_local_name(&fd, arena), sv(rows[i].local));
        CHECK_SV(socket_remote_name(&fd, arena), sv(rows[i].remote));
    }
}

static void names_of_the_abstract_kind(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    static const struct {
        struct sv given;
        const char *name;
    } names[] = {{SV("\0abstract"), "@abstract"}, {SV("\0"), "@"}, {SV(""), ""}, {SV("/a"), "/a"}};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct event_fd fd = {.known = true};
        struct wire_socket socket = {.family = AF_UNIX};

        socket_describe(&fd, &socket, names[i].given, SOCKET_ROLE_GUESS, arena);
        CHECK_SV(fd.name, sv(names[i].name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_and_names),
        cmocka_unit_test(names_of_the_abstract_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
