#include "../test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/signals.h"
#include "base/err.h"
#include "base/file.h"

/* What whoever started us ignored: SIGINT stays so (a job in the background), SIGCHLD must not. */
static void test_ignored_on_entry(void **state)
{
    scoped(fd_close) int fd = -1;
    int status = 0;

    (void)state;
    CHECK(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    CHECK(signal(SIGINT, SIG_IGN) != SIG_ERR);
    CHECK_INT(signals_open(&fd, NULL), 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        _exit(7);
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(WEXITSTATUS(status), 7);
    CHECK_INT(signals_read(fd), SIGCHLD);
    CHECK_INT(raise(SIGINT), 0);
    CHECK_INT(signals_read(fd), 0);
    CHECK_INT(raise(SIGTERM), 0);
    CHECK_INT(signals_read(fd), SIGTERM);
    CHECK_INT(signals_read(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ignored_on_entry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
