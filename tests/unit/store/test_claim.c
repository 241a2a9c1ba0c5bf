#include "store/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/unit/store/sample.h"

static void test_one_holder(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(fd_close) int held = -1;
    scoped(fd_close) int second = -1;
    scoped(buf_done) struct buf words = {0};
    struct err err = {0};

    buf_printf(&words, "in use by process %d", (int)getpid());
    CHECK_INT(claim_take(place.path, &held, &err), 0);
    CHECK_INT(claim_take(place.path, &second, &err), -EBUSY);
    CHECK_INT(second, -1);
    CHECK_STR(err.text, buf_cstr(&words));
    test_row("free again");
    (void)close(held);
    held = -1;
    CHECK_INT(claim_take(place.path, &second, &err), 0);
}

static void test_names_nobody(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(fd_close) int held = -1;
    int second = -1;
    struct err err = {0};

    CHECK_INT(claim_take(place.path, &held, &err), 0);
    CHECK_INT(ftruncate(held, 0), 0);
    CHECK_INT(claim_take(place.path, &second, &err), -EBUSY);
    CHECK_STR(err.text, "in use by another process");
}

static void test_ends_with_the_process(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(fd_close) int mine = -1;
    int ready[2];
    char byte = 0;

    CHECK_INT(pipe2(ready, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = -1;
        if (claim_take(place.path, &fd, NULL) < 0 || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            (void)pause();
    }
    CHECK_INT(read(ready[0], &byte, 1), 1);
    CHECK_INT(claim_take(place.path, &mine, NULL), -EBUSY);
    CHECK_INT(kill(child, SIGKILL), 0);
    CHECK_INT(waitpid(child, NULL, 0), child);
    CHECK_INT(claim_take(place.path, &mine, NULL), 0);
    (void)close(ready[0]);
    (void)close(ready[1]);
}

static void test_bad_places(void **state)
{
    scoped(place_remove) struct place place = place_make();
    scoped(buf_done) struct buf target = {0};
    int fd = -1;

    CHECK_INT(claim_take("/nonexistent/x.lock", &fd, NULL), -ENOENT);
    buf_printf(&target, "%s/victim", place.dir);
    CHECK_INT(symlink(buf_cstr(&target), place.path), 0);
    CHECK_INT(claim_take(place.path, &fd, NULL), -ELOOP);
    CHECK(access(buf_cstr(&target), F_OK) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_holder),
        cmocka_unit_test(test_names_nobody),
        cmocka_unit_test(test_ends_with_the_process),
        cmocka_unit_test(test_bad_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
