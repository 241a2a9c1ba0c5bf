/* Blocks byte by byte. What others make of whole files is in tests/e2e/test_record.sh. */
#include "capture/scap_blocks.h"

#include <stdlib.h>

#include "base/buf.h"
#include "tests/unit/test.h"

static uint64_t number(const struct buf *buf, size_t at, size_t bytes)
{
    uint64_t value = 0;

    CHECK(at + bytes <= buf->len);
    memcpy(&value, buf->ptr + at, bytes);
    return value;
}

/* The frame around a block that is alone in `buf`. */
static void check_frame(const struct buf *buf, uint32_t type)
{
    CHECK_INT(number(buf, 0, 4), type);
    CHECK_INT(number(buf, 4, 4), buf->len);
    CHECK_INT(number(buf, buf->len - 4, 4), buf->len);
    CHECK_INT(buf->len % 4, 0);
}

static void test_section(void **state)
{
    static const char expected[] = "\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\2\0"
                                   "\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0";
    scoped(buf_done) struct buf out = {0};

    (void)state;
    scap_put_section(&out);
    CHECK_SV(buf_view(&out), ((struct sv){expected, sizeof(expected)}));
}

static void test_machine(void **state)
{
    const struct scap_machine machine = {.cpus = 2,
                                         .memory_bytes = 1 << 20,
                                         .pid_max = 32768,
                                         .boot_wall_ns = 77,
                                         .hostname = SV("host")};
    scoped(buf_done) struct buf out = {0};

    (void)state;
    scap_put_machine(&out, &machine);
    check_frame(&out, SCAP_BLOCK_MACHINE);
    CHECK_INT(out.len, 8 + 180 + 4);
    CHECK_INT(number(&out, 8, 4), 2);
    CHECK_STR(out.ptr + 28, "host");
    CHECK_INT(number(&out, 8 + 20 + 128, 8), 77);
}

static void test_users(void **state)
{
    const struct scap_user user = {.uid = 1000, .gid = 100, .name = SV("ann"), .home = SV("/h")};
    scoped(buf_done) struct buf out = {0};
    size_t at = scap_block_begin(&out, SCAP_BLOCK_USERS);

    (void)state;
    scap_put_user(&out, &user);
    scap_put_group(&out, 5, SV("tty"));
    scap_block_end(&out, at);
    check_frame(&out, SCAP_BLOCK_USERS);
    CHECK_INT(number(&out, 8, 4), 24); /* the entry with its length */
    CHECK_INT(number(&out, 12, 1), 0); /* a user */
    CHECK_INT(number(&out, 13, 4), 1000);
    CHECK_INT(number(&out, 21, 2), 3);
    CHECK_INT(number(&out, 8 + 24, 4), 14); /* the group */
    CHECK_INT(number(&out, 8 + 28, 1), 1);
}

static void test_interface(void **state)
{
    const struct scap_interface four = {.name = SV("lo"), .address = {127, 0, 0, 1}};
    const struct scap_interface six = {.name = SV("lo"), .six = true};
    scoped(buf_done) struct buf out = {0};

    (void)state;
    scap_put_interface(&out, &four);
    CHECK_INT(number(&out, 0, 4), 26); /* here without its length */
    CHECK_INT(out.len, 30);
    CHECK_INT(number(&out, 8, 1), 127);
    buf_reset(&out);
    scap_put_interface(&out, &six);
    CHECK_INT(number(&out, 0, 4), 62);
    CHECK_INT(out.len, 66);
}

/* sysdig 0.29 and later ones agree on an entry only while what follows `root` has 29 bytes. */
static void test_process(void **state)
{
    char long_path[3000];
    struct scap_process process = {.tid = 7, .pid = 7, .comm = SV("sh"), .login_uid = 1000};
    scoped(buf_done) struct buf out = {0};
    enum { FIXED = 4 + 5 * 8 + 5 * 2 + 8 + 4 * 3 + 3 * 4 + 2 * 8 + 2 + 2 * 8 + 2 * 2, LAST = 29 };

    (void)state;
    scap_put_process(&out, &process);
    CHECK_INT(number(&out, 0, 4), out.len);
    CHECK_INT(out.len, FIXED + 2 + LAST);
    CHECK_INT(number(&out, out.len - LAST, 4), 1000);
    buf_reset(&out);
    memset(long_path, 'x', sizeof(long_path));
    process.cwd = (struct sv){long_path, sizeof(long_path)};
    process.args = (struct sv){long_path, sizeof(long_path)};
    scap_put_process(&out, &process);
    CHECK_INT(out.len, FIXED + 2 + LAST + SCAP_PATH_MAX + 3000); /* a longer path is refused */
}

static void test_fds(void **state)
{
    static const struct {
        const char *row;
        struct scap_fd fd;
        size_t len;
    } rows[] = {
        {"pipe", {.type = SCAP_FD_FIFO, .name = {"pipe:[1]", 8}}, 21 + 2 + 8},
        {"file", {.type = SCAP_FD_FILE_V2, .name = {"/a", 2}}, 21 + 4 + 2 + 2 + 4},
        {"version 4", {.type = SCAP_FD_IPV4}, 21 + 13},
        {"version 6", {.type = SCAP_FD_IPV6}, 21 + 37},
        {"version 4, listening", {.type = SCAP_FD_IPV4_LISTEN}, 21 + 7},
        {"version 6, listening", {.type = SCAP_FD_IPV6_LISTEN}, 21 + 19},
        {"unix", {.type = SCAP_FD_UNIX, .name = {"/s", 2}}, 21 + 16 + 2 + 2},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf out = {0};
        test_row(rows[i].row);
        scap_put_fd(&out, &rows[i].fd);
        CHECK_INT(out.len, rows[i].len);
        CHECK_INT(number(&out, 0, 4), out.len);
        CHECK_INT(number(&out, 20, 1), rows[i].fd.type);
    }
}

static void test_event(void **state)
{
    struct scap_raw event = {.time_ns = 5,
                             .tid = 6,
                             .code = 3,
                             .cpu = 1,
                             .param_count = 2,
                             .param = {{"12345678", 8}, {"/a", 3}}};
    scoped(buf_done) struct buf out = {0};

    (void)state;
    scap_put_event(&out, &event);
    check_frame(&out, SCAP_BLOCK_EVENT);
    CHECK_INT(number(&out, 8, 2), 1);
    CHECK_INT(number(&out, 10, 8), 5);
    CHECK_INT(number(&out, 26, 4), 26 + 2 * 2 + 11); /* bytes of the event */
    CHECK_INT(number(&out, 30, 2), 3);
    CHECK_INT(number(&out, 32, 4), 2);
    CHECK_INT(number(&out, 36, 2), 8);
    CHECK_INT(number(&out, 38, 2), 3);
    struct sv blocks = buf_view(&out), body;
    uint32_t type;
    CHECK(scap_block_next(&blocks, &type, &body));
    CHECK_INT(type, SCAP_BLOCK_EVENT);
    CHECK_INT(scap_carried(body).len, 0);
    CHECK(!scap_block_next(&blocks, &type, &body));
}

static void test_carried(void **state)
{
    const struct scap_raw event = {
        .code = SCAP_CODE_OURS, .param_count = 1, .param = {{"more", 4}}};
    scoped(buf_done) struct buf out = {0};
    struct sv body;
    uint32_t type;

    (void)state;
    scap_put_event(&out, &event);
    check_frame(&out, SCAP_BLOCK_EVENT);
    struct sv blocks = buf_view(&out);
    CHECK(scap_block_next(&blocks, &type, &body));
    CHECK_SV(scap_carried(body), SV("more"));
    for (size_t len = 0; len < body.len; len++) /* cut: nothing, or all of it */
        CHECK(scap_carried(sv_sub(body, 0, len)).len == 0 || len >= 34);
    for (size_t len = 0; len < out.len; len++) {
        blocks = (struct sv){out.ptr, len};
        CHECK(!scap_block_next(&blocks, &type, &body));
    }
}

static void test_large(void **state)
{
    uint32_t code = scap_event_code(SV("pluginevent"), SCAP_WHOLE, 2);
    const struct scap_raw event = {
        .code = (uint16_t)code, .param_count = 1, .param = {{"abcd", 4}}};
    scoped(buf_done) struct buf out = {0};

    (void)state;
    CHECK(code != SCAP_CODE_NONE);
    scap_put_event(&out, &event);
    check_frame(&out, SCAP_BLOCK_EVENT_LARGE);
    CHECK_INT(number(&out, 36, 4), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_section), cmocka_unit_test(test_machine),
        cmocka_unit_test(test_users),   cmocka_unit_test(test_interface),
        cmocka_unit_test(test_process), cmocka_unit_test(test_fds),
        cmocka_unit_test(test_event),   cmocka_unit_test(test_carried),
        cmocka_unit_test(test_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
