/* What a role can do no more, and what it still can. Each body runs in a child of its own. */
#include "app/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ifaddrs.h>

#include "base/err.h"
#include "base/log.h"
#include "tests/unit/test.h"

/* 0: as wanted, else the number of the line. */
#define WANT(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __LINE__ % 255;                                                                 \
    } while (0)
#define REFUSED(call) WANT((call) == -1 && errno == EPERM)

static void in_child(int (*body)(void))
{
    int status = -1;

    if (getuid() != 0)
        skip();
    (void)fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0)
        _exit(body());
    CHECK_INT(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        TEST_FAIL("the child ended with 0x%x, at line %d modulo 255", (unsigned)status,
                  WEXITSTATUS(status));
}

static unsigned long long capabilities(const char *which)
{
    FILE *file = fopen("/proc/self/status", "re");
    unsigned long long value = ~0ULL;
    char line[256];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, which, strlen(which)) == 0)
            value = strtoull(line + strlen(which) + 1, NULL, 16);
    }
    if (file != NULL)
        (void)fclose(file);
    return value;
}

static int enter_sensor(void)
{
    struct log log = log_make(STDERR_FILENO, LOG_ERROR, "test");
    struct err err = {0};
    int rc = sandbox_sensor(&log, &err);

    if (rc < 0)
        print_error("%s\n", err_text(&err, rc));
    return rc;
}

static int sensor_capabilities(void)
{
    /* SYS_PTRACE 19, DAC_READ_SEARCH 2, PERFMON 38, BPF 39; SYS_ADMIN 21 where those two are not.
     */
    const unsigned long long most = 1ULL << 19 | 1ULL << 2 | 1ULL << 38 | 1ULL << 39 | 1ULL << 21;

    WANT(enter_sensor() == 0);
    WANT((capabilities("CapEff:") & ~most) == 0);
    WANT((capabilities("CapEff:") & (1ULL << 19)) != 0);
    WANT(capabilities("CapPrm:") == capabilities("CapEff:"));
    WANT(capabilities("CapBnd:") == capabilities("CapEff:"));
    WANT(capabilities("CapInh:") == 0 && capabilities("CapAmb:") == 0);
    WANT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    return 0;
}

/* By a dropped capability: the calls themselves pass the filter. */
static int sensor_without_capabilities(void)
{
    char path[] = "/tmp/tiercel-sandbox-XXXXXX";
    int fd = mkstemp(path);

    WANT(fd >= 0);
    WANT(chown(path, 4321, 4321) == 0); /* while it may */
    WANT(enter_sensor() == 0);
    REFUSED(chown(path, 0, 0));                     /* CHOWN */
    REFUSED(chmod(path, 0777));                     /* FOWNER */
    WANT(unlink(path) == -1 || access(path, F_OK)); /* /tmp is sticky: FOWNER */
    REFUSED(sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1}));
    REFUSED(prctl(PR_CAPBSET_DROP, 0, 0, 0, 0)); /* SETPCAP */
    return 0;
}

static int sensor_filter(void)
{
    const char *const args[] = {"true", NULL}, *const env[] = {NULL};

    WANT(enter_sensor() == 0);
    REFUSED(socket(AF_INET, SOCK_STREAM, 0));
    REFUSED(socket(AF_INET6, SOCK_DGRAM, 0));
    REFUSED(socket(AF_PACKET, SOCK_RAW, 0));
    REFUSED(socket(AF_VSOCK, SOCK_STREAM, 0));
    REFUSED(socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT));
    REFUSED(execve("/bin/true", (char *const *)(uintptr_t)args, (char *const *)(uintptr_t)env));
    REFUSED(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
    REFUSED(mount("none", "/tmp", "tmpfs", 0, NULL));
    REFUSED(unshare(CLONE_NEWUSER));
    REFUSED(setresuid(1, 1, 1));
    REFUSED(syscall(SYS_io_uring_setup, 1, NULL));
    REFUSED(syscall(SYS_init_module, NULL, 0, ""));
    REFUSED(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
    REFUSED(syscall(SYS_open_by_handle_at, -1, NULL, 0));
    return 0;
}

static int sensor_still_works(void)
{
    struct ifaddrs *list = NULL;
    char target[64];
    int pair[2];

    WANT(enter_sensor() == 0);
    WANT(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
    WANT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    WANT(getifaddrs(&list) == 0); /* for captures */
    freeifaddrs(list);
    WANT(open("/proc/self/status", O_RDONLY | O_CLOEXEC) >= 0);
    WANT(readlink("/proc/self/ns/mnt", target, sizeof(target)) > 0);
    return 0;
}

static struct sandbox_user nobody(void)
{
    return (struct sandbox_user){.uid = 65534, .gid = 65534, .name = "nobody"};
}

static int kube(void)
{
    const char *const args[] = {"true", NULL}, *const env[] = {NULL};
    struct sandbox_user user = nobody();
    struct err err = {0};

    WANT(sandbox_kube(&user, &err) == 0);
    WANT(getuid() == 65534 && geteuid() == 65534 && getgid() == 65534);
    WANT(capabilities("CapEff:") == 0 && capabilities("CapPrm:") == 0);
    WANT((capabilities("CapBnd:") & ~0x1c0ULL) == 0); /* SETGID, SETUID, SETPCAP: out of reach */
    WANT(socket(AF_INET, SOCK_STREAM, 0) >= 0);
    REFUSED(execve("/bin/true", (char *const *)(uintptr_t)args, (char *const *)(uintptr_t)env));
    REFUSED(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    REFUSED(syscall(SYS_bpf, 0, NULL, 0));
    REFUSED(unshare(CLONE_NEWUSER));
    REFUSED(kill(getppid(), 0));
    WANT(open("/etc/shadow", O_RDONLY | O_CLOEXEC) == -1 && errno == EACCES);
    return 0;
}

static void the_sensor_has_four_capabilities(void **state)
{
    in_child(sensor_capabilities);
}

static void what_was_dropped_is_gone(void **state)
{
    in_child(sensor_without_capabilities);
}

static void calls_that_a_sensor_never_makes(void **state)
{
    in_child(sensor_filter);
}

static void what_a_sensor_needs(void **state)
{
    in_child(sensor_still_works);
}

static void the_watcher_of_pods_has_the_network_only(void **state)
{
    in_child(kube);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sensor_has_four_capabilities),
        cmocka_unit_test(what_was_dropped_is_gone),
        cmocka_unit_test(calls_that_a_sensor_never_makes),
        cmocka_unit_test(what_a_sensor_needs),
        cmocka_unit_test(the_watcher_of_pods_has_the_network_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
