/* Rules read on a thread: what comes back, and what is told of faulty ones. */
#include "../test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/rules.h"
#include "app/rules_loader.h"
#include "app/settings.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "match/engine.h"

#define RULE "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  condition: evt.type = open\n"

static int load(const char *text, uint64_t workers, struct buf *told, struct rules **out,
                struct err *err)
{
    char path[] = "rules-loader-test-XXXXXX";
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(fd_close) int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct log log = log_make(nowhere, LOG_ERROR, "test");
    struct rules_loader *loader = NULL;
    struct settings settings;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(file_write_all(fd, sv(text), NULL), 0);
    (void)close(fd);
    settings_default(&settings, arena);
    settings.rules[0] = path;
    settings.workers = workers;
    assert_int_equal(rules_loader_start(&settings, &log, told, &loader, err), 0);
    struct pollfd wait = {.fd = rules_loader_fd(loader), .events = POLLIN};
    CHECK_INT(poll(&wait, 1, 20000), 1);
    int rc = rules_loader_finish(loader, out, err);
    (void)unlink(path);
    return rc;
}

static void brings_rules(void **state)
{
    scoped(rules_close) struct rules *rules = NULL;
    struct err err = {0};

    CHECK_INT(load(RULE, 3, NULL, &rules, &err), 0);
    CHECK_INT(rules->workers, 3);
    for (uint32_t i = 0; i < rules->workers; i++)
        CHECK_INT(engine_rule_count(rules->engine[i]), 1);
    CHECK(rules->engine[3] == NULL);
}

static void tells_faults(void **state)
{
    scoped(buf_done) struct buf told = {0};
    struct rules *rules = NULL;
    struct err err = {0};

    CHECK_INT(load(RULE "- rule: broken\n", 1, &told, &rules, &err), -EINVAL);
    CHECK(rules == NULL);
    CHECK_HAS(err.text, "1 error in the rules");
    CHECK_HAS(buf_cstr(&told), "[{\"code\":\"LOAD_ERR_YAML_VALIDATE\"");
    CHECK_HAS(buf_cstr(&told), "\"line\":6,\"column\":3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(brings_rules),
        cmocka_unit_test(tells_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
