/* Lines go to a datagram socket: one write(2) is one message, so two writes for a line would show.
 */
#include "base/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "tests/unit/test.h"

enum { MESSAGE_MAX = 65536 };

struct ends {
    int read;
    int write;
    char got[MESSAGE_MAX];
};

static int setup(void **state)
{
    struct ends *ends = calloc(1, sizeof(*ends));
    int pair[2];

    assert_non_null(ends);
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    ends->read = pair[0];
    ends->write = pair[1];
    *state = ends;
    return 0;
}

static int teardown(void **state)
{
    struct ends *ends = *state;

    (void)close(ends->read);
    (void)close(ends->write);
    free(ends);
    return 0;
}

/* The next line without its newline; empty when there is none. */
static struct sv next_line(struct ends *ends)
{
    ssize_t len = recv(ends->read, ends->got, sizeof(ends->got) - 1, 0);

    if (len <= 0)
        return (struct sv){NULL, 0};
    CHECK_INT(ends->got[len - 1], '\n');
    ends->got[len - 1] = '\0';
    return (struct sv){ends->got, (size_t)len - 1};
}

static struct log text_log(const struct ends *ends)
{
    return (struct log){.fd = ends->write, .level = LOG_DEBUG};
}

static struct log json_log(const struct ends *ends)
{
    return (struct log){.fd = ends->write, .level = LOG_DEBUG, .json = true, .who = "hub"};
}

static void text_line_has_time_level_message_fields(void **state)
{
    struct ends *ends = *state;
    struct log log = text_log(ends);

    log.who = "sensor";
    log_info(&log, "rules loaded", log_u64("count", 42), log_str("path", "/etc/rules.yaml"),
             log_i64("rc", -2));
    struct sv line = next_line(ends);
    CHECK(line.len > 13);
    CHECK(line.ptr[2] == ':' && line.ptr[5] == ':' && line.ptr[8] == '.' && line.ptr[12] == ' ');
    CHECK_SV(sv_sub(line, 13, line.len),
             SV("INFO  sensor: rules loaded count=42 path=/etc/rules.yaml rc=-2"));
    CHECK_INT(next_line(ends).len, 0);
}

static void text_values_cannot_disturb(void **state)
{
    static const struct {
        const char *row;
        struct sv value;
        const char *shown;
    } rows[] = {
        {"plain", SV("a/b-c:1"), "k=a/b-c:1"},
        {"empty", {NULL, 0}, "k=\"\""},
        {"space", SV("a b"), "k=\"a b\""},
        {"looks like a field", SV("a=b"), "k=\"a=b\""},
        {"quote", SV("a\"b"), "k=\"a\\\"b\""},
        {"backslash", SV("a\\b"), "k=\"a\\\\b\""},
        {"newline", SV("a\nERROR forged"), "k=\"a\\nERROR forged\""},
        {"carriage return", SV("a\rb"), "k=\"a\\rb\""},
        {"terminal title", SV("\x1b]0;x\a"), "k=\"\\u001b]0;x\\u0007\""},
        {"C1 in UTF-8",
         {"\xc2\x9b"
          "2J",
          4},
         "k=\"\\u009b2J\""},
        {"C1 alone",
         {"\x9b"
          "2J",
          3},
         "k=\"\xef\xbf\xbd"
         "2J\""},
        {"NUL", SV("a\0b"), "k=\"a\\u0000b\""},
        {"DEL", SV("\x7f"), "k=\"\\u007f\""},
        {"right to left",
         {"\xe2\x80\xae"
          "exe",
          6},
         "k=\"\\u202eexe\""},
        {"letters", SV("\xc3\xa9"), "k=\"\xc3\xa9\""},
    };
    struct ends *ends = *state;
    struct log log = text_log(ends);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        log_warn(&log, "m", log_sv("k", rows[i].value));
        struct sv line = next_line(ends);
        CHECK_SV(sv_sub(line, 13 + strlen("WARN  m "), line.len), sv(rows[i].shown));
    }
}

static void messages_are_made_visible(void **state)
{
    struct ends *ends = *state;
    struct log log = text_log(ends);

    log_error(&log, "open 'a\x1b[2J\n': denied \\ \"x\"");
    struct sv line = next_line(ends);
    CHECK_SV(sv_sub(line, 13, line.len), SV("ERROR open 'a\\x1b[2J\\n': denied \\ \"x\""));
}

static void colour_is_for_the_level_only(void **state)
{
    static const struct {
        enum log_level level;
        const char *shown;
    } rows[] = {
        {LOG_DEBUG, "\x1b[2mDEBUG\x1b[0m m"},
        {LOG_INFO, "\x1b[32mINFO \x1b[0m m"},
        {LOG_WARN, "\x1b[33mWARN \x1b[0m m"},
        {LOG_ERROR, "\x1b[1;31mERROR\x1b[0m m"},
    };
    struct ends *ends = *state;
    struct log log = text_log(ends);

    log.colour = true;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].shown);
        log_at(&log, rows[i].level, "m");
        struct sv line = next_line(ends);
        CHECK_SV(sv_sub(line, 13, line.len), sv(rows[i].shown));
    }
}

static void json_line_is_one_object(void **state)
{
    static const char *const keys[] = {"time", "level", "who", "message", "count", "rc", "path"};
    struct ends *ends = *state;
    struct log log = json_log(ends);
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct json_doc doc;

    log_error(&log, "a \"message\"\n", log_u64("count", UINT64_MAX), log_i64("rc", INT64_MIN),
              log_sv("path", SV("\x1b[31m\xff\0")));
    struct sv line = next_line(ends);
    CHECK_INT(json_parse(line, arena, &doc, NULL), 0);
    CHECK_INT(doc.node[0].kind, JSON_OBJECT);
    CHECK_INT(doc.node[0].count, ARRAY_LEN(keys));
    const struct json_node *key = json_first(&doc, doc.node);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        CHECK_SV(key->text, sv(keys[i]));
        key = &doc.node[key[1].next];
    }
    struct sv time = json_get_sv(&doc, doc.node, SV("time"));
    CHECK_INT(time.len, strlen("2026-11-24T13:30:11.123456789Z"));
    CHECK(time.ptr[4] == '-' && time.ptr[10] == 'T' && time.ptr[29] == 'Z');
    CHECK_SV(json_get_sv(&doc, doc.node, SV("level")), SV("error"));
    CHECK_SV(json_get_sv(&doc, doc.node, SV("who")), SV("hub"));
    CHECK_SV(json_get_sv(&doc, doc.node, SV("message")), SV("a \"message\"\n"));
    CHECK(json_get(&doc, doc.node, SV("count"))->u64 == UINT64_MAX);
    CHECK_INT(json_get(&doc, doc.node, SV("rc"))->i64, INT64_MIN);
    CHECK_SV(json_get_sv(&doc, doc.node, SV("path")), SV("\x1b[31m\xef\xbf\xbd\0"));
    for (size_t i = 0; i < line.len; i++)
        CHECK((unsigned char)line.ptr[i] >= 0x20 && line.ptr[i] != 0x7f);
}

static void json_line_without_who(void **state)
{
    struct ends *ends = *state;
    struct log log = json_log(ends);

    log.who = NULL;
    log_debug(&log, "m");
    struct sv line = next_line(ends);
    CHECK(sv_ends(line, SV(",\"level\":\"debug\",\"message\":\"m\"}")));
}

static void long_values_are_cut_and_marked(void **state)
{
    struct ends *ends = *state;
    struct log logs[] = {text_log(ends), json_log(ends)};
    char value[5000];

    memset(value, 'v', sizeof(value));
    for (size_t i = 0; i < ARRAY_LEN(logs); i++) {
        test_row(i == 0 ? "text" : "json");
        log_info(&logs[i], "m", log_sv("k", (struct sv){value, 4096}));
        struct sv line = next_line(ends);
        CHECK_INT(sv_count(line, 'v'), i == 0 ? 4096 : 4097); /* one in "level" */
        CHECK(sv_find(line, SV("..."), 0) == SIZE_MAX);
        log_info(&logs[i], "m", log_sv("k", (struct sv){value, 4097}), log_u64("after", 1));
        line = next_line(ends);
        CHECK_INT(sv_count(line, 'v'), i == 0 ? 4096 : 4097);
        CHECK(sv_find(line, SV("..."), 0) != SIZE_MAX);
        CHECK(sv_find(line, SV("after"), 0) != SIZE_MAX);
    }
}

static void records_below_the_level_are_dropped(void **state)
{
    struct ends *ends = *state;

    for (int least = LOG_DEBUG; least <= LOG_ERROR; least++) {
        for (int level = LOG_DEBUG; level <= LOG_ERROR; level++) {
            struct log log = text_log(ends);

            log.level = (enum log_level)least;
            log_at(&log, (enum log_level)level, "m");
            CHECK_INT(next_line(ends).len > 0, level >= least);
        }
    }
}

static void a_closed_log_is_no_failure(void **state)
{
    struct log log = {.fd = -1, .level = LOG_INFO};

    log_error(&log, "nobody reads this");
}

static void levels_have_names(void **state)
{
    CHECK_INT(log_level_from(SV("debug")), LOG_DEBUG);
    CHECK_INT(log_level_from(SV("info")), LOG_INFO);
    CHECK_INT(log_level_from(SV("warn")), LOG_WARN);
    CHECK_INT(log_level_from(SV("error")), LOG_ERROR);
    CHECK_INT(log_level_from(SV("")), -1);
    CHECK_INT(log_level_from(SV("warning")), -1);
    CHECK_INT(log_level_from(SV("INFO")), -1);
}

static void set_env(const char *name, const char *value)
{
    assert_int_equal(value == NULL ? unsetenv(name) : setenv(name, value, 1), 0);
}

static void make_looks_at_the_file_and_the_environment(void **state)
{
    static const struct {
        const char *row;
        bool terminal;
        const char *no_color, *term;
        bool json, colour;
    } rows[] = {
        {"terminal", true, NULL, "xterm", false, true},
        {"NO_COLOR", true, "1", "xterm", false, false},
        {"NO_COLOR is empty", true, "", "xterm", false, true},
        {"dumb terminal", true, NULL, "dumb", false, false},
        {"TERM is not set", true, NULL, NULL, false, false},
        {"no terminal", false, NULL, "xterm", true, false},
        {"neither with NO_COLOR", false, "1", "xterm", true, false},
    };
    struct ends *ends = *state;
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(terminal >= 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int fd = rows[i].terminal ? terminal : ends->write;

        test_row(rows[i].row);
        set_env("NO_COLOR", rows[i].no_color);
        set_env("TERM", rows[i].term);
        struct log log = log_make(fd, LOG_WARN, "hub");
        CHECK_INT(log.json, rows[i].json);
        CHECK_INT(log.colour, rows[i].colour);
        CHECK_INT(log.fd, fd);
        CHECK_INT(log.level, LOG_WARN);
        CHECK_STR(log.who, "hub");
    }
    (void)close(terminal);
    (void)close(master);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_line_has_time_level_message_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(text_values_cannot_disturb, setup, teardown),
        cmocka_unit_test_setup_teardown(messages_are_made_visible, setup, teardown),
        cmocka_unit_test_setup_teardown(colour_is_for_the_level_only, setup, teardown),
        cmocka_unit_test_setup_teardown(json_line_is_one_object, setup, teardown),
        cmocka_unit_test_setup_teardown(json_line_without_who, setup, teardown),
        cmocka_unit_test_setup_teardown(long_values_are_cut_and_marked, setup, teardown),
        cmocka_unit_test_setup_teardown(records_below_the_level_are_dropped, setup, teardown),
        cmocka_unit_test(a_closed_log_is_no_failure),
        cmocka_unit_test(levels_have_names),
        cmocka_unit_test_setup_teardown(make_looks_at_the_file_and_the_environment, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
